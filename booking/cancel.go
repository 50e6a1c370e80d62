package booking

import (
	"context"
	"time"

	"kyoten/models"
)

// Cancel gives a booking back. Cancelling twice is as good as once. ErrBookingOver
// when there is nothing left to give back, ErrTooLateToCancel after the limit of
// the plan, which does not bind the desk.
func (s *Service) Cancel(ctx context.Context, by models.Principal, id models.ID) (Record, error) {
	return s.CancelBecause(ctx, by, id, "")
}

// CancelBecause is Cancel for a reason, which the organizer is told and the audit
// log keeps: the desk gives back what others hold.
func (s *Service) CancelBecause(ctx context.Context, by models.Principal, id models.ID, reason string) (Record, error) {
	return s.alter(ctx, by, id, func(a *alteration) error {
		if a.booking.Status == models.BookingCancelled {
			return nil
		}
		if err := a.mayGiveBack(); err != nil {
			return err
		}
		a.cancelled("booking.cancel", reason)
		return a.booking.Cancel(a.now)
	})
}

// cancelled says what follows from a cancellation.
func (a *alteration) cancelled(action, reason string) {
	a.action, a.reason, a.revoke, a.unheard = action, reason, true, a.booking.Status == models.BookingHeld
	a.told = models.NoticeCancelled
	if invites(a.booking) {
		a.guests = models.NoticeGuestCancelled
	}
}

// mayGiveBack refuses when the promise can no longer be taken back.
func (a *alteration) mayGiveBack() error {
	if a.booking.Over(a.now) {
		return models.ErrBookingOver
	}
	if a.by.RunsAny(a.booking.Sites()) {
		return nil
	}
	plan, err := a.plan()
	if err != nil {
		return err
	}
	notice := cancelNotice(plan, a.booking)
	if notice > 0 && a.now.After(a.booking.StartsAt.Add(-notice)) {
		return ErrTooLateToCancel.With("notice", notice)
	}
	return nil
}

// cancelNotice is how long before its start a booking can be given back at the
// latest; 0 = until its end.
func cancelNotice(plan *models.Plan, b *models.Booking) time.Duration {
	var longest time.Duration
	for _, bs := range b.Spaces {
		longest = max(longest, minutes(plan.Rules[bs.Kind].CancelNoticeMinutes))
	}
	return longest
}
