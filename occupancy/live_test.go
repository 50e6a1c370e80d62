package occupancy_test

import (
	"context"
	"testing"
	"time"

	"kyoten/models"
	"kyoten/models/modelstest"
	"kyoten/occupancy"
)

// follow returns what a member is told, the state at the beginning left out.
func follow(t *testing.T, live *occupancy.Live, store *models.Store, m *models.Member, sites ...string) <-chan occupancy.LiveEvent {
	t.Helper()
	events := make(chan occupancy.LiveEvent, 100)
	ready := make(chan bool, 100)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = live.Follow(ctx, modelstest.As(t, store, m), sites, func(e occupancy.LiveEvent) error {
			ready <- true
			events <- e
			return nil
		})
	}()
	t.Cleanup(func() { stop(); <-done })
	<-ready
	return events
}

func runLive(t *testing.T, store *models.Store) *occupancy.Live {
	t.Helper()
	live := occupancy.NewLive(store)
	told := make(chan bool, 100)
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	go func() {
		_ = live.FollowPublic(ctx, "colabo", func(occupancy.LiveEvent) error { told <- true; return nil })
	}()
	<-told // how the site is now
	t.Cleanup(running(t, live))
	<-told // that it runs
	return live
}

// running runs a Live until it is stopped.
func running(t *testing.T, live *occupancy.Live) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = live.Run(ctx) }()
	return func() { cancel(); <-done }
}

// await returns the first event that is right.
func await(t *testing.T, events <-chan occupancy.LiveEvent, right func(occupancy.LiveEvent) bool) occupancy.LiveEvent {
	t.Helper()
	for {
		select {
		case e := <-events:
			if right(e) {
				return e
			}
		case <-time.After(20 * time.Second):
			t.Fatal("nothing was told")
		}
	}
}

func TestABookingIsToldToThoseForWhomItsSpaceExists(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	fake.Set(modelstest.At(0, 10, 0))
	live := runLive(t, store)
	colleague, stranger := follow(t, live, store, w.Manager), follow(t, live, store, w.Bob)
	storeUse(t, store, w.Worker, w.OfficeSeat, modelstest.Hours(9, 18), models.BookingConfirmed, nil)
	aboutSpace := func(e occupancy.LiveEvent) bool { return len(e.Spaces) > 0 }
	if e := await(t, colleague, aboutSpace); e.Spaces[0].SpaceID != w.OfficeSeat.ID || e.Spaces[0].Period != modelstest.Hours(9, 18) {
		t.Errorf("the colleague is told %+v", e)
	}
	storeUse(t, store, w.Ann, w.Seats[0], modelstest.Hours(9, 18), models.BookingConfirmed, nil)
	if e := await(t, stranger, aboutSpace); e.Spaces[0].SpaceID != w.Seats[0].ID {
		t.Errorf("the stranger is told %+v first, want nothing of the office", e)
	}
	counts := await(t, stranger, func(e occupancy.LiveEvent) bool { return e.Site == "colabo" && e.Now != nil && e.Now.Seats.Booked == 1 })
	if counts.Now.Seats.Total != 4 {
		t.Errorf("the stranger counts %+v", counts.Now.Seats)
	}
}

// TestWhatWasMissedIsToldOf: a Live that the database has failed begins again, and
// its readers have stayed.
func TestWhatWasMissedIsToldOf(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	fake.Set(modelstest.At(0, 10, 0))
	live := occupancy.NewLive(store)
	stop := running(t, live)
	reader := follow(t, live, store, w.Bob, "colabo")
	stop()
	storeUse(t, store, w.Ann, w.Seats[0], modelstest.Hours(12, 18), models.BookingConfirmed, nil)
	t.Cleanup(running(t, live))
	await(t, reader, func(e occupancy.LiveEvent) bool { return e.Site == "colabo" && e.Now == nil && e.Spaces == nil })
}

func TestAReaderIsToldOfTheSitesAskedFor(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	fake.Set(modelstest.At(0, 10, 0))
	live := runLive(t, store)
	events := follow(t, live, store, w.Ann, "shiojiri")
	storeUse(t, store, w.Ann, w.Room, modelstest.Hours(9, 18), models.BookingConfirmed, nil)
	storeUse(t, store, w.Ann, w.FarRoom, modelstest.Hours(9, 18), models.BookingConfirmed, nil)
	e := await(t, events, func(e occupancy.LiveEvent) bool { return e.Now == nil || e.Now.Rooms.Booked > 0 })
	if e.Site != "shiojiri" {
		t.Errorf("a reader of Shiojiri is told %+v", e)
	}
}

func TestANewClosureIsTold(t *testing.T) {
	t.Parallel()
	store, _ := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	live := runLive(t, store)
	events := follow(t, live, store, w.Ann, "colabo")
	seat := w.Seats[0]
	if err := store.InTx(t.Context(), func(tx *models.Store) error {
		return tx.InsertClosure(t.Context(), &models.Closure{Site: "colabo", SpaceID: &seat.ID, StartsAt: modelstest.At(1, 9, 0), EndsAt: modelstest.At(1, 12, 0), Reason: "工事"})
	}); err != nil {
		t.Fatal(err)
	}
	await(t, events, func(e occupancy.LiveEvent) bool { return e.Site == "colabo" && e.Now == nil })
}

// TestWhoPassesByIsToldOfWhatEverybodyMayKnow has somebody come in, a company book
// in its office, and somebody book for next week before anything public changes.
func TestWhoPassesByIsToldOfWhatEverybodyMayKnow(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	fake.Set(modelstest.At(0, 10, 0))
	live := runLive(t, store)
	events, ready := make(chan occupancy.LiveEvent, 100), make(chan bool, 100)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = live.FollowPublic(ctx, w.OfficeSeat.Site, func(e occupancy.LiveEvent) error {
			events <- e
			ready <- true
			return nil
		})
	}()
	t.Cleanup(func() { stop(); <-done })
	<-ready
	<-events // how it is at the beginning
	storeUse(t, store, w.Worker, w.OfficeSeat, modelstest.Hours(9, 18), models.BookingConfirmed, nil)
	storeUse(t, store, w.Ann, w.FarRoom, models.Period{StartsAt: modelstest.At(3, 9, 0), EndsAt: modelstest.At(3, 18, 0)}, models.BookingConfirmed, nil)
	time.Sleep(300 * time.Millisecond)
	for len(events) > 0 {
		t.Errorf("told of %+v", <-events)
	}
	storeUse(t, store, w.Ann, w.FarRoom, modelstest.Hours(9, 12), models.BookingConfirmed, nil)
	e := await(t, events, func(e occupancy.LiveEvent) bool { return e.Site != "" })
	if e.Spaces != nil || e.Now != nil || e.Site != w.FarRoom.Site {
		t.Errorf("whoever passes by is told %+v, want the site alone", e)
	}
}
