package entry

import "time"

// ClockState says how far a gate's clock can be believed.
type ClockState string

// The states of a gate's clock.
const (
	Trusted   ClockState = "trusted"   // synchronised within 24 hours
	Holdover  ClockState = "holdover"  // not since, but unbroken, or kept by a clock chip
	Untrusted ClockState = "untrusted" // entries wait for staff, exits stay free
)

func (s ClockState) known() bool { return s == Trusted || s == Holdover || s == Untrusted }

// SyncLasts is how long a synchronisation makes a clock trusted.
const SyncLasts = 24 * time.Hour

// Sync is one synchronisation, kept on the gate's disk: the true time, and what
// the machine's monotonic clock showed at that moment.
type Sync struct {
	True      time.Time     `json:"true"`      // the server's time, or the system's when that is synchronised
	Monotonic time.Duration `json:"monotonic"` // since the machine's start, sleep included
	BootID    string        `json:"boot_id"`   // of the machine
	RunID     string        `json:"run_id"`    // of the agent: a new one at each of its starts
}

// ClockFacts is what an agent can find out about its clocks at one moment.
type ClockFacts struct {
	Wall      time.Time
	Monotonic time.Duration
	BootID    string
	RunID     string
	HasChip   bool      // a battery keeps the wall clock while the machine is off
	Last      *Sync     // the newest synchronisation, nil when there never was one
	Floor     time.Time // the newest time in journal and state: it is not earlier than that
}

// Reading is what a gate's clock shows, and how far to believe it.
type Reading struct {
	Now   time.Time
	State ClockState
	Widen int // steps by which the live window widens
}

// Read judges a gate's clock. It is pure: the same facts give the same reading.
//
// Within one start of the machine the monotonic clock carries the time on from
// the last synchronisation, whatever happens to the wall clock. After another
// start only a clock chip can carry it.
func (f ClockFacts) Read() Reading {
	r := f.carried()
	if r.Now.Before(f.Floor) {
		r.State = Untrusted // time does not run backwards: this clock is wrong
	}
	if r.State != Holdover {
		r.Widen = 0
	}
	return r
}

func (f ClockFacts) carried() Reading {
	if f.Last != nil && f.Last.BootID == f.BootID && f.Monotonic >= f.Last.Monotonic {
		since := f.Monotonic - f.Last.Monotonic
		r := Reading{Now: f.Last.True.Add(since), State: Holdover, Widen: widening(since)}
		if since <= SyncLasts && f.Last.RunID == f.RunID {
			r.State = Trusted
		}
		return r
	}
	if f.HasChip {
		return Reading{Now: f.Wall, State: Holdover, Widen: f.chipWidening()}
	}
	return Reading{Now: f.Wall, State: Untrusted}
}

// chipWidening widens fully where nobody knows how long the chip has been alone.
func (f ClockFacts) chipWidening() int {
	if f.Last == nil {
		return MostWidening
	}
	return widening(f.Wall.Sub(f.Last.True))
}

// widening is one step for each whole day without synchronisation.
func widening(since time.Duration) int {
	return min(max(int(since/(24*time.Hour)), 0), MostWidening)
}
