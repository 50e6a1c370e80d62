package booking

import (
	"context"
	"fmt"
	"slices"
	"time"

	"kyoten/models"
)

// lookAhead is how far beyond the asked period the next opening, and the end of a
// long one, is looked for.
const lookAhead = 14 * 24 * time.Hour

// Question asks what is free at a site.
type Question struct {
	Site      string
	Kind      models.Kind // "" = both
	StartsAt  time.Time
	EndsAt    time.Time
	Capacity  int
	Equipment []string // all of them
}

// Answer says of one space whether it can be had for all of the period.
// FreeUntil is the start of what comes next, closing time included; NextFreeAt
// the end of what is in the way. Either is zero where it does not apply.
type Answer struct {
	Space      *models.Space
	Free       bool
	FreeUntil  time.Time
	NextFreeAt time.Time
}

// Availability answers for every space of the site that the caller may see, in
// the order of the site. One query for what is booked, however many there are.
func (s *Service) Availability(ctx context.Context, by models.Principal, q Question) ([]Answer, error) {
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	site, err := cat.Site(q.Site)
	if err != nil {
		return nil, models.ErrNotFound.On("site")
	}
	period, err := models.NewPeriod(q.StartsAt, q.EndsAt)
	if err != nil {
		return nil, err
	}
	if period.Length() > models.LongestBooking {
		return nil, models.ErrOutOfRange.On("ends_at").With("max", models.LongestBooking)
	}
	plan, err := cat.PlanOf(by.Member)
	if err != nil {
		return nil, fmt.Errorf("find plan of member: %w", err)
	}
	v := &viewing{
		proposal: proposal{cat: cat, by: by, organizer: by.Member, plan: plan, period: period},
		open:     cat.SiteOpenTimes(site, models.Period{StartsAt: period.StartsAt, EndsAt: period.EndsAt.Add(lookAhead)}),
	}
	v.special = v.hasPartialClosures(site.Slug)
	if err := v.read(ctx, s.store, q); err != nil {
		return nil, err
	}
	return v.answers(q), nil
}

// viewing is a look at a site: what would stand in the way of a booking of any
// one of its spaces.
type viewing struct {
	proposal
	open    []models.Period // of the site
	special bool            // parts of the site are closed at times of their own
	ways    map[models.Kind]map[models.ID]models.Way
}

func (v *viewing) hasPartialClosures(site string) bool {
	ahead := models.Period{StartsAt: v.period.StartsAt, EndsAt: v.period.EndsAt.Add(lookAhead)}
	return slices.ContainsFunc(v.cat.ClosuresAt(site), func(c models.Closure) bool {
		return (c.ZoneID != nil || c.SpaceID != nil) && c.Period().Overlaps(ahead)
	})
}

// read asks the database once, and a second time only where the plan keeps
// another buffer after rooms than after seats.
func (v *viewing) read(ctx context.Context, store *models.Store, q Question) error {
	horizon := v.period.EndsAt
	if open, ok := around(v.open, v.period); ok {
		horizon = open.EndsAt
	}
	v.ways = map[models.Kind]map[models.ID]models.Way{}
	byBuffer := map[int]map[models.ID]models.Way{}
	for _, kind := range []models.Kind{models.KindSeat, models.KindRoom} {
		if q.Kind != "" && q.Kind != kind {
			continue
		}
		buffer := v.plan.Rules[kind].BufferMinutes
		if byBuffer[buffer] == nil {
			hold := models.Period{StartsAt: v.period.StartsAt, EndsAt: v.period.EndsAt.Add(minutes(buffer))}
			ways, err := store.WaysAt(ctx, q.Site, hold, horizon)
			if err != nil {
				return fmt.Errorf("find what is booked: %w", err)
			}
			byBuffer[buffer] = ways
		}
		v.ways[kind] = byBuffer[buffer]
	}
	return nil
}

// around returns the opening that covers all of p.
func around(open []models.Period, p models.Period) (models.Period, bool) {
	for _, o := range open {
		if o.Contains(p) {
			return o, true
		}
	}
	return models.Period{}, false
}

func (v *viewing) answers(q Question) []Answer {
	spaces := v.cat.SpacesAt(q.Site, q.Kind)
	out := make([]Answer, 0, len(spaces))
	for _, s := range spaces {
		if v.by.SeesSpace(s) && s.Capacity >= q.Capacity && s.Has(q.Equipment) {
			out = append(out, v.answer(s))
		}
	}
	return out
}

func (v *viewing) answer(s *models.Space) Answer {
	a := Answer{Space: s}
	if v.bookable(s) != nil {
		return a
	}
	times := v.open
	if v.special {
		times = v.cat.OpenTimes(s, models.Period{StartsAt: v.period.StartsAt, EndsAt: v.period.EndsAt.Add(lookAhead)})
	}
	way := v.ways[s.Kind][s.ID]
	open, isOpen := around(times, v.period)
	if isOpen && way.Until == 0 {
		a.Free, a.FreeUntil = true, open.EndsAt
		if next := time.Unix(way.Next, 0).UTC(); way.Next != 0 && next.Before(open.EndsAt) {
			a.FreeUntil = next
		}
		return a
	}
	if way.Until != 0 {
		a.NextFreeAt = time.Unix(way.Until, 0).UTC()
	}
	if reopens := reopening(times, v.period); !isOpen && reopens.After(a.NextFreeAt) {
		a.NextFreeAt = reopens
	}
	return a
}

// reopening returns the end of the last closed time that lies on p: the start of
// the first opening that is still open when p ends, or begins after it. Zero when
// there is none in sight.
func reopening(open []models.Period, p models.Period) time.Time {
	for _, o := range open {
		if o.EndsAt.Before(p.EndsAt) || o.EndsAt.Equal(p.EndsAt) {
			continue
		}
		return o.StartsAt
	}
	return time.Time{}
}
