package booking_test

import (
	"errors"
	"testing"

	"kyoten/booking"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// TestReservationsMadeAtOnceAreStoredTogether: each with its pass, its audit entry
// and its notice, in fewer transactions than there are of them.
func TestReservationsMadeAtOnceAreStoredTogether(t *testing.T) {
	t.Parallel()
	store, fake, count := modelstest.Counting(t)
	h := houseOn(t, store, fake)
	const n = 40
	people, rooms := h.crowd(t, n), h.moreRooms(t, n)
	if _, err := h.svc.Reserve(t.Context(), people[0], request(modelstest.Hours(9, 10), rooms[0])); err != nil {
		t.Fatal(err)
	}
	count()
	alone := reserveAll(t, h, people[:1], rooms[:1], modelstest.Hours(10, 11), count)
	together := reserveAll(t, h, people, rooms, modelstest.Hours(12, 13), count)
	if together >= alone*n*3/4 {
		t.Errorf("%d at once took %d statements, one alone %d: they were not stored together", n, together, alone)
	}
}

// reserveAll books for everybody at once and returns how many statements it took.
func reserveAll(t *testing.T, h *house, people []models.Principal, rooms []models.Space, p models.Period, count func() int) int {
	t.Helper()
	made := make([]booking.Record, len(people))
	atOnce(len(people), func(i int) {
		var err error
		if made[i], err = h.svc.Reserve(t.Context(), people[i], request(p, rooms[i])); err != nil {
			t.Errorf("reservation %d: %v", i, err)
		}
	})
	took := count()
	for i, b := range made {
		h.complete(t, b, people[i], rooms[i])
	}
	return took
}

// complete reports what a stored booking lacks.
func (h *house) complete(t *testing.T, b booking.Record, who models.Principal, room models.Space) {
	t.Helper()
	stored, err := h.svc.Booking(t.Context(), who, b.ID)
	if err != nil {
		t.Fatal(err)
	}
	if stored.OrganizerID != who.Member.ID || len(stored.Spaces) != 1 || stored.Spaces[0].SpaceID != room.ID || stored.Reference != b.Reference {
		t.Errorf("stored %+v, want room %s for %s under %s", stored.Booking, room.ID, who.Member.ID, b.Reference)
	}
	for _, beside := range []string{"passes WHERE booking_id", "outbox WHERE booking_id", "audit WHERE entity_id"} {
		if got := h.count(t, beside+" = '"+b.ID.String()+"'"); got != 1 {
			t.Errorf("%d rows in %s, want 1", got, beside)
		}
	}
}

// TestARefusalAmongReservationsMadeAtOnceIsItsOwnAlone: who has a seat elsewhere
// then, and who wants what is taken, are told so; the others have theirs.
func TestARefusalAmongReservationsMadeAtOnceIsItsOwnAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const n = 16
	people, rooms := h.crowd(t, n), h.moreRooms(t, n)
	p := modelstest.Hours(10, 11)
	if _, err := h.svc.Reserve(t.Context(), h.as(h.Ann), request(p, rooms[3])); err != nil {
		t.Fatal(err)
	}
	atOnce(n, func(i int) {
		_, err := h.svc.Reserve(t.Context(), people[i], request(p, rooms[i]))
		var refusal *booking.Refusal
		switch {
		case i != 3 && err != nil:
			t.Errorf("reservation %d: %v", i, err)
		case i == 3 && (!errors.Is(err, models.ErrSpaceTaken) || !errors.As(err, &refusal) || len(refusal.Alternatives) == 0):
			t.Errorf("the taken room: %v, want ErrSpaceTaken with alternatives", err)
		}
	})
}

// TestNobodyWaitsForRowsThatOthersAreWaitingFor: spaces whose rows somebody has
// keep their own bookers waiting, more of them than there are batches at once, and
// nobody else.
func TestNobodyWaitsForRowsThatOthersAreWaitingFor(t *testing.T) {
	t.Parallel()
	if !modelstest.OnPostgres() {
		t.Skip("SQLite has one writer at a time")
	}
	h := newHouse(t)
	const n, taken = 12, 4
	people, rooms := h.crowd(t, n), h.moreRooms(t, n)
	var ids []models.ID
	for _, r := range rooms[:taken] {
		ids = append(ids, r.ID)
	}
	booked := make(chan int, n)
	reserve := func(i int) {
		if _, err := h.svc.Reserve(t.Context(), people[i], request(modelstest.Hours(10, 11), rooms[i])); err != nil {
			t.Errorf("reservation %d: %v", i, err)
		}
		booked <- i
	}
	err := h.store.InTx(t.Context(), func(tx *models.Store) error {
		if got, err := tx.LockFreeSpaces(t.Context(), ids); err != nil || len(got) != taken {
			t.Fatalf("lock spaces: %v, %v", got, err)
		}
		for i := range n {
			go reserve(i)
		}
		for range n - taken {
			if i := <-booked; i < taken {
				t.Errorf("locked space %d was booked before it was let go", i)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for range taken {
		if i := <-booked; i >= taken {
			t.Errorf("reservation %d waited for the locked spaces", i)
		}
	}
}

// TestABookingWhoseCommitWasNotHeardOfIsNotRefusedOverItself: the connection dies
// with the answer to COMMIT. Everybody whose booking stands is told that it does.
func TestABookingWhoseCommitWasNotHeardOfIsNotRefusedOverItself(t *testing.T) {
	t.Parallel()
	for name, n := range map[string]int{"alone": 1, "with others": 24} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, fake, sever := modelstest.Severing(t)
			h := houseOn(t, store, fake)
			people, rooms := h.crowd(t, n), h.moreRooms(t, n)
			sever()
			reserveAll(t, h, people, rooms, modelstest.Hours(12, 13), func() int { return 0 })
			if got := h.count(t, "bookings"); got != n {
				t.Errorf("%d bookings are stored, want %d", got, n)
			}
		})
	}
}

// TestWhatBecameOfALostCommitIsFoundOutForOneByHerself: a reservation with guests
// has a transaction of its own.
func TestWhatBecameOfALostCommitIsFoundOutForOneByHerself(t *testing.T) {
	t.Parallel()
	store, fake, sever := modelstest.Severing(t)
	h := houseOn(t, store, fake)
	req := request(modelstest.Hours(12, 13), h.Room)
	req.Guests = []booking.Invitation{{Name: "Grace", Email: "grace@example.org"}}
	sever()
	b, err := h.svc.Reserve(t.Context(), h.as(h.Ann), req)
	if err != nil || len(b.Guests) != 1 {
		t.Errorf("got %+v, %v; want the booking that was stored", b.Booking, err)
	}
	if got := h.count(t, "bookings"); got != 1 {
		t.Errorf("%d bookings are stored, want 1", got)
	}
}
