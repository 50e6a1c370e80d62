package models_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"kyoten/models"
	"kyoten/models/modelstest"
)

func TestCheckInOpensWithTheEarlyGraceAndEndsWithTheBooking(t *testing.T) {
	t.Parallel()
	early := 15 * time.Minute
	for name, tt := range map[string]struct {
		status models.BookingStatus
		at     time.Time
		want   error
	}{
		"before the grace":   {models.BookingConfirmed, modelstest.At(0, 9, 44), models.ErrNotYet},
		"as the grace opens": {models.BookingConfirmed, modelstest.At(0, 9, 45), nil},
		"in the middle":      {models.BookingCheckedIn, modelstest.At(0, 11, 0), nil},
		"the last second":    {models.BookingConfirmed, modelstest.At(0, 12, 0).Add(-time.Second), nil},
		"at the end":         {models.BookingConfirmed, modelstest.At(0, 12, 0), models.ErrTooLate},
		"cancelled":          {models.BookingCancelled, modelstest.At(0, 11, 0), models.ErrTooLate},
		"a no-show":          {models.BookingNoShow, modelstest.At(0, 11, 0), models.ErrTooLate},
		"not approved yet":   {models.BookingPending, modelstest.At(0, 11, 0), models.ErrNotYet},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := models.Booking{Status: tt.status, StartsAt: modelstest.At(0, 10, 0), EndsAt: modelstest.At(0, 12, 0)}
			if err := b.CheckInOpen(early, tt.at); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestArrivingChecksInWhatIsDueAtThatSiteAlone(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	hours := modelstest.Hours(10, 12)
	book := func(who *models.Member, p models.Period, spaces ...models.Space) models.ID {
		b := models.Booking{
			Status: models.BookingConfirmed, StartsAt: p.StartsAt, EndsAt: p.EndsAt, OrganizerID: who.ID, CreatedBy: who.ID,
		}
		for _, sp := range spaces {
			b.Spaces = append(b.Spaces, models.BookingSpace{
				SpaceID: sp.ID, Site: sp.Site, Kind: sp.Kind, StartsAt: p.StartsAt, EndsAt: p.EndsAt,
				Active: true, Status: models.BookingConfirmed, ReleaseAt: &p.EndsAt,
			})
		}
		if err := store.InsertBooking(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		return b.ID
	}
	linked := book(w.Ann, hours, w.Room, w.FarRoom)
	seat := book(w.Ann, hours, w.Seats[0])
	later := book(w.Ann, modelstest.Hours(14, 15), w.Seats[0])
	other := book(w.Bob, hours, w.Seats[1])

	fake.Set(modelstest.At(0, 9, 44))
	if got := arrive(t, store, w.Colabo, &w.Ann.ID, nil); len(got) != 0 {
		t.Errorf("a minute before the grace checked in %v", got)
	}
	fake.Set(modelstest.At(0, 9, 45))
	if got := arrive(t, store, w.Colabo, &w.Ann.ID, nil); len(got) != 2 {
		t.Errorf("checked in %v, want the linked meeting and the seat", got)
	}
	if got := arrive(t, store, w.Colabo, &w.Ann.ID, nil); len(got) != 0 {
		t.Errorf("a second entry checked in %v", got)
	}
	want := map[models.ID]models.BookingStatus{
		linked: models.BookingCheckedIn, seat: models.BookingCheckedIn, later: models.BookingConfirmed, other: models.BookingConfirmed,
	}
	for id, status := range want {
		if b := load(t, store, id); b.Status != status {
			t.Errorf("booking %s is %s, want %s", id, b.Status, status)
		}
	}
	b := load(t, store, linked)
	if b.Spaces[0].Status != models.BookingCheckedIn || b.Spaces[0].ReleaseAt != nil || b.Spaces[1].Status != models.BookingConfirmed {
		t.Errorf("rooms of the linked meeting are %+v, want the near one checked in, the far one waiting", b.Spaces)
	}
	if got := arrive(t, store, w.Shiojiri, nil, &linked); len(got) != 1 || got[0] != linked {
		t.Errorf("a guest at the far site checked in %v, want the linked meeting", got)
	}
}

func arrive(t *testing.T, store *models.Store, site *models.Site, member, booking *models.ID) (ids []models.ID) {
	t.Helper()
	err := store.InTx(t.Context(), func(tx *models.Store) (err error) {
		ids, err = tx.CheckInAt(t.Context(), models.Arrival{Site: site, Member: member, Booking: booking}, store.Now())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func load(t *testing.T, store *models.Store, id models.ID) models.Booking {
	t.Helper()
	b, err := store.Booking(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
