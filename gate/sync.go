package gate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"kyoten/access/entry"
)

// How often the server is talked to. A lost one is noticed within ten seconds
// (one beat and its time-out), and its return within twenty.
const (
	beatEvery  = 5 * time.Second
	clockEvery = time.Minute
	stateEvery = 30 * time.Second
	retryFirst = time.Second
	retryMost  = 12 * time.Second
)

// link keeps the agent and the server in step: time, states, events, presence.
// Each of its loops goes on for ever and none waits for another.
type link struct {
	log      *slog.Logger
	server   *server
	clock    *Clock
	journal  *Journal
	reader   reader // of the journal, for the uploads alone
	knows    *knowledge
	door     *Door
	problems *problems
	folder   string

	online  atomic.Bool
	queued  atomic.Int64  // events the server has not acknowledged
	pending chan struct{} // there is something to upload
	stale   chan struct{} // there may be a newer state
	back    chan struct{} // the server has come back: the stream connects at once

	mu    sync.Mutex
	acked place

	// listing is held while a presence list is taken: the stream and the questions
	// bring lists at once, and an older one must not come to lie on a newer one.
	listing sync.Mutex
	listed  time.Time // when the newest presence list was made
}

// newLink reads how far the journal was acknowledged.
func newLink(folder string) *link {
	l := &link{
		folder:  folder,
		pending: make(chan struct{}, 1), stale: make(chan struct{}, 1), back: make(chan struct{}, 1),
	}
	if err := readJSON(l.ackPath(), &l.acked); err != nil {
		l.acked = place{} // everything is sent again; the server knows what it has
	}
	return l
}

func (l *link) ackPath() string { return filepath.Join(l.folder, "ack.json") }

func (l *link) ack() place {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.acked
}

// run talks to the server until ctx ends.
func (l *link) run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, loop := range []func(context.Context){l.beats, l.times, l.states, l.uploads, l.stream} {
		wg.Go(func() { loop(ctx) })
	}
	wg.Wait()
}

// nudge wakes a loop; one that is awake already looks once more.
func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// wait sleeps for about d and returns early when woken, or when ctx ends. The
// jitter keeps a hundred gates from coming back all at once.
func wait(ctx context.Context, d time.Duration, woken <-chan struct{}) {
	t := time.NewTimer(time.Duration(float64(d) * (0.8 + 0.4*rand.Float64())))
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	case <-woken:
	}
}

// beats tells the server how the agent is, and so finds out whether it is there.
func (l *link) beats(ctx context.Context) {
	for ctx.Err() == nil {
		err := l.server.beat(ctx, l.heartbeat())
		if ctx.Err() != nil {
			return
		}
		l.note(err)
		wait(ctx, beatEvery, nil)
	}
}

func (l *link) heartbeat() entry.Heartbeat {
	site, _ := l.knows.now()
	r := l.clock.Read()
	return entry.Heartbeat{
		GateTime: r.Now, ClockState: r.State, QueueLength: int(l.queued.Load()), StateVersion: site.State().Version,
		Refused: l.door.refused.Load(), Problems: l.problems.list(), Run: l.clock.run,
	}
}

// note takes what an answer says about the server and about this gate: any
// answer of its own shows that it is there, a 401 that the gate was revoked.
func (l *link) note(err error) {
	answer, answered := errors.AsType[*refusal](err)
	there := err == nil || (answered && answer.code != "" && answer.status < http.StatusInternalServerError)
	if expelled := refusedWith(err, http.StatusUnauthorized); there && l.door.expelled.Swap(expelled) != expelled {
		l.log.Warn("the server's word about this gate has changed", "revoked", expelled)
	}
	if l.online.Swap(there) == there {
		return
	}
	l.log.Info("the server is", "there", there, "error", err)
	if there {
		for _, c := range []chan struct{}{l.pending, l.stale, l.back} {
			nudge(c)
		}
	}
}

// times keeps the clock right.
func (l *link) times(ctx context.Context) {
	for ctx.Err() == nil {
		sent := l.clock.m.monotonic()
		now, err := l.server.time(ctx)
		if err == nil {
			err = l.clock.Synchronise(now, sent)
		}
		pause := clockEvery
		if err != nil {
			pause = beatEvery
		}
		wait(ctx, pause, nil)
	}
}

// states fetches every new state.
func (l *link) states(ctx context.Context) {
	for ctx.Err() == nil {
		err := l.renew(ctx)
		if err != nil && ctx.Err() == nil {
			l.log.Debug("no new state", "error", err)
		}
		l.fetchPresence(ctx)
		pause := stateEvery
		if err != nil { // it may be a revocation that was missed
			pause = beatEvery
		}
		wait(ctx, pause, l.stale)
	}
}

