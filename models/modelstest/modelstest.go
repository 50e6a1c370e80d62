// Package modelstest gives tests a real, migrated database of their own and real
// rows in it. The same suite runs on both databases: SQLite in a temporary
// folder by default, PostgreSQL where TEST_DATABASE_URL names a server.
package modelstest

import (
	"context"
	"database/sql"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // the "pgx" driver

	"kyoten/internal/clock"
	"kyoten/migrations"
	"kyoten/models"
)

// Monday is 2026-12-07 at 08:00 in Tokyo, a working day without holidays near
// it: the instant at which tests usually begin.
var Monday = time.Date(2026, 12, 6, 23, 0, 0, 0, time.UTC)

// Open returns a fresh, migrated store whose clock is fake and stands at Monday.
func Open(t testing.TB) (*models.Store, *clock.Fake) {
	t.Helper()
	fake := clock.At(Monday)
	store, err := models.Open(t.Context(), URL(t), fake.Now)
	if err != nil {
		t.Fatalf("open store: %v", err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store, fake
}

// URL returns the address of a fresh, migrated database that is gone after the
// test.
func URL(t testing.TB) string {
	t.Helper()
	if server := os.Getenv("TEST_DATABASE_URL"); server != "" {
		return postgresCopy(t, server)
	}
	path := filepath.Join(t.TempDir(), "kyoten.db")
	if err := os.WriteFile(path, sqliteTemplate(t), 0o600); err != nil {
		t.Fatal(err)
	}
	return "sqlite:" + path
}

// OnPostgres reports whether the tests run on PostgreSQL.
func OnPostgres() bool { return os.Getenv("TEST_DATABASE_URL") != "" }

var sqliteOnce = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "kyoten-template")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "t.db")
	ctx := context.Background()
	store, err := models.Open(ctx, "sqlite:"+path, clock.Now)
	if err != nil {
		return nil, err
	}
	db, err := store.SQL()
	if err != nil {
		return nil, err
	}
	if _, err := migrations.Up(ctx, db, migrations.SQLite); err != nil {
		return nil, err
	}
	if _, err := db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		return nil, err
	}
	if err := store.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

func sqliteTemplate(t testing.TB) []byte {
	t.Helper()
	file, err := sqliteOnce()
	if err != nil {
		t.Fatalf("make SQLite template: %v", err)
	}
	return file
}

// templateName names the migrated template after the text of the migrations, so
// that packages tested at the same time share it and an old one is never used.
var templateName = sync.OnceValues(func() (string, error) {
	fsys, err := migrations.Render(migrations.Postgres)
	if err != nil {
		return "", err
	}
	sum := fnv.New64a()
	names, err := fs.Glob(fsys, "*.sql")
	if err != nil {
		return "", err
	}
	for _, name := range names {
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return "", err
		}
		_, _ = sum.Write(text)
	}
	return fmt.Sprintf("kyoten_template_%x", sum.Sum64()), nil
})

var postgresOnce sync.Once

func postgresCopy(t testing.TB, server string) string {
	t.Helper()
	template, err := templateName()
	if err != nil {
		t.Fatal(err)
	}
	var once error
	postgresOnce.Do(func() { once = makeTemplate(context.Background(), server, template) })
	if once != nil {
		t.Fatalf("make PostgreSQL template: %v", once)
	}
	name := "kyoten_test_" + strings.ReplaceAll(models.NewID().String(), "-", "")
	admin(t, server, "CREATE DATABASE "+name+" TEMPLATE "+template)
	t.Cleanup(func() { admin(t, server, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	return named(server, name)
}

// named returns the address of another database of the same server.
func named(server, database string) string {
	if strings.Contains(server, "://") {
		base, query, _ := strings.Cut(server, "?")
		i := strings.LastIndex(base, "/")
		return base[:i+1] + database + "?" + query
	}
	return server + " dbname=" + database // of a keyword given twice the last counts
}

func admin(t testing.TB, server, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatalf("connect to the test server: %v", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if err := retryBusy(ctx, conn, statement); err != nil {
		t.Errorf("%s: %v", statement, err)
	}
}

// retryBusy repeats a statement while another test copies the same template.
func retryBusy(ctx context.Context, conn *pgx.Conn, statement string) error {
	for {
		_, err := conn.Exec(ctx, statement)
		if err == nil || !strings.Contains(err.Error(), "being accessed by other users") {
			return err
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return err
		}
	}
}

// makeTemplate migrates the template once per server; test programs that start
// together wait for each other at an advisory lock.
func makeTemplate(ctx context.Context, server, name string) error {
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(7205759)"); err != nil {
		return err
	}
	var ready bool
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate)", name).Scan(&ready)
	if err != nil || ready {
		return err
	}
	for _, q := range []string{"DROP DATABASE IF EXISTS " + name, "CREATE DATABASE " + name} {
		if _, err := conn.Exec(ctx, q); err != nil {
			return err
		}
	}
	if err := migrate(ctx, named(server, name)); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "ALTER DATABASE "+name+" IS_TEMPLATE true")
	return err
}

func migrate(ctx context.Context, url string) error {
	conf, err := pgx.ParseConfig(url)
	if err != nil {
		return err
	}
	db, err := sql.Open("pgx", conf.ConnString())
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	_, err = migrations.Up(ctx, db, migrations.Postgres)
	return err
}
