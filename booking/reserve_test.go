package booking_test

import (
	"errors"
	"testing"
	"time"

	"kyoten/booking"
	"kyoten/internal/fault"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// mustReserve books or fails the test.
func (h *house) mustReserve(t *testing.T, who *models.Member, p models.Period, spaces ...models.Space) booking.Record {
	t.Helper()
	r, err := h.svc.Reserve(t.Context(), h.as(who), request(p, spaces...))
	if err != nil {
		t.Fatalf("reserve: %v", err)
	}
	return r
}

// refused fails the test unless err is a refusal by want, and returns it.
func refused(t *testing.T, err, want error) *booking.Refusal {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got %v, want %v", err, want)
	}
	r, ok := errors.AsType[*booking.Refusal](err)
	if !ok {
		t.Fatalf("got a plain %v, want a refusal with alternatives", err)
	}
	return r
}

func TestReserveStoresTheBookingItsPassesAndItsNotices(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	hours := modelstest.Hours(10, 12)
	req := request(hours, h.Room, h.FarRoom)
	req.Title, req.Guests = "Kick-off", []booking.Invitation{{Name: "Gus", Email: "gus@example.com"}}
	r, err := h.svc.Reserve(t.Context(), h.as(h.Ann), req)
	if err != nil {
		t.Fatal(err)
	}
	stored, err := h.svc.Booking(t.Context(), h.as(h.Ann), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	if stored.Title != "Kick-off" || len(stored.Spaces) != 2 || len(stored.Guests) != 1 || stored.Reference == "" ||
		stored.Status != models.BookingConfirmed || !stored.Period().StartsAt.Equal(hours.StartsAt) || stored.Organizer.ID != h.Ann.ID {
		t.Errorf("stored %+v", stored)
	}
	passes, err := h.store.BookingPasses(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	if len(passes) != 4 {
		t.Errorf("%d passes, want one for each person and site", len(passes))
	}
	if got := h.notices(t, r.ID); got["booking_confirmed"] != 1 || got["guest_invited"] != 1 {
		t.Errorf("notices %v, want a confirmation and an invitation", got)
	}
}

// notices counts the notices about a booking by kind.
func (h *house) notices(t *testing.T, id models.ID) map[string]int {
	t.Helper()
	db, err := h.store.SQL()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.QueryContext(t.Context(), "SELECT kind FROM outbox WHERE CAST(booking_id AS text) = '"+id.String()+"'")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	out := map[string]int{}
	for rows.Next() {
		var kind string
		if err := rows.Scan(&kind); err != nil {
			t.Fatal(err)
		}
		out[kind]++
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestARefusalNamesWhatIsInTheWayAndOffersWhatCanBeBooked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.mustReserve(t, h.Bob, modelstest.Hours(10, 12), h.Room)
	_, err := h.svc.Reserve(t.Context(), h.as(h.Ann), request(modelstest.Hours(11, 13), h.Room))
	r := refused(t, err, models.ErrSpaceTaken)
	want := booking.Conflict{Space: h.Room.ID, StartsAt: modelstest.At(0, 10, 0), EndsAt: modelstest.At(0, 12, 0)}
	if len(r.Conflicts) != 1 || r.Conflicts[0] != want {
		t.Errorf("conflicts %v, want %v", r.Conflicts, want)
	}
	h.allBookable(t, h.Ann, r, 3)
}

// allBookable books every alternative as it was offered.
func (h *house) allBookable(t *testing.T, who *models.Member, r *booking.Refusal, want int) {
	t.Helper()
	if len(r.Alternatives) != want {
		t.Errorf("%s offers %d alternatives, want %d: %v", r.Fault.Code, len(r.Alternatives), want, r.Alternatives)
	}
	for _, alt := range r.Alternatives {
		rec, err := h.svc.Reserve(t.Context(), h.as(who), booking.Request{StartsAt: alt.StartsAt, EndsAt: alt.EndsAt, Spaces: alt.Spaces})
		if err != nil {
			t.Errorf("%s offered %v, but: %v", r.Fault.Code, alt, err)
			continue
		}
		if _, err := h.svc.Cancel(t.Context(), h.as(who), rec.ID); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEveryRefusalThatHasAnAlternativeOffersIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	closure := models.Closure{Site: "colabo", StartsAt: modelstest.At(2, 9, 0), EndsAt: modelstest.At(2, 21, 0), Reason: "inspection"}
	if err := h.store.InsertClosure(t.Context(), &closure); err != nil {
		t.Fatal(err)
	}
	h.mustReserve(t, h.Ann, modelstest.Hours(10, 12), h.Seats[0])
	day := func(d, from, to int) models.Period {
		return models.Period{StartsAt: modelstest.At(d, from, 0), EndsAt: modelstest.At(d, to, 0)}
	}
	quarterPast := models.Period{StartsAt: modelstest.At(0, 13, 10), EndsAt: modelstest.At(0, 14, 10)}
	for name, tt := range map[string]struct {
		period models.Period
		spaces []models.Space
		want   error
		offers int
	}{
		"off the grain":      {quarterPast, []models.Space{h.Room}, booking.ErrOffGrain, 3},
		"yesterday":          {day(-1, 10, 12), []models.Space{h.Room}, booking.ErrInThePast, 3},
		"in half a year":     {day(182, 10, 12), []models.Space{h.Room}, booking.ErrTooFarAhead, 3},
		"too long":           {day(0, 9, 20), []models.Space{h.Room}, booking.ErrTooLong, 0},
		"not for Ann":        {day(0, 10, 12), []models.Space{h.OfficeSeat}, models.ErrNotFound, -1},
		"closed":             {day(2, 10, 12), []models.Space{h.Room}, booking.ErrSiteClosed, 3},
		"on Sunday":          {day(6, 10, 12), []models.Space{h.Room}, booking.ErrOutsideOpeningHours, 3},
		"late at night":      {day(0, 20, 22), []models.Space{h.Room}, booking.ErrOutsideOpeningHours, 3},
		"a second seat":      {day(0, 11, 13), []models.Space{h.Seats[1]}, booking.ErrHolderBusy, 3},
		"the seat she has":   {day(0, 11, 13), []models.Space{h.Seats[0]}, models.ErrSpaceTaken, 3},
		"two seats at once":  {day(0, 14, 15), []models.Space{h.Seats[0], h.Seats[1]}, booking.ErrHolderBusy, 0},
		"a linked one, shut": {day(2, 10, 12), []models.Space{h.Room, h.FarRoom}, booking.ErrSiteClosed, 3},
	} {
		_, err := h.svc.Reserve(t.Context(), h.as(h.Ann), request(tt.period, tt.spaces...))
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
			continue
		}
		if tt.offers < 0 {
			continue
		}
		h.allBookable(t, h.Ann, refused(t, err, tt.want), tt.offers)
	}
}

func TestWhenOneSeatIsLeftItIsOffered(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	people := h.crowd(t, 3)
	for i, p := range people {
		if _, err := h.svc.Reserve(t.Context(), p, request(modelstest.Hours(9, 21), h.Seats[i])); err != nil {
			t.Fatal(err)
		}
	}
	_, err := h.svc.Reserve(t.Context(), h.as(h.Ann), request(modelstest.Hours(10, 12), h.Seats[0]))
	r := refused(t, err, models.ErrSpaceTaken)
	if len(r.Alternatives) == 0 || r.Alternatives[0].Spaces[0] != h.Seats[3].ID || !r.Alternatives[0].StartsAt.Equal(modelstest.At(0, 10, 0)) {
		t.Errorf("offers %v, want the last free seat at the same time first", r.Alternatives)
	}
	h.allBookable(t, h.Ann, r, 3)
}

func TestLimitsOfOpenBookingsAndHours(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	plan := &models.Plan{NameJA: "少", NameEN: "Small", AllSites: true, Rules: map[models.Kind]models.PlanRule{
		models.KindSeat: {HorizonDays: 30, MaxOpen: 2},
		models.KindRoom: {HorizonDays: 30, MinutesPerWeek: 180, MinutesPerMonth: 300},
	}}
	if err := h.store.InsertPlan(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	m := &models.Member{Email: "small@kyoten.example", Name: "S", Role: models.RoleMember, PlanID: &plan.ID}
	if err := h.store.InsertMember(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	day := func(d, from, to int) models.Period {
		return models.Period{StartsAt: modelstest.At(d, from, 0), EndsAt: modelstest.At(d, to, 0)}
	}
	h.mustReserve(t, m, day(0, 9, 10), h.Seats[0])
	second := h.mustReserve(t, m, day(1, 9, 10), h.Seats[0])
	_, err := h.svc.Reserve(t.Context(), h.as(m), request(day(2, 9, 10), h.Seats[0]))
	if r := refused(t, err, booking.ErrTooManyOpenBookings); len(r.Alternatives) != 0 {
		t.Errorf("offers %v, but a third booking is never granted", r.Alternatives)
	}
	if _, err := h.svc.Cancel(t.Context(), h.as(m), second.ID); err != nil {
		t.Fatal(err)
	}
	h.mustReserve(t, m, day(2, 9, 10), h.Seats[0])

	h.mustReserve(t, m, day(0, 12, 14), h.Room)
	_, err = h.svc.Reserve(t.Context(), h.as(m), request(day(1, 12, 14), h.Room))
	r := refused(t, err, booking.ErrOverQuota)
	if len(r.Alternatives) == 0 || r.Alternatives[0].StartsAt.Before(modelstest.At(7, 0, 0)) {
		t.Errorf("offers %v, want times in the next week", r.Alternatives)
	}
	h.allBookable(t, m, r, 3)
	one := h.mustReserve(t, m, day(1, 12, 13), h.Room)
	later := modelstest.At(1, 14, 0)
	if _, err := h.svc.Reschedule(t.Context(), h.as(m), one.ID, booking.Change{EndsAt: &later}); !errors.Is(err, booking.ErrOverQuota) {
		t.Errorf("made longer over the week's hours: %v, want ErrOverQuota", err)
	}
	earlier := modelstest.At(1, 11, 0)
	one2, err := h.svc.Reschedule(t.Context(), h.as(m), one.ID, booking.Change{StartsAt: &earlier, EndsAt: new(modelstest.At(1, 12, 0))})
	if err != nil {
		t.Errorf("moved within the week's hours: %v", err)
	}
	h.mustReserve(t, m, day(7, 12, 14), h.Room)
	if _, err := h.svc.Reserve(t.Context(), h.as(m), request(day(14, 12, 13), h.Room)); !errors.Is(err, booking.ErrOverQuota) {
		t.Errorf("a sixth hour in December: %v, want ErrOverQuota", err)
	}
	if one2.Version != one.Version+1 {
		t.Errorf("version is %d after a change of %d", one2.Version, one.Version)
	}
}

func TestWhoMayBookForWhom(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name, tt := range map[string]struct {
		by, whom *models.Member
		want     error
	}{
		"a member for another":              {h.Ann, h.Bob, models.ErrForbidden},
		"a member for themselves":           {h.Ann, h.Ann, nil},
		"a manager within the company":      {h.Manager, h.Worker, nil},
		"a manager for somebody else":       {h.Manager, h.Ann, models.ErrNotFound},
		"the desk for anybody":              {h.Desk, h.Ann, nil},
		"an administrator for anybody":      {h.Admin, h.Bob, nil},
		"a member for one of their company": {h.Worker, h.Manager, models.ErrForbidden},
	} {
		req := request(modelstest.Hours(10, 11), h.Room)
		req.OnBehalfOf = &tt.whom.ID
		r, err := h.svc.Reserve(t.Context(), h.as(tt.by), req)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
		if err == nil {
			if r.OrganizerID != tt.whom.ID || r.CreatedBy != tt.by.ID {
				t.Errorf("%s: organizer %s, created by %s", name, r.OrganizerID, r.CreatedBy)
			}
			if _, err := h.svc.Cancel(t.Context(), h.as(tt.by), r.ID); err != nil {
				t.Errorf("%s: cancel: %v", name, err)
			}
		}
	}
	req := request(modelstest.Hours(10, 11), h.Room)
	unknown := models.NewID()
	req.OnBehalfOf = &unknown
	if _, err := h.svc.Reserve(t.Context(), h.as(h.Ann), req); !errors.Is(err, models.ErrForbidden) {
		t.Errorf("a member for nobody: %v, want the same answer as for somebody", err)
	}
	if _, err := h.svc.Reserve(t.Context(), h.as(h.Manager), req); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("a manager for nobody: %v, want the same answer as for somebody else", err)
	}
}

func TestAnyTakesTheSmallestThatFits(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	hours := modelstest.Hours(10, 12)
	any := func(wants ...booking.Want) (booking.Record, error) {
		return h.svc.Reserve(t.Context(), h.as(h.Ann), booking.Request{StartsAt: hours.StartsAt, EndsAt: hours.EndsAt, Any: wants})
	}
	colabo := booking.Want{Site: "colabo", Kind: models.KindRoom}
	far := booking.Want{Site: "shiojiri", Kind: models.KindRoom, Equipment: []string{"monitor", "whiteboard"}}
	r, err := any(colabo, far)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Spaces) != 2 || r.Spaces[0].SpaceID != h.Room.ID || r.Spaces[1].SpaceID != h.FarRoom.ID {
		t.Errorf("got %v, want the rooms of both sites in the order asked for", r.Spaces)
	}
	if _, err := any(colabo); !errors.Is(err, models.ErrSpaceTaken) {
		t.Errorf("the only room again: %v, want ErrSpaceTaken", err)
	}
	colabo.Capacity = 7
	if _, err := any(colabo); !errors.Is(err, booking.ErrCapacityExceeded) {
		t.Errorf("a room for seven where there is one for six: %v, want ErrCapacityExceeded", err)
	}
	far.Equipment = []string{"piano"}
	if _, err := any(far); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("a room with a piano: %v, want ErrNotFound", err)
	}
	if _, err := any(booking.Want{Site: "atlantis", Kind: models.KindSeat}); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("a seat in Atlantis: %v, want ErrNotFound", err)
	}
	if _, err := any(booking.Want{Site: "shiojiri", Kind: models.KindSeat}); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("a seat where all belong to a company: %v, want ErrNotFound", err)
	}
}

