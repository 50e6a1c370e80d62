package occupancy

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"kyoten/models"
)

// CrossRow says what people of one home site did at one site in a month: what
// the sites settle among themselves.
type CrossRow struct {
	Home, Site                 string // Home is "" for people without a home site
	Bookings                   int    // that begin in the month
	BookedMinutes, UsedMinutes int    // of one space each, as in Row
	Visitors                   int    // distinct people who were inside; guests count with their host's home
	booked, used               time.Duration
	bookings, visitors         map[string]bool
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
	m := &crossing{rows: map[[2]string]*CrossRow{}}
	if m.homes, err = s.store.HomeSites(ctx); err != nil {
		return nil, fmt.Errorf("find home sites: %w", err)
	}
	for _, site := range c.Sites() {
		first := models.Day{Year: year, Month: month, Day: 1}
		next := models.DayOf(time.Date(year, month+1, 1, 12, 0, 0, 0, time.UTC), time.UTC)
		m.period = models.Period{StartsAt: first.At(0, site.Location()), EndsAt: next.At(0, site.Location())}
		if err := s.cross(ctx, m, site.Slug); err != nil {
			return nil, err
		}
	}
	return m.result(p), nil
}

// crossing collects the rows.
type crossing struct {
	homes  map[models.ID]string
	period models.Period
	rows   map[[2]string]*CrossRow
}

// cross adds what happened at one site.
func (s *Service) cross(ctx context.Context, m *crossing, site string) error {
	uses, err := s.store.Uses(ctx, []string{site}, m.period)
	if err != nil {
		return fmt.Errorf("find uses: %w", err)
	}
	for _, u := range uses {
		m.addUse(u)
	}
	stays, err := s.store.Stays(ctx, []string{site}, m.period)
	if err != nil {
		return fmt.Errorf("find visits: %w", err)
	}
	for _, stay := range stays {
		m.row(stay.Home, stay.Site).visitors[stay.Person] = true
	}
	return nil
}

func (m *crossing) row(home, site string) *CrossRow {
	key := [2]string{home, site}
	if m.rows[key] == nil {
		m.rows[key] = &CrossRow{Home: home, Site: site, bookings: map[string]bool{}, visitors: map[string]bool{}}
	}
	return m.rows[key]
}

func (m *crossing) addUse(u models.Use) {
	r := m.row(m.homes[u.OrganizerID], u.Site)
	for _, part := range models.Clip([]models.Period{u.Booked()}, m.period) {
		r.booked += part.Length()
	}
	if used, came := u.Used(); came {
		for _, part := range models.Clip([]models.Period{used}, m.period) {
			r.used += part.Length()
		}
	}
	if m.period.Has(u.StartsAt) {
		r.bookings[u.BookingID.String()] = true
	}
}

func (m *crossing) result(p models.Principal) []CrossRow {
	var rows []CrossRow
	for _, r := range m.rows {
		if !p.Admin() && !p.Runs(r.Home) && !p.Runs(r.Site) {
			continue
		}
		r.Bookings, r.Visitors = len(r.bookings), len(r.visitors)
		r.BookedMinutes, r.UsedMinutes = minutes(r.booked), minutes(r.used)
		rows = append(rows, *r)
	}
	slices.SortFunc(rows, func(a, b CrossRow) int { return cmp.Or(cmp.Compare(a.Home, b.Home), cmp.Compare(a.Site, b.Site)) })
	return rows
}
