package models

import (
	"context"
	"time"
)

// Lease takes or keeps the lease called name for owner until d from now and
// reports whether owner has it. Of several servers one has it; when that one
// dies another gets it after d.
func (s *Store) Lease(ctx context.Context, name, owner string, d time.Duration) (bool, error) {
	now := s.Now()
	res := s.w(ctx).Exec(`INSERT INTO leases (name, owner, until) VALUES (?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
		WHERE leases.owner = excluded.owner OR leases.until < ?`, name, owner, now.Add(d), now)
	return res.RowsAffected == 1, res.Error
}

// ReleaseLease gives the lease back, so that another need not wait for its end.
// It does nothing when owner does not have it.
func (s *Store) ReleaseLease(ctx context.Context, name, owner string) error {
	return s.w(ctx).Exec("DELETE FROM leases WHERE name = ? AND owner = ?", name, owner).Error
}
