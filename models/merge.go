package models

import (
	"context"
	"fmt"
	"slices"

	"kyoten/internal/fault"
)

// ErrMerged means that an account was merged into another one and stays closed.
var ErrMerged = fault.New(fault.Conflict, "already_merged", "the account was merged into another one")

// Moved is what went from one account to another, by id: enough to tell later
// what was whose.
type Moved struct {
	Bookings []ID     `json:"bookings"`
	Series   []ID     `json:"series"`
	Wishes   []ID     `json:"wishes"`
	Tokens   []ID     `json:"tokens"`
	Seats    []ID     `json:"seats"` // fixed ones
	Subjects []string `json:"subjects"`
	Passes   []string `json:"passes"`
	Blocks   []ID     `json:"revocations"`
	Visits   int      `json:"visits"` // of the subjects
}

// SeatsClash reports whether coming bookings of two members hold seats at the same
// time, which one person may not.
func (s *Store) SeatsClash(ctx context.Context, a, b ID) (bool, error) {
	var n int64
	err := s.r(ctx).Raw(`SELECT count(*) FROM bookings x JOIN booking_spaces xs ON xs.booking_id = x.id
		JOIN bookings y ON y.organizer_id = ? JOIN booking_spaces ys ON ys.booking_id = y.id
		WHERE x.organizer_id = ? AND x.ends_at > ? AND y.ends_at > ? AND xs.active AND ys.active
		AND xs.kind = ? AND ys.kind = ? AND xs.starts_at < ys.ends_at AND ys.starts_at < xs.ends_at`,
		b, a, s.Now(), s.Now(), KindSeat, KindSeat).Find(&n).Error
	return n > 0, err
}

// MoveMember gives to one member what another one has: bookings, those of guests
// with them, series, wishes, tokens, fixed seats, subjects and passes, and what
// was said against entering. Visits and passages are found by their subject, and
// so follow. Who once did something stays who did it.
func (s *Store) MoveMember(ctx context.Context, from, to ID) (Moved, error) {
	var m Moved
	for _, step := range []struct {
		find string
		into any
	}{
		{"SELECT id FROM bookings WHERE organizer_id = ? ORDER BY id", &m.Bookings},
		{"SELECT id FROM series WHERE organizer_id = ? ORDER BY id", &m.Series},
		{"SELECT id FROM waitlist WHERE member_id = ? ORDER BY id", &m.Wishes},
		{"SELECT id FROM tokens WHERE member_id = ? ORDER BY id", &m.Tokens},
		{"SELECT id FROM spaces WHERE owner_id = ? ORDER BY id", &m.Seats},
		{"SELECT subject FROM subjects WHERE member_id = ? ORDER BY subject", &m.Subjects},
		{"SELECT id FROM passes WHERE member_id = ? ORDER BY id", &m.Passes},
		{"SELECT id FROM revocations WHERE member_id = ? ORDER BY id", &m.Blocks},
	} {
		if err := s.r(ctx).Raw(step.find, from).Find(step.into).Error; err != nil {
			return m, fmt.Errorf("find what moves: %w", err)
		}
	}
	err := s.r(ctx).Raw("SELECT count(*) FROM visits WHERE subject IN (SELECT subject FROM subjects WHERE member_id = ?)", from).Find(&m.Visits).Error
	if err != nil {
		return m, fmt.Errorf("count visits that move: %w", err)
	}
	if err := s.markMember(ctx, from); err != nil {
		return m, fmt.Errorf("mark what moves: %w", err)
	}
	for _, move := range []string{
		"UPDATE bookings SET created_by = @to WHERE created_by = @from AND organizer_id = @from",
		"UPDATE bookings SET organizer_id = @to, version = version + 1 WHERE organizer_id = @from",
		"UPDATE series SET created_by = @to WHERE created_by = @from AND organizer_id = @from",
		"UPDATE series SET organizer_id = @to, version = version + 1 WHERE organizer_id = @from",
		"UPDATE waitlist SET member_id = @to, version = version + 1 WHERE member_id = @from",
		"UPDATE tokens SET member_id = @to WHERE member_id = @from",
		"UPDATE spaces SET owner_id = @to, version = version + 1 WHERE owner_id = @from",
		"UPDATE subjects SET member_id = @to WHERE member_id = @from",
		"UPDATE passes SET member_id = @to WHERE member_id = @from",
		"UPDATE revocations SET member_id = @to WHERE member_id = @from",
		"UPDATE outbox SET member_id = @to WHERE member_id = @from",
		"DELETE FROM sessions WHERE member_id = @from",
		"DELETE FROM links WHERE member_id = @from",
		"DELETE FROM passkeys WHERE member_id = @from",
		"DELETE FROM challenges WHERE member_id = @from",
	} {
		if err := s.w(ctx).Exec(move, map[string]any{"from": from, "to": to}).Error; err != nil {
			return m, fmt.Errorf("move: %w", err)
		}
	}
	return m, nil
}

// CloseInto closes an account that was merged into another one: it says where it
// went and gives its address free.
func (s *Store) CloseInto(ctx context.Context, m *Member, into ID) error {
	now := s.Now()
	m.Version++
	if m.SuspendedAt == nil {
		m.SuspendedAt = &now
	}
	m.MergedInto, m.Email, m.Role = &into, fmt.Sprintf("merged-%s@invalid", m.ID), RoleMember
	if err := s.w(ctx).Where("member_id = ?", m.ID).Delete(&MemberSite{}).Error; err != nil {
		return err
	}
	return changedOne(s.w(ctx).Model(&Member{}).Where("id = ? AND merged_into IS NULL AND erased_at IS NULL", m.ID).Updates(map[string]any{
		"email": m.Email, "password_hash": "", "calendar_token": "", "role": m.Role, "suspended_at": m.SuspendedAt,
		"merged_into": into, "updated_at": now, "version": m.Version,
	}), ErrStale)
}

// Absorb takes over what another account of the same person has and this one
// lacks: a company, the role that may more (a manager's of that company alone), with
// the sites of both, a plan, a home, a reading of the name, and that no reminders are
// wanted. sites are those of the two before; those to have are returned.
func (m *Member) Absorb(other *Member, sites, others []string) []string {
	if m.CompanyID == nil {
		m.CompanyID = other.CompanyID
	}
	elsewhere := other.Role == RoleManager && other.Company() != m.Company()
	if !elsewhere && slices.Index(roleOrder, other.Role) > slices.Index(roleOrder, m.Role) {
		m.Role = other.Role
	}
	if m.PlanID == nil {
		m.PlanID = other.PlanID
	}
	if m.HomeSite == nil {
		m.HomeSite = other.HomeSite
	}
	if m.Kana == "" {
		m.Kana = other.Kana
	}
	m.RemindersOff = m.RemindersOff || other.RemindersOff // who said no is not asked again
	if m.Role != RoleStaff {
		return nil
	}
	all := slices.Concat(sites, others)
	slices.Sort(all)
	return slices.Compact(all)
}

// roleOrder is the roles by what they may, the least first.
var roleOrder = []Role{RoleMember, RoleManager, RoleStaff, RoleAdmin}
