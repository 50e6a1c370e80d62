package booking_test

import (
	"errors"
	"testing"
	"time"

	"kyoten/booking"
	"kyoten/models"
	"kyoten/models/modelstest"
)

func (h *house) mustHold(t *testing.T, who *models.Member, p models.Period, spaces ...models.Space) booking.Hold {
	t.Helper()
	hold, err := h.svc.Hold(t.Context(), h.as(who), request(p, spaces...))
	if err != nil {
		t.Fatalf("hold: %v", err)
	}
	return hold
}

func TestAHoldKeepsOthersOutAndBecomesTheBooking(t *testing.T) {
	t.Parallel()
	h, fake := clockHouse(t)
	hours := modelstest.Hours(10, 12)
	hold := h.mustHold(t, h.Ann, hours, h.Room, h.FarRoom)
	if want := fake.Now().Add(booking.HoldFor); !hold.ExpiresAt.Equal(want) {
		t.Errorf("held until %v, want %v", hold.ExpiresAt, want)
	}
	_, err := h.svc.Reserve(t.Context(), h.as(h.Bob), request(hours, h.FarRoom))
	_ = refused(t, err, models.ErrSpaceTaken)
	if h.free(t, h.Bob, hours)[h.Room.ID].Free {
		t.Error("to others the held room is free")
	}
	if _, err := h.svc.Booking(t.Context(), h.as(h.Ann), hold.ID); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("a hold reads as a booking: %v", err)
	}
	req := request(hours, h.Room, h.FarRoom)
	req.Title, req.Hold = "月例会", &hold.ID
	r, err := h.svc.Reserve(t.Context(), h.as(h.Ann), req)
	if err != nil || r.Status != models.BookingConfirmed || r.Title != "月例会" {
		t.Fatalf("the booking of the hold: %+v, %v", r.Booking, err)
	}
	if b, err := h.store.Hold(t.Context(), hold.ID); b != nil || err != nil {
		t.Errorf("the hold is still there: %v, %v", b, err)
	}
}

func TestAHoldIsGoneByItself(t *testing.T) {
	t.Parallel()
	h, fake := clockHouse(t)
	hours := modelstest.Hours(10, 12)
	hold := h.mustHold(t, h.Ann, hours, h.Room)
	fake.Advance(booking.HoldFor)
	if !h.free(t, h.Bob, hours)[h.Room.ID].Free {
		t.Error("after its time the hold still keeps others out, before any job has run")
	}
	h.mustReserve(t, h.Bob, hours, h.Room)
	req := request(hours, h.Room)
	req.Hold = &hold.ID
	_, err := h.svc.Reserve(t.Context(), h.as(h.Ann), req)
	_ = refused(t, err, models.ErrSpaceTaken)
}

// TestAHoldThatRanOutIsNoHindrance: nobody came between, so the form that took
// too long still books.
func TestAHoldThatRanOutIsNoHindrance(t *testing.T) {
	t.Parallel()
	for _, tidied := range []bool{false, true} {
		h, fake := clockHouse(t)
		req := request(modelstest.Hours(10, 12), h.Room)
		hold := h.mustHold(t, h.Ann, modelstest.Hours(10, 12), h.Room)
		fake.Advance(booking.HoldFor + time.Second)
		if tidied {
			if err := h.svc.Expire(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		req.Hold = &hold.ID
		if _, err := h.svc.Reserve(t.Context(), h.as(h.Ann), req); err != nil {
			t.Errorf("tidied away %t: %v", tidied, err)
		}
	}
}

func TestWhatWasHeldInTimeIsNotTooLate(t *testing.T) {
	t.Parallel()
	h, fake := clockHouse(t)
	fake.Set(modelstest.At(0, 10, 14))
	hours := modelstest.Hours(10, 12)
	hold := h.mustHold(t, h.Ann, hours, h.Room)
	fake.Set(modelstest.At(0, 10, 16))
	req := request(hours, h.Room)
	if _, err := h.svc.Reserve(t.Context(), h.as(h.Ann), req); !errors.Is(err, booking.ErrInThePast) {
		t.Errorf("without the hold: %v, want ErrInThePast", err)
	}
	req.Hold = &hold.ID
	if _, err := h.svc.Reserve(t.Context(), h.as(h.Ann), req); err != nil {
		t.Errorf("with the hold: %v", err)
	}
}

func TestAMemberKeepsOneHold(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	hours := modelstest.Hours(10, 12)
	first := h.mustHold(t, h.Ann, hours, h.Seats[0])
	h.mustHold(t, h.Ann, hours, h.Seats[1])
	h.mustReserve(t, h.Bob, hours, h.Seats[0])
	if b, err := h.store.Hold(t.Context(), first.ID); b != nil || err != nil {
		t.Errorf("the first hold is still there: %v, %v", b, err)
	}
}

// TestOneHoldThatCannotEndLeavesTheOthersAlone: here the plan is missing by which
// the next in line is judged.
func TestOneHoldThatCannotEndLeavesTheOthersAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	hours := modelstest.Hours(10, 12)
	h.mustHold(t, h.Ann, hours, h.Room)
	h.mustJoin(t, h.Bob, forSpace(hours, h.Room))
	other := h.mustHold(t, h.Desk, hours, h.Seats[0])
	h.exec(t, "UPDATE plans SET is_default = (1 = 0)")
	h.exec(t, "UPDATE bookings SET expires_at = created_at")
	if err := h.svc.Expire(t.Context()); err == nil {
		t.Error("nothing was said of the hold that cannot end")
	}
	if b, err := h.store.Hold(t.Context(), other.ID); b != nil || err != nil {
		t.Errorf("the other hold is still there: %v, %v", b, err)
	}
}

func TestAHoldIsItsHoldersAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	hours := modelstest.Hours(10, 12)
	hold := h.mustHold(t, h.Ann, hours, h.Room)
	if err := h.svc.LetGo(t.Context(), h.as(h.Bob), hold.ID); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("letting another's hold go: %v, want ErrNotFound", err)
	}
	req := request(hours, h.Room)
	for _, id := range []models.ID{hold.ID, models.NewID()} { // that it is Ann's is not for Bob to know
		req.Hold = &id
		if _, err := h.svc.Reserve(t.Context(), h.as(h.Bob), req); !errors.Is(err, models.ErrSpaceTaken) {
			t.Errorf("booking by another's hold, or none: %v, want ErrSpaceTaken", err)
		}
	}
	w := h.mustJoin(t, h.Bob, forSpace(hours, h.Room))
	if err := h.svc.LetGo(t.Context(), h.as(h.Ann), hold.ID); err != nil {
		t.Fatal(err)
	}
	h.wantState(t, h.Bob, w.ID, models.WishOffered)
	if err := h.svc.LetGo(t.Context(), h.as(h.Ann), hold.ID); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("letting go twice: %v, want ErrNotFound", err)
	}
}

// TestAHoldCountsAgainstNoLimit: it is no booking yet, and what grows from it is
// judged then.
func TestAHoldCountsAgainstNoLimit(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	hours := modelstest.Hours(10, 12)
	hold := h.mustHold(t, h.Ann, hours, h.Seats[0])
	h.mustReserve(t, h.Ann, hours, h.Seats[1])
	req := request(hours, h.Seats[0])
	req.Hold = &hold.ID
	_, err := h.svc.Reserve(t.Context(), h.as(h.Ann), req)
	_ = refused(t, err, booking.ErrHolderBusy)
}
