package booking

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"kyoten/models"
)

// KeepTime does what the clock does to bookings: holds and offers end, who is
// inside already is checked in when their time comes, reminders go out, what
// nobody came to is released, and what is over is completed. Each booking is done under its own lock and once,
// on however many servers this runs. One that fails leaves the others alone.
func (s *Service) KeepTime(ctx context.Context) error {
	away, err := s.store.SitesWithGatesAway(ctx)
	if err != nil {
		return fmt.Errorf("find gates that are away: %w", err)
	}
	failed := []error{s.Expire(ctx), s.checkInThoseInside(ctx), s.remindAll(ctx), s.releaseAll(ctx, away)}
	for more := true; more && err == nil; {
		more, err = s.store.CompleteOver(ctx, away)
	}
	return errors.Join(append(failed, err)...)
}

// NextDue returns how long it is until KeepTime has something to do at an instant
// that is known by now; a negative time when nothing is known.
func (s *Service) NextDue(ctx context.Context) (time.Duration, error) {
	away, err := s.store.SitesWithGatesAway(ctx)
	if err != nil {
		return -1, err
	}
	at, err := s.store.NextDue(ctx, away)
	if err != nil || at.IsZero() {
		return -1, err
	}
	return max(at.Sub(s.now()), 0), nil
}

// eachOf runs do for every booking that find names, each in a transaction and
// locked. A booking somebody else is at work on is left to them.
func (s *Service) eachOf(ctx context.Context, ids []models.ID, do func(*alteration) error) error {
	if len(ids) == 0 {
		return nil
	}
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return err
	}
	var failed []error
	for _, id := range ids {
		err := s.store.InTx(ctx, func(tx *models.Store) error {
			b, err := tx.LockFreeBooking(ctx, id)
			if err != nil {
				return err
			}
			organizer, err := tx.Member(ctx, b.OrganizerID)
			if err != nil {
				return fmt.Errorf("read organizer of booking: %w", err)
			}
			return do(&alteration{
				tx: tx, cat: cat, by: models.System, now: s.present(), booking: &b, organizer: &organizer, before: heldBy(&b),
			})
		})
		if err != nil && !errors.Is(err, models.ErrNotFound) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// releaseAll releases what is due. At a site with a gate that is away somebody may
// have come without our knowing, and nothing is released.
func (s *Service) releaseAll(ctx context.Context, away map[string]bool) error {
	ids, err := s.store.ToRelease(ctx, away)
	if err != nil {
		return fmt.Errorf("find no-shows: %w", err)
	}
	return s.eachOf(ctx, ids, func(a *alteration) error { return a.release(ctx, away) })
}

// release gives back the spaces nobody came to. It does nothing when somebody
// came, or another server was here, since the booking was found.
func (a *alteration) release(ctx context.Context, away map[string]bool) error {
	released := a.booking.Release(a.now, away)
	if len(released) == 0 {
		return nil
	}
	a.action, a.invisible = "booking.release", true
	if a.booking.Status == models.BookingNoShow {
		a.invisible, a.revoke = false, true
		a.told, a.guests = models.NoticeReleased, models.NoticeGuestCancelled
		return a.store(ctx)
	}
	if err := a.tellOf(ctx, models.NoticePartReleased, released, nil); err != nil {
		return err
	}
	return a.store(ctx)
}

// tellOf tells the organizer something about some spaces of the booking.
func (a *alteration) tellOf(ctx context.Context, kind models.NoticeKind, spaces []models.BookingSpace, until *time.Time) error {
	part := *a.booking
	part.Spaces = spaces
	notice := models.NewBookingNotice(a.cat, &part, a.organizer)
	notice.Until = until
	if err := a.tx.TellOrganizer(ctx, kind, a.booking, a.organizer, notice); err != nil {
		return fmt.Errorf("tell organizer: %w", err)
	}
	return nil
}

func (s *Service) remindAll(ctx context.Context) error {
	ids, err := s.store.ToRemind(ctx)
	if err != nil {
		return fmt.Errorf("find whom to remind: %w", err)
	}
	return s.eachOf(ctx, ids, func(a *alteration) error { return a.remind(ctx) })
}

// remind tells the organizer what comes next: that the booking begins, or that a
// space of it is about to be released. It is silent when that has passed already,
// after a long stop of the server.
func (a *alteration) remind(ctx context.Context) error {
	b := a.booking
	if b.RemindAt == nil || b.RemindAt.After(a.now) {
		return nil // another server was faster
	}
	due := *b.RemindAt
	if err := a.tx.Reminded(ctx, b); err != nil {
		return fmt.Errorf("note reminder: %w", err)
	}
	if due.Before(b.StartsAt) {
		if b.Status != models.BookingConfirmed || !a.now.Before(b.StartsAt) {
			return nil
		}
		return a.tellOf(ctx, models.NoticeReminder, b.Spaces, nil)
	}
	waiting := slices.DeleteFunc(slices.Clone(b.Spaces), func(bs models.BookingSpace) bool {
		return !bs.Active || bs.Status != models.BookingConfirmed || bs.ReleaseAt == nil || !bs.ReleaseAt.After(a.now)
	})
	if len(waiting) == 0 {
		return nil
	}
	first := slices.MinFunc(waiting, func(x, y models.BookingSpace) int { return x.ReleaseAt.Compare(*y.ReleaseAt) })
	waiting = slices.DeleteFunc(waiting, func(bs models.BookingSpace) bool { return bs.ReleaseAt.After(*first.ReleaseAt) })
	return a.tellOf(ctx, models.NoticeReleaseSoon, waiting, first.ReleaseAt)
}

// checkInThoseInside checks in whoever was inside already when the time of their
// booking came.
func (s *Service) checkInThoseInside(ctx context.Context) error {
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return err
	}
	var earliest time.Duration
	for _, site := range cat.Sites() {
		earliest = max(earliest, site.EarlyGrace())
	}
	now := s.present()
	rows, err := s.store.InsideAndAwaited(ctx, now.Add(earliest))
	if err != nil {
		return fmt.Errorf("find who is inside and awaited: %w", err)
	}
	var failed []error
	for _, in := range rows {
		site, err := cat.Site(in.Site)
		if err == nil && !in.StartsAt.After(now.Add(site.EarlyGrace())) {
			failed = append(failed, s.checkInInside(ctx, cat, site, in.MemberID))
		}
	}
	return errors.Join(failed...)
}

func (s *Service) checkInInside(ctx context.Context, cat *models.Catalogue, site *models.Site, member models.ID) error {
	return s.store.InTx(ctx, func(tx *models.Store) error {
		ids, err := tx.CheckInAt(ctx, models.Arrival{Site: site, Member: &member}, s.present())
		if err != nil {
			return fmt.Errorf("check in who is inside: %w", err)
		}
		for _, id := range ids {
			if err := tx.Audit(ctx, models.System, "booking.check_in", "booking", id.String(), site.Slug, map[string]bool{"inside": true}); err != nil {
				return err
			}
		}
		return tx.AnnounceCheckIns(ctx, cat, site.Slug, ids)
	})
}
