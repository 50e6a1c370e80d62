package gate

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"kyoten/access/entry"
)

// Door decides about the codes shown at one gate, writes down what it did and
// orders the relay.
type Door struct {
	log       *slog.Logger
	clock     *Clock
	journal   *Journal
	knows     *knowledge
	relay     relay
	problems  *problems
	online    func() bool
	recorded  func() // tells the upload that there is something to send
	expelled  atomic.Bool
	refused   atomic.Int64
	stillOpen sync.WaitGroup // orders to the relay under way
	verified  entry.Verified

	mu       sync.Mutex // one scan at a time: the second must see what the first did
	memory   *entry.Memory
	latest   []passed
	recent   []recent          // of the last minutes, which a presence list may not know yet
	seatless []*seatless       // refused for want of a booking a moment ago
	orders   []entry.OpenOrder // obeyed a moment ago
}

// recent is an event of this door. How long ago it was the monotonic clock says:
// the time in it is what the gate believed then.
type recent struct {
	event entry.Event
	noted time.Duration
	acked time.Time // when the server had it; zero before
}

// passed is a passage that the same scan, repeated, is answered with again.
type passed struct {
	scan, id string
	way      entry.Direction
	at       time.Time
}

// Scanned is what a scan came to.
type Scanned struct {
	entry.Decision
	PassageID string // "" when nothing was written down
	Initials  string
}

const (
	// listLag is how far a presence list may be behind this door's own events.
	listLag = 2 * time.Minute
	// longestStay is how long somebody counts as inside without being seen, at a
	// site that never closes, too: a door that is cut off must not keep
	// yesterday's people out.
	longestStay = 16 * time.Hour
)

// Scan decides about one scan. When it returns, what was decided is on the disk
// and the relay has its order.
func (d *Door) Scan(text string, asked entry.Direction) Scanned {
	d.mu.Lock()
	defer d.mu.Unlock()
	site, gate := d.knows.now()
	r := d.clock.Read()
	in := entry.Input{
		Text: text, Gate: gate, Asked: asked, Now: r.Now.UTC().Truncate(time.Millisecond), Clock: r.State, Widen: r.Widen,
		Offline: true, Site: site, Memory: d.memory, Verified: &d.verified,
	}
	d.closeOldStays(in)
	decision := entry.Decide(in)
	if decision.Repeat {
		return d.result(site, decision, d.firstID(in, decision))
	}
	return d.conclude(in, decision)
}

// conclude writes down what was decided and does what follows from it.
func (d *Door) conclude(in entry.Input, decision entry.Decision) Scanned {
	decision = d.afterExpulsion(decision)
	id := d.record(in, &decision)
	d.memory.Apply(in, decision)
	d.noteSeatless(in, decision, id)
	d.latest = append(d.latest, passed{entry.ScanKey(in.Text), id, decision.Direction, in.Now})
	if decision.Open { // from now on: writing it down may have taken a while
		d.order(id, d.clock.Now(), func() { d.notPassed(in, decision) })
	}
	return d.result(in.Site, decision, id)
}

func (d *Door) result(site *entry.Site, decision entry.Decision, id string) Scanned {
	s := Scanned{Decision: decision, PassageID: id}
	if decision.Subject != 0 {
		s.Initials = site.Initials(decision.Subject)
	}
	return s
}

// firstID returns the passage that a repeated scan belongs to.
func (d *Door) firstID(in entry.Input, decision entry.Decision) string {
	key := entry.ScanKey(in.Text)
	for _, p := range slices.Backward(d.latest) {
		if p.scan == key && p.way == decision.Direction {
			return p.id
		}
	}
	return ""
}

// afterExpulsion refuses entries at a gate that the server has revoked: what it
// knows is never renewed again, so it counts as too old at once.
func (d *Door) afterExpulsion(decision entry.Decision) entry.Decision {
	if !d.expelled.Load() || !decision.Open || decision.Direction == entry.Exit {
		return decision
	}
	out := entry.Decided(entry.StateStale, decision.Direction, decision.Zone)
	out.Pass, out.Subject, out.Step = decision.Pass, decision.Subject, decision.Step
	return out
}

