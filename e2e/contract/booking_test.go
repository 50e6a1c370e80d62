//go:build e2e

package contract

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// bookingShape is the document of a booking.
var bookingShape = map[string]string{
	"id": text, "reference": text, "title": maybe + words, "status": text, "starts_at": instant, "ends_at": instant,
	"organizer": object, "spaces": array, "guests": maybe + array, "series_id": maybe + words, "join_url": maybe + words,
	"version": integer, "created_at": instant,
	"spaces.0.id": text, "spaces.0.site": text, "spaces.0.name": text, "spaces.0.kind": text, "spaces.0.status": text,
	"spaces.0.checked_in_at": maybe + instant,
}

// booking: reserve, read, list, calendar, cancel, check in.
func booking(t *testing.T, d *demo) {
	me := d.as(t, "m050")
	from, to := at(friday, 10, 0), at(friday, 12, 0)
	seat := me.free(t, 1, "colabo", "seat", from, to)[0]

	made := me.post(t, "/bookings", request(from, to, seat).with("title", "集中作業")).want(t, 201).shape(t, bookingShape)
	id := made.text(t, "id")
	made.equal(t, "status", "confirmed").equal(t, "title", "集中作業").equal(t, "starts_at", z(from)).equal(t, "ends_at", z(to)).
		equal(t, "spaces.0.id", seat).equal(t, "spaces.0.site", "colabo").equal(t, "spaces.0.status", "confirmed")
	if location := made.header.Get("Location"); !strings.HasSuffix(location, "/api/v1/bookings/"+id) {
		t.Errorf("Location = %q", location)
	}

	read := me.get(t, "/bookings/"+id).want(t, 200).shape(t, bookingShape)
	if string(read.raw) != string(made.raw) {
		t.Errorf("read %s, made %s", read.excerpt(), made.excerpt())
	}
	if read.header.Get("ETag") == "" {
		t.Error("a booking has no ETag")
	}
	listed := me.get(t, "/bookings?mine=true&from="+z(from)+"&to="+z(to)).items(t)
	if len(listed) != 1 || listed[0].text(t, "id") != id {
		t.Errorf("listed %d bookings of mine, want this one", len(listed))
	}
	if n := len(me.get(t, "/bookings?mine=true&from="+z(to)+"&to="+z(to.AddDate(0, 0, 1))).items(t)); n != 0 {
		t.Errorf("%d bookings overlap the day after", n)
	}

	ics := string(me.get(t, "/bookings/"+id+".ics").want(t, 200).raw)
	for _, line := range []string{"BEGIN:VCALENDAR\r\n", "DTSTAMP:", "UID:", "SEQUENCE:", "DTSTART"} {
		if !strings.Contains(ics, line) {
			t.Errorf("the calendar file lacks %q:\n%s", line, ics)
		}
	}
	me.post(t, "/bookings/"+id+"/check-in", nil).problem(t, 422, "not_yet")

	cancelled := me.post(t, "/bookings/"+id+"/cancel", nil).want(t, 200).equal(t, "status", "cancelled")
	again := me.post(t, "/bookings/"+id+"/cancel", nil).want(t, 200)
	if string(again.raw) != string(cancelled.raw) {
		t.Errorf("cancelling twice gives %s and %s", cancelled.excerpt(), again.excerpt())
	}
	if ics := string(me.get(t, "/bookings/"+id+".ics").want(t, 200).raw); !strings.Contains(ics, "STATUS:CANCELLED") {
		t.Errorf("the calendar file of a cancelled booking:\n%s", ics)
	}
	me.book(t, from, to, seat) // what was cancelled can be booked at once

	checkInByHand(t, d)
	onBehalf(t, d)
}

// checkInByHand: a booking that has begun can be checked in, and left early.
func checkInByHand(t *testing.T, d *demo) {
	t.Helper()
	me := d.as(t, "m049")
	from, to := at(0, 10, 0), at(0, 13, 0) // before the running grain's end: 10:00 can still be booked
	made := me.book(t, from, to, me.free(t, 1, "colabo", "seat", from, to)...)
	id := made.text(t, "id")
	in := me.post(t, "/bookings/"+id+"/check-in", nil).want(t, 200).equal(t, "status", "checked_in")
	in.shape(t, map[string]string{"spaces.0.checked_in_at": instant}).equal(t, "spaces.0.status", "checked_in")
	me.post(t, "/bookings/"+id+"/check-in", nil).want(t, 200).equal(t, "status", "checked_in")
}

// onBehalf: staff book for members, members for nobody else.
func onBehalf(t *testing.T, d *demo) {
	t.Helper()
	from, to := at(friday, 10, 0), at(friday, 11, 0)
	holder := d.as(t, "m048").get(t, "/me").text(t, "id")
	staff := d.as(t, "staff")
	seat := staff.free(t, 1, "colabo", "seat", from, to)[0]
	body := request(from, to, seat).with("on_behalf_of", holder)
	d.as(t, "m047").post(t, "/bookings", body).problem(t, 403, "forbidden")
	made := staff.post(t, "/bookings", body).want(t, 201)
	d.as(t, "m048").get(t, "/bookings/"+made.text(t, "id")).want(t, 200)
	if got := made.text(t, "organizer.id"); got != holder {
		t.Errorf("organizer = %s, want the member %s", got, holder)
	}
	d.as(t, "m048").post(t, "/bookings/"+made.text(t, "id")+"/cancel", nil).want(t, 200)
}

