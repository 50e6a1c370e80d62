package booking_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"kyoten/booking"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// house is a service on a small consortium whose clock stands at 08:00 on a
// Monday.
type house struct {
	*modelstest.World
	store *models.Store
	svc   *booking.Service
	as    func(*models.Member) models.Principal
}

func newHouse(t *testing.T) *house {
	t.Helper()
	store, fake := modelstest.Open(t)
	return houseOn(t, store, fake)
}

// crowd returns n members without a company.
func (h *house) crowd(t *testing.T, n int) []models.Principal {
	t.Helper()
	out := make([]models.Principal, n)
	for i := range out {
		m := models.Member{Email: fmt.Sprintf("m%03d@kyoten.example", i), Name: "M", Role: models.RoleMember}
		if err := h.store.InsertMember(t.Context(), &m); err != nil {
			t.Fatal(err)
		}
		out[i] = h.as(&m)
	}
	return out
}

// moreRooms adds rooms to Colabo.
func (h *house) moreRooms(t *testing.T, n int) []models.Space {
	t.Helper()
	rooms := make([]models.Space, n)
	for i := range rooms {
		rooms[i] = models.Space{
			Site: "colabo", Kind: models.KindRoom, NameJA: "室", NameEN: "Room", Capacity: 4, Bookable: true, GrainMinutes: 15,
			ZoneID: h.Entrance["colabo"],
		}
	}
	if err := h.store.InsertSpaces(t.Context(), rooms); err != nil {
		t.Fatal(err)
	}
	return rooms
}

func request(p models.Period, spaces ...models.Space) booking.Request {
	req := booking.Request{StartsAt: p.StartsAt, EndsAt: p.EndsAt}
	for _, s := range spaces {
		req.Spaces = append(req.Spaces, s.ID)
	}
	return req
}

// atOnce runs f for every i below n at the same time.
func atOnce(n int, f func(i int)) {
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			f(i)
		})
	}
	close(start)
	wg.Wait()
}

func TestOfTwentyBookersOneGetsTheSeat(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	people := h.crowd(t, 20)
	var won atomic.Int32
	atOnce(20, func(i int) {
		_, err := h.svc.Reserve(t.Context(), people[i], request(modelstest.Hours(10, 12), h.Seats[0]))
		switch {
		case err == nil:
			won.Add(1)
		case !errors.Is(err, models.ErrSpaceTaken):
			t.Errorf("rival got %v, want ErrSpaceTaken", err)
		}
	})
	if won.Load() != 1 {
		t.Errorf("%d rivals won, want 1", won.Load())
	}
}

func TestOfTwentyRequestsOfOneMemberForDifferentSeatsOneIsGranted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann := h.as(h.Ann)
	var won atomic.Int32
	atOnce(20, func(i int) {
		_, err := h.svc.Reserve(t.Context(), ann, request(modelstest.Hours(10, 12), h.Seats[i%4]))
		switch {
		case err == nil:
			won.Add(1)
		case !errors.Is(err, booking.ErrHolderBusy) && !errors.Is(err, models.ErrSpaceTaken):
			t.Errorf("got %v, want ErrHolderBusy or ErrSpaceTaken", err)
		}
	})
	if won.Load() != 1 {
		t.Errorf("%d granted, want 1", won.Load())
	}
}

func TestTwoRoomsInOppositeOrderNeverDeadlock(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	people := h.crowd(t, 8)
	rooms := []models.Space{h.Room, h.FarRoom}
	reversed := []models.Space{h.FarRoom, h.Room}
	for round := range 10 {
		var won atomic.Int32
		period := models.Period{StartsAt: modelstest.At(round%5, 9+round/5, 0), EndsAt: modelstest.At(round%5, 10+round/5, 0)}
		atOnce(len(people), func(i int) {
			wanted := [][]models.Space{rooms, reversed}[i%2]
			b, err := h.svc.Reserve(t.Context(), people[i], request(period, wanted...))
			if err == nil {
				won.Add(1)
				if len(b.Spaces) != 2 || b.Spaces[0].SpaceID != wanted[0].ID {
					t.Errorf("got spaces %v, want both in the order asked for", b.Spaces)
				}
			} else if !errors.Is(err, models.ErrSpaceTaken) {
				t.Errorf("rival got %v, want ErrSpaceTaken", err)
			}
		})
		if won.Load() != 1 {
			t.Errorf("round %d: %d rivals won, want 1", round, won.Load())
		}
	}
	if n := h.deadlocks(t); n != 0 {
		t.Errorf("the database broke %d deadlocks, want none", n)
	}
}

// deadlocks returns how often PostgreSQL had to break a deadlock. SQLite has one
// writer and so none.
func (h *house) deadlocks(t *testing.T) (n int) {
	t.Helper()
	if !modelstest.OnPostgres() {
		return 0
	}
	db, err := h.store.SQL()
	if err != nil {
		t.Fatal(err)
	}
	err = db.QueryRowContext(t.Context(), "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAnySeatIsGivenToAsManyAsThereAreSeats(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	people := h.crowd(t, 20)
	hours := modelstest.Hours(10, 12)
	var mu sync.Mutex
	var got []models.ID
	atOnce(20, func(i int) {
		b, err := h.svc.Reserve(t.Context(), people[i], booking.Request{
			StartsAt: hours.StartsAt, EndsAt: hours.EndsAt, Any: []booking.Want{{Site: "colabo", Kind: models.KindSeat}},
		})
		switch {
		case err == nil:
			mu.Lock()
			got = append(got, b.Spaces[0].SpaceID)
			mu.Unlock()
		case !errors.Is(err, models.ErrSpaceTaken):
			t.Errorf("rival got %v, want ErrSpaceTaken", err)
		}
	})
	slices.SortFunc(got, func(a, b models.ID) int { return slices.Compare(a[:], b[:]) })
	if n := len(slices.Compact(got)); n != 4 {
		t.Errorf("%d different seats were given, want all 4", n)
	}
}

func TestACompanysSharedHoursAreNeverExceeded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	company := models.Company{NameJA: "共同", NameEN: "Pool", MinutesPerWeek: 5 * 60}
	if err := h.store.InsertCompany(t.Context(), &company); err != nil {
		t.Fatal(err)
	}
	var people []models.Principal
	for i := range 8 {
		m := models.Member{Email: fmt.Sprintf("pool%d@kyoten.example", i), Name: "P", Role: models.RoleMember, CompanyID: &company.ID}
		if err := h.store.InsertMember(t.Context(), &m); err != nil {
			t.Fatal(err)
		}
		people = append(people, h.as(&m))
	}
	var hours atomic.Int32
	atOnce(8, func(i int) {
		period := models.Period{StartsAt: modelstest.At(i/4, 10, 0), EndsAt: modelstest.At(i/4, 12, 0)}
		_, err := h.svc.Reserve(t.Context(), people[i], request(period, h.Seats[i%4]))
		switch {
		case err == nil:
			hours.Add(2)
		case !errors.Is(err, booking.ErrOverQuota):
			t.Errorf("got %v, want ErrOverQuota", err)
		}
	})
	if hours.Load() != 4 {
		t.Errorf("%d hours were booked, want 4 (a third booking would go over 5)", hours.Load())
	}
}
