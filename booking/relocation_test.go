package booking_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"kyoten/booking"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// place returns a change that puts a space into a zone.
func (h *house) place(space models.Space, zone int) func(context.Context) error {
	return func(ctx context.Context) error {
		return h.store.InTx(ctx, func(tx *models.Store) error {
			row, err := tx.SpaceForEdit(ctx, space.ID)
			if err != nil {
				return err
			}
			row.ZoneID = zone
			return tx.UpdateSpace(ctx, &row)
		})
	}
}

// opened returns the zones that the good passes of a booking open, by whether they
// are a guest's.
func (h *house) opened(t *testing.T, id models.ID) map[bool][]int {
	t.Helper()
	passes, err := h.store.BookingPasses(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	out := map[bool][]int{}
	for _, p := range passes {
		out[p.GuestID != nil] = append(out[p.GuestID != nil], p.ZoneA)
	}
	return out
}

func TestMovingASpaceIntoAnotherZoneMakesNewCodes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann, admin := modelstest.As(t, h.store, h.Ann), modelstest.As(t, h.store, h.Admin)
	b, err := h.svc.Reserve(t.Context(), ann, h.inviting(modelstest.Hours(10, 12), "guest@example.jp"))
	if err != nil {
		t.Fatal(err)
	}
	other := h.mustReserve(t, h.Bob, modelstest.Hours(10, 12), h.Seats[0])
	wing := &models.Zone{Site: "colabo", ParentID: new(h.Entrance["colabo"]), NameJA: "会議棟", NameEN: "Wing", OfflineHours: 72}
	if err := h.store.InsertZone(t.Context(), wing); err != nil {
		t.Fatal(err)
	}
	old := h.notices(t, b.ID)
	if err := h.svc.Moving(t.Context(), admin, []models.ID{h.Room.ID}, false, h.place(h.Room, wing.ID)); err != nil {
		t.Fatal(err)
	}
	for guest, zones := range h.opened(t, b.ID) {
		if !slices.Equal(zones, []int{wing.ID}) {
			t.Errorf("the codes (guest: %t) open %v, want the zone the room lies in now", guest, zones)
		}
	}
	told := h.notices(t, b.ID)
	if told["booking_changed"] != old["booking_changed"]+1 || told["guest_changed"] != old["guest_changed"]+1 {
		t.Errorf("told %v after %v, want a change to holder and guest", told, old)
	}
	if got := h.notices(t, other.ID); got["booking_changed"] != 0 {
		t.Errorf("the holder of another space is told %v", got)
	}

	// What changes no place says nothing and leaves the codes as they are.
	if err := h.svc.Moving(t.Context(), admin, []models.ID{h.Room.ID}, false, h.place(h.Room, wing.ID)); err != nil {
		t.Fatal(err)
	}
	if again := h.notices(t, b.ID); again["booking_changed"] != told["booking_changed"] {
		t.Errorf("told %v, want nothing more", again)
	}
}

func TestAPlaceIsNotGivenToACompanyOverTheHeadsOfOthers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	admin := modelstest.As(t, h.store, h.Admin)
	theirs := h.mustReserve(t, h.Ann, modelstest.Hours(10, 12), h.FarRoom)
	worker := h.mustReserve(t, h.Worker, modelstest.Hours(13, 14), h.FarRoom)
	give := h.place(h.FarRoom, h.Office)
	err := h.svc.Moving(t.Context(), admin, []models.ID{h.FarRoom.ID}, false, give)
	blocked, ok := errors.AsType[*booking.InTheWay](err)
	if !ok || len(blocked.Bookings) != 1 || blocked.Bookings[0].ID != theirs.ID {
		t.Fatalf("err = %v, want the one booking that its holder could not use", err)
	}
	cat, err := h.store.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if space, err := cat.Space(h.FarRoom.ID); err != nil || space.ZoneID != h.FarRoom.ZoneID {
		t.Errorf("the room was moved all the same (%v)", err)
	}
	h.wantStatus(t, theirs.ID, models.BookingConfirmed)

	if err := h.svc.Moving(t.Context(), admin, []models.ID{h.FarRoom.ID}, true, give); err != nil {
		t.Fatal(err)
	}
	h.wantStatus(t, theirs.ID, models.BookingCancelled)
	if got := h.notices(t, theirs.ID); got["place_gone"] != 1 {
		t.Errorf("the holder is told %v, want why", got)
	}
	h.wantStatus(t, worker.ID, models.BookingConfirmed)
	if got := h.opened(t, worker.ID)[false]; !slices.Equal(got, []int{h.Office}) {
		t.Errorf("the codes of the company's own booking open %v, want the office", got)
	}
}
