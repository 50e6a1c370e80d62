package entry_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kyoten/access/entry"
	"kyoten/access/entry/entrytest"
)

func TestDecideAnswersEveryVector(t *testing.T) {
	t.Parallel()
	for _, c := range entrytest.Cases(t, "testdata") {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			got := entrytest.Of(c.Decide())
			if diff := cmp.Diff(c.Want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("decision (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRememberedSignaturesChangeNoAnswer decides every vector twice more, by one
// memory of signatures for all.
func TestRememberedSignaturesChangeNoAnswer(t *testing.T) {
	t.Parallel()
	var verified entry.Verified
	for range 2 {
		for _, c := range entrytest.Cases(t, "testdata") {
			c.Input.Verified = &verified
			for i := range c.Earlier {
				c.Earlier[i].Verified = &verified
			}
			if diff := cmp.Diff(c.Want, entrytest.Of(c.Decide()), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s: decision (-want +got):\n%s", c.Name, diff)
			}
		}
	}
}

// TestEveryReasonOfTheTableHasAVector keeps the file complete.
func TestEveryReasonOfTheTableHasAVector(t *testing.T) {
	t.Parallel()
	seen := map[entry.Reason]bool{}
	for _, c := range entrytest.Cases(t, "testdata") {
		seen[c.Want.Reason] = true
	}
	for _, r := range entry.Reasons() {
		if r.Step() > 0 && !seen[r] {
			t.Errorf("no case for %s, step %d", r, r.Step())
		}
	}
}
