package web

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"kyoten/booking"
	"kyoten/internal/fault"
	"kyoten/models"
	"kyoten/web/ui"
)

// change serves POST /bookings/:id: other hours, another space, another title.
func (p *Pages) change(v *visit) error {
	record, form, err := p.bookingForm(v)
	if err != nil {
		return err
	}
	ch, err := v.changeOf(record, form)
	from, many := scopeOf(record, form)
	switch {
	case err != nil:
	case many:
		err = p.changeMany(v, record, from, ch)
	default:
		_, err = p.Booking.Reschedule(v.ctx(), v.who, record.ID, ch)
	}
	if err != nil {
		return p.refuseChange(v, record, form, err)
	}
	return v.redirect("/bookings/" + record.ID.String() + "?done=changed")
}

// bookingForm returns the booking of the address and the form that was sent.
func (p *Pages) bookingForm(v *visit) (booking.Record, ui.Form, error) {
	record, err := p.booking(v)
	if err != nil {
		return record, ui.Form{}, err
	}
	form, err := v.form()
	return record, form, err
}

// changeOf reads a change from the form of the booking's page.
func (v *visit) changeOf(r booking.Record, form ui.Form) (booking.Change, error) {
	f := &fields{form: form}
	title := f.text("title", mostTitle)
	ch := booking.Change{Title: &title}
	if f.err != nil {
		return ch, f.err
	}
	if len(r.Spaces) > 0 {
		form.Values.Set("site", r.Spaces[0].Site)
	}
	if !v.sameHours(r, form) {
		period, err := v.periodOf(form)
		if err != nil {
			return ch, err
		}
		ch.StartsAt, ch.EndsAt = &period.StartsAt, &period.EndsAt
	}
	if version, err := strconv.Atoi(form.Value("version")); err == nil {
		ch.Match = models.Match{version}
	}
	if form.Value("space") != "" {
		id, err := models.ParseID(form.Value("space"))
		if err != nil {
			return ch, notOffered("space")
		}
		ch.Spaces = []models.ID{id}
	}
	return ch, nil
}

// sameHours reports whether the form has the day and the hours that it was filled
// in with: they stay. Those of a booking that lasts over midnight are more than a
// form can say.
func (v *visit) sameHours(r booking.Record, form ui.Form) bool {
	if form.Value("starts_at") != "" || len(r.Spaces) == 0 {
		return false
	}
	site, err := v.cat.Site(r.Spaces[0].Site)
	if err != nil {
		return false
	}
	shown := url.Values{}
	hoursAt(site, r.Period()).put(shown)
	for _, name := range []string{"day", "from", "to"} {
		if form.Value(name) != shown.Get(name) {
			return false
		}
	}
	return true
}

// refuseChange shows the booking with the form as it was typed. An alternative
// changes this booking, it does not make another.
func (p *Pages) refuseChange(v *visit, r booking.Record, form ui.Form, err error) error {
	notice, status, other := v.refusedWithAlternatives(err, &form)
	if other != nil {
		return other
	}
	notice.Actions = slices.DeleteFunc(notice.Actions, func(a ui.Action) bool { return a.URL != "/bookings" })
	for i := range notice.Actions {
		notice.Actions[i].URL = "/bookings/" + r.ID.String()
		notice.Actions[i].Fields.Set("title", form.Value("title"))
	}
	return p.showBooking(v, status, r, func(page *bookingPage) {
		page.Notice = notice
		page.Form = form
		if len(form.Errors) == 0 {
			page.Form.Errors["from"] = notice.Text
		}
	})
}

// extend serves POST /bookings/:id/extend: another end, earlier or later.
func (p *Pages) extend(v *visit) error {
	return p.act(v, "changed", func(id models.ID) error {
		end, err := time.Parse(time.RFC3339, v.r.FormValue("ends_at"))
		if err != nil {
			return errBadForm
		}
		_, err = p.Booking.Reschedule(v.ctx(), v.who, id, booking.Change{EndsAt: &end})
		return err
	})
}

