package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"
)

// database is where the program keeps its data in this run, seen from outside.
type database struct {
	kind   string
	folder string // the program's data folder
	server string // PostgreSQL: a connection string to its maintenance database
	name   string // PostgreSQL: the database's name
	config *pgx.ConnConfig
}

// openDatabase makes an empty database of that kind.
func openDatabase(ctx context.Context, s settings, kind string) (*database, error) {
	d := &database{kind: kind, folder: filepath.Join(s.folder, kind)}
	if kind == "sqlite" {
		return d, nil
	}
	d.server = os.Getenv("TEST_DATABASE_URL")
	if d.server == "" {
		return nil, fmt.Errorf("TEST_DATABASE_URL names no server; use scripts/bench")
	}
	var err error
	if d.config, err = pgx.ParseConfig(d.server); err != nil {
		return nil, err
	}
	return d, d.create(ctx, "bench")
}

// turnTo makes the database of that name the one that is used.
func (d *database) turnTo(name string) {
	d.name, d.folder = name, filepath.Join(filepath.Dir(d.folder), d.kind+"-"+name)
}

// create replaces the database of that name by an empty one and turns to it.
func (d *database) create(ctx context.Context, name string) error {
	d.turnTo(name)
	if d.kind == "sqlite" {
		return os.RemoveAll(d.folder)
	}
	return d.onServer(func(db *sql.DB) error {
		if _, err := db.ExecContext(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			return err
		}
		_, err := db.ExecContext(ctx, "CREATE DATABASE "+name)
		return err
	})
}

// arguments make the program use the database.
func (d *database) arguments() []string {
	args := []string{"--data", d.folder}
	if d.kind == "postgres" {
		args = append(args, "--database-url", d.url())
	}
	return args
}

func (d *database) url() string {
	query := url.Values{"host": {d.config.Host}, "port": {strconv.Itoa(int(d.config.Port))}, "user": {d.config.User}}
	if d.config.Password != "" {
		query.Set("password", d.config.Password)
	}
	return "postgres:///" + d.name + "?" + query.Encode()
}

// open connects to the database beside the program. SQLite is written to only
// while the program is stopped.
func (d *database) open() (*sql.DB, error) {
	if d.kind == "postgres" {
		return sql.Open("pgx", d.url())
	}
	files, err := filepath.Glob(filepath.Join(d.folder, "*.db"))
	if err != nil || len(files) != 1 {
		return nil, fmt.Errorf("%d databases in %s: %w", len(files), d.folder, err)
	}
	return openSQLite(files[0])
}

// openSQLite opens a file with the settings the program uses, and one connection.
func openSQLite(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate")
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

// onServer works on PostgreSQL's maintenance database.
func (d *database) onServer(work func(*sql.DB) error) error {
	db, err := sql.Open("pgx", d.server)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	return work(db)
}

// sessions is how many connections to the database were ever made, by
// PostgreSQL's own count, which lags behind by up to a second.
func (d *database) sessions(ctx context.Context) (n int, err error) {
	time.Sleep(1500 * time.Millisecond)
	err = d.onServer(func(db *sql.DB) error {
		return db.QueryRowContext(ctx, "SELECT sessions FROM pg_stat_database WHERE datname = $1", d.name).Scan(&n)
	})
	return n, err
}

// checkpoint has PostgreSQL do what it does every five minutes, after which it
// writes its log into files it has: a new server makes each of 16 MB first, and
// every commit waits for that.
func (d *database) checkpoint(ctx context.Context) error {
	if d.kind == "sqlite" {
		return nil
	}
	return d.onServer(func(db *sql.DB) error {
		_, err := db.ExecContext(ctx, "CHECKPOINT")
		return err
	})
}

// dropMails takes the mails away that wait to be sent.
func (d *database) dropMails(ctx context.Context) error {
	db, err := d.open()
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	_, err = db.ExecContext(ctx, "DELETE FROM outbox WHERE done_at IS NULL")
	return err
}
