package booking

import (
	"context"
	"fmt"

	"kyoten/models"
)

// Depart gives back all that a member still holds and waits for, whatever the
// limits of the plan say: who goes for good keeps nobody else out. Guests are
// told; the member is not, since nobody may write to them any more.
func (s *Service) Depart(ctx context.Context, by models.Principal, member models.ID) error {
	return s.giveUpAll(ctx, by, member, "", "")
}

// giveUpAll gives back what a member holds and waits for. told is what the member
// hears of it, "" = nothing.
func (s *Service) giveUpAll(ctx context.Context, by models.Principal, member models.ID, reason string, told models.NoticeKind) error {
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return err
	}
	return s.store.InTx(ctx, func(tx *models.Store) error {
		organizer, err := tx.LockMember(ctx, member)
		if err != nil {
			return err
		}
		ids, err := tx.OpenBookingsOf(ctx, member)
		if err != nil {
			return fmt.Errorf("find open bookings: %w", err)
		}
		rows, err := tx.LockBookings(ctx, ids)
		if err != nil {
			return fmt.Errorf("lock open bookings: %w", err)
		}
		if err := lockSpacesOf(ctx, tx, rows); err != nil {
			return err
		}
		if err := dropWishes(ctx, tx, by, member); err != nil {
			return err
		}
		for i := range rows {
			if rows[i].Over(s.present()) {
				continue // a hold that ran out
			}
			a := &alteration{tx: tx, cat: cat, by: by, now: s.present(), booking: &rows[i], organizer: &organizer, before: heldBy(&rows[i])}
			if err := a.leave(ctx, reason, told); err != nil {
				return err
			}
		}
		return nil
	})
}

func (a *alteration) leave(ctx context.Context, reason string, told models.NoticeKind) error {
	a.cancelled("booking.cancel", reason)
	a.told = told
	if err := a.booking.Cancel(a.now); err != nil {
		return err
	}
	return a.store(ctx)
}

// lockSpacesOf takes the spaces of bookings that are locked: before any wish, as
// everybody does.
func lockSpacesOf(ctx context.Context, tx *models.Store, rows []models.Booking) error {
	var ids []models.ID
	for i := range rows {
		ids = append(ids, spaceIDs(&rows[i])...)
	}
	if len(ids) == 0 {
		return nil
	}
	if _, err := tx.Lock(ctx, models.Locks{Spaces: ids}); err != nil {
		return fmt.Errorf("lock spaces of open bookings: %w", err)
	}
	return nil
}

// dropWishes takes a member off the waitlist, before what they give back goes to
// the next in line.
func dropWishes(ctx context.Context, tx *models.Store, by models.Principal, member models.ID) error {
	wishes, err := tx.OpenWishesOf(ctx, member)
	if err != nil {
		return fmt.Errorf("find wishes: %w", err)
	}
	for _, found := range wishes {
		w, err := tx.LockWish(ctx, found.ID)
		if err != nil {
			return fmt.Errorf("lock wish: %w", err)
		}
		if !w.Open() {
			continue
		}
		w.State = models.WishCancelled
		if err := saveWish(ctx, tx, by, "waitlist.leave", &w); err != nil {
			return err
		}
	}
	return nil
}
