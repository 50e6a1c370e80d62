package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"kyoten/booking"
	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/web/ui"
)

// seriesView is what a booking belongs to: how often it repeats and when.
type seriesView struct {
	Dates  []dateView
	Extend ui.Form
}

// dateView is one booking of a series.
type dateView struct {
	URL, Day, Hours, Status string
	Here                    bool // the one whose page this is
}

// repeatView is the form that makes a booking the first of a series.
type repeatView struct {
	Form    ui.Form
	Choices []ui.Option
}

// The bounds of how often one form repeats a booking.
const (
	fewestTimes = 2
	mostTimes   = 52
)

// patterns are the ways to repeat that the form offers. Others are for the API.
var patterns = []string{"weekly", "fortnightly", "daily", "workdays", "monthly"}

// timesEnd ends a rule after so many bookings in all.
func timesEnd(form ui.Form) (string, error) {
	f := &fields{form: form}
	times := f.count("times", fewestTimes, mostTimes)
	return "COUNT=" + strconv.Itoa(times), f.err
}

// ruleOf writes a pattern as a rule of RFC 5545 with its end.
func ruleOf(pattern, end string, first time.Time) (string, error) {
	day := strings.ToUpper(first.Weekday().String()[:2])
	week := (first.Day() + 6) / 7
	if week == 5 {
		week = -1 // a fifth week is missing in most months
	}
	rules := map[string]string{
		"daily": "FREQ=DAILY", "weekly": "FREQ=WEEKLY", "fortnightly": "FREQ=WEEKLY;INTERVAL=2",
		"workdays": "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", "monthly": fmt.Sprintf("FREQ=MONTHLY;BYDAY=%d%s", week, day),
	}
	rule, ok := rules[pattern]
	if !ok {
		return "", notOffered("every")
	}
	return rule + ";" + end, nil
}

// everyOptions are the patterns to choose from.
func (v *visit) everyOptions() []ui.Option {
	options := make([]ui.Option, len(patterns))
	for i, name := range patterns {
		options[i] = ui.Option{Value: name, Label: v.t("series.every_" + name)}
	}
	return options
}

// fillSeries adds to the page of a booking how it repeats, or how it could.
func (p *Pages) fillSeries(v *visit, r booking.Record, page *bookingPage) error {
	if r.SeriesID == nil {
		if !page.Over && r.View == models.ViewFull {
			page.Repeat = &repeatView{
				Form: ui.NewForm(url.Values{"every": {patterns[0]}, "times": {"4"}, "skip": {"yes"}}), Choices: v.everyOptions(),
			}
		}
		return nil
	}
	s, err := p.Booking.Series(v.ctx(), v.who, *r.SeriesID)
	if errors.Is(err, models.ErrNotFound) {
		return nil // it was handed over, and goes its own way
	}
	if err != nil {
		return err
	}
	page.Series = &seriesView{Extend: ui.NewForm(url.Values{"count": {"4"}, "skip": {"yes"}})}
	for _, b := range s.Bookings {
		loc := v.locationOf(b.Booking)
		page.Series.Dates = append(page.Series.Dates, dateView{
			URL: "/bookings/" + b.ID.String(), Day: locale.Date(v.lang, b.StartsAt, loc),
			Hours: locale.TimeRange(v.lang, b.StartsAt, b.EndsAt, loc), Status: string(b.StatusAt(v.now)), Here: b.ID == r.ID,
		})
	}
	return nil
}

// repeat serves POST /bookings/:id/repeat.
func (p *Pages) repeat(v *visit) error {
	return p.grow(v, func(r booking.Record, form ui.Form, onConflict booking.OnConflict) (booking.SeriesRecord, error) {
		end, err := timesEnd(form)
		if err != nil {
			return booking.SeriesRecord{}, err
		}
		rule, err := ruleOf(form.Value("every"), end, r.StartsAt.In(v.locationOf(r.Booking)))
		if err != nil {
			return booking.SeriesRecord{}, err
		}
		return p.Booking.Repeat(v.ctx(), v.who, r.ID, rule, onConflict)
	})
}

// extendSeries serves POST /bookings/:id/series/extend.
func (p *Pages) extendSeries(v *visit) error {
	return p.grow(v, func(r booking.Record, form ui.Form, onConflict booking.OnConflict) (booking.SeriesRecord, error) {
		if r.SeriesID == nil {
			return booking.SeriesRecord{}, models.ErrNotFound
		}
		f := &fields{form: form}
		count := f.count("count", 1, mostTimes)
		if f.err != nil {
			return booking.SeriesRecord{}, f.err
		}
		return p.Booking.ExtendSeries(v.ctx(), v.who, *r.SeriesID, booking.SeriesExtension{Count: count, OnConflict: onConflict})
	})
}

