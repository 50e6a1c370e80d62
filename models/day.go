package models

import (
	"fmt"
	"time"

	"kyoten/internal/fault"
)

// ErrBadDay means that a day is not written as 2026-12-01, or does not exist.
var ErrBadDay = fault.New(fault.Invalid, "invalid_day", "a day is written as 2026-12-01")

// Day is a day of the calendar, without a time zone. In a zone it lasts from one
// local midnight to the next: 23, 24 or 25 hours.
type Day struct {
	Year  int
	Month time.Month
	Day   int
}

// DayOf returns the day that t falls on in loc.
func DayOf(t time.Time, loc *time.Location) Day {
	y, m, d := t.In(loc).Date()
	return Day{y, m, d}
}

// ParseDay reads "2026-12-01"; anything else is ErrBadDay.
func ParseDay(s string) (Day, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Day{}, ErrBadDay.Because(err)
	}
	return DayOf(t, time.UTC), nil
}

// String returns "2026-12-01".
func (d Day) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// Add returns the day n days later.
func (d Day) Add(n int) Day {
	return DayOf(time.Date(d.Year, d.Month, d.Day+n, 12, 0, 0, 0, time.UTC), time.UTC)
}

// Before reports whether d comes before o.
func (d Day) Before(o Day) bool { return d.noon().Before(o.noon()) }

// Weekday returns the day of the week.
func (d Day) Weekday() time.Weekday { return d.noon().Weekday() }

func (d Day) noon() time.Time { return time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, time.UTC) }

// At returns the instant at which clocks in loc show the given minutes after
// midnight, in UTC. Where they do not, or do twice, it is as RFC 5545 (3.3.5) has
// it: the clock is read as it was before it changed. A skipped 02:30 is 03:30, and
// of two the first counts. Package time chooses by which side of UTC the zone is on.
func (d Day) At(minutes int, loc *time.Location) time.Time {
	wall := time.Date(d.Year, d.Month, d.Day, 0, minutes, 0, 0, time.UTC)
	before, after := offsetAt(wall.Add(-24*time.Hour), loc), offsetAt(wall.Add(24*time.Hour), loc)
	if t := wall.Add(-after); before != after && offsetAt(wall.Add(-before), loc) != before && offsetAt(t, loc) == after {
		return t
	}
	return wall.Add(-before)
}

// offsetAt returns how far the clocks in loc are ahead of UTC.
func offsetAt(t time.Time, loc *time.Location) time.Duration {
	_, seconds := t.In(loc).Zone()
	return time.Duration(seconds) * time.Second
}

// In returns the whole day in loc.
func (d Day) In(loc *time.Location) Period { return Period{d.At(0, loc), d.Add(1).At(0, loc)} }

// DaysOf returns the days that p touches in loc, in order.
func DaysOf(p Period, loc *time.Location) []Day {
	last := DayOf(p.EndsAt.Add(-time.Second), loc)
	days := []Day{}
	for d := DayOf(p.StartsAt, loc); !last.Before(d); d = d.Add(1) {
		days = append(days, d)
	}
	return days
}
