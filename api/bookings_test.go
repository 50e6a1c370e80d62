package api

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"kyoten/models"
	"kyoten/models/modelstest"
)

func iso(t time.Time) string { return t.Format(time.RFC3339) }

// ask is the body of a booking of spaces from one time of Monday to another.
func ask(from, to time.Time, spaces ...models.Space) fields {
	ids := make([]string, len(spaces))
	for i, s := range spaces {
		ids[i] = s.ID.String()
	}
	return fields{"starts_at": iso(from), "ends_at": iso(to), "spaces": ids}
}

func on(day, hour, minute int) time.Time { return modelstest.At(day, hour, minute) }

// book makes a booking of two hours on Monday and returns its path.
func (c caller) book(t *testing.T, hour int, spaces ...models.Space) string {
	t.Helper()
	return "/bookings/" + c.post(t, "/bookings", ask(on(0, hour, 0), on(0, hour+2, 0), spaces...)).want(t, 201).text("id")
}

func TestABookingIsMadeReadChangedAndCancelled(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	ann := s.as(t, s.Ann)
	in := ask(on(0, 10, 0), on(0, 12, 0), s.Room, s.FarRoom)
	in["title"], in["join_url"] = "打合せ", "https://meet.example/1"
	in["guests"] = []fields{{"name": "Gus", "email": "gus@example.com"}}
	made := ann.post(t, "/bookings", in).want(t, 201)
	for path, want := range map[string]string{
		"title": "打合せ", "status": "confirmed", "starts_at": "2026-12-07T01:00:00Z", "ends_at": "2026-12-07T03:00:00Z",
		"organizer.id": s.Ann.ID.String(), "organizer.name": s.Ann.Name, "spaces.0.id": s.Room.ID.String(), "spaces.1.site": "shiojiri",
		"spaces.0.name": "Room 1", "spaces.0.kind": "room", "spaces.0.status": "confirmed", "spaces.0.checked_in_at": "",
		"spaces.1.video_address": "sip:rooma@shiojiri.example", "guests.0.name": "Gus", "series_id": "", "join_url": "https://meet.example/1",
		"version": "1",
	} {
		if got := made.text(path); got != want {
			t.Errorf("%s = %q, want %q", path, got, want)
		}
	}
	id := made.text("id")
	if got := made.header.Get("Location"); got != "/api/v1/bookings/"+id {
		t.Errorf("Location = %q", got)
	}
	read := ann.get(t, "/bookings/"+id).want(t, 200)
	if string(read.raw) != string(made.raw) || read.header.Get("ETag") != made.header.Get("ETag") || read.header.Get("ETag") == "" {
		t.Errorf("read %s %s, made %s %s", read.header.Get("ETag"), read.raw, made.header.Get("ETag"), made.raw)
	}
	if ja := ann.get(t, "/bookings/"+id, "Accept-Language: ja"); ja.text("spaces.0.name") != "会議室1" {
		t.Errorf("in Japanese the room is %q", ja.text("spaces.0.name"))
	}
	moved := ann.patch(t, "/bookings/"+id, fields{"starts_at": iso(on(0, 14, 0)), "ends_at": iso(on(0, 16, 0)), "join_url": nil},
		"If-Match: "+read.header.Get("ETag")).want(t, 200)
	if moved.text("join_url") != "" || moved.text("version") != "2" || moved.text("starts_at") != "2026-12-07T05:00:00Z" {
		t.Errorf("moved: %s", moved.raw)
	}
	ann.patch(t, "/bookings/"+id, fields{"title": "x"}, "If-Match: "+read.header.Get("ETag")).problem(t, 412, "stale_version")
	first := ann.post(t, "/bookings/"+id+"/cancel", nil).want(t, 200)
	second := ann.post(t, "/bookings/"+id+"/cancel", nil).want(t, 200)
	if string(first.raw) != string(second.raw) || first.text("status") != "cancelled" || first.text("spaces.0.status") != "cancelled" {
		t.Errorf("cancelled %s, again %s", first.raw, second.raw)
	}
	ann.patch(t, "/bookings/"+id, fields{"title": "x"}).problem(t, 422, "booking_over")
}

