package web

import (
	"net/http"
	"slices"
	"time"

	"kyoten/booking"
	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/occupancy"
	"kyoten/web/ui"
)

// welcomePage is the front page for those who are not signed in.
type welcomePage struct {
	ui.Page
	Announcement string // what all sites say
	Sites        []siteView
}

// todayPage is a member's front page: where they go next, what they may want
// again, and how full the sites are.
type todayPage struct {
	ui.Page
	Date         string
	Announcement string      // what all sites say
	Offers       []ui.Notice // from the waitlist
	Next         *bookingView
	Later        []bookingView
	Again        *againView
	FixedSeats   []seatLine
	Sites        []siteView
}

// againView offers the last seat once more.
type againView struct {
	Place, Day, Hours string
	Action            ui.Action
}

// mostLater bounds the list under the next booking; the rest is on its own page.
const mostLater = 4

// today serves GET /.
func (p *Pages) today(v *visit) error {
	if v.who.Member == nil {
		return p.welcome(v)
	}
	return p.showToday(v, http.StatusOK, nil)
}

// welcome shows the sites to whoever is not signed in.
func (p *Pages) welcome(v *visit) error {
	full, err := p.Occupancy.HowFull(v.ctx())
	if err != nil {
		return err
	}
	page := welcomePage{Page: v.page("app.name", "today")}
	for _, site := range v.cat.Sites() {
		view := v.siteView(site)
		view.Full = string(full[site.Slug])
		page.Sites = append(page.Sites, view)
	}
	page.Announcement = sayOnce(page.Sites)
	return p.show(v, http.StatusOK, "welcome", page)
}

func (p *Pages) showToday(v *visit, status int, refused *ui.Notice) error {
	page := todayPage{Page: v.page("today.title", "today"), Date: locale.Date(v.lang, v.now, v.home().Location())}
	page.Here = "/"
	if refused != nil {
		page.Notice = refused
	}
	coming, err := p.coming(v)
	if err != nil {
		return err
	}
	if views := v.bookingViews(coming); len(views) > 0 {
		page.Next, page.Later = &views[0], views[1:min(len(views), 1+mostLater)]
	}
	wishes, err := p.wishes(v)
	if err != nil {
		return err
	}
	page.Offers, page.FixedSeats = offers(v, wishes), v.seatLines()
	if page.Again, err = p.lastSeat(v, coming); err != nil {
		return err
	}
	if page.Sites, err = p.sitesNow(v); err != nil {
		return err
	}
	page.Announcement = sayOnce(page.Sites)
	return p.show(v, status, "today", page)
}

// lastSeat offers the seat of the last booking for its usual hours: today when
// they have not begun, else on the next day the site opens. Nobody is offered
// what they have already.
func (p *Pages) lastSeat(v *visit, coming []booking.Record) (*againView, error) {
	past, err := p.mine(v, models.Range{From: v.now.Add(-pastSpan), To: v.now}, func(r booking.Record) bool {
		return r.Over(v.now) && len(r.Spaces) == 1 && r.Spaces[0].Kind == models.KindSeat && r.Status != models.BookingCancelled
	})
	if err != nil || len(past) == 0 {
		return nil, err
	}
	last := past[len(past)-1]
	site, err := v.cat.Site(last.Spaces[0].Site)
	if err != nil {
		return nil, nil //nolint:nilerr // a site that is gone is not offered
	}
	period, ok := v.nextLike(site, last.Period())
	taken := slices.ContainsFunc(coming, func(r booking.Record) bool { return r.Period().Overlaps(period) })
	if !ok || taken {
		return nil, nil
	}
	return v.againView(last, site, period), nil
}

// nextLike returns the same hours of the day, the next time the site is open for
// all of them.
func (v *visit) nextLike(site *models.Site, p models.Period) (models.Period, bool) {
	h := hoursAt(site, p)
	today := models.DayOf(v.now, site.Location())
	for n := range 7 {
		h.day = today.Add(n)
		period, err := h.period()
		if err != nil || period.StartsAt.Before(v.now.Truncate(step*time.Minute)) {
			continue
		}
		for _, open := range v.cat.SiteOpenTimes(site, h.day.In(site.Location())) {
			if open.Contains(period) {
				return period, true
			}
		}
	}
	return models.Period{}, false
}

func (v *visit) againView(r booking.Record, site *models.Site, period models.Period) *againView {
	view := &againView{Place: v.name(site.NameJA, site.NameEN)}
	if space, err := v.cat.Space(r.Spaces[0].SpaceID); err == nil {
		view.Place += " " + v.name(space.NameJA, space.NameEN)
	}
	view.Day, view.Hours = v.words(period, site.Location())
	fields := periodFields(period)
	fields.Set("page", "today")
	view.Action = ui.Action{Label: v.t("today.book_again"), URL: "/bookings/" + r.ID.String() + "/again", Post: true, Fields: fields}
	return view
}

// sitesNow is every site with how many of the seats and rooms that exist for the
// reader are free there now.
func (p *Pages) sitesNow(v *visit) ([]siteView, error) {
	now, err := p.Occupancy.Now(v.ctx(), v.who)
	if err != nil {
		return nil, err
	}
	full, err := p.Occupancy.HowFull(v.ctx())
	if err != nil {
		return nil, err
	}
	var views []siteView
	for _, n := range now {
		site, err := v.cat.Site(n.Site)
		if err != nil {
			return nil, err
		}
		view := v.siteView(site)
		if view.OpenNow {
			view.Seats, view.Rooms = v.meter("site.seats", n.Seats), v.meter("site.rooms", n.Rooms)
			view.Full = string(full[n.Site])
		}
		views = append(views, view)
	}
	return homeFirst(views, v.home().Slug), nil
}

// homeFirst moves the reader's home site to the front.
func homeFirst(views []siteView, home string) []siteView {
	i := slices.IndexFunc(views, func(s siteView) bool { return s.Slug == home })
	if i < 0 {
		return views
	}
	return slices.Concat(views[i:i+1], views[:i], views[i+1:])
}

// meter draws counts, nil for none: what is booked, and in front who has come.
func (v *visit) meter(label string, c occupancy.Counts) *ui.Meter {
	if c.Total == 0 {
		return nil
	}
	return &ui.Meter{
		Label: v.t(label), Words: v.t("site.free_of", map[string]any{"free": c.Total - c.Booked, "total": c.Total}),
		Booked: ui.Percent(c.Booked, c.Total), Filled: ui.Percent(c.CheckedIn, c.Total),
	}
}
