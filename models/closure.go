package models

import (
	"context"
	"slices"
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
