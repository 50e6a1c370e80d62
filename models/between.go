package models

import "context"

// BookingsBetween returns the bookings of every status that overlap p, with
// their spaces and guests, by start.
func (s *Store) BookingsBetween(ctx context.Context, p Period) ([]Booking, error) {
	var rows []Booking
	err := s.r(ctx).Where("starts_at < ? AND ends_at > ?", p.EndsAt, p.StartsAt).Order("starts_at, id").Find(&rows).Error
	if err != nil {
		return nil, err
	}
	return rows, s.fill(ctx, rows)
}
