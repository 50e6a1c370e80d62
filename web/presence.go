package web

import (
	"net/http"

	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/occupancy"
	"kyoten/web/ui"
)

// presencePage is who is inside, by zone: on paper the evacuation list.
type presencePage struct {
	staffPage
	Count      int
	Missing    int // of them not accounted for; 0 while nobody was marked
	Zones      []zoneView
	Form       ui.Form
	AdmitForm  ui.Form
	Gates      []ui.Option
	Directions []ui.Option
}

// zoneView is the people in one zone.
type zoneView struct {
	Name   string
	People []presentView
}

type presentView struct {
	Name, Kana, Subject, Since string
	Unconfirmed, Safe          bool
}

// presence serves GET /admin/presence. The reading is audited by the service.
func (p *Pages) presence(v *visit) error { return p.showPresence(v, http.StatusOK, nil) }

// showPresence draws the page after change has put into it what is special now.
func (p *Pages) showPresence(v *visit, status int, change func(*presencePage)) error {
	shell, site, err := v.staffPage("admin.presence")
	if err != nil {
		return err
	}
	page := presencePage{staffPage: shell, Form: ui.NewForm(nil), AdmitForm: ui.NewForm(nil)}
	people, err := p.Occupancy.Presence(v.ctx(), v.who, site.Slug)
	if err != nil {
		return err
	}
	page.Count, page.Missing, page.Zones = len(people), missing(people), v.zoneViews(site, people)
	page.Here, page.AdmitForm.Values["direction"] = "/admin/presence"+siteQuery(site.Slug), []string{"entry"}
	if page.Gates, err = p.gateOptions(v, site); err != nil {
		return err
	}
	for _, way := range []string{"entry", "exit"} {
		page.Directions = append(page.Directions, ui.Option{Value: way, Label: v.t("presence." + way)})
	}
	if change != nil {
		change(&page)
	}
	return p.show(v, status, "presence", page)
}

// missing counts who is not accounted for, once staff have begun to mark people.
func missing(people []occupancy.Present) int {
	safe := 0
	for _, person := range people {
		if person.SafeAt != nil {
			safe++
		}
	}
	if safe == 0 {
		return 0
	}
	return len(people) - safe
}

// gateOptions lists the gates of a site that somebody can be let through.
func (p *Pages) gateOptions(v *visit, site *models.Site) ([]ui.Option, error) {
	rows, err := p.Access.Gates(v.ctx(), v.who)
	var options []ui.Option
	for _, g := range rows {
		if g.Site == site.Slug && g.Active() {
			options = append(options, ui.Option{Value: g.ID.String(), Label: g.Name})
		}
	}
	return options, err
}

// zoneViews groups the people, who come in the order of their zones.
func (v *visit) zoneViews(site *models.Site, people []occupancy.Present) []zoneView {
	var zones []zoneView
	last := 0
	for _, person := range people {
		if person.ZoneID != last || len(zones) == 0 {
			last = person.ZoneID
			zone := zoneView{}
			if z, err := v.cat.Zone(last); err == nil {
				zone.Name = v.name(z.NameJA, z.NameEN)
			}
			zones = append(zones, zone)
		}
		here := &zones[len(zones)-1]
		here.People = append(here.People, presentView{
			Name: person.Name, Kana: person.Kana, Subject: person.Subject, Since: locale.Time(person.Since, site.Location()),
			Unconfirmed: person.Unconfirmed, Safe: person.SafeAt != nil,
		})
	}
	return zones
}
