package booking_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kyoten/booking"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// random is a house with rooms, holds and closures at random, and what is needed
// to look at each of them one by one.
type random struct {
	*house
	rooms []models.Space
	holds map[models.ID][]models.Period
	plan  *models.Plan
	me    *models.Member
}

func newRandom(t *testing.T, rt *rapid.T, h *house, round int) *random {
	r := &random{house: h, holds: map[models.ID][]models.Period{}}
	r.plan = &models.Plan{NameJA: "乱", NameEN: "Random", AllSites: true, Rules: map[models.Kind]models.PlanRule{
		models.KindRoom: {
			HorizonDays: rapid.IntRange(2, 5).Draw(rt, "horizon"), BufferMinutes: 15 * rapid.IntRange(0, 2).Draw(rt, "buffer"),
			NoticeMinutes: 15 * rapid.IntRange(0, 8).Draw(rt, "notice"),
		},
	}}
	must(t, h.store.InsertPlan(t.Context(), r.plan))
	r.me = &models.Member{Email: fmt.Sprintf("r%d@kyoten.example", round), Name: "R", Role: models.RoleMember, PlanID: &r.plan.ID}
	must(t, h.store.InsertMember(t.Context(), r.me))
	for _, site := range []string{"colabo", "shiojiri"} {
		for range rapid.IntRange(1, 3).Draw(rt, "rooms") {
			r.rooms = append(r.rooms, models.Space{
				Site: site, ZoneID: h.Entrance[site], Kind: models.KindRoom, NameJA: "室", NameEN: "Room",
				Capacity: rapid.IntRange(1, 5).Draw(rt, "capacity"), Bookable: rapid.IntRange(0, 9).Draw(rt, "bookable") > 0,
				GrainMinutes: rapid.SampledFrom([]int{15, 30, 60}).Draw(rt, "grain"), Equipment: models.Strings{fmt.Sprint("round", round)},
			})
		}
	}
	must(t, h.store.InsertSpaces(t.Context(), r.rooms))
	must(t, h.store.InTx(t.Context(), func(tx *models.Store) error {
		for _, room := range r.rooms {
			r.fill(t, rt, tx, room)
		}
		return nil
	}))
	r.close(t, rt)
	return r
}

// fill books a room here and there for three days.
func (r *random) fill(t *testing.T, rt *rapid.T, tx *models.Store, room models.Space) {
	at := modelstest.At(0, 6, 0)
	for end := modelstest.At(2, 22, 0); at.Before(end); {
		at = at.Add(time.Duration(rapid.IntRange(0, 24).Draw(rt, "gap")) * 15 * time.Minute)
		p := models.Period{StartsAt: at, EndsAt: at.Add(time.Duration(rapid.IntRange(1, 20).Draw(rt, "length")) * 15 * time.Minute)}
		at = p.EndsAt
		b := models.Booking{
			Status: models.BookingConfirmed, StartsAt: p.StartsAt, EndsAt: p.EndsAt, OrganizerID: r.Bob.ID, CreatedBy: r.Bob.ID,
			Spaces: []models.BookingSpace{{
				SpaceID: room.ID, Site: room.Site, Kind: room.Kind, StartsAt: p.StartsAt, EndsAt: p.EndsAt,
				Active: rapid.IntRange(0, 4).Draw(rt, "active") > 0, Status: models.BookingConfirmed,
			}},
		}
		if expires := rapid.IntRange(0, 9).Draw(rt, "expires"); expires < 2 {
			end := modelstest.At(0, 7+2*expires, 0) // before or after now
			b.Spaces[0].ExpiresAt = &end
		}
		must(t, tx.InsertBooking(t.Context(), &b))
		if hold := b.Spaces[0]; hold.Active && (hold.ExpiresAt == nil || hold.ExpiresAt.After(modelstest.Monday)) {
			r.holds[room.ID] = append(r.holds[room.ID], p)
		}
	}
}

// close shuts a site or one of its rooms for a while.
func (r *random) close(t *testing.T, rt *rapid.T) {
	for range rapid.IntRange(0, 3).Draw(rt, "closures") {
		room := rapid.SampledFrom(r.rooms).Draw(rt, "closed")
		start := modelstest.At(0, 8, 0).Add(time.Duration(rapid.IntRange(0, 250).Draw(rt, "shut")) * 15 * time.Minute)
		c := models.Closure{Site: room.Site, StartsAt: start, EndsAt: start.Add(3 * time.Hour), Reason: "x"}
		if rapid.Bool().Draw(rt, "alone") {
			c.SpaceID = &room.ID
		}
		must(t, r.store.InsertClosure(t.Context(), &c))
	}
}

