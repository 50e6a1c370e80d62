package jobs

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// rows is a table of leases as a database keeps it.
type rows struct {
	mu    sync.Mutex
	owner map[string]string
	until map[string]time.Time
	asked int
}

func newRows() *rows { return &rows{owner: map[string]string{}, until: map[string]time.Time{}} }

func (r *rows) Lease(_ context.Context, name, owner string, d time.Duration) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	now := time.Now()
	if r.owner[name] != owner && now.Before(r.until[name]) {
		return false, nil
	}
	r.owner[name], r.until[name] = owner, now.Add(d)
	return true, nil
}

func (r *rows) ReleaseLease(_ context.Context, name, owner string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.owner[name] == owner {
		delete(r.until, name)
	}
	return nil
}

func TestOneOfTwoServersRunsAJobAndTheOtherTakesOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		table := newRows()
		var runs [2]atomic.Int32
		var stop [2]context.CancelFunc
		var wg sync.WaitGroup
		for i := range 2 {
			var ctx context.Context
			ctx, stop[i] = context.WithCancel(t.Context())
			job := Job{Name: "seal", Every: time.Second, Run: func(context.Context) error { runs[i].Add(1); return nil }}
			wg.Go(func() { Run(ctx, slog.New(slog.DiscardHandler), table, job) })
			synctest.Wait() // the first server is the one that gets it
		}
		time.Sleep(time.Minute)
		if a, b := runs[0].Load(), runs[1].Load(); a < 50 || b != 0 {
			t.Errorf("runs of the two servers = %d and %d, want about 57 and 0", a, b)
		}
		stop[0]()
		time.Sleep(3 * time.Second)
		if b := runs[1].Load(); b == 0 {
			t.Error("the second server has not taken over 3 s after the first ended")
		}
		stop[1]()
		wg.Wait()
	})
}

func TestALeaseIsNotWrittenAtEachRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		table := newRows()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		Run(ctx, slog.New(slog.DiscardHandler), table, Job{Name: "seal", Every: time.Second, Run: func(context.Context) error { return nil }})
		if table.asked > 10 {
			t.Errorf("the lease was written %d times in a minute, want at most 10", table.asked)
		}
	})
}

func TestAFailingJobRestsLongerAndIsLoggedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var runs atomic.Int32
		job := Job{Name: "mail", Every: time.Second, Everywhere: true, Run: func(context.Context) error {
			if runs.Add(1) == 1 {
				panic("boom")
			}
			return errors.New("no route to host")
		}}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		Run(ctx, slog.New(slog.NewTextHandler(&log, nil)), nil, job)
		if n := runs.Load(); n < 10 || n > 20 {
			t.Errorf("runs in ten minutes = %d, want 10 to 20", n)
		}
		if got := strings.Count(log.String(), "job failed"); got != 2 {
			t.Errorf("failures logged = %d, want 2 (the panic, the error):\n%s", got, log.String())
		}
	})
}

func TestWakeRunsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		wake := make(chan struct{}, 1)
		var runs atomic.Int32
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			Run(ctx, slog.New(slog.DiscardHandler), nil, Job{
				Name: "mail", Every: time.Hour, Wake: wake, Everywhere: true,
				Run: func(context.Context) error { runs.Add(1); return nil },
			})
		})
		synctest.Wait()
		wake <- struct{}{}
		synctest.Wait()
		if n := runs.Load(); n != 2 {
			t.Errorf("runs = %d, want 2: at the start and when woken", n)
		}
		cancel()
		wg.Wait()
	})
}

// TestAJobThatKnowsItsNextInstantRunsThen: not before, not a second after, and
// not less often than it says.
func TestAJobThatKnowsItsNextInstantRunsThen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		due := start.Add(1700 * time.Millisecond)
		var at []time.Duration
		ctx, cancel := context.WithTimeout(t.Context(), 1800*time.Millisecond)
		defer cancel()
		Run(ctx, slog.New(slog.DiscardHandler), nil, Job{
			Name: "release", Every: 10 * time.Second, Everywhere: true,
			Run: func(context.Context) error { at = append(at, time.Since(start)); return nil },
			Next: func(context.Context) (time.Duration, error) {
				if len(at) > 1 {
					return -1, nil
				}
				return time.Until(due), nil
			},
		})
		if len(at) != 2 || at[0] != 0 || at[1] != due.Sub(start) {
			t.Errorf("ran after %v, want at once and after %v", at, due.Sub(start))
		}
	})
}
