package auth

import (
	"context"
	"encoding/base64"

	"kyoten/models"
)

// Erase takes a person out of the database, at their own wish or by an
// administrator. It cannot be undone. What they had booked must have been given
// back before, in the same transaction.
func (s *Service) Erase(ctx context.Context, p models.Principal, id models.ID) error {
	if !p.Admin() && !p.Is(id) {
		return models.ErrForbidden
	}
	return s.store.InTx(ctx, func(tx *models.Store) error {
		m, err := tx.LockMember(ctx, id)
		if err != nil {
			return err
		}
		if m.ErasedAt != nil {
			return models.ErrNotFound
		}
		admin := m.Role == models.RoleAdmin
		if err := tx.EraseMember(ctx, &m); err != nil {
			return err
		}
		if admin {
			if n, err := tx.LockAdmins(ctx); err != nil || n == 0 {
				return or(err, ErrLastAdmin)
			}
		}
		return tx.Audit(ctx, p, "member.erase", "member", id.String(), "", nil)
	})
}

func or(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// CalendarToken returns the token of the caller's calendar feed, made when it is
// first asked for; of two who ask at once, both get the one that stays.
func (s *Service) CalendarToken(ctx context.Context, p models.Principal) (token string, err error) {
	if p.Member.CalendarToken != "" {
		return p.Member.CalendarToken, nil
	}
	return token, s.store.InTx(ctx, func(tx *models.Store) error {
		m, err := tx.LockMember(ctx, p.Member.ID)
		if token = m.CalendarToken; err != nil || token != "" {
			return err
		}
		token = newToken(calendarPrefix)
		return storeCalendar(ctx, tx, p, token)
	})
}

// RotateCalendar gives the caller's calendar feed another address; the one before
// is nothing any more.
func (s *Service) RotateCalendar(ctx context.Context, p models.Principal) (string, error) {
	token := newToken(calendarPrefix)
	return token, s.store.InTx(ctx, func(tx *models.Store) error { return storeCalendar(ctx, tx, p, token) })
}

func storeCalendar(ctx context.Context, tx *models.Store, p models.Principal, token string) error {
	if err := tx.SetCalendarToken(ctx, p.Member.ID, token); err != nil {
		return err
	}
	return tx.Audit(ctx, p, "calendar.rotate", "member", p.Member.ID.String(), "", nil)
}

// CalendarOwner returns whose feed the token opens, as the one who reads it. What
// cannot be a token is not looked up: an address may hold what no database stores.
func (s *Service) CalendarOwner(ctx context.Context, token string) (models.Principal, error) {
	if _, err := base64.RawURLEncoding.DecodeString(token); err != nil || len(token) > maxToken {
		return models.Principal{}, models.ErrNotFound
	}
	m, err := s.store.MemberByCalendar(ctx, token)
	if err == nil && !m.Active() {
		err = models.ErrNotFound
	}
	return models.Principal{Member: &m}, err
}
