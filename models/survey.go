package models

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/gorm"
)

// survey reads the rows that a report is counted from: hundreds of thousands, so
// they go past GORM, into the same places again and again. The question marks of
// the query stand for values as GORM takes them.
func (s *Store) survey(ctx context.Context, query string, args, dest []any, each func()) error {
	// GORM writes the lists out, as it does for its own statements.
	db := s.r(ctx)
	stmt := db.Session(&gorm.Session{DryRun: true}).Raw(query, args...).Find(&[]map[string]any{}).Statement
	pool, err := db.DB()
	if err != nil {
		return err
	}
	if err := s.dialect.survey(ctx, pool, stmt.SQL.String(), stmt.Vars, dest, each); err != nil {
		return s.dialect.translate(fmt.Errorf("survey: %w", err))
	}
	return nil
}

// survey on PostgreSQL reads by pgx itself, which costs a third of database/sql;
// the statement gets a plan of its own, and memory to join in.
func (postgresDialect) survey(ctx context.Context, pool *sql.DB, query string, args, dest []any, each func()) error {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	return conn.Raw(func(driver any) error {
		pg := driver.(*stdlib.Conn).Conn()
		return pgx.BeginTxFunc(ctx, pg, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('work_mem', '64MB', true)"); err != nil {
				return err
			}
			rows, err := tx.Query(ctx, query, args...)
			if err != nil {
				return err
			}
			_, err = pgx.ForEachRow(rows, plainIDs(dest), func() error { each(); return nil })
			return err
		})
	})
}

// plainIDs lets pgx write IDs as the bytes they are; as an sql.Scanner each would
// be spelled and parsed again.
func plainIDs(dest []any) []any {
	out := make([]any, len(dest))
	for i, d := range dest {
		out[i] = d
		if id, ok := d.(*ID); ok {
			out[i] = (*[16]byte)(id)
		}
	}
	return out
}

func (sqliteDialect) survey(ctx context.Context, pool *sql.DB, query string, args, dest []any, each func()) error {
	rows, err := pool.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		each()
	}
	return rows.Err()
}
