package web

import (
	"net/http"
	"net/url"
	"time"

	"kyoten/booking"
	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/web/ui"
)

// seatPage is a fixed seat with the days for which others may book it.
type seatPage struct {
	ui.Page
	Place string
	Owner string // of somebody else's
	Path  string
	Form  ui.Form
	Today string
	Given []givenView
}

// givenView is a time for which a seat was given up.
type givenView struct {
	ID, Words string
	Taken     bool
}

// seatLine is a fixed seat of the reader, on Today and on their account.
type seatLine struct {
	URL, Place string
	GivenUp    bool // now
}

// fixedSeat serves GET /seats/:id.
func (p *Pages) fixedSeat(v *visit) error { return p.showSeat(v, http.StatusOK, nil) }

// showSeat draws the page after change has put into it what is special now.
func (p *Pages) showSeat(v *visit, status int, change func(*seatPage)) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	seat, err := p.Booking.FixedSeat(v.ctx(), v.who, id)
	if err != nil {
		return err
	}
	loc := v.clockAt(seat.Space.Site)
	page := seatPage{Page: v.page("seat.title", "account"), Place: v.spaceName(id), Path: "/seats/" + id.String()}
	page.Here, page.Today = page.Path, models.DayOf(v.now, loc).String()
	if !v.who.Is(seat.Owner.ID) {
		page.Owner = seat.Owner.Name
	}
	for _, g := range seat.Given {
		page.Given = append(page.Given, givenView{g.ID.String(), v.givenWords(g, loc), g.Taken})
	}
	next := models.DayOf(v.now, loc).Add(1).String()
	page.Form = ui.NewForm(url.Values{"from": {next}, "to": {next}})
	if change != nil {
		change(&page)
	}
	return p.show(v, status, "seat", page)
}

// clockAt is the time zone of a site.
func (v *visit) clockAt(slug string) *time.Location {
	site, err := v.cat.Site(slug)
	if err != nil {
		return time.UTC
	}
	return site.Location()
}

// givenWords says for when: in days where it is whole days, as the page gives
// them up.
func (v *visit) givenWords(g booking.GivenUp, loc *time.Location) string {
	first, last := models.DayOf(g.StartsAt, loc), models.DayOf(g.EndsAt, loc).Add(-1)
	switch {
	case !first.At(0, loc).Equal(g.StartsAt) || !last.Add(1).At(0, loc).Equal(g.EndsAt):
		return locale.Period(v.lang, g.StartsAt, g.EndsAt, loc)
	case first == last:
		return locale.Date(v.lang, g.StartsAt, loc)
	}
	return v.t("seat.days", map[string]any{"first": locale.Date(v.lang, g.StartsAt, loc), "last": locale.Date(v.lang, last.At(0, loc), loc)})
}

// giveUp serves POST /seats/:id/give-up: whole days, the first and the last.
func (p *Pages) giveUp(v *visit) error {
	return p.onSeat(v, "given_up", func(id models.ID, form ui.Form) error {
		seat, err := v.cat.Space(id)
		if err != nil {
			return err
		}
		first, err := models.ParseDay(form.Value("from"))
		if err != nil {
			return models.ErrBadDay.On("from")
		}
		last, err := models.ParseDay(form.Value("to"))
		if err != nil {
			return models.ErrBadDay.On("to")
		}
		loc := v.clockAt(seat.Site)
		_, err = p.Booking.GiveUp(v.ctx(), v.who, id, first.At(0, loc), last.Add(1).At(0, loc))
		return err
	})
}

// takeBack serves POST /seats/:id/give-up/:given/take-back.
func (p *Pages) takeBack(v *visit) error {
	given, err := v.id("given")
	if err != nil {
		return err
	}
	return p.onSeat(v, "taken_back", func(id models.ID, _ ui.Form) error { return p.Booking.TakeBack(v.ctx(), v.who, id, given) })
}

// onSeat does something to the seat of the address and shows it again, with what
// was done or why not.
func (p *Pages) onSeat(v *visit, done string, do func(models.ID, ui.Form) error) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	form, err := v.form()
	if err != nil {
		return err
	}
	if err := do(id, form); err != nil {
		notice, status, other := v.refused(err, &form)
		if other != nil {
			return other
		}
		return p.showSeat(v, status, func(page *seatPage) {
			page.Notice = notice
			if form.Values.Has("from") {
				page.Form = form
			}
		})
	}
	return v.redirect("/seats/" + id.String() + "?done=" + done)
}

// seatLines are the fixed seats of the reader.
func (v *visit) seatLines() []seatLine {
	var lines []seatLine
	for _, site := range v.cat.Sites() {
		for _, space := range v.cat.SpacesAt(site.Slug, models.KindSeat) {
			if space.OwnerID != nil && v.who.Is(*space.OwnerID) && v.who.SeesSpace(space) {
				moment := models.Period{StartsAt: v.now, EndsAt: v.now.Add(time.Second)}
				lines = append(lines, seatLine{"/seats/" + space.ID.String(), v.spaceName(space.ID), v.cat.GivenUp(space.ID, moment)})
			}
		}
	}
	return lines
}
