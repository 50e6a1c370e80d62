package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"kyoten/booking"
	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/web/ui"
)

const closuresPath = "/admin/closures"

// closures serves GET /admin/closures: those of a site that are not over.
func (p *Pages) closures(v *visit) error {
	shell, site, err := v.staffPage("admin.closures")
	if err != nil {
		return err
	}
	page := listPage{
		staffPage: shell, Path: closuresPath, OfSite: true, Intro: shell.SiteName,
		Actions: v.add("closures.add", closuresPath+"/new"+siteQuery(site.Slug)),
	}
	list := ui.Listing{None: "closures.none", Columns: ui.Columns(v.t("closures.when"), v.t("closures.what"), v.t("closures.reason"), "")}
	for _, c := range v.cat.ClosuresAt(site.Slug) {
		if c.EndsAt.After(v.now) && v.who.SeesClosure(v.cat, c) {
			list.Lines = append(list.Lines, ui.Line{
				Cells:   []ui.Cell{{Text: locale.Period(v.lang, c.StartsAt, c.EndsAt, site.Location())}, {Text: v.closedPlace(c)}, {Text: c.Reason, Typed: true}},
				Actions: []ui.Action{{Label: v.t("closures.reopen"), URL: closuresPath + "/" + c.ID.String() + "/delete", Post: true}},
			})
		}
	}
	if len(list.Lines) > 0 {
		page.Intro = v.t("closures.lost", map[string]any{"site": shell.SiteName})
	}
	page.Listings = []ui.Listing{list}
	return p.showList(v, page)
}

// closedPlace names what a closure is about.
func (v *visit) closedPlace(c models.Closure) string {
	switch {
	case c.SpaceID != nil:
		if space, err := v.cat.Space(*c.SpaceID); err == nil {
			return v.name(space.NameJA, space.NameEN)
		}
	case c.ZoneID != nil:
		return v.zoneName(*c.ZoneID)
	}
	return v.t("closures.whole")
}

// newClosure serves GET /admin/closures/new.
func (p *Pages) newClosure(v *visit) error {
	page, site, err := v.closurePage()
	if err != nil {
		return err
	}
	day := models.DayOf(v.now, site.Location()).Add(1)
	page.Form = ui.NewForm(url.Values{
		"from": {day.At(0, site.Location()).In(site.Location()).Format(localTime)},
		"to":   {day.Add(1).At(0, site.Location()).In(site.Location()).Format(localTime)},
	})
	if space := v.query("space"); space != "" {
		page.Form.Values.Set("place", "space:"+space)
	}
	return p.showForm(v, http.StatusOK, page)
}

// closurePage is the form of a closure.
func (v *visit) closurePage() (formPage, *models.Site, error) {
	shell, site, err := v.staffPage("admin.closures")
	if err != nil {
		return formPage{}, nil, err
	}
	shell.Title = v.t("closures.add")
	page := formPage{
		staffPage: shell, Intro: shell.SiteName, Target: closuresPath, Save: "closures.save",
		Back: v.link("admin.closures", closuresPath+siteQuery(site.Slug)),
	}
	page.Sections = []ui.Section{{Fields: []ui.Field{
		{Name: "from", Type: "datetime-local", Label: "closures.from", Required: true, Step: "900"},
		{Name: "to", Type: "datetime-local", Label: "closures.to", Required: true, Step: "900"},
		{Name: "place", Type: "select", Label: "closures.what", Options: v.closable(site)},
		{Name: "reason", Label: "closures.reason", Hint: "closures.reason_hint", Required: true, Longest: "300", Wide: true},
	}}}
	return page, site, nil
}

// closable lists the site, its zones and its spaces.
func (v *visit) closable(site *models.Site) []ui.Option {
	options := []ui.Option{{Label: v.t("closures.whole")}}
	for _, z := range v.cat.ZonesAt(site.Slug) {
		if z.ParentID != nil && v.who.SeesZone(v.cat, z) {
			options = append(options, ui.Option{Value: "zone:" + strconv.Itoa(z.ID), Label: v.name(z.NameJA, z.NameEN)})
		}
	}
	for _, space := range v.cat.SpacesAt(site.Slug, "") {
		options = append(options, ui.Option{Value: "space:" + space.ID.String(), Label: v.name(space.NameJA, space.NameEN)})
	}
	return options
}

// createClosure serves POST /admin/closures. With bookings in the way it names
// them and asks whether to cancel them.
func (p *Pages) createClosure(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	page, site, err := v.closurePage()
	if err != nil {
		return err
	}
	req, err := closureRequest(site, form)
	if err == nil {
		_, err = p.Booking.Close(v.ctx(), v.who, req)
	}
	if err == nil {
		return v.redirect(closuresPath + siteQuery(site.Slug) + "&done=closed")
	}
	v.nameInTheWay(&page, err, "closures")
	return p.refuseForm(v, page, form, err)
}

func closureRequest(site *models.Site, form ui.Form) (booking.ClosureRequest, error) {
	req := booking.ClosureRequest{Site: site.Slug, CancelBookings: form.Value("cancel") == "yes"}
	f := &fields{form: form}
	req.Reason = f.needed("reason", 300)
	var err error
	if req.StartsAt, err = localInstant(form, "from", site.Location()); err != nil {
		f.fail(err)
	}
	if req.EndsAt, err = localInstant(form, "to", site.Location()); err != nil {
		f.fail(err)
	}
	switch kind, key, _ := strings.Cut(form.Value("place"), ":"); kind {
	case "":
	case "zone":
		if zone, err := strconv.Atoi(key); err == nil {
			req.Zone = &zone
		}
	case "space":
		if space, err := models.ParseID(key); err == nil {
			req.Space = &space
		}
	}
	if form.Value("place") != "" && req.Zone == nil && req.Space == nil {
		f.fail(notOffered("place"))
	}
	return req, f.err
}

// deleteClosure serves POST /admin/closures/:id/delete: the place can be booked
// again.
func (p *Pages) deleteClosure(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	c, err := p.Store.Closure(v.ctx(), id)
	if err != nil {
		return err
	}
	if !v.who.SeesClosure(v.cat, c) {
		return models.ErrNotFound
	}
	if err := p.Places.DeleteClosure(v.ctx(), v.who, c); err != nil {
		return err
	}
	return v.redirect(closuresPath + siteQuery(c.Site) + "&done=reopened")
}
