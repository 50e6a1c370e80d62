//go:build e2e

package e2e

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"kyoten/e2e/harness"
	"kyoten/web"
)

// tour is where to find one page of each kind: whose it is, and its address, as a
// path or as an expression that finds it on another page.
type tour struct {
	who  string // "" = nobody signed in
	path string // a path, or "PAGE -> SELECTOR of a link on it -> ..."
}

// The people who look.
const (
	nobody  = ""
	member  = "member@kyoten.example"
	desk    = "staff@kyoten.example"
	manager = "manager@kyoten.example"
	admin   = "admin@kyoten.example"
)

// noPages are addresses that browsers ask for and people do not look at.
var noPages = []string{"/live", "/sw.js", "/board/:site/live", "/board/:site/:room/code.svg", "/admin/reports.csv"}

// tours has every page of the program. A page that the router has and this table
// has not fails the test.
var tours = map[string]tour{
	"/":                       {member, "/"},
	"/sign-in":                {nobody, "/sign-in"},
	"/forgot-password":        {nobody, "/forgot-password"},
	"/offline":                {nobody, "/offline"},
	"/book":                   {member, "/book?site=colabo"},
	"/series/new":             {member, "/book?site=colabo&day=2026-12-02&from=10:00&to=12:00 -> .seats a.seat.free -> a[href^='/series/new']"},
	"/rooms":                  {member, "/rooms"},
	"/rooms/common":           {member, "/rooms/common"},
	"/rooms/common/holds/:id": {member, "/rooms/common -> .slot button[name=slot]"},
	"/bookings":               {member, "/bookings"},
	"/bookings/:id":           {member, "/bookings -> a.item"},
	"/code":                   {member, "/code"},
	"/seats/:id":              {member, "/account -> a.item[href^='/seats/']"},
	"/privacy":                {nobody, "/privacy"},
	"/statements":             {manager, "/statements"},
	"/account":                {member, "/account"},
	"/board/:site":            {nobody, "/board/colabo"},
	"/board/:site/:room":      {nobody, "/board/colabo -> a.plain"},

	"/admin":              {desk, "/admin"},
	"/admin/presence":     {desk, "/admin/presence"},
	"/admin/reports":      {desk, "/admin/reports"},
	"/admin/bookings":     {desk, "/admin/bookings"},
	"/admin/bookings/new": {desk, "/admin/bookings/new"},
	"/admin/bookings/:id": {desk, "/admin/bookings -> " + oneOf("bookings")},
	"/admin/approvals":    {desk, "/admin/approvals"},
	"/admin/closures":     {desk, "/admin/closures"},
	"/admin/closures/new": {desk, "/admin/closures/new"},

	"/admin/members":        {desk, "/admin/members"},
	"/admin/members/new":    {desk, "/admin/members/new"},
	"/admin/members/import": {admin, "/admin/members/import"},
	"/admin/members/:id":    {desk, "/admin/members -> " + oneOf("members")},
	"/admin/companies":      {desk, "/admin/companies"},
	"/admin/companies/new":  {admin, "/admin/companies/new"},
	"/admin/companies/:id":  {admin, "/admin/companies -> " + oneOf("companies")},
	"/admin/plans":          {admin, "/admin/plans"},
	"/admin/plans/new":      {admin, "/admin/plans/new"},
	"/admin/plans/:id":      {admin, "/admin/plans -> " + oneOf("plans")},
	"/admin/sites":          {admin, "/admin/sites"},
	"/admin/sites/new":      {admin, "/admin/sites/new"},
	"/admin/sites/:slug":    {admin, "/admin/sites/colabo"},
	"/admin/zones/new":      {admin, "/admin/zones/new?site=colabo"},
	"/admin/zones/:id":      {admin, "/admin/sites/shiojiri -> " + oneOf("zones")},
	"/admin/spaces":         {desk, "/admin/spaces"},
	"/admin/spaces/new":     {admin, "/admin/spaces/new?site=colabo"},
	"/admin/spaces/import":  {admin, "/admin/spaces/import"},
	"/admin/spaces/:id":     {desk, "/admin/spaces -> " + oneOf("spaces")},
	"/admin/floors/new":     {admin, "/admin/floors/new?site=colabo"},
	"/admin/floors/:id":     {admin, "/admin/sites/colabo -> " + oneOf("floors")},
	"/admin/holidays":       {admin, "/admin/holidays"},
	"/admin/gates":          {desk, "/admin/gates"},
	"/admin/gates/new":      {admin, "/admin/gates/new?site=colabo"},
	"/admin/gates/:id":      {desk, "/admin/gates -> " + oneOf("gates")},
	"/admin/webhooks":       {admin, "/admin/webhooks"},
	"/admin/webhooks/new":   {admin, "/admin/webhooks/new"},
	"/admin/webhooks/:id":   {admin, "/admin/webhooks -> " + oneOf("webhooks")},
	"/admin/audit":          {admin, "/admin/audit"},
}

