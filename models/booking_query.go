package models

import (
	"context"
	"fmt"
)

// Booking returns a booking with its spaces and the guests that are still
// invited, or ErrNotFound.
func (s *Store) Booking(ctx context.Context, id ID) (Booking, error) {
	var b Booking
	if err := s.r(ctx).Where("id = ?", id).Take(&b).Error; err != nil {
		return b, err
	}
	rows := []Booking{b}
	err := s.fill(ctx, rows)
	return rows[0], err
}

// fill reads the spaces and guests of bookings, two queries for all of them.
func (s *Store) fill(ctx context.Context, rows []Booking) error {
	if len(rows) == 0 {
		return nil
	}
	at := make(map[ID]*Booking, len(rows))
	ids := make([]ID, 0, len(rows))
	for i := range rows {
		at[rows[i].ID] = &rows[i]
		ids = append(ids, rows[i].ID)
	}
	var spaces []BookingSpace
	if err := s.r(ctx).Where("booking_id IN ?", ids).Order("booking_id, position").Find(&spaces).Error; err != nil {
		return fmt.Errorf("read spaces of bookings: %w", err)
	}
	for _, sp := range spaces {
		at[sp.BookingID].Spaces = append(at[sp.BookingID].Spaces, sp)
	}
	var guests []Guest
	err := s.r(ctx).Where("booking_id IN ? AND removed_at IS NULL", ids).Order("booking_id, id").Find(&guests).Error
	if err != nil {
		return fmt.Errorf("read guests of bookings: %w", err)
	}
	for _, g := range guests {
		at[g.BookingID].Guests = append(at[g.BookingID].Guests, g)
	}
	return nil
}
