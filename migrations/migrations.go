// Package migrations holds the schema of Kyoten: one series of SQL files that
// serves PostgreSQL and SQLite. Where the two differ, a file says so with a
// template action ({{.Time}}, {{.UTC "starts_at"}}, {{if .Postgres}} ...), so
// there is one truth to read and to review.
//
// The series is append-only: once released, a file is never edited, reordered or
// renamed, and there is no way back down. Each file runs in one transaction.
package migrations

import (
	"bytes"
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"testing/fstest"
	"text/template"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed *.sql
var files embed.FS

// Dialect names a database the series is rendered for.
type Dialect string

// The databases Kyoten runs on.
const (
	Postgres Dialect = "postgres"
	SQLite   Dialect = "sqlite3"
)

// Render returns the series as plain goose files for d.
func Render(d Dialect) (fs.FS, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	out := fstest.MapFS{}
	for _, name := range names {
		text, err := render(name, d)
		if err != nil {
			return nil, fmt.Errorf("render %s: %w", name, err)
		}
		out[name] = &fstest.MapFile{Data: text, Mode: 0o444}
	}
	return out, nil
}

func render(name string, d Dialect) ([]byte, error) {
	t, err := template.New(path.Base(name)).Option("missingkey=error").ParseFS(files, name)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, wordsOf(d)); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Up brings the database to the newest version and returns how many files it
// ran. Several servers may start at once: on PostgreSQL a session lock lets one
// work while the others wait; SQLite has one writer anyway.
func Up(ctx context.Context, db *sql.DB, d Dialect) (int, error) {
	p, err := provider(db, d)
	if err != nil {
		return 0, err
	}
	done, err := p.Up(ctx)
	if err != nil {
		return len(done), fmt.Errorf("migrate: %w", err)
	}
	return len(done), nil
}

// Pending reports whether a file of the series has not run on the database yet.
func Pending(ctx context.Context, db *sql.DB, d Dialect) (bool, error) {
	p, err := provider(db, d)
	if err != nil {
		return false, err
	}
	pending, err := p.HasPending(ctx)
	if err != nil {
		return false, fmt.Errorf("ask for pending migrations: %w", err)
	}
	return pending, nil
}

// Versions returns how far the database was brought, 0 for an empty one, and how far
// the series goes. A later series than this one may have run on the database.
func Versions(ctx context.Context, db *sql.DB, d Dialect) (has, goes int64, err error) {
	p, err := provider(db, d)
	if err != nil {
		return 0, 0, err
	}
	if has, goes, err = p.GetVersions(ctx); err != nil {
		return 0, 0, fmt.Errorf("ask for the version of the database: %w", err)
	}
	return has, goes, nil
}

func provider(db *sql.DB, d Dialect) (*goose.Provider, error) {
	fsys, err := Render(d)
	if err != nil {
		return nil, err
	}
	opts := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if d == Postgres {
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, fmt.Errorf("make migration lock: %w", err)
		}
		opts = append(opts, goose.WithSessionLocker(locker))
	}
	p, err := goose.NewProvider(goose.Dialect(d), db, fsys, opts...)
	if err != nil {
		return nil, fmt.Errorf("open migrations: %w", err)
	}
	return p, nil
}
