package booking_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kyoten/booking"
	"kyoten/internal/fault"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// weekly is the allowance of each member of a crowd: five hours of rooms.
const weekly = 5 * time.Hour

// deed is one thing a member does: verb, and what it is about.
type deed struct {
	who, verb, room, from, to int
	linked                    bool
}

// The verbs. What a member changes is the booking or the wish they got last.
const (
	toBook = iota
	toRepeat
	toMove
	toCancel
	toWait
	toLeave
	toAccept
	verbs
)

// crowded is a few members who want the same few rooms of one day, and what the
// test knows of what they hold.
type crowded struct {
	*house
	day    int
	people []models.Principal
	rooms  []models.Space

	mu    sync.Mutex
	last  map[int]models.ID // booking
	sizes map[models.ID]int // how many spaces each booking has
	wish  map[int]models.ID
	waits int
}

// TestAnyInterleavingKeepsEveryPromise: rounds of deeds that are done at the same
// time. After each no two hold one room, no allowance is exceeded, no linked
// booking is half, and nobody in line is passed over. What one member alone asks
// for between rounds is granted exactly when the test's own reckoning says so.
func TestAnyInterleavingKeepsEveryPromise(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.exec(t, fmt.Sprintf("UPDATE plan_rules SET horizon_days = 4000, minutes_per_week = %d WHERE kind = 'room'", int(weekly.Minutes())))
	h.exec(t, "UPDATE sites SET closed_on_holidays = false")
	rooms := append(h.moreRooms(t, 2), h.FarRoom)
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		c := &crowded{house: h, day: 7 * round, rooms: rooms, last: map[int]models.ID{}, sizes: map[models.ID]int{}, wish: map[int]models.ID{}}
		for i := range 4 {
			m := models.Member{Email: fmt.Sprintf("c%d.%d@kyoten.example", round, i), Name: "C", Role: models.RoleMember}
			must(t, h.store.InsertMember(t.Context(), &m))
			c.people = append(c.people, h.as(&m))
		}
		before := h.count(t, "waitlist")
		for range rapid.IntRange(1, 3).Draw(rt, "rounds") {
			deeds := rapid.SliceOfN(rapid.Custom(drawDeed), 1, 5).Draw(rt, "deeds")
			alone, free := len(deeds) == 1 && deeds[0].verb == toBook, false
			if alone {
				free = c.reckon(t, deeds[0])
			}
			granted := make([]bool, len(deeds))
			atOnce(len(deeds), func(i int) { granted[i] = c.do(t, deeds[i]) })
			if alone && granted[0] != free {
				rt.Errorf("%+v is granted: %t, want %t", deeds[0], granted[0], free)
			}
			c.check(t, rt)
		}
		if n := h.count(t, "waitlist") - before; n != c.waits {
			rt.Errorf("%d places in line, want %d", n, c.waits)
		}
	})
}

func drawDeed(rt *rapid.T) deed {
	from := rapid.IntRange(9, 14).Draw(rt, "from")
	return deed{
		who: rapid.IntRange(0, 3).Draw(rt, "who"), verb: rapid.IntRange(0, verbs-1).Draw(rt, "verb"), room: rapid.IntRange(0, 1).Draw(rt, "room"),
		from: from, to: from + rapid.IntRange(1, 3).Draw(rt, "hours"), linked: rapid.Bool().Draw(rt, "linked"),
	}
}

func (c *crowded) period(d deed) models.Period {
	return models.Period{StartsAt: modelstest.At(c.day, d.from, 0), EndsAt: modelstest.At(c.day, d.to, 0)}
}

func (c *crowded) spaces(d deed) []models.Space {
	if d.linked {
		return []models.Space{c.rooms[d.room], c.rooms[2]}
	}
	return []models.Space{c.rooms[d.room]}
}

