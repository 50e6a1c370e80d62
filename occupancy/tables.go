package occupancy

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"time"

	"kyoten/models"
)

// tables are the reports of one request, by one grouping each, while they are
// computed. A month may be hundreds of thousands of bookings, so times are
// milliseconds of Unix time, and keys are found once.
type tables struct {
	catalogue *models.Catalogue
	sites     []string
	period    models.Period
	plans     map[models.ID]string // of organizers
	each      []*table
}

func newTables(c *models.Catalogue, sites []string, period models.Period, by []By) *tables {
	t := &tables{catalogue: c, sites: sites, period: period, plans: map[models.ID]string{}}
	for _, b := range by {
		t.each = append(t.each, &table{tables: t, by: b, rows: map[string]*tally{}, rulers: map[string]*ruler{}, spaces: map[models.ID]*ruler{}})
	}
	return t
}

func (t *tables) has(by By) bool {
	return slices.ContainsFunc(t.each, func(one *table) bool { return one.by == by })
}

func (t *tables) countsStays() bool {
	return slices.ContainsFunc(t.each, func(one *table) bool { return one.by.countsStays() })
}

// addUse counts one space of one booking.
func (t *tables) addUse(u *models.Use) {
	for _, one := range t.each {
		one.addUse(u)
	}
}

// addOpenings counts the time each bookable space was open, and each site.
func (t *tables) addOpenings() {
	for _, slug := range t.sites {
		site, err := t.catalogue.Site(slug)
		if err != nil {
			continue // it was taken away this moment
		}
		for _, open := range t.catalogue.SiteOpenTimes(site, t.period) {
			t.addSiteOpening(slug, open)
		}
		for _, space := range t.catalogue.SpacesAt(slug, "") {
			if space.Bookable {
				t.addSpaceOpenings(space)
			}
		}
	}
}

func (t *tables) addSpaceOpenings(space *models.Space) {
	open := t.catalogue.OpenTimes(space, t.period)
	for _, one := range t.each {
		if one.by == ByCompany || one.by == ByPlan {
			continue
		}
		r := one.rulerOfSpace(&models.Use{SpaceID: space.ID, Site: space.Site, Kind: space.Kind})
		for _, p := range open {
			r.cutPeriod(p, addAvailable)
		}
	}
}

// addSiteOpening is what averages of people inside are taken over.
func (t *tables) addSiteOpening(site string, open models.Period) {
	for _, one := range t.each {
		switch {
		case one.by == ByZone:
			for _, zone := range t.catalogue.ZonesAt(site) {
				one.rulerAt(site, strconv.Itoa(zone.ID)).cutPeriod(open, addOpen)
			}
		case one.by.countsStays():
			one.rulerAt(site, site).cutPeriod(open, addOpen)
		}
	}
}

func addOpen(row *tally, ms int64)      { row.open += ms }
func addAvailable(row *tally, ms int64) { row.available += ms }
func addBooked(row *tally, ms int64)    { row.booked += ms }
func addUsed(row *tally, ms int64)      { row.used += ms }

func (t *tables) result() [][]Row {
	out := make([][]Row, len(t.each))
	for i, one := range t.each {
		out[i] = one.result()
	}
	return out
}

// table collects the rows of a report.
type table struct {
	*tables
	by     By
	rows   map[string]*tally
	rulers map[string]*ruler    // by row, or where rows are times, by time zone
	spaces map[models.ID]*ruler // of the same, where the space decides the row
}

// tally is a row while it is counted, in milliseconds.
type tally struct {
	available, booked, used int64
	noShows, earlyLeaves    int
	alone                   int                    // bookings of one space
	several, checkedIn      map[models.ID]struct{} // bookings that may have more of them; people

	open, inside int64
	visits, peak int
	visitors     crowd
}

func newTally() *tally {
	return &tally{several: map[models.ID]struct{}{}, checkedIn: map[models.ID]struct{}{}}
}

// begun counts a booking once, however many of its spaces there are.
func (r *tally) begun(u *models.Use) {
	if u.Several {
		r.several[u.BookingID] = struct{}{}
		return
	}
	r.alone++
}

func (r *tally) bookings() int { return r.alone + len(r.several) }

func (t *table) row(key string) *tally {
	r := t.rows[key]
	if r == nil {
		r = newTally()
		t.rows[key] = r
	}
	return r
}

// rulerOf returns what cuts a use into rows.
func (t *table) rulerOf(u *models.Use) *ruler {
	switch t.by {
	case ByCompany:
		return t.rulerAt(u.Site, strconv.Itoa(u.Company))
	case ByPlan:
		return t.rulerAt(u.Site, t.plans[u.OrganizerID])
	}
	return t.rulerOfSpace(u)
}

func (t *table) rulerOfSpace(u *models.Use) *ruler {
	r := t.spaces[u.SpaceID]
	if r == nil {
		r = t.rulerAt(u.Site, t.keyOfSpace(u))
		t.spaces[u.SpaceID] = r
	}
	return r
}

func (t *table) keyOfSpace(u *models.Use) string {
	switch t.by {
	case BySpace:
		return u.SpaceID.String()
	case ByKind:
		return string(u.Kind)
	case ByZone:
		if space, err := t.catalogue.Space(u.SpaceID); err == nil {
			return strconv.Itoa(space.ZoneID)
		}
		return "0"
	}
	return u.Site
}

// rulerAt returns the ruler of a row, or of the times at a site.
func (t *table) rulerAt(site, key string) *ruler {
	loc := t.location(site)
	if t.by.byTime() {
		key = loc.String()
	}
	r := t.rulers[key]
	if r == nil {
		r = newRuler(t, key, loc)
		t.rulers[key] = r
	}
	return r
}

// addUse counts one space of one booking.
func (t *table) addUse(u *models.Use) {
	r := t.rulerOf(u)
	r.cutPeriod(u.Booked(), addBooked)
	if used, came := u.Used(); came {
		r.cutPeriod(used, addUsed)
	}
	row := r.at(u.StartsAt.UnixMilli())
	if row == nil {
		return // it began before
	}
	row.begun(u)
	if u.Status == models.BookingNoShow {
		row.noShows++
	}
	if u.Left() {
		row.earlyLeaves++
	}
	if u.CheckedInAt != nil && !t.by.countsStays() {
		row.checkedIn[u.OrganizerID] = struct{}{}
	}
}

// result returns the rows in order of their keys, in whole minutes.
func (t *table) result() []Row {
	rows := make([]Row, 0, len(t.rows))
	for key, r := range t.rows {
		row := Row{
			Key: key, AvailableMinutes: minutesOf(r.available), BookedMinutes: minutesOf(r.booked), UsedMinutes: minutesOf(r.used),
			Bookings: r.bookings(), NoShows: r.noShows, EarlyLeaves: r.earlyLeaves,
			Visitors: len(r.checkedIn) + r.visitors.count(), Visits: r.visits, PeakInside: r.peak,
		}
		if r.open > 0 {
			row.AverageInside = math.Round(float64(r.inside)*10/float64(r.open)) / 10
		}
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b Row) int { return cmp.Compare(a.Key, b.Key) })
	return rows
}

func minutesOf(ms int64) int { return int(ms / time.Minute.Milliseconds()) }
