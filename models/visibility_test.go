package models_test

import (
	"testing"

	"kyoten/models"
	"kyoten/models/modelstest"
)

func TestWhoSeesABooking(t *testing.T) {
	t.Parallel()
	store, _ := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	c, err := store.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	shiojiriDesk := &models.Member{Email: "desk2@kyoten.example", Name: "塩尻 受付", Role: models.RoleStaff}
	if err := store.InsertMember(t.Context(), shiojiriDesk, "shiojiri"); err != nil {
		t.Fatal(err)
	}
	in := func(organizer *models.Member, spaces ...models.Space) *models.Booking {
		b := &models.Booking{OrganizerID: organizer.ID, CreatedBy: organizer.ID, CompanyID: organizer.CompanyID}
		for _, s := range spaces {
			b.Spaces = append(b.Spaces, models.BookingSpace{SpaceID: s.ID, Site: s.Site})
		}
		return b
	}
	booked := in(w.Ann, w.FarRoom)
	booked.CreatedBy = w.Desk.ID
	formerly := *w.Desk
	formerly.Role = models.RoleMember
	room, office, linked := in(w.Ann, w.Room), in(w.Worker, w.OfficeSeat), in(w.Worker, w.Room, w.FarRoom)
	for _, tt := range []struct {
		who    string
		member *models.Member
		b      *models.Booking
		want   models.View
	}{
		{"the organizer", w.Ann, room, models.ViewFull},
		{"another member", w.Bob, room, models.ViewNone},
		{"the desk of the site", w.Desk, room, models.ViewFull},
		{"the desk of another site", shiojiriDesk, room, models.ViewNone},
		{"a manager of no relation", w.Manager, room, models.ViewNone},
		{"an administrator", w.Admin, room, models.ViewFull},
		{"the company's manager", w.Manager, office, models.ViewFull},
		{"a colleague", w.Worker, in(w.Manager, w.OfficeSeat), models.ViewNone},
		{"the desk, of a company's zone", shiojiriDesk, office, models.ViewBusy},
		{"the desk, of one end of a linked meeting", w.Desk, linked, models.ViewFull},
		{"the desk that booked it at another site", w.Desk, booked, models.ViewFull},
		{"who was at that desk", &formerly, booked, models.ViewNone},
	} {
		if got := modelstest.As(t, store, tt.member).ViewOf(c, tt.b); got != tt.want {
			t.Errorf("%s sees %d, want %d", tt.who, got, tt.want)
		}
	}
	if got := (models.Principal{}).ViewOf(c, room); got != models.ViewNone {
		t.Errorf("a stranger sees %d, want nothing", got)
	}
}

func TestWhoSeesACompanysSpaces(t *testing.T) {
	t.Parallel()
	store, _ := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	c, err := store.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seat, err := c.Space(w.OfficeSeat.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		who    string
		member *models.Member
		want   bool
	}{
		{"a stranger to the company", w.Ann, false},
		{"its worker", w.Worker, true},
		{"its manager", w.Manager, true},
		{"the desk of another site", w.Desk, false},
		{"an administrator", w.Admin, true},
	} {
		if got := modelstest.As(t, store, tt.member).SeesSpace(seat); got != tt.want {
			t.Errorf("%s sees it: %t, want %t", tt.who, got, tt.want)
		}
	}
	if (models.Principal{}).SeesSpace(seat) {
		t.Error("somebody who is not signed in sees it")
	}
}