func TestNotFoundComesBeforeEveryRule(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	backwards := models.Period{StartsAt: modelstest.At(0, 12, 0), EndsAt: modelstest.At(0, 10, 0)}
	req := request(backwards, h.Room)
	req.Spaces = append(req.Spaces, models.NewID())
	_, err := h.svc.Reserve(t.Context(), h.as(h.Ann), req)
	if !errors.Is(err, models.ErrNotFound) || fault.From(err).Pointer != "spaces/1" {
		t.Errorf("got %v, want ErrNotFound on spaces/1", err)
	}
	if _, err := h.svc.Reserve(t.Context(), h.as(h.Ann), request(backwards, h.Room)); !errors.Is(err, models.ErrEndsBeforeStart) {
		t.Errorf("got %v, want ErrEndsBeforeStart", err)
	}
}

func TestSomethingMustBeAskedForAndOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ten := modelstest.Hours(10, 11)
	for name, req := range map[string]booking.Request{
		"nothing":             request(ten),
		"the same room twice": request(ten, h.Room, h.Room),
	} {
		if _, err := h.svc.Reserve(t.Context(), h.as(h.Ann), req); !errors.Is(err, models.ErrInvalidInput) {
			t.Errorf("%s: got %v, want ErrInvalidInput", name, err)
		}
	}
	made := h.mustReserve(t, h.Ann, ten, h.Room)
	for name, spaces := range map[string][]models.ID{"no room": {}, "the same room twice": {h.Room.ID, h.Room.ID}} {
		_, err := h.svc.Reschedule(t.Context(), h.as(h.Ann), made.Booking.ID, booking.Change{Spaces: spaces})
		if !errors.Is(err, models.ErrInvalidInput) {
			t.Errorf("a change to %s: got %v, want ErrInvalidInput", name, err)
		}
	}
}

