package booking_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"kyoten/booking"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// bothRooms fails the test unless the wish is offered both rooms of the world.
func (h *house) bothRooms(t *testing.T, who *models.Member, id models.ID) booking.Wish {
	t.Helper()
	w := h.wantState(t, who, id, models.WishOffered)
	if !slices.Equal(w.Spaces, []models.ID{h.Room.ID, h.FarRoom.ID}) {
		t.Fatalf("%s is offered %v, want both rooms", who.Name, w.Spaces)
	}
	return w
}

// TestAnOfferOfALinkedSetHoldsAllOfItAndPassesOnAsOne follows one set through the
// line: held whole, run out to the next, declined to the next, and taken up.
func TestAnOfferOfALinkedSetHoldsAllOfItAndPassesOnAsOne(t *testing.T) {
	t.Parallel()
	h, fake := clockHouse(t)
	hours := modelstest.Hours(14, 16)
	near, far := h.mustReserve(t, h.Worker, hours, h.Room), h.mustReserve(t, h.Worker, hours, h.FarRoom)
	linked := forAny(hours, models.KindRoom, "colabo", "shiojiri")
	first, second := h.mustJoin(t, h.Ann, linked), h.mustJoin(t, h.Bob, linked)
	third := h.mustJoin(t, h.Manager, linked)
	alone := h.mustJoin(t, h.Desk, forSpace(hours, h.FarRoom))

	h.mustCancel(t, h.Worker, near.ID) // half of it is nothing to a set
	h.wantState(t, h.Ann, first.ID, models.WishWaiting)
	h.mustCancel(t, h.Worker, far.ID)
	offer := h.bothRooms(t, h.Ann, first.ID)
	for _, room := range []models.Space{h.Room, h.FarRoom} {
		_, err := h.svc.Reserve(t.Context(), h.as(h.Worker), request(hours, room))
		_ = refused(t, err, models.ErrSpaceTaken)
	}
	for who, id := range map[*models.Member]models.ID{h.Bob: second.ID, h.Manager: third.ID, h.Desk: alone.ID} {
		h.wantState(t, who, id, models.WishWaiting)
	}

	fake.Set(*offer.OfferExpiresAt)
	h.keepTime(t)
	h.wantState(t, h.Ann, first.ID, models.WishExpired)
	h.bothRooms(t, h.Bob, second.ID)
	if err := h.svc.Leave(t.Context(), h.as(h.Bob), second.ID); err != nil {
		t.Fatal(err)
	}
	h.wantState(t, h.Bob, second.ID, models.WishCancelled)
	h.bothRooms(t, h.Manager, third.ID)

	made, err := h.svc.Accept(t.Context(), h.as(h.Manager), third.ID)
	if err != nil {
		t.Fatal(err)
	}
	again, err := h.svc.Accept(t.Context(), h.as(h.Manager), third.ID)
	if err != nil || again.ID != made.ID || len(made.Spaces) != 2 || !made.StartsAt.Equal(hours.StartsAt) {
		t.Errorf("taken up as %v with %d spaces, again as %v, %v; want one booking of both rooms", made.ID, len(made.Spaces), again.ID, err)
	}
	if n := h.count(t, "bookings WHERE status = 'confirmed'"); n != 1 {
		t.Errorf("%d bookings, want 1", n)
	}
	if n := h.count(t, "bookings WHERE status = 'held'"); n != 0 {
		t.Errorf("%d holds are left, want none", n)
	}
	h.wantState(t, h.Desk, alone.ID, models.WishWaiting)
	h.mustCancel(t, h.Manager, made.ID)
	h.wantState(t, h.Desk, alone.ID, models.WishOffered)
	if _, err := h.svc.Accept(t.Context(), h.as(h.Ann), first.ID); !errors.Is(err, booking.ErrOfferExpired) {
		t.Errorf("too late: %v, want ErrOfferExpired", err)
	}
}

// TestASetIsCompletedByANoShow: what is released at one site
// completes a set whose other room was free all along.
func TestASetIsCompletedByANoShow(t *testing.T) {
	t.Parallel()
	h, fake := clockHouse(t)
	hours := modelstest.Hours(10, 12)
	h.mustReserve(t, h.Worker, hours, h.FarRoom)
	w := h.mustJoin(t, h.Ann, forAny(hours, models.KindRoom, "colabo", "shiojiri"))
	h.wantState(t, h.Ann, w.ID, models.WishWaiting)
	fake.Set(modelstest.At(0, 10, 15))
	h.keepTime(t)
	h.bothRooms(t, h.Ann, w.ID)
	fake.Advance(time.Minute)
	made, err := h.svc.Accept(t.Context(), h.as(h.Ann), w.ID)
	if err != nil || !made.StartsAt.Equal(modelstest.At(0, 10, 15)) {
		t.Errorf("taken up from %v, %v; want from the step that ran when it came free", made.StartsAt, err)
	}
}

// TestASiteIsWaitedForOnce: two rooms of one would be the same one twice, and whoever
// gives it back would be refused.
func TestASiteIsWaitedForOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.mustReserve(t, h.Ann, modelstest.Hours(10, 12), h.Room)
	_, err := h.svc.Join(t.Context(), h.as(h.Bob), forAny(modelstest.Hours(10, 12), models.KindRoom, "colabo", "colabo"))
	if !errors.Is(err, models.ErrInvalidInput) {
		t.Errorf("waited for twice: %v, want ErrInvalidInput", err)
	}
	h.mustCancel(t, h.Ann, r.ID)
}
