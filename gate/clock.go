package gate

import (
	"crypto/rand"
	"path/filepath"
	"sync"
	"time"

	"kyoten/access/entry"
	"kyoten/internal/clock"
)

// machine is what this computer says about time.
type machine struct {
	wall      clock.Func
	monotonic func() time.Duration // since the machine's start, sleep included
	bootID    string               // another one after each start of the machine
	hasChip   bool                 // a battery keeps the wall clock while it is off
}

// Clock tells the time at the door, and how far to believe it. It takes its time
// from the server and carries it on by itself when the server is away.
type Clock struct {
	m    machine
	path string
	run  string // this start of the agent

	mu    sync.Mutex
	last  *entry.Sync
	saved time.Duration // when last was written down
	floor time.Time

	vouched time.Time // the latest that the server itself has said it was, in a state or an answer
	perhaps time.Time // when a certificate was in force that has run out by a doubtful clock
}

// saveEvery is how often a synchronisation is written down: a restart of the
// agent then carries on from there, losing nothing.
const saveEvery = 10 * time.Minute

// openClock reads what the last start of the agent knew. Notes that cannot be read
// are no reason for a door to stay shut.
func openClock(folder string, m machine) *Clock {
	c := &Clock{m: m, path: filepath.Join(folder, "clock.json"), run: rand.Text()}
	if err := readJSON(c.path, &c.last); err != nil {
		c.last = nil // as at a first start: the next synchronisation writes them anew
	}
	if c.last != nil {
		c.vouched = c.last.True
	}
	return c
}

// Read returns the time and how far to believe it.
func (c *Clock) Read() entry.Reading {
	c.mu.Lock()
	defer c.mu.Unlock()
	return entry.ClockFacts{
		Wall: c.m.wall(), Monotonic: c.m.monotonic(), BootID: c.m.bootID, RunID: c.run,
		// A server's clock that was set back a little moves ours, too: that is
		// no reason to disbelieve it.
		HasChip: c.m.hasChip, Last: c.last, Floor: c.floor.Add(-entry.Tolerance),
	}.Read()
}

// Now returns the time, believed or not.
func (c *Clock) Now() time.Time { return c.Read().Now }

// ForCertificates returns the time by which the server's certificate is judged: the
// time, or the latest that something trustworthy happened at where it shows an
// earlier one.
func (c *Clock) ForCertificates() time.Time {
	now := c.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !c.perhaps.IsZero() && !c.carried():
		return c.perhaps
	case now.Before(c.floor):
		return c.floor
	}
	return now
}

// carried reports whether the time comes from the server since the machine started.
// The caller holds the clock.
func (c *Clock) carried() bool {
	return c.last != nil && c.last.BootID == c.m.bootID && c.m.monotonic() >= c.last.Monotonic
}

// RanOut is told that the server's certificate has run out by this clock. Where
// that time is a chip's alone, which may be years ahead, and the server has been
// heard of while the certificate was in force, the chip is taken to be wrong: else
// nothing would ever set it right, and nobody come in.
func (c *Clock) RanOut(from, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.carried() || c.vouched.IsZero() || c.vouched.After(until) {
		return
	}
	c.perhaps = c.vouched
	if from.After(c.perhaps) {
		c.perhaps = from
	}
}

// Vouch notes that the server says it was t.
func (c *Clock) Vouch(t time.Time) {
	c.mu.Lock()
	if t.After(c.vouched) {
		c.vouched = t
	}
	c.mu.Unlock()
	c.Raise(t)
}

// Raise notes that it is not earlier than t: something trustworthy happened then.
func (c *Clock) Raise(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.After(c.floor) {
		c.floor = t
	}
}

// slowest is how long an answer about the time may take to be of use.
const slowest = 2 * time.Second

// Synchronise takes the server's time: asked for when the monotonic clock showed
// sent, and answered now. Half of the way is taken for the way back.
//
// The server is believed even below the floor: it is the clock that signed
// states and codes, so the floor was wrong, or a test began anew.
func (c *Clock) Synchronise(server time.Time, sent time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.m.monotonic()
	way := now - sent
	if way > slowest {
		return nil
	}
	first := c.last == nil || c.last.RunID != c.run
	c.last = &entry.Sync{True: server.Add(way / 2), Monotonic: now, BootID: c.m.bootID, RunID: c.run}
	if c.floor.After(c.last.True) {
		c.floor = c.last.True
	}
	if !first && now-c.saved < saveEvery {
		return nil
	}
	c.saved = now
	return writeJSON(c.path, c.last)
}
