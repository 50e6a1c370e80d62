package api

import (
	"testing"
	"time"

	"kyoten/access/entry"
)

// TestTheEvacuationListIsWholeUnlessALimitIsNamed: page by page it names everybody
// once.
func TestTheEvacuationListIsWholeUnlessALimitIsNamed(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	desk, gate := s.as(t, s.Desk), s.gate(t).get(t, "/gate").text("id")
	for _, name := range []string{"一郎", "二郎", "三郎"} {
		desk.post(t, "/access/admissions", fields{"gate": gate, "name": name, "reason": "open day"}).want(t, 201)
	}
	const path = "/sites/colabo/presence"
	whole := desk.get(t, path).want(t, 200)
	if whole.text("items.2.holder.subject") == "" || whole.text("next_cursor") != "" {
		t.Fatalf("the whole list is %s", whole.raw)
	}
	first := desk.get(t, path+"?limit=2").want(t, 200)
	rest := desk.get(t, path+"?limit=2&cursor="+first.text("next_cursor")).want(t, 200)
	for i, got := range []string{first.text("items.0.holder.subject"), first.text("items.1.holder.subject"), rest.text("items.0.holder.subject")} {
		if want := whole.text("items." + string(rune('0'+i)) + ".holder.subject"); got != want {
			t.Errorf("number %d by pages is %q, want %q", i, got, want)
		}
	}
	if first.text("items.2.holder.subject") != "" || rest.text("items.1.holder.subject") != "" || rest.text("next_cursor") != "" {
		t.Errorf("pages of two: %s, %s", first.raw, rest.raw)
	}
	desk.get(t, path+"?cursor=x").problem(t, 422, "invalid_input")
	desk.get(t, path+"?limit=0").problem(t, 422, "out_of_range")
}

// TestOwnVisitsComeByPages: the latest first.
func TestOwnVisitsComeByPages(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	gate, ann, desk := s.gate(t).get(t, "/gate").text("id"), s.as(t, s.Ann), s.as(t, s.Desk)
	code, _ := entry.Parse(identity(t, ann))
	subject := code.Body.Subject.String()
	var entered []string
	for range 3 {
		for _, direction := range []string{"entry", "exit"} {
			desk.post(t, "/access/admissions", fields{"gate": gate, "subject": subject, "direction": direction, "reason": "no phone"}).want(t, 201)
			if direction == "entry" {
				entered = append([]string{iso(s.clock.Now())}, entered...)
			}
			s.clock.Advance(time.Hour)
		}
	}
	first := ann.get(t, "/me/visits?limit=2").want(t, 200)
	rest := ann.get(t, "/me/visits?limit=2&cursor="+first.text("next_cursor")).want(t, 200)
	for i, got := range []string{first.text("items.0.entered_at"), first.text("items.1.entered_at"), rest.text("items.0.entered_at")} {
		if got != entered[i] {
			t.Errorf("visit %d began %q, want %q", i, got, entered[i])
		}
	}
	if first.text("items.2.site") != "" || rest.text("items.1.site") != "" || rest.text("next_cursor") != "" {
		t.Errorf("pages of two: %s, %s", first.raw, rest.raw)
	}
	ann.get(t, "/me/visits?cursor=x").problem(t, 422, "invalid_input")
}
