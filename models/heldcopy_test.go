package models_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kyoten/internal/clock"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// twoServers returns two stores on one database.
func twoServers(t *testing.T) (one, other *models.Store, fake *clock.Fake, w *modelstest.World) {
	t.Helper()
	url := modelstest.URL(t)
	fake = clock.At(modelstest.Monday)
	stores := make([]*models.Store, 2)
	for i := range stores {
		store, err := models.Open(t.Context(), url, fake.Now)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = store.Close() })
		stores[i] = store
	}
	return stores[0], stores[1], fake, modelstest.NewWorld(t, stores[0])
}

// wantCurrent compares what a store answers with what the database says in a
// transaction, where no copy is used: of the period, and of the twelve days from
// the one before it.
func wantCurrent(t *testing.T, store *models.Store, w *modelstest.World, p models.Period, what string) {
	t.Helper()
	site, spaces := w.Room.Site, []models.ID{w.Room.ID}
	for _, seat := range w.Seats {
		spaces = append(spaces, seat.ID)
	}
	days := models.Period{StartsAt: p.StartsAt.AddDate(0, 0, -1), EndsAt: p.StartsAt.AddDate(0, 0, 11)}
	type answer struct {
		Ways map[models.ID]models.Way
		Held map[models.ID][]models.Span
	}
	ask := func(s *models.Store) (a answer, err error) {
		if a.Ways, err = s.WaysAt(t.Context(), site, p, p.EndsAt.Add(6*time.Hour)); err != nil {
			return a, err
		}
		a.Held, err = s.HeldAt(t.Context(), site, spaces, days)
		return a, err
	}
	got, err := ask(store)
	if err != nil {
		t.Fatal(err)
	}
	var want answer
	err = store.InTx(t.Context(), func(tx *models.Store) (err error) {
		want, err = ask(tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("%s: the copy (+) is not what is stored (-):\n%s", what, diff)
	}
}

func held(w *modelstest.World, p models.Period, spaces ...models.Space) *models.Booking {
	b := &models.Booking{
		Status: models.BookingConfirmed, StartsAt: p.StartsAt, EndsAt: p.EndsAt, OrganizerID: w.Ann.ID, CreatedBy: w.Ann.ID,
	}
	for _, s := range spaces {
		b.Spaces = append(b.Spaces, models.BookingSpace{
			SpaceID: s.ID, Site: s.Site, Kind: s.Kind, StartsAt: p.StartsAt, EndsAt: p.EndsAt, Active: true, Status: models.BookingConfirmed,
		})
	}
	return b
}

// TestTheCopyOfHoldsIsNeverBehind does at random whatever can happen to a hold on
// one server and looks at it on another after each step.
func TestTheCopyOfHoldsIsNeverBehind(t *testing.T) {
	t.Parallel()
	one, other, fake, w := twoServers(t)
	random := rand.New(rand.NewPCG(1, 2))
	spaces := append([]models.Space{w.Room}, w.Seats...)
	somewhere := func() models.Space { return spaces[random.IntN(len(spaces))] }
	sometime := func() models.Period {
		from := modelstest.At(random.IntN(4), random.IntN(24), 0)
		return models.Period{StartsAt: from, EndsAt: from.Add(time.Duration(1+random.IntN(40)) * time.Hour)}
	}
	var ids []models.ID
	for step := range 100 {
		var what string
		err := one.InTx(t.Context(), func(tx *models.Store) error {
			if len(ids) == 0 || random.IntN(3) == 0 {
				b := held(w, sometime(), somewhere())
				if random.IntN(2) == 0 {
					b.HeldUntil(fake.Now().Add(time.Duration(1+random.IntN(5)) * time.Minute))
				}
				what = "reserve"
				err := tx.InsertBooking(t.Context(), b)
				ids = append(ids, b.ID)
				return err
			}
			b, err := tx.LockBooking(t.Context(), ids[random.IntN(len(ids))])
			if err != nil {
				return err
			}
			switch random.IntN(3) {
			case 0:
				what = "cancel"
				_ = b.Cancel(fake.Now())
			case 1:
				what = "move to another space and time"
				moved := held(w, sometime(), somewhere())
				b.StartsAt, b.EndsAt, b.Spaces = moved.StartsAt, moved.EndsAt, moved.Spaces
			default:
				what = "drop"
				return tx.DropHold(t.Context(), b.ID)
			}
			return tx.SaveBooking(t.Context(), &b)
		})
		if err != nil {
			what += fmt.Sprint(", refused: ", err)
		}
		fake.Advance(30 * time.Second)
		if step%20 == 19 {
			fake.Advance(15 * time.Minute) // the news are too old by then
		}
		for _, store := range []*models.Store{one, other} {
			wantCurrent(t, store, w, sometime(), fmt.Sprint("step ", step, ": ", what))
		}
	}
}

// TestACommitIsSeenHoweverLate: of two transactions the one that began to write
// first commits last.
func TestACommitIsSeenHoweverLate(t *testing.T) {
	t.Parallel()
	if !modelstest.OnPostgres() {
		t.Skip("SQLite has one writer at a time")
	}
	one, other, _, w := twoServers(t)
	hours := modelstest.Hours(10, 12)
	wrote, commit, done := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		done <- one.InTx(context.WithoutCancel(t.Context()), func(tx *models.Store) error {
			err := tx.InsertBooking(t.Context(), held(w, hours, w.Seats[0]))
			close(wrote)
			<-commit
			return err
		})
	}()
	<-wrote
	wantCurrent(t, other, w, hours, "while it is open")
	if err := one.InsertBooking(t.Context(), held(w, hours, w.Seats[1])); err != nil {
		t.Fatal(err)
	}
	wantCurrent(t, other, w, hours, "after a later one was committed")
	wantCurrent(t, other, w, hours, "and looked at again")
	close(commit)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	wantCurrent(t, other, w, hours, "after the first was committed")
	ways, err := other.WaysAt(t.Context(), w.Room.Site, hours, hours.EndsAt)
	if err != nil || len(ways) != 2 {
		t.Errorf("%d spaces are held, %v; want both", len(ways), err)
	}
}

// TestWhatWasStoredIsSeenAtOnce: whoever has stored something finds it on another
// server, whatever else goes on.
func TestWhatWasStoredIsSeenAtOnce(t *testing.T) {
	t.Parallel()
	one, other, _, w := twoServers(t)
	var wg sync.WaitGroup
	for i, seat := range w.Seats {
		wg.Go(func() {
			mine, others := one, other
			if i%2 == 1 {
				mine, others = other, one
			}
			for day := range 12 {
				from := modelstest.At(day/4, 9+day%4*2, 0)
				p := models.Period{StartsAt: from, EndsAt: from.Add(time.Hour)}
				err := mine.InTx(t.Context(), func(tx *models.Store) error { return tx.InsertBooking(t.Context(), held(w, p, seat)) })
				if err != nil {
					t.Error(err)
					return
				}
				for _, store := range []*models.Store{others, mine} {
					ways, err := store.WaysAt(t.Context(), seat.Site, p, p.EndsAt)
					if err != nil || ways[seat.ID].Until != p.EndsAt.Unix() {
						t.Errorf("seat %d, booking %d: found %+v, %v", i, day, ways[seat.ID], err)
					}
				}
			}
		})
	}
	wg.Wait()
	wantCurrent(t, one, w, modelstest.Hours(9, 10), "at the end")
}

// TestManyChangesAtOnce are more than are taken one by one, and one more is behind
// them.
func TestManyChangesAtOnce(t *testing.T) {
	t.Parallel()
	one, other, _, w := twoServers(t)
	hours := modelstest.Hours(9, 10)
	wantCurrent(t, other, w, hours, "at the beginning")
	err := one.InTx(t.Context(), func(tx *models.Store) error {
		for i := range 210 {
			from := modelstest.At(0, 9, 2*i)
			if err := tx.InsertBooking(t.Context(), held(w, models.Period{StartsAt: from, EndsAt: from.Add(2 * time.Minute)}, w.Room)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := one.InsertBooking(t.Context(), held(w, hours, w.Seats[0])); err != nil {
		t.Fatal(err)
	}
	wantCurrent(t, other, w, hours, "after 211 at once")
	for range 2 {
		if err := one.PurgeHoldsGone(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	wantCurrent(t, other, w, hours, "after a purge")
}

// TestWhatWasPurgedIsNotMissed by who has not looked for hours, nor what a clock that
// was ahead took for over.
func TestWhatWasPurgedIsNotMissed(t *testing.T) {
	t.Parallel()
	one, other, fake, w := twoServers(t)
	hours := modelstest.Hours(10, 12)
	hold := held(w, hours, w.Seats[0])
	hold.HeldUntil(fake.Now().Add(3 * time.Hour))
	if err := one.InsertBooking(t.Context(), hold); err != nil {
		t.Fatal(err)
	}
	fake.Advance(4 * time.Hour)
	wantCurrent(t, other, w, hours, "when it has run out")
	fake.Advance(-4 * time.Hour)
	wantCurrent(t, other, w, hours, "when the clock was put back")
	err := one.InTx(t.Context(), func(tx *models.Store) error {
		if _, err := tx.LockBooking(t.Context(), hold.ID); err != nil {
			return err
		}
		return tx.DropHold(t.Context(), hold.ID)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := one.InsertBooking(t.Context(), held(w, hours, w.Seats[1])); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		fake.Advance(time.Hour)
		if err := one.PurgeHoldsGone(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	wantCurrent(t, other, w, hours, "after two purges")
}
