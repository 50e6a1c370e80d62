package web

import (
	"cmp"
	"net/http"
	"net/url"
	"time"

	"kyoten/booking"
	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/web/ui"
)

// bookingPage is one booking with all that can be done about it.
type bookingPage struct {
	ui.Page
	Booking   bookingView
	Organizer string // of a booking that is somebody else's
	Over      bool   // the reader can change nothing about it, or nobody can any more

	Form   ui.Form // the change
	Froms  []ui.Option
	Tos    []ui.Option
	Spaces []ui.Option
	Extend []ui.Action
	Again  *ui.Action

	CanCheckIn  bool
	CanCheckOut bool
	CanCancel   bool

	Series *seriesView // nil: it does not repeat
	Repeat *repeatView // nil: it does already, or cannot

	HandOver *ui.Form // nil: there is nobody to hand it to

	ShowGuests bool
	Guests     []guestView
	GuestForm  ui.Form
	Codes      []codeView
}

type guestView struct {
	ID, Name, Email string
	Arrived         bool
}

// bookingPage serves GET /bookings/:id.
func (p *Pages) bookingPage(v *visit) error {
	record, err := p.booking(v)
	if err != nil {
		return err
	}
	return p.showBooking(v, http.StatusOK, record, nil)
}

// booking returns the booking that the address names.
func (p *Pages) booking(v *visit) (booking.Record, error) {
	id, err := v.id("id")
	if err != nil {
		return booking.Record{}, err
	}
	return p.Booking.Booking(v.ctx(), v.who, id)
}

// showBooking draws the page after change has put into it what is special now.
func (p *Pages) showBooking(v *visit, status int, r booking.Record, change func(*bookingPage)) error {
	page := bookingPage{
		Page: v.page("booking.untitled_seat", "bookings"), Booking: v.bookingView(r), Over: r.Over(v.now) || r.View != models.ViewFull,
		GuestForm: ui.NewForm(nil),
	}
	page.Here = "/bookings/" + r.ID.String()
	if len(r.Spaces) > 0 && r.Spaces[0].Kind == models.KindRoom {
		page.Title = v.t("booking.untitled_room")
	}
	if r.Organizer != nil && !v.who.Is(r.OrganizerID) {
		page.Organizer = r.Organizer.Name
	}
	v.fillChange(r, &page)
	v.fillGuests(r, &page)
	page.HandOver = v.handOverForm(r)
	if err := p.fillCodes(v, r, &page); err != nil {
		return err
	}
	if err := p.fillSeries(v, r, &page); err != nil {
		return err
	}
	if page.Over && v.who.Is(r.OrganizerID) {
		page.Again = v.bookAgain(r)
	}
	if v.query("done") == "cancelled" {
		var err error
		if page.Notice.Actions, err = p.undo(v, r); err != nil {
			return err
		}
	}
	if change != nil {
		change(&page)
	}
	return p.show(v, status, "booking", page)
}

// fillChange offers what can still be changed. Whether a change is allowed is for
// the service to say; only what is certain to be refused is not offered.
func (v *visit) fillChange(r booking.Record, page *bookingPage) {
	loc := v.locationOf(r.Booking)
	page.Form = ui.NewForm(url.Values{
		"day": {models.DayOf(r.StartsAt, loc).String()}, "from": {locale.Time(r.StartsAt, loc)},
		"to": {locale.Time(r.EndsAt, loc)}, "title": {r.Title},
	})
	if page.Over || len(r.Spaces) == 0 {
		return
	}
	site, err := v.cat.Site(r.Spaces[0].Site)
	if err != nil {
		return
	}
	h := hoursAt(site, r.Period())
	page.Form.Values.Set("to", clockTime(h.to))
	page.Froms, page.Tos = h.fromOptions(v.cat), h.toOptions(v.cat)
	page.Spaces = v.spaceOptions(r)
	if len(r.Spaces) == 1 {
		page.Form.Values.Set("space", r.Spaces[0].SpaceID.String())
	}
	running := r.Period().Has(v.now)
	page.CanCancel = !running
	page.CanCheckIn = v.canCheckIn(r)
	page.CanCheckOut = r.Status == models.BookingCheckedIn && running
	page.Extend = v.extensions(r, h)
}

