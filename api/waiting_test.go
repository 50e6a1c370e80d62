package api

import (
	"strings"
	"testing"
	"time"

	"kyoten/booking"
	"kyoten/models"
)

// wishFor puts somebody on the waitlist.
func (s *server) wishFor(t *testing.T, who *models.Member, in fields) answer {
	t.Helper()
	return s.as(t, who).post(t, "/waitlist", in).want(t, 201)
}

func waitFor(from, to time.Time, space models.Space) fields {
	return fields{"site": space.Site, "kind": string(space.Kind), "space": space.ID.String(), "starts_at": iso(from), "ends_at": iso(to)}
}

// TestSitesOfAWish: what is no list of different sites is refused, whatever it holds.
func TestSitesOfAWish(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	ann := s.as(t, s.Ann)
	for pointer, sites := range map[string]any{
		"#/sites/1": []string{"colabo", "colabo"}, "#/sites/0": []any{[]any{}, "colabo"}, "#/sites/2": []any{"colabo", "knowers", fields{"a": 1}},
	} {
		in := fields{"sites": sites, "kind": "room", "starts_at": iso(on(0, 10, 0)), "ends_at": iso(on(0, 12, 0))}
		if got := ann.post(t, "/waitlist", in).problem(t, 422, "invalid_input"); got.text("errors.0.pointer") != pointer {
			t.Errorf("%v: %s, want it to point at %s", sites, got.raw, pointer)
		}
	}
	for name, schema := range s.api.routes().doc.spec.Components.Schemas.Map() {
		for field, property := range schema.Properties {
			if property.UniqueItems {
				t.Errorf("%s.%s has uniqueItems: huma panics over such a list of lists", name, field)
			}
		}
	}
}

func TestAWishIsOfferedAcceptedAndPassedOn(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	ann, bob := s.as(t, s.Ann), s.as(t, s.Bob)
	taken := s.as(t, s.Worker).book(t, 10, s.Room)
	in := waitFor(on(0, 10, 0), on(0, 12, 0), s.Room)
	first := s.wishFor(t, s.Ann, in)
	second := s.wishFor(t, s.Bob, fields{"site": "colabo", "kind": "room", "starts_at": iso(on(0, 10, 0)), "ends_at": iso(on(0, 12, 0))})
	for path, want := range map[string]string{
		"state": "waiting", "site": "colabo", "sites.0": "colabo", "kind": "room", "space": s.Room.ID.String(), "offer": "", "booking_id": "",
		"starts_at": "2026-12-07T01:00:00Z",
	} {
		if got := first.text(path); got != want {
			t.Errorf("%s = %q, want %q", path, got, want)
		}
	}
	mine := "/waitlist/" + first.text("id")
	if got := first.header.Get("Location"); got != prefix+mine {
		t.Errorf("Location = %q", got)
	}
	ann.post(t, "/waitlist", in).problem(t, 409, "already_waiting")
	ann.post(t, mine+"/accept", nil).problem(t, 409, "no_offer")
	bob.get(t, mine).problem(t, 404, "not_found")
	bob.send(t, "DELETE", mine, nil).problem(t, 404, "not_found")

	s.as(t, s.Worker).post(t, taken+"/cancel", nil).want(t, 200)
	offered := ann.get(t, "/waitlist").want(t, 200)
	if offered.text("items.0.state") != "offered" || offered.text("items.0.offer.space") != s.Room.ID.String() || offered.text("items.0.offer.expires_at") == "" {
		t.Errorf("after the cancellation: %s", offered.raw)
	}
	bob.post(t, "/bookings", ask(on(0, 10, 0), on(0, 12, 0), s.Room)).problem(t, 409, "space_taken")
	made := ann.post(t, mine+"/accept", nil).want(t, 201)
	again := ann.post(t, mine+"/accept", nil).want(t, 201)
	if made.text("status") != "confirmed" || made.text("id") != again.text("id") || made.header.Get("Location") != prefix+"/bookings/"+made.text("id") {
		t.Errorf("accepted: %s, again: %s", made.raw, again.raw)
	}
	if got := ann.get(t, mine).want(t, 200); got.text("state") != "accepted" || got.text("booking_id") != made.text("id") {
		t.Errorf("the wish afterwards: %s", got.raw)
	}
	ann.post(t, "/bookings/"+made.text("id")+"/cancel", nil).want(t, 200)
	theirs := "/waitlist/" + second.text("id")
	if got := bob.get(t, theirs).want(t, 200); got.text("state") != "offered" {
		t.Errorf("the next in line: %s", got.raw)
	}
	bob.send(t, "DELETE", theirs, nil).want(t, 204)
	bob.send(t, "DELETE", theirs, nil).want(t, 204)
	ann.post(t, "/bookings", ask(on(0, 10, 0), on(0, 12, 0), s.Room)).want(t, 201)
}