// bookingAny: the server chooses, and several spaces are one booking.
func bookingAny(t *testing.T, d *demo) {
	me := d.as(t, "m046")
	from, to := at(friday, 13, 0), at(friday, 15, 0)
	one := me.post(t, "/bookings", fields{
		"starts_at": iso(from), "ends_at": iso(to),
		"any": []fields{{"site": "colabo", "kind": "seat"}},
	}).want(t, 201).shape(t, bookingShape)
	one.equal(t, "spaces.0.kind", "seat").equal(t, "spaces.0.site", "colabo")
	me.post(t, "/bookings/"+one.text(t, "id")+"/cancel", nil).want(t, 200)

	linked := me.post(t, "/bookings", fields{
		"starts_at": iso(from), "ends_at": iso(to), "title": "Linked",
		"any": []fields{{"site": "colabo", "kind": "room"}, {"site": "knowers", "kind": "room"}, {"site": "shiojiri", "kind": "room"}},
	}).want(t, 201)
	if n := len(linked.list(t, "spaces")); n != 3 {
		t.Fatalf("a linked meeting has %d rooms, want 3", n)
	}
	var at []string
	for i := range 3 {
		at = append(at, linked.text(t, fmt.Sprintf("spaces.%d.site", i)))
		linked.equal(t, fmt.Sprintf("spaces.%d.kind", i), "room")
	}
	slices.Sort(at)
	if !slices.Equal(at, []string{"colabo", "knowers", "shiojiri"}) {
		t.Errorf("the rooms are at %v", at)
	}
	me.post(t, "/bookings/"+linked.text(t, "id")+"/cancel", nil).want(t, 200)

	me.post(t, "/bookings", fields{"starts_at": iso(from), "ends_at": iso(to), "any": []fields{{"site": "nowhere", "kind": "room"}}}).problem(t, 404, "not_found")
	me.post(t, "/bookings", fields{"starts_at": iso(from), "ends_at": iso(to)}).problem(t, 422, "invalid_input")
	me.post(t, "/bookings", fields{"starts_at": iso(from), "ends_at": iso(to), "spaces": []string{}}).problem(t, 422, "invalid_input")
	allOrNothing(t, d)
}

// allOrNothing: one taken room and the other stays free.
func allOrNothing(t *testing.T, d *demo) {
	t.Helper()
	from, to := at(friday, 16, 0), at(friday, 17, 0)
	first, second := d.as(t, "m045"), d.as(t, "m044")
	taken := first.free(t, 1, "colabo", "room", from, to)[0]
	other := first.free(t, 1, "knowers", "room", from, to)[0]
	held := first.book(t, from, to, taken)
	second.post(t, "/bookings", request(from, to, other, taken)).problem(t, 409, "space_taken")
	second.book(t, from, to, other)
	first.post(t, "/bookings/"+held.text(t, "id")+"/cancel", nil).want(t, 200)
}

// changes: a booking moves, grows, shrinks and changes its spaces, or nothing
// of it does.
func changes(t *testing.T, d *demo) {
	me := d.as(t, "m043")
	from, to := at(monday, 10, 0), at(monday, 12, 0)
	seats := me.free(t, 2, "colabo", "seat", from, at(monday, 16, 0))
	path := "/bookings/" + me.book(t, from, to, seats[0]).text(t, "id")

	me.patch(t, path, fields{"title": "Renamed"}).want(t, 200).equal(t, "title", "Renamed").equal(t, "starts_at", z(from))
	me.patch(t, path, fields{"ends_at": iso(at(monday, 14, 0))}).want(t, 200).equal(t, "ends_at", z(at(monday, 14, 0)))
	me.patch(t, path, fields{"ends_at": iso(at(monday, 11, 0))}).want(t, 200)
	me.patch(t, path, fields{"starts_at": iso(at(monday, 10, 30)), "ends_at": iso(at(monday, 12, 30))}).want(t, 200) // over itself
	me.patch(t, path, fields{"spaces": []string{seats[1]}}).want(t, 200).equal(t, "spaces.0.id", seats[1])

	d.as(t, "m042").book(t, at(monday, 13, 0), at(monday, 14, 0), seats[1])
	before := me.get(t, path)
	me.patch(t, path, fields{"ends_at": iso(at(monday, 13, 30)), "title": "Lost"}).problem(t, 409, "space_taken")
	if after := me.get(t, path); string(after.raw) != string(before.raw) {
		t.Errorf("a refused change left %s, want %s", after.excerpt(), before.excerpt())
	}
	me.patch(t, path, fields{"ends_at": iso(at(monday, 13, 0))}).want(t, 200) // up to the next one

	me.patch(t, path, fields{"ends_at": iso(at(monday, 9, 0))}).problem(t, 422, "ends_before_start")
	me.patch(t, path, fields{"ends_at": iso(at(monday, 12, 7))}).problem(t, 422, "off_grain")
	me.patch(t, path, fields{"color": "red"}).problem(t, 422, "invalid_input")
	me.patch(t, path, fields{"spaces": []string{"nonsense"}}).problem(t, 404, "not_found")
	me.post(t, path+"/cancel", nil).want(t, 200)
	me.patch(t, path, fields{"title": "Late"}).problem(t, 422, "booking_over")
	me.patch(t, "/bookings/nonsense", fields{"title": "x"}).problem(t, 404, "not_found")
}
