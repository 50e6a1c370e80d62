package main

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// sample is how long each of many calls took.
type sample []time.Duration

// quantile returns the time that the given part of the calls stayed within.
func (s sample) quantile(q float64) time.Duration {
	if len(s) == 0 {
		return 0
	}
	slices.Sort(s)
	return s[min(int(float64(len(s))*q), len(s)-1)]
}

// load is what came of a number of clients calling without a pause.
type load struct {
	calls  sample
	rate   float64 // good calls a second
	failed map[string]int
}

// drive lets that many clients call do, one call after the other, for the given
// time. do gets a number that is its own among all calls.
func drive(clients int, lasting time.Duration, do func(client, call int) error) load {
	var (
		mu   sync.Mutex
		wg   sync.WaitGroup
		next int
		all  = load{failed: map[string]int{}}
	)
	began := time.Now()
	for client := range clients {
		wg.Go(func() {
			for time.Since(began) < lasting {
				mu.Lock()
				call := next
				next++
				mu.Unlock()
				start := time.Now()
				err := do(client, call)
				took := time.Since(start)
				mu.Lock()
				if err == nil {
					all.calls = append(all.calls, took)
				} else {
					all.failed[err.Error()]++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	all.rate = float64(len(all.calls)) / time.Since(began).Seconds()
	return all
}

// drivePaced calls do so many times a second for the given time, whether or not
// the calls before have come back, and measures each from when it was due.
func drivePaced(perSecond int, lasting time.Duration, do func(call int) error) load {
	var (
		mu  sync.Mutex
		wg  sync.WaitGroup
		all = load{failed: map[string]int{}}
	)
	began, pause := time.Now(), time.Second/time.Duration(perSecond)
	for call := range int(lasting / pause) {
		due := began.Add(time.Duration(call) * pause)
		time.Sleep(time.Until(due))
		wg.Go(func() {
			err := do(call)
			took := time.Since(due)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				all.failed[err.Error()]++
				return
			}
			all.calls = append(all.calls, took)
		})
	}
	wg.Wait()
	all.rate = float64(len(all.calls)) / time.Since(began).Seconds()
	return all
}

// complain turns failed calls into an error: a measurement with failures in it
// measures nothing.
func (l load) complain() error {
	for what, n := range l.failed {
		return fmt.Errorf("%d of %d calls failed, some with: %s", n, n+len(l.calls), what)
	}
	return nil
}

func (l load) String() string {
	return fmt.Sprintf("%.0f/s, p50 %s, p99 %s", l.rate, ms(l.calls.quantile(0.5)), ms(l.calls.quantile(0.99)))
}

// ms writes a time in milliseconds with two or three digits that count.
func ms(d time.Duration) string {
	switch n := float64(d) / float64(time.Millisecond); {
	case n < 1:
		return fmt.Sprintf("%.2f ms", n)
	case n < 10:
		return fmt.Sprintf("%.1f ms", n)
	default:
		return fmt.Sprintf("%.0f ms", n)
	}
}

// each does all of n pieces of work with that many hands and returns the first
// error.
func each(hands, n int, do func(i int) error) error {
	var (
		wg    sync.WaitGroup
		next  atomic.Int64
		first atomic.Pointer[error]
	)
	for range hands {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && first.Load() == nil; i = int(next.Add(1)) - 1 {
				if err := do(i); err != nil {
					first.CompareAndSwap(nil, &err)
				}
			}
		})
	}
	wg.Wait()
	if err := first.Load(); err != nil {
		return *err
	}
	return nil
}
