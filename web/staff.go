package web

import (
	"net/http"
	"time"

	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/occupancy"
	"kyoten/web/ui"
)

// staffPage is what the pages of the desk share: the menu at the side and the
// site they are about.
type staffPage struct {
	ui.Page
	Menu     []menuItem
	Sites    []ui.Option // those the reader runs
	Site     string
	SiteName string
	At       string // when what stands here was read
	Now      time.Time
}

type menuItem struct {
	Label, URL, Icon string
	Current          bool
}

// staffMenu is every page of the desk, in its order.
var staffMenu = []struct {
	name, url, icon string
	open            audience
}{
	{"admin.occupancy", "/admin", "screen", staff},
	{"admin.presence", "/admin/presence", "people", staff},
	{"admin.bookings", deskBookingsPath, "bookings", staff},
	{"admin.approvals", approvalsPath, "check", managers},
	{"admin.closures", closuresPath, "lock", staff},
	{"admin.members", membersPath, "person", managers},
	{"admin.companies", companiesPath, "building", staff},
	{"admin.plans", plansPath, "settings", admins},
	{"admin.spaces", spacesPath, "seat", staff},
	{"admin.sites", sitesPath, "place", admins},
	{"admin.holidays", holidaysPath, "today", admins},
	{"admin.gates", gatesPath, "gate", staff},
	{"admin.webhooks", webhooksPath, "bell", admins},
	{"admin.audit", auditPath, "shield", admins},
	{"admin.reports", "/admin/reports", "chart", managers},
}

// staffPage returns the shell of the staff page called name (its key) for the
// site that the address asks for, else the first the reader runs.
func (v *visit) staffPage(name string) (staffPage, *models.Site, error) {
	page := staffPage{Page: v.page(name, "admin"), Now: v.now}
	var chosen *models.Site
	for _, site := range v.cat.Sites() {
		if !v.who.Runs(site.Slug) {
			continue
		}
		page.Sites = append(page.Sites, ui.Option{Value: site.Slug, Label: v.name(site.NameJA, site.NameEN)})
		if asked := v.r.FormValue("site"); chosen == nil && (asked == "" || asked == site.Slug) {
			chosen = site
		}
	}
	if chosen == nil {
		return page, nil, models.ErrNotFound
	}
	page.Site, page.SiteName = chosen.Slug, v.siteName(chosen.Slug)
	page.At = locale.DateTime(v.lang, v.now, chosen.Location()) // with its day: these pages are printed
	page.Menu = v.staffMenu(name, chosen.Slug)
	return page, chosen, nil
}

// staffMenu lists the pages that are open to the reader.
func (v *visit) staffMenu(name, site string) []menuItem {
	var menu []menuItem
	for _, item := range staffMenu {
		if item.open.admits(v.who) == nil {
			menu = append(menu, menuItem{
				Label: v.t(item.name), URL: item.url + "?site=" + site, Icon: item.icon, Current: item.name == name,
			})
		}
	}
	return menu
}

// occupancyPage is a site as it is now.
type occupancyPage struct {
	staffPage
	Inside, Unconfirmed, Capacity int
	Seats, Rooms                  occupancy.Counts
	Plans                         []ui.Plan
	Legend                        []ui.Spot
	Groups                        []spotGroup
}

// occupancyNow serves GET /admin.
func (p *Pages) occupancyNow(v *visit) error {
	shell, site, err := v.staffPage("admin.occupancy")
	if err != nil {
		return err
	}
	page := occupancyPage{staffPage: shell, Legend: v.legend(ui.SpotFree, ui.SpotBooked, ui.SpotHere, ui.SpotClosed)}
	sites, err := p.Occupancy.Now(v.ctx(), v.who)
	if err != nil {
		return err
	}
	for _, n := range sites {
		if n.Site == site.Slug {
			page.Inside, page.Unconfirmed, page.Capacity, page.Seats, page.Rooms = n.Inside, n.Unconfirmed, n.Capacity, n.Seats, n.Rooms
		}
	}
	spots, spaces, err := p.spotsNow(v, site)
	if err != nil {
		return err
	}
	page.Groups = grouped(spaces, spots)
	if page.Plans, err = v.floors(site, spots); err != nil {
		return err
	}
	return p.show(v, http.StatusOK, "occupancy", page)
}

// spotsNow says of every space of a site whether it is free, booked, or in use.
func (p *Pages) spotsNow(v *visit, site *models.Site) (map[models.ID]ui.Spot, []*models.Space, error) {
	rows, err := p.Store.HeldSpaces(v.ctx(), v.now)
	if err != nil {
		return nil, nil, err
	}
	held := map[models.ID]models.BookingStatus{}
	for _, r := range rows {
		held[r.SpaceID] = r.Status
	}
	spots, spaces := map[models.ID]ui.Spot{}, v.cat.SpacesAt(site.Slug, "")
	for _, space := range spaces {
		spot := v.spotOf(space)
		status, taken := held[space.ID]
		switch {
		case taken && status == models.BookingCheckedIn:
			spot.State = ui.SpotHere
		case taken:
			spot.State = ui.SpotBooked
		case !space.Bookable:
			spot.State = ui.SpotClosed
		default:
			spot.State = ui.SpotFree
		}
		spot.Words = v.t("spot." + string(spot.State))
		spots[space.ID] = spot
	}
	return spots, spaces, nil
}
