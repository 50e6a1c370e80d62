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
	{"", map[string]string{"welcome": "/"}},
	{"member@kyoten.example", map[string]string{
		"today": "/", "book": "/book?site=colabo", "rooms": "/rooms", "bookings": "/bookings", "past": "/bookings?past=1",
		"code": "/code", "account": "/account",
	}},
	{"staff@kyoten.example", map[string]string{
		"occupancy": "/admin", "presence": "/admin/presence", "reports": "/admin/reports", "desk-bookings": "/admin/bookings",
		"book-for": "/admin/bookings/new", "approvals": "/admin/approvals", "closures": "/admin/closures", "closure": "/admin/closures/new",
		"members": "/admin/members", "member-new": "/admin/members/new", "companies": "/admin/companies",
		"spaces": "/admin/spaces", "gates": "/admin/gates",
	}},
	{"admin@kyoten.example", map[string]string{"import": "/admin/members/import", "plans": "/admin/plans", "plan": "/admin/plans/new", "company": "/admin/companies/new",
		"sites": "/admin/sites", "site": "/admin/sites/colabo", "site-new": "/admin/sites/new", "zone-new": "/admin/zones/new?site=colabo", "space-new": "/admin/spaces/new?site=colabo",
		"holidays": "/admin/holidays", "gate-new": "/admin/gates/new?site=colabo", "audit": "/admin/audit", "floor-new": "/admin/floors/new?site=colabo",
	}},
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
				if who.email != "" {
					speak(page.SignIn(who.email), look.Lang)
				}
				for name, path := range who.pages {
					page.Open(path).Settle().Inspect(name)
				}
			}
		})
	}
}

// speak chooses the language of whoever is signed in, which is kept for the next
// sign-in, too.
func speak(page *harness.Page, lang string) *harness.Page {
	if harness.Eval[string](page, `document.documentElement.lang`) != lang {
		page.Settle().Go(`button[name=lang]`).Settle()
	}
	return page
}
