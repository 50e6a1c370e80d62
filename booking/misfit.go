package booking

import (
	"context"
	"fmt"
	"slices"

	"kyoten/internal/fault"
	"kyoten/models"
)

// Misfit is a coming booking that the rules of a plan would refuse, and which of
// them does.
type Misfit struct {
	Record
	Code string
}

// lasting are the rules that a booking must still keep after it was made: not
// those about when it was asked for, nor those of the site.
var lasting = []func(*proposal, *models.Space) error{
	(*proposal).nearEnough,
	(*proposal).longEnough,
	(*proposal).shortEnough,
	(*proposal).bookable,
	(*proposal).guestsAllowed,
}

// Misfits returns the coming bookings of those who have a plan that its rules,
// as they are handed in, would refuse today: what a change of the plan would not
// allow any more. Nothing is changed; whoever has booked keeps what was promised.
func (s *Service) Misfits(ctx context.Context, by models.Principal, plan *models.Plan) ([]Misfit, error) {
	if !by.Admin() {
		return nil, models.ErrForbidden
	}
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := s.store.ComingBookings(ctx)
	if err != nil {
		return nil, fmt.Errorf("find coming bookings: %w", err)
	}
	records, err := s.records(ctx, cat, by, rows)
	if err != nil {
		return nil, err
	}
	return s.judgeComing(cat, plan, slices.DeleteFunc(records, func(r Record) bool {
		own, err := cat.PlanOf(r.Organizer)
		return err != nil || own.ID != plan.ID
	})), nil
}

// judgeComing judges bookings in the order of their starts, each beside those of
// its holder before it.
func (s *Service) judgeComing(cat *models.Catalogue, plan *models.Plan, records []Record) []Misfit {
	var out []Misfit
	ledgers := map[models.ID]*models.Ledger{}
	for _, r := range records {
		p := &proposal{
			cat: cat, by: models.Principal{Member: r.Organizer}, organizer: r.Organizer, plan: plan, now: s.present(),
			period: r.Period(), guests: len(r.Guests),
		}
		if ledgers[r.OrganizerID] == nil {
			ledgers[r.OrganizerID] = models.NewLedger()
		}
		if err := p.misfit(&r.Booking, ledgers[r.OrganizerID]); err != nil {
			out = append(out, Misfit{r, fault.From(err).Code})
		}
	}
	return out
}

// misfit judges a booking as one of those its holder has, in the order of their
// starts.
func (p *proposal) misfit(b *models.Booking, before *models.Ledger) error {
	for _, bs := range b.Spaces {
		if space, err := p.cat.Space(bs.SpaceID); err == nil && bs.Active {
			p.spaces = append(p.spaces, space)
		}
	}
	claim := p.claim()
	standing := before.StandingOf(claim)
	defer before.Add(claim, p.kinds())
	for _, rule := range lasting {
		for _, space := range p.spaces {
			if err := rule(p, space); err != nil {
				return err
			}
		}
	}
	return p.judgeCounts(standing)
}
