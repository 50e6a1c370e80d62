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
	var locked, ids []ID
	which, args := a.waiting(now)
	err := s.lock(ctx).Model(&Booking{}).Where(which, args...).Order("id").Pluck("id", &locked).Error
	if err != nil || len(locked) == 0 {
		return nil, err
	}
	err = s.w(ctx).Raw(checkBookingsIn+"id IN ? AND "+which+" RETURNING id", append([]any{BookingCheckedIn, now, locked}, args...)...).Find(&ids).Error
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	s.tellCheckedIn(ctx, a, ids)
	return ids, s.w(ctx).Exec(checkSpacesIn+"?", BookingCheckedIn, now, a.Site.Slug, BookingConfirmed, ids).Error
}

// checkIn is CheckInAt as statements to be sent together, once the passage of the
// arrival is stored; they put into ids which bookings waited for it.
func (a Arrival) checkIn(passage string, now time.Time, ids *[]ID) []statement {
	which, args := a.waiting(now)
	which, args = which+" AND EXISTS (SELECT 1 FROM passages WHERE id = ?)", append(args, passage)
	lock := statement{}
	lock.sql, lock.args = numbered("SELECT id FROM bookings WHERE "+which+" ORDER BY id FOR NO KEY UPDATE", args)
	come := "WITH come AS (" + checkBookingsIn + which + " RETURNING id), spaces AS (" + checkSpacesIn + "(SELECT id FROM come)) SELECT id FROM come"
	args = append(append([]any{BookingCheckedIn, now}, args...), BookingCheckedIn, now, a.Site.Slug, BookingConfirmed)
	return []statement{lock, many(come, args, ids, func(id *ID) []any { return []any{id} })}
}

// AuditCheckIns writes down that a passage checked bookings in.
func (s *Store) AuditCheckIns(ctx context.Context, by Principal, site, passage string, ids []ID) error {
	entries := make([]AuditEntry, len(ids))
	for i, id := range ids {
		var err error
		if entries[i], err = s.checkInEntry(by, site, passage, id); err != nil {
			return err
		}
	}
	return s.insertLater(ctx, entries)
}

func (s *Store) checkInEntry(by Principal, site, passage string, booking ID) (AuditEntry, error) {
	return s.auditEntry(by, "booking.check_in", "booking", booking.String(), site, map[string]string{"passage": passage})
}

func (s *Store) tellCheckedIn(ctx context.Context, a Arrival, ids []ID) {
	if len(ids) > 0 {
		s.changed(ctx, Change{Site: a.Site.Slug, Heads: true})
	}
}

// waiting is the condition under which a booking waits for the arrival. Whether a
// space of it waits is asked as a value: by way of an EXISTS PostgreSQL may start
// from all spaces that wait at the site.
func (a Arrival) waiting(now time.Time) (sql string, args []any) {
	return `(organizer_id = ? AND ends_at > ? OR id = ?) AND starts_at <= ? AND ends_at > ? AND status IN ? AND COALESCE((SELECT true
			FROM booking_spaces bs WHERE bs.booking_id = bookings.id AND bs.site = ? AND bs.active AND bs.status = ? LIMIT 1), false)`,
		[]any{a.Member, now, a.Booking, now.Add(a.Site.EarlyGrace()), now, []BookingStatus{BookingConfirmed, BookingCheckedIn}, a.Site.Slug, BookingConfirmed}
}

// What is written about a booking whose holder has come: itself, under a condition
// that follows, and its spaces at the site, of bookings that follow.
const (
	checkBookingsIn = "UPDATE bookings SET status = ?, version = version + 1, updated_at = ? WHERE "
	checkSpacesIn   = "UPDATE booking_spaces SET status = ?, checked_in_at = ?, release_at = NULL WHERE site = ? AND active AND status = ? AND booking_id IN "
)
