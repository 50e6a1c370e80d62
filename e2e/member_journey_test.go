//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"kyoten/e2e/harness"
)

// TestASeatIsBookedInThreeTaps goes from Today to a confirmed seat, and on to
// its code, in both languages.
func TestASeatIsBookedInThreeTaps(t *testing.T) {
	browser := harness.StartBrowser(t)
	for _, lang := range []string{"ja", "en"} {
		t.Run(lang, func(t *testing.T) {
			server := harness.StartDemo(t, "sqlite")
			page := browser.Page(t, server.Base, harness.Look{Screen: harness.Phone, Lang: lang})
			page.SignIn("m001@kyoten.example")
			if lang == "en" {
				page.Go(`button[name=lang][value=en]`)
			}
			page.Go(`main a[href="/book"]`)           // one
			page.Click(`.seats a.seat.free`).Settle() // two
			page.Wait(`document.querySelector('#confirm')`)
			page.Inspect("chosen")
			page.Go(`#confirm button`) // three
			if path := page.Path(); !strings.HasPrefix(path, "/bookings/") {
				t.Fatalf("confirmed on %s, want the booking's page", path)
			}
			page.Settle().Inspect("booked")
			page.Open("/").Inspect("today-booked")
			page.Go(`main a[href^="/code"]`)
			page.Settle().Inspect("code")
		})
	}
}
