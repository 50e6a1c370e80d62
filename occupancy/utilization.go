package occupancy

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"kyoten/models"
)

// longestReport bounds what one request may have computed.
const longestReport = 366 * 24 * time.Hour

// By is what the rows of a utilization report stand for.
type By string

// The groupings. Hours, weekdays and days are wall time of each site.
const (
	ByHour    By = "hour"    // "00" to "23"
	ByWeekday By = "weekday" // "1" (Monday) to "7", as ISO 8601 counts
	ByDay     By = "day"     // "2026-12-07"
	BySpace   By = "space"   // its id
	ByCompany By = "company" // its id, "0" for members without one
	ByPlan    By = "plan"    // its id
	ByKind    By = "kind"    // "seat", "room"
	BySite    By = "site"    // its slug

	ByWeekdayHour By = "weekday_hour" // "1-09": a cell of the heat map
)

// Groupings lists those a client may ask for; the heat map is a page's alone.
var Groupings = []By{ByHour, ByWeekday, ByDay, BySpace, ByCompany, ByPlan, ByKind, BySite}

// Query asks for a utilization report.
type Query struct {
	Site   string // "" = all sites the principal runs
	Period models.Period
	By     By
}

// Row is one line of the report, in minutes of one space each.
//
// Available is the time a bookable space was open; it is 0 by company and plan,
// to which no space belongs. Booked is what was promised and not given back by
// leaving early or by a release; Used is the part of it after check-in. Bookings
// and NoShows count where they begin. Visitors are distinct people who were
// inside, for groupings by time or site, and distinct people who checked in for
// the others.
type Row struct {
	Key                                          string
	AvailableMinutes, BookedMinutes, UsedMinutes int
	Bookings, NoShows, Visitors                  int
	available, booked, used                      time.Duration
	bookings, noShows, visitors                  map[string]bool
}

// Utilization computes the report, in order of its keys. Staff get their sites,
// managers their company's bookings, administrators everything.
func (s *Service) Utilization(ctx context.Context, p models.Principal, q Query) ([]Row, error) {
	if q.Period.Length() > longestReport {
		return nil, models.ErrOutOfRange.On("to")
	}
	c, err := s.store.CatalogueDuring(ctx, q.Period)
	if err != nil {
		return nil, err
	}
	sites, err := reportSites(c, p, q.Site)
	if err != nil {
		return nil, err
	}
	uses, err := s.store.Uses(ctx, sites, q.Period)
	if err != nil {
		return nil, fmt.Errorf("find uses: %w", err)
	}
	uses = visibleUses(p, uses)
	t := &table{catalogue: c, query: q, rows: map[string]*Row{}}
	if t.plans, err = s.plansOf(ctx, c, q.By); err != nil {
		return nil, err
	}
	for _, u := range uses {
		t.addUse(u)
	}
	if p.Member.Role == models.RoleManager {
		return t.result(), nil // a company's report is about its bookings, not about the house
	}
	t.addOpenings(sites)
	if err := s.addVisitors(ctx, t, sites); err != nil {
		return nil, err
	}
	return t.result(), nil
}

// reportSites returns the sites a report is about; forbidden for those who run
// none of them. That there is a site is no secret.
func reportSites(c *models.Catalogue, p models.Principal, site string) ([]string, error) {
	var sites []string
	for _, s := range c.Sites() {
		if (site == "" || site == s.Slug) && (p.Runs(s.Slug) || p.Manages(p.Company())) {
			sites = append(sites, s.Slug)
		}
	}
	if len(sites) > 0 {
		return sites, nil
	}
	if _, err := c.Site(site); site != "" && err != nil {
		return nil, models.ErrNotFound.On("site")
	}
	return nil, models.ErrForbidden
}

// visibleUses leaves a manager the uses of the company alone.
func visibleUses(p models.Principal, uses []models.Use) []models.Use {
	if p.Member.Role != models.RoleManager {
		return uses
	}
	return slices.DeleteFunc(uses, func(u models.Use) bool { return u.CompanyID == nil || !p.Manages(*u.CompanyID) })
}

// plansOf returns the plan of each organizer, where the report needs it.
func (s *Service) plansOf(ctx context.Context, c *models.Catalogue, by By) (map[models.ID]string, error) {
	if by != ByPlan {
		return nil, nil
	}
	members, err := s.store.AllMembers(ctx)
	if err != nil {
		return nil, fmt.Errorf("find members: %w", err)
	}
	plans := make(map[models.ID]string, len(members))
	for _, m := range members {
		if plan, err := c.PlanOf(&m); err == nil {
			plans[m.ID] = plan.ID.String()
		}
	}
	return plans, nil
}

// table collects the rows of a report.
type table struct {
	catalogue *models.Catalogue
	query     Query
	plans     map[models.ID]string
	rows      map[string]*Row
}

