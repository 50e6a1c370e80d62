package models_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"kyoten/internal/clock"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// heard collects what a store tells of.
type heard struct {
	mu   sync.Mutex
	list []models.Change
}

func listenTo(t *testing.T, store *models.Store) *heard {
	t.Helper()
	h := &heard{}
	t.Cleanup(store.OnChange(func(c models.Change) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.list = append(h.list, c)
	}))
	return h
}

// take returns what was heard since the last call.
func (h *heard) take() []models.Change {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := h.list
	h.list = nil
	return list
}

// bookSeat stores a booking of the first seat from ten to twelve.
func bookSeat(t *testing.T, store *models.Store, w *modelstest.World) {
	t.Helper()
	p := modelstest.Hours(10, 12)
	b := models.Booking{
		Status: models.BookingConfirmed, StartsAt: p.StartsAt, EndsAt: p.EndsAt, OrganizerID: w.Ann.ID, CreatedBy: w.Ann.ID,
		Spaces: []models.BookingSpace{{
			SpaceID: w.Seats[0].ID, Site: "colabo", Kind: models.KindSeat, StartsAt: p.StartsAt, EndsAt: p.EndsAt,
			Active: true, Status: models.BookingConfirmed,
		}},
	}
	if err := store.InTx(t.Context(), func(tx *models.Store) error { return tx.InsertBooking(t.Context(), &b) }); err != nil {
		t.Fatal(err)
	}
}

func openAt(t *testing.T, url string) *models.Store {
	t.Helper()
	store, err := models.Open(t.Context(), url, clock.At(modelstest.Monday).Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

func TestWhatIsCommittedIsToldOf(t *testing.T) {
	t.Parallel()
	store, _ := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	told := listenTo(t, store)
	bookSeat(t, store, w)
	if got := told.take(); len(got) != 1 || got[0].Site != "colabo" || len(got[0].Holds) != 1 || got[0].Holds[0].SpaceID != w.Seats[0].ID {
		t.Errorf("a booking tells %+v", got)
	}
	refused := store.InTx(t.Context(), func(tx *models.Store) error {
		if err := tx.PutPresences(t.Context(), []models.Presence{{Subject: "s", Site: "colabo", ZoneID: w.Entrance["colabo"]}}); err != nil {
			return err
		}
		return models.ErrForbidden
	})
	if got := told.take(); refused == nil || len(got) != 0 {
		t.Errorf("what was taken back tells %+v (%v)", got, refused)
	}
}

func TestAServerHearsWhatAnotherCommits(t *testing.T) {
	if !modelstest.OnPostgres() {
		t.Skip("SQLite has one server")
	}
	t.Parallel()
	url := modelstest.URL(t)
	here, there := openAt(t, url), openAt(t, url)
	w := modelstest.NewWorld(t, here)
	ctx, stop := context.WithCancel(t.Context())
	told := listenTo(t, there)
	var wg sync.WaitGroup
	wg.Go(func() { _ = here.RelayChanges(ctx) })
	wg.Go(func() { _ = there.RelayChanges(ctx) })
	defer wg.Wait()
	defer stop()
	for len(told.take()) == 0 { // it listens, and says that anything may have changed
		time.Sleep(10 * time.Millisecond)
	}
	bookSeat(t, here, w)
	var got []models.Change
	for len(got) == 0 {
		time.Sleep(10 * time.Millisecond)
		got = told.take()
	}
	if got[0].Site != "colabo" || len(got[0].Holds) != 1 || got[0].Holds[0] != (models.SpaceClaim{SpaceID: w.Seats[0].ID, Period: modelstest.Hours(10, 12)}) {
		t.Errorf("the other server hears %+v", got)
	}
}
