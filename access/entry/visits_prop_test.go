package entry

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// history draws the passages of a few people at two sites: every kind of deed,
// at times close enough to tie, through gates whose sequences rise.
func drawPassages(t *rapid.T) []Passage {
	reasons := []Reason{
		Granted, Granted, Granted, PassbackSoft, ExitOK, ExitOK, ExitOrphan, ExitUnidentified, Expired,
		Admitted, SetIn, SetOut, MarkedSafe, SafeUndone, EndOfDay, LongestStay, OpenedByHand,
	}
	n := rapid.IntRange(0, 40).Draw(t, "n")
	passages := make([]Passage, n)
	for i := range passages {
		zone := rapid.SampledFrom([]ZoneID{1, 2, 3, 4, 10, 11, 99}).Draw(t, "zone")
		p := Passage{
			ID: fmt.Sprintf("p%02d", i), Zone: zone, Site: "a", Boot: 1, Seq: int64(i),
			Subject: Subject(rapid.IntRange(1, 3).Draw(t, "subject")),
			Reason:  rapid.SampledFrom(reasons).Draw(t, "reason"),
			Gate:    rapid.SampledFrom([]string{"", "g1", "g2"}).Draw(t, "gate"),
			At:      nine.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "at")) * 30 * time.Minute),
		}
		p.Direction = rapid.SampledFrom([]Direction{Entry, Exit}).Draw(t, "direction")
		if zone == 10 || zone == 11 {
			p.Site = "b"
		}
		if p.Reason == EndOfDay {
			p.Subject, p.Zone = 0, 0
		}
		passages[i] = p
	}
	return passages
}

// disturb gives the passages in another order, some of them more than once.
func disturb(t *rapid.T, passages []Passage) []Passage {
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	out := slices.Clone(passages)
	for range len(passages) / 2 {
		out = append(out, passages[r.IntN(len(passages))])
	}
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// visible is what must not depend on the order of arrival.
func visible(all map[Subject]History) map[Subject]History {
	out := map[Subject]History{}
	for s, h := range all {
		out[s] = History{Visits: h.Visits, Stay: h.Stay, SafeAt: h.SafeAt, Orphans: h.Orphans}
	}
	return out
}

func TestAnyArrivalOrderAndDuplicatesGiveTheSameHistory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		passages := drawPassages(t)
		want, got := visible(FoldAll(twoSites, passages)), visible(FoldAll(twoSites, disturb(t, passages)))
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(History{}, Passage{}), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("another order told another history (-want +got):\n%s", diff)
		}
	})
}

func TestAGatesMemoryAgreesWithTheFold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		passages := drawPassages(t)
		inOrder := slices.Clone(passages)
		slices.SortFunc(inOrder, compare)
		memory := NewMemory()
		for _, p := range inOrder {
			memory.Move(twoSites, p)
			checkHeads(t, memory)
		}
		for s, h := range FoldAll(twoSites, passages) {
			if got := memory.Inside[s]; got != h.Stay {
				t.Fatalf("memory has %v at %+v, the fold at %+v", s, got, h.Stay)
			}
		}
	})
}

// checkHeads counts who is inside by hand.
func checkHeads(t *rapid.T, m *Memory) {
	count := map[ZoneID]int{}
	for _, stay := range m.Inside {
		if stay.Inside() {
			count[stay.Zone]++
		}
	}
	if diff := cmp.Diff(count, m.Heads); diff != "" {
		t.Fatalf("heads (-counted +kept):\n%s", diff)
	}
}

func TestOpenVisitsAreTheWayToWhereThePersonIs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		for s, h := range FoldAll(twoSites, drawPassages(t)) {
			var open []ZoneID
			for _, v := range h.Visits {
				if v.Open() {
					open = append(open, v.Zone)
				}
				if !v.Open() && v.LeftAt.Before(v.EnteredAt) {
					t.Fatalf("%v left %d before entering: %+v", s, v.Zone, v)
				}
			}
			var want []ZoneID
			if h.Stay.Inside() {
				want = twoSites.Path(h.Stay.Zone)
			}
			if !slices.Equal(open, want) {
				t.Fatalf("%v is in %d, open visits are %v, want %v", s, h.Stay.Zone, open, want)
			}
		}
	})
}

func TestAddingOneByOneIsTheFold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		passages := drawPassages(t)
		passages = slices.DeleteFunc(passages, func(p Passage) bool { return p.Subject > 1 })
		var h History
		var taken []Passage
		for _, p := range passages {
			if taken = append(taken, p); !h.Add(twoSites, p) {
				h = Fold(twoSites, taken) // older than what is known: fold anew
			}
		}
		want, got := map[Subject]History{1: Fold(twoSites, passages)}, map[Subject]History{1: h}
		if diff := cmp.Diff(visible(want), visible(got), cmp.AllowUnexported(History{}, Passage{}), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("one by one (-fold +added):\n%s", diff)
		}
	})
}

// naive retells presence from the words of the specification with nothing but
// a set of zones per person: slow, plain, and written without looking at Fold.
type naive map[Subject]map[ZoneID]bool

func (n naive) tell(p Passage) {
	for s := range n {
		if p.Subject == s || p.Subject == 0 {
			n.tellOne(n[s], p)
		}
	}
}

func (n naive) tellOne(in map[ZoneID]bool, p Passage) {
	is := func(rs ...Reason) bool { return slices.Contains(rs, p.Reason) }
	switch {
	case is(Granted, PassbackSoft, SetIn) || is(Admitted) && p.Direction == Entry:
		if in[p.Zone] {
			return
		}
		clear(in)
		for z := p.Zone; z != 0; z = twoSites[z].Parent {
			in[z] = true
		}
	case is(ExitOK, ExitOrphan) || is(Admitted) && p.Direction == Exit:
		if !in[p.Zone] {
			return
		}
		for z := range in {
			if twoSites.Within(z, p.Zone) {
				delete(in, z)
			}
		}
	case is(SetOut, EndOfDay, LongestStay):
		for z := range in {
			if twoSites[z].Site == p.Site || twoSites[z].Site == "" {
				delete(in, z)
			}
		}
	}
}

func TestHeadCountsEqualTheNaiveModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		passages := drawPassages(t)
		model := naive{1: {}, 2: {}, 3: {}}
		inOrder := slices.Clone(passages)
		slices.SortFunc(inOrder, compare)
		for _, p := range inOrder {
			model.tell(p)
		}
		for s, h := range FoldAll(twoSites, passages) {
			in := map[ZoneID]bool{}
			for _, v := range h.Visits {
				if v.Open() {
					in[v.Zone] = true
				}
			}
			if diff := cmp.Diff(model[s], in); diff != "" {
				t.Fatalf("%v is inside (-model +fold):\n%s", s, diff)
			}
		}
	})
}
