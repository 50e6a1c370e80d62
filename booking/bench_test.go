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

// BenchmarkCommon looks for an hour at three sites with fifty rooms each, which
// have 100,000 bookings within four weeks.
func BenchmarkCommon(b *testing.B) {
	store, fake := modelstest.Open(b)
	h := &house{World: modelstest.NewWorld(b, store), store: store, svc: booking.New(store, fake.Now)}
	h.exec(b, "INSERT INTO sites (slug, name_ja, name_en, time_zone, created_at, updated_at) SELECT 'knowers', 'K', 'K', time_zone, created_at, updated_at FROM sites WHERE slug = 'colabo'")
	h.exec(b, "INSERT INTO opening_hours (site, weekday, opens, closes) SELECT 'knowers', weekday, opens, closes FROM opening_hours WHERE site = 'colabo'")
	zone := &models.Zone{Site: "knowers", NameJA: "入口", NameEN: "Entrance"}
	must(b, store.InsertZone(b.Context(), zone))
	zones := map[string]int{"colabo": h.Entrance["colabo"], "shiojiri": h.Entrance["shiojiri"], "knowers": zone.ID}
	sites := []string{"shiojiri", "colabo", "knowers"}
	var rooms []models.Space
	for i := range 150 {
		rooms = append(rooms, models.Space{
			Site: sites[i%3], ZoneID: zones[sites[i%3]], Kind: models.KindRoom, NameJA: "室", NameEN: "Room", Capacity: 4 + i%5,
			Bookable: true, GrainMinutes: 15, Position: i,
		})
	}
	must(b, store.InsertSpaces(b.Context(), rooms))
	h.fillRooms(b, rooms, 100_000)
	q := booking.CommonQuestion{Sites: sites, Duration: time.Hour, From: modelstest.At(0, 9, 0), To: modelstest.At(14, 9, 0)}
	b.ResetTimer()
	for range b.N {
		slots, err := h.svc.Common(b.Context(), models.Principal{Member: h.Ann}, q)
		if err != nil || len(slots) == 0 {
			b.Fatal(len(slots), err)
		}
	}
}

// fillRooms spreads bookings of half an hour over four weeks, nights included.
func (h *house) fillRooms(b *testing.B, rooms []models.Space, n int) {
	b.Helper()
	for done := 0; done < n; done += 5000 {
		must(b, h.store.InTx(b.Context(), func(tx *models.Store) error {
			for i := done; i < min(done+5000, n); i++ {
				start := modelstest.At(0, 0, 0).Add(time.Duration(i/len(rooms)) * time.Hour).Add(time.Duration(i%2) * 30 * time.Minute)
				row := models.Booking{
					Status: models.BookingConfirmed, StartsAt: start, EndsAt: start.Add(30 * time.Minute), OrganizerID: h.Bob.ID, CreatedBy: h.Bob.ID,
				}
				room := rooms[i%len(rooms)]
				row.Spaces = []models.BookingSpace{{
					SpaceID: room.ID, Site: room.Site, Kind: models.KindRoom, StartsAt: start, EndsAt: row.EndsAt, Active: true, Status: row.Status,
				}}
				if i%len(rooms) == (i/len(rooms))%10 || i%7 == 0 {
					continue
				}
				if err := tx.InsertBooking(b.Context(), &row); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	h.analyze(b)
}