// cancel serves POST /bookings/:id/cancel.
func (p *Pages) cancel(v *visit) error {
	record, form, err := p.bookingForm(v)
	if err != nil {
		return err
	}
	if from, many := scopeOf(record, form); many {
		return p.cancelMany(v, record, from)
	}
	return p.act(v, "cancelled", func(id models.ID) error {
		_, err := p.Booking.Cancel(v.ctx(), v.who, id)
		return err
	})
}

// checkIn serves POST /bookings/:id/check-in.
func (p *Pages) checkIn(v *visit) error {
	return p.act(v, "checked_in", func(id models.ID) error {
		_, err := p.Booking.CheckIn(v.ctx(), v.who, id)
		return err
	})
}

// checkOut serves POST /bookings/:id/check-out.
func (p *Pages) checkOut(v *visit) error {
	return p.act(v, "checked_out", func(id models.ID) error {
		_, err := p.Booking.CheckOut(v.ctx(), v.who, id)
		return err
	})
}

// removeGuest serves POST /bookings/:id/guests/:guest/remove.
func (p *Pages) removeGuest(v *visit) error {
	guest, err := v.id("guest")
	if err != nil {
		return err
	}
	return p.act(v, "removed", func(id models.ID) error { return p.Booking.RemoveGuest(v.ctx(), v.who, id, guest) })
}

// act does something to the booking of the address and goes back to its page,
// with what was done or why not.
func (p *Pages) act(v *visit, done string, do func(models.ID) error) error {
	record, err := p.booking(v)
	if err != nil {
		return err
	}
	if err := do(record.ID); err != nil {
		notice, status, err := v.refused(err, nil)
		if err != nil {
			return err
		}
		return p.showBooking(v, status, record, func(page *bookingPage) { page.Notice = notice })
	}
	return v.redirect("/bookings/" + record.ID.String() + "?done=" + done)
}

// inviteGuest serves POST /bookings/:id/guests.
func (p *Pages) inviteGuest(v *visit) error {
	record, form, err := p.bookingForm(v)
	if err != nil {
		return err
	}
	f := &fields{form: form}
	guest := booking.Invitation{Name: f.text("name", 100), Email: f.text("email", 254)}
	if err = f.err; err == nil {
		_, err = p.Booking.AddGuest(v.ctx(), v.who, record.ID, guest)
	}
	if err != nil {
		notice, status, err := v.refused(err, &form)
		if err != nil {
			return err
		}
		return p.showBooking(v, status, record, func(page *bookingPage) { page.Notice, page.GuestForm = notice, form })
	}
	return v.redirect("/bookings/" + record.ID.String() + "?done=invited")
}

// again serves POST /bookings/:id/again: the same spaces once more, for the same
// member, at the same time while that is to come (undo), else at the times the form
// names.
func (p *Pages) again(v *visit) error {
	record, form, err := p.bookingForm(v)
	if err != nil {
		return err
	}
	if record.View != models.ViewFull {
		return models.ErrForbidden
	}
	req := requestLike(record)
	if named, err := instants(form); err == nil {
		req.StartsAt, req.EndsAt, req.Guests, req.JoinURL = named.StartsAt, named.EndsAt, nil, ""
	}
	made, err := p.Booking.Reserve(v.ctx(), v.who, req)
	if err == nil {
		return v.redirect("/bookings/" + made.ID.String() + "?done=booked")
	}
	if fault.From(err).Kind == fault.Internal {
		return err
	}
	for name, values := range periodFields(models.Period{StartsAt: req.StartsAt, EndsAt: req.EndsAt}) {
		form.Values[name] = values
	}
	for _, id := range req.Spaces {
		form.Values.Add("space", id.String())
	}
	return p.refuseReservation(v, form, err)
}

// requestLike asks for all that a booking had, guests included.
func requestLike(r booking.Record) booking.Request {
	req := booking.Request{StartsAt: r.StartsAt, EndsAt: r.EndsAt, Title: r.Title, JoinURL: r.JoinURL, OnBehalfOf: &r.OrganizerID}
	for _, bs := range r.Spaces {
		req.Spaces = append(req.Spaces, bs.SpaceID)
	}
	for _, g := range r.Guests {
		if g.RemovedAt == nil && g.Email != "" { // else it was forgotten who came
			req.Guests = append(req.Guests, booking.Invitation{Name: g.Name, Email: g.Email})
		}
	}
	return req
}
