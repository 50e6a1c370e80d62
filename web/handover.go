package web

import (
	"errors"
	"strings"

	"kyoten/booking"
	"kyoten/models"
	"kyoten/web/ui"
)

// mayHandOver reports whether the reader knows anybody to hand the booking to:
// colleagues, or, at the desk, everybody.
func (v *visit) mayHandOver(r booking.Record) bool {
	return !r.Over(v.now) && r.View == models.ViewFull && (v.who.Company() != 0 || v.who.RunsAny(r.Sites()))
}

// handOver serves POST /bookings/:id/hand-over. Whoever cannot read the booking
// any more goes back to their own.
func (p *Pages) handOver(v *visit) error {
	record, form, err := p.bookingForm(v)
	if err != nil {
		return err
	}
	given, err := p.Booking.HandOver(v.ctx(), v.who, record.ID, strings.TrimSpace(form.Value("member")))
	if err == nil && given.View == models.ViewFull {
		return v.redirect("/bookings/" + record.ID.String() + "?done=handed_over")
	}
	if err == nil {
		return v.redirect("/bookings?done=handed_over")
	}
	if errors.Is(err, models.ErrNotFound) {
		err = errNobody.On("member")
	}
	notice, status, err := v.refused(err, &form)
	if err != nil {
		return err
	}
	return p.showBooking(v, status, record, func(page *bookingPage) { page.Notice, page.HandOver = notice, &form })
}

// handOverForm is the form for it, nil where there is nobody to hand it to.
func (v *visit) handOverForm(r booking.Record) *ui.Form {
	if !v.mayHandOver(r) {
		return nil
	}
	form := ui.NewForm(nil)
	return &form
}
