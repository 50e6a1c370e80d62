package models_test

import (
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"kyoten/models"
	"kyoten/models/modelstest"
)

// insertSQL writes a booking of one space past every check in Go.
func insertSQL(t *testing.T, store *models.Store, w *modelstest.World, space models.Space, p models.Period, active bool) error {
	t.Helper()
	return store.InTx(t.Context(), func(tx *models.Store) error {
		return tx.InsertBooking(t.Context(), &models.Booking{
			Status: models.BookingConfirmed, StartsAt: p.StartsAt, EndsAt: p.EndsAt, OrganizerID: w.Ann.ID, CreatedBy: w.Ann.ID,
			Spaces: []models.BookingSpace{{
				SpaceID: space.ID, Site: space.Site, Kind: space.Kind, StartsAt: p.StartsAt, EndsAt: p.EndsAt,
				Active: active, Status: models.BookingConfirmed,
			}},
		})
	})
}

func TestTheDatabaseRefusesOverlaps(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		from, to int
		active   bool
		want     error
	}{
		"same":             {10, 12, true, models.ErrSpaceTaken},
		"inside":           {10, 11, true, models.ErrSpaceTaken},
		"around":           {9, 13, true, models.ErrSpaceTaken},
		"over the start":   {9, 11, true, models.ErrSpaceTaken},
		"over the end":     {11, 13, true, models.ErrSpaceTaken},
		"touching before":  {9, 10, true, nil},
		"touching after":   {12, 13, true, nil},
		"cancelled anyway": {10, 12, false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, _ := modelstest.Open(t)
			w := modelstest.NewWorld(t, store)
			if err := insertSQL(t, store, w, w.Room, modelstest.Hours(10, 12), true); err != nil {
				t.Fatal(err)
			}
			if err := insertSQL(t, store, w, w.Room, modelstest.Hours(tt.from, tt.to), tt.active); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

// TestTheDatabaseRefusesHoldsOfNoTimeOrTooMuch: the booking of each is as it should
// be, so that it is the row of its space that is refused.
func TestTheDatabaseRefusesHoldsOfNoTimeOrTooMuch(t *testing.T) {
	t.Parallel()
	store, _ := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	for name, tt := range map[string]struct {
		from, to int
		refused  bool
	}{
		"no time":       {10, 10, true},
		"backwards":     {12, 10, true},
		"a day":         {10, 34, false},
		"over a day":    {40, 65, false}, // marked as long
		"32 days":       {100, 100 + 32*24, false},
		"over 32 days":  {1000, 1001 + 32*24, true},
		"a short while": {70, 71, false},
	} {
		hold := modelstest.Hours(tt.from, tt.to)
		err := store.InTx(t.Context(), func(tx *models.Store) error {
			return tx.InsertBooking(t.Context(), &models.Booking{
				Status: models.BookingConfirmed, StartsAt: hold.StartsAt, EndsAt: hold.StartsAt.Add(time.Hour), OrganizerID: w.Ann.ID, CreatedBy: w.Ann.ID,
				Spaces: []models.BookingSpace{{
					SpaceID: w.Room.ID, Site: w.Room.Site, Kind: w.Room.Kind, StartsAt: hold.StartsAt, EndsAt: hold.EndsAt, Status: models.BookingConfirmed,
				}},
			})
		})
		if got := err != nil; got != tt.refused {
			t.Errorf("%s: refused %t (%v), want %t", name, got, err, tt.refused)
		}
	}
}

func TestATransactionOnSQLiteTakesTheWriteLockAtOnce(t *testing.T) {
	t.Parallel()
	if modelstest.OnPostgres() {
		t.Skip("about SQLite alone")
	}
	url := modelstest.URL(t)
	store := openAt(t, url)
	rival := rivalOn(t, url, "?_pragma=busy_timeout(0)")
	err := store.InTx(t.Context(), func(*models.Store) error {
		if _, err := rival.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err == nil {
			t.Error("a rival could begin to write beside a transaction that has not written yet")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// rivalOn opens a SQLite database as another process would.
func rivalOn(t *testing.T, url, options string) *sql.DB {
	t.Helper()
	rival, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(url, "sqlite:")+options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rival.Close() })
	return rival
}

// TestADatabaseThatIsBusyIsUnavailable, and nothing is wrong with what it was asked.
func TestADatabaseThatIsBusyIsUnavailable(t *testing.T) {
	t.Parallel()
	if modelstest.OnPostgres() {
		t.Skip("about SQLite alone")
	}
	url := modelstest.URL(t)
	store := openAt(t, url)
	rival := rivalOn(t, url, "?_txlock=immediate")
	tx, err := rival.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	if err := store.SetSetting(t.Context(), "a", "b"); !errors.Is(err, models.ErrUnavailable) {
		t.Errorf("a write beside somebody who does not end: %v, want ErrUnavailable", err)
	}
}

// TestADiskThatIsFullIsUnavailable, whichever way its database is asked.
func TestADiskThatIsFullIsUnavailable(t *testing.T) {
	t.Parallel()
	if !modelstest.OnPostgres() {
		t.Skip("SQLite says so by itself")
	}
	store, _ := modelstest.Open(t)
	db, err := store.SQL()
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), `CREATE FUNCTION full_disk() RETURNS boolean LANGUAGE plpgsql AS
		$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
		ALTER TABLE gates RENAME TO kept;
		CREATE VIEW gates AS SELECT k.* FROM (SELECT full_disk() AS f OFFSET 0) x LEFT JOIN kept k ON x.f;
		ALTER TABLE settings ADD CHECK (full_disk())`)
	if err != nil {
		t.Fatal(err)
	}
	_, asked := store.SitesWithGatesAway(t.Context())
	for what, err := range map[string]error{"a write": store.SetSetting(t.Context(), "a", "b"), "a chore's question": asked} {
		if !errors.Is(err, models.ErrUnavailable) {
			t.Errorf("%s: %v, want ErrUnavailable", what, err)
		}
	}
}
