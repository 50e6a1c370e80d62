package models

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
	sqlite "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"kyoten/internal/clock"
	"kyoten/internal/fault"
)

// dialect is what differs between the two databases. Only this file and the two
// that implement it know which one is running.
type dialect interface {
	name() string
	open(ctx context.Context, target string, now clock.Func) (read, write *gorm.DB, err error)
	// doors opens connections for doors alone (Store.Doors); nil: there need be none.
	doors(target string, now clock.Func) (*gorm.DB, error)
	// inTx runs fn in a transaction, and commits it when fn returns nil.
	inTx(ctx context.Context, db *gorm.DB, fn func(*gorm.DB) error) error
	// translate turns what the database says into our own errors.
	translate(err error) error
	// retryable reports whether the transaction lost against another and may be
	// tried again as it is.
	retryable(err error) bool
	// writesInWith reports whether a WITH may hold an INSERT.
	writesInWith() bool
	// pipelines reports whether several statements can be sent at once (Store.ask),
	// where waiting for each costs more than they do.
	pipelines() bool
	// countOn lets the ids that the database counts go on behind those that were
	// stored with the rows.
	countOn(db *gorm.DB, tables ...string) error
	// survey lets do ask for very many rows, all as of one instant.
	survey(ctx context.Context, pool *sql.DB, do func(question) error) error
	// readsJSON reports whether rows may come as a JSON document.
	readsJSON() bool
	// placeholder is how a statement that goes past GORM names its nth value; the
	// first is 1.
	placeholder(n int) string
	// locksRows reports whether a SELECT can lock rows; where not, a transaction
	// has the whole database to itself.
	locksRows() bool
	// katakana is SQL for a text with its hiragana in katakana.
	katakana(expr string) string
	// seconds is SQL for an instant as an integer of Unix time.
	seconds(expr string) string
	// packHolds is SQL that joins space_id, starts_at, ends_at and expires_at of many
	// rows into one value, from which unpackHolds hands them on one by one.
	packHolds() string
	unpackHolds(packed []byte, each func(space ID, h hold)) error
	// present is SQL for an instant by the clock that all servers on the database have
	// in common, given the instant by ours and what the machine's clock shows now.
	present(instant, machine time.Time) clause.Expr
	// changeMark is SQL for a number that every hold that is not visible yet will
	// have in its column changed, or a greater one, and for the server that counts.
	changeMark() (mark, server string)
	// changedSince is the condition that something changed since a mark.
	changedSince() string
	// least and greatest are the functions that choose among their arguments.
	least() string
	greatest() string
}

func dialectOf(url string) (d dialect, target string) {
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		return sqliteDialect{}, path
	}
	return postgresDialect{}, url
}

// overlapGuard is the name of the constraint on PostgreSQL and of the message of
// the trigger on SQLite (migrations/00002_bookings.sql).
const overlapGuard = "booking_spaces_no_overlap"

func gormConfig(now clock.Func) *gorm.Config {
	return &gorm.Config{
		Logger:                 logger.Discard, // errors are returned and logged once, at the edge
		NowFunc:                func() time.Time { return now().UTC().Truncate(time.Second) },
		SkipDefaultTransaction: true,
		TranslateError:         true,
		DisableAutomaticPing:   true, // open waits for the database itself
	}
}

// common translates what both databases say in the same way; nil and errors that
// are faults already stay what they are.
func common(err error) error {
	switch {
	case err == nil, declared(err):
		return err
	case errors.Is(err, gorm.ErrRecordNotFound):
		return ErrNotFound.Because(err)
	case gone(err):
		return ErrUnavailable.Because(err)
	}
	return err
}

// declared reports whether somebody has already said what err means to us.
func declared(err error) bool {
	_, ok := errors.AsType[*fault.Fault](err)
	return ok
}

// gone reports whether err says that there is no connection.
func gone(err error) bool {
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}

// passing are the SQLSTATEs, by their beginning, of what is no fault of a statement:
// the connection, a full disk, a server that stops or starts, a file that cannot be
// read, and a row that somebody else has for longer than lock_timeout.
var passing = []string{"08", "53", "57P", "58", "55P03"}

// translate for PostgreSQL, by SQLSTATE (documented in its appendix A).
func (postgresDialect) translate(err error) error {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || declared(err) {
		return common(err)
	}
	switch {
	case pg.Code == "23P01" && pg.ConstraintName == overlapGuard:
		return ErrSpaceTaken.Because(err)
	case pg.Code == "23505":
		return ErrConflict.Because(err)
	case pg.Code == "23503":
		return ErrInUse.Because(err)
	case slices.ContainsFunc(passing, func(class string) bool { return strings.HasPrefix(pg.Code, class) }):
		return ErrUnavailable.Because(err)
	}
	return err
}

// retryable: deadlock, serialization failure, and a lock that was not had within
// lock_timeout.
func (postgresDialect) retryable(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pg.Code == "40P01" || pg.Code == "40001" || pg.Code == "55P03")
}

// translate for SQLite, by extended result code.
func (sqliteDialect) translate(err error) error {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok || declared(err) {
		return common(err)
	}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_TRIGGER:
		if strings.Contains(e.Error(), overlapGuard) {
			return ErrSpaceTaken.Because(err)
		}
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return ErrConflict.Because(err)
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return ErrInUse.Because(err)
	}
	switch e.Code() & 0xff { // whatever the kind of it
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return ErrUnavailable.Because(err)
	}
	return err
}

func (sqliteDialect) retryable(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code()&0xff == sqlite3.SQLITE_BUSY || e.Code()&0xff == sqlite3.SQLITE_LOCKED)
}
