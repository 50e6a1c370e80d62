//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"kyoten/e2e/harness"
)

// mostTabs is how far apart two things on a page may be for the keyboard.
const mostTabs = 120

// TestASeatIsBookedByKeyboardAlone signs in, books the seat chosen in the list,
// gives it back and takes that back, with Tab, Enter and typing only. Whatever
// has the focus shows it.
func TestASeatIsBookedByKeyboardAlone(t *testing.T) {
	browser, server := harness.StartBrowser(t), harness.StartDemo(t, "sqlite")
	page := browser.Page(t, server.Base, harness.Look{Screen: harness.Desktop, Lang: "ja"}).Open("/sign-in").Settle()
	tabTo(t, page, `input[name=email]`)
	page.Do(chromedp.KeyEvent("m015@kyoten.example\tkyoten-demo\r"))
	page.Wait(`location.pathname === '/'`).Settle()
	enter(t, page, `main a[href="/book"]`, `location.pathname === '/book'`)
	page.Open("/book?site=colabo&day=2026-12-02&from=10:00&to=12:00").Settle()
	enter(t, page, `.seats a.seat.free`, `document.querySelector('#confirm')`)
	enter(t, page, `#confirm button`, `location.pathname.startsWith('/bookings/')`)
	booked := page.Path()
	enter(t, page, `details:has(form[action$="/cancel"]) summary`, `document.querySelector('details[open] form[action$="/cancel"]')`)
	enter(t, page, `form[action$="/cancel"] button`, `location.search === '?done=cancelled'`)
	enter(t, page, `.notice form[action$="/again"] button`, `location.search === '?done=booked'`)
	if path := page.Path(); path == booked || !strings.HasPrefix(path, "/bookings/") {
		t.Errorf("taking it back leads to %s", path)
	}
	enter(t, page, `a[href^="/code"]`, `location.pathname === '/code'`)
}

// tabTo presses Tab until the element has the focus, and sees that it shows.
func tabTo(t *testing.T, page *harness.Page, css string) {
	t.Helper()
	for range mostTabs {
		if harness.Eval[bool](page, `document.activeElement.matches(`+"`"+css+"`"+`)`) {
			if !harness.Eval[bool](page, `document.activeElement.matches(':focus-visible')`) {
				t.Errorf("%s does not show that it has the focus", css)
			}
			return
		}
		page.Do(chromedp.KeyEvent("\t"))
	}
	t.Fatalf("no way to %s by Tab on %s", css, page.Path())
}

// enter goes to an element, presses Enter and waits for what follows.
func enter(t *testing.T, page *harness.Page, css, then string) {
	t.Helper()
	tabTo(t, page, css)
	page.Do(chromedp.KeyEvent("\r"))
	page.Wait(then).Settle()
}
