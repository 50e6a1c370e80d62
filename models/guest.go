package models

import "context"

// InsertGuest invites one more guest to a booking.
func (s *Store) InsertGuest(ctx context.Context, booking ID, name, email string) (Guest, error) {
	rows := []Guest{{ID: NewID(), BookingID: booking, Name: name, Email: email}}
	err := s.insertTogether(ctx, rows)
	return rows[0], err
}

// RemoveGuest takes an invitation and its passes back.
func (s *Store) RemoveGuest(ctx context.Context, guest ID) error {
	now := s.Now()
	if err := s.w(ctx).Model(&Guest{}).Where("id = ?", guest).Update("removed_at", now).Error; err != nil {
		return err
	}
	return s.w(ctx).Model(&Pass{}).Where("guest_id = ? AND revoked_at IS NULL", guest).Update("revoked_at", now).Error
}

// GuestArrived notes that a guest has come, once, and lets the host know. Call it
// in the transaction that records the arrival.
func (s *Store) GuestArrived(ctx context.Context, c *Catalogue, guest ID) error {
	var rows []Guest
	err := s.w(ctx).Raw("UPDATE guests SET arrived_at = ? WHERE id = ? AND arrived_at IS NULL AND removed_at IS NULL RETURNING *",
		s.Now(), guest).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return err
	}
	b, err := s.Booking(ctx, rows[0].BookingID)
	if err != nil {
		return err
	}
	host, err := s.Member(ctx, b.OrganizerID)
	if err != nil {
		return err
	}
	notice := NewBookingNotice(c, &b, &host)
	notice.Guest, notice.GuestID = rows[0].Name, &rows[0].ID
	return s.TellOrganizer(ctx, NoticeGuestArrived, &b, &host, notice)
}
