package booking

import (
	"context"
	"errors"
	"fmt"

	"kyoten/models"
)

// Accept makes an offer a booking. Accepting twice gives the same booking.
func (s *Service) Accept(ctx context.Context, by models.Principal, id models.ID) (Record, error) {
	w, err := s.Wish(ctx, by, id)
	if err != nil {
		return Record{}, err
	}
	if w.State == models.WishAccepted {
		return s.Booking(ctx, by, *w.BookingID)
	}
	return s.Reserve(ctx, by, Request{wish: &id})
}

// findOffer reads the offer that is accepted, and asks for what it holds.
func (s *Service) findOffer(ctx context.Context, p *proposal, req *Request) error {
	w, err := s.store.Wish(ctx, *req.wish)
	if err != nil {
		return err
	}
	switch w.StateAt(p.now) {
	case models.WishOffered:
	case models.WishExpired:
		return ErrOfferExpired
	default:
		return ErrNoOffer
	}
	hold, err := s.store.Booking(ctx, *w.BookingID)
	if err != nil {
		return notFoundOr(err, "")
	}
	p.grows, p.wish = &hold, &w
	req.fillFrom(&hold)
	return nil
}

// acceptWish notes which booking the offer became. The hold is locked, and was
// still there, so that the offer is too.
func (p *proposal) acceptWish(ctx context.Context, tx *models.Store, b *models.Booking) error {
	w, err := tx.LockWish(ctx, p.wish.ID)
	if err != nil {
		return fmt.Errorf("lock wish: %w", err)
	}
	w.State, w.BookingID = models.WishAccepted, &b.ID
	return saveWish(ctx, tx, p.by, "waitlist.accept", &w)
}

// Leave takes the caller off the waitlist; what was offered goes to the next in
// line. Leaving twice, or a wish that came to an end, is as good as once.
func (s *Service) Leave(ctx context.Context, by models.Principal, id models.ID) error {
	for {
		err := s.leaveOnce(ctx, by, id)
		if !errors.Is(err, errAgain) {
			return err
		}
	}
}

// leaveOnce gives up a place in line, or an offer; errAgain when the one has just
// become the other, since a wish is locked after what is offered to it.
func (s *Service) leaveOnce(ctx context.Context, by models.Principal, id models.ID) error {
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return err
	}
	w, err := s.store.Wish(ctx, id)
	if err != nil || !by.Is(w.MemberID) {
		return notFoundOr(err, "")
	}
	return s.store.InTx(ctx, func(tx *models.Store) error {
		if w.State == models.WishOffered {
			return s.decline(ctx, tx, cat, *w.BookingID)
		}
		locked, err := tx.LockWish(ctx, id)
		switch {
		case err != nil:
			return err
		case locked.State == models.WishOffered:
			return errAgain
		case locked.State != models.WishWaiting:
			return nil
		}
		locked.State = models.WishCancelled
		return saveWish(ctx, tx, by, "waitlist.leave", &locked)
	})
}

// decline gives an offer back.
func (s *Service) decline(ctx context.Context, tx *models.Store, cat *models.Catalogue, hold models.ID) error {
	b, err := tx.LockBooking(ctx, hold)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return nil // it was accepted or has run out meanwhile
	case err != nil:
		return err
	case b.Status != models.BookingHeld:
		return nil
	}
	return s.dropHold(ctx, tx, cat, &b, models.WishCancelled)
}

// endOffer brings the wish of an offer that ends to a state, and tells whoever
// let it run out.
func (s *Service) endOffer(ctx context.Context, tx *models.Store, cat *models.Catalogue, b *models.Booking, state models.WishState) error {
	w, err := tx.WishOf(ctx, b.ID)
	if errors.Is(err, models.ErrNotFound) {
		return nil // a hold of a form
	}
	if err != nil {
		return fmt.Errorf("find wish of offer: %w", err)
	}
	if w, err = tx.LockWish(ctx, w.ID); err != nil || w.State != models.WishOffered {
		return err
	}
	w.State, w.BookingID = state, nil
	action := map[models.WishState]string{models.WishExpired: "waitlist.expire", models.WishCancelled: "waitlist.decline"}[state]
	if err := saveWish(ctx, tx, models.System, action, &w); err != nil || state != models.WishExpired {
		return err
	}
	organizer, err := tx.Member(ctx, b.OrganizerID)
	if err != nil {
		return fmt.Errorf("read who was offered: %w", err)
	}
	notice := models.NewBookingNotice(cat, b, &organizer)
	notice.Link = waitlistPage // what was offered is no booking any more
	return tx.TellOrganizer(ctx, models.NoticeWaitlistExpired, b, &organizer, notice)
}
