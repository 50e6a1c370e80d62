package booking

import (
	"context"
	"errors"
	"time"

	"kyoten/internal/fault"
	"kyoten/models"
)

// CheckIn says by hand that the holder has come, at all sites of the booking.
// Checking in twice is as good as once. A booking that was left to somebody
// who may not book any more is not used by hand either.
func (s *Service) CheckIn(ctx context.Context, by models.Principal, id models.ID) (Record, error) {
	return s.alter(ctx, by, id, func(a *alteration) error {
		if a.booking.Status == models.BookingCheckedIn && !a.booking.Awaits() && !a.booking.Over(a.now) {
			return nil
		}
		if a.cat.Barred(a.organizer) {
			return models.ErrForbidden
		}
		a.action, a.invisible = "booking.check_in", true
		return a.inSiteTime(a.booking.CheckIn(a.cat.EarlyGrace(a.booking.Sites()), a.now))
	})
}

// inSiteTime lets a refusal that names an instant say it by the clock of the
// booking's first site.
func (a *alteration) inSiteTime(err error) error {
	f, ok := errors.AsType[*fault.Fault](err)
	if !ok {
		return err
	}
	at, ok := f.Data["at"].(time.Time)
	site, missing := a.cat.Site(a.booking.Spaces[0].Site)
	if !ok || missing != nil {
		return err
	}
	return f.With("at", at.In(site.Location()))
}

// CheckOut ends a booking before its time; what is left of it is free at once.
func (s *Service) CheckOut(ctx context.Context, by models.Principal, id models.ID) (Record, error) {
	return s.alter(ctx, by, id, func(a *alteration) error {
		if a.booking.Status == models.BookingCompleted && a.booking.EndedAt != nil {
			return nil // the second of two taps
		}
		a.action, a.invisible = "booking.check_out", true
		return a.booking.CheckOut(a.now)
	})
}
