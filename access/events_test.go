package access

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kyoten/access/entry"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// agent writes a journal as a gate does: numbered and chained.
type agent struct {
	h    *house
	gate models.Principal
	boot int64
	seq  int64
	prev string
}

func (h *house) agent(gate models.Principal) *agent { return &agent{h: h, gate: gate, boot: 1} }

// event returns the next event of the journal.
func (a *agent) event(e entry.Event) (entry.Event, json.RawMessage) {
	a.h.t.Helper()
	a.seq++
	e.EventID, e.Boot, e.Seq = newPassageID(), a.boot, a.seq
	if e.ClockState == "" {
		e.ClockState = entry.Trusted
	}
	if e.Decision == "" {
		e.Decision = e.Reason.Verdict()
	}
	if e.Zone == 0 {
		e.Zone = entry.ZoneID(a.gate.Gate.ToZone)
	}
	e, err := e.Chained(a.prev)
	a.h.must(err)
	a.prev = e.Hash
	raw, err := json.Marshal(e)
	a.h.must(err)
	return e, raw
}

// passed returns the event of somebody going through now.
func (a *agent) passed(pass models.Pass, reason entry.Reason, dir entry.Direction) (entry.Event, json.RawMessage) {
	id, _ := entry.ParsePassID(pass.ID)
	subject, _ := entry.ParseSubject(pass.Subject)
	return a.event(entry.Event{GateTime: a.h.fake.Now(), Reason: reason, Direction: dir, PassID: id, Subject: subject})
}

func (a *agent) upload(events ...json.RawMessage) entry.Uploaded {
	a.h.t.Helper()
	out, err := a.h.svc.Upload(a.h.t.Context(), a.gate, events)
	a.h.must(err)
	return out
}

func results(out entry.Uploaded) string {
	var words []string
	for _, r := range out.Results {
		words = append(words, string(r.Result))
	}
	return strings.Join(words, " ")
}

// pass returns the first pass of a booking.
func (h *house) pass(b *models.Booking) models.Pass {
	h.t.Helper()
	passes, err := h.store.BookingPasses(h.t.Context(), b.ID)
	h.must(err)
	return passes[0]
}

func (h *house) passage(id string) models.Passage {
	h.t.Helper()
	p, err := h.store.Passage(h.t.Context(), id)
	h.must(err)
	return p
}

func TestAnUploadIsStoredOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.book(h.Ann, modelstest.Hours(10, 12), nil, h.Seats[0])
	a := h.agent(h.colabo)
	h.at(10, 5)
	in, rawIn := a.passed(h.pass(b), entry.Granted, entry.Entry)
	h.at(11, 30)
	out, rawOut := a.passed(h.pass(b), entry.ExitOK, entry.Exit)
	h.at(12, 0)
	first := a.upload(rawIn, rawOut)
	if results(first) != "stored stored" || first.Ack != (entry.Ack{Boot: 1, Seq: 2}) {
		t.Fatalf("first upload: %s, ack %+v", results(first), first.Ack)
	}
	if again := a.upload(rawIn, rawOut); results(again) != "duplicate duplicate" || again.Ack != first.Ack {
		t.Errorf("second upload: %s, ack %+v", results(again), again.Ack)
	}
	p := h.passage(in.EventID)
	if !p.Opened || p.Reason != "granted" || p.AtMS != modelstest.At(0, 10, 5).UnixMilli() || p.Hash != in.Hash || len(p.Flags) != 0 {
		t.Errorf("stored: %+v", p)
	}
	if p := h.passage(out.EventID); p.PrevHash != in.Hash || len(p.Flags) != 0 {
		t.Errorf("stored: %+v", p)
	}
	got, err := h.store.Booking(t.Context(), b.ID)
	h.must(err)
	if got.Status != models.BookingCheckedIn || !got.Spaces[0].CheckedInAt.Equal(modelstest.At(0, 10, 5)) {
		t.Errorf("booking is %s, checked in at %v; want at the time of entering", got.Status, got.Spaces[0].CheckedInAt)
	}
	h.wantsFolded()
}

func TestABadEventHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.agent(h.colabo)
	b := h.book(h.Ann, modelstest.Hours(10, 12), nil, h.Seats[0])
	first, rawFirst := a.passed(h.pass(b), entry.Granted, entry.Entry)
	second, rawSecond := a.passed(h.pass(b), entry.ExitOK, entry.Exit)
	if got := results(a.upload(rawFirst)); got != "stored" {
		t.Fatal(got)
	}
	altered := strings.Replace(string(rawFirst), `"granted"`, `"already_inside"`, 1)
	sameplace := strings.Replace(string(rawSecond), second.EventID, newPassageID(), 1)
	staff := strings.Replace(string(rawSecond), `"exit_ok"`, `"set_out"`, 1)
	out := a.upload(json.RawMessage(altered), json.RawMessage(`{"event_id": 7, "boot": 1, "seq": 9}`), json.RawMessage(`null`), json.RawMessage(`[1]`),
		json.RawMessage(staff), rawSecond, json.RawMessage(sameplace))
	if got := results(out); got != "conflict malformed malformed malformed malformed stored conflict" {
		t.Errorf("results = %s", got)
	}
	if out.Ack != (entry.Ack{Boot: 1, Seq: 9}) {
		t.Errorf("ack = %+v, want the malformed one's place", out.Ack)
	}
	if p := h.passage(first.EventID); p.Reason != "granted" {
		t.Errorf("the stored passage was rewritten: %s", p.Reason)
	}
	kept, err := h.store.Quarantined(t.Context(), h.colabo.Gate.ID)
	h.must(err)
	if len(kept) != 6 {
		t.Errorf("%d events set aside, want 6", len(kept))
	}
	again := a.upload(json.RawMessage(altered))
	kept, err = h.store.Quarantined(t.Context(), h.colabo.Gate.ID)
	h.must(err)
	if results(again) != "conflict" || len(kept) != 6 {
		t.Errorf("sent again: %s, %d set aside", results(again), len(kept))
	}
	h.fake.Advance(models.SubjectLife + time.Hour)
	h.must(h.svc.ForgetHolders(t.Context()))
	if kept, err = h.store.Quarantined(t.Context(), h.colabo.Gate.ID); err != nil || len(kept) != 0 {
		t.Errorf("%d are still set aside after 90 days (%v)", len(kept), err)
	}
	if _, err := h.svc.Upload(t.Context(), a.gate, make([]json.RawMessage, 501)); !errors.Is(err, ErrBatchTooLarge) {
		t.Errorf("501 events: %v", err)
	}
}

func TestWhatALatePassageIsFlaggedFor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	cancelled := h.book(h.Ann, modelstest.Hours(10, 12), nil, h.Seats[0])
	blocked := h.book(h.Bob, modelstest.Hours(10, 12), nil, h.Seats[1])
	passes := []models.Pass{h.pass(cancelled), h.pass(blocked)}
	a := h.agent(h.colabo)
	h.at(10, 0)
	h.must(h.store.RevokeBookingPasses(t.Context(), cancelled.ID))
	h.exec("UPDATE bookings SET status = 'cancelled', ended_at = created_at WHERE id = ?", cancelled.ID)
	h.revoke(models.Revocation{MemberID: &h.Bob.ID})
	h.at(10, 10)
	one, raw1 := a.passed(passes[0], entry.Granted, entry.Entry)
	two, raw2 := a.passed(passes[1], entry.Granted, entry.Entry)
	early, raw3 := a.event(entry.Event{GateTime: h.fake.Now().Add(time.Hour), Reason: entry.ExitUnidentified, Direction: entry.Exit})
	lost, raw4 := a.event(entry.Event{GateTime: h.fake.Now().Add(-48 * time.Hour), ClockState: entry.Untrusted, Reason: entry.ExitUnidentified, Direction: entry.Exit})
	a.seq++ // torn off
	gap, raw5 := a.passed(passes[1], entry.ExitOK, entry.Exit)
	if got := results(a.upload(raw1, raw2, raw3, raw4, raw5)); got != "stored stored stored stored stored" {
		t.Fatal(got)
	}
	for id, want := range map[string]models.Strings{
		one.EventID: {"was_cancelled"}, two.EventID: {"was_revoked"}, early.EventID: {"clock_suspect"},
		lost.EventID: {"clock_suspect"}, gap.EventID: {"chain_gap"},
	} {
		p := h.passage(id)
		if !slices.Equal(p.Flags, want) {
			t.Errorf("flags of %s %s = %v, want %v", p.Direction, p.Reason, p.Flags, want)
		}
		if want[0] == "clock_suspect" && p.AtMS != h.fake.Now().UnixMilli() {
			t.Errorf("a passage with a suspect clock counts at %v, want the receipt", p.At())
		}
	}
}

