package models

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"net/url"
	"sync"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/callbacks"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/migrator"
	"gorm.io/gorm/schema"
	"modernc.org/sqlite"

	"kyoten/internal/clock"
)

// sqliteReaders is how many connections read beside the one that writes.
const sqliteReaders = 6

type sqliteDialect struct{}

func (sqliteDialect) name() string               { return "sqlite3" }
func (sqliteDialect) writesInWith() bool         { return false }
func (sqliteDialect) pipelines() bool            { return false }
func (sqliteDialect) readsJSON() bool            { return false }
func (sqliteDialect) placeholder(int) string     { return "?" }
func (sqliteDialect) locksRows() bool            { return false }
func (sqliteDialect) seconds(expr string) string { return "unixepoch(" + expr + ")" }

// present is by the machine's clock, which all on one file share.
func (sqliteDialect) present(instant, _ time.Time) clause.Expr { return gorm.Expr("?", instant) }

func (sqliteDialect) katakana(expr string) string { return "katakana(" + expr + ")" }
func (sqliteDialect) least() string               { return "MIN" }
func (sqliteDialect) greatest() string            { return "MAX" }

// open gives one connection that writes and several that read: with several
// writers SQLite lets some of them starve for seconds, with one none waits.
func (sqliteDialect) open(ctx context.Context, path string, now clock.Func) (read, write *gorm.DB, err error) {
	if write, err = openSQLite(ctx, path, "_txlock=immediate", 1, now); err != nil {
		return nil, nil, err
	}
	if read, err = openSQLite(ctx, path, "_pragma=query_only(1)", sqliteReaders, now); err != nil {
		_ = closeDB(write)
		return nil, nil, err
	}
	return read, write, nil
}

func (sqliteDialect) doors(string, clock.Func) (*gorm.DB, error) { return nil, nil }

// teach gives SQLite the functions it lacks, once for the process.
var teach = sync.OnceValue(func() error {
	return sqlite.RegisterDeterministicScalarFunction("katakana", 1, func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
		if text, is := args[0].(string); is {
			return katakana(text), nil
		}
		return args[0], nil
	})
})

// openSQLite: WAL lets readers go on beside the writer; FULL keeps a confirmed
// booking through a power cut; instants are text, UTC, one spelling.
func openSQLite(ctx context.Context, path, extra string, conns int, now clock.Func) (*gorm.DB, error) {
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)" +
		"&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_pragma=cache_size(-16000)&_time_format=sqlite&_timezone=UTC&" + extra
	if err := teach(); err != nil {
		return nil, err
	}
	pool, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	if err := pool.PingContext(ctx); err != nil {
		_ = pool.Close()
		return nil, err
	}
	return gorm.Open(sqliteDialector{pool: pool}, gormConfig(now))
}

// sqliteDialector joins GORM to modernc.org/sqlite. It is our own because no
// published one does without cgo, keeps instants in UTC and lets errors of
// triggers, foreign keys and checks through (docs/adr/0001). The schema is
// migrations' alone, so everything GORM would migrate with is left out.
type sqliteDialector struct{ pool *sql.DB }

func (sqliteDialector) Name() string { return "sqlite" }

func (d sqliteDialector) Initialize(db *gorm.DB) error {
	db.ConnPool = d.pool
	callbacks.RegisterDefaultCallbacks(db, &callbacks.Config{
		CreateClauses:        []string{"INSERT", "VALUES", "ON CONFLICT", "RETURNING"},
		UpdateClauses:        []string{"UPDATE", "SET", "FROM", "WHERE", "RETURNING"},
		DeleteClauses:        []string{"DELETE", "FROM", "WHERE", "RETURNING"},
		LastInsertIDReversed: true,
	})
	// BEGIN IMMEDIATE has already taken the one write lock there is.
	db.ClauseBuilders["FOR"] = func(clause.Clause, clause.Builder) {}
	return nil
}

func (d sqliteDialector) Migrator(db *gorm.DB) gorm.Migrator {
	return migrator.Migrator{Config: migrator.Config{DB: db, Dialector: d}}
}
func (sqliteDialector) DataTypeOf(*schema.Field) string { return "" }
func (sqliteDialector) DefaultValueOf(*schema.Field) clause.Expression {
	return clause.Expr{SQL: "NULL"}
}

func (sqliteDialector) BindVarTo(w clause.Writer, _ *gorm.Statement, _ any) { _ = w.WriteByte('?') }

func (sqliteDialector) QuoteTo(w clause.Writer, name string) {
	_, _ = w.WriteString(quoteIdentifier(name))
}

func (sqliteDialector) Explain(sql string, vars ...any) string {
	return logger.ExplainSQL(sql, nil, `'`, vars...)
}

func (sqliteDialector) SavePoint(tx *gorm.DB, name string) error {
	return tx.Exec("SAVEPOINT " + name).Error
}

func (sqliteDialector) RollbackTo(tx *gorm.DB, name string) error {
	return tx.Exec("ROLLBACK TO SAVEPOINT " + name).Error
}

func (sqliteDialector) Translate(err error) error { return sqliteDialect{}.translate(err) }

// quoteIdentifier quotes each part of a dotted name. Names come from our own
// code, never from a client.
func quoteIdentifier(name string) string {
	out := make([]byte, 0, len(name)+4)
	out = append(out, '"')
	for i := range len(name) {
		switch name[i] {
		case '.':
			out = append(out, `"."`...)
		case '"':
			out = append(out, `""`...)
		default:
			out = append(out, name[i])
		}
	}
	return string(append(out, '"'))
}

// countOn: AUTOINCREMENT counts on from the greatest id there ever was.
func (sqliteDialect) countOn(*gorm.DB, ...string) error { return nil }

func (sqliteDialect) inTx(ctx context.Context, db *gorm.DB, fn func(*gorm.DB) error) error {
	return db.WithContext(ctx).Transaction(fn)
}
