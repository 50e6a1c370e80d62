package models

import (
	"context"
	"time"
)

const (
	// remindBefore is how long before its start a booking is brought to mind.
	remindBefore = time.Hour
	// warnBefore is how long before a release its holder is told to check in.
	warnBefore = 5 * time.Minute
)

// nextReminder is when the organizer is reminded next: an hour before the start
// of what was booked well before that, and shortly before each space of it is
// released. nil = not any more.
func (b *Booking) nextReminder(now time.Time) *time.Time {
	var next *time.Time
	add := func(at time.Time) {
		if next == nil || at.Before(*next) {
			next = &at
		}
	}
	if at := b.StartsAt.Add(-remindBefore); b.Status == BookingConfirmed && !at.Before(now.Add(remindBefore)) {
		add(at)
	}
	for _, s := range b.Spaces {
		if !s.awaits() {
			continue
		}
		if at := s.ReleaseAt.Add(-warnBefore); at.After(b.StartsAt) && at.After(now) {
			add(at)
		}
	}
	return next
}

// ToRemind returns the bookings whose organizer is to be reminded by now, the
// longest due first.
func (s *Store) ToRemind(ctx context.Context) ([]ID, error) {
	var ids []ID
	err := s.r(ctx).Model(&Booking{}).Where("remind_at <= ?", s.Now()).Order("remind_at, id").Limit(dueBatch).Pluck("id", &ids).Error
	return ids, err
}

// Reminded notes that the organizer of a booking whose row is locked was
// reminded, and when they will be again. Nothing else of it changes, so that its
// version stays.
func (s *Store) Reminded(ctx context.Context, b *Booking) error {
	b.RemindAt = b.nextReminder(s.Now())
	return changedOne(s.w(ctx).Model(&Booking{}).Where("id = ?", b.ID).Update("remind_at", b.RemindAt), ErrNotFound)
}
