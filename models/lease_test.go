package models_test

import (
	"testing"
	"time"

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
