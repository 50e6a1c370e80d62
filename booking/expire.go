package booking

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"kyoten/models"
)

// Expire ends what has run out: holds, offers that were not taken up, requests
// nobody decided. What it frees goes to the next in line. It is safe to run on
// several servers at once: each row is ended once, under its lock. One that fails
// leaves the others alone.
func (s *Service) Expire(ctx context.Context) error {
	ids, err := s.store.Expired(ctx)
	if err != nil {
		return fmt.Errorf("find holds that ran out: %w", err)
	}
	failed := make([]error, len(ids))
	for i, id := range ids {
		failed[i] = s.expire(ctx, id)
	}
	return errors.Join(append(failed, s.store.ExpireWishes(ctx))...)
}

func (s *Service) expire(ctx context.Context, id models.ID) error {
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return err
	}
	return s.store.InTx(ctx, func(tx *models.Store) error {
		b, err := tx.LockBooking(ctx, id)
		switch {
		case errors.Is(err, models.ErrNotFound):
			return nil // another server was faster
		case err != nil:
			return err
		case !b.Expired(s.present()):
			return nil
		case b.Status == models.BookingPending:
			return s.lapse(ctx, tx, cat, &b)
		}
		return s.dropHold(ctx, tx, cat, &b, models.WishExpired)
	})
}

// passOn ends the holds that ran out and stand in the way of a proposal: offers
// go to the next in line, the rest is free. Then the proposal is judged again.
func (s *Service) passOn(ctx context.Context, p *proposal) error {
	ids, span := spanOf(p.claim().Spaces)
	return s.expireOn(ctx, ids, span)
}

// expireOn ends what ran out and stands in the way of some spaces: errAgain.
func (s *Service) expireOn(ctx context.Context, ids []models.ID, span models.Period) error {
	expired, err := s.store.ExpiredOn(ctx, ids, span)
	if err != nil {
		return fmt.Errorf("find holds that ran out: %w", err)
	}
	for _, id := range expired {
		if err := s.expire(ctx, id); err != nil {
			return err
		}
	}
	return errAgain
}

// OfferWaiting serves the waitlist with what came free otherwise than by a
// booking that ended: a closure was lifted, hours or a plan were changed, a space
// was added. It looks without locks, and takes them only where there is something
// to offer.
func (s *Service) OfferWaiting(ctx context.Context) error {
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return err
	}
	now := s.present()
	wishes, err := s.store.Waiting(ctx, models.Period{StartsAt: now, EndsAt: now.Add(maxGiveUp)})
	if err != nil || len(wishes) == 0 {
		return err
	}
	l := &line{tx: s.store, cat: cat, now: now}
	if err := l.read(ctx, wishes, suitable(cat, wishes)); err != nil {
		return err
	}
	var free []models.SpaceClaim
	for i := range wishes {
		p, err := l.match(&wishes[i])
		switch {
		case err != nil:
			return err
		case p != nil:
			free = append(free, p.claim().Spaces...)
		}
	}
	return s.store.InTx(ctx, func(tx *models.Store) error { return offerFreed(ctx, tx, cat, now, free) })
}

// suitable returns every space that one of the wishes is about.
func suitable(cat *models.Catalogue, wishes []models.Wish) []models.ID {
	var ids []models.ID
	for _, site := range cat.Sites() {
		for _, space := range cat.SpacesAt(site.Slug, "") {
			if slices.ContainsFunc(wishes, func(w models.Wish) bool { return w.Suits(space) }) {
				ids = append(ids, space.ID)
			}
		}
	}
	return ids
}
