package web

import (
	"net/http"
	"slices"
	"time"

	"kyoten/booking"
	"kyoten/models"
	"kyoten/web/ui"
)

// bookingsPage is the reader's own bookings: those to come, or a month of past
// ones.
type bookingsPage struct {
	ui.Page
	Past   bool
	Items  []bookingView
	Wishes []wishView // what the reader waits for
	Older  string     // address of the month before, "" when not looking back
	Pager  ui.Pager
}

// pastSpan is how much of the past one page holds.
const pastSpan = 31 * 24 * time.Hour

// mostComing bounds the list of bookings to come; plans allow far fewer.
const mostComing = 200

// bookings serves GET /bookings.
func (p *Pages) bookings(v *visit) error {
	if v.query("past") != "" {
		return p.pastBookings(v, bookingsPage{Page: v.page("nav.bookings", "bookings"), Past: true})
	}
	return p.showBookings(v, http.StatusOK, nil)
}

// showBookings draws the bookings to come and the places on the waitlist.
func (p *Pages) showBookings(v *visit, status int, refused *ui.Notice) error {
	page := bookingsPage{Page: v.page("nav.bookings", "bookings")}
	page.Here = "/bookings"
	if refused != nil {
		page.Notice = refused
	}
	coming, err := p.coming(v)
	if err != nil {
		return err
	}
	from, to, pager := v.part(page.Here, len(coming))
	page.Items, page.Pager = v.bookingViews(coming[from:to]), pager
	if page.Wishes, err = p.wishes(v); err != nil {
		return err
	}
	return p.show(v, status, "bookings", page)
}

// coming returns the reader's bookings that are not over, by start.
func (p *Pages) coming(v *visit) ([]booking.Record, error) {
	return p.mine(v, models.Range{From: v.now}, func(r booking.Record) bool { return !r.Over(v.now) })
}

// mine returns the reader's bookings within a range for which keep is true.
func (p *Pages) mine(v *visit, span models.Range, keep func(booking.Record) bool) ([]booking.Record, error) {
	records, _, err := p.Booking.List(v.ctx(), v.who, booking.Filter{Range: span, Page: models.Page{Limit: mostComing}, Mine: true})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(records, func(r booking.Record) bool { return !keep(r) }), nil
}

func (p *Pages) pastBookings(v *visit, page bookingsPage) error {
	before := v.now
	if day, err := models.ParseDay(v.query("before")); err == nil {
		before = day.At(0, v.home().Location())
	}
	records, err := p.mine(v, models.Range{From: before.Add(-pastSpan), To: before}, func(r booking.Record) bool { return r.Over(v.now) })
	if err != nil {
		return err
	}
	slices.Reverse(records)
	page.Items = v.bookingViews(records)
	page.Older = "/bookings?past=1&before=" + models.DayOf(before.Add(-pastSpan), v.home().Location()).String()
	return p.show(v, http.StatusOK, "bookings", page)
}
