package web

import (
	"net/http"
	"strings"

	"kyoten/booking"
	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/web/ui"
)

const (
	deskBookingsPath = "/admin/bookings"
	approvalsPath    = "/admin/approvals"
)

// dayPageSize is how many bookings the desk sees at a time: most days whole.
const dayPageSize = 100

// bookingListing lists bookings for the desk.
func (v *visit) bookingListing(rows []booking.Record, title string) ui.Listing {
	list := ui.Listing{
		Title: title, None: "desk.no_bookings",
		Columns: ui.Columns(v.t("book.day"), v.t("desk.holder"), v.t("booking.space"), v.t("presence.state"), v.t("booking.reference")),
	}
	for _, r := range rows {
		list.Lines = append(list.Lines, v.bookingLine(r))
	}
	return list
}

func (v *visit) bookingLine(r booking.Record) ui.Line {
	view := v.bookingView(r)
	var places []string
	for _, place := range view.Places {
		places = append(places, place.Name)
	}
	holder := ui.Cell{Text: v.t("desk.busy")}
	line := ui.Line{}
	if r.View == models.ViewFull && r.Organizer != nil {
		holder = ui.Cell{Text: r.Organizer.Name, Small: view.Title, Typed: true}
		line.URL = deskBookingsPath + "/" + view.ID
	}
	line.Cells = []ui.Cell{
		{Text: view.LongDay, Whole: view.Hours}, holder, {Text: strings.Join(places, " + ")}, v.statusCell(view.Status), {Whole: view.Reference},
	}
	return line
}

// statusCell is a booking's status as a badge.
func (v *visit) statusCell(status string) ui.Cell {
	kinds := map[string][2]string{
		"confirmed": {"accent", "check"}, "checked_in": {"ok", "enter"}, "completed": {"plain", "check"},
		"pending_approval": {"warn", "wait"}, "no_show": {"danger", "warning"},
	}
	kind, ok := kinds[status]
	if !ok {
		kind = [2]string{"plain", "cross"}
	}
	return ui.Cell{Text: v.t("status." + status), Badge: kind[0], Icon: kind[1]}
}

// deskBookings serves GET /admin/bookings: those of a day at a site, or those
// whose holder or reference is searched for.
func (p *Pages) deskBookings(v *visit) error {
	shell, site, err := v.staffPage("admin.bookings")
	if err != nil {
		return err
	}
	page := listPage{
		staffPage: shell, Path: deskBookingsPath, OfSite: true, Intro: shell.SiteName, Form: ui.NewForm(v.r.URL.Query()),
		Actions: v.add("desk.book", deskBookingsPath+"/new"+siteQuery(site.Slug)),
		Filter: []ui.Field{
			{Name: "day", Type: "date", Label: "book.day"},
			{Name: "q", Type: "search", Label: "desk.search", Hint: "desk.search_hint", Longest: "100"},
		},
	}
	filter := deskFilter(v, site, &page)
	rows, next, err := p.Booking.List(v.ctx(), v.who, filter)
	if err != nil {
		return err
	}
	list := v.bookingListing(rows, "")
	list.Pager = v.pager(next)
	page.Listings = []ui.Listing{list}
	return p.showList(v, page)
}

// deskFilter asks for one day, or around now when somebody is searched for.
func deskFilter(v *visit, site *models.Site, page *listPage) booking.Filter {
	f := booking.Filter{Site: site.Slug, Page: v.pageOf(), Text: strings.TrimSpace(page.Form.Value("q"))}
	f.Page.Limit = dayPageSize
	day, err := models.ParseDay(page.Form.Value("day"))
	switch {
	case err == nil:
		span := day.In(site.Location())
		f.From, f.To = span.StartsAt, span.EndsAt
	case f.Text != "":
		f.From, f.To = v.now.AddDate(0, -1, 0), v.now.AddDate(0, 11, 0)
	default:
		span := models.DayOf(v.now, site.Location()).In(site.Location())
		f.From, f.To = span.StartsAt, span.EndsAt
		page.Form.Values.Set("day", models.DayOf(v.now, site.Location()).String())
	}
	return f
}

// deskBooking serves GET /admin/bookings/:id.
func (p *Pages) deskBooking(v *visit) error {
	record, err := p.booking(v)
	if err != nil {
		return err
	}
	return p.showDeskBooking(v, http.StatusOK, record, nil, ui.NewForm(nil))
}

// showDeskBooking draws a booking of somebody else's with what the desk does
// about it; its hours and spaces are changed on the booking's own page.
func (p *Pages) showDeskBooking(v *visit, status int, r booking.Record, notice *ui.Notice, form ui.Form) error {
	view := v.bookingView(r)
	page := formPage{staffPage: v.deskPage("admin.bookings"), Back: v.link("admin.bookings", deskBookingsPath), Form: form}
	page.Title = view.Reference
	if notice != nil {
		page.Notice = notice
	}
	page.Here = deskBookingsPath + "/" + view.ID
	page.Facts = v.bookingFacts(r, view)
	if r.View == models.ViewFull {
		page.Actions = []ui.Action{v.link("desk.open_booking", "/bookings/"+view.ID)}
		if !r.Over(v.now) {
			page.Deeds = v.bookingDeeds(r, form)
		}
	}
	return p.showForm(v, status, page)
}

