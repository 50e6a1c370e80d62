package booking_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"kyoten/booking"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// free asks what is free at Colabo and returns the answers by space.
func (h *house) free(t *testing.T, who *models.Member, p models.Period) map[models.ID]booking.Answer {
	t.Helper()
	list, err := h.svc.Availability(t.Context(), h.as(who), booking.Question{Site: "colabo", StartsAt: p.StartsAt, EndsAt: p.EndsAt})
	if err != nil {
		t.Fatal(err)
	}
	out := map[models.ID]booking.Answer{}
	for _, a := range list {
		out[a.Space.ID] = a
	}
	return out
}

func TestAvailabilitySaysUntilWhenAndFromWhen(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	closure := models.Closure{Site: "colabo", SpaceID: &h.Seats[3].ID, StartsAt: modelstest.At(0, 11, 0), EndsAt: modelstest.At(0, 13, 0), Reason: "lamp"}
	if err := h.store.InsertClosure(t.Context(), &closure); err != nil {
		t.Fatal(err)
	}
	h.mustReserve(t, h.Bob, modelstest.Hours(9, 10), h.Seats[0])
	h.mustReserve(t, h.Bob, modelstest.Hours(11, 12), h.Seats[0])
	h.mustReserve(t, h.Ann, modelstest.Hours(14, 16), h.Seats[0])
	var none time.Time
	hour := func(n int) time.Time { return modelstest.At(0, n, 0) }
	for name, tt := range map[string]struct {
		from, to          int
		seat              int
		free              bool
		until, nextFreeAt time.Time
	}{
		"nothing comes before closing":       {10, 12, 1, true, hour(21), none},
		"exactly between two":                {10, 11, 0, true, hour(11), none},
		"until the next one":                 {12, 13, 0, true, hour(14), none},
		"after the last one":                 {16, 17, 0, true, hour(21), none},
		"something is in the way":            {10, 12, 0, false, none, hour(12)},
		"two are in the way":                 {9, 13, 0, false, none, hour(12)},
		"one is in the way, another follows": {9, 10, 0, false, none, hour(10)},
		"all day":                            {9, 21, 0, false, none, hour(16)},
		"before the opening":                 {8, 10, 1, false, none, hour(9)},
		"over the closing":                   {20, 22, 1, false, none, modelstest.At(1, 9, 0)},
		"before a closure of the seat":       {10, 11, 3, true, hour(11), none},
		"over a closure of the seat":         {10, 12, 3, false, none, hour(13)},
		"after a closure of the seat":        {13, 14, 3, true, hour(21), none},
	} {
		a, ok := h.free(t, h.Ann, modelstest.Hours(tt.from, tt.to))[h.Seats[tt.seat].ID]
		if !ok || a.Free != tt.free || !a.FreeUntil.Equal(tt.until) || !a.NextFreeAt.Equal(tt.nextFreeAt) {
			t.Errorf("%s: got free %t until %s, next %s; want %t, %s, %s", name, a.Free, a.FreeUntil, a.NextFreeAt, tt.free, tt.until, tt.nextFreeAt)
		}
	}
}