// grow adds bookings to the one of the address, and says which dates were left
// out.
func (p *Pages) grow(v *visit, add func(booking.Record, ui.Form, booking.OnConflict) (booking.SeriesRecord, error)) error {
	record, form, err := p.bookingForm(v)
	if err != nil {
		return err
	}
	onConflict := booking.OnConflictFail
	if form.Value("skip") != "" {
		onConflict = booking.OnConflictSkip
	}
	made, err := add(record, form, onConflict)
	if err != nil {
		return p.refuseSeries(v, record, &form, err)
	}
	record, err = p.booking(v)
	if err != nil {
		return err
	}
	return p.showBooking(v, http.StatusOK, record, func(page *bookingPage) { page.Notice = v.grown(record, made) })
}

// grown is the notice of what was added and what was not.
func (v *visit) grown(r booking.Record, made booking.SeriesRecord) *ui.Notice {
	notice := &ui.Notice{Kind: "ok", Text: v.t("series.done", map[string]any{"count": len(made.Bookings)})}
	if len(made.Skipped) == 0 {
		return notice
	}
	notice.Kind = "warn"
	notice.Text += " " + v.t("series.skipped", map[string]any{"days": v.skippedDays(r, made.Skipped)})
	return notice
}

// skippedDays names the days of a series to which something was not done.
func (v *visit) skippedDays(r booking.Record, skipped []booking.Skipped) string {
	var days []string
	for _, s := range skipped {
		days = append(days, locale.Date(v.lang, s.StartsAt, v.locationOf(r.Booking)))
	}
	return strings.Join(days, " · ")
}

// refuseSeries shows the booking again, with the date that was refused and why.
func (p *Pages) refuseSeries(v *visit, r booking.Record, form *ui.Form, err error) error {
	notice, status, other := v.refused(err, form)
	if other != nil {
		return other
	}
	if refusal, ok := errors.AsType[*booking.Refusal](err); ok && refusal.Occurrence != nil {
		day := locale.Date(v.lang, *refusal.Occurrence, v.locationOf(r.Booking))
		notice.Text = v.t("series.refused", map[string]any{"day": day, "why": notice.Text})
	}
	return p.showBooking(v, status, r, func(page *bookingPage) {
		page.Notice = notice
		switch {
		case page.Series != nil:
			page.Series.Extend = *form
		case page.Repeat != nil:
			page.Repeat.Form = *form
		}
	})
}

// scopeOf is what of a series a form is about: the bookings from this one on, all
// that have not begun, or (ok is false) this one alone.
func scopeOf(r booking.Record, form ui.Form) (from *time.Time, ok bool) {
	switch {
	case r.SeriesID == nil:
		return nil, false
	case form.Value("scope") == "following":
		return &r.StartsAt, true
	}
	return nil, form.Value("scope") == "all"
}

// cancelMany gives back more of the series than the booking of the page, and says
// which dates it was too late for. There is no button that undoes it: what it books
// again is one booking.
func (p *Pages) cancelMany(v *visit, r booking.Record, from *time.Time) error {
	made, err := p.Booking.CancelSeries(v.ctx(), v.who, *r.SeriesID, from)
	if err != nil {
		notice, status, err := v.refused(err, nil)
		if err != nil {
			return err
		}
		return p.showBooking(v, status, r, func(page *bookingPage) { page.Notice = notice })
	}
	if r, err = p.booking(v); err != nil {
		return err
	}
	notice := &ui.Notice{Kind: "ok", Text: v.t("series.done_cancelled")}
	if len(made.Skipped) > 0 {
		notice.Kind = "warn"
		notice.Text += " " + v.t("series.kept", map[string]any{"days": v.skippedDays(r, made.Skipped)})
	}
	return p.showBooking(v, http.StatusOK, r, func(page *bookingPage) { page.Notice = notice })
}

// changeMany changes more of the series than the booking of the page. Its
// version is left out of it: it is the series' that counts, and a form has none.
func (p *Pages) changeMany(v *visit, r booking.Record, from *time.Time, ch booking.Change) error {
	ch.Match = nil
	if len(ch.Spaces) == 1 && len(r.Spaces) == 1 && ch.Spaces[0] == r.Spaces[0].SpaceID {
		ch.Spaces = nil // others of the series may be in other spaces, and stay there
	}
	_, err := p.Booking.RescheduleSeries(v.ctx(), v.who, *r.SeriesID, booking.SeriesChange{Change: ch, From: from, About: r.ID})
	return err
}
