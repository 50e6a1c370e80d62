// Package models is what Kyoten stores: the types, the rules each of them keeps
// by itself, and every query. Nothing above it knows SQL, and nothing above
// dialect.go knows which database is running.
package models

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"kyoten/internal/clock"
	"kyoten/internal/fault"
)

var (
	// ErrNotFound means that a row does not exist, or that the caller may not
	// know of it: the two give the same answer.
	ErrNotFound = fault.New(fault.NotFound, "not_found", "there is nothing here under that name")
	// ErrUnavailable means that the database does not answer for now.
	ErrUnavailable = fault.ErrUnavailable
	// ErrStale means that a row was changed since the caller read it.
	ErrStale = fault.New(fault.Stale, "stale_version", "it was changed by somebody else in the meantime")
	// ErrForbidden means that the caller knows of it, but may not do that.
	ErrForbidden = fault.New(fault.Forbidden, "forbidden", "you may not do that")
	// ErrInvalidInput means that the input is not what was asked for; On names the
	// part.
	ErrInvalidInput = fault.New(fault.Invalid, "invalid_input", "some of the input is not valid")
	// ErrOutOfRange means that a range is wider than can be asked for at once.
	ErrOutOfRange = fault.New(fault.Invalid, "out_of_range", "the range is too wide")
	// ErrConflict means that a value that must be unique is taken.
	ErrConflict = fault.New(fault.Conflict, "already_exists", "something with that name or key already exists")
)

// Store is the database. It is safe for concurrent use; the store handed to
// InTx's function is not, and must not outlive it.
type Store struct {
	read, write *gorm.DB
	doors       *gorm.DB // nil: those above
	dialect     dialect
	now         clock.Func
	machine     clock.Func // what the machine's clock shows, also where now is a demo's
	catalogue   *catalogueCache
	texts       *sync.Map // what insertTogether has written, by shape
	changes     *changeFeed
	gateEnds    *atomic.Int64 // how many times a gate's token was ended here
	held        *heldCopy
	tx          *txState // nil outside a transaction
}

// txState is what one transaction collects.
type txState struct {
	afterCommit []func()
	lost        error // a nested one lost against another: all of it must run again
	marks       map[markedDay]bool
}

// Open connects to the database at url: "postgres://..." (or a libpq keyword
// string) or "sqlite:PATH". It does not migrate; see package migrations.
func Open(ctx context.Context, url string, now clock.Func) (*Store, error) {
	d, target := dialectOf(url)
	read, write, err := d.open(ctx, target, now)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	doors, err := d.doors(target, now)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open database: %w", err), closeDB(read), closeDB(write))
	}
	return &Store{
		read: read, write: write, doors: doors, dialect: d, now: now, machine: clock.Now,
		catalogue: newCatalogueCache(), texts: &sync.Map{}, changes: &changeFeed{}, gateEnds: &atomic.Int64{}, held: newHeldCopy(),
	}, nil
}

// Doors is the same store by connections that serve doors alone: people stand
// before them, whatever else the server does.
func (s *Store) Doors() *Store {
	if s.doors == nil || s.tx != nil {
		return s
	}
	return s.on(s.doors, nil)
}

// Close ends all connections.
func (s *Store) Close() error {
	err := errors.Join(closeDB(s.read), closeDB(s.write))
	if s.doors != nil {
		err = errors.Join(err, closeDB(s.doors))
	}
	return err
}

func closeDB(db *gorm.DB) error {
	conn, err := db.DB()
	if err != nil {
		return err
	}
	return conn.Close()
}

// SQL returns the connection pool that writes, for migrations, backup and
// metrics. Queries belong in this package.
func (s *Store) SQL() (*sql.DB, error) { return s.write.DB() }

// Dialect names the database as package migrations and goose do: "postgres" or
// "sqlite3".
func (s *Store) Dialect() string { return s.dialect.name() }

// Now returns the present instant in UTC, cut to the second, as it is stored.
func (s *Store) Now() time.Time { return s.now().UTC().Truncate(time.Second) }

// Ping asks the database for a sign of life; ErrUnavailable means there is none.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	if err := s.r(ctx).Raw("SELECT 1").Find(&one).Error; err != nil {
		return ErrUnavailable.Because(err)
	}
	return nil
}

// r is where plain reads begin: outside a transaction any reader, inside it the
// transaction itself.
func (s *Store) r(ctx context.Context) *gorm.DB { return s.in(ctx).read.WithContext(ctx) }

// w is where changes begin.
func (s *Store) w(ctx context.Context) *gorm.DB { return s.in(ctx).write.WithContext(ctx) }

// rowLock keeps other writers out of the rows that a query reads, until the
// transaction ends. NO KEY lets others refer to them meanwhile; SQLite, where a
// transaction holds the one write lock there is, leaves it out.
var rowLock = clause.Locking{Strength: "NO KEY UPDATE"}

// lock is where a query begins that locks what it reads.
func (s *Store) lock(ctx context.Context) *gorm.DB { return s.w(ctx).Clauses(rowLock) }

// changedOne turns "no row matched" into err, for updates that must hit one row.
func changedOne(res *gorm.DB, err error) error {
	if res.Error != nil {
		return res.Error
	}
	if res.RowsAffected == 0 {
		return err
	}
	return nil
}