// renew fetches the state when there is a newer one. One that cannot be believed
// is reported, and changes nothing.
func (l *link) renew(ctx context.Context) error {
	sealed, tag, err := l.server.state(ctx, l.knows.tagAt(l.clock.Now()))
	if err != nil || sealed == nil {
		return err
	}
	if !looksSealed(sealed) {
		return errForeign
	}
	err = l.knows.take(sealed, tag)
	l.judged(err)
	if err == nil || errors.Is(err, errNotKept) {
		site, _ := l.knows.now()
		l.clock.Vouch(site.State().GeneratedAt)
	}
	return err
}

// looksSealed tells a state from what a network's sign-in page sends.
func looksSealed(body []byte) bool { return json.Valid(body) }

// judged says at the server what became of a state it sent.
func (l *link) judged(err error) {
	var test, kept error
	switch {
	case errors.Is(err, entry.ErrSelfTest):
		test = err
	case errors.Is(err, errNotKept):
		kept, err = err, nil
	}
	l.problems.set(entry.ProblemSelfTest, test)
	l.problems.set(entry.ProblemDisk, kept)
	l.problems.set(entry.ProblemState, err)
}

// uploads hands over what the journal holds, in order, as soon as it is there.
func (l *link) uploads(ctx context.Context) {
	pause := retryFirst
	for ctx.Err() == nil {
		sent, err := l.drain(ctx)
		switch {
		case err != nil:
			l.log.Debug("upload failed", "error", err)
			wait(ctx, pause, l.pending)
			pause = min(pause*2, retryMost)
			continue
		case sent > 1: // other doors may have had visitors meanwhile
			l.fetchPresence(ctx)
		}
		pause = retryFirst
		wait(ctx, time.Hour, l.pending)
	}
}

// drain uploads batch after batch until nothing is left.
func (l *link) drain(ctx context.Context) (sent int, err error) {
	for ctx.Err() == nil {
		b, err := l.reader.batch(l.ack(), entry.MaxEvents)
		if err != nil || len(b.events) == 0 {
			return sent, err
		}
		done, err := l.server.upload(ctx, b.events)
		if err != nil {
			return sent, err
		}
		if err := l.acknowledged(b, done); err != nil {
			return sent, err
		}
		sent += len(b.events)
	}
	return sent, ctx.Err()
}

// keepSegments is how much of the journal stays after it was acknowledged: the
// memory of a gate that is cut off, and evidence. 20 files of 5,000 events.
const keepSegments = 20

// acknowledged notes how far the server has dealt with the journal. It speaks for
// the whole batch, or for less of it: the rest is sent again.
func (l *link) acknowledged(b batch, done entry.Uploaded) error {
	ack := place(done.Ack)
	if before := l.ack(); ack.compare(before) <= 0 {
		return fmt.Errorf("the server acknowledged nothing new: %+v after %+v", ack, before)
	}
	if ack.compare(b.last()) > 0 {
		ack = b.last() // what it may know beyond is not ours to skip
	}
	for _, r := range done.Results {
		if r.Result == entry.Conflict || r.Result == entry.Malformed {
			l.log.Error("the server quarantined an event", "event_id", r.EventID, "result", r.Result)
		}
	}
	l.mu.Lock()
	l.acked = ack
	l.mu.Unlock()
	l.door.acknowledged(ack)
	l.queued.Add(int64(-b.upTo(ack)))
	if err := writeJSON(l.ackPath(), ack); err != nil {
		l.log.Warn("the acknowledgement was not kept; events will be sent again", "error", err)
	}
	return l.journal.Forget(ack, keepSegments)
}

// fetchPresence asks who is inside, once the server knows what this door did.
func (l *link) fetchPresence(ctx context.Context) {
	list, err := l.server.presence(ctx)
	if err != nil {
		l.log.Debug("no presence", "error", err)
		return
	}
	l.takePresence(list)
}

// takePresence takes a list of the server, unless it misses what is still
// waiting here or is older than one taken before; then the next one will do. One
// that is later than it is now was dated by a clock that has been put back since:
// no other is older for that.
func (l *link) takePresence(list entry.PresenceList) {
	l.listing.Lock()
	defer l.listing.Unlock()
	at := l.ack()
	putBack := l.listed.After(l.clock.Now().Add(listLag))
	if list.At.Before(l.listed) && !putBack {
		return
	}
	l.listed = list.At
	if l.queued.Load() > 0 {
		return
	}
	l.door.setPresence(list)
	if err := writeJSON(seenPath(l.folder), seen{list, at}); err != nil {
		l.log.Warn("the presence list was not kept", "error", err)
	}
}
