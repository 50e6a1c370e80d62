package booking_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"kyoten/booking"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// benchHouse has so many more seats and members, and no limit on open bookings.
func benchHouse(b *testing.B, seats, members int) (h *house, spaces []models.Space, people []models.Principal) {
	b.Helper()
	store, fake := modelstest.Open(b)
	h = &house{World: modelstest.NewWorld(b, store), store: store, svc: booking.New(store, fake.Now)}
	for i := range seats {
		spaces = append(spaces, models.Space{
			Site: "colabo", ZoneID: h.Entrance["colabo"], Kind: models.KindSeat, NameJA: "席", NameEN: "Seat", Capacity: 1,
			Bookable: true, GrainMinutes: 15, Position: 10 + i,
		})
	}
	if err := store.InsertSpaces(b.Context(), spaces); err != nil {
		b.Fatal(err)
	}
	plan := &models.Plan{NameJA: "無", NameEN: "Free", AllSites: true, Rules: map[models.Kind]models.PlanRule{
		models.KindSeat: {MaxOpen: 100000, GraceMinutes: 60},
	}}
	if err := store.InsertPlan(b.Context(), plan); err != nil {
		b.Fatal(err)
	}
	for i := range members {
		m := &models.Member{Email: fmt.Sprintf("b%05d@kyoten.example", i), Name: "B", Role: models.RoleMember, PlanID: &plan.ID}
		if err := store.InsertMember(b.Context(), m); err != nil {
			b.Fatal(err)
		}
		people = append(people, models.Principal{Member: m})
	}
	return h, spaces, people
}

// BenchmarkReserve books distinct seats and hours by distinct members.
func BenchmarkReserve(b *testing.B) {
	h, spaces, people := benchHouse(b, 200, 400)
	var n atomic.Int64
	b.SetParallelism(4)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := int(n.Add(1)) - 1
			slot := i / len(spaces)
			day, hour := slot/12, slot%12
			day += day / 6 // Sundays are closed
			start := modelstest.At(day, 9+hour, 0)
			_, err := h.svc.Reserve(b.Context(), people[i%len(people)], request(models.Period{StartsAt: start, EndsAt: start.Add(time.Hour)}, spaces[i%len(spaces)]))
			if err != nil {
				b.Errorf("booking %d on day %d at %d: %v", i, day, hour, err)
				return
			}
		}
	})
}

// BenchmarkAvailability asks which of 1,000 seats are free, a year's bookings
// beside it.
func BenchmarkAvailability(b *testing.B) {
	for _, days := range []int{2, 20, 200} {
		b.Run(fmt.Sprintf("%dk bookings", days*5), func(b *testing.B) {
			h, spaces, people := benchHouse(b, 1000, 50)
			h.fillSeats(b, spaces, people, days)
			hours := modelstest.Hours(10, 12)
			q := booking.Question{Site: "colabo", Kind: models.KindSeat, StartsAt: hours.StartsAt, EndsAt: hours.EndsAt}
			b.ResetTimer()
			for range b.N {
				list, err := h.svc.Availability(b.Context(), people[0], q)
				if err != nil || len(list) != len(spaces)+4 {
					b.Fatal(len(list), err)
				}
			}
		})
	}
}

// fillSeats stores five bookings a day and seat, half of the days past.
func (h *house) fillSeats(b *testing.B, spaces []models.Space, people []models.Principal, days int) {
	b.Helper()
	for day := -days / 2; day < (days+1)/2; day++ {
		err := h.store.InTx(b.Context(), func(tx *models.Store) error {
			for i := range len(spaces) * 5 {
				start := modelstest.At(day, 9+2*(i/len(spaces))+i%2, 0)
				row := models.Booking{
					Status: models.BookingConfirmed, StartsAt: start, EndsAt: start.Add(time.Hour),
					OrganizerID: people[i%len(people)].Member.ID, CreatedBy: people[i%len(people)].Member.ID,
				}
				row.Spaces = []models.BookingSpace{{
					SpaceID: spaces[i%len(spaces)].ID, Site: "colabo", Kind: models.KindSeat,
					StartsAt: row.StartsAt, EndsAt: row.EndsAt, Active: true, Status: row.Status,
				}}
				if err := tx.InsertBooking(b.Context(), &row); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	h.analyze(b)
}

func (h *house) analyze(b *testing.B) {
	b.Helper()
	db, err := h.store.SQL()
	if err != nil {
		b.Fatal(err)
	}
	if _, err := db.ExecContext(b.Context(), "ANALYZE"); err != nil {
		b.Fatal(err)
	}
}