func TestConflictsSayWhenAndNotWho(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.as(t, s.Bob).book(t, 10, s.Room)
	got := s.as(t, s.Ann).post(t, "/bookings", ask(on(0, 11, 0), on(0, 12, 0), s.Room)).problem(t, 409, "space_taken")
	want := fmt.Sprintf(`"conflicts":[{"space":%q,"starts_at":"2026-12-07T01:00:00Z","ends_at":"2026-12-07T03:00:00Z"}]`, s.Room.ID)
	if !strings.Contains(string(got.raw), want) {
		t.Errorf("got %s\nwant %s in it", got.raw, want)
	}
}

func TestWhatIsDoneToABookingSaysWhyNot(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	ann, bob := s.as(t, s.Ann), s.as(t, s.Bob)
	path := ann.book(t, 10, s.Room)
	for _, act := range []string{"/cancel", "/check-in", "/check-out"} {
		bob.post(t, path+act, nil).problem(t, 404, "not_found")
		ann.post(t, "/bookings/nonsense"+act, nil).problem(t, 404, "not_found")
	}
	ann.post(t, path+"/check-in", nil).problem(t, 422, "not_yet")
	s.clock.Set(on(0, 10, 5))
	in := ann.post(t, path+"/check-in", nil).want(t, 200)
	if in.text("status") != "checked_in" || in.text("spaces.0.checked_in_at") != "2026-12-07T01:05:00Z" {
		t.Errorf("checked in: %s", in.raw)
	}
	if again := ann.post(t, path+"/check-in", nil).want(t, 200); string(again.raw) != string(in.raw) {
		t.Errorf("checked in twice: %s", again.raw)
	}
	if out := ann.post(t, path+"/check-out", nil).want(t, 200); out.text("status") != "completed" {
		t.Errorf("checked out: %s", out.raw)
	}
	bob.book(t, 12, s.Room)
	bob.post(t, "/bookings", ask(on(0, 10, 15), on(0, 12, 0), s.Room)).want(t, 201)
	ann.post(t, path+"/check-in", nil).problem(t, 422, "too_late")
	ann.post(t, path+"/cancel", nil).problem(t, 422, "booking_over")
}

// TestTheDeskSaysWhyItCancels: the organizer is told, and the log keeps it.
func TestTheDeskSaysWhyItCancels(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	path := s.as(t, s.Ann).book(t, 10, s.Room)
	desk := s.as(t, s.Desk)
	desk.post(t, path+"/cancel", fields{"reason": 7}).problem(t, 422, "invalid_input")
	desk.post(t, path+"/cancel", fields{"reason": strings.Repeat("x", 501)}).problem(t, 422, "invalid_input")
	if got := desk.post(t, path+"/cancel", fields{"reason": "空調の点検"}).want(t, 200); got.text("status") != "cancelled" {
		t.Errorf("cancelled: %s", got.raw)
	}
	db, err := s.store.SQL()
	if err != nil {
		t.Fatal(err)
	}
	for _, query := range []string{
		"SELECT count(*) FROM outbox WHERE kind = 'booking_cancelled' AND CAST(payload AS text) LIKE '%空調の点検%'",
		"SELECT count(*) FROM audit WHERE action = 'booking.cancel' AND personal LIKE '%空調の点検%'",
	} {
		var n int
		if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil || n != 1 {
			t.Errorf("%s = %d, %v; want 1", query, n, err)
		}
	}
}

func TestGuestsOverTheAPI(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	ann := s.as(t, s.Ann)
	path := ann.book(t, 10, s.Room)
	guest := ann.post(t, path+"/guests", fields{"name": "客", "email": "guest@example.com"}).want(t, 201)
	if guest.text("name") != "客" || len(guest.text("pass.code")) != 167 {
		t.Errorf("guest: %s", guest.raw)
	}
	ann.post(t, path+"/guests", fields{"name": "x", "email": "nonsense"}).problem(t, 422, "invalid_input")
	s.as(t, s.Bob).post(t, path+"/guests", fields{"name": "x", "email": "x@example.com"}).problem(t, 404, "not_found")
	if got := ann.get(t, path).text("guests.0.email"); got != "guest@example.com" {
		t.Errorf("guests.0.email = %q", got)
	}
	ann.send(t, "DELETE", path+"/guests/"+guest.text("id"), nil).want(t, 204)
	ann.send(t, "DELETE", path+"/guests/"+guest.text("id"), nil).problem(t, 404, "not_found")
	ann.send(t, "DELETE", path+"/guests/nonsense", nil).problem(t, 404, "not_found")
}

