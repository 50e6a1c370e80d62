//go:build e2e

package e2e

import (
	"bytes"
	"image"
	"image/png"
	"testing"

	"github.com/chromedp/chromedp"

	"kyoten/e2e/harness"
)

// TestAMemberBooksAndWalksIn is the whole of it: a member books on a phone, the
// screen of that phone is filmed by the kiosk's camera, the door opens, and the
// desk sees who is inside.
func TestAMemberBooksAndWalksIn(t *testing.T) {
	for _, lang := range []string{"ja", "en"} {
		t.Run(lang, func(t *testing.T) {
			server, browser := harness.StartDemo(t, "sqlite"), harness.StartBrowser(t)
			phone := speak(browser.Page(t, server.Base, harness.Look{Screen: harness.Phone, Lang: lang}).SignIn("m014@kyoten.example"), lang)
			name := harness.Eval[string](phone, `document.querySelector('a[href="/account"] [translate=no]').textContent`)
			bookSomething(phone)
			phone.Go(`a[href^="/code"]`).Settle().Inspect("code")

			film := harness.FilmAt(t, 30, harness.Take{Picture: screenOf(t, phone), Seconds: 2, Scale: 0.8, Rotate: 4, Noise: 4}, harness.Take{Seconds: 4})
			door := harness.StartBrowser(t, harness.Camera(film)).Page(t, server.Base, tablet) // speaks both languages at once
			door.Open("/kiosk#gate=demo-gate-colabo-entrance")
			waitDecision(door, "allow")
			door.Inspect("allowed")

			staff := speak(browser.Page(t, server.Base, harness.Look{Screen: harness.Desktop, Lang: lang}).SignIn(desk), lang)
			staff.Open("/admin/presence").WaitText("main", name)
			staff.Settle().Inspect("inside")
			phone.Open("/").WaitText("main .card.mine", map[string]string{"ja": "チェックイン済み", "en": "Checked in"}[lang])
		})
	}
}

// screenOf is what the camera of a kiosk would see of the code on a phone: the
// card with the code, as the phone draws it.
func screenOf(t *testing.T, phone *harness.Page) image.Image {
	t.Helper()
	raw := harness.Get(phone, chromedp.Screenshot(chromedp.CSS(`.qr-card img`), chromedp.NodeVisible))
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return img
}
