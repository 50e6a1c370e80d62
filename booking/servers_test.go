package booking_test

import (
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"kyoten/booking"
	"kyoten/internal/clock"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// TestFourServersReleaseAndOfferOnce: four workers keep the time of one database,
// and connections are cut under them again and again. Each release, each offer and
// each passing on of an offer to the next in line happens once.
func TestFourServersReleaseAndOfferOnce(t *testing.T) {
	t.Parallel()
	if !modelstest.OnPostgres() {
		t.Skip("several servers share PostgreSQL alone")
	}
	url := modelstest.URL(t)
	h, fake, services := fourServers(t, url)
	const rooms = 12
	hours := modelstest.Hours(10, 12)
	spaces := h.moreRooms(t, rooms)
	people := h.crowd(t, 3*rooms)
	for i, s := range spaces {
		if _, err := h.svc.Reserve(t.Context(), people[i], request(hours, s)); err != nil {
			t.Fatal(err)
		}
		for _, waiting := range []models.Principal{people[rooms+i], people[2*rooms+i]} {
			if _, err := h.svc.Join(t.Context(), waiting, forSpace(hours, s)); err != nil {
				t.Fatal(err)
			}
		}
	}
	fake.Set(modelstest.At(0, 10, 15))
	h.keepTimeUnderFire(t, services)
	h.wantCounts(t, map[string]int{
		"bookings WHERE status = 'no_show'":                                         rooms,
		"audit WHERE action = 'booking.release'":                                    rooms,
		"outbox WHERE kind = 'booking_released'":                                    rooms,
		"outbox WHERE kind = 'waitlist_offer'":                                      rooms,
		"audit WHERE action = 'waitlist.offer'":                                     rooms,
		"bookings WHERE status = 'held'":                                            rooms,
		"waitlist WHERE state = 'offered'":                                          rooms,
		"waitlist w JOIN bookings b ON b.id = w.booking_id WHERE b.status = 'held'": rooms,
	})

	fake.Set(modelstest.At(0, 10, 20)) // nobody has taken up an offer of five minutes
	h.keepTimeUnderFire(t, services)
	h.wantCounts(t, map[string]int{
		"waitlist WHERE state = 'expired'":                        rooms,
		"audit WHERE action = 'waitlist.expire'":                  rooms,
		"outbox WHERE kind = 'waitlist_expired'":                  rooms,
		"waitlist WHERE state = 'offered'":                        rooms,
		"audit WHERE action = 'waitlist.offer'":                   2 * rooms,
		"outbox WHERE kind = 'waitlist_offer'":                    2 * rooms,
		"bookings WHERE status = 'held'":                          rooms,
		"booking_spaces WHERE active":                             rooms,
		"bookings WHERE status = 'no_show'":                       rooms,
		"outbox WHERE kind = 'booking_released'":                  rooms,
		"audit WHERE action = 'booking.release'":                  rooms,
		"waitlist WHERE state = 'waiting'":                        0,
		"bookings WHERE status = 'confirmed'":                     0,
		"waitlist WHERE state = 'offered' AND booking_id IS NULL": 0,
	})
}

// keepTimeUnderFire has every server keep the time while their connections are
// cut, and once more in peace.
func (h *house) keepTimeUnderFire(t *testing.T, services []*booking.Service) {
	t.Helper()
	stop := h.killConnections(t)
	atOnce(len(services), func(i int) {
		for range 6 {
			_ = services[i].KeepTime(t.Context()) // whoever is cut off fails, and comes again
		}
	})
	stop()
	h.keepTime(t)
}

func (h *house) wantCounts(t *testing.T, counts map[string]int) {
	t.Helper()
	for what, want := range counts {
		if got := h.count(t, what); got != want {
			t.Errorf("%d %s, want %d", got, what, want)
		}
	}
}

// killConnections cuts the connections of the database's other clients again and
// again until the returned function is called.
func (h *house) killConnections(t *testing.T) (stop func()) {
	t.Helper()
	db, err := h.store.SQL()
	if err != nil {
		t.Fatal(err)
	}
	mine, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		defer func() { _ = mine.Close() }()
		for {
			select {
			case <-done:
				return
			case <-time.After(15 * time.Millisecond):
			}
			_, err := mine.ExecContext(t.Context(), `SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity
				WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle' ORDER BY random() LIMIT 1) one`)
			if err != nil && !errors.Is(err, sql.ErrConnDone) && !strings.Contains(err.Error(), "context canceled") {
				t.Errorf("cut a connection: %v", err)
			}
		}
	}()
	return func() { close(done); <-ended }
}

// fourServers returns a house, its clock, and the services of four servers on one
// database, each with connections of its own.
func fourServers(t *testing.T, url string) (*house, *clock.Fake, []*booking.Service) {
	t.Helper()
	fake := clock.At(modelstest.Monday)
	var services []*booking.Service
	var first *models.Store
	for range 4 {
		store, err := models.Open(t.Context(), url, fake.Now)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = store.Close() })
		services = append(services, booking.New(store, fake.Now))
		if first == nil {
			first = store
		}
	}
	return houseOn(t, first, fake), fake, services
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
