package api

import (
	"bufio"
	"crypto/ed25519"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kyoten/access/entry"
)

// stateOf reads the state of a gate as an agent does.
func stateOf(t *testing.T, gate caller) (entry.State, string) {
	t.Helper()
	var who struct {
		StateKey entry.Bytes `json:"state_key"`
	}
	if err := json.Unmarshal(gate.get(t, "/gate").want(t, 200).raw, &who); err != nil {
		t.Fatal(err)
	}
	got := gate.get(t, "/gate/state").want(t, 200)
	state, _, err := entry.OpenState(got.raw, ed25519.PublicKey(who.StateKey))
	if err != nil {
		t.Fatalf("the state is not sealed with the key of GET /gate: %v", err)
	}
	return state, got.header.Get("ETag")
}

func TestAGateReadsItsStateOnlyWhenItIsNew(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	gate := s.gate(t)
	first, tag := stateOf(t, gate)
	if first.Site != "colabo" || first.Gate.ToZone == 0 || len(first.IssuerKeys) == 0 || len(first.Zones) == 0 {
		t.Fatalf("state = %+v", first)
	}
	if err := entry.SelfTest(entry.NewSite(first)); err != nil {
		t.Error(err)
	}
	if got := gate.get(t, "/gate/state", "If-None-Match: "+tag).want(t, 304); len(got.raw) != 0 || got.header.Get("ETag") != tag {
		t.Errorf("304 with %d bytes and ETag %s", len(got.raw), got.header.Get("ETag"))
	}
	s.clock.Advance(11 * time.Minute)
	again, newTag := stateOf(t, gate)
	if newTag == tag || again.Version <= first.Version || !again.GeneratedAt.After(first.GeneratedAt) {
		t.Errorf("11 minutes later: version %d after %d, ETag %s after %s; want signed anew", again.Version, first.Version, newTag, tag)
	}
	gate.get(t, "/gate/state", "If-None-Match: "+tag).want(t, 200)
}

func TestAGateKnowsWhoseCodesOpenNothing(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	gate, ann, desk := s.gate(t), s.as(t, s.Ann), s.as(t, s.Desk)
	in := fields{"starts_at": s.clock.Now().Add(2 * time.Hour), "ends_at": s.clock.Now().Add(3 * time.Hour), "spaces": []string{s.Seats[0].ID.String()}}
	booking := ann.post(t, "/bookings", in).want(t, 201).text("id")
	pass := ann.get(t, "/bookings/"+booking+"/passes").want(t, 200).text("items.0.id")
	revoked := func() bool {
		state, _ := stateOf(t, gate)
		for _, r := range state.Revocations {
			if r.Pass.String() == pass {
				return true
			}
		}
		return false
	}
	if revoked() {
		t.Fatal("the pass is revoked from the beginning")
	}
	row := desk.post(t, "/access/revocations", fields{"pass": pass, "reason": "lost"}).want(t, 201)
	if !revoked() {
		t.Error("the state does not name the pass that was revoked")
	}
	if got := desk.get(t, "/access/revocations").want(t, 200); got.text("items.0.pass") != pass || got.text("items.0.reason") != "lost" {
		t.Errorf("list of revocations: %s", got.raw)
	}
	desk.send(t, "DELETE", "/access/revocations/"+row.text("id"), nil).want(t, 204)
	desk.send(t, "DELETE", "/access/revocations/"+row.text("id"), nil).problem(t, 404, "not_found")
	if revoked() {
		t.Error("the state still names the pass after the revocation was lifted")
	}
	ann.post(t, "/bookings/"+booking+"/cancel", nil).want(t, 200)
	if !revoked() {
		t.Error("the state does not name the pass of the cancelled booking")
	}
}

func TestRevocationsSayWhatTheyAreAbout(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin := s.as(t, s.Admin)
	for name, in := range map[string]fields{
		"nothing":   {"reason": "x"},
		"two":       {"member": s.Ann.ID.String(), "company": s.Acme.ID, "reason": "x"},
		"no reason": {"member": s.Ann.ID.String()},
		"past":      {"member": s.Ann.ID.String(), "until": s.clock.Now().Add(-time.Hour), "reason": "x"},
	} {
		t.Run(name, func(t *testing.T) { admin.post(t, "/access/revocations", in).problem(t, 422, "invalid_input") })
	}
	for name, in := range map[string]fields{
		"pass":      {"pass": "0123456789abcdef", "reason": "x"},
		"member":    {"member": s.Plan.ID.String(), "reason": "x"},
		"not an id": {"member": "ann", "reason": "x"},
		"company":   {"company": 999, "reason": "x"},
	} {
		t.Run(name, func(t *testing.T) { admin.post(t, "/access/revocations", in).problem(t, 404, "not_found") })
	}
}

