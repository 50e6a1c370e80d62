package api

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// present returns the line of somebody on the list of who is at colabo, or "".
func present(t *testing.T, c caller, subject string) string {
	t.Helper()
	list := c.get(t, "/sites/colabo/presence").want(t, 200)
	for i := range 9 {
		at := "items." + string(rune('0'+i))
		if list.text(at+".holder.subject") == subject {
			return at + list.text(at+".safe_at")
		}
	}
	return ""
}

func TestStaffLetAVisitorInAndOut(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	desk, gate := s.as(t, s.Desk), s.gate(t).get(t, "/gate").text("id")
	in := desk.post(t, "/access/admissions", fields{"gate": gate, "name": "来客 一郎", "reason": "open day"}).want(t, 201)
	subject := in.text("subject")
	if in.text("direction") != "entry" || in.text("gate") != gate || len(subject) != 16 {
		t.Fatalf("admission: %s", in.raw)
	}
	if present(t, desk, subject) == "" {
		t.Error("the visitor is not on the list")
	}
	desk.post(t, "/sites/colabo/presence/"+subject, fields{"state": "safe", "reason": "seen outside"}).want(t, 200)
	if line := present(t, desk, subject); len(line) < len("items.0") {
		t.Errorf("no safe_at: %q", line)
	}
	s.clock.Advance(time.Minute)
	desk.post(t, "/sites/colabo/presence/"+subject, fields{"state": "not_safe", "reason": "that was her brother"}).want(t, 200)
	if line := present(t, desk, subject); len(line) != len("items.0") {
		t.Errorf("on the list as %q, want inside and not accounted for", line)
	}
	s.clock.Advance(time.Minute)
	desk.post(t, "/access/admissions", fields{"gate": gate, "subject": subject, "direction": "exit", "reason": "home"}).want(t, 201)
	if line := present(t, desk, subject); line != "" {
		t.Errorf("the visitor is still on the list: %s", line)
	}
	s.clock.Advance(time.Minute)
	if got := desk.post(t, "/sites/colabo/presence/"+subject, fields{"state": "in", "reason": "came back"}).want(t, 200); got.text("reason") != "set_in" || got.text("reason_text") != "came back" {
		t.Errorf("correction: %s", got.raw)
	}
	if present(t, desk, subject) == "" {
		t.Error("the visitor was set in and is not on the list")
	}
	list := desk.get(t, "/passages?site=colabo").want(t, 200)
	if list.text("items.0.staff") == "" || list.text("items.0.reason_text") == "" {
		t.Errorf("passages without who and why: %s", list.raw)
	}
	for name, bad := range map[string]fields{
		"nobody":    {"gate": gate, "reason": "x"},
		"both":      {"gate": gate, "name": "x", "subject": subject, "reason": "x"},
		"no reason": {"gate": gate, "name": "x"},
	} {
		t.Run(name, func(t *testing.T) { desk.post(t, "/access/admissions", bad).problem(t, 422, "invalid_input") })
	}
	desk.post(t, "/access/admissions", fields{"gate": gate, "subject": "0123456789abcdef", "reason": "x"}).problem(t, 404, "not_found")
	desk.post(t, "/access/admissions", fields{"gate": "door", "name": "x", "reason": "x"}).problem(t, 404, "not_found")
}

func TestLockdownKeepsOutAndLetsOut(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	gate, ann, desk := s.gate(t), s.as(t, s.Ann), s.as(t, s.Desk)
	start := s.clock.Now().Add(2 * time.Hour)
	booking := ann.post(t, "/bookings", fields{"starts_at": start, "ends_at": start.Add(time.Hour), "spaces": []string{s.Seats[0].ID.String()}}).want(t, 201).text("id")
	code := ann.get(t, "/bookings/"+booking+"/passes").text("items.0.code")
	s.clock.Set(start)
	check := func(direction string) string {
		t.Helper()
		s.clock.Advance(5 * time.Second)
		return gate.post(t, "/access/checks", fields{"code": code, "direction": direction}).want(t, 200).text("reason")
	}
	mode := func(mode string) {
		t.Helper()
		if got := desk.send(t, "PUT", "/sites/colabo/mode", fields{"mode": mode, "reason": "drill"}).want(t, 200); got.text("mode") != mode {
			t.Errorf("mode: %s", got.raw)
		}
	}
	for _, step := range []struct{ mode, direction, reason string }{
		{"lockdown", "entry", "lockdown"},
		{"normal", "entry", "granted"},
		{"lockdown", "exit", "exit_ok"},
		{"evacuation", "entry", "evacuation"},
		{"normal", "entry", "granted"},
		{"evacuation", "exit", "exit_ok"},
	} {
		mode(step.mode)
		if got := check(step.direction); got != step.reason {
			t.Errorf("%s in %s: %s, want %s", step.direction, step.mode, got, step.reason)
		}
	}
	desk.send(t, "PUT", "/sites/colabo/mode", fields{"mode": "party", "reason": "x"}).problem(t, 422, "invalid_input")
}

// TestAReaderThatAsksForTheTimeIsOnline: a tablet that nobody scans at does nothing else.
func TestAReaderThatAsksForTheTimeIsOnline(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	gate, desk := s.gate(t), s.as(t, s.Desk)
	if got := desk.get(t, "/gates").text("items.0.online"); got != "false" {
		t.Errorf("before it was heard of: online is %s", got)
	}
	for range 3 {
		gate.get(t, "/time").want(t, 200)
		if got := desk.get(t, "/gates").text("items.0.online"); got != "true" {
			t.Errorf("after it asked for the time: online is %s", got)
		}
		s.clock.Advance(time.Minute)
	}
	if got := desk.get(t, "/gates").text("items.0.online"); got != "false" {
		t.Errorf("a minute later: online is %s", got)
	}
}

// TestWhatIsWrongAtADoorIsTold: as its agent says it, until it says otherwise.
func TestWhatIsWrongAtADoorIsTold(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	gate, desk := s.gate(t), s.as(t, s.Desk)
	for _, wrong := range [][]string{{}, {"journal", "relay"}, {}} {
		gate.post(t, "/gate/heartbeat", fields{"clock_state": "trusted", "queue_length": 0, "state_version": 1, "problems": wrong, "gate_time": iso(s.clock.Now()), "refused": 0}).want(t, 204)
		var got struct{ Items []GateWire }
		if err := json.Unmarshal(desk.get(t, "/gates").want(t, 200).raw, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(wrong, got.Items[0].Problems); diff != "" {
			t.Errorf("problems (-want +got):\n%s", diff)
		}
	}
}

func TestANewEnrolmentReplacesTheToken(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin, gate := s.as(t, s.Admin), s.gate(t)
	id := gate.get(t, "/gate").want(t, 200).text("id")
	code := admin.post(t, "/gates/"+id+"/enrolment", nil).want(t, 201)
	if code.text("id") != id || code.text("enrolment_code") == "" || code.text("expires_at") == "" {
		t.Fatalf("enrolment: %s", code.raw)
	}
	gate.get(t, "/gate").want(t, 200) // until the new token is there
	got := s.nobody().post(t, "/gates/enrol", fields{"enrolment_code": code.text("enrolment_code")}).want(t, 201)
	s.clock.Advance(3 * time.Second) // a gate's row is remembered for two
	gate.get(t, "/gate").problem(t, 401, "unauthenticated")
	if again := (caller{s, got.text("token")}).get(t, "/gate").want(t, 200); again.text("id") != id || again.text("site_name.en") != "Colabo" || again.text("time_zone") != "Asia/Tokyo" {
		t.Errorf("the new token is of %s", again.raw)
	}
}
