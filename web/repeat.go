package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"kyoten/booking"
	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/web/ui"
)

// repeatPage is where what was chosen on the floor plan or the timeline is booked
// again and again: how often, until when, and every date with whether it can be
// had. Like the picker it follows from its address alone.
type repeatPage struct {
	ui.Page
	Form    ui.Form
	Place   string
	Day     string
	Hours   string
	Choices []ui.Option
	Dates   []occurrenceView
	Free    int // of the dates
	Back    string
	Refused *ui.Notice
}

// occurrenceView is one date of a series that is not booked yet.
type occurrenceView struct {
	Day, Hours string
	Why        string // it cannot be booked; "" = it can
}

// repeatForm serves GET /series/new.
func (p *Pages) repeatForm(v *visit) error {
	form := ui.NewForm(v.r.URL.Query())
	if form.Value("every") == "" {
		form.Values.Set("every", patterns[0])
		form.Values.Set("times", "4")
		form.Values.Set("skip", "yes")
	}
	return p.showRepeat(v, http.StatusOK, form, nil)
}

// showRepeat draws the page for what the form asks for.
func (p *Pages) showRepeat(v *visit, status int, form ui.Form, refused *ui.Notice) error {
	req, err := v.seriesRequest(form)
	if errors.Is(err, models.ErrNotFound) {
		return err
	}
	page := repeatPage{Page: v.page("series.new", "book"), Form: form, Choices: v.everyOptions(), Back: "/book?" + form.Values.Encode(), Refused: refused}
	page.Here, page.Follows = "/series/new?"+form.Values.Encode(), true
	if page.Place, err = v.placesOf(req.Spaces, err); errors.Is(err, models.ErrNotFound) {
		return err
	}
	if err == nil {
		err = p.fillDates(v, req, &page)
	}
	if err != nil && refused == nil {
		if page.Refused, status, err = v.refused(err, &page.Form); err != nil {
			return err
		}
	}
	return p.show(v, status, "repeat", page)
}

// placesOf names the spaces, and returns err; ErrNotFound where one of them does
// not exist for the reader.
func (v *visit) placesOf(ids []models.ID, err error) (string, error) {
	names := make([]string, len(ids))
	for i, id := range ids {
		space, errSpace := v.cat.Space(id)
		if errSpace != nil || !v.who.SeesSpace(space) {
			return "", models.ErrNotFound
		}
		names[i] = v.spaceName(id)
	}
	return strings.Join(names, " + "), err
}

// fillDates asks which of the dates can be booked.
func (p *Pages) fillDates(v *visit, req booking.SeriesRequest, page *repeatPage) error {
	space, err := v.cat.Space(req.Spaces[0])
	if err != nil {
		return err
	}
	if space.Kind == models.KindRoom {
		page.Section, page.Back = "rooms", "/rooms?"+page.Form.Values.Encode()
	}
	loc := v.clockAt(space.Site)
	page.Day, page.Hours = v.words(models.Period{StartsAt: req.StartsAt, EndsAt: req.EndsAt}, loc)
	dates, err := p.Booking.PreviewSeries(v.ctx(), v.who, req)
	for _, d := range dates {
		view := occurrenceView{Day: locale.Date(v.lang, d.StartsAt, loc), Hours: locale.TimeRange(v.lang, d.StartsAt, d.EndsAt, loc)}
		if d.Code != "" {
			view.Why = v.t("fault." + d.Code + ".title")
		} else {
			page.Free++
		}
		page.Dates = append(page.Dates, view)
	}
	return err
}

// seriesRequest reads what is to be booked, how often and until when.
func (v *visit) seriesRequest(form ui.Form) (booking.SeriesRequest, error) {
	req := booking.SeriesRequest{OnConflict: booking.OnConflictFail}
	if form.Value("skip") != "" {
		req.OnConflict = booking.OnConflictSkip
	}
	var err error
	if req.Request, err = v.request(form); err != nil {
		return req, err
	}
	if len(req.Spaces) == 0 {
		return req, models.ErrNotFound
	}
	loc := v.clockAt(form.Value("site"))
	end, err := endOf(form, models.DayOf(req.StartsAt, loc), loc)
	if err == nil {
		req.Rule, err = ruleOf(form.Value("every"), end, req.StartsAt.In(loc))
	}
	return req, err
}

// endOf is the end of a rule: a last day, where one was given, else so many times.
func endOf(form ui.Form, first models.Day, loc *time.Location) (string, error) {
	if form.Value("until") == "" {
		return timesEnd(form)
	}
	last, err := models.ParseDay(form.Value("until"))
	if err != nil {
		return "", models.ErrBadDay.On("until")
	}
	if last.At(0, loc).Before(first.At(0, loc)) {
		return "", booking.ErrInvalidRule.On("until").Saying("until")
	}
	return "UNTIL=" + last.Add(1).At(0, loc).Add(-time.Second).UTC().Format("20060102T150405Z"), nil
}

// reserveSeries serves POST /series.
func (p *Pages) reserveSeries(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	req, err := v.seriesRequest(form)
	if err != nil {
		return p.refuseRepeat(v, form, err)
	}
	made, err := p.Booking.ReserveSeries(v.ctx(), v.who, req)
	if err != nil {
		return p.refuseRepeat(v, form, err)
	}
	return v.redirect("/bookings/" + made.Bookings[0].ID.String() + "?done=repeated")
}

// refuseRepeat shows the page again, with the date that was refused and why.
func (p *Pages) refuseRepeat(v *visit, form ui.Form, err error) error {
	notice, status, other := v.refused(err, &form)
	if other != nil {
		return other
	}
	if refusal, ok := errors.AsType[*booking.Refusal](err); ok && refusal.Occurrence != nil {
		day := locale.Date(v.lang, *refusal.Occurrence, v.clockAt(form.Value("site")))
		notice.Text = v.t("series.refused", map[string]any{"day": day, "why": notice.Text})
	}
	return p.showRepeat(v, status, form, notice)
}

// repeatURL is where what a form has chosen is booked again and again.
func repeatURL(form ui.Form, space string) string {
	query := url.Values{"space": {space}}
	for _, name := range []string{"site", "day", "from", "to"} {
		query.Set(name, form.Value(name))
	}
	return "/series/new?" + query.Encode()
}
