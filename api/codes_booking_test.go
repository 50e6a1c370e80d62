package api

import (
	"fmt"
	"testing"
	"time"

	"kyoten/models"
)

// asks is a row's call that books something as a new member with a plan, or with
// the common one.
func asks(plan *models.Plan, in func(t *testing.T, s *server) fields) func(*testing.T, *server) refused {
	return func(t *testing.T, s *server) refused {
		own := plan
		if plan != nil {
			clone := *plan
			own = &clone
		}
		_, who := s.member(t, own)
		return refusedPost(who, "/bookings", in(t, s))
	}
}

// aRoom asks for a room of its own from one time to another.
func aRoom(from, to time.Time) func(*testing.T, *server) fields {
	return func(t *testing.T, s *server) fields { return ask(from, to, s.room(t)) }
}

// limits is a plan of many limits.
var limits = &models.Plan{MaxGuests: 1, Rules: map[models.Kind]models.PlanRule{
	models.KindRoom: {HorizonDays: 30, NoticeMinutes: 120, MinMinutes: 60, MinutesPerWeek: 240},
}}

// firm is a plan of bookings that cannot be given back on their day.
var firm = &models.Plan{Rules: map[models.Kind]models.PlanRule{models.KindRoom: {HorizonDays: 30, CancelNoticeMinutes: 600}}}

// one is a plan with one open booking.
var one = &models.Plan{Rules: map[models.Kind]models.PlanRule{models.KindRoom: {HorizonDays: 30, MaxOpen: 1}}}

// requestCodes are the refusals of what a request says and whom it speaks of.
var requestCodes = []codeRow{
	{"a space that is not there", 404, "not_found", asks(nil, func(*testing.T, *server) fields {
		return ask(on(0, 10, 0), on(0, 11, 0), models.Space{ID: models.NewID()})
	}), false},
	{"a space of a company", 404, "not_found", asks(nil, func(_ *testing.T, s *server) fields {
		return ask(on(0, 10, 0), on(0, 11, 0), s.OfficeSeat)
	}), false},
	{"backwards", 422, "ends_before_start", asks(nil, aRoom(on(0, 11, 0), on(0, 10, 0))), false},
	{"empty", 422, "ends_before_start", asks(nil, aRoom(on(0, 11, 0), on(0, 11, 0))), false},
	{"between the steps", 422, "off_grain", asks(nil, aRoom(on(0, 13, 5), on(0, 14, 5))), true},
	{"yesterday", 422, "in_the_past", asks(nil, aRoom(on(-1, 13, 0), on(-1, 14, 0))), true},
	{"no spaces", 422, "invalid_input", asks(nil, func(*testing.T, *server) fields {
		return fields{"starts_at": iso(on(0, 10, 0)), "ends_at": iso(on(0, 11, 0))}
	}), false},
	{"spaces and any", 422, "invalid_input", asks(nil, func(t *testing.T, s *server) fields {
		in := ask(on(0, 10, 0), on(0, 11, 0), s.room(t))
		in["any"] = []fields{{"site": "colabo", "kind": "room"}}
		return in
	}), false},
	{"no offset", 422, "invalid_input", asks(nil, func(t *testing.T, s *server) fields {
		in := ask(on(0, 10, 0), on(0, 11, 0), s.room(t))
		in["starts_at"] = "2026-12-07T10:00:00"
		return in
	}), false},
	{"an id that is none", 404, "not_found", asks(nil, func(*testing.T, *server) fields {
		return fields{"starts_at": iso(on(0, 10, 0)), "ends_at": iso(on(0, 11, 0)), "spaces": []string{"7"}}
	}), false},
	{"a space twice", 422, "invalid_input", asks(nil, func(t *testing.T, s *server) fields {
		room := s.room(t)
		return ask(on(0, 10, 0), on(0, 11, 0), room, room)
	}), false},
	{"for another member", 403, "forbidden", asks(nil, func(t *testing.T, s *server) fields {
		in := ask(on(0, 10, 0), on(0, 11, 0), s.room(t))
		in["on_behalf_of"] = s.Bob.ID.String()
		return in
	}), false},
	{"a rule that is none", 422, "invalid_rule", func(t *testing.T, s *server) refused {
		in := ask(on(0, 10, 0), on(0, 11, 0), s.room(t))
		in["rule"] = "FREQ=YEARLY;COUNT=2"
		return refusedPost(s.busy(t), "/series", in)
	}, false},
	{"a series in the way of others", 409, "space_taken", func(t *testing.T, s *server) refused {
		in := ask(on(1, 10, 0), on(1, 11, 0), s.room(t))
		s.busy(t).post(t, "/bookings", in).want(t, 201)
		in["rule"] = "FREQ=DAILY;COUNT=2"
		in["starts_at"], in["ends_at"] = iso(on(0, 10, 0)), iso(on(0, 11, 0))
		return refusedPost(s.busy(t), "/series", in)
	}, true},
	{"a hold of somebody else", 409, "space_taken", func(t *testing.T, s *server) refused {
		in := ask(on(0, 10, 0), on(0, 11, 0), s.room(t))
		in["hold"] = s.busy(t).post(t, "/holds", in).want(t, 201).text("id")
		return refusedPost(s.busy(t), "/bookings", in)
	}, true},
	{"held by somebody else", 409, "space_taken", func(t *testing.T, s *server) refused {
		in := ask(on(0, 10, 0), on(0, 11, 0), s.room(t))
		s.busy(t).post(t, "/holds", in).want(t, 201)
		return refusedPost(s.busy(t), "/holds", in)
	}, true},
	{"held, at most", 422, "too_long", func(t *testing.T, s *server) refused {
		return refusedPost(s.busy(t), "/holds", ask(on(0, 10, 0), on(0, 16, 0), s.room(t)))
	}, false},
}