// do tries it and reports whether it was granted. A refusal by a rule is an
// answer; anything else is a failure of the system.
func (c *crowded) do(t *testing.T, d deed) bool {
	by, p, ctx := c.people[d.who], c.period(d), t.Context()
	c.mu.Lock()
	booked, wished := c.last[d.who], c.wish[d.who]
	c.mu.Unlock()
	var err error
	switch d.verb {
	case toBook:
		var r booking.Record
		if r, err = c.svc.Reserve(ctx, by, request(p, c.spaces(d)...)); err == nil {
			c.got(d.who, r)
		}
	case toRepeat:
		req := repeat("FREQ=DAILY;COUNT=2", p, c.spaces(d)...)
		var r booking.SeriesRecord
		if r, err = c.svc.ReserveSeries(ctx, by, req); err == nil {
			c.got(d.who, r.Bookings...)
		}
	case toMove:
		_, err = c.svc.Reschedule(ctx, by, booked, booking.Change{StartsAt: &p.StartsAt, EndsAt: &p.EndsAt})
	case toCancel:
		_, err = c.svc.Cancel(ctx, by, booked)
	case toWait:
		var w booking.Wish
		if w, err = c.svc.Join(ctx, by, forSpace(p, c.rooms[d.room])); err == nil {
			c.mu.Lock()
			c.wish[d.who], c.waits = w.ID, c.waits+1
			c.mu.Unlock()
		}
	case toLeave:
		err = c.svc.Leave(ctx, by, wished)
	case toAccept:
		var r booking.Record
		if r, err = c.svc.Accept(ctx, by, wished); err == nil {
			c.got(d.who, r)
		}
	}
	if f := fault.From(err); err != nil && (f.Kind == fault.Internal || f.Kind == fault.Unavailable) {
		t.Errorf("%+v: %v", d, err)
	}
	return err == nil
}

func (c *crowded) got(who int, rows ...booking.Record) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range rows {
		c.last[who], c.sizes[r.ID] = r.ID, len(r.Spaces)
	}
}

// reckon says by itself whether a booking must be granted: all rooms free and the
// week's allowance not used up.
func (c *crowded) reckon(t *testing.T, d deed) bool {
	t.Helper()
	p, spaces := c.period(d), c.spaces(d)
	used := time.Duration(len(spaces)) * p.Length()
	for _, b := range c.bookings(t) {
		for _, s := range b.Spaces {
			if !s.Active {
				continue
			}
			if b.Status != models.BookingHeld && b.OrganizerID == c.people[d.who].Member.ID {
				used += b.EndsAt.Sub(b.StartsAt)
			}
			for _, want := range spaces {
				if s.SpaceID == want.ID && p.Overlaps(models.Period{StartsAt: s.StartsAt, EndsAt: s.EndsAt}) {
					return false
				}
			}
		}
	}
	return used <= weekly
}

// bookings are all of the members' bookings, holds included.
func (c *crowded) bookings(t *testing.T) []models.Booking {
	t.Helper()
	var rows []models.Booking
	for _, p := range c.people {
		ids, err := c.store.OpenBookingsOf(t.Context(), p.Member.ID)
		must(t, err)
		for _, id := range ids {
			b, err := c.store.Booking(t.Context(), id)
			if errors.Is(err, models.ErrNotFound) {
				continue
			}
			must(t, err)
			rows = append(rows, b)
		}
	}
	return rows
}

// check looks at what is stored, past all the code that is tested.
func (c *crowded) check(t *testing.T, rt *rapid.T) {
	t.Helper()
	for what, from := range map[string]string{
		"spaces held twice": `booking_spaces a JOIN booking_spaces b ON a.space_id = b.space_id AND a.booking_id < b.booking_id
			AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at WHERE a.active AND b.active`,
		"halves of bookings": `bookings b JOIN booking_spaces s ON s.booking_id = b.id
			WHERE b.status IN ('confirmed','held') AND NOT s.active OR b.status IN ('cancelled','no_show') AND s.active`,
		"people passed over": `waitlist w WHERE w.state = 'waiting' AND NOT EXISTS (SELECT 1 FROM booking_spaces s
			WHERE s.active AND s.space_id = w.space_id AND s.starts_at < w.ends_at AND s.ends_at > w.starts_at)`,
		"offers of nothing": `waitlist w WHERE w.state = 'offered' AND NOT EXISTS (SELECT 1 FROM bookings b
			WHERE b.id = w.booking_id AND b.status = 'held')`,
	} {
		if n := c.count(t, from); n != 0 {
			rt.Errorf("%d %s", n, what)
		}
	}
	used := map[models.ID]time.Duration{}
	for _, b := range c.bookings(t) {
		if want := c.sizes[b.ID]; b.Status == models.BookingConfirmed && want != len(b.Spaces) {
			rt.Errorf("booking %s has %d spaces, want %d", b.ID, len(b.Spaces), want)
		}
		if b.Status != models.BookingHeld {
			used[b.OrganizerID] += time.Duration(len(b.Spaces)) * b.EndsAt.Sub(b.StartsAt)
		}
	}
	for who, sum := range used {
		if sum > weekly {
			rt.Errorf("%s has booked %v in a week, want at most %v", who, sum, weekly)
		}
	}
}