// TestAGateSpeaksOfItsOwnDoorsAlone: a stolen token moves nobody at another site,
// and cannot use up the counts of the gate that takes its place.
func TestAGateSpeaksOfItsOwnDoorsAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	pass := h.pass(h.book(h.Ann, modelstest.Hours(10, 12), nil, h.Seats[0]))
	subject, _ := entry.ParseSubject(pass.Subject)
	a := h.agent(h.colabo)
	h.at(10, 0)
	granted := entry.Event{GateTime: h.fake.Now(), Reason: entry.Granted, Direction: entry.Entry, Subject: subject}
	away := granted
	away.Zone = entry.ZoneID(h.Office)
	_, elsewhere := a.event(away)
	a.boot = 1 << 39
	_, starts := a.event(granted)
	a.boot, a.seq = 1, 1<<52
	_, events := a.event(granted)
	if got := results(a.upload(elsewhere, starts, events)); got != "malformed malformed malformed" {
		t.Errorf("results: %s", got)
	}
	if heads := h.inside("shiojiri"); len(heads) != 0 {
		t.Errorf("inside the other site: %v", heads)
	}
	g, err := h.store.Gate(t.Context(), h.colabo.Gate.ID)
	h.must(err)
	if g.LastBoot != 0 {
		t.Errorf("the gate's newest start is %d", g.LastBoot)
	}
	for what, boot := range map[string]int64{"counts its starts": 1, "numbers them by the time": h.fake.Now().Unix()} {
		a.boot, a.seq = boot, 0
		if _, raw := a.event(granted); results(a.upload(raw)) != "stored" {
			t.Errorf("the gate that took its place and %s is not heard", what)
		}
	}
}

// TestALatePassageOfSomebodySuspendedIsFlagged, as a member or with the company,
// unless it was before.
func TestALatePassageOfSomebodySuspendedIsFlagged(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.agent(h.colabo)
	var passes []models.Pass
	for i, m := range []*models.Member{h.Ann, h.Worker, h.Bob} {
		passes = append(passes, h.pass(h.book(m, modelstest.Hours(10, 12), nil, h.Seats[i])))
	}
	h.at(10, 0)
	before, raw := a.passed(passes[2], entry.Granted, entry.Entry)
	events := []json.RawMessage{raw}
	h.at(10, 5)
	h.must(h.store.SuspendMember(t.Context(), h.Ann.ID, true))
	h.must(h.store.SuspendMember(t.Context(), h.Bob.ID, true))
	h.exec("UPDATE companies SET suspended_at = created_at")
	h.exec("UPDATE catalogue SET version = version + 1")
	h.at(10, 10)
	for _, pass := range passes[:2] {
		e, raw := a.passed(pass, entry.Granted, entry.Entry)
		events = append(events, raw)
		defer func() {
			if p := h.passage(e.EventID); !slices.Equal(p.Flags, models.Strings{"was_revoked"}) {
				t.Errorf("flags of an entry after the suspension = %v", p.Flags)
			}
		}()
	}
	a.upload(events...)
	if p := h.passage(before.EventID); len(p.Flags) != 0 {
		t.Errorf("flags of an entry before the suspension = %v", p.Flags)
	}
}

func TestOneCodeAtTwoGatesIsFlagged(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	second := h.gate("colabo", nil, h.Entrance["colabo"])
	pass := h.pass(h.book(h.Ann, modelstest.Hours(10, 12), nil, h.Seats[0]))
	h.at(10, 0)
	id, _ := entry.ParsePassID(pass.ID)
	subject, _ := entry.ParseSubject(pass.Subject)
	live := entry.Event{GateTime: h.fake.Now(), Reason: entry.Granted, Direction: entry.Entry, PassID: id, Subject: subject, Step: 119698800}
	a, b := h.agent(h.colabo), h.agent(second)
	_, raw := a.event(live)
	a.upload(raw)
	twin, raw := b.event(live)
	b.upload(raw)
	if p := h.passage(twin.EventID); !slices.Equal(p.Flags, models.Strings{"duplicate_across_gates"}) {
		t.Errorf("flags = %v", p.Flags)
	}
}

// histories is how many people's histories the fold is tried with; the bar is
// 10,000 (KYOTEN_HISTORIES).
func histories() int {
	if n, err := strconv.Atoi(os.Getenv("KYOTEN_HISTORIES")); err == nil {
		return n
	}
	return 150
}

