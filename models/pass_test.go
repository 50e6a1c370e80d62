package models_test

import (
	"errors"
	"testing"
	"time"

	"kyoten/models"
	"kyoten/models/modelstest"
)

// bookedPasses books the spaces for a member on Monday 10 to 12 and returns the
// passes that come with it.
func bookedPasses(t *testing.T, store *models.Store, m *models.Member, guests []models.Guest, spaces ...models.Space) []models.Pass {
	t.Helper()
	b := models.Booking{
		Status: models.BookingConfirmed, StartsAt: modelstest.At(0, 10, 0), EndsAt: modelstest.At(0, 12, 0),
		OrganizerID: m.ID, CreatedBy: m.ID, Guests: guests,
	}
	for _, s := range spaces {
		b.Spaces = append(b.Spaces, models.BookingSpace{
			SpaceID: s.ID, Site: s.Site, Kind: s.Kind, StartsAt: b.StartsAt, EndsAt: b.EndsAt, Active: true, Status: b.Status,
		})
	}
	err := store.InTx(t.Context(), func(tx *models.Store) error {
		c, err := tx.Catalogue(t.Context())
		if err != nil {
			return err
		}
		if err := tx.InsertBooking(t.Context(), &b); err != nil {
			return err
		}
		return tx.InsertBookingPasses(t.Context(), c, &b, m)
	})
	if err != nil {
		t.Fatal(err)
	}
	passes, err := store.BookingPasses(t.Context(), b.ID)
	if err != nil {
		t.Fatal(err)
	}
	return passes
}

func TestABookingHasOnePassPerSite(t *testing.T) {
	t.Parallel()
	store, _ := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	passes := bookedPasses(t, store, w.Ann, nil, w.Room, w.FarRoom)
	if len(passes) != 2 {
		t.Fatalf("%d passes, want 2", len(passes))
	}
	for _, p := range passes {
		if p.ZoneA != w.Entrance[p.Site] || p.ZoneB != 0 {
			t.Errorf("zones %d, %d at %s, want the entrance alone", p.ZoneA, p.ZoneB, p.Site)
		}
		if want := modelstest.At(0, 9, 45); !p.NotBefore.Equal(want) {
			t.Errorf("opens at %v, want %v", p.NotBefore, want)
		}
		if want := modelstest.At(0, 12, 15); !p.NotAfter.Equal(want) {
			t.Errorf("ends at %v, want %v", p.NotAfter, want)
		}
	}
	if passes[0].Subject != passes[1].Subject || passes[0].ID == passes[1].ID {
		t.Error("the passes must differ and their holder must not")
	}
}

func TestAWorkersPassAlsoOpensTheOffice(t *testing.T) {
	t.Parallel()
	store, _ := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	passes := bookedPasses(t, store, w.Worker, nil, w.FarRoom)
	if len(passes) != 1 {
		t.Fatalf("%d passes, want 1", len(passes))
	}
	p := passes[0]
	if p.ZoneA != w.Entrance["shiojiri"] || p.ZoneB != w.Office || p.CompanyID != w.Acme.ID {
		t.Errorf("zones %d, %d of company %d, want %d, %d of %d", p.ZoneA, p.ZoneB, p.CompanyID, w.Entrance["shiojiri"], w.Office, w.Acme.ID)
	}
}

func TestAGuestsPassIsTheirOwn(t *testing.T) {
	t.Parallel()
	store, _ := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	guests := []models.Guest{{Name: "Guest", Email: "g@example.com"}}
	for _, p := range bookedPasses(t, store, w.Worker, guests, w.OfficeSeat) {
		switch {
		case p.GuestID == nil:
			if p.Flags != 0 {
				t.Errorf("flags of the holder = %d, want none", p.Flags)
			}
		case p.Flags != models.FlagGuest|models.FlagHostRequired:
			t.Errorf("flags of a guest in a company's zone = %d, want guest and host required", p.Flags)
		case p.CompanyID != 0 || p.MemberID != nil:
			t.Error("a guest's pass is a member's or a company's")
		}
	}
}

func TestASubjectLastsAtMost90DaysOrItsLastPass(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	subject := func() string {
		t.Helper()
		s, err := store.SubjectOf(t.Context(), w.Ann.ID, store.Now().Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first := subject()
	fake.Advance(60 * 24 * time.Hour)
	if got := subject(); got != first {
		t.Errorf("another subject after 60 days")
	}
	fake.Advance(31 * 24 * time.Hour)
	if got := subject(); got == first {
		t.Errorf("the same subject after 91 days")
	}
}

// TestASiteWithPassesStays: PostgreSQL has no key that would say so by itself.
func TestASiteWithPassesStays(t *testing.T) {
	t.Parallel()
	store, _ := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	site := models.Site{Slug: "empty", NameJA: "空", NameEN: "Empty", TimeZone: "Asia/Tokyo", Mode: models.ModeNormal}
	if err := store.InsertSite(t.Context(), &site); err != nil {
		t.Fatal(err)
	}
	pass := bookedPasses(t, store, w.Ann, nil, w.Room)[0]
	db, err := store.SQL()
	if err != nil {
		t.Fatal(err)
	}
	move := func(to string) {
		if _, err := db.ExecContext(t.Context(), "UPDATE passes SET site = $1 WHERE id = $2", to, pass.ID); err != nil {
			t.Fatal(err)
		}
	}
	move(site.Slug)
	if err := store.DeleteSite(t.Context(), site.Slug); !errors.Is(err, models.ErrInUse) {
		t.Errorf("a site that a pass is for was deleted: %v, want %v", err, models.ErrInUse)
	}
	move(w.Room.Site)
	if err := store.DeleteSite(t.Context(), site.Slug); err != nil {
		t.Errorf("a site that nothing refers to: %v", err)
	}
}