// TestAPartOfASecondIsOffTheGrain: it is not cut off without a word.
func TestAPartOfASecondIsOffTheGrain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	hours := modelstest.Hours(10, 12)
	r := h.mustReserve(t, h.Ann, hours, h.Room)
	late := models.Period{StartsAt: modelstest.At(1, 10, 0).Add(time.Second / 2), EndsAt: modelstest.At(1, 12, 0)}
	_, err := h.svc.Reserve(t.Context(), h.as(h.Ann), request(late, h.Room))
	if !errors.Is(err, booking.ErrOffGrain) || fault.From(err).Pointer != "starts_at" {
		t.Errorf("reserved: %v, want starts_at to be off the grain", err)
	}
	_, err = h.svc.ReserveSeries(t.Context(), h.as(h.Ann), repeat("FREQ=DAILY;COUNT=2", late, h.Room))
	if !errors.Is(err, booking.ErrOffGrain) {
		t.Errorf("reserved as a series: %v, want ErrOffGrain", err)
	}
	end := hours.EndsAt.Add(time.Millisecond)
	_, err = h.svc.Reschedule(t.Context(), h.as(h.Ann), r.ID, booking.Change{EndsAt: &end})
	if !errors.Is(err, booking.ErrOffGrain) || fault.From(err).Pointer != "ends_at" {
		t.Errorf("rescheduled: %v, want ends_at to be off the grain", err)
	}
}