// oneOf is a link to one of a list's things.
func oneOf(noun string) string {
	return "main a[href^='/admin/" + noun + "/']:not([href*='/new'], [href*='/import'], [href*='?'])"
}

// TestEveryPageIsOnATour compares the table with the router.
func TestEveryPageIsOnATour(t *testing.T) {
	for _, path := range web.Paths() {
		if _, ok := tours[path]; !ok && !slices.Contains(noPages, path) && !strings.HasPrefix(path, "/links/") && !strings.HasPrefix(path, "/mails/") {
			t.Errorf("%s is on no tour: add it to tours", path)
		}
	}
}

// TestEveryPageInEveryLook visits every page in the looks of a sweep: axe finds nothing, nothing breaks the policy or is too wide,
// no text is left untranslated, and a member's page is light. Each language has a
// server of its own, since people keep the language they choose, and both are
// looked at at once.
func TestEveryPageInEveryLook(t *testing.T) {
	browser := harness.StartBrowser(t)
	for lang, looks := range harness.Sweep() {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			server := harness.StartDemo(t, "sqlite", "--smtp-url", harness.StartMailbox(t).URL)
			bookSomething(browser.Page(t, server.Base, harness.Look{Screen: harness.Phone}).SignIn(member))
			giveSeat(browser.Page(t, server.Base, harness.Look{Screen: harness.Desktop}).SignIn(desk), member)
			addWebhook(browser.Page(t, server.Base, harness.Look{Screen: harness.Desktop}).SignIn(admin))
			for _, look := range looks {
				t.Run(look.String(), func(t *testing.T) {
					for _, who := range []string{nobody, member, desk, manager, admin} {
						visitAll(t, browser.Page(t, server.Base, look), who, look)
					}
				})
			}
		})
	}
}

func visitAll(t *testing.T, page *harness.Page, who string, look harness.Look) {
	t.Helper()
	if who != nobody {
		speak(page.SignIn(who), look.Lang)
	}
	for _, name := range slices.Sorted(maps.Keys(tours)) {
		stop := tours[name]
		if stop.who != who {
			continue
		}
		before := page.Settle().Wire()
		if !follow(t, page, stop.path) {
			continue
		}
		page.Inspect(strings.Trim(strings.NewReplacer("/", "-", ":", "").Replace(name), "-"))
		if weight := page.Wire() - before; !strings.Contains(stop.path, " -> ") && weight > lightest && !strings.HasPrefix(name, "/admin") {
			t.Errorf("%s, %s: %d bytes over the wire, want at most %d", name, look, weight, lightest)
		}
	}
}

// follow opens a path, and one after the other the links that the rest names.
func follow(t *testing.T, page *harness.Page, path string) bool {
	t.Helper()
	steps := strings.Split(path, " -> ")
	page.Open(steps[0]).Settle()
	for i, link := range steps[1:] {
		switch {
		case !page.Has(link):
			t.Errorf("%s leads nowhere from %s", link, steps[i])
			return false
		case i+2 < len(steps): // by its address: the page itself may only change a part
			page.Open(harness.Eval[string](page, `document.querySelector("`+link+`").getAttribute("href")`)).Settle()
		default:
			page.Go(link).Settle()
		}
	}
	return true
}

// bookSomething gives a member a booking to look at.
func bookSomething(page *harness.Page) {
	page.Open("/book?site=colabo").Settle().Click(`.seats a.seat.free`).Settle().Wait(`document.querySelector('#confirm')`)
	page.Go(`#confirm button`).Settle()
}

// giveSeat makes the last seat of Colabo somebody's own; page is the desk's.
func giveSeat(page *harness.Page, email string) {
	page.Open("/admin/spaces?seats=99").Settle().Go(`section:first-of-type tbody tr:last-of-type th a`).Settle()
	page.Fill(`#owner`, email).Go(`main form.card [type=submit]`)
	page.Settle()
}

// addWebhook makes a webhook and sends it something; page is an administrator's.
// Nobody is there: the address is one that is kept free for such uses.
func addWebhook(page *harness.Page) {
	page.Open("/admin/webhooks/new").Settle().Fill(`#url`, "https://hooks.invalid/in").Click(`[name=events]`).Go(`main form.card [type=submit]`).Settle()
	page.Open("/admin/webhooks").Settle().Go(oneOf("webhooks")).Settle()
	page.Click(`details:has(form[action$='/test']) summary`).Go(`form[action$='/test'] button`).Settle()
}

// speak chooses the language of whoever is signed in, which is kept for the next
// sign-in, too.
func speak(page *harness.Page, lang string) *harness.Page {
	if harness.Eval[string](page, `document.documentElement.lang`) != lang {
		page.Settle().Go(`button[name=lang]`).Settle()
	}
	return page
}
