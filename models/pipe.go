package models

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/gorm"
)

// errRolledBack means that PostgreSQL answered COMMIT by rolling back, since a
// statement had failed before.
var errRolledBack = errors.New("the transaction had failed before it was committed")

// pipe is a transaction on PostgreSQL. A reservation is mostly waiting for round
// trips, so what need not be waited for is held back and sent with what comes
// next: BEGIN together with what is asked first, and what nobody looks at the
// result of together with COMMIT (docs/adr/0014-held-back-statements.md).
//
// GORM sees a transaction of database/sql, before whose statements all that was
// held back is sent: the order is always that of the calls.
type pipe struct {
	ctx  context.Context // of the whole transaction, as in a sql.Tx
	conn *sql.Conn
	held []statement
}

// statement is one that goes past GORM; PostgreSQL counts its arguments: $1, $2.
type statement struct {
	sql  string
	args []any
	read func(pgx.Rows) error // nil: nobody looks at the result
}

// inTx runs fn in a transaction, which begins with the first statement.
func (postgresDialect) inTx(ctx context.Context, db *gorm.DB, fn func(*gorm.DB) error) error {
	pool, err := db.DB()
	if err != nil {
		return err
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	p := &pipe{ctx: ctx, conn: conn, held: []statement{{sql: "BEGIN"}}}
	defer p.end()
	tx := db.Session(&gorm.Session{Context: ctx, NewDB: true})
	tx.Statement.ConnPool = p
	if err := fn(tx); err != nil {
		return err
	}
	return p.Commit()
}

// piped returns the transaction that db is in, or nil.
func piped(db *gorm.DB) *pipe {
	p, _ := db.Statement.ConnPool.(*pipe)
	return p
}

// later has a statement sent with the next one or with COMMIT, whichever comes
// first. Its failure is theirs.
func (p *pipe) later(sql string, args []any) {
	p.held = append(p.held, statement{sql: sql, args: args})
}

// send sends what was held back and these in one round trip.
func (p *pipe) send(ctx context.Context, more ...statement) error {
	all := append(p.held, more...)
	p.held = nil
	return sendOn(ctx, p.conn, all)
}

func sendOn(ctx context.Context, conn *sql.Conn, all []statement) error {
	return conn.Raw(func(raw any) error {
		var batch pgx.Batch
		for _, s := range all {
			if q := batch.Queue(s.sql, s.args...); s.read != nil {
				q.Query(s.read)
			} else {
				q.Exec(committed)
			}
		}
		return raw.(*stdlib.Conn).Conn().SendBatch(ctx, &batch).Close()
	})
}

// ask sends statements in one round trip, in the transaction that ctx or the store
// is in, else as one of their own. It is for PostgreSQL (dialect.pipelines).
func (s *Store) ask(ctx context.Context, all ...statement) error {
	db := s.w(ctx)
	if p := piped(db); p != nil {
		return s.dialect.translate(p.send(ctx, all...))
	}
	pool, err := db.DB()
	if err != nil {
		return err
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return s.dialect.translate(err)
	}
	defer func() { _ = conn.Close() }()
	return s.dialect.translate(sendOn(ctx, conn, all))
}

// eachRow reads the rows of a query past GORM, on either database.
func (s *Store) eachRow(ctx context.Context, sql string, args []any, each func(scan func(...any) error) error) error {
	if s.dialect.pipelines() {
		st := statement{read: func(rows pgx.Rows) error {
			for rows.Next() {
				if err := each(rows.Scan); err != nil {
					return err
				}
			}
			return rows.Err()
		}}
		st.sql, st.args = numbered(sql, args)
		return s.ask(ctx, st)
	}
	rows, err := s.r(ctx).Statement.ConnPool.QueryContext(ctx, sql, args...)
	if err != nil {
		return s.dialect.translate(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return s.dialect.translate(rows.Err())
}

// one makes a statement, written with ?, that returns one row, read into these.
func one(sql string, args []any, into ...any) statement {
	st := statement{read: func(rows pgx.Rows) error {
		for rows.Next() {
			if err := rows.Scan(into...); err != nil {
				return err
			}
		}
		return rows.Err()
	}}
	st.sql, st.args = numbered(sql, args)
	return st
}

// many is one for any number of rows.
func many[T any](sql string, args []any, out *[]T, into func(*T) []any) statement {
	st := statement{read: func(rows pgx.Rows) error {
		for rows.Next() {
			var row T
			if err := rows.Scan(into(&row)...); err != nil {
				return err
			}
			*out = append(*out, row)
		}
		return rows.Err()
	}}
	st.sql, st.args = numbered(sql, args)
	return st
}

// committed refuses the answer to a COMMIT that did not do it.
func committed(tag pgconn.CommandTag) error {
	if tag.String() == "ROLLBACK" {
		return errRolledBack
	}
	return nil
}

// flush sends what was held back.
func (p *pipe) flush(ctx context.Context) error {
	if len(p.held) == 0 {
		return nil
	}
	return p.send(ctx)
}

// Commit ends the transaction; one that never began needs no end.
func (p *pipe) Commit() error {
	if len(p.held) == 1 && p.held[0].sql == "BEGIN" {
		return nil
	}
	return p.send(p.ctx, statement{sql: "COMMIT"})
}

// Rollback undoes the transaction, unless it is over, also when its context is.
func (p *pipe) Rollback() error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(p.ctx), 5*time.Second)
	defer cancel()
	p.held = nil
	return p.conn.Raw(func(raw any) error {
		conn := raw.(*stdlib.Conn).Conn()
		if conn.IsClosed() || conn.PgConn().TxStatus() == 'I' {
			return nil
		}
		if _, err := conn.Exec(ctx, "ROLLBACK"); err != nil {
			return driver.ErrBadConn // the pool makes another one
		}
		return nil
	})
}

// end undoes what was not committed and gives the connection back.
func (p *pipe) end() {
	_ = p.Rollback()
	_ = p.conn.Close()
}

// PrepareContext is for GORM.
func (p *pipe) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	if err := p.flush(ctx); err != nil {
		return nil, err
	}
	return p.conn.PrepareContext(ctx, query)
}

