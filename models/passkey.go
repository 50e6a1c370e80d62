package models

import (
	"context"
	"time"

	"gorm.io/gorm/clause"
)

// Passkey is the public half of a key that a device of a member holds. Its
// credential id is unique in the whole database; it works under the host RPID
// alone.
type Passkey struct {
	ID             ID
	MemberID       ID
	CredentialID   string // base64url, as browsers write it
	RPID           string `gorm:"column:rp_id"`
	PublicKey      string // COSE, base64url
	SignCount      int64  // of the last sign-in; devices that copy their keys count nothing
	Transports     Strings
	BackupEligible bool // the device may copy the key to others of its owner; never changes
	BackedUp       bool
	Name           string
	Version        int
	CreatedAt      time.Time
	LastUsedAt     *time.Time
}

// Challenge is a question that was put to a browser, to be answered once.
type Challenge struct {
	TokenHash string `gorm:"primaryKey"`
	MemberID  *ID    // who adds a passkey; nil for a sign-in
	Session   string // JSON, what the answer is checked against
	CreatedAt time.Time
	ExpiresAt time.Time
}

// InsertPasskey stores a new passkey; ErrConflict when its credential is known.
func (s *Store) InsertPasskey(ctx context.Context, key *Passkey) error {
	key.ID, key.Version = NewID(), 1
	return s.w(ctx).Create(key).Error
}

// PasskeysOf returns the passkeys of a member, the oldest first.
func (s *Store) PasskeysOf(ctx context.Context, member ID) ([]Passkey, error) {
	var rows []Passkey
	err := s.r(ctx).Where("member_id = ?", member).Order("id").Find(&rows).Error
	return rows, err
}

// Passkey returns a passkey of the member; ErrNotFound when it is not theirs.
func (s *Store) Passkey(ctx context.Context, member, id ID) (Passkey, error) {
	var key Passkey
	err := s.r(ctx).Where("id = ? AND member_id = ?", id, member).Take(&key).Error
	return key, err
}

// LockPasskey returns the passkey with that credential id and keeps others from
// signing in with it until the transaction ends. ErrNotFound when there is none.
func (s *Store) LockPasskey(ctx context.Context, credential string) (Passkey, error) {
	var key Passkey
	err := s.lock(ctx).Where("credential_id = ?", credential).Take(&key).Error
	return key, err
}

// UsePasskey notes a sign-in: the count the device gave, and whether it has copied
// the key.
func (s *Store) UsePasskey(ctx context.Context, key *Passkey) error {
	now := s.Now()
	key.LastUsedAt = &now
	return changedOne(s.w(ctx).Model(&Passkey{}).Where("id = ?", key.ID).Updates(map[string]any{
		"sign_count": key.SignCount, "backed_up": key.BackedUp, "last_used_at": now,
	}), ErrNotFound)
}

// RenamePasskey stores another name; ErrStale when the passkey was changed since
// it was read.
func (s *Store) RenamePasskey(ctx context.Context, key *Passkey) error {
	res := s.w(ctx).Model(&Passkey{}).Where("id = ? AND version = ?", key.ID, key.Version).
		Updates(map[string]any{"name": key.Name, "version": key.Version + 1})
	key.Version++
	return changedOne(res, ErrStale)
}

// DeletePasskey removes a passkey of the member; ErrNotFound when it is not theirs.
func (s *Store) DeletePasskey(ctx context.Context, member, id ID) error {
	return changedOne(s.w(ctx).Where("id = ? AND member_id = ?", id, member).Delete(&Passkey{}), ErrNotFound)
}

// InsertChallenge stores a question.
func (s *Store) InsertChallenge(ctx context.Context, c *Challenge) error {
	return s.w(ctx).Create(c).Error
}

// TakeChallenge removes a question and returns it: of two who answer it at the
// same time one gets ErrNotFound, as does who comes too late.
func (s *Store) TakeChallenge(ctx context.Context, hash string) (Challenge, error) {
	var rows []Challenge
	err := s.w(ctx).Clauses(clause.Returning{}).Where("token_hash = ?", hash).Delete(&rows).Error
	if err == nil && (len(rows) == 0 || !rows[0].ExpiresAt.After(s.Now())) {
		err = ErrNotFound
	}
	if err != nil {
		return Challenge{}, err
	}
	return rows[0], nil
}
