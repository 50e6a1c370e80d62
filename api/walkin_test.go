package api

import (
	"testing"
	"time"

	"kyoten/models/modelstest"
)

// identity returns the code of ann's identity pass at colabo, which opens only
// together with a booking.
func identity(t *testing.T, ann caller) string {
	t.Helper()
	list := ann.get(t, "/me/passes").want(t, 200)
	for _, at := range []string{"items.0", "items.1", "items.2"} {
		if list.text(at+".site") == "colabo" && list.text(at+".kind") == "identity" {
			return list.text(at + ".code")
		}
	}
	t.Fatalf("no identity pass: %s", list.raw)
	return ""
}

func TestAMemberWithoutABookingIsOfferedASeat(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.clock.Set(modelstest.At(0, 10, 5))
	gate, ann := s.gate(t), s.as(t, s.Ann)
	s.as(t, s.Admin).patch(t, "/sites/colabo", fields{"walk_ins": true}).want(t, 200)
	code := identity(t, ann)

	scan := gate.post(t, "/access/checks", fields{"code": code}).want(t, 200)
	if scan.text("reason") != "no_booking" || scan.text("offer.name") == "" || scan.text("offer.ends_at") != "2026-12-07T12:00:00Z" {
		t.Fatalf("scan: %s; want a refusal with a seat until the site closes", scan.raw)
	}
	if got := s.as(t, s.Bob).get(t, "/bookings?mine=true").want(t, 200); got.text("items.0.id") != "" {
		t.Errorf("an offer booked something: %s", got.raw)
	}
	s.clock.Advance(2 * time.Second)
	take := fields{"passage_id": scan.text("passage_id")}
	in := gate.post(t, "/access/walk-ins", take).want(t, 200)
	if in.text("decision") != "allow" || in.text("reason") != "granted" || in.text("open") != "true" || in.text("booking.ends_at") != scan.text("offer.ends_at") {
		t.Fatalf("walk-in: %s", in.raw)
	}
	mine := ann.get(t, "/bookings?mine=true").want(t, 200)
	if mine.text("items.0.status") != "checked_in" || mine.text("items.0.spaces.0.id") != scan.text("offer.space") || mine.text("items.1.id") != "" {
		t.Errorf("bookings: %s", mine.raw)
	}
	if got := s.as(t, s.Desk).get(t, "/sites/colabo/presence").want(t, 200); got.text("items.0.holder.name") != s.Ann.Name {
		t.Errorf("presence: %s", got.raw)
	}
	s.clock.Advance(20 * time.Second) // the answer was lost: asked again
	if again := gate.post(t, "/access/walk-ins", take).want(t, 200); again.text("passage_id") != in.text("passage_id") || again.text("open") != "true" {
		t.Errorf("asked again: %s", again.raw)
	}
	if got := gate.post(t, "/access/checks", fields{"code": code, "direction": "exit"}).want(t, 200); got.text("reason") != "exit_ok" {
		t.Errorf("out: %s", got.raw)
	}
}

func TestWalkInsThatAreNot(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.clock.Set(modelstest.At(0, 10, 5))
	gate, ann, admin := s.gate(t), s.as(t, s.Ann), s.as(t, s.Admin)
	code := identity(t, ann)
	scan := func() answer {
		t.Helper()
		s.clock.Advance(5 * time.Second)
		got := gate.post(t, "/access/checks", fields{"code": code}).want(t, 200)
		if got.text("reason") != "no_booking" {
			t.Fatalf("scan: %s", got.raw)
		}
		return got
	}
	if got := scan(); got.text("offer.space") != "" {
		t.Errorf("a site without walk-ins offers %s", got.raw)
	} else {
		gate.post(t, "/access/walk-ins", fields{"passage_id": got.text("passage_id")}).problem(t, 403, "forbidden")
	}
	admin.patch(t, "/sites/colabo", fields{"walk_ins": true}).want(t, 200)
	old := scan().text("passage_id")
	other := s.gate(t)
	other.post(t, "/access/walk-ins", fields{"passage_id": old}).problem(t, 404, "not_found")
	s.clock.Advance(2 * time.Minute)
	gate.post(t, "/access/walk-ins", fields{"passage_id": old}).problem(t, 409, "walk_in_over")

	full := scan()
	for _, seat := range s.Seats {
		start := s.clock.Now().Truncate(15 * time.Minute)
		admin.post(t, "/closures", fields{"site": "colabo", "space": seat.ID.String(), "starts_at": start, "ends_at": start.Add(5 * time.Hour), "reason": "x"}).want(t, 201)
	}
	gate.post(t, "/access/walk-ins", fields{"passage_id": full.text("passage_id")}).problem(t, 409, "space_taken")
	if got := scan(); got.text("offer.space") != "" {
		t.Errorf("a full site offers %s", got.raw)
	}
}
