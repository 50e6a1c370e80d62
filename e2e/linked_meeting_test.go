//go:build e2e

package e2e

import (
	"strings"
	"testing"
	"time"

	"kyoten/e2e/harness"
)

// TestALinkedMeetingIsBookedInAFewTaps goes from Today to a booking of rooms at
// all three sites: found, held, named and booked.
func TestALinkedMeetingIsBookedInAFewTaps(t *testing.T) {
	browser, server := harness.StartBrowser(t), harness.StartDemo(t, "sqlite")
	for _, look := range []harness.Look{{Screen: harness.Phone, Lang: "ja"}, {Screen: harness.Desktop, Lang: "en", Dark: true}} {
		t.Run(look.String(), func(t *testing.T) {
			page := speak(browser.Page(t, server.Base, look).SignIn("m004@kyoten.example"), look.Lang)
			began, taps := time.Now(), 0
			tap := func(css string) { taps++; page.Go(css).Settle() }
			tap(`.tabs a[href="/rooms"]`)
			tap(`main a[href="/rooms/common"]`)
			page.Inspect("finder")
			tap(`.slot button[name=slot]`)
			page.Wait(`/^4:[0-5]\d$/.test(document.querySelector('[data-left]').textContent)`)
			page.Inspect("held")
			page.Fill(`#title`, "月例会議")
			tap(`#confirm-linked [type=submit]`)
			took := time.Since(began)
			if path := page.Path(); !strings.HasPrefix(path, "/bookings/") {
				t.Fatalf("confirmed on %s, want the booking's page", path)
			}
			if n := harness.Eval[int](page, `[...document.querySelectorAll('.item code')].filter(e => e.textContent).length`); n != 3 {
				t.Errorf("%d rooms with a video address, want 3", n)
			}
			page.Inspect("booked")
			t.Logf("%d taps, %s", taps, took.Round(100*time.Millisecond))
			if taps > 8 {
				t.Errorf("%d taps, want at most 8", taps)
			}
		})
	}
}

// TestTheFinderFollowsTheSearch changes the search and sees other times, without
// another page and with the focus where it was.
func TestTheFinderFollowsTheSearch(t *testing.T) {
	browser, server := harness.StartBrowser(t), harness.StartDemo(t, "sqlite")
	page := browser.Page(t, server.Base, harness.Look{Screen: harness.Tablet}).SignIn("m005@kyoten.example").Open("/rooms/common").Settle()
	before := page.Text(`#found`)
	page.Set(`#length`, "240").Settle()
	page.Wait(`document.querySelector('#found').innerText !== '` + before + `'`)
	for _, site := range []string{"colabo", "knowers"} {
		page.Click(`#site-` + site).Settle()
	}
	page.WaitText(`#site-error`, "2つ以上")
	page.Inspect("one-site")
}