// policyCodes are the rules of places and plans.
var policyCodes = []codeRow{
	{"notice", 422, "too_late_to_book", asks(limits, aRoom(on(0, 9, 0), on(0, 10, 0))), true},
	{"beyond the horizon", 422, "too_far_ahead", asks(nil, aRoom(on(40, 13, 0), on(40, 14, 0))), true},
	{"centuries away", 422, "too_far_ahead", asks(nil, aRoom(on(100000, 13, 0), on(100000, 14, 0))), true},
	{"a moment", 422, "too_short", asks(limits, aRoom(on(0, 14, 0), on(0, 14, 30))), false},
	{"a day", 422, "too_long", asks(nil, aRoom(on(0, 10, 0), on(0, 16, 0))), false},
	{"broken", 422, "space_not_bookable", asks(nil, func(t *testing.T, s *server) fields {
		return ask(on(0, 13, 0), on(0, 14, 0), s.space(t, models.KindRoom, func(m *models.Space) { m.Bookable = false }))
	}), true},
	{"another's fixed seat", 422, "space_not_bookable", asks(nil, func(t *testing.T, s *server) fields {
		return ask(on(0, 13, 0), on(0, 14, 0), s.space(t, models.KindSeat, func(m *models.Space) { m.OwnerID = &s.Bob.ID }))
	}), true},
	{"a closure", 422, "site_closed", asks(nil, func(t *testing.T, s *server) fields {
		room := s.room(t)
		s.as(t, s.Desk).post(t, "/closures", fields{
			"site": "colabo", "space": room.ID.String(), "starts_at": iso(on(2, 12, 0)), "ends_at": iso(on(2, 14, 0)), "reason": "点検",
		}).want(t, 201)
		return ask(on(2, 13, 0), on(2, 14, 0), room)
	}), true},
	{"the evening", 422, "outside_opening_hours", asks(nil, aRoom(on(0, 20, 0), on(0, 22, 0))), true},
	{"a Sunday", 422, "outside_opening_hours", asks(nil, aRoom(on(6, 13, 0), on(6, 14, 0))), true},
	{"a crowd", 422, "capacity_exceeded", asks(nil, func(t *testing.T, s *server) fields {
		return guests(ask(on(0, 13, 0), on(0, 14, 0), s.room(t)), 6)
	}), true},
	{"two guests", 422, "too_many_guests", asks(limits, func(t *testing.T, s *server) fields {
		return guests(ask(on(0, 14, 0), on(0, 15, 0), s.room(t)), 2)
	}), false},
	{"a fifth hour", 422, "over_quota", func(t *testing.T, s *server) refused {
		plan := *limits
		_, who := s.member(t, &plan)
		who.post(t, "/bookings", ask(on(0, 12, 0), on(0, 15, 0), s.room(t))).want(t, 201)
		return refusedPost(who, "/bookings", ask(on(1, 10, 0), on(1, 12, 0), s.room(t)))
	}, true},
	{"a second booking", 422, "too_many_open_bookings", func(t *testing.T, s *server) refused {
		plan := *one
		_, who := s.member(t, &plan)
		who.book(t, 12, s.room(t))
		return refusedPost(who, "/bookings", ask(on(1, 10, 0), on(1, 12, 0), s.room(t)))
	}, false},
	{"a room", 409, "space_taken", func(t *testing.T, s *server) refused {
		room := s.room(t)
		s.busy(t).book(t, 10, room)
		return refusedPost(s.busy(t), "/bookings", ask(on(0, 11, 0), on(0, 12, 0), room))
	}, true},
	{"one of two rooms", 409, "space_taken", func(t *testing.T, s *server) refused {
		room := s.room(t)
		s.busy(t).book(t, 10, room)
		return refusedPost(s.busy(t), "/bookings", ask(on(0, 11, 0), on(0, 12, 0), room, s.FarRoom))
	}, true},
	{"another seat at that time", 409, "holder_busy", func(t *testing.T, s *server) refused {
		_, who := s.member(t, nil)
		who.book(t, 10, s.Seats[0])
		return refusedPost(who, "/bookings", ask(on(0, 11, 0), on(0, 12, 0), s.Seats[1]))
	}, true},
	{"two seats for one", 409, "holder_busy", asks(nil, func(_ *testing.T, s *server) fields {
		return ask(on(0, 13, 0), on(0, 14, 0), s.Seats[1], s.Seats[2])
	}), false},
	{"nothing but the waitlist", 409, "already_waiting", func(t *testing.T, s *server) refused {
		_, who := s.member(t, nil)
		room := s.room(t)
		s.busy(t).book(t, 10, room)
		in := waitFor(on(0, 10, 0), on(0, 12, 0), room)
		who.post(t, "/waitlist", in).want(t, 201)
		return refusedPost(who, "/waitlist", in)
	}, false},
	{"the twenty-first wish", 422, "too_many_wishes", func(t *testing.T, s *server) refused {
		_, who := s.member(t, nil)
		room := s.room(t)
		other := s.busy(t)
		for i := range 21 {
			other.post(t, "/bookings", ask(on(i/10, 9+i%10, 0), on(i/10, 10+i%10, 0), room)).want(t, 201)
		}
		for i := range 20 {
			who.post(t, "/waitlist", waitFor(on(i/10, 9+i%10, 0), on(i/10, 10+i%10, 0), room)).want(t, 201)
		}
		return refusedPost(who, "/waitlist", waitFor(on(2, 9, 0), on(2, 10, 0), room))
	}, false},
	{"a wish for a night", 422, "outside_opening_hours", func(t *testing.T, s *server) refused {
		return refusedPost(s.busy(t), "/waitlist", waitFor(on(0, 22, 0), on(0, 23, 0), s.room(t)))
	}, true},
	{"no offer yet", 409, "no_offer", func(t *testing.T, s *server) refused {
		room := s.room(t)
		s.busy(t).book(t, 10, room)
		who := s.busy(t)
		wish := who.post(t, "/waitlist", waitFor(on(0, 10, 0), on(0, 12, 0), room)).want(t, 201).text("id")
		return refusedPost(who, "/waitlist/"+wish+"/accept", nil)
	}, false},
}

