package gate

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kyoten/access/entry"
	"kyoten/access/entry/entrytest"
	"kyoten/internal/clock"
)

// TestADoorDecidesAsTheVectorsSay sends the cases that a gate can decide through
// a whole door: clock, knowledge, journal and memory. The server runs the same
// file; together they say that both give the same answers.
func TestADoorDecidesAsTheVectorsSay(t *testing.T) {
	t.Parallel()
	ran := 0
	for _, c := range entrytest.Cases(t, filepath.Join("..", "access", "entry", "testdata")) {
		if !atADoor(c.Input) {
			continue
		}
		ran++
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			d := doorFor(t, c.Input)
			for _, in := range c.Earlier {
				scanAs(t, d, in)
			}
			if c.Unlogged {
				_ = d.journal.Close()
				d.journal.folder = "/nowhere" // nothing can be written any more
			}
			got := scanAs(t, d, c.Input)
			if diff := cmp.Diff(c.Want, entrytest.Of(got.Decision)); diff != "" {
				t.Errorf("the door differs from the vectors (-want +got):\n%s", diff)
			}
			recorded := got.PassageID != ""
			if want := got.Recorded() && !c.Unlogged; recorded != want {
				t.Errorf("written down: %t, want %t", recorded, want)
			}
		})
	}
	if ran < 40 {
		t.Errorf("only %d cases of the file were run", ran)
	}
}

// atADoor reports whether a case can happen at a gate: without what only an
// online check has just read, with an age of what is known, and with a clock
// that a machine can show.
func atADoor(in entry.Input) bool {
	reads := in.Fresh.Revocations != nil || in.Fresh.Guests != nil || in.Fresh.HasBooking != nil
	ageless := !in.Offline && (in.Clock == entry.Untrusted || in.Now.Sub(in.Site.State().GeneratedAt) > 24*time.Hour)
	shows := in.Widen <= entry.MostWidening && (in.Widen == 0 || in.Clock == entry.Holdover)
	return !reads && !ageless && shows
}

// doorFor builds a door with a journal of its own and the memory of a case.
func doorFor(t *testing.T, in entry.Input) *Door {
	t.Helper()
	log := quiet(t)
	return &Door{
		log: log, journal: open(t, t.TempDir()), knows: &knowledge{}, relay: noRelay{}, problems: newProblems(log),
		online: func() bool { return false }, recorded: func() {}, memory: in.Memory,
	}
}

// scanAs puts the door into the case's circumstances and scans.
func scanAs(t *testing.T, d *Door, in entry.Input) Scanned {
	t.Helper()
	state := in.Site.State()
	state.Gate = in.Gate
	d.knows.site = entry.NewSite(state)
	d.clock = clockShowing(t, in)
	return d.Scan(in.Text, in.Asked)
}

// clockShowing makes a clock that reads as a case has it.
func clockShowing(t *testing.T, in entry.Input) *Clock {
	t.Helper()
	since := time.Duration(in.Widen) * 24 * time.Hour
	m := machine{wall: clock.At(in.Now).Now, monotonic: func() time.Duration { return since }, bootID: "boot"}
	c := openClock(t.TempDir(), m)
	run := c.run
	switch in.Clock {
	case entry.Untrusted:
		return c
	case entry.Holdover:
		run = "an earlier start"
	}
	c.last = &entry.Sync{True: in.Now.Add(-since), BootID: "boot", RunID: run}
	if got := c.Read(); in.Clock != "" && got.State != in.Clock || got.Widen != in.Widen {
		t.Fatalf("the clock reads %+v, the case wants %s, %d", got, in.Clock, in.Widen)
	}
	return c
}
