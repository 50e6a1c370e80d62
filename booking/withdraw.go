package booking

import (
	"context"
	"fmt"

	"kyoten/models"
)

// Coming returns, by start, the bookings that members still hold or wait for an
// answer about, as far as the caller may read them: what Withdraw would give back.
func (s *Service) Coming(ctx context.Context, by models.Principal, members ...models.ID) ([]Record, error) {
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := s.store.HeldByMembers(ctx, members)
	if err != nil {
		return nil, fmt.Errorf("find coming bookings: %w", err)
	}
	return s.records(ctx, cat, by, rows)
}

// ComingTo returns, by start, the bookings that are not over and hold a space, as far
// as the caller may read them.
func (s *Service) ComingTo(ctx context.Context, by models.Principal, space models.ID) ([]Record, error) {
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	now := s.present()
	ids, err := s.store.BookingsHolding(ctx, []models.ID{space}, models.Period{StartsAt: now, EndsAt: now.Add(maxGiveUp)})
	if err != nil {
		return nil, fmt.Errorf("find bookings of the space: %w", err)
	}
	rows, err := s.store.BookingsByStart(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read bookings of the space: %w", err)
	}
	return s.records(ctx, cat, by, rows)
}

// Withdraw gives back all that members still hold and wait for, whatever the
// limits of their plans say, and tells them and their guests: they may not use it
// any more. Who does it and whether they may is for the caller to have judged.
func (s *Service) Withdraw(ctx context.Context, by models.Principal, reason string, members ...models.ID) error {
	for _, m := range members {
		if err := s.giveUpAll(ctx, by, m, reason, models.NoticeCancelled); err != nil {
			return err
		}
	}
	return nil
}
