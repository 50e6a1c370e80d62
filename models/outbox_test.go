package models_test

import (
	"slices"
	"testing"
	"time"

	"kyoten/models"
	"kyoten/models/modelstest"
)

// TestAWorkerClaimsNoMoreThanItAskedFor: also by a plan that was made while the
// outbox was empty, and believes that it still is.
func TestAWorkerClaimsNoMoreThanItAskedFor(t *testing.T) {
	t.Parallel()
	store, clock := modelstest.Open(t)
	db, err := store.SQL()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), map[string]string{"postgres": "VACUUM ANALYZE outbox", "sqlite3": "ANALYZE outbox"}[store.Dialect()]); err != nil {
		t.Fatal(err)
	}
	claim := func(want int) {
		t.Helper()
		got, err := store.ClaimNotices(t.Context(), "a worker", 10, time.Minute)
		if err != nil || len(got) != want {
			t.Fatalf("claimed %d notices (%v), want %d", len(got), err, want)
		}
	}
	claim(0)
	if err := store.Enqueue(t.Context(), nil, make([]models.Notice, 25)...); err != nil {
		t.Fatal(err)
	}
	claim(10)
	claim(10)
	claim(5)
	claim(0)
	clock.Advance(2 * time.Minute)
	claim(10)
}

// TestWhatIsDueFirstIsClaimedFirst: of two mails about one booking the older must
// not come last.
func TestWhatIsDueFirstIsClaimedFirst(t *testing.T) {
	t.Parallel()
	store, clock := modelstest.Open(t)
	notices := make([]models.Notice, 5)
	for i := range notices { // those that are written last are due first
		notices[i].RunAt = store.Now().Add(-time.Duration(i) * time.Minute)
	}
	if err := store.Enqueue(t.Context(), nil, notices...); err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Second)
	got, err := store.ClaimNotices(t.Context(), "a worker", 10, time.Minute)
	if err != nil || len(got) != len(notices) {
		t.Fatalf("claimed %d notices (%v), want all", len(got), err)
	}
	if !slices.IsSortedFunc(got, func(a, b models.Notice) int { return a.RunAt.Compare(b.RunAt) }) {
		t.Errorf("they are claimed out of order: %v", got)
	}
}
