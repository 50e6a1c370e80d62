package occupancy

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"kyoten/models"
)

// longestReport bounds what one request may have computed.
const longestReport = 366 * 24 * time.Hour

// By is what the rows of a utilization report stand for.
type By string

// The groupings. Hours, weekdays, days and months are wall time of each site.
const (
	ByHour    By = "hour"    // "00" to "23"
	ByWeekday By = "weekday" // "1" (Monday) to "7", as ISO 8601 counts
	ByDay     By = "day"     // "2026-12-07"
	ByMonth   By = "month"   // "2026-12"
	BySpace   By = "space"   // its id
	ByZone    By = "zone"    // its id; what the zones within it hold is theirs
	ByCompany By = "company" // its id, "0" for members without one
	ByPlan    By = "plan"    // its id
	ByKind    By = "kind"    // "seat", "room"
	BySite    By = "site"    // its slug

	ByWeekdayHour By = "weekday_hour" // "1-09": a cell of the heat map
)

// Groupings lists those a client may ask for.
var Groupings = []By{ByHour, ByWeekday, ByWeekdayHour, ByDay, ByMonth, BySpace, ByZone, ByCompany, ByPlan, ByKind, BySite}

// byTime reports whether the rows are times, which a period is cut up into.
func (b By) byTime() bool {
	return b == ByHour || b == ByWeekday || b == ByWeekdayHour || b == ByDay || b == ByMonth
}

// countsStays reports whether visitors are counted from visits: where the rows are
// times or places with doors.
func (b By) countsStays() bool { return b.byTime() || b == BySite || b == ByZone }

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
// leaving early or by a release; Used is the part of it after check-in. Bookings,
// NoShows and EarlyLeaves count where they begin. Visitors are distinct people who
// were inside, for groupings by time, site or zone, and distinct people who checked
// in for the others. Visits are the times somebody came, PeakInside the most people
// that were at one site at once, AverageInside how many were at a site on average
// while it was open; those three are 0 where visitors are not counted at doors.
type Row struct {
	Key                                          string
	AvailableMinutes, BookedMinutes, UsedMinutes int
	Bookings, NoShows, EarlyLeaves               int
	Visitors, Visits, PeakInside                 int
	AverageInside                                float64
}

// Utilization computes the report, in order of its keys. Staff get their sites,
// managers their company's bookings, administrators everything.
func (s *Service) Utilization(ctx context.Context, p models.Principal, q Query) ([]Row, error) {
	all, err := s.Utilizations(ctx, p, q, q.By)
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// Utilizations is Utilization by several groupings at once, which costs little
// more than one: the bookings and visits are read once.
func (s *Service) Utilizations(ctx context.Context, p models.Principal, q Query, by ...By) ([][]Row, error) {
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
	t := newTables(c, sites, q.Period, by)
	if err := s.addPlans(ctx, t); err != nil {
		return nil, err
	}
	if p.Member.Role == models.RoleManager { // whose report is about the company's bookings, not about the house
		err := s.addUses(ctx, p, t)
		return t.result(), err
	}
	var inside *house
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() error { return s.addUses(ctx, p, t) })
	both.Go(func() (err error) {
		inside, err = s.readStays(ctx, t)
		return err
	})
	if err := both.Wait(); err != nil {
		return nil, err
	}
	t.addOpenings()
	t.addHouse(inside)
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

// addUses counts the bookings: a manager's are those of the company.
func (s *Service) addUses(ctx context.Context, p models.Principal, t *tables) error {
	manager := p.Member.Role == models.RoleManager
	err := s.store.EachUse(ctx, t.sites, t.period, func(u *models.Use) {
		if !manager || p.Manages(u.Company) {
			t.addUse(u)
		}
	})
	if err != nil {
		return fmt.Errorf("find uses: %w", err)
	}
	return nil
}

// addPlans finds out the plan of each organizer, where a report needs it.
func (s *Service) addPlans(ctx context.Context, t *tables) error {
	if !t.has(ByPlan) {
		return nil
	}
	members, err := s.store.AllMembers(ctx)
	if err != nil {
		return fmt.Errorf("find members: %w", err)
	}
	for _, m := range members {
		if plan, err := t.catalogue.PlanOf(&m); err == nil {
			t.plans[m.ID] = plan.ID.String()
		}
	}
	return nil
}

// readStays returns who was inside, as far as a report asks that.
func (s *Service) readStays(ctx context.Context, t *tables) (*house, error) {
	if !t.countsStays() {
		return &house{}, nil
	}
	people, err := s.store.People(ctx)
	if err != nil {
		return nil, fmt.Errorf("find people: %w", err)
	}
	h := newHouse(people, s.now())
	if err := s.store.EachStay(ctx, t.sites, t.period, h.add); err != nil {
		return nil, fmt.Errorf("find visits: %w", err)
	}
	return h, nil
}
