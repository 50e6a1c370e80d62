package occupancy

import (
	"context"

	"kyoten/models"
)

// Fullness is how full a site is, in a word that anybody may know.
type Fullness string

// The words, by the share of places that are taken.
const (
	Quiet Fullness = "quiet"
	Busy  Fullness = "busy" // half or more
	Full  Fullness = "full" // nine tenths or more
)

// HowFull returns how full each site is now. It looks at public seats and at the
// people inside, so that neither a booked nor a crowded house calls itself quiet,
// and tells nothing of companies.
func (s *Service) HowFull(ctx context.Context) (map[string]Fullness, error) {
	c, err := s.store.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	now := s.store.Now()
	heads, err := s.store.HeadCounts(ctx, now)
	if err != nil {
		return nil, err
	}
	held, err := s.held(ctx, now)
	if err != nil {
		return nil, err
	}
	out := make(map[string]Fullness, len(c.Sites()))
	for _, site := range c.Sites() {
		n := siteNow(c, models.Principal{}, site, held) // what nobody in particular may see
		out[site.Slug] = fullness(n.Seats.Booked, n.Seats.Total, heads[site.Slug].Inside, n.Capacity)
	}
	return out, nil
}

// fullness judges by the fuller of the two.
func fullness(booked, seats, inside, capacity int) Fullness {
	tenths := 0
	if seats > 0 {
		tenths = booked * 10 / seats
	}
	if capacity > 0 {
		tenths = max(tenths, inside*10/capacity)
	}
	switch {
	case tenths >= 9:
		return Full
	case tenths >= 5:
		return Busy
	}
	return Quiet
}
