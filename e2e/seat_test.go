//go:build e2e

package e2e

import (
	"testing"

	"kyoten/e2e/harness"
)

// TestAFixedSeatIsGivenUpForADay goes from Today to a day given up and back, on
// the seat that the desk has handed over.
func TestAFixedSeatIsGivenUpForADay(t *testing.T) {
	browser, server := harness.StartBrowser(t), harness.StartDemo(t, "sqlite")
	staff := browser.Page(t, server.Base, harness.Look{Screen: harness.Desktop, Lang: "ja"}).SignIn(desk)
	giveSeat(staff, "m007@kyoten.example")
	staff.Inspect("handed-over")
	for _, look := range []harness.Look{{Screen: harness.Phone, Lang: "ja"}, {Screen: harness.Desktop, Lang: "en", Dark: true}} {
		t.Run(look.String(), func(t *testing.T) {
			page := speak(browser.Page(t, server.Base, look).SignIn("m007@kyoten.example"), look.Lang)
			page.Inspect("today")
			page.Go(`main a[href^="/seats/"]`).Settle()
			page.Go(`form[action$="/give-up"] [type=submit]`).Settle()
			page.Wait(`document.querySelector('.notice.ok')`)
			page.Inspect("given-up")
			page.Go(`form[action$="/take-back"] [type=submit]`).Settle()
			page.Wait(`document.querySelector('.notice.ok') && !document.querySelector('form[action$="/take-back"]')`)
		})
	}
}
