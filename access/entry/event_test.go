package entry

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gowebpki/jcs"
)

// sampleEvent is the n-th event of a gate's first run.
func sampleEvent(n int64) Event {
	return Event{
		EventID: fmt.Sprintf("%032x", n), Boot: 1, Seq: n, GateTime: vectorNow.Add(time.Duration(n) * time.Second),
		ClockState: Trusted, Online: true, Decision: Allow, Reason: Granted, PassID: 0x0102030405060708,
		Subject: 0x1112131415161718, Zone: 201, Direction: Entry, StateVersion: 12,
	}
}

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// chain returns n events, each naming the one before.
func chain(t testing.TB, n int64) []Event {
	t.Helper()
	var events []Event
	prev := ""
	for i := range n {
		e, err := sampleEvent(i + 1).Chained(prev)
		if err != nil {
			t.Fatal(err)
		}
		events, prev = append(events, e), e.Hash
	}
	return events
}

// The hash was worked out with another program, Python's json with sorted keys
// and hashlib.
func TestTheHashOfAnEventIsThatOfItsCanonicalForm(t *testing.T) {
	t.Parallel()
	e := chain(t, 1)[0]
	const canonical = `{"boot":1,"clock_state":"trusted","decision":"allow","direction":"entry","event_id":"00000000000000000000000000000001",` +
		`"gate_time":"2026-11-24T01:00:01Z","online":true,"pass_id":"0102030405060708","prev_hash":"","reason":"granted","seq":1,` +
		`"state_version":12,"subject":"1112131415161718","zone":201}`
	if want := hexHash([]byte(canonical)); e.Hash != want {
		t.Errorf("hash = %s, want that of %s", e.Hash, canonical)
	}
	if want := "86c74a00b9eebd4692e011a48fb3107abf43df9a166202c3ed4ae7551a444140"; e.Hash != want {
		t.Errorf("hash = %s, want %s", e.Hash, want)
	}
}

func TestAnEventSurvivesTheWay(t *testing.T) {
	t.Parallel()
	want := chain(t, 2)[1]
	got, intact, err := ParseEvent(marshal(t, want))
	if err != nil || !intact {
		t.Fatalf("intact %t, %v", intact, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("event (-sent +received):\n%s", diff)
	}
}

// TestAnEventIsWrittenInItsCanonicalForm: with every member there is. One in the
// wrong place would be hashed the long way, and a start would take minutes.
func TestAnEventIsWrittenInItsCanonicalForm(t *testing.T) {
	t.Parallel()
	e := sampleEvent(1)
	e.Warnings, e.Step, e.UsesUp = []Reason{PassbackSoft}, 7, vectorNow
	e, err := e.Chained(chain(t, 1)[0].Hash)
	if err != nil {
		t.Fatal(err)
	}
	raw := marshal(t, e)
	canonical, err := jcs.Transform(raw)
	if err != nil || string(canonical) != string(raw) {
		t.Errorf("canonical form (%v):\n%s\nwritten:\n%s", err, canonical, raw)
	}
	if got, ok := asWritten(raw); !ok || got.Hash != e.Hash {
		t.Errorf("what was written is not taken for it: %+v", got)
	}
	for what, text := range map[string]string{
		"another order":    `{"zone":201,` + strings.Replace(string(raw[1:]), `,"zone":201`, "", 1),
		"another hash":     strings.Replace(string(raw), `"hash":"`+e.Hash[:8], `"hash":"00000000`, 1),
		"another content":  strings.Replace(string(raw), `"zone":201`, `"zone":202`, 1),
		"an added member":  strings.Replace(string(raw), `"zone":201`, `"zone":201,"zoo":1`, 1),
		"the member twice": strings.Replace(string(raw), `"zone":201`, `"zone":202,"zone":201`, 1),
		"a longer hash":    strings.Replace(string(raw), e.Hash, e.Hash+"00", 1),
	} {
		if _, ok := asWritten([]byte(text)); ok {
			t.Errorf("%s: taken for what an agent writes", what)
		}
	}
}

func TestAnEventWithTextThatNeedsEscapesIsHashedAsEveryOne(t *testing.T) {
	t.Parallel()
	for _, reason := range []Reason{"a<b", "a\"b", "é", "a\u2028b", "a\x7fb"} {
		e := sampleEvent(1)
		e.Reason = reason
		e, err := e.Chained("")
		if err != nil {
			t.Fatal(err)
		}
		if got, intact, err := ParseEvent(marshal(t, e)); err != nil || !intact || got.Reason != reason {
			t.Errorf("%q: intact %t, %v", reason, intact, err)
		}
	}
}

func TestMembersWeDoNotKnowAreHashedToo(t *testing.T) {
	t.Parallel()
	raw := string(marshal(t, chain(t, 1)[0]))
	more := strings.Replace(raw, `{`, `{"door_contact":"closed",`, 1)
	if _, intact, err := ParseEvent([]byte(more)); err != nil || intact {
		t.Errorf("an added member: intact %t, %v, want altered but readable", intact, err)
	}
	hash, err := EventHash([]byte(more))
	if err != nil {
		t.Fatal(err)
	}
	resealed := strings.Replace(more, chain(t, 1)[0].Hash, hash, 1)
	if _, intact, err := ParseEvent([]byte(resealed)); err != nil || !intact {
		t.Errorf("a newer agent's event: intact %t, %v", intact, err)
	}
}

func TestBreaksInTheChainAreSeen(t *testing.T) {
	t.Parallel()
	events := chain(t, 4)
	restart := sampleEvent(1)
	restart.Boot, restart.EventID = 2, fmt.Sprintf("%032x", 99)
	restart, err := restart.Chained(events[3].Hash)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		events []Event
		joins  []bool
	}{
		"whole":              {events, []bool{true, true, true, true}},
		"one is missing":     {[]Event{events[0], events[2], events[3]}, []bool{true, false, true}},
		"beginning is lost":  {events[1:], []bool{false, true, true}},
		"after a restart":    {append(events[:4:4], restart), []bool{true, true, true, true, true}},
		"one comes again":    {append(events[:2:2], events[0], events[2]), []bool{true, true, false, true}},
		"restart, torn tail": {append(events[:3:3], restart), []bool{true, true, true, false}},
	} {
		var link Link
		var joins []bool
		for _, e := range tt.events {
			var ok bool
			link, ok = link.Next(e, true)
			joins = append(joins, ok)
		}
		if diff := cmp.Diff(tt.joins, joins); diff != "" {
			t.Errorf("%s: joins (-want +got):\n%s", name, diff)
		}
	}
	if _, ok := (Link{}).Next(events[0], false); ok {
		t.Error("an event whose hash is not that of its content joins")
	}
}