func TestAnOfferThatRanOut(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	ann := s.as(t, s.Ann)
	mine := "/waitlist/" + s.wishFor(t, s.Ann, waitFor(on(0, 14, 0), on(0, 15, 0), s.Room)).text("id")
	if got := ann.get(t, mine).want(t, 200); got.text("state") != "offered" {
		t.Fatalf("of a free room: %s", got.raw)
	}
	s.clock.Advance(31 * time.Minute)
	if got := ann.get(t, mine).want(t, 200); got.text("state") != "expired" || got.text("offer") != "" {
		t.Errorf("half an hour later: %s", got.raw)
	}
	ann.post(t, mine+"/accept", nil).problem(t, 409, "offer_expired")
}

func TestAWishForALinkedSet(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	period := fields{"kind": "room", "starts_at": iso(on(0, 14, 0)), "ends_at": iso(on(0, 15, 0))}
	in := fields{"sites": []string{"colabo", "shiojiri"}}
	for k, v := range period {
		in[k] = v
	}
	got := s.wishFor(t, s.Ann, in)
	if got.text("offer.spaces.0") != s.Room.ID.String() || got.text("offer.spaces.1") != s.FarRoom.ID.String() {
		t.Errorf("offered %s", got.raw)
	}
	s.as(t, s.Bob).post(t, "/waitlist", period).problem(t, 422, "invalid_input")
	in["site"] = "colabo"
	s.as(t, s.Bob).post(t, "/waitlist", in).problem(t, 422, "invalid_input")
}

func TestAHoldKeepsASpaceAndBecomesABooking(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	ann, bob := s.as(t, s.Ann), s.as(t, s.Bob)
	in := ask(on(0, 10, 0), on(0, 12, 0), s.Room)
	hold := ann.post(t, "/holds", in).want(t, 201)
	if got, want := hold.text("expires_at"), iso(s.clock.Now().Add(booking.HoldFor)); got != want || hold.text("id") == "" {
		t.Errorf("held until %s, want %s", got, want)
	}
	bob.post(t, "/bookings", in).problem(t, 409, "space_taken")
	ann.get(t, "/bookings/"+hold.text("id")).problem(t, 404, "not_found")
	bob.send(t, "DELETE", "/holds/"+hold.text("id"), nil).problem(t, 404, "not_found")
	in["hold"], in["title"] = hold.text("id"), "企画"
	bob.post(t, "/bookings", in).problem(t, 409, "space_taken") // as with a hold that does not exist
	if made := ann.post(t, "/bookings", in).want(t, 201); made.text("status") != "confirmed" || made.text("title") != "企画" {
		t.Errorf("booked %s", made.raw)
	}
	other := ann.post(t, "/holds", ask(on(0, 14, 0), on(0, 15, 0), s.FarRoom)).want(t, 201)
	ann.send(t, "DELETE", "/holds/"+other.text("id"), nil).want(t, 204)
	bob.post(t, "/bookings", ask(on(0, 14, 0), on(0, 15, 0), s.FarRoom)).want(t, 201)
	ann.post(t, "/holds", ask(on(0, 22, 0), on(0, 23, 0), s.Room)).problem(t, 422, "outside_opening_hours")
	ann.post(t, "/holds", fields{"starts_at": iso(on(0, 14, 0)), "ends_at": iso(on(0, 15, 0))}).problem(t, 422, "invalid_input")
}

