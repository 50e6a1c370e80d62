package gate

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"kyoten/access/entry"
)

// settled waits until an agent has its state and its time.
func settled(t *testing.T, r *running) {
	t.Helper()
	soon(t, "state, time and server", func() bool {
		site, _ := r.knows.now()
		return site.State().Version > 0 && r.clock.Read().State == entry.Trusted && r.link.online.Load()
	})
}

func TestAnAgentAdmitsAndUploads(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	r := h.run(t, h.config(t))
	settled(t, r)

	got := r.door.Scan(h.code(1, 0x11), entry.Entry)
	if got.Reason != entry.Granted || !got.Open || got.PassageID == "" || got.Initials != "S.M." {
		t.Fatalf("entry: %+v", got)
	}
	if again := r.door.Scan(h.code(1, 0x11), entry.Entry); !again.Repeat || again.PassageID != got.PassageID {
		t.Errorf("the same scan again: %+v, want the first answer", again)
	}
	if foreign := r.door.Scan("https://example.com", entry.Entry); foreign.Open || foreign.PassageID != "" {
		t.Errorf("a foreign code: %+v", foreign)
	}
	if out := r.door.Scan(h.code(1, 0x11), entry.Exit); out.Reason != entry.ExitOK {
		t.Errorf("exit: %+v", out)
	}
	soon(t, "two events at the server", func() bool { return len(h.events()) == 2 })
	first := h.events()[0]
	if first.EventID != got.PassageID || !first.Online || first.ClockState != entry.Trusted || first.PrevHash != "" {
		t.Errorf("the first event is %+v", first)
	}
	soon(t, "an empty queue", func() bool { return r.link.queued.Load() == 0 })
}

func TestAnAgentEnrolsOnceAndKnowsItselfAfterwards(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	cfg := h.config(t)
	cfg.Token, cfg.Enrol = "", "ENROL-1"
	r := h.run(t, cfg)
	settled(t, r)
	r.stop()

	h.leave() // a later start needs no server
	cfg.Enrol = ""
	r = h.run(t, cfg)
	if got := r.door.Scan(h.code(1, 0x11), entry.Entry); got.Reason != entry.Granted {
		t.Errorf("after a start without the server: %+v", got)
	}
}

