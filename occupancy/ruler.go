package occupancy

import (
	"slices"
	"strconv"
	"time"

	"kyoten/models"
)

// ruler cuts times at a site into the rows of a report: into the hours, days or
// months of its clocks, or into one part that is the whole period.
type ruler struct {
	table *table
	edges []int64  // where each part begins, and where the last one ends, in milliseconds
	keys  []string // of the parts
	rows  []*tally // of the parts, as soon as something falls into them
}

// newRuler returns the one of a time zone, or of the row named by key.
func newRuler(t *table, key string, loc *time.Location) *ruler {
	r := &ruler{table: t}
	for at := t.period.StartsAt; at.Before(t.period.EndsAt); {
		next := t.period.EndsAt
		if t.by.byTime() {
			key = t.by.keyAt(at, loc)
			if full := t.by.next(at, loc); full.Before(next) {
				next = full
			}
		}
		r.edges, r.keys = append(r.edges, at.UnixMilli()), append(r.keys, key)
		at = next
	}
	r.edges, r.rows = append(r.edges, t.period.EndsAt.UnixMilli()), make([]*tally, len(r.keys))
	return r
}

// part returns the number of the part that an instant lies in; -1 before the
// first.
func (r *ruler) part(at int64) int {
	i, exact := slices.BinarySearch(r.edges, at)
	if exact {
		return i
	}
	return i - 1
}

func (r *ruler) row(part int) *tally {
	if r.rows[part] == nil {
		r.rows[part] = r.table.row(r.keys[part])
	}
	return r.rows[part]
}

// at returns the row that an instant falls into, nil outside of the period.
func (r *ruler) at(at int64) *tally {
	if i := r.part(at); i >= 0 && i < len(r.keys) {
		return r.row(i)
	}
	return nil
}

// cut hands the parts of [from, to) that lie in a row each to add, with how long
// they are.
func (r *ruler) cut(from, to int64, add func(row *tally, ms int64)) {
	for i := max(0, r.part(from)); i < len(r.keys) && r.edges[i] < to; i++ {
		if ms := min(to, r.edges[i+1]) - max(from, r.edges[i]); ms > 0 {
			add(r.row(i), ms)
		}
	}
}

func (r *ruler) cutPeriod(p models.Period, add func(row *tally, ms int64)) {
	r.cut(p.StartsAt.UnixMilli(), p.EndsAt.UnixMilli(), add)
}

func (t *tables) location(site string) *time.Location {
	s, err := t.catalogue.Site(site)
	if err != nil {
		return time.UTC
	}
	return s.Location()
}

// keyAt returns the row that an instant at a site falls into.
func (b By) keyAt(t time.Time, loc *time.Location) string {
	local := t.In(loc)
	weekday := strconv.Itoa((int(local.Weekday())+6)%7 + 1)
	switch b {
	case ByHour:
		return local.Format("15")
	case ByWeekday:
		return weekday
	case ByWeekdayHour:
		return weekday + local.Format("-15")
	case ByMonth:
		return local.Format("2006-01")
	}
	return local.Format(time.DateOnly)
}

// next returns when the row of at ends: the next full hour or midnight of the
// site's clocks.
func (b By) next(at time.Time, loc *time.Location) time.Time {
	local := at.In(loc)
	if b == ByHour || b == ByWeekdayHour {
		past := time.Duration(local.Minute())*time.Minute + time.Duration(local.Second())*time.Second
		return at.Add(time.Hour - past)
	}
	return models.DayOf(at, loc).Add(1).At(0, loc)
}
