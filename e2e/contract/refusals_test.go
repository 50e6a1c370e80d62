//go:build e2e

package contract

import (
	"fmt"
	"testing"
	"time"
)

// refusals: each rule says its own name.
func refusals(t *testing.T, d *demo) {
	me := d.as(t, "m041")
	day := func(hour, minute int) time.Time { return at(tuesday, hour, minute) }
	seat := me.free(t, 1, "colabo", "seat", day(9, 0), day(21, 0))[0]
	room := me.free(t, 1, "colabo", "room", day(9, 0), day(21, 0))[0]
	for name, tt := range map[string]struct {
		space    string
		from, to time.Time
		code     string
	}{
		"backwards":          {seat, day(12, 0), day(11, 0), "ends_before_start"},
		"equal":              {seat, day(12, 0), day(12, 0), "ends_before_start"},
		"start off grain":    {seat, day(10, 5), day(11, 0), "off_grain"},
		"end off grain":      {seat, day(10, 0), day(11, 7), "off_grain"},
		"odd seconds":        {seat, day(10, 0).Add(time.Second), day(11, 0), "off_grain"},
		"past":               {seat, at(0, 9, 0), at(0, 11, 0), "in_the_past"},
		"far past":           {seat, at(-400, 10, 0), at(-400, 11, 0), "in_the_past"},
		"too far":            {seat, at(34, 10, 0), at(34, 11, 0), "too_far_ahead"},
		"decades ahead":      {seat, at(25000, 10, 0), at(25000, 11, 0), "too_far_ahead"},
		"room too long":      {room, day(10, 0), day(14, 15), "too_long"},
		"seat too long":      {seat, day(9, 0), day(21, 15), "too_long"},
		"sunday":             {seat, at(19, 10, 0), at(19, 11, 0), "outside_opening_hours"},
		"before opening":     {seat, day(8, 45), day(10, 0), "outside_opening_hours"},
		"after closing":      {seat, day(20, 0), day(21, 15), "outside_opening_hours"},
		"over night":         {seat, day(20, 0), day(20, 0).Add(11 * time.Hour), "outside_opening_hours"},
		"unknown space":      {"00000000-0000-7000-8000-000000000000", day(10, 0), day(11, 0), "not_found"},
		"not even an id":     {"nonsense", day(10, 0), day(11, 0), "not_found"},
		"room to its limit":  {room, day(10, 0), day(14, 0), ""},
		"seat all day":       {seat, day(9, 0), day(21, 0), ""},
		"the running grain":  {"", at(0, 10, 0), at(0, 10, 15), ""},
		"last in the future": {"", at(29, 10, 0), at(29, 11, 0), "any"},
	} {
		t.Run(name, func(t *testing.T) {
			space := tt.space
			if space == "" {
				space = me.free(t, 1, "knowers", "seat", tt.from, tt.to)[0]
			}
			got := me.post(t, "/bookings", request(tt.from, tt.to, space))
			switch {
			case tt.code == "any":
			case tt.code == "":
				got.want(t, 201)
			case tt.code == "not_found":
				got.problem(t, 404, tt.code)
			default:
				got.problem(t, 422, tt.code)
			}
			if got.status == 201 {
				me.post(t, "/bookings/"+got.text(t, "id")+"/cancel", nil).want(t, 200)
			}
		})
	}
	moreRefusals(t, d, room)
}

