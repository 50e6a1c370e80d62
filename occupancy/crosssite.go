package occupancy

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"kyoten/models"
)

// CrossRow says what people of one home site did at one site in a month: what
// the sites settle among themselves.
type CrossRow struct {
	Home, Site                 string // Home is "" for people without a home site
	Bookings                   int    // that begin in the month
	BookedMinutes, UsedMinutes int    // of one space each, as in Row
	Visitors                   int    // distinct people who were inside; guests count with their host's home
}

// CrossSite computes the rows of a month, by home and then by site. A month is
// each visited site's own, by its clocks. Staff get the rows in which one of
// their sites is either side, administrators all.
func (s *Service) CrossSite(ctx context.Context, p models.Principal, year int, month time.Month) ([]CrossRow, error) {
	if !p.Staff() && !p.Admin() {
		return nil, models.ErrForbidden
	}
	c, err := s.store.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	m := &crossing{rows: map[[2]string]*tally{}}
	if m.homes, err = s.store.HomeSites(ctx); err != nil {
		return nil, fmt.Errorf("find home sites: %w", err)
	}
	people, err := s.store.People(ctx)
	if err != nil {
		return nil, fmt.Errorf("find people: %w", err)
	}
	for zone, sites := range sitesByZone(c) {
		first, next := monthOf(year, month)
		m.period = models.Period{StartsAt: first.At(0, zone), EndsAt: next.At(0, zone)}
		if err := s.cross(ctx, m, sites, newHouse(people, s.now())); err != nil {
			return nil, err
		}
	}
	return m.result(p), nil
}

// sitesByZone returns the sites whose clocks agree, which can be asked about
// together.
func sitesByZone(c *models.Catalogue) map[*time.Location][]string {
	names, zones := map[string]*time.Location{}, map[*time.Location][]string{}
	for _, site := range c.Sites() {
		loc := site.Location()
		if names[loc.String()] == nil {
			names[loc.String()] = loc
		}
		loc = names[loc.String()]
		zones[loc] = append(zones[loc], site.Slug)
	}
	return zones
}

// crossing collects the rows.
type crossing struct {
	homes  map[models.ID]string
	period models.Period
	rows   map[[2]string]*tally
}

// cross adds what happened at sites whose clocks agree.
func (s *Service) cross(ctx context.Context, m *crossing, sites []string, h *house) error {
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() error { return s.store.EachUse(ctx, sites, m.period, m.addUse) })
	both.Go(func() error { return s.store.EachStay(ctx, sites, m.period, h.add) })
	if err := both.Wait(); err != nil {
		return fmt.Errorf("find uses and visits: %w", err)
	}
	for site, stays := range h.sites {
		for _, stay := range stays {
			m.row(h.homes[stay.person], site).visitors.add(stay.person)
		}
	}
	return nil
}

func (m *crossing) row(home, site string) *tally {
	key := [2]string{home, site}
	if m.rows[key] == nil {
		m.rows[key] = newTally()
	}
	return m.rows[key]
}

func (m *crossing) addUse(u *models.Use) {
	r := m.row(m.homes[u.OrganizerID], u.Site)
	r.booked += within(u.Booked(), m.period)
	if used, came := u.Used(); came {
		r.used += within(used, m.period)
	}
	if m.period.Has(u.StartsAt) {
		r.begun(u)
	}
}

// within is how much of p lies in the period, in milliseconds.
func within(p, period models.Period) int64 {
	return max(0, min(p.EndsAt.UnixMilli(), period.EndsAt.UnixMilli())-max(p.StartsAt.UnixMilli(), period.StartsAt.UnixMilli()))
}

func (m *crossing) result(p models.Principal) []CrossRow {
	var rows []CrossRow
	for key, r := range m.rows {
		home, site := key[0], key[1]
		if !p.Admin() && !p.Runs(home) && !p.Runs(site) {
			continue
		}
		rows = append(rows, CrossRow{
			Home: home, Site: site, Bookings: r.bookings(), BookedMinutes: minutesOf(r.booked), UsedMinutes: minutesOf(r.used),
			Visitors: r.visitors.count(),
		})
	}
	slices.SortFunc(rows, func(a, b CrossRow) int { return cmp.Or(cmp.Compare(a.Home, b.Home), cmp.Compare(a.Site, b.Site)) })
	return rows
}
