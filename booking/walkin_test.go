package booking_test

import (
	"errors"
	"sync"
	"testing"

	"kyoten/booking"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// walkInHouse is a house whose Colabo offers seats at the entrance; it is five
// past ten on Monday.
func walkInHouse(t *testing.T) *house {
	t.Helper()
	store, fake := modelstest.Open(t)
	h := houseOn(t, store, fake)
	fake.Set(modelstest.At(0, 10, 5))
	h.exec(t, "UPDATE sites SET walk_ins = (1 = 1) WHERE slug = 'colabo'")
	return h
}

func TestAWalkInIsOfferedTheSeatThatIsFreeForLongest(t *testing.T) {
	t.Parallel()
	h := walkInHouse(t)
	for i, from := range []int{12, 15, 11} {
		h.mustReserve(t, []*models.Member{h.Bob, h.Worker, h.Manager}[i], modelstest.Hours(from, 20), h.Seats[i])
	}
	h.mustReserve(t, h.Desk, modelstest.Hours(10, 20), h.Seats[3])
	offer, err := h.svc.OfferWalkIn(t.Context(), h.Ann.ID, "colabo")
	if err != nil || offer.Space.ID != h.Seats[1].ID || offer.Period != modelstest.Hours(10, 15) {
		t.Fatalf("offer %+v, %v; want the second seat until three", offer, err)
	}
	rec, err := h.svc.TakeWalkIn(t.Context(), h.Ann.ID, "colabo")
	if err != nil || rec.Spaces[0].SpaceID != h.Seats[1].ID || rec.Organizer.ID != h.Ann.ID {
		t.Fatalf("taken %+v, %v", rec, err)
	}
	if _, err := h.svc.OfferWalkIn(t.Context(), h.Ann.ID, "colabo"); err == nil {
		t.Errorf("a second seat for the same person: %v, want a refusal", err)
	}
}

func TestAWalkInStaysAsLongAsThePlanHasLeft(t *testing.T) {
	t.Parallel()
	h := walkInHouse(t)
	h.exec(t, "UPDATE plan_rules SET minutes_per_week = 180 WHERE kind = 'seat'")
	offer, err := h.svc.OfferWalkIn(t.Context(), h.Ann.ID, "colabo")
	if err != nil || offer.Period != modelstest.Hours(10, 12) {
		t.Errorf("offer %v, %v; want two of the three hours that are left", offer.Period, err)
	}
	h.exec(t, "UPDATE companies SET suspended_at = created_at")
	if _, err := h.svc.OfferWalkIn(t.Context(), h.Worker.ID, "colabo"); !errors.Is(err, models.ErrForbidden) {
		t.Errorf("to somebody whose company is suspended: %v, want ErrForbidden", err)
	}
	h.exec(t, "UPDATE sites SET walk_ins = (1 = 0) WHERE slug = 'colabo'")
	if _, err := h.svc.OfferWalkIn(t.Context(), h.Ann.ID, "colabo"); !errors.Is(err, models.ErrForbidden) {
		t.Errorf("where the site allows none: %v, want ErrForbidden", err)
	}
}

func TestWalkInsAtOnceGetASeatEach(t *testing.T) {
	t.Parallel()
	h := walkInHouse(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	seats := map[models.ID]bool{}
	for _, m := range []*models.Member{h.Ann, h.Bob, h.Worker, h.Manager} {
		wg.Go(func() {
			rec, err := h.svc.TakeWalkIn(t.Context(), m.ID, "colabo")
			if err != nil {
				t.Errorf("%s: %v", m.Name, err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			seats[rec.Spaces[0].SpaceID] = true
		})
	}
	wg.Wait()
	if len(seats) != 4 {
		t.Errorf("%d seats for four people", len(seats))
	}
}

func TestWhoHasAFixedSeatIsGivenItBeforeAnother(t *testing.T) {
	t.Parallel()
	h := walkInHouse(t)
	seat := h.fixedSeatOf(t, h.Ann)
	offer, err := h.svc.OfferWalkIn(t.Context(), h.Ann.ID, "colabo")
	if err != nil || offer.Space.ID != seat.ID {
		t.Errorf("at the door %s is offered (%v), want the fixed seat", offer.Space.NameEN, err)
	}
	rec, err := h.svc.Reserve(t.Context(), h.as(h.Ann), booking.Request{
		StartsAt: modelstest.At(1, 10, 0), EndsAt: modelstest.At(1, 12, 0), Any: []booking.Want{{Site: "colabo", Kind: models.KindSeat}},
	})
	if err != nil || rec.Spaces[0].SpaceID != seat.ID {
		t.Errorf("any seat is %v (%v), want the fixed one", rec.Spaces, err)
	}
	if offer, err := h.svc.OfferWalkIn(t.Context(), h.Bob.ID, "colabo"); err != nil || offer.Space.ID == seat.ID {
		t.Errorf("somebody else is offered %s (%v)", offer.Space.NameEN, err)
	}
}
