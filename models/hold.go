package models

import (
	"context"
	"errors"
	"time"
)

// HoldOf returns the hold that a member has while a form is filled in, or nil.
// What an offer of the waitlist holds is not one.
func (s *Store) HoldOf(ctx context.Context, member ID) (*Booking, error) {
	return s.plainHold(ctx, "organizer_id = ?", member)
}

// Hold returns a hold that is not an offer's, or nil when it is gone.
func (s *Store) Hold(ctx context.Context, id ID) (*Booking, error) {
	return s.plainHold(ctx, "id = ?", id)
}

func (s *Store) plainHold(ctx context.Context, which string, id ID) (*Booking, error) {
	b, err := s.oneBooking(ctx, s.r(ctx).Where(which, id).
		Where("status = ? AND NOT EXISTS (SELECT 1 FROM waitlist w WHERE w.booking_id = bookings.id)", BookingHeld).
		Order("id").Limit(1))
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return &b, err
}

// DropHold takes a hold away: nothing was promised, so nothing is kept of it but
// its audit entry. Its row is locked.
func (s *Store) DropHold(ctx context.Context, id ID) error {
	if err := s.takeSpacesAway(ctx, id); err != nil {
		return err
	}
	return s.w(ctx).Where("id = ? AND status = ?", id, BookingHeld).Delete(&Booking{}).Error
}

// expiringBatch is how many rows Expired returns at most.
const expiringBatch = 100

// Expired returns the holds, offers and requests for approval whose time has run
// out, the oldest first.
func (s *Store) Expired(ctx context.Context) ([]ID, error) {
	var ids []ID
	err := s.r(ctx).Model(&Booking{}).Where("expires_at <= ? AND status IN ?", s.Now(), []BookingStatus{BookingHeld, BookingPending}).
		Order("expires_at, id").Limit(expiringBatch).Pluck("id", &ids).Error
	return ids, err
}

// ExpiredOn returns those of them that still stand in the way of one of the
// spaces for some part of p.
func (s *Store) ExpiredOn(ctx context.Context, spaces []ID, p Period) ([]ID, error) {
	var ids []ID
	err := s.r(ctx).Model(&BookingSpace{}).Distinct("booking_id").
		Where("space_id IN ? AND active AND expires_at <= ? AND starts_at > ? AND starts_at < ? AND ends_at > ?",
			spaces, s.Now(), p.StartsAt.Add(-longestHold), p.EndsAt, p.StartsAt).Pluck("booking_id", &ids).Error
	return ids, err
}

// HeldUntil makes the booking a hold that ends by itself.
func (b *Booking) HeldUntil(at time.Time) { b.until(BookingHeld, at) }

// AskedUntil makes the booking a request for approval that ends by itself.
func (b *Booking) AskedUntil(at time.Time) { b.until(BookingPending, at) }

func (b *Booking) until(status BookingStatus, at time.Time) {
	b.Status, b.ExpiresAt = status, &at
	for i := range b.Spaces {
		if sp := &b.Spaces[i]; sp.Active {
			sp.Status, sp.ReleaseAt, sp.ExpiresAt = status, nil, &at
		}
	}
}

// Expired reports whether a hold or a request has run out at now.
func (b *Booking) Expired(now time.Time) bool {
	return b.ExpiresAt != nil && !now.Before(*b.ExpiresAt) && (b.Status == BookingHeld || b.Status == BookingPending)
}
