package booking

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"kyoten/internal/fault"
	"kyoten/models"
)

// WalkIn is a free seat for a member who stands at the entrance without a
// booking.
type WalkIn struct {
	Space  *models.Space
	Period models.Period
}

// walkInLengths are how long a stay may be that is offered, in the order in which
// they are tried: what is left of an allowance may do for a shorter one.
var walkInLengths = []time.Duration{12 * time.Hour, 4 * time.Hour, 2 * time.Hour, time.Hour, 0}

// OfferWalkIn returns a seat that the member may have at the site from now on, as
// long as possible. ErrSpaceTaken where there is none; another refusal of the
// member's plan or the site where no seat would do.
func (s *Service) OfferWalkIn(ctx context.Context, member models.ID, site string) (WalkIn, error) {
	return tryAgain(func() (WalkIn, error) { return s.offerWalkIn(ctx, member, site) })
}

// offerWalkIn is errAgain where somebody took the seat while it was looked at.
func (s *Service) offerWalkIn(ctx context.Context, member models.ID, site string) (WalkIn, error) {
	p, err := s.proposeWalkIn(ctx, member, site)
	if err != nil {
		return WalkIn{}, err
	}
	free, err := s.freeNow(ctx, p, site)
	if err != nil {
		return WalkIn{}, err
	}
	refusal := error(models.ErrSpaceTaken)
	for _, length := range walkInLengths {
		if !p.seatFor(free, length) {
			continue
		}
		if refusal = s.fits(ctx, p); refusal == nil {
			return WalkIn{p.spaces[0], p.period}, nil
		}
		switch {
		case errors.Is(refusal, models.ErrSpaceTaken):
			return WalkIn{}, errAgain
		case fault.From(refusal).Kind == fault.Internal:
			return WalkIn{}, refusal
		}
	}
	return WalkIn{}, refusal
}

// TakeWalkIn books what OfferWalkIn offers. Where somebody else was faster with
// that seat it books another.
func (s *Service) TakeWalkIn(ctx context.Context, member models.ID, site string) (Record, error) {
	for range maxAttempts {
		offer, err := s.OfferWalkIn(ctx, member, site)
		if err != nil {
			return Record{}, err
		}
		m, err := s.store.Member(ctx, member)
		if err != nil {
			return Record{}, err
		}
		rec, err := s.Reserve(ctx, models.Principal{Member: &m}, Request{
			StartsAt: offer.Period.StartsAt, EndsAt: offer.Period.EndsAt, Spaces: []models.ID{offer.Space.ID},
		})
		if !errors.Is(err, models.ErrSpaceTaken) {
			return rec, err
		}
	}
	return Record{}, models.ErrSpaceTaken
}

// proposeWalkIn begins a proposal whose place and end are still open.
func (s *Service) proposeWalkIn(ctx context.Context, member models.ID, site string) (*proposal, error) {
	m, err := s.store.Member(ctx, member)
	if err != nil {
		return nil, err
	}
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	at, err := cat.Site(site)
	switch {
	case err != nil:
		return nil, err
	case !at.WalkIns, cat.Barred(&m):
		return nil, models.ErrForbidden
	}
	p := &proposal{cat: cat, by: models.Principal{Member: &m}, now: s.present(), organizer: &m}
	if p.plan, err = cat.PlanOf(&m); err != nil {
		return nil, fmt.Errorf("find plan of member: %w", err)
	}
	return p, nil
}

// freeNow returns the seats that are free now, those that stay so for the longest
// first; among equals the member's own, which nobody else may take.
func (s *Service) freeNow(ctx context.Context, p *proposal, site string) ([]Answer, error) {
	seats := p.cat.SpacesAt(site, models.KindSeat)
	if len(seats) == 0 {
		return nil, nil
	}
	grain := step(seats)
	start := runningGrain(p.now, int(grain.Minutes()), p.location(seats[0]))
	all, err := s.Availability(ctx, p.by, Question{Site: site, Kind: models.KindSeat, StartsAt: start, EndsAt: start.Add(grain)})
	if err != nil {
		return nil, err
	}
	free := slices.DeleteFunc(all, func(a Answer) bool { return !a.Free })
	own := ownedBy(p.organizer)
	slices.SortStableFunc(free, func(a, b Answer) int {
		longer := cmp.Compare(b.FreeUntil.Unix(), a.FreeUntil.Unix())
		switch {
		case longer == 0 && own(a.Space) && !own(b.Space):
			return -1
		case longer == 0 && own(b.Space) && !own(a.Space):
			return 1
		}
		return longer
	})
	p.period.StartsAt = start
	return free, nil
}

// seatFor puts into the proposal the seat that is free for the longest and that
// the rules allow, for at most the length; 0 is as short as the plan allows. It
// reports whether there is one.
func (p *proposal) seatFor(free []Answer, most time.Duration) bool {
	for _, a := range free {
		rule, grain := p.rule(a.Space), minutes(a.Space.GrainMinutes)
		least := max(minutes(rule.MinMinutes), grain)
		length := a.FreeUntil.Sub(p.period.StartsAt) - minutes(rule.BufferMinutes)
		if rule.MaxMinutes > 0 {
			length = min(length, minutes(rule.MaxMinutes))
		}
		length = min(length, max(most, least)).Truncate(grain)
		p.spaces, p.period.EndsAt = []*models.Space{a.Space}, p.period.StartsAt.Add(length)
		if length >= least && p.judge() == nil {
			return true
		}
	}
	return false
}

// fits judges a proposal by what else is booked.
func (s *Service) fits(ctx context.Context, p *proposal) error {
	standing, err := s.store.StandingOf(ctx, p.claim())
	if err != nil {
		return fmt.Errorf("find what else is booked: %w", err)
	}
	if err := p.judgeCounts(standing); err != nil {
		return err
	}
	return p.judgeClashes(standing)
}