// changeCodes are the refusals of what is done to a booking.
var changeCodes = []codeRow{
	{"cancelled", 422, "booking_over", func(t *testing.T, s *server) refused {
		ann := s.busy(t)
		path := ann.book(t, 10, s.room(t))
		ann.post(t, path+"/cancel", nil).want(t, 200)
		return refused{ann, "PATCH", path, fields{"title": "x"}, nil}
	}, false},
	{"nobody else's", 404, "not_found", func(t *testing.T, s *server) refused {
		path := s.busy(t).book(t, 10, s.room(t))
		return refused{s.busy(t), "PATCH", path, fields{"title": "x"}, nil}
	}, false},
	{"an old version", 412, "stale_version", func(t *testing.T, s *server) refused {
		ann := s.busy(t)
		path := ann.book(t, 10, s.room(t))
		tag := ann.get(t, path).header.Get("ETag")
		ann.patch(t, path, fields{"title": "y"}).want(t, 200)
		return refused{ann, "PATCH", path, fields{"title": "x"}, []string{"If-Match: " + tag}}
	}, false},
	{"moved onto another", 409, "space_taken", func(t *testing.T, s *server) refused {
		ann, room := s.busy(t), s.room(t)
		s.busy(t).book(t, 10, room)
		return refused{ann, "PATCH", ann.book(t, 13, room), fields{"starts_at": iso(on(0, 11, 0)), "ends_at": iso(on(0, 13, 0))}, nil}
	}, true},
	{"hours before it begins", 422, "too_late_to_cancel", func(t *testing.T, s *server) refused {
		plan := *firm
		_, who := s.member(t, &plan)
		return refusedPost(who, who.book(t, 12, s.room(t))+"/cancel", nil)
	}, false},
	{"made longer onto another, and too late to be moved", 409, "space_taken", func(t *testing.T, s *server) refused {
		plan, room := *firm, s.room(t)
		_, who := s.member(t, &plan)
		who.book(t, 14, room)
		return refused{who, "PATCH", who.book(t, 12, room), fields{"ends_at": iso(on(0, 15, 0))}, nil}
	}, false},
	{"checked in hours before", 422, "not_yet", func(t *testing.T, s *server) refused {
		ann := s.busy(t)
		return refusedPost(ann, ann.book(t, 15, s.room(t))+"/check-in", nil)
	}, false},
	{"a seventh person", 422, "capacity_exceeded", func(t *testing.T, s *server) refused {
		ann := s.busy(t)
		in := guests(ask(on(0, 17, 0), on(0, 18, 0), s.room(t)), 5)
		path := "/bookings/" + ann.post(t, "/bookings", in).want(t, 201).text("id")
		return refusedPost(ann, path+"/guests", fields{"name": "G", "email": "g@example.com"})
	}, false},
	{"a closure over them", 409, "bookings_in_the_way", func(t *testing.T, s *server) refused {
		room := s.room(t)
		s.busy(t).book(t, 10, room)
		return refusedPost(s.as(t, s.Desk), "/closures", fields{
			"site": "colabo", "space": room.ID.String(), "starts_at": iso(on(0, 9, 0)), "ends_at": iso(on(0, 21, 0)), "reason": "点検",
		})
	}, false},
	{"a zone given to a company over them", 409, "bookings_in_the_way", func(t *testing.T, s *server) refused {
		s.busy(t).book(t, 10, s.room(t))
		return refused{s.as(t, s.Admin), "PATCH", fmt.Sprintf("/zones/%d", s.Entrance["colabo"]), fields{"company": s.Acme.ID}, nil}
	}, false},
	{"a seat without an owner", 422, "no_fixed_seat", func(t *testing.T, s *server) refused {
		return refusedPost(s.busy(t), "/spaces/"+s.Seats[3].ID.String()+"/give-up", fields{"from": iso(on(0, 9, 0)), "to": iso(on(0, 21, 0))})
	}, false},
	{"taken back while somebody has it", 409, "space_taken", func(t *testing.T, s *server) refused {
		seat := s.space(t, models.KindSeat, func(m *models.Space) { m.OwnerID = &s.Ann.ID })
		ann, path := s.as(t, s.Ann), "/spaces/"+seat.ID.String()+"/give-up"
		given := ann.post(t, path, fields{"from": iso(on(1, 9, 0)), "to": iso(on(1, 21, 0))}).want(t, 201).text("id")
		s.busy(t).post(t, "/bookings", ask(on(1, 9, 0), on(1, 12, 0), seat)).want(t, 201)
		return refused{ann, "DELETE", path + "/" + given, nil, nil}
	}, false},
	{"years of bookings", 422, "out_of_range", func(t *testing.T, s *server) refused {
		return refused{s.busy(t), "GET", fmt.Sprintf("/bookings?from=%s&to=%s", iso(on(0, 0, 0)), iso(on(800, 0, 0))), nil, nil}
	}, false},
}
