//go:build e2e

package e2e

import (
	"strings"
	"testing"

	"kyoten/e2e/harness"
)

// TestASeriesIsBookedFromTheFloorPlan goes from the picker to a booking that
// repeats, with its dates checked before anything is booked.
func TestASeriesIsBookedFromTheFloorPlan(t *testing.T) {
	browser, server := harness.StartBrowser(t), harness.StartDemo(t, "sqlite")
	for who, look := range map[string]harness.Look{
		"m008@kyoten.example": {Screen: harness.Phone, Lang: "ja"},
		"m009@kyoten.example": {Screen: harness.Desktop, Lang: "en", Dark: true},
	} {
		t.Run(look.String(), func(t *testing.T) {
			page := speak(browser.Page(t, server.Base, look).SignIn(who), look.Lang)
			page.Open("/book?site=colabo&day=2026-12-02&from=10:00&to=12:00").Settle()
			page.Click(`.seats a.seat.free`).Settle().Wait(`document.querySelector('#confirm a[href^="/series/new"]')`)
			page.Inspect("chosen")
			page.Go(`#confirm a[href^="/series/new"]`).Settle()
			page.Wait(`document.querySelectorAll('#dates ~ ul li').length === 4`)
			page.Click(`label:has(#every-workdays)`).Settle()
			page.Wait(`document.querySelector('#every-workdays').checked && location.search.includes('every=workdays')`).Settle()
			page.Inspect("checked")
			free := harness.Eval[int](page, `document.querySelectorAll('#dates ~ ul .badge.ok').length`)
			page.Go(`#repeat form .button.primary`).Settle()
			if path := page.Path(); !strings.HasPrefix(path, "/bookings/") {
				t.Fatalf("booked on %s, want the page of the first booking", path)
			}
			if n := harness.Eval[int](page, `document.querySelectorAll('#series ~ ul li').length`); n != free || n == 0 {
				t.Errorf("%d bookings, want as many as the %d dates that were free", n, free)
			}
			page.Inspect("booked")
		})
	}
}