// canCheckIn reports whether somebody can be checked in by hand now: to a linked
// meeting, too, of which one site has begun.
func (v *visit) canCheckIn(r booking.Record) bool {
	barred := r.Organizer != nil && v.cat.Barred(r.Organizer)
	return r.Awaits() && !barred && r.CheckInOpen(v.cat.EarlyGrace(r.Sites()), v.now) == nil
}

// spaceOptions are the spaces that one space of a booking can be changed for.
func (v *visit) spaceOptions(r booking.Record) []ui.Option {
	if len(r.Spaces) != 1 {
		return nil
	}
	var options []ui.Option
	for _, space := range v.cat.SpacesAt(r.Spaces[0].Site, r.Spaces[0].Kind) {
		if v.who.SeesSpace(space) && space.Bookable {
			options = append(options, ui.Option{Value: space.ID.String(), Label: v.name(space.NameJA, space.NameEN)})
		}
	}
	return options
}

// extensions are the buttons that move the end: an hour or half of one later,
// and, while the booking runs, now.
func (v *visit) extensions(r booking.Record, h hours) []ui.Action {
	var actions []ui.Action
	action := func(label string, end time.Time) {
		actions = append(actions, ui.Action{
			Label: label, URL: "/bookings/" + r.ID.String() + "/extend", Post: true,
			Fields: url.Values{"ends_at": {end.UTC().Format(time.RFC3339)}},
		})
	}
	_, closes, _ := opening(v.cat, h.site, h.day)
	loc := h.site.Location()
	for _, longer := range []time.Duration{30 * time.Minute, time.Hour} {
		if end := r.EndsAt.Add(longer); h.to+int(longer.Minutes()) <= closes {
			action(v.t("booking.extend_by", map[string]any{"length": longer, "time": locale.Time(end, loc)}), end)
		}
	}
	next := v.now.Truncate(step * time.Minute).Add(step * time.Minute)
	if r.Period().Has(v.now) && next.Before(r.EndsAt) {
		action(v.t("booking.end_now", map[string]any{"time": locale.Time(next, loc)}), next)
	}
	return actions
}

func (v *visit) fillGuests(r booking.Record, page *bookingPage) {
	page.ShowGuests = r.View == models.ViewFull && (!page.Over || len(r.Guests) > 0)
	for _, g := range r.Guests {
		if g.RemovedAt == nil {
			page.Guests = append(page.Guests, guestView{ID: g.ID.String(), Name: cmp.Or(g.Name, v.t("guest.forgotten")), Email: g.Email, Arrived: g.ArrivedAt != nil})
		}
	}
}

// bookAgain is the button that books the same once more: at the same time while
// that is to come, else at the same hours of the next day they are free to be had.
func (v *visit) bookAgain(r booking.Record) *ui.Action {
	period := r.Period()
	if len(r.Spaces) == 0 {
		return nil
	}
	site, err := v.cat.Site(r.Spaces[0].Site)
	if err != nil {
		return nil
	}
	if period.StartsAt.Before(v.now) {
		var ok bool
		if period, ok = v.nextLike(site, period); !ok {
			return nil
		}
	}
	day, hours := v.words(period, site.Location())
	return &ui.Action{
		Label: v.t("booking.again_at", map[string]any{"when": day + " " + hours}), Post: true,
		URL: "/bookings/" + r.ID.String() + "/again", Fields: periodFields(period),
	}
}

// undo is the button that books a cancelled booking again, while its time is
// still to come and its spaces are still free.
func (p *Pages) undo(v *visit, r booking.Record) ([]ui.Action, error) {
	if r.StartsAt.Before(v.now) {
		return nil, nil
	}
	var ids []models.ID
	for _, bs := range r.Spaces {
		ids = append(ids, bs.SpaceID)
	}
	holds, err := p.Store.Holds(v.ctx(), ids, r.Period(), r.ID)
	if err != nil || len(holds) > 0 {
		return nil, err
	}
	return []ui.Action{{Label: v.t("booking.undo"), URL: "/bookings/" + r.ID.String() + "/again", Post: true, Primary: true}}, nil
}
