package booking_test

import (
	"errors"
	"testing"

	"kyoten/models"
	"kyoten/models/modelstest"
)

// fixedSeatOf gives a seat at Colabo to a member.
func (h *house) fixedSeatOf(t *testing.T, m *models.Member) models.Space {
	t.Helper()
	seats := []models.Space{{
		Site: "colabo", ZoneID: h.Entrance["colabo"], Kind: models.KindSeat, NameJA: "固定席", NameEN: "Fixed seat",
		Capacity: 1, Bookable: true, OwnerID: &m.ID, GrainMinutes: 15,
	}}
	if err := h.store.InsertSpaces(t.Context(), seats); err != nil {
		t.Fatal(err)
	}
	return seats[0]
}

func TestAFixedSeatIsBookedByOthersOnlyWhenGivenUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	seat := h.fixedSeatOf(t, h.Ann)
	_, err := h.svc.Reserve(t.Context(), h.as(h.Bob), request(modelstest.Hours(10, 12), seat))
	_ = refused(t, err, models.ErrSpaceNotBookable)
	h.mustReserve(t, h.Ann, modelstest.Hours(9, 10), seat)

	for _, part := range []models.Period{modelstest.Hours(10, 12), modelstest.Hours(12, 18)} {
		if _, err := h.svc.GiveUp(t.Context(), h.as(h.Ann), seat.ID, part.StartsAt, part.EndsAt); err != nil {
			t.Fatal(err)
		}
	}
	if !h.free(t, h.Bob, modelstest.Hours(11, 13))[seat.ID].Free {
		t.Error("what was given up is not shown as free")
	}
	_, err = h.svc.Reserve(t.Context(), h.as(h.Bob), request(modelstest.Hours(17, 19), seat))
	_ = refused(t, err, models.ErrSpaceNotBookable)
	h.mustReserve(t, h.Bob, modelstest.Hours(11, 13), seat) // over the joint of the two
	_, err = h.svc.Reserve(t.Context(), h.as(h.Ann), request(modelstest.Hours(12, 14), seat))
	_ = refused(t, err, models.ErrSpaceTaken)
}

// TestASeatIsGivenUpSoManyTimes: all of them are in the memory of every server.
func TestASeatIsGivenUpSoManyTimes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	seat := h.fixedSeatOf(t, h.Ann)
	err := h.store.InTx(t.Context(), func(tx *models.Store) error {
		for day := range 400 {
			g := models.GiveUp{SpaceID: seat.ID, StartsAt: modelstest.At(day, 9, 0), EndsAt: modelstest.At(day, 10, 0), CreatedBy: h.Ann.ID}
			if err := tx.InsertGiveUp(t.Context(), &g); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.svc.GiveUp(t.Context(), h.as(h.Ann), seat.ID, modelstest.At(0, 12, 0), modelstest.At(0, 18, 0))
	if !errors.Is(err, models.ErrOutOfRange) {
		t.Errorf("once more: %v, want ErrOutOfRange", err)
	}
}

func TestWhoMayGiveUpAFixedSeat(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	seat := h.fixedSeatOf(t, h.Ann)
	noon, six := modelstest.At(0, 12, 0), modelstest.At(0, 18, 0)
	for who, want := range map[*models.Member]error{
		h.Bob: models.ErrForbidden, h.Manager: models.ErrForbidden, h.Ann: nil, h.Desk: nil, h.Admin: nil,
	} {
		if _, err := h.svc.GiveUp(t.Context(), h.as(who), seat.ID, noon, six); !errors.Is(err, want) {
			t.Errorf("by %s: %v, want %v", who.Name, err, want)
		}
	}
	if _, err := h.svc.GiveUp(t.Context(), h.as(h.Bob), h.OfficeSeat.ID, noon, six); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("of a hidden seat: %v, want ErrNotFound", err)
	}
}

func TestAGiveUpCanBeTakenBackWhileNobodyUsesIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	seat := h.fixedSeatOf(t, h.Ann)
	hours := modelstest.Hours(10, 18)
	g, err := h.svc.GiveUp(t.Context(), h.as(h.Ann), seat.ID, hours.StartsAt, hours.EndsAt)
	if err != nil {
		t.Fatal(err)
	}
	r := h.mustReserve(t, h.Bob, modelstest.Hours(11, 13), seat)
	if err := h.svc.TakeBack(t.Context(), h.as(h.Ann), seat.ID, g.ID); !errors.Is(err, models.ErrSpaceTaken) {
		t.Errorf("with a booking in it: %v, want ErrSpaceTaken", err)
	}
	h.mustCancel(t, h.Bob, r.ID)
	if err := h.svc.TakeBack(t.Context(), h.as(h.Ann), seat.ID, g.ID); err != nil {
		t.Fatal(err)
	}
	_, err = h.svc.Reserve(t.Context(), h.as(h.Bob), request(modelstest.Hours(11, 13), seat))
	_ = refused(t, err, models.ErrSpaceNotBookable)
}

func TestWhoWaitsForASeatGetsItWhenItIsGivenUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	hours := modelstest.Hours(10, 12)
	for i, who := range h.crowd(t, 4) {
		if _, err := h.svc.Reserve(t.Context(), who, request(hours, h.Seats[i])); err != nil {
			t.Fatal(err)
		}
	}
	w := h.mustJoin(t, h.Bob, forAny(hours, models.KindSeat, "colabo"))
	h.wantState(t, h.Bob, w.ID, models.WishWaiting)
	seat := h.fixedSeatOf(t, h.Ann)
	if _, err := h.svc.GiveUp(t.Context(), h.as(h.Ann), seat.ID, hours.StartsAt, hours.EndsAt); err != nil {
		t.Fatal(err)
	}
	if got := h.wantState(t, h.Bob, w.ID, models.WishOffered); got.Spaces[0] != seat.ID {
		t.Errorf("offered %v, want the seat that was given up", got.Spaces)
	}
}
