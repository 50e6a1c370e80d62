package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"kyoten/internal/fault"
)

// longestPause bounds how long a job that fails again and again rests.
const longestPause = time.Minute

// worker runs one job.
type worker struct {
	Job
	log      *slog.Logger
	lease    lease
	failures int
	lastText string
}

func (w *worker) loop(ctx context.Context) {
	defer w.lease.giveBack(ctx)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-w.Wake:
		}
		w.note(ctx, w.once(ctx))
		timer.Reset(w.rest(ctx))
	}
}

// once runs the job if it is this server's to run. A panic is an error like any
// other: one broken chore must not end the server.
func (w *worker) once(ctx context.Context) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	if !w.Everywhere {
		held, err := w.lease.hold(ctx, leaseFor(w.Every))
		if err != nil || !held {
			return err
		}
	}
	return w.Run(ctx)
}

// note counts failures and logs each once, not once a second: an error that
// repeats is only logged again when its text changes.
func (w *worker) note(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil:
	case err == nil:
		if w.failures > 0 {
			w.log.InfoContext(ctx, "job works again", "failures", w.failures)
		}
		w.failures, w.lastText = 0, ""
	default:
		w.failures++
		if text := err.Error(); text != w.lastText {
			w.lastText = text
			w.log.Log(ctx, levelOf(err), "job failed", "error", text)
		}
	}
}

// levelOf is Warn for what passes by itself, such as a database that restarts.
func levelOf(err error) slog.Level {
	if fault.From(err).Kind == fault.Unavailable {
		return slog.LevelWarn
	}
	return slog.LevelError
}

// shortestRest keeps a job from spinning when what is due cannot be done yet,
// because another server is at it.
const shortestRest = 50 * time.Millisecond

// rest returns the time to the next run: what the job says itself, where it does
// and nothing failed, else its pause.
func (w *worker) rest(ctx context.Context) time.Duration {
	pause := w.pause()
	if w.Next == nil || w.failures > 0 {
		return pause
	}
	next, err := w.Next(ctx)
	if err != nil || next < 0 {
		return pause // the run after it will say what is wrong
	}
	return min(max(next, shortestRest), pause)
}

// pause returns the time to the next run: the job's own, doubled with each
// failure, and up to a tenth longer so that servers started together drift apart.
func (w *worker) pause() time.Duration {
	d := w.Every
	for range min(w.failures, 10) {
		d = min(2*d, max(longestPause, w.Every))
	}
	return d + rand.N(d/10+1)
}
