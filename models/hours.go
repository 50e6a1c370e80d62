package models

import (
	"slices"
	"sync"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/jp"
)

// japan is the national calendar: the holidays of the 国民の祝日に関する法律 with
// its substitute and citizens' holidays. Its rules for the equinoxes write to
// themselves when they are asked, so a year is worked out once, by one caller.
var japan = struct {
	sync.Mutex
	calendar *cal.Calendar
	years    sync.Map // int -> map[Day]bool
}{calendar: func() *cal.Calendar {
	c := &cal.Calendar{Name: "JP"}
	c.AddHoliday(jp.Holidays...)
	return c
}()}

// nationalHolidays returns the holidays of a year, which is only read.
func nationalHolidays(year int) map[Day]bool {
	if days, ok := japan.years.Load(year); ok {
		return days.(map[Day]bool)
	}
	japan.Lock()
	defer japan.Unlock()
	days := map[Day]bool{}
	for day := (Day{year, time.January, 1}); day.Year == year; day = day.Add(1) {
		if actual, observed, _ := japan.calendar.IsHoliday(day.noon()); actual || observed {
			days[day] = true
		}
	}
	japan.years.Store(year, days)
	return days
}

// IsHoliday reports whether day is a holiday: what an administrator's override
// says, else the national calendar.
func (c *Catalogue) IsHoliday(day Day) bool {
	if len(c.holidays) > 0 {
		if h, ok := c.holidays[day.String()]; ok {
			return h.IsHoliday
		}
	}
	return nationalHolidays(day.Year)[day]
}

// HoursOn returns the openings of a site on a day as instants, in order, holidays
// and closures left aside.
func (s *Site) HoursOn(day Day) []Period {
	var open []Period
	for _, h := range s.Hours {
		if h.Weekday != day.Weekday() {
			continue
		}
		p := Period{day.At(h.Opens, s.Location()), day.At(h.Closes, s.Location())}
		if p.EndsAt.After(p.StartsAt) {
			open = append(open, p)
		}
	}
	return open
}

// WithinHours reports whether the site's hours cover all of p, holidays and
// closures left aside. Hours that touch at midnight count as one.
func (s *Site) WithinHours(p Period) bool {
	for _, open := range s.hoursIn(p, func(Day) bool { return false }) {
		if open.Contains(p) {
			return true
		}
	}
	return false
}

// hoursIn returns the openings on the days p touches, touching ones joined, days
// for which closed is true left out.
func (s *Site) hoursIn(p Period, closed func(Day) bool) []Period {
	var open []Period
	for _, day := range DaysOf(p, s.Location()) {
		if closed(day) {
			continue
		}
		for _, h := range s.HoursOn(day) {
			if n := len(open); n > 0 && !open[n-1].EndsAt.Before(h.StartsAt) {
				open[n-1].EndsAt = later(open[n-1].EndsAt, h.EndsAt)
				continue
			}
			open = append(open, h)
		}
	}
	return open
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// closedDay reports whether the whole site rests on day.
func (c *Catalogue) closedDay(s *Site, day Day) bool { return s.ClosedOnHolidays && c.IsHoliday(day) }

// Closed reports whether a closure or a holiday lies on part of p for the space.
func (c *Catalogue) Closed(space *Space, p Period) bool {
	site := c.sites[space.Site]
	if slices.ContainsFunc(DaysOf(p, site.Location()), func(d Day) bool { return c.closedDay(site, d) }) {
		return true
	}
	return slices.ContainsFunc(c.closures[space.Site], func(cl Closure) bool {
		return cl.Period().Overlaps(p) && c.closes(cl, space)
	})
}

// closes reports whether a closure is about the space: its site, its zone or one
// around it, or itself.
func (c *Catalogue) closes(cl Closure, space *Space) bool {
	switch {
	case cl.SpaceID != nil:
		return *cl.SpaceID == space.ID
	case cl.ZoneID != nil:
		return slices.Contains(c.ZonePath(space.ZoneID), *cl.ZoneID)
	}
	return cl.Site == space.Site
}

// OpenTimes returns when the space can be used within p, in order: opening hours
// without holidays and closures, cut to p. Bookings are not looked at.
func (c *Catalogue) OpenTimes(space *Space, p Period) []Period {
	site := c.sites[space.Site]
	open := site.hoursIn(p, func(d Day) bool { return c.closedDay(site, d) })
	for _, cl := range c.closures[space.Site] {
		if cl.Period().Overlaps(p) && c.closes(cl, space) {
			open = Subtract(open, cl.Period())
		}
	}
	return Clip(open, p)
}

// SiteOpenTimes returns when a site is open within p, in order: hours without
// holidays and closures of the whole site.
func (c *Catalogue) SiteOpenTimes(site *Site, p Period) []Period {
	open := site.hoursIn(p, func(d Day) bool { return c.closedDay(site, d) })
	for _, cl := range c.closures[site.Slug] {
		if cl.ZoneID == nil && cl.SpaceID == nil && cl.Period().Overlaps(p) {
			open = Subtract(open, cl.Period())
		}
	}
	return Clip(open, p)
}

// OpenAt reports whether the site is open at t.
func (c *Catalogue) OpenAt(site *Site, t time.Time) bool {
	return len(c.SiteOpenTimes(site, Period{t, t.Add(time.Second)})) > 0
}

// Subtract returns what is left of the periods in from outside cut.
func Subtract(from []Period, cut Period) []Period {
	var out []Period
	for _, p := range from {
		if !p.Overlaps(cut) {
			out = append(out, p)
			continue
		}
		if p.StartsAt.Before(cut.StartsAt) {
			out = append(out, Period{p.StartsAt, cut.StartsAt})
		}
		if cut.EndsAt.Before(p.EndsAt) {
			out = append(out, Period{cut.EndsAt, p.EndsAt})
		}
	}
	return out
}

// Clip returns the parts of the periods that lie within p.
func Clip(periods []Period, p Period) []Period {
	var out []Period
	for _, o := range periods {
		if !o.Overlaps(p) {
			continue
		}
		if o.StartsAt.Before(p.StartsAt) {
			o.StartsAt = p.StartsAt
		}
		if o.EndsAt.After(p.EndsAt) {
			o.EndsAt = p.EndsAt
		}
		out = append(out, o)
	}
	return out
}
