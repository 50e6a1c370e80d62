package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"kyoten/internal/clock"
	"kyoten/migrations"
	"kyoten/models"
)

// migrateCommand brings the database to the newest version, for those who keep
// that apart from starting the server (serve --migrate=false).
type migrateCommand struct {
	Data    string  `default:"kyoten-data" placeholder:"DIR" help:"Folder of the embedded database."`
	Storing storing `embed:""`
}

// Run migrates and says what it did.
func (c migrateCommand) Run(ctx context.Context, con console) error {
	var m mistakes
	url := m.database(c.Storing, c.Data)
	if err := m.err(); err != nil {
		return err
	}
	return onStore(ctx, url, func(store *models.Store) error {
		ran, err := migrate(ctx, store)
		if err != nil {
			return err
		}
		con.printf("%d migrations were run; the database is at the newest version\n", ran)
		return nil
	})
}

// onStore opens the database that a command works on, runs f and closes it again.
func onStore(ctx context.Context, url string, f func(*models.Store) error) error {
	store, err := openStore(ctx, url, clock.Now)
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	return f(store)
}

var (
	errNewerDatabase = errors.New("the database was upgraded by a newer kyoten: run that one, or restore a backup from before the upgrade")
	errEmptyDatabase = errors.New("the database is empty: run kyoten migrate first, or serve without --migrate=false")
	errOlderDatabase = errors.New("the database is of an older version than this kyoten: run the one it was made by, or kyoten migrate first")
)

// fits refuses a database with any schema but the one this program was built for: it
// would leave out of a backup, and change without care, what it knows nothing of.
func fits(ctx context.Context, store *models.Store) error {
	has, goes, err := versions(ctx, store)
	switch {
	case err != nil:
		return err
	case has < goes:
		return errOlderDatabase
	case has > goes:
		return errNewerDatabase
	}
	return nil
}

// begun is fits for who waits for somebody else to migrate: once anything is there.
func begun(ctx context.Context, store *models.Store) error {
	err := fits(ctx, store)
	if !errors.Is(err, errOlderDatabase) {
		return err
	}
	if has, _, err := versions(ctx, store); err != nil || has > 0 {
		return err
	}
	return errEmptyDatabase
}

// fresh is fits for who fills an empty database: one of an older version is somebody's.
func fresh(ctx context.Context, store *models.Store) error {
	if has, _, err := versions(ctx, store); err != nil || has == 0 {
		return err
	}
	return fits(ctx, store)
}

func versions(ctx context.Context, store *models.Store) (has, goes int64, err error) {
	db, err := store.SQL()
	if err != nil {
		return 0, 0, err
	}
	return migrations.Versions(ctx, db, migrations.Dialect(store.Dialect()))
}

// onFoundStore is onStore for what needs one that the server has made: it makes no
// database where there is none, and takes none of another version.
func onFoundStore(ctx context.Context, url string, f func(*models.Store) error) error {
	path, embedded := strings.CutPrefix(url, "sqlite:")
	path, _, _ = strings.Cut(path, "?")
	if _, err := os.Stat(path); embedded && errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("there is no database at %s: name the server's with --data or --database-url", path)
	}
	return onStore(ctx, url, func(store *models.Store) error {
		if err := fits(ctx, store); err != nil {
			return err
		}
		return f(store)
	})
}

// migrate runs the migrations that are missing and returns how many. One that was
// brought further by a newer program is refused.
func migrate(ctx context.Context, store *models.Store) (int, error) {
	db, err := store.SQL()
	if err != nil {
		return 0, err
	}
	ran, err := migrations.Up(ctx, db, migrations.Dialect(store.Dialect()))
	if err != nil {
		return ran, err
	}
	return ran, fits(ctx, store)
}

// versionCommand prints what the binary was built from.
type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(con console) error {
	con.printf("kyoten %s\n", version())
	return nil
}

// version names the release, or the commit the binary was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	name := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && !strings.Contains(name, s.Value[:7]) {
			name += " " + s.Value[:7]
		}
	}
	return name + " " + info.GoVersion
}
