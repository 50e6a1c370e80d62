package models

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"

	"kyoten/internal/clock"
)

// poolSize is both the most connections and the number kept: eight to sixteen
// are enough for one server, and opening one costs as much as 180 queries.
const poolSize = 16

type postgresDialect struct{}

func (postgresDialect) name() string               { return "postgres" }
func (postgresDialect) writesInWith() bool         { return true }
func (postgresDialect) readsJSON() bool            { return true }
func (postgresDialect) seconds(expr string) string { return "extract(epoch FROM " + expr + ")::bigint" }
func (postgresDialect) least() string              { return "LEAST" }
func (postgresDialect) greatest() string           { return "GREATEST" }

// postgresDialector is the stock one with our translation of errors.
type postgresDialector struct{ *postgres.Dialector }

func (d postgresDialector) Translate(err error) error { return postgresDialect{}.translate(err) }

func (postgresDialect) open(ctx context.Context, target string, now clock.Func) (read, write *gorm.DB, err error) {
	conf, err := pgx.ParseConfig(target)
	if err != nil {
		return nil, nil, err
	}
	conf.RuntimeParams["timezone"] = "UTC"
	conf.RuntimeParams["lock_timeout"] = "3000" // ms; the net under "lock in one order"
	if conf.RuntimeParams["application_name"] == "" {
		conf.RuntimeParams["application_name"] = "kyoten"
	}
	pool := stdlib.OpenDB(*conf, stdlib.OptionAfterConnect(scanInUTC))
	pool.SetMaxOpenConns(poolSize)
	pool.SetMaxIdleConns(poolSize)
	pool.SetConnMaxIdleTime(0)
	if err := waitFor(ctx, pool); err != nil {
		_ = pool.Close()
		return nil, nil, err
	}
	stock, _ := postgres.New(postgres.Config{Conn: pool}).(*postgres.Dialector)
	db, err := gorm.Open(postgresDialector{stock}, gormConfig(now))
	if err != nil {
		_ = pool.Close()
		return nil, nil, err
	}
	return db, db, nil
}

// scanInUTC makes instants come back in UTC; pgx would use the machine's zone.
func scanInUTC(_ context.Context, c *pgx.Conn) error {
	c.TypeMap().RegisterType(&pgtype.Type{
		Name: "timestamptz", OID: pgtype.TimestamptzOID,
		Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	})
	return nil
}

// waitFor gives a database that is just starting beside us ten seconds.
func waitFor(ctx context.Context, pool *sql.DB) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		err := pool.PingContext(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-time.After(250 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("connect: %w", err)
		}
	}
}
