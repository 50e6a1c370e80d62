package models_test

import (
	"testing"

	"kyoten/models"
	"kyoten/models/modelstest"
)

// TestDoorsAreMadeReadyWhereThereAreGates: nothing is stored by it, and where
// nobody can be scanned no connection is made.
func TestDoorsAreMadeReadyWhereThereAreGates(t *testing.T) {
	t.Parallel()
	store, _ := modelstest.Open(t)
	world := modelstest.NewWorld(t, store)
	count := func(what string) (n int) {
		t.Helper()
		db, err := store.SQL()
		if err != nil {
			t.Fatal(err)
		}
		if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM "+what).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	connections := func() int {
		if !modelstest.OnPostgres() {
			return 0
		}
		return count("pg_stat_activity WHERE datname = current_database() AND query LIKE 'WITH c AS%'")
	}
	ready := func() {
		t.Helper()
		if err := store.ReadyDoors(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if ready(); connections() != 0 {
		t.Errorf("%d connections are ready for no gate", connections())
	}
	gate := &models.Gate{Site: "colabo", Name: "door", ToZone: world.Entrance["colabo"], Direction: "both", ExitOpens: "always"}
	if err := store.InsertGate(t.Context(), gate); err != nil {
		t.Fatal(err)
	}
	ready()
	ready()
	if n := connections(); modelstest.OnPostgres() && n != 2 {
		t.Errorf("%d connections are ready, want 2", n)
	}
	for _, table := range []string{"scans", "passages", "visits", "presences", "audit"} {
		if n := count(table); n != 0 {
			t.Errorf("%d rows in %s", n, table)
		}
	}
}