// TestALinkIsFollowedByWhatJoinsIt is the rule of Next, each part by itself.
func TestALinkIsFollowedByWhatJoinsIt(t *testing.T) {
	t.Parallel()
	last := Link{Boot: 3, Seq: 5, Hash: "five"}
	for name, tt := range map[string]struct {
		link         Link
		event        Event
		moves, joins bool
	}{
		"the first of all":             {Link{}, Event{Boot: 1, Seq: 1, Hash: "x"}, true, true},
		"the first, after a lost one":  {Link{}, Event{Boot: 1, Seq: 2, Hash: "x", PrevHash: "lost"}, true, false},
		"the next":                     {last, Event{Boot: 3, Seq: 6, Hash: "x", PrevHash: "five"}, true, true},
		"the next after a gap":         {last, Event{Boot: 3, Seq: 7, Hash: "x", PrevHash: "five"}, true, false},
		"the next of another chain":    {last, Event{Boot: 3, Seq: 6, Hash: "x", PrevHash: "six"}, true, false},
		"the same again":               {last, Event{Boot: 3, Seq: 5, Hash: "x", PrevHash: "five"}, false, false},
		"an earlier one":               {last, Event{Boot: 3, Seq: 4, Hash: "x", PrevHash: "five"}, false, false},
		"a later one of a boot before": {last, Event{Boot: 2, Seq: 6, Hash: "x", PrevHash: "five"}, false, false},
		"a new boot":                   {last, Event{Boot: 4, Seq: 1, Hash: "x", PrevHash: "five"}, true, true},
		"a new boot, its tail torn":    {last, Event{Boot: 4, Seq: 1, Hash: "x", PrevHash: "four"}, true, false},
	} {
		next, joins := tt.link.Next(tt.event, true)
		want := tt.link
		if tt.moves {
			want = Link{tt.event.Boot, tt.event.Seq, "x"}
		}
		if next != want || joins != tt.joins {
			t.Errorf("%s: %+v, joins %t; want %+v, %t", name, next, joins, want, tt.joins)
		}
	}
}