// ExecContext is for GORM.
func (p *pipe) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if err := p.flush(ctx); err != nil {
		return nil, err
	}
	return p.conn.ExecContext(ctx, query, args...)
}

// QueryContext is for GORM.
func (p *pipe) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := p.flush(ctx); err != nil {
		return nil, err
	}
	return p.conn.QueryContext(ctx, query, args...)
}

// QueryRowContext is for GORM. What was held back and fails makes this fail too:
// the transaction is then aborted.
func (p *pipe) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	_ = p.flush(ctx)
	return p.conn.QueryRowContext(ctx, query, args...)
}

// numbered writes a statement as PostgreSQL takes it: each ? becomes $1, $2 and
// so on, that of a slice as many as it has in brackets. The text holds no other ?.
func numbered(sql string, args []any) (string, []any) {
	var b strings.Builder
	out := make([]any, 0, len(args)+4)
	add := func(arg any) {
		out = append(out, arg)
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(len(out)))
	}
	parts := strings.Split(sql, "?")
	for i, arg := range args {
		b.WriteString(parts[i])
		if a, ok := arg.(array); ok {
			add(a.values)
			continue
		}
		list := reflect.ValueOf(arg)
		if _, whole := arg.(driver.Valuer); whole || list.Kind() != reflect.Slice || list.Type().Elem().Kind() == reflect.Uint8 {
			add(arg)
			continue
		}
		for j := range list.Len() {
			b.WriteString([]string{"(", ","}[min(j, 1)])
			add(list.Index(j).Interface())
		}
		b.WriteByte(')')
	}
	b.WriteString(parts[len(args)])
	return b.String(), out
}
