package models

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/gorm"
)

// question asks for the rows of a query, one after another into the same places,
// and calls each for every one of them. The question marks of the query stand for
// values as GORM takes them.
type question func(query string, args, dest []any, each func() error) error

// survey reads what a report is counted from: hundreds of thousands of rows, so
// they go past GORM. All that one survey asks is answered as of one instant.
func (s *Store) survey(ctx context.Context, do func(question) error) error {
	db := s.r(ctx)
	pool, err := db.DB()
	if err != nil {
		return err
	}
	err = s.dialect.survey(ctx, pool, func(ask question) error {
		return do(func(query string, args, dest []any, each func() error) error {
			// GORM writes the lists out, as it does for its own statements.
			stmt := db.Session(&gorm.Session{DryRun: true}).Raw(query, args...).Find(&[]map[string]any{}).Statement
			return ask(stmt.SQL.String(), stmt.Vars, dest, each)
		})
	})
	if err != nil {
		return s.dialect.translate(fmt.Errorf("survey: %w", err))
	}
	return nil
}

// survey on PostgreSQL reads by pgx itself, which costs a third of database/sql;
// the statements get plans of their own, and memory to join in.
func (postgresDialect) survey(ctx context.Context, pool *sql.DB, do func(question) error) error {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	return conn.Raw(func(driver any) error {
		pg := driver.(*stdlib.Conn).Conn()
		return pgx.BeginTxFunc(ctx, pg, pgx.TxOptions{AccessMode: pgx.ReadOnly, IsoLevel: pgx.RepeatableRead}, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('work_mem', '64MB', true)"); err != nil {
				return err
			}
			return do(func(query string, args, dest []any, each func() error) error {
				rows, err := tx.Query(ctx, query, args...)
				if err != nil {
					return err
				}
				_, err = pgx.ForEachRow(rows, plainIDs(dest), each)
				return err
			})
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

func (sqliteDialect) survey(ctx context.Context, pool *sql.DB, do func(question) error) error {
	tx, err := pool.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	return do(func(query string, args, dest []any, each func() error) error {
		rows, err := tx.QueryContext(ctx, query, args...)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			if err := rows.Scan(dest...); err != nil {
				return err
			}
			if err := each(); err != nil {
				return err
			}
		}
		return rows.Err()
	})
}
