//go:build e2e

package e2e

import (
	"testing"

	"kyoten/e2e/harness"
)

// person is one of the demo's people and the pages that are theirs.
type person struct {
	email string
	pages map[string]string // by the name of the picture
}

var people = []person{
	{"", map[string]string{"welcome": "/", "sign-in": "/sign-in", "not-found": "/nowhere"}},
	{"member@kyoten.example", map[string]string{
		"today": "/", "book": "/book?site=colabo", "rooms": "/rooms", "bookings": "/bookings", "past": "/bookings?past=1",
		"code": "/code", "account": "/account",
	}},
	{"staff@kyoten.example", map[string]string{"occupancy": "/admin", "presence": "/admin/presence"}},
}

// TestEveryPageInEveryLook inspects every page on every screen, in both
// languages, light and dark.
func TestEveryPageInEveryLook(t *testing.T) {
	server := harness.StartDemo(t, "sqlite")
	browser := harness.StartBrowser(t)
	for _, look := range harness.Looks(harness.Phone, harness.Tablet, harness.Desktop) {
		t.Run(look.String(), func(t *testing.T) {
			for _, who := range people {
				page := browser.Page(t, server.Base, look)
				page.Allow(`404`)
				if who.email != "" {
					page.SignIn(who.email)
				}
				for name, path := range who.pages {
					page.Open(path).Settle().Inspect(name)
				}
			}
		})
	}
}
