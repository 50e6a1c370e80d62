package models

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"kyoten/internal/clock"
)

// poolSize is both the most connections and the number kept: eight to sixteen
// are enough for one server, and opening one costs as much as 180 queries.
const poolSize = 16

// doorPool is how many connections there are for doors besides. Scans that share
// their statements need two (access/together.go), but what has consequences that
// they cannot share has a transaction of its own.
const doorPool = poolSize

type postgresDialect struct{}

func (postgresDialect) name() string               { return "postgres" }
func (postgresDialect) writesInWith() bool         { return true }
func (postgresDialect) pipelines() bool            { return true }
func (postgresDialect) readsJSON() bool            { return true }
func (postgresDialect) placeholder(n int) string   { return "$" + strconv.Itoa(n) }
func (postgresDialect) locksRows() bool            { return true }
func (postgresDialect) seconds(expr string) string { return "extract(epoch FROM " + expr + ")::bigint" }
func (postgresDialect) least() string              { return "LEAST" }
func (postgresDialect) greatest() string           { return "GREATEST" }

// present is by the database's clock: one of several servers may be minutes off.
func (postgresDialect) present(instant, machine time.Time) clause.Expr {
	return gorm.Expr("date_trunc('second', CAST(? AS timestamptz) + (statement_timestamp() - CAST(? AS timestamptz)))", instant, machine)
}

func (postgresDialect) katakana(expr string) string {
	return "translate(" + expr + ", '" + allHiragana + "', '" + katakana(allHiragana) + "')"
}

// postgresDialector is the stock one with our translation of errors.
type postgresDialector struct{ *postgres.Dialector }

func (d postgresDialector) Translate(err error) error { return postgresDialect{}.translate(err) }

func (postgresDialect) open(ctx context.Context, target string, now clock.Func) (read, write *gorm.DB, err error) {
	conf, err := postgresConfig(target)
	if err != nil {
		return nil, nil, err
	}
	db, pool, err := openPostgres(conf, poolSize, now)
	if err != nil {
		return nil, nil, err
	}
	if err := waitFor(ctx, pool); err != nil {
		_ = pool.Close()
		return nil, nil, err
	}
	return db, db, nil
}

// doors gives connections that look up everything by keys: a plan made while
// few were inside, or while nobody had been scanned yet, would go on reading all
// of a table when it has become large. No statement of a door does well by more.
// They are made when they are needed first, or by ReadyDoors.
func (postgresDialect) doors(target string, now clock.Func) (*gorm.DB, error) {
	conf, err := postgresConfig(target)
	if err != nil {
		return nil, err
	}
	for _, setting := range []string{"seqscan", "hashjoin", "mergejoin", "material", "memoize"} {
		conf.RuntimeParams["enable_"+setting] = "off"
	}
	conf.RuntimeParams["jit"] = "off"
	db, _, err := openPostgres(conf, doorPool, now)
	return db, err
}

// postgresConfig is what all our connections have in common.
func postgresConfig(target string) (*pgx.ConnConfig, error) {
	conf, err := pgx.ParseConfig(target)
	if err != nil {
		return nil, err
	}
	conf.RuntimeParams["timezone"] = "UTC"
	conf.RuntimeParams["lock_timeout"] = "3000" // ms; the net under "lock in one order"
	// Our statements are short ones by index, planned best once: planning anew cost
	// more than running them (the check at a door joins twelve tables).
	conf.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	if conf.RuntimeParams["application_name"] == "" {
		conf.RuntimeParams["application_name"] = "kyoten"
	}
	return conf, nil
}

func openPostgres(conf *pgx.ConnConfig, conns int, now clock.Func) (*gorm.DB, *sql.DB, error) {
	pool := stdlib.OpenDB(*conf, stdlib.OptionAfterConnect(teachTypes))
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	pool.SetConnMaxIdleTime(0)
	stock, _ := postgres.New(postgres.Config{Conn: pool}).(*postgres.Dialector)
	db, err := gorm.Open(postgresDialector{stock}, gormConfig(now))
	if err != nil {
		_ = pool.Close()
	}
	return db, pool, err
}

// teachTypes makes instants come back in UTC (pgx would use the machine's zone),
// and ids go out as the 16 bytes they are: by way of their driver.Valuer, text
// that is parsed again, they took an eighth of the time of a reservation.
func teachTypes(_ context.Context, c *pgx.Conn) error {
	types := c.TypeMap()
	types.RegisterType(&pgtype.Type{
		Name: "timestamptz", OID: pgtype.TimestamptzOID,
		Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	})
	types.TryWrapEncodePlanFuncs = append([]pgtype.TryWrapEncodePlanFunc{wrapID}, types.TryWrapEncodePlanFuncs...)
	return nil
}

// wrapID lets pgx see that an ID is a UUID, behind a pointer too.
func wrapID(value any) (pgtype.WrappedEncodePlanNextSetter, any, bool) {
	id, ok := uuidOf(value)
	return &encodeID{}, id, ok
}

func uuidOf(value any) (id pgtype.UUID, ok bool) {
	switch v := value.(type) {
	case ID:
		return pgtype.UUID{Bytes: v, Valid: true}, true
	case *ID:
		if v != nil {
			return pgtype.UUID{Bytes: *v, Valid: true}, true
		}
	}
	return id, false
}

type encodeID struct{ next pgtype.EncodePlan }

// SetNext says how the UUID is encoded.
func (p *encodeID) SetNext(next pgtype.EncodePlan) { p.next = next }

// Encode appends the ID to buf.
func (p *encodeID) Encode(value any, buf []byte) ([]byte, error) {
	id, _ := uuidOf(value)
	return p.next.Encode(id, buf)
}

// waitFor gives a database that is just starting beside us ten seconds. One that
// does not let us in will not by waiting.
func waitFor(ctx context.Context, pool *sql.DB) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var why error
	for {
		err := pool.PingContext(ctx)
		if err == nil {
			return nil
		}
		if why == nil || ctx.Err() == nil { // else it says no more than that our time was over
			why = err
		}
		if pg, ok := errors.AsType[*pgconn.PgError](err); ok && strings.HasPrefix(pg.Code, "28") {
			return fmt.Errorf("connect: %w", why)
		}
		select {
		case <-time.After(250 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("connect: %w", why)
		}
	}
}

func (postgresDialect) countOn(db *gorm.DB, tables ...string) error {
	for _, table := range tables {
		err := db.Exec("SELECT setval(pg_get_serial_sequence('" + table + "', 'id'), (SELECT COALESCE(max(id), 0) + 1 FROM " + table + "), false)").Error
		if err != nil {
			return err
		}
	}
	return nil
}