func TestATitleIsOneLine(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	req := request(modelstest.Hours(10, 12), h.Room)
	req.Title = " \tweekly\r\nmeeting\x1b\n"
	r, err := h.svc.Reserve(t.Context(), h.as(h.Ann), req)
	if err != nil || r.Title != "weekly meeting" {
		t.Errorf("title %q (%v), want it on one line", r.Title, err)
	}
}

// TestAPlanWithoutRulesForAKindAllowsNoneOfIt, and says so where people look for
// what is free.
func TestAPlanWithoutRulesForAKindAllowsNoneOfIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	plan := &models.Plan{NameJA: "席だけ", AllSites: true, Rules: map[models.Kind]models.PlanRule{models.KindSeat: {HorizonDays: 30}}}
	must(t, h.store.InsertPlan(t.Context(), plan))
	m := &models.Member{Email: "seats@kyoten.example", Name: "S", Role: models.RoleMember, PlanID: &plan.ID}
	must(t, h.store.InsertMember(t.Context(), m))
	hours := modelstest.Hours(10, 12)
	_, err := h.svc.Reserve(t.Context(), h.as(m), request(hours, h.Room))
	refusal := refused(t, err, models.ErrSpaceNotBookable)
	if len(refusal.Alternatives) != 0 {
		t.Errorf("offered %+v in place of a room", refusal.Alternatives)
	}
	free := h.free(t, m, hours)
	if free[h.Room.ID].Free || !free[h.Seats[0].ID].Free {
		t.Errorf("the room is free: %t, the seat %t; want the seat alone", free[h.Room.ID].Free, free[h.Seats[0].ID].Free)
	}
	h.mustReserve(t, m, hours, h.Seats[0])
}
