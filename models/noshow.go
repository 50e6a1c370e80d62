package models

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// dueBatch is how many bookings a search for what is due returns at most.
const dueBatch = 200

// Release gives back the spaces that nobody came to by now, but none at the
// sites that are away, and returns them. Rooms of a linked meeting stand for
// themselves: the booking is a no-show once none of it is left and nobody came
// to any of it.
func (b *Booking) Release(now time.Time, away map[string]bool) []BookingSpace {
	var released []BookingSpace
	left, came := 0, false
	for i := range b.Spaces {
		s := &b.Spaces[i]
		if s.awaits() && !now.Before(*s.ReleaseAt) && !away[s.Site] {
			s.end(BookingNoShow, now)
			released = append(released, *s)
		}
		if s.Active {
			left++
		}
		came = came || s.CheckedInAt != nil
	}
	if len(released) > 0 && left == 0 {
		b.EndedAt = &now
		b.Status = BookingNoShow
		if came {
			b.Status = BookingCompleted
		}
	}
	return released
}

// ToRelease returns the bookings of which a space is due to be released, the
// longest due first. What is at the sites that are away is not due.
func (s *Store) ToRelease(ctx context.Context, away map[string]bool) ([]ID, error) {
	var ids []ID
	err := present(s.r(ctx).Model(&BookingSpace{}).Where("release_at <= ?", s.Now()), away).
		Group("booking_id").Order("min(release_at), booking_id").Limit(dueBatch).Pluck("booking_id", &ids).Error
	return ids, err
}

// present leaves out the sites that are away.
func present(q *gorm.DB, away map[string]bool) *gorm.DB {
	if len(away) == 0 {
		return q
	}
	var sites []string
	for site, is := range away {
		if is {
			sites = append(sites, site)
		}
	}
	return q.Where("site NOT IN ?", sites)
}

// NextDue returns when something happens by itself next, at now or later: a
// space is released, somebody is reminded, a hold ends. The zero instant when
// nothing will. What is at the sites that are away does not count.
func (s *Store) NextDue(ctx context.Context, away map[string]bool) (time.Time, error) {
	seconds := func(expr string) string { return "COALESCE(" + s.dialect.seconds(expr) + ", 0)" }
	released := present(s.r(ctx).Model(&BookingSpace{}).Where("release_at IS NOT NULL"), away).Select("min(release_at)")
	reminded := s.r(ctx).Model(&Booking{}).Where("remind_at IS NOT NULL").Select("min(remind_at)")
	ended := s.r(ctx).Model(&Booking{}).Where("expires_at IS NOT NULL").Select("min(expires_at)")
	var at []int64
	err := s.r(ctx).Raw("SELECT "+seconds("(?)")+" UNION ALL SELECT "+seconds("(?)")+" UNION ALL SELECT "+seconds("(?)"),
		released, reminded, ended).Find(&at).Error
	var next time.Time
	for _, unix := range at {
		if at := instant(unix); !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next, err
}

// LockFreeBooking is LockBooking for a chore that several servers do: ErrNotFound
// also for a booking that somebody else is at work on, who leaves it done or
// leaves it to the next run.
func (s *Store) LockFreeBooking(ctx context.Context, id ID) (Booking, error) {
	return s.oneBooking(ctx, s.w(ctx).Clauses(skipLocked).Where("id = ?", id))
}

var skipLocked = clause.Locking{Strength: rowLock.Strength, Options: "SKIP LOCKED"}

// CompleteOver stores that bookings are completed whose time, with any buffer, is
// over: those that were checked in, and those that nobody had to check in. It
// leaves what is at the sites that are away, where a check-in may yet become
// known, and reports whether there may be more.
func (s *Store) CompleteOver(ctx context.Context, away map[string]bool) (more bool, err error) {
	const over = "active AND ends_at <= ? AND status IN ? AND release_at IS NULL"
	now, came := s.Now(), []BookingStatus{BookingConfirmed, BookingCheckedIn}
	var ids []ID
	err = present(s.r(ctx).Model(&BookingSpace{}).Where(over, now, came), away).Distinct("booking_id").Limit(dueBatch).Pluck("booking_id", &ids).Error
	if err != nil || len(ids) == 0 {
		return false, err
	}
	err = s.InTx(ctx, func(tx *Store) error {
		var locked []ID
		err := tx.w(ctx).Clauses(skipLocked).Model(&Booking{}).Where("id IN ?", ids).Order("id").Pluck("id", &locked).Error
		if err != nil || len(locked) == 0 {
			return err
		}
		var done []BookingSpace
		err = present(tx.w(ctx).Model(&done).Clauses(clause.Returning{Columns: []clause.Column{{Name: "site"}, {Name: "starts_at"}}}).
			Where("booking_id IN ? AND "+over, locked, now, came), away).
			Updates(map[string]any{"active": false, "status": BookingCompleted}).Error
		if err != nil {
			return err
		}
		if err := tx.markUses(ctx, done...); err != nil {
			return err
		}
		return tx.w(ctx).Model(&Booking{}).
			Where("id IN ? AND status IN ? AND NOT EXISTS (SELECT 1 FROM booking_spaces bs WHERE bs.booking_id = bookings.id AND bs.active)", locked, came).
			Update("status", BookingCompleted).Error
	})
	return len(ids) == dueBatch, err
}

// Inside is a member who is at a site while a booking there waits for them.
type Inside struct {
	MemberID ID
	Site     string
	StartsAt time.Time
}

// InsideAndAwaited returns who is inside a site at which they hold a booking that
// waits for somebody and begins before a given instant.
func (s *Store) InsideAndAwaited(ctx context.Context, before time.Time) ([]Inside, error) {
	var rows []Inside
	err := s.r(ctx).Raw(`SELECT DISTINCT b.organizer_id AS member_id, bs.site, b.starts_at
		FROM booking_spaces bs JOIN bookings b ON b.id = bs.booking_id
		JOIN subjects su ON su.member_id = b.organizer_id
		JOIN presences pr ON pr.subject = su.subject AND pr.site = bs.site AND pr.closed_ms IS NULL
		WHERE bs.active AND bs.status = 'confirmed' AND bs.starts_at <= ? AND b.ends_at > ?
		ORDER BY b.starts_at`, before, s.Now()).Find(&rows).Error
	return rows, err
}