func TestAGateUploadsWhatItDid(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	gate := s.gate(t)
	event, err := entry.Event{
		EventID: strings.Repeat("a1", 16), Boot: 1, Seq: 1, GateTime: s.clock.Now(), ClockState: entry.Trusted, Decision: entry.Allow,
		Reason: entry.Granted, Subject: 7, PassID: 8, Zone: entry.ZoneID(s.Entrance["colabo"]), Direction: entry.Entry,
	}.Chained("")
	if err != nil {
		t.Fatal(err)
	}
	other := event
	other.Reason = entry.ExitOK
	upload := func(events ...any) answer {
		t.Helper()
		return gate.post(t, "/gate/events", fields{"events": events}).want(t, 200)
	}

	got := upload(event, other, fields{"event_id": "\u0000", "boot": 1, "seq": 2}, nil, 7)
	for i, want := range []string{"stored", "conflict", "malformed", "malformed", "malformed"} {
		if result := got.text("results." + string(rune('0'+i)) + ".result"); result != want {
			t.Errorf("event %d: %s, want %s", i, result, want)
		}
	}
	if got.text("ack.boot") != "1" || got.text("ack.seq") != "2" || got.text("results.0.event_id") != event.EventID {
		t.Errorf("answer: %s", got.raw)
	}
	if got := upload(event); got.text("results.0.result") != "duplicate" || got.text("ack.seq") != "2" {
		t.Errorf("again: %s", got.raw)
	}
	list := s.as(t, s.Desk).get(t, "/passages?site=colabo").want(t, 200)
	if list.text("items.0.id") != event.EventID || list.text("items.0.offline") != "true" || list.text("items.1.id") != "" {
		t.Errorf("passages: %s", list.raw)
	}
	door := gate.get(t, "/gate").want(t, 200).text("id")
	aside := s.as(t, s.Desk).get(t, "/gates/"+door+"/quarantined?limit=3").want(t, 200)
	if aside.text("items.0.result") != "malformed" || aside.text("items.0.event") != "7" || aside.text("next_cursor") == "" {
		t.Errorf("set aside: %s", aside.raw)
	}
	rest := s.as(t, s.Desk).get(t, "/gates/"+door+"/quarantined?limit=3&cursor="+aside.text("next_cursor")).want(t, 200)
	if rest.text("items.0.result") != "conflict" || rest.text("items.0.event_id") != event.EventID || !strings.Contains(rest.text("items.0.event"), "exit_ok") {
		t.Errorf("set aside, the first: %s", rest.raw)
	}
	gate.post(t, "/gate/events", fields{"events": make([]any, 501)}).problem(t, 422, "batch_too_large")
	gate.post(t, "/gate/events", fields{}).problem(t, 422, "invalid_input")
	gate.post(t, "/gate/events", fields{"events": "x"}).problem(t, 422, "invalid_input")
}

// listener is a gate's stream over a real connection.
type listener struct {
	t     *testing.T
	lines *bufio.Scanner
}

func (s *server) listen(t *testing.T, gate caller) *listener {
	t.Helper()
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, web.URL+prefix+"/gate/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+gate.token)
	answer, err := web.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = answer.Body.Close() })
	if kind := answer.Header.Get("Content-Type"); answer.StatusCode != 200 || kind != "text/event-stream" {
		t.Fatalf("stream = %d %s", answer.StatusCode, kind)
	}
	return &listener{t, bufio.NewScanner(answer.Body)}
}

// next waits for an event of a name, passing others by, and returns its data.
func (l *listener) next(name string) string {
	l.t.Helper()
	heard := ""
	for l.lines.Scan() {
		if event, ok := strings.CutPrefix(l.lines.Text(), "event: "); ok {
			heard = event
		}
		if data, ok := strings.CutPrefix(l.lines.Text(), "data: "); ok && heard == name {
			return data
		}
	}
	l.t.Fatalf("the stream ended before an event %s: %v", name, l.lines.Err())
	return ""
}

func TestAGateHearsWhatCannotWait(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	gate, desk, admin := s.gate(t), s.as(t, s.Desk), s.as(t, s.Admin)
	id := gate.get(t, "/gate").want(t, 200).text("id")
	l := s.listen(t, gate)
	version := l.next("state")
	l.next("presence")

	admin.post(t, "/access/revocations", fields{"company": s.Acme.ID, "reason": "x"}).want(t, 201)
	if got := l.next("state"); got == version {
		t.Errorf("after a revocation the state is still %s", got)
	}
	desk.send(t, "PUT", "/sites/colabo/mode", fields{"mode": "lockdown", "reason": "x"}).want(t, 200)
	l.next("state")
	if state, _ := stateOf(t, gate); state.Mode != entry.Lockdown {
		t.Errorf("mode = %s, want lockdown", state.Mode)
	}
	order := desk.post(t, "/gates/"+id+"/open", nil).want(t, 200)
	if got := l.next("open"); !strings.Contains(got, order.text("id")) {
		t.Errorf("order %s, heard %s", order.raw, got)
	}
	s.clock.Advance(3 * time.Second) // lists are not told more often than every two
	visitor := desk.post(t, "/access/admissions", fields{"gate": id, "name": "Visitor", "reason": "fair"}).want(t, 201)
	for !strings.Contains(l.next("presence"), visitor.text("subject")) { // a list of before the visitor came
		s.clock.Advance(3 * time.Second)
	}
	s.as(t, s.Admin).post(t, "/gates/"+id+"/revoke", nil).want(t, 200)
	for l.lines.Scan() { // it ends by itself
	}
}
