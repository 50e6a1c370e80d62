//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"kyoten/e2e/harness"
)

// largestPicture is what a picture in the documentation may weigh.
const largestPicture = 120_000

// shot is one picture: what is opened by whom, in which look.
type shot struct {
	name string
	who  string
	look harness.Look
	path string // as in tours
}

var (
	phoneJA   = harness.Look{Screen: harness.Phone, Lang: "ja"}
	phoneDark = harness.Look{Screen: harness.Phone, Lang: "en", Dark: true}
	wideJA    = harness.Look{Screen: harness.Desktop, Lang: "ja"}
	wideDark  = harness.Look{Screen: harness.Desktop, Lang: "en", Dark: true}
	doorJA    = harness.Look{Screen: harness.Screen{Name: "door", Width: 1024, Height: 680, Touch: true}, Lang: "ja"}
)

var shots = []shot{
	{"today", member, phoneJA, "/"},
	{"book", member, phoneJA, "/book?site=colabo&day=2026-12-02&from=10:00&to=14:00"},
	{"plan", member, wideJA, "/book?site=colabo&day=2026-12-02&from=10:00&to=14:00"},
	{"code", member, phoneDark, "/code"},
	{"linked", member, wideJA, "/rooms/common?asked=1&site=shiojiri&site=colabo&site=knowers&equipment=video&length=60&first=2026-12-02&last=2026-12-04"},
	{"rooms", member, wideDark, "/rooms?day=2026-12-02"},
	{"panel", nobody, doorJA, "/board/colabo -> section:nth-of-type(4) a.plain"},
	{"occupancy", desk, wideJA, "/admin"},
	{"reports", desk, wideDark, "/admin/reports"},
}

// TestPicturesOfThePages takes the pictures of the documentation. SCREENS names
// the folder they go to (make screens).
func TestPicturesOfThePages(t *testing.T) {
	folder := os.Getenv("SCREENS")
	if folder == "" {
		t.Skip("make screens takes them")
	}
	server, browser := harness.StartDemo(t, "sqlite"), harness.StartBrowser(t, chromedp.Flag("hide-scrollbars", true))
	bookSomething(browser.Page(t, server.Base, phoneJA).SignIn(member))
	for _, s := range shots {
		page := browser.Page(t, server.Base, s.look)
		if s.who != nobody {
			speak(page.SignIn(s.who), s.look.Lang)
		}
		follow(t, page, s.path)
		picture := page.Picture()
		if len(picture) > largestPicture {
			t.Errorf("%s weighs %d bytes, want at most %d", s.name, len(picture), largestPicture)
		}
		if err := os.WriteFile(filepath.Join(folder, s.name+".webp"), picture, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