func (v *visit) bookingFacts(r booking.Record, view bookingView) []ui.Fact {
	facts := []ui.Fact{{Name: v.t("book.day"), Value: view.LongDay + " " + view.Hours}, {Name: v.t("presence.state"), Value: v.t("status." + view.Status)}}
	for _, place := range view.Places {
		value := place.Name
		if place.Status != view.Status {
			value += " (" + v.t("status."+place.Status) + ")"
		}
		facts = append(facts, ui.Fact{Name: place.SiteName, Value: value})
	}
	if r.Organizer != nil {
		facts = append(facts, ui.Fact{Name: v.t("desk.holder"), Value: r.Organizer.Name, Typed: true}, ui.Fact{Name: v.t("sign_in.email"), Value: r.Organizer.Email})
	}
	if view.Title != "" {
		facts = append(facts, ui.Fact{Name: v.t("booking.title"), Value: view.Title, Typed: true})
	}
	return facts
}

// bookingDeeds are what can be done about a booking that is not over.
func (v *visit) bookingDeeds(r booking.Record, form ui.Form) []ui.Deed {
	path := deskBookingsPath + "/" + r.ID.String()
	reason := []ui.Field{{Name: "reason", Label: "presence.reason", Hint: "desk.reason_told", Required: true, Longest: "300", Wide: true}}
	var deeds []ui.Deed
	if r.Undecided(v.who) {
		if !v.cat.Barred(r.Organizer) {
			deeds = append(deeds, ui.Deed{Icon: "check", Label: "approvals.approve", URL: approvalsPath + "/" + r.ID.String(), Open: true})
		}
		return append(deeds, ui.Deed{Icon: "cross", Label: "approvals.reject", URL: approvalsPath + "/" + r.ID.String() + "/reject", Danger: true, Form: form, Fields: reason})
	}
	if v.canCheckIn(r) {
		deeds = append(deeds, ui.Deed{Icon: "enter", Label: "booking.check_in", URL: "/bookings/" + r.ID.String() + "/check-in", Open: true})
	}
	return append(deeds, ui.Deed{
		Icon: "bin", Label: "booking.cancel", Button: "booking.cancel_confirm", Text: v.t("desk.cancel_text"), URL: path + "/cancel", Danger: true, Form: form, Fields: reason,
	})
}

// deskCancel serves POST /admin/bookings/:id/cancel.
func (p *Pages) deskCancel(v *visit) error {
	return p.decide(v, "cancelled", p.Booking.CancelBecause)
}

// decide does something to the booking of the address for the reason that the
// form gives, which has to give one.
func (p *Pages) decide(v *visit, done string, do decision) error {
	record, form, err := p.bookingForm(v)
	if err != nil {
		return err
	}
	f := &fields{form: form}
	reason := f.needed("reason", 300)
	if err = f.err; err == nil {
		_, err = do(v.ctx(), v.who, record.ID, reason)
	}
	if err != nil {
		notice, status, err := v.refused(err, &form)
		if err != nil {
			return err
		}
		return p.showDeskBooking(v, status, record, notice, form)
	}
	return v.redirect(deskBookingsPath + "/" + record.ID.String() + "?done=" + done)
}

// approvals serves GET /admin/approvals: the requests that wait for the reader's
// word.
func (p *Pages) approvals(v *visit) error {
	page := listPage{staffPage: v.deskPage("admin.approvals"), Path: approvalsPath}
	rows, next, err := p.Booking.List(v.ctx(), v.who, booking.Filter{Page: v.pageOf(), Status: models.BookingPending})
	if err != nil {
		return err
	}
	list := ui.Listing{
		None: "approvals.none", Pager: v.pager(next),
		Columns: ui.Columns(v.t("desk.holder"), v.t("book.day"), v.t("booking.space"), v.t("approvals.until"), ""),
	}
	for _, r := range rows {
		if r.View == models.ViewFull && r.Undecided(v.who) && !r.Expired(v.now) {
			list.Lines = append(list.Lines, v.approvalLine(r))
		}
	}
	page.Listings = []ui.Listing{list}
	return p.showList(v, page)
}

func (v *visit) approvalLine(r booking.Record) ui.Line {
	line := v.bookingLine(r)
	until := ""
	if r.ExpiresAt != nil {
		until = locale.DateTime(v.lang, *r.ExpiresAt, v.locationOf(r.Booking))
	}
	var actions []ui.Action
	if !v.cat.Barred(r.Organizer) {
		actions = append(actions, ui.Action{Label: v.t("approvals.approve"), URL: approvalsPath + "/" + r.ID.String(), Post: true, Primary: true})
	}
	return ui.Line{
		URL: line.URL, Cells: []ui.Cell{line.Cells[1], line.Cells[0], line.Cells[2], {Text: until}},
		Actions: append(actions, ui.Action{Label: v.t("approvals.reject"), URL: deskBookingsPath + "/" + r.ID.String()}),
	}
}

// approve serves POST /admin/approvals/:id.
func (p *Pages) approve(v *visit) error {
	record, err := p.booking(v)
	if err != nil {
		return err
	}
	if _, err := p.Booking.Approve(v.ctx(), v.who, record.ID); err != nil {
		notice, status, err := v.refused(err, nil)
		if err != nil {
			return err
		}
		return p.showDeskBooking(v, status, record, notice, ui.NewForm(nil))
	}
	return v.redirect(approvalsPath + "?done=approved")
}

// reject serves POST /admin/approvals/:id/reject.
func (p *Pages) reject(v *visit) error { return p.decide(v, "rejected", p.Booking.Reject) }
