package web

import (
	"net/http"
	"time"

	"kyoten/booking"
	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/web/ui"
)

// bookPage is where a seat is chosen: the hours on top, the floor plan, and the
// same as a list. All of it follows from the address, so that it works without
// script and can be sent to a colleague.
type bookPage struct {
	ui.Page
	Form     ui.Form
	Site     string
	SiteName string
	Sites    []ui.Option
	Days     []dayOption
	Froms    []ui.Option
	Tos      []ui.Option
	Presets  []preset
	Refused  *ui.Notice

	Day    string
	Hours  string
	Closed bool
	Free   int
	Any    bool
	Plans  []ui.Plan
	Legend []ui.Spot
	Groups []spotGroup
	Chosen *ui.Spot
	Repeat string     // address of the form that books what is chosen again and again
	Await  *ui.Action // where somebody else has what is chosen
	Wait   *ui.Action // where no seat is left

	From, To int64 // what is looked at, in seconds: changes at other times are no news
}

// preset is a length of time people often want.
type preset struct {
	Label   string
	URL     string
	Current bool
}

// book serves GET /book.
func (p *Pages) book(v *visit) error {
	return p.showPicker(v, http.StatusOK, ui.NewForm(v.r.URL.Query()), nil)
}

// showPicker draws the page for what the form asks for.
func (p *Pages) showPicker(v *visit, status int, form ui.Form, refused *ui.Notice) error {
	h, err := v.hoursOf(form)
	if err != nil {
		return err
	}
	h.put(form.Values)
	page := bookPage{
		Page: v.page("book.title", "book"), Form: form, Site: h.site.Slug, SiteName: v.siteName(h.site.Slug),
		Sites: v.siteOptions(), Days: v.dayOptions(h.site, h.day), Froms: h.fromOptions(v.cat), Tos: h.toOptions(v.cat),
		Presets: v.presets(h), Refused: refused,
	}
	page.Here, page.Follows = "/book?"+h.query(), true
	_, _, open := opening(v.cat, h.site, h.day)
	page.Closed = !open
	if err := p.fillSeats(v, h, &page); err != nil {
		return err
	}
	return p.show(v, status, "book", page)
}

// hoursOf reads where and when from a form, or from the instants and the space
// that an alternative was offered with.
func (v *visit) hoursOf(form ui.Form) (hours, error) {
	site := v.home()
	if id, err := models.ParseID(form.Value("space")); err == nil && form.Value("site") == "" {
		if space, err := v.cat.Space(id); err == nil {
			form.Values.Set("site", space.Site)
		}
	}
	if slug := form.Value("site"); slug != "" {
		asked, err := v.cat.Site(slug)
		if err != nil {
			return hours{}, err
		}
		site = asked
	}
	if period, err := instants(form); err == nil {
		return hoursAt(site, period), nil
	}
	return readHours(v.cat, site, form.Values, v.now), nil
}

func (v *visit) siteOptions() []ui.Option {
	var options []ui.Option
	for _, site := range v.cat.Sites() {
		options = append(options, ui.Option{Value: site.Slug, Label: v.name(site.NameJA, site.NameEN)})
	}
	return options
}

// presets are the lengths offered as buttons, from the chosen start.
func (v *visit) presets(h hours) []preset {
	_, closes, open := opening(v.cat, h.site, h.day)
	if !open {
		return nil
	}
	var list []preset
	for _, choice := range []struct {
		key string
		to  int
	}{{"book.preset_2h", h.from + 120}, {"book.preset_half", h.from + usualLength}, {"book.preset_close", closes}} {
		if choice.to <= closes && choice.to > h.from {
			other := h
			other.to = choice.to
			list = append(list, preset{Label: v.t(choice.key), URL: "/book?" + other.query(), Current: h.to == choice.to})
		}
	}
	return list
}

