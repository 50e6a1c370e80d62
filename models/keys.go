package models

import (
	"context"
	"time"
)

// IssuerKey is a key that signs codes. PrivateKey is wrapped by the master key.
type IssuerKey struct {
	KID        int `gorm:"primaryKey;column:kid"`
	PublicKey  string
	PrivateKey string
	NotBefore  time.Time
	NotAfter   time.Time
	RevokedAt  *time.Time
	CreatedAt  time.Time
}

// StateKey signs the state that gates are told. Endorsement is the signature of
// the key before it.
type StateKey struct {
	ID          int
	PublicKey   string
	PrivateKey  string
	Endorsement string
	CreatedAt   time.Time
}

// IssuerKeys returns all keys that ever signed codes, by kid.
func (s *Store) IssuerKeys(ctx context.Context) ([]IssuerKey, error) {
	var rows []IssuerKey
	err := s.r(ctx).Order("kid").Find(&rows).Error
	return rows, err
}

// InsertIssuerKey stores a new key.
func (s *Store) InsertIssuerKey(ctx context.Context, k *IssuerKey) error {
	return s.w(ctx).Create(k).Error
}

// RewrapIssuerKey stores the private part anew, wrapped by another master key.
func (s *Store) RewrapIssuerKey(ctx context.Context, kid int, private string) error {
	return s.w(ctx).Model(&IssuerKey{}).Where("kid = ?", kid).Update("private_key", private).Error
}

// RevokeIssuerKey ends a key: no code it signed is valid any more. ErrNotFound
// when there is no such key that is not revoked already.
func (s *Store) RevokeIssuerKey(ctx context.Context, kid int) error {
	return changedOne(s.w(ctx).Model(&IssuerKey{}).Where("kid = ? AND revoked_at IS NULL", kid).
		Update("revoked_at", s.Now()), ErrNotFound)
}

// StateKeys returns all keys that ever signed the state of a site, the first one
// first.
func (s *Store) StateKeys(ctx context.Context) ([]StateKey, error) {
	var rows []StateKey
	err := s.r(ctx).Order("id").Find(&rows).Error
	return rows, err
}

// InsertStateKey stores a new key; its id is counted by the database.
func (s *Store) InsertStateKey(ctx context.Context, k *StateKey) error {
	return s.w(ctx).Create(k).Error
}

// RewrapStateKey stores the private part anew, wrapped by another master key.
func (s *Store) RewrapStateKey(ctx context.Context, id int, private string) error {
	return s.w(ctx).Model(&StateKey{}).Where("id = ?", id).Update("private_key", private).Error
}

// LockName makes whoever else locks the same name wait until the transaction
// ends. It is for chores that two servers may begin at the same time and that
// have no row of their own yet to lock.
func (s *Store) LockName(ctx context.Context, name string) error {
	return s.w(ctx).Exec(`INSERT INTO settings (name, value) VALUES (?, '')
		ON CONFLICT (name) DO UPDATE SET value = ''`, "lock."+name).Error
}
