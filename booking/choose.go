package booking

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"kyoten/models"
)

// candidatesFor returns, for each want, the spaces the caller may see that are
// what is wanted. ErrNotFound for a site that does not exist and for a want that
// nothing there meets; ErrCapacityExceeded when only the size is missing.
func candidatesFor(cat *models.Catalogue, by models.Principal, wants []Want) ([][]*models.Space, error) {
	var out [][]*models.Space
	for i, w := range wants {
		if _, err := cat.Site(w.Site); err != nil {
			return nil, models.ErrNotFound.On(fmt.Sprintf("any/%d/site", i))
		}
		var fit []*models.Space
		for _, s := range cat.SpacesAt(w.Site, w.Kind) {
			if by.SeesSpace(s) && w.fits(s) {
				fit = append(fit, s)
			}
		}
		if len(fit) == 0 {
			return nil, models.ErrNotFound.On(fmt.Sprintf("any/%d", i))
		}
		out = append(out, fit)
	}
	return out, nil
}

// choose picks a space for each want: one that the rules allow and that is free,
// the smallest that is large enough, and among equals the member's own seat, else any,
// so that many who ask at once do not all try for the same one.
func (p *proposal) choose(ctx context.Context, store *models.Store) error {
	if len(p.wants) == 0 {
		return nil
	}
	p.spaces = nil
	if err := p.sift(); err != nil {
		return err
	}
	busy, err := store.BusySpaces(ctx, p.wantedSites(), p.longestHold())
	if err != nil {
		return fmt.Errorf("find free spaces: %w", err)
	}
	for i, candidates := range p.candidates {
		free := slices.DeleteFunc(slices.Clone(candidates), func(s *models.Space) bool {
			return busy[s.ID] || slices.Contains(p.spaces, s)
		})
		if len(free) == 0 {
			p.spaces = nil
			return models.ErrSpaceTaken.On(fmt.Sprintf("any/%d", i))
		}
		p.spaces = append(p.spaces, best(free, p.organizer))
	}
	return nil
}

// best returns one of the smallest: the seat that is the member's own before others.
func best(free []*models.Space, m *models.Member) *models.Space {
	least := slices.MinFunc(free, func(a, b *models.Space) int { return cmp.Compare(a.Capacity, b.Capacity) })
	equal := slices.DeleteFunc(free, func(s *models.Space) bool { return s.Capacity != least.Capacity })
	if own := slices.IndexFunc(equal, ownedBy(m)); own >= 0 {
		return equal[own]
	}
	return equal[rand.IntN(len(equal))]
}

// ownedBy picks the fixed seats of a member.
func ownedBy(m *models.Member) func(*models.Space) bool {
	return func(s *models.Space) bool { return s.OwnerID != nil && *s.OwnerID == m.ID }
}

// sift leaves of the candidates those that the rules allow. Where none is left
// it returns the refusal of the one that came furthest.
func (p *proposal) sift() error {
	for i, candidates := range p.candidates {
		furthest, refusal := -1, error(nil)
		var allowed []*models.Space
		for _, s := range candidates {
			rule, err := p.judgeOne(s, p.wants[i])
			if err == nil {
				allowed = append(allowed, s)
			} else if rule > furthest {
				furthest, refusal = rule, err
			}
		}
		if len(allowed) == 0 {
			return refusal
		}
		p.candidates[i] = allowed
	}
	return nil
}

// judgeOne judges the proposal as if the space were all of it, and returns which
// rule refused.
func (p *proposal) judgeOne(s *models.Space, w Want) (int, error) {
	one := *p
	one.spaces = []*models.Space{s}
	one.guests = 0
	if len(p.wants) == 1 {
		one.guests = p.guests
	}
	for i, rule := range rules {
		if err := rule(&one, s); err != nil {
			return i, err
		}
	}
	if s.Capacity < w.Capacity {
		return len(rules), ErrCapacityExceeded.On("any").With("capacity", s.Capacity)
	}
	return 0, nil
}

func (p *proposal) wantedSites() []string {
	var sites []string
	for _, w := range p.wants {
		if !slices.Contains(sites, w.Site) {
			sites = append(sites, w.Site)
		}
	}
	return sites
}

// longestHold is the time for which every wanted space must be free: the period
// with the longest buffer among the kinds.
func (p *proposal) longestHold() models.Period {
	hold := p.period
	for _, s := range p.slotSpaces() {
		if h := p.hold(s); h.EndsAt.After(hold.EndsAt) {
			hold = h
		}
	}
	return hold
}
