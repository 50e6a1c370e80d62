package models

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// SpacesOf returns the spaces that a closure is about.
func (c *Catalogue) SpacesOf(cl Closure) []*Space {
	return slices.DeleteFunc(slices.Clone(c.spaceOrder[cl.Site]), func(s *Space) bool { return !c.closes(cl, s) })
}

// InsertClosure stores a new closure.
func (s *Store) InsertClosure(ctx context.Context, c *Closure) error {
	c.ID, c.Version = NewID(), 1
	return s.w(ctx).Create(c).Error
}

// TellReopened tells those whose bookings, not over yet, a closure has cancelled that it is
// over before its time, unless another one of the site lies there. Whom it was is
// known by what they were told when it was made.
func (s *Store) TellReopened(ctx context.Context, cl Closure) error {
	var told []Notice
	err := s.r(ctx).Raw(`SELECT o.* FROM outbox o JOIN bookings b ON b.id = o.booking_id
		WHERE o.kind = ? AND o.member_id IS NOT NULL AND o.created_at BETWEEN ? AND ?
		AND b.ends_at > ? AND b.starts_at < ? AND b.ends_at > ?
		AND EXISTS (SELECT 1 FROM booking_spaces bs WHERE bs.booking_id = b.id AND bs.site = ?)
		AND NOT EXISTS (SELECT 1 FROM closures c WHERE c.site = ? AND c.id <> ? AND c.starts_at < b.ends_at AND c.ends_at > b.starts_at)
		ORDER BY o.id`,
		NoticeClosureCancelled, cl.CreatedAt.Add(-closesWithin), cl.CreatedAt.Add(closesWithin), s.Now(), cl.EndsAt, cl.StartsAt,
		cl.Site, cl.Site, cl.ID).Find(&told).Error
	if err != nil {
		return fmt.Errorf("find who lost a booking: %w", err)
	}
	for _, n := range told {
		again := Notice{Kind: string(NoticeClosureLifted), Recipient: n.Recipient, Locale: n.Locale, MemberID: n.MemberID, BookingID: n.BookingID}
		if err := s.Enqueue(ctx, json.RawMessage(n.Payload), again); err != nil {
			return err
		}
	}
	return nil
}

// closesWithin is longer than it takes to cancel what a closure finds in its way.
const closesWithin = time.Minute

// BookingsHolding returns, by id, the bookings that are not over and hold one of
// the spaces for some part of p.
func (s *Store) BookingsHolding(ctx context.Context, spaces []ID, p Period) ([]ID, error) {
	now := s.Now()
	var ids []ID
	err := s.r(ctx).Raw(`SELECT DISTINCT b.id FROM bookings b JOIN booking_spaces bs ON bs.booking_id = b.id
		WHERE bs.space_id IN ? AND bs.active AND (bs.expires_at IS NULL OR bs.expires_at > ?)
		AND bs.starts_at > ? AND bs.starts_at < ? AND b.ends_at > ? AND b.ends_at > ? ORDER BY b.id`,
		spaces, now, p.StartsAt.Add(-longestHold), p.EndsAt, p.StartsAt, now).Find(&ids).Error
	return ids, err
}

// LockBookings takes the rows of the bookings until the transaction ends, in one
// order, and returns them by id.
func (s *Store) LockBookings(ctx context.Context, ids []ID) ([]Booking, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []Booking
	err := s.lock(ctx).Where("id IN ?", ids).Order("id").Find(&rows).Error
	if err != nil {
		return nil, err
	}
	return rows, s.fill(ctx, rows)
}