// moreRefusals are those about people: guests, the holder, and how many.
func moreRefusals(t *testing.T, d *demo, room string) {
	t.Helper()
	me := d.as(t, "m040")
	from, to := at(tuesday, 10, 0), at(tuesday, 11, 0)
	var crowd []fields
	for i := range 99 {
		crowd = append(crowd, fields{"name": fmt.Sprint("Guest ", i), "email": fmt.Sprintf("guest%d@example.com", i)})
	}
	me.post(t, "/bookings", request(from, to, room).with("guests", crowd)).problem(t, 422, "capacity_exceeded")

	seats := me.free(t, 2, "colabo", "seat", from, to)
	me.post(t, "/bookings", request(from, to, seats...)).problem(t, 409, "holder_busy")
	first := me.book(t, from, to, seats[0])
	me.post(t, "/bookings", request(from, to, seats[1])).problem(t, 409, "holder_busy")
	me.post(t, "/bookings/"+first.text(t, "id")+"/cancel", nil).want(t, 200)

	closures(t, d, seats[0])
	tooManyOpen(t, d)
}

// closures: staff close their site; who stands in the way is named first.
func closures(t *testing.T, d *demo, seat string) {
	t.Helper()
	me, staff := d.as(t, "m039"), d.as(t, "staff")
	from, to := at(22, 14, 0), at(22, 16, 0) // 23 December
	made := me.book(t, from, to, seat)
	closure := fields{"site": "colabo", "starts_at": iso(at(22, 13, 0)), "ends_at": iso(at(22, 17, 0)), "reason": "Inspection"}
	me.post(t, "/closures", closure).problem(t, 403, "forbidden")
	inTheWay := staff.post(t, "/closures", closure).problem(t, 409, "bookings_in_the_way")
	if len(inTheWay.list(t, "bookings")) != 1 {
		t.Errorf("bookings in the way: %s", inTheWay.excerpt())
	}
	me.get(t, "/bookings/"+made.text(t, "id")).equal(t, "status", "confirmed")
	staff.post(t, "/closures", closure.with("cancel_bookings", true)).want(t, 201).shape(t, map[string]string{"id": text, "bookings": array})
	me.get(t, "/bookings/"+made.text(t, "id")).equal(t, "status", "cancelled")
	me.post(t, "/bookings", request(from, to, seat)).problem(t, 422, "site_closed")
	staff.post(t, "/closures", closure.with("site", "knowers")).problem(t, 403, "forbidden")
}

// tooManyOpen: the twenty-first open booking of a kind is one too many.
func tooManyOpen(t *testing.T, d *demo) {
	t.Helper()
	me := d.as(t, "m038")
	start := at(monday, 9, 0)
	seat := me.free(t, 1, "colabo", "seat", start, at(monday, 21, 0))[0]
	var made []answer
	for i := range 20 {
		from := start.Add(time.Duration(i) * 30 * time.Minute)
		made = append(made, me.book(t, from, from.Add(30*time.Minute), seat))
	}
	last := request(at(monday, 19, 30), at(monday, 20, 0), seat)
	me.post(t, "/bookings", last).problem(t, 422, "too_many_open_bookings")
	room := me.free(t, 1, "colabo", "room", at(monday, 19, 0), at(monday, 20, 0))[0]
	other := me.book(t, at(monday, 19, 0), at(monday, 20, 0), room) // of each kind
	me.post(t, "/bookings/"+made[0].text(t, "id")+"/cancel", nil).want(t, 200)
	made = append(made[1:], me.post(t, "/bookings", last).want(t, 201), other)
	for _, b := range made {
		me.post(t, "/bookings/"+b.text(t, "id")+"/cancel", nil).want(t, 200)
	}
}

