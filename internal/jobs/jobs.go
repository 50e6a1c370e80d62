// Package jobs runs what the server does by itself: releasing no-shows, sending
// mail, sealing the audit log. Each job is a function called again and again. Of
// several servers on one database the one that holds the job's lease runs it.
package jobs

import (
	"context"
	crand "crypto/rand"
	"log/slog"
	"sync"
	"time"
)

// Job is a chore. Run must be safe to call twice, or on two servers at once: a
// lease can run out while a server stands still.
type Job struct {
	Name  string
	Every time.Duration
	// Wake, where it is not nil, starts a run at once: something was written that
	// the job waits for.
	Wake <-chan struct{}
	// Next, where it is not nil, says how long it is until there is something to
	// do, so that what is due at an instant is done at that instant. A negative
	// time is none that is known. The job rests no longer than Every in any case.
	Next func(ctx context.Context) (time.Duration, error)
	// Everywhere marks a job of each server's own, which needs no lease.
	Everywhere bool
	Run        func(ctx context.Context) error
}

// Leases keeps a job to one server at a time; models.Store does it.
type Leases interface {
	// Lease takes or keeps the lease for d and reports whether owner has it.
	Lease(ctx context.Context, name, owner string, d time.Duration) (bool, error)
	// ReleaseLease gives it back, so that the next server need not wait.
	ReleaseLease(ctx context.Context, name, owner string) error
}

// Run runs the jobs until ctx ends, then waits for those at work and gives the
// leases back.
func Run(ctx context.Context, log *slog.Logger, leases Leases, all ...Job) {
	owner := crand.Text()
	var wg sync.WaitGroup
	for _, job := range all {
		w := &worker{Job: job, log: log.With("job", job.Name), lease: lease{store: leases, name: job.Name, owner: owner}}
		wg.Go(func() { w.loop(ctx) })
	}
	wg.Wait()
}