// bruteForce asks of every quarter of an hour and every pair of rooms whether it
// would do.
func (r *random) bruteForce(t *testing.T, q booking.CommonQuestion) map[time.Time][][2]models.ID {
	cat, err := r.store.Catalogue(t.Context())
	must(t, err)
	out := map[time.Time][][2]models.ID{}
	for start := q.From.Truncate(15 * time.Minute); !start.Add(q.Duration).After(q.To); start = start.Add(15 * time.Minute) {
		p := models.Period{StartsAt: start, EndsAt: start.Add(q.Duration)}
		if start.Before(q.From) {
			continue
		}
		for _, a := range r.rooms {
			for _, b := range r.rooms {
				if a.Site == q.Sites[0] && b.Site == q.Sites[1] && r.wouldDo(cat, a, p, q) && r.wouldDo(cat, b, p, q) {
					out[start] = append(out[start], [2]models.ID{a.ID, b.ID})
				}
			}
		}
	}
	return out
}

func (r *random) wouldDo(cat *models.Catalogue, room models.Space, p models.Period, q booking.CommonQuestion) bool {
	rule := r.plan.Rules[models.KindRoom]
	now := modelstest.Monday
	h, m, _ := p.StartsAt.In(time.FixedZone("JST", 9*3600)).Clock()
	space, err := cat.Space(room.ID)
	if err != nil {
		return false
	}
	site, err := cat.Site(room.Site)
	if err != nil {
		return false
	}
	hold := models.Period{StartsAt: p.StartsAt, EndsAt: p.EndsAt.Add(time.Duration(rule.BufferMinutes) * time.Minute)}
	return room.Bookable && room.Capacity >= q.Capacity && (h*60+m)%room.GrainMinutes == 0 &&
		(int(q.Duration.Minutes())%room.GrainMinutes) == 0 &&
		!p.StartsAt.Before(now.Add(time.Duration(rule.NoticeMinutes)*time.Minute)) &&
		!p.EndsAt.After(now.Add(time.Duration(rule.HorizonDays)*24*time.Hour)) &&
		!cat.Closed(space, p) && site.WithinHours(p) &&
		!slices.ContainsFunc(r.holds[room.ID], hold.Overlaps)
}

func TestTheFinderEqualsABruteForceSearch(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		h.exec(t, "DELETE FROM closures")
		r := newRandom(t, rt, h, round)
		sites := rapid.Permutation([]string{"colabo", "shiojiri"}).Draw(rt, "sites")
		q := booking.CommonQuestion{
			Sites: sites, Duration: time.Duration(rapid.IntRange(1, 8).Draw(rt, "duration")) * 15 * time.Minute,
			From:     modelstest.At(0, 7, 0).Add(time.Duration(rapid.IntRange(0, 600).Draw(rt, "from")) * time.Minute),
			Capacity: rapid.IntRange(0, 4).Draw(rt, "people"), Equipment: []string{fmt.Sprint("round", round)},
		}
		q.To = q.From.Add(time.Duration(rapid.IntRange(60, 72*60).Draw(rt, "to")) * time.Minute)
		got, err := h.svc.Common(t.Context(), h.as(r.me), q)
		if errors.Is(err, booking.ErrOffGrain) {
			return // no room there takes such a length
		}
		must(t, err)
		r.compare(t, rt, got, r.bruteForce(t, q))
	})
}

// exec runs a statement past the program.
func (h *house) exec(t testing.TB, sql string) {
	t.Helper()
	db, err := h.store.SQL()
	must(t, err)
	_, err = db.ExecContext(t.Context(), sql)
	must(t, err)
}