// TestEveryKindOfEventIsTaken: what is refused is set aside, and nobody's presence.
func TestEveryKindOfEventIsTaken(t *testing.T) {
	t.Parallel()
	for _, clock := range []ClockState{Trusted, Holdover, Untrusted} {
		for _, decision := range []Verdict{Allow, Warn, Deny} {
			for _, way := range []Direction{Entry, Exit} {
				e := sampleEvent(1)
				e.ClockState, e.Decision, e.Direction, e.Boot, e.StateVersion = clock, decision, way, 0, 0
				e, err := e.Chained("")
				if err != nil {
					t.Fatal(err)
				}
				if got, intact, err := ParseEvent(marshal(t, e)); err != nil || !intact || got.Hash != e.Hash {
					t.Errorf("%s, %s, %s: intact %t, %v", clock, decision, way, intact, err)
				}
			}
		}
	}
}

// TestAnEventSaysWhatWasDecided, and its passage the same.
func TestAnEventSaysWhatWasDecided(t *testing.T) {
	t.Parallel()
	in := atEntrance(t, "")
	in.Clock, in.Offline = Holdover, true
	d := Decision{
		Verdict: Warn, Reason: PassbackSoft, Open: true, Warnings: []Reason{StateStale}, Direction: Entry, Zone: 201, Pass: 5, Subject: 6, Step: 7,
		Body: Body{Flags: OneEntry, NotBefore: vectorNow, Lifetime: time.Hour},
	}
	got := NewEvent("e1", in, d)
	got.Boot, got.Seq = 8, 9
	want := Event{
		EventID: "e1", GateTime: vectorNow, ClockState: Holdover, Decision: Warn, Reason: PassbackSoft, Warnings: []Reason{StateStale},
		PassID: 5, Subject: 6, Zone: 201, Direction: Entry, StateVersion: 1, Step: 7, UsesUp: vectorNow.Add(time.Hour), Boot: 8, Seq: 9,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
	wantPassage := Passage{ID: "e1", Subject: 6, Reason: PassbackSoft, Direction: Entry, Zone: 201, Site: "colabo", At: vectorNow, Gate: "g9", Boot: 8, Seq: 9}
	if diff := cmp.Diff(wantPassage, got.Passage("colabo", "g9", vectorNow)); diff != "" {
		t.Errorf("passage (-want +got):\n%s", diff)
	}
	d.Body.Flags, in.Clock, in.Offline = 0, "", false
	if e := NewEvent("e2", in, d); e.ClockState != Trusted || !e.Online || !e.UsesUp.IsZero() {
		t.Errorf("decided at the server: %+v; want trusted, online, not used up", e)
	}
}

func TestMalformedEventsAreTold(t *testing.T) {
	t.Parallel()
	good := string(marshal(t, chain(t, 1)[0]))
	for name, raw := range map[string]string{
		"no JSON":             `{`,
		"a list":              `[]`,
		"broken UTF-8":        strings.Replace(good, "granted", "grant\xff", 1),
		"a member twice":      strings.Replace(good, `{`, `{"seq":9,`, 1),
		"short id":            strings.Replace(good, `"00000000000000000000000000000001"`, `"01"`, 1),
		"negative sequence":   strings.Replace(good, `"seq":1`, `"seq":-1`, 1),
		"sequence too large":  strings.Replace(good, `"seq":1`, `"seq":9007199254740993`, 1),
		"sequence a text":     strings.Replace(good, `"seq":1`, `"seq":"1"`, 1),
		"impossible date":     strings.Replace(good, "2026-11-24", "2026-02-30", 1),
		"no time":             strings.Replace(good, "gate_time", "some_time", 1),
		"unknown clock state": strings.Replace(good, `"trusted"`, `"fine"`, 1),
		"unknown decision":    strings.Replace(good, `"allow"`, `"maybe"`, 1),
		"direction both":      strings.Replace(good, `"entry"`, `"both"`, 1),
		"no reason":           strings.Replace(good, `"granted"`, `""`, 1),
		"pass id in capitals": strings.Replace(good, "0102030405060708", "010203040506070A", 1),
	} {
		if _, _, err := ParseEvent([]byte(raw)); !errors.Is(err, ErrEvent) {
			t.Errorf("%s: %v, want ErrEvent", name, err)
		}
	}
	for name, raw := range map[string]string{
		"nobody, by null":          strings.Replace(good, `"1112131415161718"`, `null`, 1),
		"nobody, by empty text":    strings.Replace(good, `"1112131415161718"`, `""`, 1),
		"a reason of tomorrow":     strings.Replace(good, `"granted"`, `"granted_by_moonlight"`, 1),
		"time with another offset": strings.Replace(good, `01:00:01Z`, `10:00:01+09:00`, 1),
	} {
		if _, intact, err := ParseEvent([]byte(raw)); err != nil || intact {
			t.Errorf("%s: intact %t, %v, want readable, its hash flagged", name, intact, err)
		}
	}
}
