package web

import (
	"errors"
	"net/http"
	"net/url"

	"kyoten/booking"
	"kyoten/models"
	"kyoten/web/ui"
)

// holdPage is a linked meeting about to be booked: its rooms are kept while the
// form is filled in, and the page says for how long.
type holdPage struct {
	ui.Page
	Form    ui.Form
	ID      string
	Search  string
	Slot    slotView
	Seconds int // how long it is still kept
	Left    string
}

// hold serves POST /rooms/common/holds: one touch keeps all rooms of a time.
func (p *Pages) hold(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	req, err := parseSlot(form.Value("slot"))
	if err != nil {
		return err
	}
	kept, err := p.Booking.Hold(v.ctx(), v.who, req)
	if err != nil {
		notice, status, err := v.refused(err, nil)
		if err != nil {
			return err
		}
		return p.showCommon(v, status, searchOf(form), notice)
	}
	return v.redirect("/rooms/common/holds/" + kept.ID.String() + "?" + searchOf(form).Encode())
}

// searchOf returns the search that a form of the finder carries along.
func searchOf(form ui.Form) url.Values {
	search, err := url.ParseQuery(form.Value("search"))
	if err != nil {
		return url.Values{}
	}
	return search
}

// heldSlot serves GET /rooms/common/holds/:id.
func (p *Pages) heldSlot(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	form := ui.NewForm(url.Values{"search": {v.r.URL.RawQuery}})
	return p.showHold(v, http.StatusOK, id, form, nil)
}

// showHold draws a hold with its form as it was typed, or the search again when
// the hold has run out.
func (p *Pages) showHold(v *visit, status int, id models.ID, form ui.Form, refused *ui.Notice) error {
	kept, err := p.Booking.Held(v.ctx(), v.who, id)
	if errors.Is(err, models.ErrNotFound) {
		if refused == nil {
			refused = &ui.Notice{Kind: "warn", Text: v.t("common.hold_gone")}
		}
		return p.showCommon(v, status, searchOf(form), refused)
	}
	if err != nil {
		return err
	}
	fillHeld(form, kept)
	page := holdPage{
		Page: v.page("common.title", "rooms"), Form: form, ID: id.String(), Search: form.Value("search"),
		Slot: v.slotView(v.slotOf(kept)), Seconds: int(kept.ExpiresAt.Sub(v.now).Seconds()),
	}
	page.Left = countdown(page.Seconds)
	page.Here = "/rooms/common/holds/" + page.ID + "?" + page.Search
	page.Scripts = append(page.Scripts, "js/hold.js")
	if refused != nil {
		page.Notice = refused
	}
	return p.show(v, status, "hold", page)
}

// fillHeld puts into the form what is kept, so that it can be booked, too, after
// the hold has run out.
func fillHeld(form ui.Form, kept booking.Hold) {
	for name, values := range periodFields(models.Period{StartsAt: kept.StartsAt, EndsAt: kept.EndsAt}) {
		form.Values[name] = values
	}
	form.Values.Del("space")
	for _, space := range kept.Spaces {
		form.Values.Add("space", space.String())
	}
}

// slotOf is what a hold keeps, as a time of the finder.
func (v *visit) slotOf(kept booking.Hold) booking.Slot {
	slot := booking.Slot{Period: models.Period{StartsAt: kept.StartsAt, EndsAt: kept.EndsAt}}
	for _, id := range kept.Spaces {
		if space, err := v.cat.Space(id); err == nil {
			slot.Spaces = append(slot.Spaces, space)
		}
	}
	return slot
}

// countdown writes seconds as people read a timer: 4:59.
func countdown(seconds int) string { return clockTime(max(0, seconds))[1:] }

// letGo serves POST /rooms/common/holds/:id/release and goes back to the search.
func (p *Pages) letGo(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	form, err := v.form()
	if err != nil {
		return err
	}
	if err := p.Booking.LetGo(v.ctx(), v.who, id); err != nil && !errors.Is(err, models.ErrNotFound) {
		return err
	}
	return v.redirect("/rooms/common?" + searchOf(form).Encode())
}

// refuseLinked shows the form of a linked meeting again: its hold while that
// lasts, else the search.
func (p *Pages) refuseLinked(v *visit, status int, form ui.Form, notice *ui.Notice) error {
	id, err := models.ParseID(form.Value("hold"))
	if err != nil {
		return p.showCommon(v, status, searchOf(form), notice)
	}
	return p.showHold(v, status, id, form, notice)
}
