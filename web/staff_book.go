package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"kyoten/booking"
	"kyoten/models"
	"kyoten/web/ui"
)

// decision is what the services do to a booking for a reason.
type decision func(ctx context.Context, by models.Principal, id models.ID, reason string) (booking.Record, error)

// bookFor serves GET /admin/bookings/new: a booking for somebody else.
func (p *Pages) bookFor(v *visit) error {
	page, site, err := v.bookForPage(nil)
	if err != nil {
		return err
	}
	values := url.Values{"member": {v.query("member")}, "space": {v.query("space")}}
	readHours(v.cat, site, v.r.URL.Query(), v.now).put(values)
	page.Form = ui.NewForm(values)
	return p.showForm(v, http.StatusOK, page)
}

// bookForPage is the form of a booking for somebody else. When several members
// are meant by what was typed, one of them is chosen.
func (v *visit) bookForPage(found []ui.Option) (formPage, *models.Site, error) {
	shell, site, err := v.staffPage("admin.bookings")
	if err != nil {
		return formPage{}, nil, err
	}
	shell.Title = v.t("desk.book")
	page := formPage{
		staffPage: shell, Intro: shell.SiteName, Target: deskBookingsPath, Save: "desk.book_confirm",
		Back: v.link("admin.bookings", deskBookingsPath+siteQuery(site.Slug)),
	}
	who := []ui.Field{{Name: "member", Label: "desk.member", Hint: "desk.member_hint", Required: true, Longest: "254", Wide: true}}
	if len(found) > 0 {
		who = append(who, ui.Field{Name: "member_id", Type: "choices", Label: "desk.which_member", Options: found, Wide: true})
	}
	page.Sections = []ui.Section{
		{Fields: who},
		{Title: "desk.what", Fields: []ui.Field{
			{Name: "space", Type: "select", Label: "booking.space", Options: v.bookable(site)},
			{Name: "day", Type: "date", Label: "book.day", Required: true},
			{Name: "from", Type: "time", Label: "book.from", Required: true, Step: "900"},
			{Name: "to", Type: "time", Label: "book.to", Required: true, Step: "900"},
			{Name: "title", Label: "booking.title", Optional: true, Longest: "200"},
			{Name: "reason", Label: "presence.reason", Hint: "desk.reason_kept", Required: true, Longest: "300"},
		}},
	}
	return page, site, nil
}

// bookable lists what can be booked at a site: any seat, any room, or one.
func (v *visit) bookable(site *models.Site) []ui.Option {
	options := []ui.Option{{Value: "any:seat", Label: v.t("desk.any_seat")}, {Value: "any:room", Label: v.t("desk.any_room")}}
	for _, space := range v.cat.SpacesAt(site.Slug, "") {
		if v.who.SeesSpace(space) && space.Bookable {
			options = append(options, ui.Option{Value: space.ID.String(), Label: v.name(space.NameJA, space.NameEN)})
		}
	}
	return options
}

// createBookingFor serves POST /admin/bookings.
func (p *Pages) createBookingFor(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	member, found, err := p.meant(v, form)
	page, site, errPage := v.bookForPage(found)
	if errPage != nil {
		return errPage
	}
	var made booking.Record
	if err == nil {
		made, err = p.reserveFor(v, site, form, member)
	}
	if err != nil {
		return p.refuseForm(v, page, form, err)
	}
	return v.redirect(deskBookingsPath + "/" + made.ID.String() + "?done=booked")
}

func (p *Pages) reserveFor(v *visit, site *models.Site, form ui.Form, member models.ID) (booking.Record, error) {
	f := &fields{form: form}
	req := booking.Request{Title: f.text("title", mostTitle), Reason: f.needed("reason", 300), OnBehalfOf: &member}
	if kind, any := strings.CutPrefix(form.Value("space"), "any:"); any {
		req.Any = []booking.Want{{Site: site.Slug, Kind: models.Kind(kind)}}
	} else if id := f.id("space"); id != nil {
		req.Spaces = []models.ID{*id}
	}
	period, err := v.periodOf(form)
	if err != nil {
		f.fail(err)
	}
	req.StartsAt, req.EndsAt = period.StartsAt, period.EndsAt
	if f.err != nil {
		return booking.Record{}, f.err
	}
	return p.Booking.Reserve(v.ctx(), v.who, req)
}

// mostMeant bounds how many members are offered where several are meant.
const mostMeant = 8

// meant returns the member that a form names by mail address or name; where it
// could be several, those to choose from and why.
func (p *Pages) meant(v *visit, form ui.Form) (models.ID, []ui.Option, error) {
	if id, err := models.ParseID(form.Value("member_id")); err == nil {
		account, err := p.Auth.Account(v.ctx(), v.who, id)
		return account.ID, nil, err
	}
	typed := strings.TrimSpace(form.Value("member"))
	if typed == "" {
		return models.ID{}, nil, models.ErrInvalidInput.On("member").Saying("required")
	}
	rows, _, err := p.Auth.Accounts(v.ctx(), v.who, models.MemberFilter{Text: typed}, models.Page{Limit: mostMeant})
	if err != nil {
		return models.ID{}, nil, err
	}
	var options []ui.Option
	for _, a := range rows {
		if strings.EqualFold(a.Email, typed) || len(rows) == 1 {
			return a.ID, nil, nil
		}
		options = append(options, ui.Option{Value: a.ID.String(), Label: a.Name + " " + a.Email})
	}
	if len(options) == 0 {
		return models.ID{}, nil, errNobody.On("member")
	}
	return models.ID{}, options, errSeveral.On("member_id")
}
