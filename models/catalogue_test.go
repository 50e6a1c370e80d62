package models_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"kyoten/models"
	"kyoten/models/modelstest"
)

func TestCatalogueFollowsEveryChange(t *testing.T) {
	t.Parallel()
	store, _ := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	before, err := store.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	again, err := store.Catalogue(t.Context())
	if err != nil || again != before {
		t.Fatalf("an unchanged catalogue was read anew (%v)", err)
	}
	zone := &models.Zone{Site: "colabo", NameJA: "奥", NameEN: "Back"}
	if err := store.InsertZone(t.Context(), zone); err != nil {
		t.Fatal(err)
	}
	after, err := store.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if after.Version <= before.Version {
		t.Errorf("version %d after a change, was %d", after.Version, before.Version)
	}
	if _, err := after.Zone(zone.ID); err != nil {
		t.Errorf("the new zone is not in the catalogue: %v", err)
	}
	if _, err := before.Zone(zone.ID); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("the old snapshot changed")
	}
	if got := after.ZoneCompany(w.Office); got != w.Acme.ID {
		t.Errorf("owner of the office = %d, want %d", got, w.Acme.ID)
	}
	if got := after.OuterZone("shiojiri"); got != w.Entrance["shiojiri"] {
		t.Errorf("outermost zone = %d, want the entrance", got)
	}
}

// TestCatalogueIsReadAnewOnceForAll: whoever asks after a change gets the same one.
func TestCatalogueIsReadAnewOnceForAll(t *testing.T) {
	t.Parallel()
	store, _ := modelstest.Open(t)
	modelstest.NewWorld(t, store)
	var wg sync.WaitGroup
	got := make([]*models.Catalogue, 16)
	for i := range got {
		wg.Go(func() { got[i], _ = store.Catalogue(t.Context()) })
	}
	wg.Wait()
	for _, c := range got {
		if c == nil || c != got[0] {
			t.Fatalf("sixteen who asked at once got %p and %p", got[0], c)
		}
	}
}

// TestACatalogueThatWasLostIsForgotten: a standby that takes over, or a database put
// back from a copy, may not have the last changes that this server has seen.
func TestACatalogueThatWasLostIsForgotten(t *testing.T) {
	t.Parallel()
	store, _ := modelstest.Open(t)
	modelstest.NewWorld(t, store)
	seen, err := store.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.SQL()
	if err != nil {
		t.Fatal(err)
	}
	for _, lost := range []string{"UPDATE sites SET name_ja = 'before' WHERE slug = 'colabo'", "UPDATE catalogue SET version = version - 5"} {
		if _, err := db.ExecContext(t.Context(), lost); err != nil {
			t.Fatal(err)
		}
	}
	now, err := store.Catalogue(t.Context())
	if err != nil || now.Version >= seen.Version {
		t.Fatalf("version %d after %d was lost, %v", now.Version, seen.Version, err)
	}
	if site, err := now.Site("colabo"); err != nil || site.NameJA != "before" {
		t.Errorf("site %+v, %v; want what the database has", site, err)
	}
}

// TestAClockThatWasAheadHidesNoClosure: what was long past by it is still to come.
func TestAClockThatWasAheadHidesNoClosure(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	closed := modelstest.Hours(10, 12)
	if err := store.InsertClosure(t.Context(), &models.Closure{Site: "colabo", StartsAt: closed.StartsAt, EndsAt: closed.EndsAt}); err != nil {
		t.Fatal(err)
	}
	fake.Advance(7 * 24 * time.Hour)
	if _, err := store.Catalogue(t.Context()); err != nil {
		t.Fatal(err)
	}
	fake.Advance(-7 * 24 * time.Hour)
	if c := store.KnownCatalogue(); c != nil {
		t.Errorf("version %d is good, which knows of no closure", c.Version)
	}
	c, err := store.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seat, err := c.Space(w.Seats[0].ID)
	if err != nil || !c.Closed(seat, closed) {
		t.Errorf("the seat can be booked during a closure, %v", err)
	}
	if store.KnownCatalogue() != c {
		t.Error("it is read anew each time")
	}
}

// TestWhoWaitsForTheCatalogueCanLeave: while the one who reads it is kept waiting by
// the database, nobody behind them waits longer than they have.
func TestWhoWaitsForTheCatalogueCanLeave(t *testing.T) {
	t.Parallel()
	if !modelstest.OnPostgres() {
		t.Skip("nothing keeps a reader of SQLite waiting")
	}
	store, _ := modelstest.Open(t)
	modelstest.NewWorld(t, store)
	db, err := store.SQL()
	if err != nil {
		t.Fatal(err)
	}
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.ExecContext(t.Context(), "LOCK TABLE spaces IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	var first sync.WaitGroup
	first.Go(func() { _, err = store.CatalogueAt(t.Context(), 1<<40) }) // newer than any in memory
	for waiting := 0; waiting == 0; {
		if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())").Scan(&waiting); err != nil {
			t.Fatal(err)
		}
	}
	soon, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := store.CatalogueAt(soon, 1<<40); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the one behind: %v, want the end of their time", err)
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("left after %s", took)
	}
	_ = tx.Rollback()
	if first.Wait(); err != nil {
		t.Errorf("the one who read it: %v", err)
	}
}

func TestCatalogueReadInARolledBackTransactionIsForgotten(t *testing.T) {
	t.Parallel()
	store, _ := modelstest.Open(t)
	modelstest.NewWorld(t, store)
	undo := errors.New("undo")
	err := store.InTx(t.Context(), func(tx *models.Store) error {
		if err := tx.InsertZone(t.Context(), &models.Zone{Site: "colabo", NameJA: "幻", NameEN: "Phantom"}); err != nil {
			return err
		}
		if _, err := tx.Catalogue(t.Context()); err != nil {
			return err
		}
		return undo
	})
	if !errors.Is(err, undo) {
		t.Fatal(err)
	}
	if err := store.InsertZone(t.Context(), &models.Zone{Site: "colabo", NameJA: "実", NameEN: "Real"}); err != nil {
		t.Fatal(err)
	}
	c, err := store.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	zones := c.ZonesAt("colabo")
	if got := zones[len(zones)-1].NameEN; got != "Real" {
		t.Errorf("newest zone = %s, want Real", got)
	}
}

func TestOpenTimes(t *testing.T) {
	t.Parallel()
	store, _ := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	c, err := store.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	site, _ := c.Site("colabo")
	seat, _ := c.Space(w.Seats[0].ID)
	week := models.Period{StartsAt: modelstest.At(0, 0, 0), EndsAt: modelstest.At(7, 0, 0)}
	if got := len(c.OpenTimes(seat, week)); got != 6 {
		t.Errorf("%d openings in a week from Monday, want 6", got)
	}
	labourDay := time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)
	if !c.IsHoliday(models.DayOf(labourDay, site.Location())) {
		t.Error("2026-11-23 is not a holiday")
	}
	if !c.Closed(seat, models.Period{StartsAt: labourDay, EndsAt: labourDay.Add(time.Hour)}) {
		t.Error("a seat can be used on a holiday")
	}
	if !site.WithinHours(modelstest.Hours(9, 21)) || site.WithinHours(models.Period{StartsAt: modelstest.At(0, 8, 45), EndsAt: modelstest.At(0, 10, 0)}) {
		t.Error("hours are not 09:00 to 21:00")
	}
}
