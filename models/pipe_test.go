package models_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"kyoten/internal/clock"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// reservation is one of the room, from hour to hour, with nothing to do after it.
func reservation(w *modelstest.World, from, to int) models.NewReservation {
	p := modelstest.Hours(from, to)
	return models.NewReservation{
		Booking: &models.Booking{
			Status: models.BookingConfirmed, StartsAt: p.StartsAt, EndsAt: p.EndsAt, OrganizerID: w.Ann.ID, CreatedBy: w.Ann.ID,
			Spaces: []models.BookingSpace{{
				SpaceID: w.Room.ID, Site: w.Room.Site, Kind: w.Room.Kind, StartsAt: p.StartsAt, EndsAt: p.EndsAt,
				Active: true, Status: models.BookingConfirmed,
			}},
		},
		Organizer: w.Ann, By: models.System, Last: true,
	}
}

// stored counts what a reservation leaves behind.
func stored(t *testing.T, store *models.Store) (bookings, audited int) {
	t.Helper()
	db, err := store.SQL()
	if err != nil {
		t.Fatal(err)
	}
	if err := db.QueryRowContext(t.Context(), "SELECT (SELECT count(*) FROM bookings), (SELECT count(*) FROM audit)").Scan(&bookings, &audited); err != nil {
		t.Fatal(err)
	}
	return bookings, audited
}

// reserve stores a reservation in a transaction, and does then what follows.
func reserve(ctx context.Context, store *models.Store, r models.NewReservation, then func(tx *models.Store) error) error {
	cat, err := store.Catalogue(ctx)
	if err != nil {
		return err
	}
	return store.InTx(ctx, func(tx *models.Store) error {
		if err := tx.InsertReservation(ctx, cat, r); err != nil {
			return err
		}
		return then(tx)
	})
}

func nothingMore(*models.Store) error { return nil }

// TestWhatFailsWithinALargerTransactionLeavesItWhole: what was held back is sent
// before the part of it ends, and fails there.
func TestWhatFailsWithinALargerTransactionLeavesItWhole(t *testing.T) {
	t.Parallel()
	store, _ := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	if err := reserve(t.Context(), store, reservation(w, 10, 12), nothingMore); err != nil {
		t.Fatal(err)
	}
	before, _ := stored(t, store)
	err := store.Enclose(t.Context(), func(ctx context.Context) error {
		if err := reserve(ctx, store, reservation(w, 11, 13), nothingMore); !errors.Is(err, models.ErrSpaceTaken) {
			t.Errorf("got %v, want ErrSpaceTaken", err)
		}
		return reserve(ctx, store, reservation(w, 14, 15), nothingMore)
	})
	if after, _ := stored(t, store); err != nil || after != before+1 {
		t.Errorf("%d bookings were stored, %v; want the other one", after-before, err)
	}
}

// TestWhatFailsAtTheCommitSaysWhatItWas: on PostgreSQL the last insert goes with
// COMMIT, and is refused there as it would have been before.
func TestWhatFailsAtTheCommitSaysWhatItWas(t *testing.T) {
	t.Parallel()
	store, _ := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	if err := reserve(t.Context(), store, reservation(w, 10, 12), nothingMore); err != nil {
		t.Fatal(err)
	}
	before, audited := stored(t, store)
	woken := false
	err := reserve(t.Context(), store, reservation(w, 11, 13), func(tx *models.Store) error {
		tx.AfterCommit(func() { woken = true })
		return nil
	})
	if !errors.Is(err, models.ErrSpaceTaken) {
		t.Errorf("got %v, want ErrSpaceTaken", err)
	}
	if bookings, entries := stored(t, store); bookings != before || entries != audited || woken {
		t.Errorf("%d bookings and %d audit entries are stored (woken: %v), want %d and %d", bookings, entries, woken, before, audited)
	}
	if err := reserve(t.Context(), store, reservation(w, 12, 13), nothingMore); err != nil {
		t.Errorf("the next reservation: %v", err)
	}
}

