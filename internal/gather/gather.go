// Package gather lets calls that come at about the same time be done together:
// one transaction and one flush to the disk for all of them. Databases call that
// group commit.
package gather

import "sync"

// Group does calls in batches. A call that finds fewer than Width batches at work
// is done at once, alone, so that nobody waits where nobody is ahead; what comes
// meanwhile is done together when a batch has ended. Its callers do the work
// themselves: there is no goroutine to start or to stop.
type Group[T any] struct {
	most  int
	width int
	do    func([]T)

	mu      sync.Mutex
	working int
	waiting []*call[T]
}

// call is one caller's.
type call[T any] struct {
	item T
	told chan turn
}

// turn is what a waiting caller is told.
type turn int

const (
	failed turn = iota // its batch did not come to an end
	done               // its batch was done
	lead               // nobody else is left to do it
)

// New returns a group that does at most most calls in one batch, and at most width
// batches at once. do is given the calls in the order in which they came, and
// leaves what came of each in the call itself.
func New[T any](most, width int, do func([]T)) *Group[T] {
	return &Group[T]{most: most, width: width, do: do}
}

// Do returns once the call was part of a batch, and reports whether that came to
// its end: false means that do panicked in another caller's hands.
func (g *Group[T]) Do(item T) bool {
	c := &call[T]{item: item, told: make(chan turn, 1)}
	if !g.begin(c) {
		if got := <-c.told; got != lead {
			return got == done
		}
	}
	g.work(c)
	return true
}

// begin takes a place among those at work, or one in the line.
func (g *Group[T]) begin(c *call[T]) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.working < g.width {
		g.working++
		return true
	}
	g.waiting = append(g.waiting, c)
	return false
}

// work does the call, and those in line behind it.
func (g *Group[T]) work(first *call[T]) {
	others := g.take()
	batch := make([]T, 0, 1+len(others))
	batch = append(batch, first.item)
	for _, c := range others {
		batch = append(batch, c.item)
	}
	outcome := failed
	defer func() {
		g.hand()
		for _, c := range others {
			c.told <- outcome
		}
	}()
	g.do(batch)
	outcome = done
}

// take returns who waits, as many as fit into a batch beside its first.
func (g *Group[T]) take() []*call[T] {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := min(len(g.waiting), g.most-1)
	others := g.waiting[:n:n]
	g.waiting = g.waiting[n:]
	return others
}

// hand gives the place at work to whoever is first in line.
func (g *Group[T]) hand() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) == 0 {
		g.working--
		return
	}
	g.waiting[0].told <- lead
	g.waiting = g.waiting[1:]
}
