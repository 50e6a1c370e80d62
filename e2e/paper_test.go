//go:build e2e

package e2e

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"kyoten/e2e/harness"
)

// emulate makes a page be drawn for another medium, or as a reader has asked of the
// system.
func emulate(page *harness.Page, params emulation.SetEmulatedMediaParams) {
	page.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, params)
		return err
	}))
}

// a4 is what is left of a sheet between its margins.
var a4 = harness.Screen{Name: "a4", Width: 680, Height: 1000}

// TestWhatIsPrintedFitsThePaper: a table that scrolls on the screen must not lose
// its last columns on paper.
func TestWhatIsPrintedFitsThePaper(t *testing.T) {
	browser, server := harness.StartBrowser(t), harness.StartDemo(t, "sqlite")
	for _, lang := range []string{"ja", "en"} {
		page := speak(browser.Page(t, server.Base, harness.Look{Screen: a4, Lang: lang}).SignIn("admin@kyoten.example"), lang)
		for _, path := range []string{"/admin/reports?site=colabo", "/admin/presence?site=colabo", "/admin/bookings?site=colabo"} {
			page.Open(path).Settle()
			emulate(page, emulation.SetEmulatedMediaParams{Media: "print"})
			wide := harness.Eval[[]string](page, `[...document.querySelectorAll('main *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.tagName + ' ' + e.textContent.trim().slice(0, 20))`)
			if len(wide) > 0 {
				t.Errorf("%s in %s: %d elements are cut off, such as %q", path, lang, len(wide), wide[0])
			}
			emulate(page, emulation.SetEmulatedMediaParams{})
		}
	}
}

// TestTheCodeIsDarkOnLightInForcedColours: a reader at the door sees no other.
func TestTheCodeIsDarkOnLightInForcedColours(t *testing.T) {
	browser, server := harness.StartBrowser(t), harness.StartDemo(t, "sqlite")
	page := browser.Page(t, server.Base, harness.Look{Screen: harness.Phone}).SignIn("m012@kyoten.example")
	emulate(page, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "forced-colors", Value: "active"}, {Name: "prefers-color-scheme", Value: "dark"},
	}})
	page.Open("/code").Settle().Click(`[data-enrol]`)
	page.Wait(`document.querySelector('[data-live] svg').dataset.text`)
	if got := harness.Eval[string](page, `getComputedStyle(document.querySelector('[data-code]')).backgroundColor`); got != "rgb(255, 255, 255)" {
		t.Errorf("the code lies on %s, want white", got)
	}
	if got := harness.Eval[string](page, `getComputedStyle(document.querySelector('[data-live] path')).fill`); got != "rgb(0, 0, 0)" {
		t.Errorf("the code is %s, want black", got)
	}
}