func TestTheCalendarFileOfABooking(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	ann := s.as(t, s.Ann)
	in := ask(on(0, 10, 0), on(0, 12, 0), s.Room)
	in["title"] = strings.Repeat("とても長い件名", 10)
	path := "/bookings/" + ann.post(t, "/bookings", in).want(t, 201).text("id")
	file := ann.get(t, path+".ics").want(t, 200)
	if got := file.header.Get("Content-Type"); !strings.HasPrefix(got, "text/calendar") {
		t.Errorf("content type %q", got)
	}
	for _, line := range strings.SplitAfter(string(file.raw), "\r\n") {
		if len(line) > 77 || strings.Contains(strings.TrimSuffix(line, "\r\n"), "\n") {
			t.Errorf("line %q is longer than 75 octets or ends without CR", line)
		}
	}
	for _, want := range []string{"DTSTART:20261207T010000Z", "DTSTAMP:", "SEQUENCE:0", "STATUS:CONFIRMED", "UID:"} {
		if !strings.Contains(string(file.raw), want+"") {
			t.Errorf("lacks %s:\n%s", want, file.raw)
		}
	}
	ann.patch(t, path, fields{"title": "kurz"}).want(t, 200)
	ann.post(t, path+"/cancel", nil).want(t, 200)
	if got := string(ann.get(t, path+".ics").want(t, 200).raw); !strings.Contains(got, "SEQUENCE:2\r\n") || !strings.Contains(got, "STATUS:CANCELLED\r\n") {
		t.Errorf("after a change and a cancellation:\n%s", got)
	}
	s.as(t, s.Bob).get(t, path+".ics").problem(t, 404, "not_found")
	ann.get(t, "/bookings/nonsense.ics").problem(t, 404, "not_found")
}

func TestListsOfBookings(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	ann := s.as(t, s.Ann)
	for hour := 9; hour < 15; hour += 2 {
		ann.book(t, hour, s.Room)
	}
	s.as(t, s.Bob).book(t, 9, s.FarRoom)
	items := func(c caller, query string) int {
		list, _ := c.get(t, "/bookings?"+query).want(t, 200).doc["items"].([]any)
		return len(list)
	}
	admin := s.as(t, s.Admin)
	for query, want := range map[string]int{
		"": 4, "site=colabo": 3, "mine=true": 0, "limit=2": 2,
		"from=" + iso(on(0, 11, 0)) + "&to=" + iso(on(0, 13, 0)):                1,
		"from=" + url.QueryEscape("2026-12-07T11:00:00+09:00") + "&site=colabo": 2,
	} {
		if got := items(admin, query); got != want {
			t.Errorf("?%s lists %d, want %d", query, got, want)
		}
	}
	page := ann.get(t, "/bookings?limit=2").want(t, 200)
	rest := ann.get(t, "/bookings?limit=2&cursor="+page.text("next_cursor")).want(t, 200)
	if rest.text("items.0.starts_at") != iso(on(0, 13, 0)) || rest.text("next_cursor") != "" {
		t.Errorf("second page: %s", rest.raw)
	}
	ann.get(t, "/bookings?cursor=nonsense").problem(t, 422, "invalid_input")
	ann.get(t, "/bookings?from="+iso(on(2, 0, 0))+"&to="+iso(on(1, 0, 0))).problem(t, 422, "ends_before_start")
	ann.get(t, "/bookings?from="+iso(on(0, 0, 0))+"&to="+iso(on(800, 0, 0))).problem(t, 422, "out_of_range")
	ann.get(t, "/bookings?site=atlantis").problem(t, 404, "not_found")
}

