package web

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"kyoten/booking"
	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/web/ui"
)

// wishView is a place on the waitlist, worded.
type wishView struct {
	ID      string
	Day     string
	Hours   string
	Place   string // what is waited for
	Offered bool
	Offer   string // what is held, and until when
}

// wishes returns what the reader waits for and what is offered to them.
func (p *Pages) wishes(v *visit) ([]wishView, error) {
	rows, err := p.Booking.OpenWishes(v.ctx(), v.who)
	views := make([]wishView, len(rows))
	for i, w := range rows {
		views[i] = v.wishView(w)
	}
	return views, err
}

func (v *visit) wishView(w booking.Wish) wishView {
	loc := v.home().Location()
	if len(w.Sites) > 0 {
		if site, err := v.cat.Site(w.Sites[0]); err == nil {
			loc = site.Location()
		}
	}
	view := wishView{ID: w.ID.String(), Offered: w.State == models.WishOffered}
	view.Day, view.Hours = v.words(w.Period(), loc)
	if w.SpaceID != nil {
		view.Place = v.spaceName(*w.SpaceID)
	} else {
		var sites []string
		for _, slug := range w.Sites {
			sites = append(sites, v.siteName(slug))
		}
		view.Place = strings.Join(sites, " + ") + " " + v.t("waitlist.any_"+string(w.Kind))
	}
	if view.Offered && w.OfferExpiresAt != nil {
		var spaces []string
		for _, id := range w.Spaces {
			spaces = append(spaces, v.spaceName(id))
		}
		view.Offer = v.t("waitlist.offer", map[string]any{"place": strings.Join(spaces, " + "), "time": locale.Time(*w.OfferExpiresAt, loc)})
	}
	return view
}

// waitFor is the button that puts somebody on the waitlist for what was taken, or
// nil where a refusal is about something else.
func (v *visit) waitFor(err error, form *ui.Form) *ui.Action {
	if !errors.Is(err, models.ErrSpaceTaken) {
		return nil
	}
	period, errPeriod := v.periodOf(*form)
	if errPeriod != nil {
		return nil
	}
	fields := periodFields(period)
	kind := models.Kind(form.Value("any"))
	if kind.Valid() {
		fields.Set("site", form.Value("site"))
	}
	for _, s := range form.Values["space"] {
		id, errID := models.ParseID(s)
		space, errSpace := v.cat.Space(id)
		if errID != nil || errSpace != nil {
			return nil
		}
		kind = space.Kind
		if !slices.Contains(fields["site"], space.Site) {
			fields.Add("site", space.Site)
		}
	}
	if spaces := form.Values["space"]; len(spaces) == 1 {
		fields.Set("space", spaces[0])
	}
	fields.Set("kind", string(kind))
	return &ui.Action{Label: v.t("waitlist.join"), URL: "/waitlist", Post: true, Fields: fields}
}

// waitForAny is the button that puts somebody on the waitlist for any seat.
func (v *visit) waitForAny(h hours, period models.Period) *ui.Action {
	fields := periodFields(period)
	fields.Set("site", h.site.Slug)
	fields.Set("kind", string(models.KindSeat))
	return &ui.Action{Label: v.t("waitlist.join"), URL: "/waitlist", Post: true, Primary: true, Fields: fields}
}

// waitForSpace puts somebody on the waitlist for one space.
func (v *visit) waitForSpace(space *models.Space, period models.Period) ui.Action {
	fields := periodFields(period)
	fields.Set("site", space.Site)
	fields.Set("kind", string(space.Kind))
	fields.Set("space", space.ID.String())
	return ui.Action{Label: v.t("waitlist.join"), URL: "/waitlist", Post: true, Fields: fields}
}

// joinWaitlist serves POST /waitlist.
func (p *Pages) joinWaitlist(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	period, err := instants(form)
	if err != nil {
		return err
	}
	req := booking.WishRequest{
		Sites: form.Values["site"], Kind: models.Kind(form.Value("kind")), StartsAt: period.StartsAt, EndsAt: period.EndsAt,
	}
	if id, err := models.ParseID(form.Value("space")); err == nil {
		req.Space = &id
	}
	if _, err := p.Booking.Join(v.ctx(), v.who, req); err != nil {
		return p.refuseWish(v, err)
	}
	return v.redirect("/bookings?done=waiting#waitlist")
}

// refuseWish shows the bookings with why something about the waitlist was refused.
func (p *Pages) refuseWish(v *visit, err error) error {
	notice, status, err := v.refused(err, nil)
	if err != nil {
		return err
	}
	return p.showBookings(v, status, notice)
}

// acceptOffer serves POST /waitlist/:id/accept.
func (p *Pages) acceptOffer(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	made, err := p.Booking.Accept(v.ctx(), v.who, id)
	if err != nil {
		return p.refuseWish(v, err)
	}
	return v.redirect("/bookings/" + made.ID.String() + "?done=booked")
}

// leaveWaitlist serves POST /waitlist/:id/leave: an offer goes to the next one.
func (p *Pages) leaveWaitlist(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	if err := p.Booking.Leave(v.ctx(), v.who, id); err != nil {
		return p.refuseWish(v, err)
	}
	return v.redirect("/bookings?done=left")
}

// offers are the notices on Today for what is held for the reader.
func offers(v *visit, wishes []wishView) []ui.Notice {
	var notices []ui.Notice
	for _, w := range wishes {
		if w.Offered {
			notices = append(notices, ui.Notice{
				Kind: "ok", Title: v.t("waitlist.offered"), Text: w.Day + " " + w.Hours + " " + w.Offer,
				Actions: []ui.Action{
					{Label: v.t("waitlist.accept"), URL: "/waitlist/" + w.ID + "/accept", Post: true, Primary: true, Fields: url.Values{}},
					{Label: v.t("waitlist.decline"), URL: "/waitlist/" + w.ID + "/leave", Post: true, Fields: url.Values{}},
				},
			})
		}
	}
	return notices
}
