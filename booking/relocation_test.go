package booking_test

import (
	"context"
	"errors"
	"slices"
	"sync"
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
	if err := h.svc.Moving(t.Context(), admin, false, h.place(h.Room, wing.ID)); err != nil {
		t.Fatal(err)
	}
	opened := h.opened(t, b.ID)
	if len(opened) != 2 {
		t.Errorf("codes are there for %v, want holder and guest", opened)
	}
	for guest, zones := range opened {
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
	if err := h.svc.Moving(t.Context(), admin, false, h.place(h.Room, wing.ID)); err != nil {
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
	err := h.svc.Moving(t.Context(), admin, false, give)
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

	if err := h.svc.Moving(t.Context(), admin, true, give); err != nil {
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

// TestAHoldIsDroppedWithoutAWordWhenItsPlaceIsGivenAway: it was never promised, and
// whom it was offered to is in line again.
func TestAHoldIsDroppedWithoutAWordWhenItsPlaceIsGivenAway(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	taken := h.mustReserve(t, h.Ann, modelstest.Hours(10, 12), h.FarRoom)
	wish := h.mustJoin(t, h.Bob, forSpace(modelstest.Hours(10, 12), h.FarRoom))
	h.mustCancel(t, h.Ann, taken.ID)
	offer := *h.wantState(t, h.Bob, wish.ID, models.WishOffered).BookingID
	form := h.mustHold(t, h.Ann, modelstest.Hours(14, 15), h.FarRoom)
	if err := h.svc.Moving(t.Context(), modelstest.As(t, h.store, h.Admin), false, h.place(h.FarRoom, h.Office)); err != nil {
		t.Fatalf("with nothing but holds in the way: %v", err)
	}
	if w := h.wantState(t, h.Bob, wish.ID, models.WishWaiting); w.BookingID != nil {
		t.Errorf("the wish that waits again names %v", w.BookingID)
	}
	for _, id := range []models.ID{offer, form.ID} {
		if got := h.notices(t, id); got["place_gone"] != 0 {
			t.Errorf("told %v of a mere hold", got)
		}
	}
}

// TestNobodyBooksAPlaceWhileItIsGivenAway: whoever is served first, no booking of
// others is left there.
func TestNobodyBooksAPlaceWhileItIsGivenAway(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	admin := modelstest.As(t, h.store, h.Admin)
	for round := range 5 {
		var ann, bob booking.Record
		var errAnn, errBob, err error
		var wg sync.WaitGroup
		wg.Go(func() {
			ann, errAnn = h.svc.Reserve(t.Context(), h.as(h.Ann), request(modelstest.Hours(10, 12), h.FarRoom))
		})
		wg.Go(func() {
			bob, errBob = h.svc.Reserve(t.Context(), h.as(h.Bob), request(modelstest.Hours(13, 15), h.FarRoom))
		})
		wg.Go(func() { err = h.svc.Moving(t.Context(), admin, true, h.place(h.FarRoom, h.Office)) })
		wg.Wait()
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		for who, came := range map[string]struct {
			booking.Record
			err error
		}{"Ann": {ann, errAnn}, "Bob": {bob, errBob}} {
			if came.err == nil {
				h.wantStatus(t, came.ID, models.BookingCancelled)
			} else if !errors.Is(came.err, models.ErrNotFound) {
				t.Errorf("round %d: %s was refused by %v", round, who, came.err)
			}
		}
		if err := h.svc.Moving(t.Context(), admin, false, h.place(h.FarRoom, h.FarRoom.ZoneID)); err != nil {
			t.Fatalf("round %d, back: %v", round, err)
		}
	}
}
