package api

import (
	"testing"

	"kyoten/models/modelstest"
)

func TestASeriesOverTheWire(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	ann := s.as(t, s.Ann)
	room := s.Room.ID.String()
	s.as(t, s.Bob).post(t, "/bookings", fields{
		"starts_at": modelstest.At(7, 10, 0), "ends_at": modelstest.At(7, 11, 0), "spaces": []string{room},
	}).want(t, 201)
	in := fields{
		"starts_at": modelstest.At(0, 10, 0), "ends_at": modelstest.At(0, 11, 0), "spaces": []string{room}, "title": "Jour fixe",
		"rule": "FREQ=WEEKLY;BYDAY=MO;COUNT=3",
	}
	no := ann.post(t, "/series", in)
	no.problem(t, 409, "space_taken")
	no.expect(t, map[string]string{"occurrence": iso(modelstest.At(7, 10, 0)), "conflicts.0.space": room})
	if got := ann.get(t, "/bookings?mine=true").want(t, 200); got.text("items.0.id") != "" {
		t.Errorf("after a refusal there is a booking: %s", got.raw)
	}

	in["on_conflict"] = "skip"
	made := ann.post(t, "/series", in).want(t, 201)
	made.expect(t, map[string]string{
		"rule": "FREQ=WEEKLY;COUNT=3;BYDAY=MO", "time_zone": "Asia/Tokyo", "organizer.id": s.Ann.ID.String(),
		"bookings.0.starts_at": iso(modelstest.At(0, 10, 0)), "bookings.1.starts_at": iso(modelstest.At(14, 10, 0)), "bookings.2": "",
		"bookings.1.series_id": made.text("id"), "bookings.1.title": "Jour fixe", "bookings.1.status": "confirmed",
		"skipped.0.starts_at": iso(modelstest.At(7, 10, 0)), "skipped.0.code": "space_taken", "skipped.1": "",
	})
	path := "/series/" + made.text("id")
	if got := made.header.Get("Location"); got != prefix+path {
		t.Errorf("Location %q, want %q", got, prefix+path)
	}
	tag := ann.get(t, path).want(t, 200).header.Get("ETag")

	moved := ann.patch(t, path, fields{
		"from": modelstest.At(14, 10, 0), "starts_at": modelstest.At(14, 13, 0), "ends_at": modelstest.At(14, 15, 0),
	}, "If-Match: "+tag).want(t, 200)
	moved.expect(t, map[string]string{
		"bookings.0.starts_at": iso(modelstest.At(0, 10, 0)), "bookings.1.starts_at": iso(modelstest.At(14, 13, 0)),
		"bookings.1.ends_at": iso(modelstest.At(14, 15, 0)),
	})
	ann.patch(t, path, fields{"title": "late"}, "If-Match: "+tag).problem(t, 412, "stale_version")

	more := ann.post(t, path+"/extend", fields{"count": 1}).want(t, 201)
	more.expect(t, map[string]string{"bookings.0.starts_at": iso(modelstest.At(21, 13, 0)), "bookings.1": "", "rule": "FREQ=WEEKLY;COUNT=4;BYDAY=MO"})
	ann.post(t, path+"/extend", fields{}).problem(t, 422, "invalid_input")
	ann.post(t, path+"/extend", fields{"until": modelstest.At(1, 0, 0)}).problem(t, 422, "out_of_range")

	for range 2 {
		gone := ann.post(t, path+"/cancel", fields{"from": modelstest.At(21, 13, 0)}).want(t, 200)
		gone.expect(t, map[string]string{"bookings.0.status": "confirmed", "bookings.1.status": "confirmed", "bookings.2.status": "cancelled"})
	}
	all := ann.post(t, path+"/cancel", nil).want(t, 200)
	all.expect(t, map[string]string{"bookings.0.status": "cancelled", "bookings.1.status": "cancelled", "bookings.2.status": "cancelled"})
	ann.patch(t, path, fields{"title": "too late"}).problem(t, 422, "booking_over")
}

func TestRulesThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	ann := s.as(t, s.Ann)
	for rule, code := range map[string]string{
		"": "invalid_input", "nonsense": "invalid_rule", "FREQ=WEEKLY": "invalid_rule", "FREQ=YEARLY;COUNT=2": "invalid_rule",
		"FREQ=DAILY;COUNT=2;UNTIL=20261231T000000Z": "invalid_rule", "FREQ=DAILY;COUNT=9999": "out_of_range",
		"FREQ=MONTHLY;BYMONTHDAY=31;COUNT=2;INTERVAL=0": "invalid_rule",
	} {
		ann.post(t, "/series", fields{
			"starts_at": modelstest.At(0, 10, 0), "ends_at": modelstest.At(0, 11, 0), "spaces": []string{s.Room.ID.String()}, "rule": rule,
		}).problem(t, 422, code)
	}
}
