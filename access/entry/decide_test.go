package entry

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// vectorSite is a site whose zones the vectors grant: an entrance with an office in it.
func vectorSite(t testing.TB) *Site {
	t.Helper()
	kid, public := vectorIssuer(t).Key()
	return NewSite(State{
		Version: 1, GeneratedAt: vectorNow.Add(-time.Minute), Site: "shiojiri", Mode: Normal,
		IssuerKeys: []IssuerKey{{KID: kid, PublicKey: Bytes(public)}},
		Zones: []Zone{
			{ID: 201, AntiPassback: PassbackWarns},
			{ID: 210, Parent: 201, Company: 42, AntiPassback: PassbackOff},
		},
	})
}

// atEntrance is a scan of text at the vectors' entrance at their time.
func atEntrance(t testing.TB, text string) Input {
	t.Helper()
	return Input{
		Text: text, Gate: Gate{ID: "g1", ToZone: 201, Direction: Both}, Now: vectorNow,
		Site: vectorSite(t), Memory: NewMemory(),
	}
}

func TestBothVectorsAreGranted(t *testing.T) {
	t.Parallel()
	for _, text := range []string{vectorK1, vectorK2} {
		got := Decide(atEntrance(t, text))
		if got.Reason != Granted || got.Verdict != Allow || !got.Open {
			t.Errorf("decision = %+v, want granted", got)
		}
	}
}

func TestARepeatedScanGetsTheFirstAnswerForThreeSeconds(t *testing.T) {
	t.Parallel()
	in := atEntrance(t, vectorK1)
	first := Decide(in)
	in.Memory.Apply(in, first)
	in.Now = vectorNow.Add(2900 * time.Millisecond)
	again := Decide(in)
	if !again.Repeat || again.Reason != Granted {
		t.Errorf("after 2.9 s: %+v, want the first answer again", again)
	}
	in.Now = vectorNow.Add(3 * time.Second)
	if later := Decide(in); later.Repeat || later.Reason != PassbackSoft {
		t.Errorf("after 3 s: %+v, want a decision of its own, apb_soft", later)
	}
}

func TestDecideChangesNothingItWasGiven(t *testing.T) {
	t.Parallel()
	in := atEntrance(t, vectorK2)
	in.Memory.Apply(in, Decide(in))
	in.Now = in.Now.Add(time.Minute)
	before := *in.Memory
	before.Recent = append([]Recent(nil), in.Memory.Recent...)
	Decide(in)
	if diff := cmp.Diff(before, *in.Memory); diff != "" {
		t.Errorf("memory changed (-before +after):\n%s", diff)
	}
}

func TestTheTableIsInOrderAndEveryRowKeepsToItsReasons(t *testing.T) {
	t.Parallel()
	given := map[int]bool{}
	for i, r := range table {
		if i > 0 && r.step <= table[i-1].step {
			t.Errorf("row %d stands after row %d", r.step, table[i-1].step)
		}
		given[r.step] = true
	}
	// Rows 1 and 2 are one check; 9 is the exit itself, 20 the caller's.
	given[2], given[9], given[20] = true, true, true
	for _, r := range Reasons() {
		if step := r.Step(); step > 0 && r != Granted && !given[step] {
			t.Errorf("%s belongs to step %d, which no row decides", r, step)
		}
	}
}