func (t *table) row(key string) *Row {
	r := t.rows[key]
	if r == nil {
		r = &Row{Key: key, bookings: map[string]bool{}, noShows: map[string]bool{}, visitors: map[string]bool{}}
		t.rows[key] = r
	}
	return r
}

// byTime reports whether the rows are times, which a period is cut up into.
func (b By) byTime() bool {
	return b == ByHour || b == ByWeekday || b == ByDay || b == ByWeekdayHour
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
	}
	return local.Format(time.DateOnly)
}

// keyOf returns the row of a use where rows are not times.
func (t *table) keyOf(u models.Use) string {
	switch t.query.By {
	case BySpace:
		return u.SpaceID.String()
	case ByCompany:
		if u.CompanyID == nil {
			return "0"
		}
		return strconv.Itoa(*u.CompanyID)
	case ByPlan:
		return t.plans[u.OrganizerID]
	case ByKind:
		return string(u.Kind)
	}
	return u.Site
}

// slice cuts a period within the report's into parts that each fall into one
// row, and hands them to add.
func (t *table) slice(site string, key string, p models.Period, add func(r *Row, d time.Duration)) {
	for _, part := range models.Clip([]models.Period{p}, t.query.Period) {
		if !t.query.By.byTime() {
			add(t.row(key), part.Length())
			continue
		}
		loc := t.location(site)
		for at := part.StartsAt; at.Before(part.EndsAt); {
			next := t.query.By.next(at, loc)
			if next.After(part.EndsAt) {
				next = part.EndsAt
			}
			add(t.row(t.query.By.keyAt(at, loc)), next.Sub(at))
			at = next
		}
	}
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

func (t *table) location(site string) *time.Location {
	s, err := t.catalogue.Site(site)
	if err != nil {
		return time.UTC
	}
	return s.Location()
}

// addUse counts one space of one booking.
func (t *table) addUse(u models.Use) {
	key := t.keyOf(u)
	t.slice(u.Site, key, u.Booked(), func(r *Row, d time.Duration) { r.booked += d })
	if used, came := u.Used(); came {
		t.slice(u.Site, key, used, func(r *Row, d time.Duration) { r.used += d })
	}
	if !t.query.Period.Has(u.StartsAt) {
		return
	}
	if t.query.By.byTime() {
		key = t.query.By.keyAt(u.StartsAt, t.location(u.Site))
	}
	r := t.row(key)
	r.bookings[u.BookingID.String()] = true
	if u.Status == models.BookingNoShow {
		r.noShows[u.BookingID.String()+u.SpaceID.String()] = true
	}
	if u.CheckedInAt != nil && !t.countsStays() {
		r.visitors[u.OrganizerID.String()] = true
	}
}

// countsStays reports whether visitors are counted from visits.
func (t *table) countsStays() bool { return t.query.By.byTime() || t.query.By == BySite }

// addOpenings counts the time each bookable space was open.
func (t *table) addOpenings(sites []string) {
	if t.query.By == ByCompany || t.query.By == ByPlan {
		return
	}
	for _, site := range sites {
		for _, space := range t.catalogue.SpacesAt(site, "") {
			if !space.Bookable {
				continue
			}
			key := t.keyOf(models.Use{SpaceID: space.ID, Site: site, Kind: space.Kind})
			for _, open := range t.catalogue.OpenTimes(space, t.query.Period) {
				t.slice(site, key, open, func(r *Row, d time.Duration) { r.available += d })
			}
		}
	}
}

// addVisitors counts who was inside, for the groupings in which that is asked.
func (s *Service) addVisitors(ctx context.Context, t *table, sites []string) error {
	if !t.countsStays() {
		return nil
	}
	stays, err := s.store.Stays(ctx, sites, t.query.Period)
	if err != nil {
		return fmt.Errorf("find visits: %w", err)
	}
	now := s.now().UTC()
	for _, stay := range stays {
		p := models.Period{StartsAt: time.UnixMilli(stay.EnteredMS).UTC(), EndsAt: now}
		if stay.LeftMS != nil {
			p.EndsAt = time.UnixMilli(*stay.LeftMS).UTC()
		}
		t.slice(stay.Site, stay.Site, p, func(r *Row, _ time.Duration) { r.visitors[stay.Person] = true })
	}
	return nil
}

// result returns the rows in order of their keys, in whole minutes.
func (t *table) result() []Row {
	rows := make([]Row, 0, len(t.rows))
	for _, r := range t.rows {
		r.AvailableMinutes, r.BookedMinutes, r.UsedMinutes = minutes(r.available), minutes(r.booked), minutes(r.used)
		r.Bookings, r.NoShows, r.Visitors = len(r.bookings), len(r.noShows), len(r.visitors)
		rows = append(rows, *r)
	}
	slices.SortFunc(rows, func(a, b Row) int { return cmp.Compare(a.Key, b.Key) })
	return rows
}

func minutes(d time.Duration) int { return int(d / time.Minute) }