// TestWhatWasReleasedIsNotInACalendar as something that takes place.
func TestWhatWasReleasedIsNotInACalendar(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	ann := s.as(t, s.Ann)
	booked := ann.book(t, 10, s.Seats[0])
	if got := string(ann.get(t, booked+".ics").want(t, 200).raw); !strings.Contains(got, "STATUS:CONFIRMED\r\n") {
		t.Errorf("what is booked:\n%s", got)
	}
	s.clock.Set(on(0, 11, 0))
	if err := s.api.bookingService.KeepTime(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := ann.get(t, booked).text("status"); got != "no_show" {
		t.Fatalf("an hour after nobody came: %s, want no_show", got)
	}
	if got := string(ann.get(t, booked+".ics").want(t, 200).raw); !strings.Contains(got, "STATUS:CANCELLED\r\n") {
		t.Errorf("what was released:\n%s", got)
	}
}

func TestARequestIsApprovedOrRejected(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	rooms := []models.Space{{
		Site: "colabo", ZoneID: s.Entrance["colabo"], Kind: models.KindRoom, NameJA: "役員室", NameEN: "Board room", Capacity: 8,
		Bookable: true, NeedsApproval: true, GrainMinutes: 15,
	}}
	if err := s.store.InsertSpaces(t.Context(), rooms); err != nil {
		t.Fatal(err)
	}
	ann, desk := s.as(t, s.Ann), s.as(t, s.Desk)
	first, second := ann.book(t, 10, rooms[0]), ann.book(t, 14, rooms[0])
	if got := string(ann.get(t, first+".ics").want(t, 200).raw); !strings.Contains(got, "STATUS:TENTATIVE\r\n") {
		t.Errorf("what waits for approval is certain in a calendar:\n%s", got)
	}
	if got := ann.get(t, first).text("status"); got != "pending_approval" {
		t.Errorf("asked for: %s", got)
	}
	ann.post(t, first+"/approve", nil).problem(t, 403, "forbidden")
	s.as(t, s.Bob).post(t, first+"/approve", nil).problem(t, 404, "not_found")
	if got := desk.post(t, first+"/approve", nil).want(t, 200); got.text("status") != "confirmed" {
		t.Errorf("approved: %s", got.raw)
	}
	if got := desk.post(t, second+"/reject", fields{"reason": "点検"}).want(t, 200); got.text("status") != "rejected" {
		t.Errorf("rejected: %s", got.raw)
	}
	desk.post(t, second+"/reject", nil).want(t, 200)
	desk.post(t, second+"/approve", nil).problem(t, 422, "booking_over")
}

func TestABookingIsHandedOver(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	worker, manager := s.as(t, s.Worker), s.as(t, s.Manager)
	path := worker.book(t, 10, s.Room)
	worker.post(t, path+"/hand-over", fields{"member": s.Bob.ID.String()}).problem(t, 404, "not_found")
	got := worker.post(t, path+"/hand-over", fields{"member": s.Manager.ID.String()}).want(t, 200)
	if got.text("organizer") != "" || got.text("title") != "" {
		t.Errorf("who gave it away is still told %s", got.raw)
	}
	worker.get(t, path).problem(t, 404, "not_found")
	if got := manager.get(t, path).want(t, 200); got.text("organizer.id") != s.Manager.ID.String() {
		t.Errorf("the new holder reads %s", got.raw)
	}
}

func TestAFixedSeatIsGivenUpAndTakenBack(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	seats := []models.Space{{
		Site: "colabo", ZoneID: s.Entrance["colabo"], Kind: models.KindSeat, NameJA: "固定席", NameEN: "Fixed seat", Capacity: 1,
		Bookable: true, OwnerID: &s.Ann.ID, GrainMinutes: 15,
	}}
	if err := s.store.InsertSpaces(t.Context(), seats); err != nil {
		t.Fatal(err)
	}
	ann, bob := s.as(t, s.Ann), s.as(t, s.Bob)
	path := "/spaces/" + seats[0].ID.String() + "/give-up"
	in := fields{"from": iso(on(0, 9, 0)), "to": iso(on(0, 21, 0))}
	bob.post(t, "/bookings", ask(on(0, 10, 0), on(0, 12, 0), seats[0])).problem(t, 422, "space_not_bookable")
	bob.post(t, path, in).problem(t, 403, "forbidden")
	ann.post(t, "/spaces/"+s.Seats[0].ID.String()+"/give-up", in).problem(t, 422, "no_fixed_seat")
	ann.post(t, path, fields{"from": in["to"], "to": in["from"]}).problem(t, 422, "ends_before_start")
	made := ann.post(t, path, in).want(t, 201)
	bob.post(t, "/bookings", ask(on(0, 10, 0), on(0, 12, 0), seats[0])).want(t, 201)
	ann.send(t, "DELETE", path+"/"+made.text("id"), nil).problem(t, 409, "space_taken")
	if got := ann.get(t, path).want(t, 200); got.text("items.0.id") != made.text("id") || got.text("items.0.from") != "2026-12-07T00:00:00Z" {
		t.Errorf("given up: %s", got.raw)
	}
	free := ann.post(t, path, fields{"from": iso(on(1, 9, 0)), "to": iso(on(1, 21, 0))}).want(t, 201)
	ann.send(t, "DELETE", path+"/"+free.text("id"), nil).want(t, 204)
	bob.post(t, "/bookings", ask(on(1, 10, 0), on(1, 12, 0), seats[0])).problem(t, 422, "space_not_bookable")
}
