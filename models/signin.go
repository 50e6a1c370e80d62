package models

import (
	"context"
	"errors"
	"time"
)

// SignInFailure counts failed sign-ins of one account from one address.
type SignInFailure struct {
	Who          string `gorm:"primaryKey"` // SHA-256 of account and address
	Failures     int
	FirstAt      time.Time
	BlockedUntil *time.Time
}

// SignInFailures returns the failures counted under who; none is the zero value.
func (s *Store) SignInFailures(ctx context.Context, who string) (SignInFailure, error) {
	var row SignInFailure
	err := s.r(ctx).Where("who = ?", who).Take(&row).Error
	if errors.Is(err, ErrNotFound) {
		return SignInFailure{}, nil
	}
	return row, err
}

// CountSignInFailure adds one failure and returns how many there were since
// since; older ones are forgotten.
func (s *Store) CountSignInFailure(ctx context.Context, who string, since time.Time) (count int, err error) {
	err = s.w(ctx).Raw(`INSERT INTO sign_in_failures (who, failures, first_at) VALUES (?, 1, ?)
		ON CONFLICT (who) DO UPDATE SET
			failures = CASE WHEN sign_in_failures.first_at < ? THEN 1 ELSE sign_in_failures.failures + 1 END,
			first_at = CASE WHEN sign_in_failures.first_at < ? THEN excluded.first_at ELSE sign_in_failures.first_at END
		RETURNING failures`, who, s.Now(), since, since).Find(&count).Error
	return count, err
}

// BlockSignIn refuses sign-ins under who until then.
func (s *Store) BlockSignIn(ctx context.Context, who string, until time.Time) error {
	return s.w(ctx).Model(&SignInFailure{}).Where("who = ?", who).Update("blocked_until", until).Error
}

// ForgetSignInFailures clears the count after a success.
func (s *Store) ForgetSignInFailures(ctx context.Context, who string) error {
	return s.w(ctx).Where("who = ?", who).Delete(&SignInFailure{}).Error
}

// LinkPurpose is what a one-time link is for.
type LinkPurpose string

// The purposes of one-time links.
const (
	LinkFirstAdmin  LinkPurpose = "first_admin"
	LinkSetPassword LinkPurpose = "set_password"
)

// Link is a one-time link; only the SHA-256 of its token is stored.
type Link struct {
	TokenHash string `gorm:"primaryKey"`
	Purpose   LinkPurpose
	MemberID  *ID
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    *time.Time
}

// InsertLink stores a new one-time link.
func (s *Store) InsertLink(ctx context.Context, link *Link) error {
	return s.w(ctx).Create(link).Error
}

// LinkByHash returns a link that can still be used, or ErrNotFound.
func (s *Store) LinkByHash(ctx context.Context, hash string) (Link, error) {
	var link Link
	err := s.r(ctx).Where("token_hash = ? AND used_at IS NULL AND expires_at > ?", hash, s.Now()).Take(&link).Error
	return link, err
}

// UseLink takes a link, which works once: of two who try at the same time one
// gets ErrNotFound.
func (s *Store) UseLink(ctx context.Context, hash string) error {
	return changedOne(s.w(ctx).Model(&Link{}).
		Where("token_hash = ? AND used_at IS NULL AND expires_at > ?", hash, s.Now()).
		Update("used_at", s.Now()), ErrNotFound)
}

// MailLink enqueues a notice that brings whoever has the address, and may sign in, a
// link to set a password with; where there is nobody, nothing. One statement looks
// and writes, so that it takes as long either way.
func (s *Store) MailLink(ctx context.Context, email string) error {
	now := s.Now()
	return s.w(ctx).Exec(`INSERT INTO outbox (id, kind, recipient, locale, member_id, payload, run_at, created_at)
		SELECT ?, ?, email, locale, id, '{}', ?, ? FROM members WHERE email = ? AND suspended_at IS NULL AND erased_at IS NULL`,
		NewID(), NoticeSetPassword, now, now, email).Error
}

// DeleteLinks removes the unused links of a purpose, of one member where given.
func (s *Store) DeleteLinks(ctx context.Context, purpose LinkPurpose, member *ID) error {
	q := s.w(ctx).Where("purpose = ? AND used_at IS NULL", purpose)
	if member != nil {
		q = q.Where("member_id = ?", *member)
	}
	return q.Delete(&Link{}).Error
}

// PurgeSignIns deletes what no longer counts: expired sessions, links and
// challenges, and failures of more than a day ago.
func (s *Store) PurgeSignIns(ctx context.Context) error {
	now := s.Now()
	dayAgo := now.Add(-24 * time.Hour)
	return errors.Join(
		s.w(ctx).Where("expires_at <= ?", now).Delete(&Session{}).Error,
		s.w(ctx).Where("expires_at <= ?", dayAgo).Delete(&Link{}).Error,
		s.w(ctx).Where("expires_at <= ?", now).Delete(&Challenge{}).Error,
		s.w(ctx).Where("first_at < ? AND (blocked_until IS NULL OR blocked_until < ?)", dayAgo, now).Delete(&SignInFailure{}).Error,
	)
}
