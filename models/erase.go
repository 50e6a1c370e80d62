package models

import (
	"context"
	"fmt"
)

// What is taken out of the database with a person, by the form in which a table
// names them.
var (
	erasedByID = []string{
		"DELETE FROM sessions WHERE member_id = ?",
		"DELETE FROM tokens WHERE member_id = ?",
		"DELETE FROM links WHERE member_id = ?",
		"DELETE FROM passkeys WHERE member_id = ?",
		"DELETE FROM challenges WHERE member_id = ?",
		"DELETE FROM member_sites WHERE member_id = ?",
		"DELETE FROM outbox WHERE member_id = ?",
		"DELETE FROM outbox WHERE done_at IS NOT NULL AND booking_id IN (SELECT id FROM bookings WHERE organizer_id = ?)",
		"DELETE FROM subjects WHERE member_id = ?",
		"UPDATE spaces SET owner_id = NULL WHERE owner_id = ?",
		"UPDATE webhooks SET created_by = NULL WHERE created_by = ?",
		"UPDATE revocations SET reason = '' WHERE member_id = ?",
		"UPDATE revocations SET reason = '' WHERE pass_id IN (SELECT id FROM passes WHERE member_id = ?)",
		"UPDATE revocations SET reason = '' WHERE pass_id IN (SELECT p.id FROM passes p JOIN bookings b ON b.id = p.booking_id WHERE b.organizer_id = ?)",
		"UPDATE bookings SET title = '', join_url = '' WHERE organizer_id = ?",
		"UPDATE guests SET name = '', email = '' WHERE booking_id IN (SELECT id FROM bookings WHERE organizer_id = ?)",
		`UPDATE audit SET personal = '' WHERE personal <> '' AND entity = 'booking'
			AND entity_id IN (SELECT CAST(id AS text) FROM bookings WHERE organizer_id = ?)`,
	}
	erasedByName = []string{
		"DELETE FROM idempotency_keys WHERE caller = 'member:' || ?",
		"UPDATE audit SET personal = '' WHERE entity = 'member' AND entity_id = ?",
	}
)

// EraseMember takes a person out of the database and keeps an empty account in
// their place, so that bookings, passages and the audit log stay whole. Name,
// address, credentials and mail go, what staff typed about them, and the link from
// subjects to the person; codes of theirs open no door any more. What is left of
// accounts that were merged into this one goes with it.
func (s *Store) EraseMember(ctx context.Context, m *Member) error {
	now := s.Now()
	m.Version++
	err := changedOne(s.w(ctx).Model(&Member{}).Where("id = ? AND erased_at IS NULL", m.ID).Updates(map[string]any{
		"email": fmt.Sprintf("erased-%s@invalid", m.ID), "name": "", "kana": "", "password_hash": "", "calendar_token": "",
		"home_site": nil, "reminders_off": false, "role": RoleMember, "erased_at": now, "updated_at": now, "version": m.Version,
	}), ErrNotFound)
	if err != nil {
		return err
	}
	err = s.w(ctx).Exec("UPDATE passes SET revoked_at = ? WHERE member_id = ? AND revoked_at IS NULL AND not_after > ?", now, m.ID, now).Error
	if err != nil {
		return err
	}
	subjects, err := s.SubjectsOf(ctx, []ID{m.ID})
	if err != nil {
		return err
	}
	if err := s.forgetReasons(ctx, subjects[m.ID]); err != nil {
		return err
	}
	for _, q := range erasedByID {
		if err := s.w(ctx).Exec(q, m.ID).Error; err != nil {
			return err
		}
	}
	for _, q := range erasedByName {
		if err := s.w(ctx).Exec(q, m.ID.String()).Error; err != nil {
			return err
		}
	}
	return s.eraseMerged(ctx, m.ID)
}

// eraseMerged erases the accounts that were merged into one.
func (s *Store) eraseMerged(ctx context.Context, into ID) error {
	var rows []Member
	if err := s.lock(ctx).Where("merged_into = ? AND erased_at IS NULL", into).Order("id").Find(&rows).Error; err != nil {
		return err
	}
	for i := range rows {
		if err := s.EraseMember(ctx, &rows[i]); err != nil {
			return fmt.Errorf("erase merged account: %w", err)
		}
	}
	return nil
}

// SetCalendarToken gives a member's calendar feed another address.
func (s *Store) SetCalendarToken(ctx context.Context, id ID, token string) error {
	return changedOne(s.w(ctx).Model(&Member{}).Where("id = ?", id).Update("calendar_token", token), ErrNotFound)
}

// MemberByCalendar returns the member whose calendar feed has the token, or
// ErrNotFound.
func (s *Store) MemberByCalendar(ctx context.Context, token string) (Member, error) {
	if token == "" {
		return Member{}, ErrNotFound
	}
	var m Member
	err := s.r(ctx).Where("calendar_token = ?", token).Take(&m).Error
	return m, err
}