// TestVisitsAreTheFoldOfAnyUploads uploads random histories from four gates in
// random order and with duplicates, while staff correct some of them and the day
// ends, and compares what is stored with entry.Fold of what happened.
func TestVisitsAreTheFoldOfAnyUploads(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	rng := rand.New(rand.NewPCG(4, uint64(time.Now().UnixNano()))) //nolint:forbidigo // a seed, not a date
	agents := []*agent{h.agent(h.colabo), h.agent(h.shiojiri), h.agent(h.office), h.agent(h.gate("colabo", nil, h.Entrance["colabo"]))}
	var happened []entry.Passage
	pending := map[int][]json.RawMessage{}
	h.at(12, 0)
	received := h.fake.Now()
	subjects := make([]entry.Subject, histories())
	for i := range subjects {
		text, err := h.store.InsertVisitor(t.Context(), fmt.Sprintf("Visitor %d", i))
		h.must(err)
		subjects[i], _ = entry.ParseSubject(text)
	}
	for _, i := range rng.Perm(len(subjects) * 8) {
		n := rng.IntN(len(agents))
		a := agents[n]
		at := received.Add(-time.Duration(rng.IntN(40*3600*1000)) * time.Millisecond)
		if rng.IntN(4) == 0 {
			at = at.Truncate(10 * time.Minute) // several at one instant
		}
		move := [][2]string{{"granted", "entry"}, {"granted", "entry"}, {"apb_soft", "entry"}, {"exit_ok", "exit"}, {"exit_orphan", "exit"}, {"expired", "entry"}}[rng.IntN(6)]
		e, raw := a.event(entry.Event{GateTime: at, Reason: entry.Reason(move[0]), Direction: entry.Direction(move[1]), Subject: subjects[i%len(subjects)]})
		happened = append(happened, e.Passage(a.gate.Gate.Site, a.gate.Gate.ID.String(), at))
		pending[n] = append(pending[n], raw)
	}
	for n := range agents {
		extra := slices.Clone(pending[n][:len(pending[n])/10])
		pending[n] = append(pending[n], extra...)
		rng.Shuffle(len(pending[n]), func(i, j int) { pending[n][i], pending[n][j] = pending[n][j], pending[n][i] })
	}
	v, err := h.svc.renewView(t.Context())
	h.must(err)
	for turn := 0; len(pending) > 0; turn++ {
		for n, left := range pending {
			size := min(len(left), 1+rng.IntN(120))
			agents[n].upload(left[:size]...)
			if pending[n] = left[size:]; len(pending[n]) == 0 {
				delete(pending, n)
			}
		}
		switch turn {
		case 2:
			for range 5 {
				p, err := h.svc.Correct(t.Context(), h.as(h.Admin), "colabo", subjects[rng.IntN(len(subjects))].String(), []string{"in", "out", "safe", "not_safe"}[rng.IntN(4)], "test")
				h.must(err)
				happened = append(happened, toEntry(&p))
			}
		case 3:
			for _, hours := range []int{16, 39} {
				row, err := h.svc.closeSite(t.Context(), v, "colabo", received.Add(-time.Duration(hours)*time.Hour))
				h.must(err)
				happened = append(happened, toEntry(&row))
			}
		}
	}
	h.wantsHistory(happened)
}

// TestTwoPassagesAtOneInstant: somebody who is inside is seen at two doors at once,
// and moves to the second. What happens later is folded from there, and makes of the
// first door's passage no visit of its own.
func TestTwoPassagesAtOneInstant(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	here, there := h.agent(h.colabo), h.agent(h.shiojiri)
	if here.gate.Gate.ID.String() > there.gate.Gate.ID.String() {
		here, there = there, here // of two at once the lower one's counts first
	}
	text, err := h.store.InsertVisitor(t.Context(), "Visitor")
	h.must(err)
	who, _ := entry.ParseSubject(text)
	h.at(12, 0)
	var happened []entry.Passage
	for _, step := range []struct {
		at     *agent
		ago    time.Duration
		reason entry.Reason
	}{
		{here, time.Hour, entry.Granted},
		{here, 50 * time.Minute, entry.PassbackSoft},
		{there, 50 * time.Minute, entry.Granted},
		{there, 40 * time.Minute, entry.ExitOK},
	} {
		at := h.fake.Now().Add(-step.ago)
		direction := entry.Entry
		if step.reason == entry.ExitOK {
			direction = entry.Exit
		}
		e, raw := step.at.event(entry.Event{GateTime: at, Reason: step.reason, Direction: direction, Subject: who})
		happened = append(happened, e.Passage(step.at.gate.Gate.Site, step.at.gate.Gate.ID.String(), at))
		step.at.upload(raw)
	}
	h.wantsHistory(happened)
}

// wantsHistory compares what is stored with the fold of what happened.
func (h *house) wantsHistory(happened []entry.Passage) {
	h.t.Helper()
	v, err := h.svc.renewView(h.t.Context())
	h.must(err)
	var want changes
	var subjects []string
	for subject, history := range entry.FoldAll(v.tree, happened) {
		want.add(change(v.tree, subject.String(), nil, history))
		subjects = append(subjects, subject.String())
	}
	var visits []models.Visit
	var present []models.Presence
	for part := range slices.Chunk(subjects, 500) {
		rows, err := h.store.VisitsOfSubjects(h.t.Context(), part, 0)
		h.must(err)
		people, err := h.store.PresencesOf(h.t.Context(), part)
		h.must(err)
		visits, present = append(visits, rows...), append(present, people...)
	}
	if diff := cmp.Diff(sortedVisits(want.put), sortedVisits(visits)); diff != "" {
		h.t.Errorf("visits: fold (-) and stored (+) differ:\n%.4000s", diff)
	}
	if diff := cmp.Diff(h.lasting(want.present), h.lasting(present)); diff != "" {
		h.t.Errorf("presence: fold (-) and stored (+) differ:\n%.4000s", diff)
	}
}
