package booking

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kyoten/models"
)

// HoldFor is how long a hold keeps others out while a form is filled in.
const HoldFor = 5 * time.Minute

// Hold keeps spaces for somebody for a short while. To others they are taken; it
// is gone by itself.
type Hold struct {
	ID        models.ID
	StartsAt  time.Time
	EndsAt    time.Time
	Spaces    []models.ID
	ExpiresAt time.Time
}

// Hold keeps the spaces of a request for HoldFor, under the rules of a booking.
// It counts against no limit, and takes the place of the hold the holder had
// before: nobody keeps more than one.
func (s *Service) Hold(ctx context.Context, by models.Principal, req Request) (Hold, error) {
	req.keep, req.Hold = true, nil
	_, b, err := s.reserve(ctx, by, req)
	if err != nil {
		return Hold{}, err
	}
	return Hold{ID: b.ID, StartsAt: b.StartsAt, EndsAt: b.EndsAt, Spaces: spaceIDs(&b), ExpiresAt: *b.ExpiresAt}, nil
}

// LetGo gives a hold back before its time.
func (s *Service) LetGo(ctx context.Context, by models.Principal, id models.ID) error {
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return err
	}
	hold, err := s.store.Hold(ctx, id)
	switch {
	case err != nil:
		return err
	case hold == nil, !by.Is(hold.OrganizerID) && !by.Is(hold.CreatedBy):
		return models.ErrNotFound
	}
	return s.store.InTx(ctx, func(tx *models.Store) error {
		b, err := tx.LockBooking(ctx, id)
		switch {
		case errors.Is(err, models.ErrNotFound):
			return nil // it ended by itself meanwhile
		case err != nil:
			return err
		}
		return s.dropHold(ctx, tx, cat, &b, models.WishCancelled)
	})
}

// findHold reads what the request grows from: the hold it names, the one it is to
// take the place of, or an accepted offer. One that is gone is no hindrance; what
// may still be free can still be booked.
func (s *Service) findHold(ctx context.Context, p *proposal, req *Request) (err error) {
	switch {
	case req.wish != nil:
		return s.findOffer(ctx, p, req)
	case req.keep:
		p.grows, err = s.store.HoldOf(ctx, p.organizer.ID)
	case req.Hold != nil:
		p.grows, err = s.store.Hold(ctx, *req.Hold)
		if p.grows != nil && p.grows.OrganizerID != p.organizer.ID {
			p.grows = nil // nobody learns of another's hold
		}
	}
	if err != nil {
		return fmt.Errorf("read hold: %w", err)
	}
	if req.Hold != nil && p.grows != nil {
		req.fillFrom(p.grows)
	}
	return nil
}

// fillFrom takes what the request leaves out from the hold.
func (r *Request) fillFrom(hold *models.Booking) {
	if len(r.Spaces)+len(r.Any) == 0 {
		r.Spaces = spaceIDs(hold)
	}
	if r.StartsAt.IsZero() {
		r.StartsAt = hold.StartsAt
	}
	if r.EndsAt.IsZero() {
		r.EndsAt = hold.EndsAt
	}
}

// dropHold ends a hold, locked, and gives what it kept to the first in line. The
// wish of an offer that ends with it goes to the given state.
func (s *Service) dropHold(ctx context.Context, tx *models.Store, cat *models.Catalogue, b *models.Booking, wish models.WishState) error {
	held := heldBy(b)
	if _, err := tx.Lock(ctx, models.Locks{Spaces: spaceIDs(b)}); err != nil {
		return fmt.Errorf("lock held spaces: %w", err)
	}
	if err := s.endOffer(ctx, tx, cat, b, wish); err != nil {
		return err
	}
	if err := tx.DropHold(ctx, b.ID); err != nil {
		return fmt.Errorf("take hold away: %w", err)
	}
	return offerFreed(ctx, tx, cat, s.present(), held)
}
