package models_test

import (
	"testing"
	"time"

	"kyoten/internal/clock"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// TestALeaseIsHadByOne, until it runs out; and a clock that is put back leaves none
// that nobody gets for as long.
func TestALeaseIsHadByOne(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	lease := func(owner string) bool {
		t.Helper()
		had, err := store.Lease(t.Context(), "chore", owner, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return had
	}
	for _, step := range []struct {
		later time.Duration
		owner string
		had   bool
	}{
		{0, "one", true},
		{0, "other", false},
		{30 * time.Second, "one", true},
		{time.Minute, "other", false}, // to the second
		{time.Second, "other", true},
		{-5 * time.Minute, "one", false}, // by a clock that is somewhat behind
		{-3 * time.Hour, "one", true},
		{0, "other", false},
	} {
		fake.Advance(step.later)
		if got := lease(step.owner); got != step.had {
			t.Errorf("%v later: %s has it: %t, want %t", step.later, step.owner, got, step.had)
		}
	}
}

// TestAServerWhoseClockIsAheadTakesNothingFromAnother, who is at work on it: claims
// and leases go by the clock of the database.
func TestAServerWhoseClockIsAheadTakesNothingFromAnother(t *testing.T) {
	t.Parallel()
	if !modelstest.OnPostgres() {
		t.Skip("servers on one SQLite file share a machine")
	}
	store, _ := modelstest.Open(t)
	right := store.OnMachine(clock.Now)
	ahead := store.OnMachine(func() time.Time { return clock.Now().Add(7 * time.Minute) })
	if err := right.Enqueue(t.Context(), nil, models.Notice{}); err != nil {
		t.Fatal(err)
	}
	if had, err := right.Lease(t.Context(), "chore", "right", time.Minute); !had || err != nil {
		t.Fatalf("lease: %t, %v", had, err)
	}
	for _, step := range []struct {
		owner string
		store *models.Store
		want  int
	}{{"right", right, 1}, {"ahead", ahead, 0}} {
		got, err := step.store.ClaimNotices(t.Context(), step.owner, 10, time.Minute)
		if err != nil || len(got) != step.want {
			t.Errorf("%s has claimed %d notices (%v), want %d", step.owner, len(got), err, step.want)
		}
	}
	if d, err := ahead.ClockAhead(t.Context()); err != nil || d.Round(time.Minute) != 7*time.Minute {
		t.Errorf("its clock is said to be %v ahead (%v), want 7 minutes", d, err)
	}
	if had, err := ahead.Lease(t.Context(), "chore", "ahead", time.Minute); had || err != nil {
		t.Errorf("the server that is ahead has the lease: %t, %v", had, err)
	}
}
