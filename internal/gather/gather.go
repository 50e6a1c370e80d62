// Package gather lets calls that come at about the same time be done together:
// one transaction and one flush to the disk for all of them. Databases call that
// group commit.
package gather

import (
	"context"
	"sync"
	"time"
)

// Group does calls in batches. A call that finds no batch at work is done at once,
// alone, so that nobody waits where nobody is ahead; what comes meanwhile is done
// together when a batch has ended, or beside it once enough of it has come. Its
// callers do the work themselves: there is no goroutine to start or to stop.
type Group[T any] struct {
	size Size
	do   func([]T)

	mu      sync.Mutex
	working int
	waiting []*call[T]
}

// Size is how a group makes its batches.
type Size struct {
	Most  int // calls in one batch at the most
	Width int // batches at work at once at the most
	Least int // calls that must wait for another batch to begin beside one at work; not more than Most
}

// batchLimit bounds a batch.
const batchLimit = 10 * time.Second

// Context returns what a batch is done in, made of what its first call came in: it
// outlives the request of any one of them, and ends in time.
func Context(first context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(first), batchLimit)
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

// New returns a group. do is given the calls in the order in which they came, and
// leaves what came of each in the call itself.
func New[T any](size Size, do func([]T)) *Group[T] {
	return &Group[T]{size: size, do: do}
}

// Do returns once the call was part of a batch, and reports whether that came to
// its end: false means that do panicked in another caller's hands.
func (g *Group[T]) Do(item T) bool {
	c := &call[T]{item: item, told: make(chan turn, 1)}
	batch := g.join(c)
	if batch == nil {
		if got := <-c.told; got != lead {
			return got == done
		}
		batch = append([]*call[T]{c}, g.others()...)
	}
	g.work(c, batch)
	return true
}

// join puts the call in line, and returns the batch that is to begin now, if any.
func (g *Group[T]) join(c *call[T]) []*call[T] {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = append(g.waiting, c)
	if !g.begins() {
		return nil
	}
	return g.take(g.size.Most)
}

// others returns who waits behind the first of a batch.
func (g *Group[T]) others() []*call[T] {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.take(g.size.Most - 1)
}

// begins takes a place among those at work where whoever waits is to begin.
func (g *Group[T]) begins() bool {
	n := len(g.waiting)
	if n == 0 || g.working > 0 && (g.working >= g.size.Width || n < g.size.Least) {
		return false
	}
	g.working++
	return true
}

// work does a batch and tells the others of it.
func (g *Group[T]) work(own *call[T], batch []*call[T]) {
	items := make([]T, len(batch))
	for i, c := range batch {
		items[i] = c.item
	}
	outcome := failed
	defer func() {
		g.hand()
		for _, c := range batch {
			if c != own {
				c.told <- outcome
			}
		}
	}()
	g.do(items)
	outcome = done
}

// take takes those out of the line who came first.
func (g *Group[T]) take(most int) []*call[T] {
	n := min(len(g.waiting), most)
	taken := g.waiting[:n:n]
	g.waiting = g.waiting[n:]
	return taken
}

// hand gives the place at work to whoever is first in line, if their batch is to
// begin now.
func (g *Group[T]) hand() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.working--
	if g.begins() {
		g.waiting[0].told <- lead
		g.waiting = g.waiting[1:]
	}
}