// TestAnIdentityThatCannotBeReadIsEnrolledAnewAndLosesNothing: a disk may lose the
// file, and the folder still holds passages.
func TestAnIdentityThatCannotBeReadIsEnrolledAnewAndLosesNothing(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	cfg := h.config(t)
	r := h.run(t, cfg)
	settled(t, r)
	h.leave()
	kept := r.door.Scan(h.code(1, 0x11), entry.Entry)
	r.stop()
	h.comeBack()
	if err := os.WriteFile(identityPath(cfg.Data), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if a, err := start(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "gate.json") || !strings.Contains(err.Error(), "--enrol") {
		if err == nil {
			a.close()
		}
		t.Fatalf("started with %v, want to be told what to do", err)
	}
	if err := os.Remove(identityPath(cfg.Data)); err != nil {
		t.Fatal(err)
	}
	cfg.Token, cfg.Enrol = "", "ENROL-1"
	r = h.run(t, cfg)
	settled(t, r)
	soon(t, "what was kept at the server", func() bool { return slices.Contains(idsOf(h.events()), kept.PassageID) })
}

func TestAnAgentRefusesASecondOneInItsFolder(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	cfg := h.config(t)
	h.run(t, cfg)
	if second, err := start(t.Context(), cfg); err == nil {
		second.close()
		t.Error("two agents use one folder")
	}
}

func TestAnOutageLosesNothingAndChangesNothing(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	cfg := h.config(t)
	r := h.run(t, cfg)
	settled(t, r)
	h.leave()
	soon(t, "the outage to be noticed", func() bool { return !r.link.online.Load() })

	var lit []string // passages whose light was green
	pass := func(n int) {
		for range n {
			got := r.door.Scan(h.code(entry.PassID(100+len(lit)), entry.Subject(1000+len(lit))), entry.Entry)
			if got.Reason != entry.Granted {
				t.Fatalf("scan %d while the server is away: %+v", len(lit), got.Reason)
			}
			lit = append(lit, got.PassageID)
		}
	}
	pass(700)
	r.stop() // and the agent starts anew in the middle of it
	r = h.run(t, cfg)
	pass(50)
	if n := r.link.queued.Load(); n != 750 {
		t.Errorf("%d events wait, want 750", n)
	}

	h.do(func() { h.loses = 2 }) // and answers get lost
	h.comeBack()
	soon(t, "the queue to drain", func() bool { return r.link.queued.Load() == 0 })
	got := h.events()
	if ids := idsOf(got); !slices.Equal(ids, lit) {
		t.Fatalf("the server has %d passages, want the %d in order", len(ids), len(lit))
	}
	var last entry.Link
	for i, e := range got {
		next, joins := last.Next(e, true)
		if !joins {
			t.Errorf("event %d does not join the chain", i)
		}
		if e.Online || e.Reason != entry.Granted {
			t.Errorf("event %d: online %t, %s", i, e.Online, e.Reason)
		}
		last = next
	}
}

func idsOf(events []entry.Event) (ids []string) {
	for _, e := range events {
		ids = append(ids, e.EventID)
	}
	return ids
}

func TestARestartRemembersWhoIsInsideAndWhatWasUsed(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	h.state.Zones[0].AntiPassback = entry.PassbackHard
	cfg := h.config(t)
	r := h.run(t, cfg)
	settled(t, r)
	h.leave()
	r.door.Scan(h.code(1, 0x11), entry.Entry)
	r.stop()

	r = h.run(t, cfg)
	if list := r.door.Roll(); len(list.Items) != 1 || list.Items[0].Initials != "S.M." {
		t.Errorf("the evacuation list after a restart: %+v", list.Items)
	}
	if got := r.door.Scan(h.code(1, 0x11), entry.Entry); got.Reason != entry.AlreadyInside {
		t.Errorf("the same person again: %s, want already_inside", got.Reason)
	}
}

func TestARevocationArrivesWithinSeconds(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	r := h.run(t, h.config(t))
	settled(t, r)
	h.do(func() {
		h.state.Version++
		h.state.Revocations = []entry.Revocation{{Pass: 1}}
	})
	h.say(entry.StreamState, map[string]int{"version": 2})
	soon(t, "the new state", func() bool { site, _ := r.knows.now(); return site.State().Version == 2 })
	if got := r.door.Scan(h.code(1, 0x11), entry.Entry); got.Reason != entry.Revoked {
		t.Errorf("a revoked pass: %s", got.Reason)
	}
}

func TestARevokedGateLetsNobodyInAndEverybodyOut(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	r := h.run(t, h.config(t))
	settled(t, r)
	h.do(func() { h.refuses = true })
	soon(t, "the refusal", r.door.expelled.Load)
	if got := r.door.Scan(h.code(1, 0x11), entry.Entry); got.Open || got.Reason != entry.StateStale {
		t.Errorf("entry: %+v", got)
	}
	if got := r.door.Scan(h.code(1, 0x11), entry.Exit); !got.Open {
		t.Errorf("exit: %+v", got)
	}
}

func TestPresenceOfOtherDoorsArrives(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	h.state.Zones[0].AntiPassback = entry.PassbackHard
	r := h.run(t, h.config(t))
	settled(t, r)
	stay := entry.Stay{Zone: entrance, Since: opening, LastEntry: opening}
	h.say(entry.StreamPresence, entry.PresenceList{At: opening, Items: []entry.Present{{Subject: 0x11, Stay: stay}}})
	soon(t, "the list", func() bool { return len(r.door.Roll().Items) == 1 })
	if got := r.door.Scan(h.code(1, 0x11), entry.Entry); got.Reason != entry.AlreadyInside {
		t.Errorf("who came in elsewhere: %s", got.Reason)
	}
}

// TestTheNewestPresenceListWins: the stream and the questions bring lists at the
// same moment, in any order, for the memory and for the disk.
func TestTheNewestPresenceListWins(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	r := h.run(t, h.config(t))
	settled(t, r)
	const lists = 60
	listAt := func(n int) entry.PresenceList {
		stay := entry.Stay{Zone: entrance, Since: opening, LastEntry: opening}
		return entry.PresenceList{
			At:    opening.Add(time.Duration(n) * time.Second),
			Items: []entry.Present{{Subject: entry.Subject(n), Stay: stay}},
		}
	}
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for n := 1; n <= lists; n++ {
		wg.Go(func() { <-begin; r.link.takePresence(listAt(n)) })
	}
	close(begin)
	wg.Wait()
	if got := r.door.Roll().Items; len(got) != 1 || got[0].Subject != lists {
		t.Errorf("the door remembers %+v, want the newest list", got)
	}
	var kept *seen
	if err := readJSON(seenPath(r.cfg.Data), &kept); err != nil || kept == nil || !kept.List.At.Equal(listAt(lists).At) {
		t.Errorf("the disk has %+v (%v), want the newest list", kept, err)
	}
}

// TestAListOfAClockThatWasPutBackStandsInNobodysWay: the door goes on hearing who
// is inside.
func TestAListOfAClockThatWasPutBackStandsInNobodysWay(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	r := h.run(t, h.config(t))
	settled(t, r)
	stay := entry.Stay{Zone: entrance, Since: opening, LastEntry: opening}
	for subject, at := range []time.Time{h.now().Add(3 * time.Hour), h.now()} {
		r.link.takePresence(entry.PresenceList{At: at, Items: []entry.Present{{Subject: entry.Subject(subject + 1), Stay: stay}}})
	}
	if got := r.door.Roll().Items; len(got) != 1 || got[0].Subject != 2 {
		t.Errorf("the door remembers %+v, want the list after the clock was put back", got)
	}
}

// TestTheEvacuationListStaysWhenTheNetworkIsCut: with the marks of those whom
// staff have accounted for, over a restart too, until they come in again.
func TestTheEvacuationListStaysWhenTheNetworkIsCut(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	cfg := h.config(t)
	r := h.run(t, cfg)
	settled(t, r)
	safe := entry.Stay{Zone: entrance, Since: opening, LastEntry: opening, SafeAt: opening.Add(time.Minute)}
	missing := entry.Stay{Zone: office, Since: opening, LastEntry: opening}
	h.say(entry.StreamPresence, entry.PresenceList{At: h.now(), Items: []entry.Present{{Subject: 0x11, Stay: safe}, {Subject: 0x12, Stay: missing}}})
	marked := func() (marks []bool) {
		for _, p := range r.door.Roll().Items {
			marks = append(marks, !p.Stay.SafeAt.IsZero())
		}
		return marks
	}
	soon(t, "the list", func() bool { return len(marked()) == 2 })
	h.leave()
	for range 2 {
		if got := marked(); !slices.Equal(got, []bool{true, false}) {
			t.Errorf("safe: %v, want the first of two", got)
		}
		r.stop()
		r = h.run(t, cfg)
	}
	r.door.Scan(h.code(1, 0x11), entry.Entry)
	if got := marked(); !slices.Equal(got, []bool{false, false}) {
		t.Errorf("safe after the next entry: %v, want nobody", got)
	}
}

// TestAStateThatCouldNotBeHadIsAskedForSoon, not with the next of the questions
// that come every half minute.
func TestAStateThatCouldNotBeHadIsAskedForSoon(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	r := h.run(t, h.config(t))
	settled(t, r)
	time.Sleep(100 * time.Millisecond) // the questions of the start are answered
	h.do(func() { h.hides = 1; h.state.Version++ })
	began := r.clock.m.monotonic()
	h.say(entry.StreamState, map[string]int64{"version": 2})
	soon(t, "the next state", func() bool {
		site, _ := r.knows.now()
		return site.State().Version == 2
	})
	if took := r.clock.m.monotonic() - began; took > 4*beatEvery {
		t.Errorf("the next state came after %s", took)
	}
}

func TestAnOrderToOpenIsObeyedOnceAndInTime(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	r := h.run(t, h.config(t))
	settled(t, r)
	lock := &countingRelay{}
	r.door.relay = lock
	now := r.clock.Now()
	for _, order := range []entry.OpenOrder{
		{ID: "one", ExpiresAt: now.Add(10 * time.Second)},
		{ID: "one", ExpiresAt: now.Add(10 * time.Second)},
		{ID: "late", ExpiresAt: now.Add(-time.Second)},
		{ID: "two", ExpiresAt: now.Add(10 * time.Second)},
		{ID: "one", ExpiresAt: now.Add(10 * time.Second)}, // a stream that begins anew tells both again
		{ID: "two", ExpiresAt: now.Add(10 * time.Second)},
	} {
		h.say(entry.StreamOpen, order)
	}
	soon(t, "the lock", func() bool { return lock.count() == 2 })
	time.Sleep(50 * time.Millisecond)
	if n := lock.count(); n != 2 {
		t.Errorf("the lock opened %d times for two orders", n)
	}
}

// TestTheSignInPageOfANetworkIsNotTheServer: it answers everything, with whatever
// status it likes. The door goes on by itself.
func TestTheSignInPageOfANetworkIsNotTheServer(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 401, 403, 404} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			t.Parallel()
			h := openHall(t)
			r := h.run(t, h.config(t))
			settled(t, r)
			h.do(func() { h.portal = status })
			h.CloseClientConnections()
			soon(t, "the server to be missed", func() bool { return !r.link.online.Load() })
			if got := r.door.Scan(h.code(1, 0x11), entry.Entry); got.Reason != entry.Granted {
				t.Errorf("entry: %s", got.Reason)
			}
			if err := r.link.renew(t.Context()); err == nil {
				t.Error("its page was taken for a state")
			}
			if wrong := r.problems.list(); len(wrong) > 0 || r.door.expelled.Load() {
				t.Errorf("problems %v, expelled %t", wrong, r.door.expelled.Load())
			}
			h.do(func() { h.portal = 0 })
			soon(t, "the upload", func() bool { return len(h.events()) == 1 })
		})
	}
}
