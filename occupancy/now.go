package occupancy

import (
	"context"
	"fmt"
	"time"

	"kyoten/models"
)

// Counts says how many spaces of a kind there are and how many of them are held
// now. Booked includes CheckedIn.
type Counts struct {
	Total, Booked, CheckedIn int
}

// SiteNow is a site at one instant.
type SiteNow struct {
	Site        string
	Inside      int
	Unconfirmed int // told to those who run the site only
	Capacity    int // how many people may be inside; the places of its spaces where the site does not say
	Seats       Counts
	Rooms       Counts
	At          time.Time // UTC
}

// Now returns every site as it is now. Anybody signed in gets counts; the spaces
// that do not exist for the principal are not among them.
func (s *Service) Now(ctx context.Context, p models.Principal) ([]SiteNow, error) {
	if !p.SignedIn() {
		return nil, models.ErrForbidden
	}
	c, err := s.store.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	now, err := s.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	return now.seenBy(c, p), nil
}

// snapshot is all sites at one instant, for everybody.
type snapshot struct {
	at    time.Time
	heads map[string]models.HeadCount
	held  map[models.ID]models.BookingStatus
}

func (s *Service) snapshot(ctx context.Context) (snapshot, error) {
	now := s.store.Now()
	heads, err := s.store.HeadCounts(ctx, now)
	if err != nil {
		return snapshot{}, fmt.Errorf("count heads: %w", err)
	}
	held, err := s.held(ctx, now)
	return snapshot{now, heads, held}, err
}

// seenBy is as much of it as the principal may see.
func (n snapshot) seenBy(c *models.Catalogue, p models.Principal) []SiteNow {
	out := make([]SiteNow, 0, len(c.Sites()))
	for _, site := range c.Sites() {
		one := siteNow(c, p, site, n.held)
		one.At, one.Inside = n.at, n.heads[site.Slug].Inside
		if p.Runs(site.Slug) {
			one.Unconfirmed = n.heads[site.Slug].Unconfirmed
		}
		out = append(out, one)
	}
	return out
}

// held returns the status of what is held at now, by space.
func (s *Service) held(ctx context.Context, now time.Time) (map[models.ID]models.BookingStatus, error) {
	rows, err := s.store.HeldSpaces(ctx, now)
	if err != nil {
		return nil, fmt.Errorf("find held spaces: %w", err)
	}
	held := make(map[models.ID]models.BookingStatus, len(rows))
	for _, r := range rows {
		held[r.SpaceID] = r.Status
	}
	return held, nil
}

func siteNow(c *models.Catalogue, p models.Principal, site *models.Site, held map[models.ID]models.BookingStatus) SiteNow {
	n := SiteNow{Site: site.Slug, Capacity: site.Capacity}
	places := 0
	for _, space := range c.SpacesAt(site.Slug, "") {
		places += space.Capacity
		if !p.SeesSpace(space) {
			continue
		}
		counts := &n.Seats
		if space.Kind == models.KindRoom {
			counts = &n.Rooms
		}
		counts.Total++
		if status, ok := held[space.ID]; ok {
			counts.Booked++
			if status == models.BookingCheckedIn {
				counts.CheckedIn++
			}
		}
	}
	if n.Capacity == 0 {
		n.Capacity = places
	}
	return n
}
