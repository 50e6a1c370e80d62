package models

import "context"

// InsertGuest invites one more guest to a booking. Its id is filled in.
func (s *Store) InsertGuest(ctx context.Context, booking ID, g *Guest) error {
	g.ID, g.BookingID = NewID(), booking
	rows := []Guest{*g}
	err := s.insertTogether(ctx, rows)
	*g = rows[0]
	return err
}

// RemoveGuest takes an invitation and its passes back.
func (s *Store) RemoveGuest(ctx context.Context, guest ID) error {
	now := s.Now()
	if err := s.w(ctx).Model(&Guest{}).Where("id = ?", guest).Update("removed_at", now).Error; err != nil {
		return err
	}
	return s.w(ctx).Model(&Pass{}).Where("guest_id = ? AND revoked_at IS NULL", guest).Update("revoked_at", now).Error
}