func TestAvailabilityOverTheAPI(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	ann := s.as(t, s.Ann)
	s.as(t, s.Bob).book(t, 10, s.Room)
	query := "/availability?site=colabo&kind=room&starts_at=" + iso(on(0, 11, 0)) + "&ends_at=" + iso(on(0, 13, 0))
	got := ann.get(t, query).want(t, 200)
	want := fmt.Sprintf(`{"spaces":[{"space":%q,"free":false,"free_until":null,"next_free_at":"2026-12-07T03:00:00Z"}]}`, s.Room.ID)
	if strings.TrimSpace(string(got.raw)) != want {
		t.Errorf("got  %s\nwant %s", got.raw, want)
	}
	for query, code := range map[string]string{
		"site=atlantis&starts_at=" + iso(on(0, 11, 0)) + "&ends_at=" + iso(on(0, 13, 0)):           "not_found",
		"site=colabo&starts_at=" + iso(on(0, 11, 0)) + "&ends_at=" + iso(on(0, 11, 0)):             "ends_before_start",
		"site=colabo&starts_at=" + iso(on(0, 11, 0)) + "&ends_at=" + iso(on(400, 11, 0)):           "out_of_range",
		"site=colabo&starts_at=" + iso(on(0, 11, 0)):                                               "invalid_input",
		"site=colabo&kind=sofa&starts_at=" + iso(on(0, 11, 0)) + "&ends_at=" + iso(on(0, 13, 0)):   "invalid_input",
		"site=colabo&capacity=-1&starts_at=" + iso(on(0, 11, 0)) + "&ends_at=" + iso(on(0, 13, 0)): "out_of_range",
		"site=colabo&starts_at=2026-12-07T10:00&ends_at=2026-12-07T11:00":                          "invalid_input",
		"kind=room&starts_at=" + iso(on(0, 11, 0)) + "&ends_at=" + iso(on(0, 13, 0)):               "invalid_input",
	} {
		status := 422
		if code == "not_found" {
			status = 404
		}
		ann.get(t, "/availability?"+query).problem(t, status, code)
	}
	s.nobody().get(t, query).problem(t, 401, "unauthenticated")
	s.gate(t).get(t, query).problem(t, 403, "forbidden")
}

// TestAPlaceIsGivenAwayOverTheAPI: a space, then a zone with what lies in it.
func TestAPlaceIsGivenAwayOverTheAPI(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	ann, admin := s.as(t, s.Ann), s.as(t, s.Admin)
	for _, given := range []struct {
		space  models.Space
		path   string
		change fields
	}{
		{s.FarRoom, "/spaces/" + s.FarRoom.ID.String(), fields{"zone": s.Office}},
		{s.Room, fmt.Sprint("/zones/", s.Entrance["colabo"]), fields{"company": s.Acme.ID}},
	} {
		booked := ann.book(t, 10, given.space)
		inTheWay := admin.patch(t, given.path, given.change).problem(t, 409, "bookings_in_the_way")
		if got := "/bookings/" + inTheWay.text("bookings.0.id"); got != booked || inTheWay.text("bookings.1") != "" {
			t.Errorf("%s: in the way: %s", given.path, inTheWay.raw)
		}
		if got := ann.get(t, booked).text("status"); got != "confirmed" {
			t.Errorf("%s: refused, and the booking is %s", given.path, got)
		}
		given.change["cancel_bookings"] = true
		admin.patch(t, given.path, given.change).want(t, 200)
		if got := ann.get(t, booked).text("status"); got != "cancelled" {
			t.Errorf("%s: the booking is %s", given.path, got)
		}
	}
}

func TestClosuresOverTheAPI(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	ann, desk := s.as(t, s.Ann), s.as(t, s.Desk)
	path := ann.book(t, 10, s.Room)
	in := fields{"site": "colabo", "starts_at": iso(on(0, 9, 0)), "ends_at": iso(on(0, 21, 0)), "reason": "点検"}
	ann.post(t, "/closures", in).problem(t, 403, "forbidden")
	inTheWay := desk.post(t, "/closures", in).problem(t, 409, "bookings_in_the_way")
	if got := "/bookings/" + inTheWay.text("bookings.0.id"); got != path || inTheWay.text("bookings.1") != "" {
		t.Errorf("in the way: %s", inTheWay.raw)
	}
	in["cancel_bookings"] = true
	closed := desk.post(t, "/closures", in).want(t, 201)
	if closed.text("id") == "" || closed.text("bookings.0.status") != "cancelled" {
		t.Errorf("closed: %s", closed.raw)
	}
	if got := ann.get(t, path).text("status"); got != "cancelled" {
		t.Errorf("the booking is %s", got)
	}
	in["space"] = "nonsense"
	desk.post(t, "/closures", in).problem(t, 404, "not_found")
	in["site"] = "atlantis"
	desk.post(t, "/closures", in).problem(t, 404, "not_found")
}