func TestAvailabilityOverADayFindsLongBookings(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	week := models.Period{StartsAt: modelstest.At(0, 9, 0), EndsAt: modelstest.At(4, 21, 0)}
	b := models.Booking{
		Status: models.BookingConfirmed, StartsAt: week.StartsAt, EndsAt: week.EndsAt, OrganizerID: h.Bob.ID, CreatedBy: h.Bob.ID,
		Spaces: []models.BookingSpace{{
			SpaceID: h.Seats[0].ID, Site: "colabo", Kind: models.KindSeat, StartsAt: week.StartsAt, EndsAt: week.EndsAt,
			Active: true, Status: models.BookingConfirmed,
		}},
	}
	if err := h.store.InsertBooking(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	thursday := models.Period{StartsAt: modelstest.At(3, 10, 0), EndsAt: modelstest.At(3, 12, 0)}
	if a := h.free(t, h.Ann, thursday)[h.Seats[0].ID]; a.Free || !a.NextFreeAt.Equal(week.EndsAt) {
		t.Errorf("got %+v, want it taken until %s", a, week.EndsAt)
	}
	_, err := h.svc.Reserve(t.Context(), h.as(h.Ann), request(thursday, h.Seats[0]))
	_ = refused(t, err, models.ErrSpaceTaken)
}

func TestAvailabilityShowsWhatTheCallerMaySee(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	hours := modelstest.Hours(10, 12)
	ask := func(who *models.Member, q booking.Question) []booking.Answer {
		q.StartsAt, q.EndsAt = hours.StartsAt, hours.EndsAt
		list, err := h.svc.Availability(t.Context(), h.as(who), q)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if n := len(ask(h.Ann, booking.Question{Site: "shiojiri"})); n != 1 {
		t.Errorf("Ann sees %d spaces at Shiojiri, want the room alone", n)
	}
	if n := len(ask(h.Worker, booking.Question{Site: "shiojiri"})); n != 2 {
		t.Errorf("the worker sees %d spaces at Shiojiri, want the company's seat too", n)
	}
	if n := len(ask(h.Ann, booking.Question{Site: "colabo", Kind: models.KindSeat})); n != 4 {
		t.Errorf("%d seats, want 4", n)
	}
	if n := len(ask(h.Ann, booking.Question{Site: "colabo", Capacity: 2, Equipment: []string{"monitor"}})); n != 1 {
		t.Errorf("%d spaces for two with a monitor, want 1", n)
	}
	if n := len(ask(h.Ann, booking.Question{Site: "colabo", Equipment: []string{"monitor", "whiteboard"}})); n != 0 {
		t.Errorf("%d spaces with a monitor and a whiteboard, want none: all of it is asked for", n)
	}
	for name, tt := range map[string]struct {
		q    booking.Question
		want error
	}{
		"an unknown site": {booking.Question{Site: "atlantis", StartsAt: hours.StartsAt, EndsAt: hours.EndsAt}, models.ErrNotFound},
		"backwards":       {booking.Question{Site: "colabo", StartsAt: hours.EndsAt, EndsAt: hours.StartsAt}, models.ErrEndsBeforeStart},
		"a year":          {booking.Question{Site: "colabo", StartsAt: hours.StartsAt, EndsAt: hours.StartsAt.AddDate(1, 0, 0)}, models.ErrOutOfRange},
	} {
		if _, err := h.svc.Availability(t.Context(), h.as(h.Ann), tt.q); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
}

func TestListsShowWhatTheCallerMayRead(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann := h.mustReserve(t, h.Ann, modelstest.Hours(10, 12), h.Seats[0])
	bob := h.mustReserve(t, h.Bob, modelstest.Hours(11, 13), h.FarRoom)
	worker := h.mustReserve(t, h.Worker, modelstest.Hours(12, 14), h.OfficeSeat)
	shiojiriDesk := &models.Member{Email: "desk2@kyoten.example", Name: "D", Role: models.RoleStaff}
	if err := h.store.InsertMember(t.Context(), shiojiriDesk, "shiojiri"); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		who  *models.Member
		f    booking.Filter
		want []models.ID
	}{
		"a member":                      {h.Ann, booking.Filter{}, []models.ID{ann.ID}},
		"a manager":                     {h.Manager, booking.Filter{}, []models.ID{worker.ID}},
		"the desk":                      {h.Desk, booking.Filter{}, []models.ID{ann.ID}},
		"the other desk":                {shiojiriDesk, booking.Filter{}, []models.ID{bob.ID, worker.ID}},
		"an administrator":              {h.Admin, booking.Filter{}, []models.ID{ann.ID, bob.ID, worker.ID}},
		"one site":                      {h.Admin, booking.Filter{Site: "colabo"}, []models.ID{ann.ID}},
		"an administrator's own":        {h.Admin, booking.Filter{Mine: true}, nil},
		"what overlaps twelve to one":   {h.Admin, booking.Filter{Range: models.Range{From: modelstest.At(0, 12, 0), To: modelstest.At(0, 13, 0)}}, []models.ID{bob.ID, worker.ID}},
		"what begins before the end":    {h.Admin, booking.Filter{Range: models.Range{To: modelstest.At(0, 11, 0)}}, []models.ID{ann.ID}},
		"what ends after the beginning": {h.Admin, booking.Filter{Range: models.Range{From: modelstest.At(0, 13, 0)}}, []models.ID{worker.ID}},
	} {
		tt.f.Limit = 50
		rows, next, err := h.svc.List(t.Context(), h.as(tt.who), tt.f)
		if err != nil || next != nil {
			t.Errorf("%s: %v, next %v", name, err, next)
		}
		if got := idsOf(rows); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
	rows, _, err := h.svc.List(t.Context(), h.as(shiojiriDesk), booking.Filter{Page: models.Page{Limit: 50}})
	if err != nil {
		t.Fatal(err)
	}
	busy := rows[1]
	if busy.View != models.ViewBusy || busy.Organizer != nil || busy.Title != "" || busy.OrganizerID != (models.ID{}) || rows[0].Organizer == nil {
		t.Errorf("the desk reads %+v, want that the office is busy and no more", busy)
	}
	if _, err := h.svc.Booking(t.Context(), h.as(h.Ann), bob.ID); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("somebody else's booking: %v, want ErrNotFound", err)
	}
	if _, err := h.svc.Cancel(t.Context(), h.as(shiojiriDesk), worker.ID); !errors.Is(err, models.ErrForbidden) {
		t.Errorf("the desk cancels what it sees as busy: %v, want ErrForbidden", err)
	}
}

func TestAListIsReadInPages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var want []models.ID
	for hour := 9; hour < 16; hour++ {
		want = append(want, h.mustReserve(t, h.Ann, modelstest.Hours(hour, hour+1), h.Room).ID)
	}
	var got []models.ID
	page := models.Page{Limit: 3}
	for pages := 1; ; pages++ {
		rows, next, err := h.svc.List(t.Context(), h.as(h.Ann), booking.Filter{Page: page})
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, idsOf(rows)...)
		if next == nil {
			if pages != 3 {
				t.Errorf("%d pages, want 3", pages)
			}
			break
		}
		page.After = *next
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func idsOf(rows []booking.Record) []models.ID {
	var ids []models.ID
	for _, r := range rows {
		ids = append(ids, r.ID)
	}
	return ids
}