// compare checks that the starts are the same, in order, and that each offers a
// pair that would do and none that is smaller.
func (r *random) compare(t *testing.T, rt *rapid.T, got []booking.Slot, want map[time.Time][][2]models.ID) {
	t.Helper()
	if len(got) != len(want) {
		rt.Errorf("%d slots, want %d", len(got), len(want))
	}
	capacity := map[models.ID]int{}
	for _, room := range r.rooms {
		capacity[room.ID] = room.Capacity
	}
	for i, slot := range got {
		if i > 0 && !got[i-1].StartsAt.Before(slot.StartsAt) {
			rt.Errorf("slot %d begins at %s, the one before at %s", i, slot.StartsAt, got[i-1].StartsAt)
		}
		pair := [2]models.ID{slot.Spaces[0].ID, slot.Spaces[1].ID}
		if !slices.Contains(want[slot.StartsAt], pair) {
			rt.Errorf("offers %v at %s, want one of %v", pair, slot.StartsAt, want[slot.StartsAt])
		}
		for _, other := range want[slot.StartsAt] {
			if capacity[other[0]] < capacity[pair[0]] || capacity[other[1]] < capacity[pair[1]] {
				rt.Errorf("offers %v at %s, but %v is smaller", pair, slot.StartsAt, other)
			}
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatTheFinderOffersCanBeBooked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.mustReserve(t, h.Bob, modelstest.Hours(10, 13), h.Room)
	q := booking.CommonQuestion{
		Sites: []string{"shiojiri", "colabo"}, Duration: time.Hour, From: modelstest.At(0, 9, 0), To: modelstest.At(0, 15, 0),
	}
	slots, err := h.svc.Common(t.Context(), h.as(h.Ann), q)
	must(t, err)
	var starts []time.Time
	for _, s := range slots {
		starts = append(starts, s.StartsAt)
		if s.Spaces[0].ID != h.FarRoom.ID || s.Spaces[1].ID != h.Room.ID {
			t.Errorf("rooms %v, want them in the order of the sites", s.Spaces)
		}
		r := h.mustReserve(t, h.Ann, s.Period, h.Room, h.FarRoom)
		if _, err := h.svc.Cancel(t.Context(), h.as(h.Ann), r.ID); err != nil {
			t.Fatal(err)
		}
	}
	want := []time.Time{
		modelstest.At(0, 9, 0), modelstest.At(0, 13, 0), modelstest.At(0, 13, 15), modelstest.At(0, 13, 30),
		modelstest.At(0, 13, 45), modelstest.At(0, 14, 0),
	}
	if !slices.EqualFunc(starts, want, time.Time.Equal) {
		t.Errorf("starts %v, want %v", starts, want)
	}
}

func TestRoomsThatMetBeforeMeetAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	more := []models.Space{{
		Site: "colabo", ZoneID: h.Entrance["colabo"], Kind: models.KindRoom, NameJA: "会議室2", NameEN: "Room 2", Capacity: 6,
		Bookable: true, GrainMinutes: 15, Position: 9,
	}}
	must(t, h.store.InsertSpaces(t.Context(), more))
	q := booking.CommonQuestion{
		Sites: []string{"colabo", "shiojiri"}, Duration: time.Hour, From: modelstest.At(1, 9, 0), To: modelstest.At(1, 10, 0),
	}
	offered := func() models.ID {
		slots, err := h.svc.Common(t.Context(), h.as(h.Ann), q)
		must(t, err)
		if len(slots) != 1 {
			t.Fatalf("%d slots, want 1", len(slots))
		}
		return slots[0].Spaces[0].ID
	}
	if got := offered(); got != h.Room.ID {
		t.Errorf("at first offers %s, want the first room", got)
	}
	h.mustReserve(t, h.Ann, modelstest.Hours(10, 11), more[0], h.FarRoom)
	if got := offered(); got != more[0].ID {
		t.Errorf("afterwards offers %s, want the room they met in", got)
	}
}

func TestTheFinderRefuses(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name, tt := range map[string]struct {
		change func(*booking.CommonQuestion)
		want   error
	}{
		"an unknown site":  {func(q *booking.CommonQuestion) { q.Sites[1] = "atlantis" }, models.ErrNotFound},
		"a site twice":     {func(q *booking.CommonQuestion) { q.Sites[1] = q.Sites[0] }, models.ErrInvalidInput},
		"one site":         {func(q *booking.CommonQuestion) { q.Sites = q.Sites[:1] }, models.ErrInvalidInput},
		"no time":          {func(q *booking.CommonQuestion) { q.Duration = 0 }, booking.ErrTooShort},
		"backwards":        {func(q *booking.CommonQuestion) { q.To = q.From }, models.ErrEndsBeforeStart},
		"three weeks":      {func(q *booking.CommonQuestion) { q.To = q.From.AddDate(0, 0, 21) }, models.ErrOutOfRange},
		"five hours":       {func(q *booking.CommonQuestion) { q.Duration = 5 * time.Hour }, booking.ErrTooLong},
		"fifty minutes":    {func(q *booking.CommonQuestion) { q.Duration = 50 * time.Minute }, booking.ErrOffGrain},
		"nothing too much": {func(*booking.CommonQuestion) {}, nil},
	} {
		q := booking.CommonQuestion{
			Sites: []string{"colabo", "shiojiri"}, Duration: time.Hour, From: modelstest.At(0, 9, 0), To: modelstest.At(1, 10, 0),
		}
		tt.change(&q)
		if _, err := h.svc.Common(t.Context(), h.as(h.Ann), q); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
}
