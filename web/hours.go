package web

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/web/ui"
)

// hours is a period as the forms ask for it: a day and two times of day as the
// site's clocks show them. They are worked out into instants here, in one place.
type hours struct {
	site *models.Site
	day  models.Day
	from int // minutes after local midnight
	to   int // may be 1440, the end of the day
}

// step is the grain of the times that forms offer.
const step = 15

// period returns the instants, or what is wrong with them.
func (h hours) period() (models.Period, error) {
	loc := h.site.Location()
	return models.NewPeriod(h.day.At(h.from, loc), h.day.At(h.to, loc))
}

// parseMinutes reads a time of day such as 09:15 or 24:00.
func parseMinutes(s string) (int, bool) {
	hour, minute, ok := strings.Cut(s, ":")
	h, errH := strconv.Atoi(hour)
	m, errM := strconv.Atoi(minute)
	if !ok || errH != nil || errM != nil || h < 0 || m < 0 || m > 59 || h*60+m > 24*60 {
		return 0, false
	}
	return h*60 + m, true
}

// clockTime writes minutes after midnight as 09:15.
func clockTime(minutes int) string { return fmt.Sprintf("%02d:%02d", minutes/60, minutes%60) }

// minutesOf returns the time of day of an instant in loc.
func minutesOf(t time.Time, loc *time.Location) int {
	t = t.In(loc)
	return t.Hour()*60 + t.Minute()
}

// opening returns the first opening and the last closing of a site on a day in
// minutes, and false on a day it does not open.
func opening(cat *models.Catalogue, site *models.Site, day models.Day) (opens, closes int, ok bool) {
	open := cat.SiteOpenTimes(site, day.In(site.Location()))
	if len(open) == 0 {
		return 0, 0, false
	}
	loc := site.Location()
	opens = minutesOf(open[0].StartsAt, loc)
	last := open[len(open)-1].EndsAt
	if models.DayOf(last, loc) != day {
		return opens, 24 * 60, true
	}
	return opens, minutesOf(last, loc), true
}

// readHours reads day, from and to of a query or a form and fills in what is
// missing: today while the site is open, else the next day it opens; from now
// on; for half a working day or until closing.
func readHours(cat *models.Catalogue, site *models.Site, values url.Values, now time.Time) hours {
	h := hours{site: site}
	h.day = readDay(cat, site, values.Get("day"), now)
	opens, closes, ok := opening(cat, site, h.day)
	if !ok {
		opens, closes = 9*60, 18*60 // a closed day still shows a form
	}
	from, ok := parseMinutes(values.Get("from"))
	if !ok {
		from = opens
		if h.day == models.DayOf(now, site.Location()) {
			from = max(opens, minutesOf(now, site.Location())/step*step)
		}
	}
	to, ok := parseMinutes(values.Get("to"))
	if !ok {
		to = min(closes, from+usualLength)
	}
	h.from, h.to = from, to
	return h
}

// hoursAt is the period as the site's clocks show it.
func hoursAt(site *models.Site, p models.Period) hours {
	loc := site.Location()
	h := hours{site: site, day: models.DayOf(p.StartsAt, loc), from: minutesOf(p.StartsAt, loc), to: minutesOf(p.EndsAt, loc)}
	if models.DayOf(p.EndsAt, loc) != h.day {
		h.to = 24 * 60
	}
	return h
}

// usualLength is what a form offers when nothing is known: half a day.
const usualLength = 4 * 60

// daysAhead is how many days a picker offers as buttons; two weeks fit the plans
// people have, and any other day can be typed.
const daysAhead = 14

func readDay(cat *models.Catalogue, site *models.Site, asked string, now time.Time) models.Day {
	if day, err := models.ParseDay(asked); err == nil {
		return day
	}
	day := models.DayOf(now, site.Location())
	for n := range daysAhead {
		d := day.Add(n)
		open := cat.SiteOpenTimes(site, d.In(site.Location()))
		if len(open) > 0 && now.Add(step*time.Minute).Before(open[len(open)-1].EndsAt) {
			return d
		}
	}
	return day
}

// put writes the hours into the values of a form.
func (h hours) put(values url.Values) {
	values.Set("site", h.site.Slug)
	values.Set("day", h.day.String())
	values.Set("from", clockTime(h.from))
	values.Set("to", clockTime(h.to))
}

// query returns the hours as a query string, with more names and values.
func (h hours) query(pairs ...string) string {
	values := url.Values{}
	h.put(values)
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return values.Encode()
}

// timeOptions lists the times from first to last that a form offers, and chosen
// when it is not among them.
func timeOptions(first, last, chosen int) []ui.Option {
	var options []ui.Option
	if chosen < first || chosen > last || (chosen-first)%step != 0 {
		options = append(options, ui.Option{Value: clockTime(chosen), Label: clockTime(chosen)})
	}
	for m := first; m <= last; m += step {
		options = append(options, ui.Option{Value: clockTime(m), Label: clockTime(m)})
	}
	return options
}

// fromOptions and toOptions are the starts and ends the form offers on the day.
func (h hours) fromOptions(cat *models.Catalogue) []ui.Option {
	opens, closes, _ := opening(cat, h.site, h.day)
	return timeOptions(opens, closes-step, h.from)
}

func (h hours) toOptions(cat *models.Catalogue) []ui.Option {
	opens, closes, _ := opening(cat, h.site, h.day)
	return timeOptions(opens+step, closes, h.to)
}

// dayOption is a day of the small calendar.
type dayOption struct {
	Value   string
	Label   string // all of it, for screen readers
	Weekday string
	Number  string
	Closed  bool
}

// dayOptions lists the days from today on, and the chosen one when it is later.
func (v *visit) dayOptions(site *models.Site, chosen models.Day) []dayOption {
	today := models.DayOf(v.now, site.Location())
	var options []dayOption
	seen := false
	for n := range daysAhead {
		day := today.Add(n)
		options = append(options, v.dayOption(site, day))
		seen = seen || day == chosen
	}
	if !seen {
		options = append(options, v.dayOption(site, chosen))
	}
	return options
}

func (v *visit) dayOption(site *models.Site, day models.Day) dayOption {
	loc := site.Location()
	noon := day.At(12*60, loc)
	_, _, open := opening(v.cat, site, day)
	option := dayOption{
		Value: day.String(), Label: locale.ShortDate(v.lang, noon, loc), Weekday: locale.Weekday(v.lang, day.Weekday()),
		Number: strconv.Itoa(day.Day), Closed: !open,
	}
	if word, near := locale.RelativeDay(v.lang, noon, v.now, loc); near {
		option.Label = word + " " + option.Label
	}
	if !open {
		option.Label += " " + v.t("site.closed")
	}
	return option
}

// words returns the day and the hours as people say them.
func (v *visit) words(p models.Period, loc *time.Location) (day, hours string) {
	return locale.Day(v.lang, p.StartsAt, v.now, loc), locale.TimeRange(v.lang, p.StartsAt, p.EndsAt, loc)
}
