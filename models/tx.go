package models

import (
	"context"
	"math/rand/v2"
	"time"

	"gorm.io/gorm"
)

// txAttempts bounds how often a transaction that lost against another is tried.
const txAttempts = 8

// InTx runs fn in one transaction and commits it when fn returns nil. A nested
// call joins the transaction that is already open. fn may run several times
// (deadlock, serialization failure, busy), so it may touch nothing but tx.
func (s *Store) InTx(ctx context.Context, fn func(tx *Store) error) error {
	if s.tx != nil {
		return fn(s)
	}
	if tx := s.in(ctx); tx != s {
		return tx.nested(ctx, fn)
	}
	for attempt := 1; ; attempt++ {
		state, err := s.once(ctx, fn)
		if err == nil {
			for _, f := range state.afterCommit {
				f()
			}
			return nil
		}
		if !s.dialect.retryable(err) {
			return err
		}
		if attempt == txAttempts {
			return ErrUnavailable.Because(err)
		}
		if err := pause(ctx, attempt); err != nil {
			return err
		}
	}
}

func (s *Store) once(ctx context.Context, fn func(tx *Store) error) (*txState, error) {
	state := &txState{}
	err := s.dialect.inTx(ctx, s.write, func(db *gorm.DB) error {
		tx := s.on(db, state)
		if err := fn(tx); err != nil {
			return err
		}
		return tx.storeMarks(ctx)
	})
	return state, s.dialect.translate(err)
}

// on returns the store as seen within a transaction.
func (s *Store) on(db *gorm.DB, state *txState) *Store {
	return &Store{
		read: db, write: db, dialect: s.dialect, now: s.now, machine: s.machine,
		catalogue: s.catalogue, texts: s.texts, changes: s.changes, held: s.held, gateEnds: s.gateEnds, tx: state,
	}
}

func pause(ctx context.Context, attempt int) error {
	t := time.NewTimer(time.Duration(attempt) * time.Duration(1+rand.IntN(5)) * time.Millisecond)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

type enclosingKey struct{}

// Enclose runs fn in one transaction that all reads, writes and transactions
// asked for with fn's context are part of. It is for those who do not hold the
// store themselves: an answer that must be committed together with what it is
// the answer to. Like InTx's, its function may run several times.
func (s *Store) Enclose(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.InTx(ctx, func(tx *Store) error {
		err := fn(context.WithValue(ctx, enclosingKey{}, tx))
		if tx.tx.lost != nil {
			return tx.tx.lost
		}
		return err
	})
}

// in returns the transaction of this database that ctx is enclosed in, else s.
func (s *Store) in(ctx context.Context) *Store {
	if s.tx != nil {
		return s
	}
	if tx, ok := ctx.Value(enclosingKey{}).(*Store); ok && tx.catalogue == s.catalogue {
		return tx
	}
	return s
}

// Enclosed reports whether what is done with ctx is part of a larger transaction.
func (s *Store) Enclosed(ctx context.Context) bool { return s.in(ctx).tx != nil }

// nested runs fn behind a savepoint, so that what fails leaves nothing behind in
// the enclosing transaction either.
func (s *Store) nested(ctx context.Context, fn func(tx *Store) error) error {
	before := len(s.tx.afterCommit)
	err := s.write.WithContext(ctx).Transaction(func(db *gorm.DB) error {
		err := fn(s.on(db, s.tx))
		if p := piped(db); err == nil && p != nil {
			err = p.flush(ctx) // so that what fails, fails behind the savepoint
		}
		return err
	})
	if err == nil {
		return nil
	}
	s.tx.afterCommit = s.tx.afterCommit[:before]
	if s.dialect.retryable(err) {
		s.tx.lost = err
	}
	return s.dialect.translate(err)
}

// PlanAnew has PostgreSQL plan each statement of the transaction for what it asks
// and for the tables as they are. Plans are otherwise made once (see postgres.go);
// one made for any window of time, or while a table was small, reads far too much
// for a wide window or for many ids. Elsewhere there is nothing to do.
func (s *Store) PlanAnew(ctx context.Context) {
	if p := piped(s.w(ctx)); p != nil {
		p.later("SET LOCAL plan_cache_mode = force_custom_plan", nil)
	}
}

// PlannedAnew reads with PlanAnew, in a transaction where it takes one.
func (s *Store) PlannedAnew(ctx context.Context, read func(*Store) error) error {
	if s.dialect.name() != "postgres" {
		return read(s)
	}
	return s.InTx(ctx, func(tx *Store) error {
		tx.PlanAnew(ctx)
		return read(tx)
	})
}

// AfterCommit has f run once the transaction is committed, and not at all when
// it is not: waking a worker, telling open pages. Outside a transaction f runs
// at once.
func (s *Store) AfterCommit(f func()) {
	if s.tx == nil {
		f()
		return
	}
	s.tx.afterCommit = append(s.tx.afterCommit, f)
}
