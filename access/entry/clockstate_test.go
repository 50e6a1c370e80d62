package entry

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// syncedAt is the moment of the last synchronisation in these tests: the machine
// had been up for an hour.
var syncedAt = Sync{True: vectorNow, Monotonic: time.Hour, BootID: "boot-1", RunID: "run-1"}

// later returns the facts of the same run some time after syncedAt. The wall
// clock shows nonsense, as it may.
func later(d time.Duration) ClockFacts {
	last := syncedAt
	return ClockFacts{
		Wall: time.Unix(0, 0), Monotonic: time.Hour + d, BootID: "boot-1", RunID: "run-1",
		Last: &last, Floor: vectorNow,
	}
}

func with(f ClockFacts, change func(*ClockFacts)) ClockFacts {
	change(&f)
	return f
}

func TestClockStates(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	wall := func(d time.Duration) func(*ClockFacts) {
		return func(f *ClockFacts) {
			f.BootID, f.Monotonic, f.Wall, f.HasChip = "boot-2", time.Minute, vectorNow.Add(d), true
		}
	}
	for name, tt := range map[string]struct {
		facts ClockFacts
		want  Reading
	}{
		"just synchronised":         {later(0), Reading{vectorNow, Trusted, 0}},
		"a day after":               {later(day), Reading{vectorNow.Add(day), Trusted, 0}},
		"more than a day after":     {later(day + 1), Reading{vectorNow.Add(day + 1), Holdover, 1}},
		"three days after":          {later(3 * day), Reading{vectorNow.Add(3 * day), Holdover, 3}},
		"ten days after":            {later(10 * day), Reading{vectorNow.Add(10 * day), Holdover, 4}},
		"the agent was restarted":   {with(later(time.Hour), func(f *ClockFacts) { f.RunID = "run-2" }), Reading{vectorNow.Add(time.Hour), Holdover, 0}},
		"restarted after two days":  {with(later(2*day), func(f *ClockFacts) { f.RunID = "run-2" }), Reading{vectorNow.Add(2 * day), Holdover, 2}},
		"rebooted without a chip":   {with(later(time.Hour), func(f *ClockFacts) { f.BootID, f.Wall = "boot-2", vectorNow.Add(time.Hour) }), Reading{vectorNow.Add(time.Hour), Untrusted, 0}},
		"rebooted with a chip":      {with(later(0), wall(time.Hour)), Reading{vectorNow.Add(time.Hour), Holdover, 0}},
		"chip after two days":       {with(later(0), wall(2*day)), Reading{vectorNow.Add(2 * day), Holdover, 2}},
		"chip at the floor":         {with(later(0), wall(0)), Reading{vectorNow, Holdover, 0}},
		"chip below the floor":      {with(later(0), wall(-time.Second)), Reading{vectorNow.Add(-time.Second), Untrusted, 0}},
		"chip, never synchronised":  {ClockFacts{Wall: vectorNow, HasChip: true, BootID: "b", RunID: "r"}, Reading{vectorNow, Holdover, 4}},
		"nothing to go by":          {ClockFacts{Wall: vectorNow, BootID: "b", RunID: "r"}, Reading{vectorNow, Untrusted, 0}},
		"journal ahead of the sync": {with(later(0), func(f *ClockFacts) { f.Floor = vectorNow.Add(time.Hour) }), Reading{vectorNow, Untrusted, 0}},
		"monotonic clock went back": {with(later(0), func(f *ClockFacts) { f.Monotonic = time.Minute }), Reading{time.Unix(0, 0), Untrusted, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tt.facts.Read(); got != tt.want {
				t.Errorf("reading = %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestWithinOneBootTheWallClockDecidesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := later(time.Duration(rapid.Int64Range(0, int64(200*time.Hour)).Draw(t, "since")))
		want := f.Read()
		f.Wall = time.Unix(rapid.Int64Range(-1e9, 4e9).Draw(t, "wall"), 0)
		f.HasChip = rapid.Bool().Draw(t, "chip")
		if got := f.Read(); got != want {
			t.Fatalf("wall %v changed the reading from %+v to %+v", f.Wall, want, got)
		}
	})
}
