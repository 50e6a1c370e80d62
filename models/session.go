package models

import (
	"context"
	"slices"
	"time"
)

// Session is a sign-in. Only the SHA-256 of its token is stored.
type Session struct {
	ID         ID
	TokenHash  string
	MemberID   ID
	UserAgent  string
	CreatedAt  time.Time
	LastUsedAt time.Time
	ExpiresAt  time.Time
}

// Token is a personal token of a member, for programs.
type Token struct {
	ID         ID
	TokenHash  string
	MemberID   ID
	Name       string
	CreatedAt  time.Time
	LastUsedAt *time.Time
}

// Shown is what a bearer's token says: who they are and what the token is.
type Shown struct {
	Principal Principal
	UsedAt    *time.Time // when it was last used, to the hour or so
	ExpiresAt *time.Time // nil for a personal token
}

// ShownSession returns who signed in under the token with this hash. One query.
// ErrNotFound when there is none; that it has not expired and the member is
// active is for the caller to see.
func (s *Store) ShownSession(ctx context.Context, hash string) (Shown, error) {
	var expires time.Time
	out, err := s.shown(ctx, "sessions", ", t.expires_at", hash, &expires)
	out.ExpiresAt = &expires
	return out, err
}

// ShownToken is ShownSession for personal tokens.
func (s *Store) ShownToken(ctx context.Context, hash string) (Shown, error) {
	return s.shown(ctx, "tokens", "", hash)
}

// shown reads a member, once per site they work for. Every request begins with
// it, so it goes past GORM.
func (s *Store) shown(ctx context.Context, table, more, hash string, into ...any) (Shown, error) {
	var m Member
	var out Shown
	names, fields, err := s.columnsOf(ctx, &m, "m.")
	if err != nil {
		return out, err
	}
	found := false
	err = s.eachRow(ctx, "SELECT "+names+", t.id, t.last_used_at, ms.site"+more+" FROM "+table+` t JOIN members m ON m.id = t.member_id
		LEFT JOIN member_sites ms ON ms.member_id = m.id AND m.role = 'staff' WHERE t.token_hash = ? ORDER BY ms.site`, []any{hash},
		func(scan func(...any) error) error {
			var site *string
			err := scan(append(append(fields, &out.Principal.SessionID, &out.UsedAt, &site), into...)...)
			if site != nil {
				out.Principal.Sites = append(out.Principal.Sites, *site)
			}
			found = true
			return err
		})
	switch {
	case err != nil:
		return Shown{}, err
	case !found:
		return Shown{}, ErrNotFound
	}
	out.Principal.Member = &m
	return out, nil
}

// InsertSession stores a new sign-in.
func (s *Store) InsertSession(ctx context.Context, session *Session) error {
	session.ID = NewID()
	return s.w(ctx).Create(session).Error
}

// UseSessions notes that sessions were used and moves their end.
func (s *Store) UseSessions(ctx context.Context, ids []ID, expires time.Time) error {
	for some := range slices.Chunk(ids, insertBatch) {
		err := s.w(ctx).Model(&Session{}).Where("id IN ?", some).
			Updates(map[string]any{"last_used_at": s.Now(), "expires_at": expires}).Error
		if err != nil {
			return err
		}
	}
	return nil
}

// SessionsOf returns the sign-ins of a member that have not expired, the newest
// first.
func (s *Store) SessionsOf(ctx context.Context, member ID) ([]Session, error) {
	var rows []Session
	err := s.r(ctx).Where("member_id = ? AND expires_at > ?", member, s.Now()).Order("id DESC").Find(&rows).Error
	return rows, err
}

// DeleteSession ends a sign-in of the member; ErrNotFound when it is not theirs.
func (s *Store) DeleteSession(ctx context.Context, member, id ID) error {
	return changedOne(s.w(ctx).Where("id = ? AND member_id = ?", id, member).Delete(&Session{}), ErrNotFound)
}

// DeleteSessions ends all sign-ins of the member but the one called except.
func (s *Store) DeleteSessions(ctx context.Context, member, except ID) error {
	return s.w(ctx).Where("member_id = ? AND id <> ?", member, except).Delete(&Session{}).Error
}

// InsertToken stores a new personal token.
func (s *Store) InsertToken(ctx context.Context, token *Token) error {
	token.ID = NewID()
	return s.w(ctx).Create(token).Error
}

// UseTokens notes that personal tokens were used.
func (s *Store) UseTokens(ctx context.Context, ids []ID) error {
	for some := range slices.Chunk(ids, insertBatch) {
		if err := s.w(ctx).Model(&Token{}).Where("id IN ?", some).Update("last_used_at", s.Now()).Error; err != nil {
			return err
		}
	}
	return nil
}

// TokensOf returns the personal tokens of a member, the oldest first.
func (s *Store) TokensOf(ctx context.Context, member ID) ([]Token, error) {
	var rows []Token
	err := s.r(ctx).Where("member_id = ?", member).Order("id").Find(&rows).Error
	return rows, err
}

// DeleteToken revokes a personal token of the member; ErrNotFound when it is not
// theirs.
func (s *Store) DeleteToken(ctx context.Context, member, id ID) error {
	return changedOne(s.w(ctx).Where("id = ? AND member_id = ?", id, member).Delete(&Token{}), ErrNotFound)
}