// record writes the passage down and returns its id. What cannot be written down
// opens no way in.
func (d *Door) record(in entry.Input, decision *entry.Decision) (id string) {
	for len(d.latest) > 0 && in.Now.Sub(d.latest[0].at).Abs() >= entry.Debounce {
		d.latest = d.latest[1:]
	}
	if decision.Alarm() {
		d.log.Error("an authentic code breaks the rules of the format: the issuer is at fault", "pass_id", decision.Pass)
	}
	if !decision.Recorded() {
		d.refused.Add(1)
		return ""
	}
	e := entry.NewEvent(newEventID(), in, *decision)
	e.Online = d.online()
	stored, err := d.journal.Append(e)
	d.problems.set(entry.ProblemJournal, err)
	if err != nil {
		*decision = decision.Unlogged()
		return ""
	}
	if e.ClockState != entry.Untrusted {
		d.clock.Raise(e.GateTime)
	}
	d.remember(stored)
	d.recorded()
	return stored.EventID
}

// remember keeps an event until every presence list must know it.
func (d *Door) remember(e entry.Event) {
	now := d.clock.m.monotonic()
	for len(d.recent) > 0 && now-d.recent[0].noted > listLag {
		d.recent = d.recent[1:]
	}
	d.recent = append(d.recent, recent{event: e, noted: now})
}

// acknowledged notes that the server has the events up to a place.
func (d *Door) acknowledged(p place) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.clock.Now()
	for i := range d.recent {
		if r := &d.recent[i]; r.acked.IsZero() && placeOf(r.event).compare(p) <= 0 {
			r.acked = now
		}
	}
}

// closeOldStays stops counting whoever was not seen leaving before the site closed,
// or has not been seen for very long. They stay on the evacuation list as
// unconfirmed.
func (d *Door) closeOldStays(in entry.Input) {
	if in.Clock == entry.Untrusted {
		return
	}
	d.memory.CloseDays(in.Site, in.Now)
	for s, stay := range d.memory.Inside {
		if stay.Inside() && in.Now.Sub(stay.LastEntry) > longestStay && in.Now.Sub(stay.Since) > longestStay {
			d.memory.Move(in.Site.Tree(), entry.Passage{
				Subject: s, Reason: entry.LongestStay, Zone: stay.Zone, Site: in.Site.State().Site, At: in.Now,
			})
		}
	}
}

// setPresence takes who is inside from the server, then what this door has seen
// since: the list may have been written before. What the server had when it wrote
// the list is in it, and so is what other doors have seen after that.
func (d *Door) setPresence(list entry.PresenceList) {
	inside := make(map[entry.Subject]entry.Stay, len(list.Items))
	for _, p := range list.Items {
		inside[p.Subject] = p.Stay
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	site, _ := d.knows.now()
	now := d.clock.m.monotonic()
	d.recent = slices.DeleteFunc(d.recent, func(r recent) bool {
		listed := !r.acked.IsZero() && list.At.After(r.acked.Add(slowest))
		return listed || now-r.noted > listLag
	})
	d.memory.SetPresence(inside)
	for _, r := range d.recent {
		d.memory.Replay(site, r.event)
	}
}

// Roll returns the evacuation list as this door knows it, and its time.
func (d *Door) Roll() entry.PresenceList {
	d.mu.Lock()
	defer d.mu.Unlock()
	site, _ := d.knows.now()
	now := d.clock.Now()
	return entry.PresenceList{At: now, Items: entry.Roll(site, d.memory.Inside, now)}
}

// order tells the relay to open, beside the scan: the light does not wait for a
// slow relay, and an order that comes late opens nothing. unused is called when
// the relay reports that nobody went through.
func (d *Door) order(id string, now time.Time, unused func()) {
	d.stillOpen.Go(func() {
		err := d.relay.open(pulse{ID: id, ExpiresAt: now.UTC().Truncate(time.Millisecond).Add(pulseExpires)})
		if errors.Is(err, errNotPassed) {
			unused()
			err = nil
		}
		d.problems.set(entry.ProblemRelay, err)
	})
}

// notPassed writes down, for review, that the door was opened and nobody went
// through. What was decided stands, and so does who counts as inside: a contact
// can be wrong, and an evacuation list must not be.
func (d *Door) notPassed(in entry.Input, decision entry.Decision) {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := entry.Decided(entry.NotPassed, decision.Direction, decision.Zone)
	out.Pass, out.Subject = decision.Pass, decision.Subject
	r := d.clock.Read()
	in.Now, in.Clock = r.Now.UTC().Truncate(time.Millisecond), r.State
	e := entry.NewEvent(newEventID(), in, out)
	e.Online = d.online()
	if _, err := d.journal.Append(e); err != nil {
		d.problems.set(entry.ProblemJournal, err)
		return
	}
	d.recorded()
}

// newEventID returns 32 random hex digits.
func newEventID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails: it ends the program instead
	return hex.EncodeToString(id[:])
}