// fillSeats asks what is free and puts it on the plan and into the list. A period
// that cannot be is told at its field, and nothing is drawn for it.
func (p *Pages) fillSeats(v *visit, h hours, page *bookPage) error {
	period, err := h.period()
	if err == nil {
		page.Day, page.Hours = v.words(period, h.site.Location())
		page.From, page.To = period.StartsAt.Unix(), period.EndsAt.Unix()
		err = p.fillSpots(v, h, period, page)
	}
	if err == nil || page.Refused != nil {
		return nil
	}
	page.Refused, _, err = v.refused(err, &page.Form)
	return err
}

func (p *Pages) fillSpots(v *visit, h hours, period models.Period, page *bookPage) error {
	answers, err := p.Booking.Availability(v.ctx(), v.who, booking.Question{
		Site: h.site.Slug, StartsAt: period.StartsAt, EndsAt: period.EndsAt,
	})
	if err != nil {
		return err
	}
	mine, err := p.spacesOfMine(v, period)
	if err != nil {
		return err
	}
	spots := map[models.ID]ui.Spot{}
	var seats []*models.Space
	for _, a := range answers {
		spot := v.spot(a, h, mine[a.Space.ID])
		if a.Space.Kind == models.KindSeat {
			seats = append(seats, a.Space)
			if a.Free {
				page.Free++
			}
			if spot.Chosen = spot.URL != "" && page.Form.Value("space") == spot.ID; spot.Chosen {
				page.Chosen, page.Repeat = &spot, repeatURL(page.Form, spot.ID)
			}
			if spot.Chosen && spot.State == ui.SpotTaken {
				wait := v.waitForSpace(a.Space, period)
				wait.Primary, page.Await = true, &wait
			}
		}
		spots[a.Space.ID] = spot
	}
	page.Any = page.Free > 0
	if len(seats) > 0 && !page.Any && !page.Closed {
		page.Wait = v.waitForAny(h, period)
	}
	page.Groups = grouped(seats, spots)
	page.Legend = v.legend(ui.SpotFree, ui.SpotTaken, ui.SpotMine, ui.SpotClosed)
	page.Plans, err = v.floors(h.site, spots)
	return err
}

// spacesOfMine returns the spaces the reader holds within the period.
func (p *Pages) spacesOfMine(v *visit, period models.Period) (map[models.ID]bool, error) {
	records, err := p.mine(v, models.Range{From: period.StartsAt, To: period.EndsAt}, func(r booking.Record) bool { return !r.Over(v.now) })
	mine := map[models.ID]bool{}
	for _, r := range records {
		for _, bs := range r.Spaces {
			mine[bs.SpaceID] = bs.Active
		}
	}
	return mine, err
}

// spot says what the reader can do with a space.
func (v *visit) spot(a booking.Answer, h hours, mine bool) ui.Spot {
	spot := v.spotOf(a.Space)
	switch {
	case mine:
		spot.State, spot.Words = ui.SpotMine, v.t("spot.mine")
	case a.Free:
		spot.State = ui.SpotFree
		spot.Words = v.t("spot.free_until", map[string]any{"time": v.clockOrDay(a.FreeUntil, h)})
		spot.URL = "/book?" + h.query("space", spot.ID)
		if a.Space.Kind == models.KindRoom {
			spot.URL = "/rooms?" + h.query("room", spot.ID)
		}
	case a.NextFreeAt.IsZero():
		spot.State, spot.Words = ui.SpotClosed, v.t("spot.closed")
	default:
		spot.State = ui.SpotTaken
		spot.Words = v.t("spot.taken_until", map[string]any{"time": v.clockOrDay(a.NextFreeAt, h)})
		if a.Space.Kind == models.KindSeat { // choosing it offers a place on the waitlist
			spot.URL = "/book?" + h.query("space", spot.ID)
		}
	}
	return spot
}

// clockOrDay is the time of day of an instant on the day looked at, else its day.
func (v *visit) clockOrDay(t time.Time, h hours) string {
	loc := h.site.Location()
	if models.DayOf(t, loc) == h.day {
		return locale.Time(t, loc)
	}
	return locale.ShortDate(v.lang, t, loc) + " " + locale.Time(t, loc)
}
