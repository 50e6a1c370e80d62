package main

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// The limits: what the database alone can do on this machine. One statement, no
// rules, no HTTP.
const (
	limitTables = `
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE TABLE limit_bookings (id bigserial PRIMARY KEY, space_id integer NOT NULL, starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL,
  EXCLUDE USING gist (space_id WITH =, tstzrange(starts_at, ends_at, '[)') WITH &&));
CREATE TABLE limit_rows (id bigserial PRIMARY KEY, gate integer NOT NULL, at timestamptz NOT NULL, note text NOT NULL);`

	oneBooking = `\set space random(1, 1000)
\set hour random(1, 100000)
INSERT INTO limit_bookings (space_id, starts_at, ends_at) VALUES (:space, timestamptz '2026-01-01' + :hour * interval '1 hour',
  timestamptz '2026-01-01' + (:hour + 1) * interval '1 hour') ON CONFLICT DO NOTHING;
`
	oneRow = `INSERT INTO limit_rows (gate, at, note) VALUES (1, now(), 'a passage');
`
)

// limits measures them: with pgbench on PostgreSQL, with one writer and the same
// guard on SQLite, which has no more than one writer.
func (b *bench) limits(ctx context.Context) error {
	if b.db.kind == "sqlite" {
		return b.limitsOfSQLite(ctx)
	}
	if err := b.db.create(ctx, "limits"); err != nil {
		return err
	}
	db, err := b.db.open()
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, limitTables)
	_ = db.Close()
	if err != nil {
		return err
	}
	for _, run := range []struct {
		key, script string
		clients     int
	}{{"limit8", oneBooking, 8}, {"limit1", oneBooking, 1}, {"rows8", oneRow, 8}, {"rows64", oneRow, 64}} {
		l, err := b.pgbench(ctx, run.script, run.clients)
		if err != nil {
			return err
		}
		b.column.load(run.key, l)
	}
	return nil
}

// pgbench runs a script with that many clients and returns what it logged.
func (b *bench) pgbench(ctx context.Context, script string, clients int) (load, error) {
	folder, err := os.MkdirTemp(b.folder, "pgbench")
	if err != nil {
		return load{}, err
	}
	file := filepath.Join(folder, "script.sql")
	if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
		return load{}, err
	}
	seconds := strconv.Itoa(max(1, int(b.each.Seconds())))
	cmd := exec.CommandContext(ctx, "pgbench", "-n", "-M", "prepared", "-f", file, "-c", strconv.Itoa(clients), "-j", "2",
		"-T", seconds, "-l", "--log-prefix", filepath.Join(folder, "log"),
		"-h", b.db.config.Host, "-p", strconv.Itoa(int(b.db.config.Port)), "-U", b.db.config.User, b.db.name)
	if out, err := cmd.CombinedOutput(); err != nil {
		return load{}, fmt.Errorf("pgbench: %w\n%s", err, out)
	}
	l, err := readLogs(filepath.Join(folder, "log*"))
	l.rate = float64(len(l.calls)) / b.each.Seconds()
	return l, err
}

// readLogs reads the times of all transactions: the third column, microseconds.
func readLogs(pattern string) (l load, err error) {
	files, err := filepath.Glob(pattern)
	if err != nil {
		return l, err
	}
	for _, name := range files {
		file, err := os.Open(name)
		if err != nil {
			return l, err
		}
		lines := bufio.NewScanner(file)
		for lines.Scan() {
			if columns := strings.Fields(lines.Text()); len(columns) > 2 {
				us, err := strconv.Atoi(columns[2])
				if err != nil {
					return l, fmt.Errorf("pgbench log %s: %w", name, err)
				}
				l.calls = append(l.calls, time.Duration(us)*time.Microsecond)
			}
		}
		_ = file.Close()
	}
	return l, nil
}

func (b *bench) limitsOfSQLite(ctx context.Context) error {
	db, err := openSQLite(filepath.Join(b.folder, "limits.db"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	_, err = db.ExecContext(ctx, `
CREATE TABLE limit_bookings (id integer PRIMARY KEY, space_id integer NOT NULL, starts_at datetime NOT NULL, ends_at datetime NOT NULL);
CREATE INDEX limit_bookings_space ON limit_bookings (space_id, starts_at);
CREATE TRIGGER limit_guard BEFORE INSERT ON limit_bookings BEGIN
  SELECT RAISE(IGNORE) WHERE EXISTS (SELECT 1 FROM limit_bookings b
    WHERE b.space_id = NEW.space_id AND b.starts_at < NEW.ends_at AND b.ends_at > NEW.starts_at); END;
CREATE TABLE limit_rows (id integer PRIMARY KEY, gate integer NOT NULL, at datetime NOT NULL, note text NOT NULL)`)
	if err != nil {
		return err
	}
	booking, err := db.PrepareContext(ctx, "INSERT INTO limit_bookings (space_id, starts_at, ends_at) VALUES (?, ?, ?)")
	if err != nil {
		return err
	}
	defer func() { _ = booking.Close() }()
	row, err := db.PrepareContext(ctx, "INSERT INTO limit_rows (gate, at, note) VALUES (?, ?, ?)")
	if err != nil {
		return err
	}
	defer func() { _ = row.Close() }()
	for _, run := range []struct {
		key     string
		clients int
		insert  *sql.Stmt
	}{{"limit8", 8, booking}, {"limit1", 1, booking}, {"rows8", 8, row}, {"rows64", 64, row}} {
		l := drive(run.clients, b.each, func(_, call int) error {
			from := opening.Add(time.Duration(call/1000) * time.Hour).UTC()
			_, err := run.insert.ExecContext(ctx, call%1000, from.Format(time.DateTime), from.Add(time.Hour).Format(time.DateTime))
			return err
		})
		if err := l.complain(); err != nil {
			return err
		}
		b.column.load(run.key, l)
	}
	return nil
}
