package models

import (
	"context"
	"time"
)

// Arrival is somebody who has come to a site: a member, or whoever came for one
// booking (a guest, or the bearer of its pass), or both.
type Arrival struct {
	Site    *Site
	Member  *ID
	Booking *ID
}

// CheckInOpen says whether somebody may check in at now, by hand or by entering:
// from the early grace of the site to the end of the booking. ErrNotYet before,
// ErrTooLate after, also once the booking was cancelled or released.
func (b *Booking) CheckInOpen(early time.Duration, now time.Time) error {
	opens := b.StartsAt.Add(-early)
	switch {
	case !b.Status.Holds() || !now.Before(b.EndsAt):
		return ErrTooLate
	case b.Status == BookingHeld, b.Status == BookingPending, now.Before(opens):
		return ErrNotYet.With("at", opens)
	}
	return nil
}

// CheckIn marks the space as used, which keeps it from being released. A space
// that is not waiting for anybody stays as it is.
func (s *BookingSpace) CheckIn(now time.Time) {
	if s.Status != BookingConfirmed || !s.Active {
		return
	}
	s.Status, s.CheckedInAt, s.ReleaseAt = BookingCheckedIn, &now, nil
}

// CheckInAt checks in every booking whose time it is at the site (CheckInOpen)
// and that the arrival is about, and returns which ones were waiting for it.
// Rooms of a linked meeting at other sites go on waiting. It is called in the
// transaction that records the arrival.
//
// The bookings are locked first, and looked at again by a statement that begins
// under the lock: a release that was being committed is seen by it.
func (s *Store) CheckInAt(ctx context.Context, a Arrival, now time.Time) ([]ID, error) {
	var ids []ID
	err := s.lock(ctx).Model(&Booking{}).Where("(organizer_id = ? OR id = ?) AND starts_at <= ? AND ends_at > ? AND "+awaited,
		a.Member, a.Booking, now.Add(a.Site.EarlyGrace()), now, []BookingStatus{BookingConfirmed, BookingCheckedIn},
		a.Site.Slug, BookingConfirmed).Order("id").Pluck("id", &ids).Error
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	locked := ids
	ids = nil
	err = s.w(ctx).Raw("UPDATE bookings SET status = ?, version = version + 1, updated_at = ? WHERE id IN ? AND "+awaited+" RETURNING id",
		BookingCheckedIn, now, locked, []BookingStatus{BookingConfirmed, BookingCheckedIn}, a.Site.Slug, BookingConfirmed).Find(&ids).Error
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	s.changed(ctx, Change{Site: a.Site.Slug, Heads: true})
	return ids, s.w(ctx).Exec(`UPDATE booking_spaces SET status = ?, checked_in_at = ?, release_at = NULL
		WHERE booking_id IN ? AND site = ? AND active AND status = ?`,
		BookingCheckedIn, now, ids, a.Site.Slug, BookingConfirmed).Error
}

// awaited is the condition under which a booking waits for somebody at a site;
// its arguments are the statuses it may have, the site, and BookingConfirmed.
const awaited = `status IN ? AND EXISTS (SELECT 1 FROM booking_spaces bs WHERE bs.booking_id = bookings.id
	AND bs.site = ? AND bs.active AND bs.status = ?)`