// orderOfRefusals: when several rules are broken, the first of the list speaks.
func orderOfRefusals(t *testing.T, d *demo) {
	me, rival := d.as(t, "m037"), d.as(t, "m036")
	from, to := at(tuesday, 15, 0), at(tuesday, 16, 0)
	room := me.free(t, 1, "colabo", "room", from, to)[0]
	rival.book(t, from, to, room)
	const unknown = "00000000-0000-7000-8000-000000000000"

	for name, tt := range map[string]struct {
		space    string
		from, to time.Time
		status   int
		code     string
	}{
		"unknown space before backwards": {unknown, to, from, 404, "not_found"},
		"backwards before grain":         {room, at(tuesday, 16, 7), at(tuesday, 15, 7), 422, "ends_before_start"},
		"grain before past":              {room, at(-2, 10, 7), at(-2, 11, 0), 422, "off_grain"},
		"past before too long":           {room, at(-1, 9, 0), at(-1, 20, 0), 422, "in_the_past"},
		"far before too long":            {room, at(40, 9, 0), at(40, 20, 0), 422, "too_far_ahead"},
		"too long before opening hours":  {room, at(tuesday, 5, 0), at(tuesday, 11, 0), 422, "too_long"},
		"opening hours before taken":     {room, at(tuesday, 8, 0), at(tuesday, 9, 0), 422, "outside_opening_hours"},
		"taken last":                     {room, from, to, 409, "space_taken"},
	} {
		t.Run(name, func(t *testing.T) {
			me.post(t, "/bookings", request(tt.from, tt.to, tt.space)).problem(t, tt.status, tt.code)
		})
	}
	path := "/bookings/" + me.book(t, at(tuesday, 17, 0), at(tuesday, 18, 0), room).text(t, "id")
	me.patch(t, path, fields{"ends_at": iso(at(tuesday, 16, 0))}, `If-Match: "stale"`).problem(t, 412, "stale_version")
	me.patch(t, path, fields{"starts_at": iso(from), "ends_at": iso(at(tuesday, 16, 7))}).problem(t, 422, "off_grain")
	me.patch(t, path, fields{"starts_at": iso(from), "ends_at": iso(to)}).problem(t, 409, "space_taken")
	rival.patch(t, path, fields{"title": "not mine"}, `If-Match: "stale"`).problem(t, 404, "not_found")
}

// alternatives come with refusals and can be booked as offered.
func alternatives(t *testing.T, d *demo) {
	me, rival := d.as(t, "m035"), d.as(t, "m034")
	from, to := at(tuesday, 13, 0), at(tuesday, 14, 0)
	room := me.free(t, 1, "knowers", "room", from, to)[0]
	rival.book(t, from, to, room)
	taken := me.post(t, "/bookings", request(from, to, room)).problem(t, 409, "space_taken")
	taken.shape(t, map[string]string{
		"conflicts": array, "conflicts.0.space": text, "conflicts.0.starts_at": instant, "conflicts.0.ends_at": instant,
		"alternatives": array, "alternatives.0.starts_at": instant, "alternatives.0.ends_at": instant, "alternatives.0.spaces": array,
	})
	taken.equal(t, "conflicts.0.space", room).equal(t, "conflicts.0.starts_at", z(from)).equal(t, "conflicts.0.ends_at", z(to))
	if n := len(taken.list(t, "alternatives")); n > 3 {
		t.Errorf("%d alternatives, want at most three", n)
	}
	for i := range taken.list(t, "alternatives") {
		offered := fields{
			"starts_at": taken.text(t, fmt.Sprintf("alternatives.%d.starts_at", i)),
			"ends_at":   taken.text(t, fmt.Sprintf("alternatives.%d.ends_at", i)),
			"spaces":    taken.at(fmt.Sprintf("alternatives.%d.spaces", i)),
		}
		made := me.post(t, "/bookings", offered).want(t, 201).equal(t, "spaces.0.kind", "room")
		length := must(time.Parse(time.RFC3339, made.text(t, "ends_at"))).Sub(must(time.Parse(time.RFC3339, made.text(t, "starts_at"))))
		if length != time.Hour {
			t.Errorf("alternative %d lasts %s, want the hour asked for", i, length)
		}
		me.post(t, "/bookings/"+made.text(t, "id")+"/cancel", nil).want(t, 200)
	}
	early := me.post(t, "/bookings", request(at(tuesday, 8, 0), at(tuesday, 9, 0), room)).problem(t, 422, "outside_opening_hours")
	if early.at("alternatives") == nil {
		t.Errorf("no alternatives before the doors open: %s", early.excerpt())
	}
}
