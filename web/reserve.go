package web

import (
	"cmp"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"kyoten/booking"
	"kyoten/models"
	"kyoten/web/ui"
)

// reserve serves POST /bookings: from the floor plan, from the timeline of rooms,
// from the finder of linked meetings, from "book again" and from an alternative.
// When it is refused, the page it came from is shown again with the reason and
// what can be booked instead.
func (p *Pages) reserve(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	req, err := v.request(form)
	if err != nil {
		return p.refuseReservation(v, form, err)
	}
	made, err := p.Booking.Reserve(v.ctx(), v.who, req)
	if err == nil {
		return v.redirect("/bookings/" + made.ID.String() + "?done=booked")
	}
	if again := p.alreadyMade(v, req, err); again != "" {
		return v.redirect("/bookings/" + again + "?done=booked")
	}
	return p.refuseReservation(v, form, err)
}

// request reads a request from a form: spaces by id or any of a kind, and either
// the hours of a site's clock or two instants.
func (v *visit) request(form ui.Form) (booking.Request, error) {
	f := &fields{form: form}
	req := booking.Request{Title: f.text("title", mostTitle), JoinURL: f.text("join_url", 2000)}
	if req.JoinURL != "" && !models.ValidLink(req.JoinURL) {
		f.fail(models.ErrInvalidInput.On("join_url").Saying("link"))
	}
	if id, err := models.ParseID(form.Value("hold")); err == nil {
		req.Hold = &id
	}
	for _, s := range form.Values["space"] {
		id, err := models.ParseID(s)
		if err != nil {
			return req, models.ErrNotFound.On("spaces")
		}
		req.Spaces = append(req.Spaces, id)
	}
	if kind := models.Kind(form.Value("any")); kind.Valid() {
		req.Any = []booking.Want{{Site: form.Value("site"), Kind: kind}}
	}
	period, err := v.periodOf(form)
	req.StartsAt, req.EndsAt = period.StartsAt, period.EndsAt
	return req, cmp.Or(f.err, err)
}

// mostTitle is how many characters a booking's title has at most.
const mostTitle = 200

// periodOf reads the time of a form. What runs backwards is left to the service
// to refuse, so that the order of refusals is the same everywhere.
func (v *visit) periodOf(form ui.Form) (models.Period, error) {
	if form.Value("starts_at") != "" {
		return instants(form)
	}
	site, err := v.cat.Site(form.Value("site"))
	if err != nil {
		return models.Period{}, models.ErrNotFound.On("site")
	}
	day, err := models.ParseDay(form.Value("day"))
	from, okFrom := parseMinutes(form.Value("from"))
	to, okTo := parseMinutes(form.Value("to"))
	f := &fields{form: form}
	if err != nil {
		f.fail(models.ErrBadDay.On("day"))
	}
	if !okFrom {
		f.fail(models.ErrInvalidInput.On("from").Saying("clock"))
	}
	if !okTo {
		f.fail(models.ErrInvalidInput.On("to").Saying("clock"))
	}
	if f.err != nil {
		return models.Period{}, f.err
	}
	return models.Period{StartsAt: day.At(from, site.Location()), EndsAt: day.At(to, site.Location())}, nil
}

// alreadyMade returns the booking that a first press of the button made when the
// second was refused because of it, else "".
func (p *Pages) alreadyMade(v *visit, req booking.Request, err error) string {
	if !errors.Is(err, models.ErrSpaceTaken) && !errors.Is(err, booking.ErrHolderBusy) {
		return ""
	}
	records, err := p.mine(v, models.Range{From: req.StartsAt, To: req.EndsAt}, func(r booking.Record) bool {
		return !r.Over(v.now) && r.StartsAt.Equal(req.StartsAt) && r.EndsAt.Equal(req.EndsAt) && holds(r.Spaces, req)
	})
	if err != nil || len(records) == 0 {
		return ""
	}
	return records[0].ID.String()
}

// holds reports whether a booking is of the spaces that are asked for, or of one
// like each where any would do.
func holds(held []models.BookingSpace, req booking.Request) bool {
	if len(held) != len(req.Spaces)+len(req.Any) {
		return false
	}
	for i, want := range req.Any {
		if held[i].Site != want.Site || held[i].Kind != want.Kind {
			return false
		}
	}
	return len(req.Any) > 0 || !slices.ContainsFunc(held, func(bs models.BookingSpace) bool {
		return !slices.Contains(req.Spaces, bs.SpaceID)
	})
}

// refuseReservation shows the page that the form stands on again.
func (p *Pages) refuseReservation(v *visit, form ui.Form, err error) error {
	notice, status, err := v.refusedWithAlternatives(err, &form)
	if err != nil {
		return err
	}
	switch form.Value("page") {
	case "rooms":
		return p.showRooms(v, status, form, notice)
	case "today":
		return p.showToday(v, status, notice)
	case "common":
		return p.refuseLinked(v, status, form, notice)
	}
	return p.showPicker(v, status, form, notice)
}

// refusedWithAlternatives is refused, with a button for everything that can be
// booked instead.
func (v *visit) refusedWithAlternatives(err error, form *ui.Form) (*ui.Notice, int, error) {
	notice, status, other := v.refused(err, form)
	if other != nil {
		return nil, 0, other
	}
	refusal, ok := errors.AsType[*booking.Refusal](err)
	if !ok {
		return notice, status, nil
	}
	for _, alt := range refusal.Alternatives {
		notice.Actions = append(notice.Actions, v.alternative(alt, form))
	}
	if len(notice.Actions) > 0 {
		notice.Text += " " + v.t("book.instead")
	}
	if wait := v.waitFor(err, form); wait != nil {
		notice.Actions = append(notice.Actions, *wait)
	}
	return notice, status, nil
}

// alternative is the button that books what was offered.
func (v *visit) alternative(alt booking.Alternative, form *ui.Form) ui.Action {
	fields := periodFields(models.Period{StartsAt: alt.StartsAt, EndsAt: alt.EndsAt})
	for _, name := range []string{"title", "join_url", "page", "search"} {
		if value := form.Value(name); value != "" {
			fields.Set(name, value)
		}
	}
	var places []string
	loc := v.home().Location()
	for _, id := range alt.Spaces {
		fields.Add("space", id.String())
		if space, err := v.cat.Space(id); err == nil {
			site, _ := v.cat.Site(space.Site) // the catalogue holds no space without its site
			loc = site.Location()
			places = append(places, v.name(site.NameJA, site.NameEN)+" "+v.name(space.NameJA, space.NameEN))
		}
	}
	day, hours := v.words(models.Period{StartsAt: alt.StartsAt, EndsAt: alt.EndsAt}, loc)
	return ui.Action{
		URL: "/bookings", Post: true, Fields: fields,
		Label: v.t("book.alternative", map[string]any{"place": strings.Join(places, " + "), "when": day + " " + hours}),
	}
}

// periodFields are the fields of a form for a period that is known to the second.
func periodFields(p models.Period) url.Values {
	return url.Values{"starts_at": {p.StartsAt.UTC().Format(time.RFC3339)}, "ends_at": {p.EndsAt.UTC().Format(time.RFC3339)}}
}

// instants reads the fields that periodFields wrote.
func instants(form ui.Form) (models.Period, error) {
	start, errStart := time.Parse(time.RFC3339, form.Value("starts_at"))
	end, errEnd := time.Parse(time.RFC3339, form.Value("ends_at"))
	if errStart != nil || errEnd != nil {
		return models.Period{}, errBadForm
	}
	return models.Period{StartsAt: start.UTC(), EndsAt: end.UTC()}, nil
}
