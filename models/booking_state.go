package models

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// end gives back every space that is still held, with what it came to.
func (b *Booking) end(status BookingStatus, now time.Time) {
	b.Status, b.EndedAt, b.ExpiresAt = status, &now, nil
	for i := range b.Spaces {
		if b.Spaces[i].Active {
			b.Spaces[i].end(status, now)
		}
	}
}

// end gives the space back from now on. The time it was used stays in the row.
func (s *BookingSpace) end(status BookingStatus, now time.Time) {
	s.Status, s.Active, s.ReleaseAt, s.ExpiresAt = status, false, nil, nil
	if (status == BookingCompleted || status == BookingNoShow) && now.After(s.StartsAt) && now.Before(s.EndsAt) {
		s.EndsAt = now
	}
}

// Cancel gives the spaces back. ErrBookingOver when there is nothing left to give
// back.
func (b *Booking) Cancel(now time.Time) error {
	if b.Over(now) {
		return ErrBookingOver
	}
	b.end(BookingCancelled, now)
	return nil
}

// Reject refuses a booking that waits for approval.
func (b *Booking) Reject(now time.Time) error {
	if b.Status != BookingPending {
		return ErrBookingOver
	}
	b.end(BookingRejected, now)
	return nil
}

// CheckIn checks in all spaces of the booking by hand, at sites that let people
// in so long before the start; see CheckInOpen for when.
func (b *Booking) CheckIn(early time.Duration, now time.Time) error {
	if err := b.CheckInOpen(early, now); err != nil {
		return err
	}
	b.Status = BookingCheckedIn
	for i := range b.Spaces {
		b.Spaces[i].CheckIn(now)
	}
	return nil
}

// Awaits reports whether a space of the booking was not checked in yet: of a linked
// meeting one may be, and the others wait.
func (b *Booking) Awaits() bool {
	return slices.ContainsFunc(b.Spaces, func(s BookingSpace) bool { return s.Active && s.Status == BookingConfirmed })
}

// CheckOut ends a booking that was checked in and frees the rest of its time.
func (b *Booking) CheckOut(now time.Time) error {
	switch {
	case b.Over(now):
		return ErrTooLate
	case b.Status != BookingCheckedIn:
		return ErrNotYet
	}
	b.end(BookingCompleted, now)
	return nil
}

// SaveBooking stores what became of a booking and its spaces. Its row is locked
// (LockBooking), and so are the spaces when it takes more of them. It raises the
// version. ErrSpaceTaken when the guard of the database refuses a space.
func (s *Store) SaveBooking(ctx context.Context, b *Booking) error {
	b.changed(s.Now())
	res := s.w(ctx).Model(&Booking{}).Where("id = ?", b.ID).Updates(map[string]any{
		"title": b.Title, "status": b.Status, "starts_at": b.StartsAt, "ends_at": b.EndsAt, "join_url": b.JoinURL,
		"organizer_id": b.OrganizerID, "created_by": b.CreatedBy, "company_id": b.CompanyID, "expires_at": b.ExpiresAt, "remind_at": b.RemindAt, "version": b.Version,
		"sequence": b.Sequence, "updated_at": b.UpdatedAt, "ended_at": b.EndedAt,
	})
	if err := changedOne(res, ErrNotFound); err != nil {
		return fmt.Errorf("save booking: %w", err)
	}
	if err := s.takeSpacesAway(ctx, b.ID); err != nil {
		return fmt.Errorf("take spaces of booking away: %w", err)
	}
	if err := s.spacesChanged(ctx, b.Spaces...); err != nil {
		return err
	}
	return s.insertTogether(ctx, b.Spaces)
}

// changed brings what follows from a change up to date.
func (b *Booking) changed(now time.Time) {
	b.Version++
	b.UpdatedAt, b.RemindAt = now, b.nextReminder(now)
	for i := range b.Spaces {
		sp := &b.Spaces[i]
		sp.BookingID, sp.Position, sp.Long = b.ID, i, sp.EndsAt.Sub(sp.StartsAt) > 24*time.Hour
	}
}
