package models

import (
	"context"
	"time"

	"gorm.io/gorm/clause"
)

// clocksDiffer is more than a clock is put back by when it is corrected.
const clocksDiffer = 10 * time.Minute

// Lease takes or keeps the lease called name for owner until d from now and
// reports whether owner has it. Of several servers one has it; when that one
// dies another gets it after d. One that lasts far longer was taken by a clock that
// has been put back since, and is nobody's: its job would rest until then.
func (s *Store) Lease(ctx context.Context, name, owner string, d time.Duration) (bool, error) {
	now, until, never := s.present(0), s.present(d), s.present(d+clocksDiffer)
	res := s.w(ctx).Exec(`INSERT INTO leases (name, owner, until) VALUES (?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until
		WHERE leases.owner = excluded.owner OR leases.until < ? OR leases.until > ?`, name, owner, until, now, never)
	return res.RowsAffected == 1, res.Error
}

// present is the instant d from now by the clock that all servers on the database
// have in common: claims and leases are compared by it, or a server whose clock is
// ahead would take those of another, who is still at work on them.
func (s *Store) present(d time.Duration) clause.Expr {
	return s.dialect.present(s.Now().Add(d), s.machine())
}

// ClockAhead returns how far this machine's clock is ahead of the database's; 0 where
// both are the same.
func (s *Store) ClockAhead(ctx context.Context) (time.Duration, error) {
	if s.Dialect() != "postgres" {
		return 0, nil
	}
	var theirs time.Time
	before := s.machine()
	err := s.r(ctx).Raw("SELECT statement_timestamp()").Scan(&theirs).Error
	return before.Add(s.machine().Sub(before) / 2).Sub(theirs), err
}

// ReleaseLease gives the lease back, so that another need not wait for its end.
// It does nothing when owner does not have it.
func (s *Store) ReleaseLease(ctx context.Context, name, owner string) error {
	return s.w(ctx).Exec("DELETE FROM leases WHERE name = ? AND owner = ?", name, owner).Error
}
