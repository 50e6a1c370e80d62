// Package clock is the only place that asks the machine for the time. Everything
// else is given a func() time.Time, so that a test, or a demo that starts at
// another instant, decides what "now" is.
package clock

import (
	"sync"
	"time"
	_ "time/tzdata" // every site names an IANA zone; the binary must know them all
)

// Func returns the present instant.
type Func = func() time.Time

// Now returns the machine's time as an instant: UTC, cut to the millisecond,
// without a monotonic reading. Types that store whole seconds cut further.
func Now() time.Time { return time.Now().UTC().Round(0).Truncate(time.Millisecond) }

// StartingAt returns a clock that shows start now and runs on from there. The
// demo uses it to open its doors on a working day.
func StartingAt(start time.Time) Func {
	began := time.Now() // keeps the monotonic reading: a change of the machine's time does not move the demo
	return func() time.Time {
		return start.Add(time.Since(began)).UTC().Truncate(time.Millisecond)
	}
}

// Stopwatch returns a function that gives the time since the call, from the
// monotonic clock. It measures, it never dates.
func Stopwatch() func() time.Duration {
	began := time.Now()
	return func() time.Duration { return time.Since(began) }
}

// Fake is a clock for tests: it stands still until it is told to move. It is
// safe for concurrent use.
type Fake struct {
	mu  sync.Mutex
	now time.Time
}

// At returns a fake clock that shows t.
func At(t time.Time) *Fake { return &Fake{now: t.UTC().Truncate(time.Millisecond)} }

// Now returns the instant the fake shows.
func (f *Fake) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// Advance moves the fake by d, which may be negative.
func (f *Fake) Advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

// Set moves the fake to t.
func (f *Fake) Set(t time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = t.UTC().Truncate(time.Millisecond)
}