// TestATransactionThatIsLeftLeavesNothing: by a refusal, by a caller who is gone,
// by a panic. The connection serves the next one.
func TestATransactionThatIsLeftLeavesNothing(t *testing.T) {
	t.Parallel()
	store, _ := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	before, audited := stored(t, store)
	errLeft := errors.New("left")
	ctx, cancel := context.WithCancel(t.Context())
	for name, leave := range map[string]func() error{
		"refused": func() error {
			return reserve(t.Context(), store, reservation(w, 10, 12), func(*models.Store) error { return errLeft })
		},
		"gone": func() error {
			return reserve(ctx, store, reservation(w, 10, 12), func(*models.Store) error { cancel(); return nil })
		},
		"panic": func() (err error) {
			defer func() { err, _ = recover().(error) }()
			return reserve(t.Context(), store, reservation(w, 10, 12), func(*models.Store) error { panic(errLeft) })
		},
	} {
		if err := leave(); err == nil {
			t.Errorf("%s: no error", name)
		}
		if bookings, entries := stored(t, store); bookings != before || entries != audited {
			t.Errorf("%s: %d bookings and %d audit entries are stored, want %d and %d", name, bookings, entries, before, audited)
		}
	}
	if err := reserve(t.Context(), store, reservation(w, 10, 12), nothingMore); err != nil {
		t.Errorf("the next reservation: %v", err)
	}
}

// TestALostConnectionIsSaid cuts the connection while a transaction is under way.
func TestALostConnectionIsSaid(t *testing.T) {
	t.Parallel()
	if !modelstest.OnPostgres() {
		t.Skip("there is no connection to SQLite")
	}
	store, _ := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	db, err := store.SQL()
	if err != nil {
		t.Fatal(err)
	}
	before, _ := stored(t, store)
	err = reserve(t.Context(), store, reservation(w, 10, 12), func(tx *models.Store) error {
		if _, err := tx.Member(t.Context(), w.Ann.ID); err != nil { // what was held back is sent
			return err
		}
		_, err := db.ExecContext(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
		return err
	})
	if !errors.Is(err, models.ErrUnavailable) {
		t.Errorf("got %v, want ErrUnavailable", err)
	}
	if bookings, _ := stored(t, store); bookings != before {
		t.Errorf("%d bookings are stored, want %d", bookings, before)
	}
	if err := reserve(t.Context(), store, reservation(w, 10, 12), nothingMore); err != nil {
		t.Errorf("the next reservation: %v", err)
	}
}

// TestARowThatIsNotToBeHadIsSaid: whoever waits for it longer than lock_timeout is
// told to try again, and that it was nothing of theirs.
func TestARowThatIsNotToBeHadIsSaid(t *testing.T) {
	t.Parallel()
	if !modelstest.OnPostgres() {
		t.Skip("SQLite locks no rows")
	}
	store, _ := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	gate := &models.Gate{Site: "colabo", Name: "door", ToZone: w.Entrance["colabo"], Direction: "both", ExitOpens: "always"}
	if err := store.InsertGate(t.Context(), gate); err != nil {
		t.Fatal(err)
	}
	var waited error
	err := store.InTx(t.Context(), func(tx *models.Store) error {
		_, err := tx.LockGate(t.Context(), gate.ID)
		waited = store.SawGate(t.Context(), gate.ID) // on a connection of its own
		return err
	})
	if err != nil || !errors.Is(waited, models.ErrUnavailable) {
		t.Errorf("got %v (%v), want ErrUnavailable", waited, err)
	}
}

// TestADatabaseThatDoesNotLetUsInIsNotWaitedFor: no time makes a wrong name right.
func TestADatabaseThatDoesNotLetUsInIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	if !modelstest.OnPostgres() {
		t.Skip("PostgreSQL alone knows its users")
	}
	elapsed := clock.Stopwatch()
	_, err := models.Open(t.Context(), modelstest.URL(t)+" user=nobody_here", clock.Now)
	if err == nil || !strings.Contains(err.Error(), "nobody_here") || elapsed() > 5*time.Second {
		t.Errorf("after %v: %v; want at once that there is no such user", elapsed(), err)
	}
}
