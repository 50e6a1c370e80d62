package booking_test

import (
	"errors"
	"sync/atomic"
	"testing"

	"kyoten/booking"
	"kyoten/models"
	"kyoten/models/modelstest"
)

func TestAClosureNamesWhatIsInItsWayAndCancelsItWhenTold(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	seat := h.mustReserve(t, h.Bob, modelstest.Hours(11, 14), h.Seats[0])
	linked := h.mustReserve(t, h.Ann, modelstest.Hours(10, 12), h.Room, h.FarRoom)
	after := h.mustReserve(t, h.Bob, modelstest.Hours(15, 16), h.Seats[0])
	req := booking.ClosureRequest{Site: "colabo", StartsAt: modelstest.At(0, 11, 0), EndsAt: modelstest.At(0, 15, 0), Reason: "inspection"}
	_, err := h.svc.Close(t.Context(), h.as(h.Desk), req)
	inTheWay, ok := errors.AsType[*booking.InTheWay](err)
	if !ok || len(inTheWay.Bookings) != 2 || !errors.Is(err, booking.ErrBookingsInTheWay) {
		t.Fatalf("got %v, want the two in the way", err)
	}
	if first := inTheWay.Bookings[0].ID; first != linked.ID {
		t.Errorf("the first in the way is %s, want the one that begins first", first)
	}
	h.mustReserve(t, h.Ann, modelstest.Hours(13, 14), h.Room) // nothing was stored

	req.CancelBookings = true
	closing, err := h.svc.Close(t.Context(), h.as(h.Desk), req)
	if err != nil || len(closing.Bookings) != 3 {
		t.Fatalf("closed with %d cancelled, %v; want 3", len(closing.Bookings), err)
	}
	for _, id := range []models.ID{linked.ID, seat.ID} {
		b, err := h.store.Booking(t.Context(), id)
		if err != nil || b.Status != models.BookingCancelled {
			t.Errorf("booking is %s, %v; want cancelled", b.Status, err)
		}
		if h.notices(t, id)["closure_cancelled"] != 1 {
			t.Errorf("notices %v, want one of the closure", h.notices(t, id))
		}
	}
	if b, err := h.store.Booking(t.Context(), after.ID); err != nil || b.Status != models.BookingConfirmed {
		t.Errorf("the booking after it is %s, %v; want confirmed", b.Status, err)
	}
	_, err = h.svc.Reserve(t.Context(), h.as(h.Ann), request(modelstest.Hours(11, 12), h.Room))
	_ = refused(t, err, booking.ErrSiteClosed)
	h.mustReserve(t, h.Bob, modelstest.Hours(10, 12), h.FarRoom) // the other half of the linked meeting is free
}

// TestWhoLostABookingByAClosureIsToldThatItIsCalledOff: not where the booking is past,
// nor where another closure lies, nor who cancelled themselves.
func TestWhoLostABookingByAClosureIsToldThatItIsCalledOff(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	h := houseOn(t, store, fake)
	past := h.mustReserve(t, h.Ann, modelstest.Hours(10, 11), h.Room)
	lost := h.mustReserve(t, h.Bob, modelstest.Hours(13, 14), h.Room)
	own := h.mustReserve(t, h.Bob, modelstest.Hours(14, 15), h.Room)
	still := h.mustReserve(t, h.Bob, modelstest.Hours(16, 17), h.Room)
	h.mustCancel(t, h.Bob, own.ID)
	shut := func(from, to int) booking.Closing {
		t.Helper()
		c, err := h.svc.Close(t.Context(), h.as(h.Desk), booking.ClosureRequest{
			Site: "colabo", StartsAt: modelstest.At(0, from, 0), EndsAt: modelstest.At(0, to, 0), Reason: "inspection", CancelBookings: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	whole := shut(10, 18)
	_ = shut(16, 18)
	fake.Set(modelstest.At(0, 11, 30))
	if err := h.store.InTx(t.Context(), func(tx *models.Store) error { return tx.TellReopened(t.Context(), whole.Closure) }); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[models.ID]int{past.ID: 0, lost.ID: 1, own.ID: 0, still.ID: 0} {
		if got := h.notices(t, id)[string(models.NoticeClosureLifted)]; got != want {
			t.Errorf("%d mails that it is called off, want %d: %v", got, want, h.notices(t, id))
		}
	}
}

// TestAClosurePutsWhomItTakesAnOfferFromBackInLine: it was no booking, and leaves
// none behind.
func TestAClosurePutsWhomItTakesAnOfferFromBackInLine(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := h.mustReserve(t, h.Ann, modelstest.Hours(10, 12), h.Room)
	wish := h.mustJoin(t, h.Bob, forAny(modelstest.Hours(10, 12), models.KindRoom, "colabo"))
	h.mustCancel(t, h.Ann, first.ID)
	h.wantState(t, h.Bob, wish.ID, models.WishOffered)
	h.mustHold(t, h.Ann, modelstest.Hours(14, 15), h.Room)
	closing, err := h.svc.Close(t.Context(), h.as(h.Desk), booking.ClosureRequest{
		Site: "colabo", Space: &h.Room.ID, StartsAt: modelstest.At(0, 9, 0), EndsAt: modelstest.At(0, 18, 0), Reason: "inspection",
	})
	if err != nil || len(closing.Bookings) != 0 {
		t.Fatalf("closed with %d bookings, %v; want none, since nothing was promised", len(closing.Bookings), err)
	}
	h.wantState(t, h.Bob, wish.ID, models.WishWaiting)
	for _, who := range []*models.Member{h.Ann, h.Bob} {
		list, _, err := h.svc.List(t.Context(), h.as(who), booking.Filter{Page: models.Page{Limit: 10}, Mine: true})
		if err != nil || who == h.Bob && len(list) != 0 || who == h.Ann && len(list) != 1 {
			t.Errorf("%s has %d bookings, %v; want what they booked", who.Name, len(list), err)
		}
	}
}

func TestWhoMayCloseWhat(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	office, unknown, other := h.Office, 999, h.FarRoom.ID
	req := booking.ClosureRequest{Site: "colabo", StartsAt: modelstest.At(0, 11, 0), EndsAt: modelstest.At(0, 15, 0)}
	for name, tt := range map[string]struct {
		who    *models.Member
		change func(*booking.ClosureRequest)
		want   error
	}{
		"its staff":            {h.Desk, func(*booking.ClosureRequest) {}, nil},
		"an administrator":     {h.Admin, func(r *booking.ClosureRequest) { r.Site = "shiojiri" }, nil},
		"another site's staff": {h.Desk, func(r *booking.ClosureRequest) { r.Site = "shiojiri" }, models.ErrForbidden},
		"a member":             {h.Ann, func(*booking.ClosureRequest) {}, models.ErrForbidden},
		"a manager":            {h.Manager, func(r *booking.ClosureRequest) { r.Site, r.Zone = "shiojiri", &office }, models.ErrForbidden},
		"an unknown site":      {h.Admin, func(r *booking.ClosureRequest) { r.Site = "atlantis" }, models.ErrNotFound},
		"an unknown zone":      {h.Admin, func(r *booking.ClosureRequest) { r.Zone = &unknown }, models.ErrNotFound},
		"another site's zone":  {h.Admin, func(r *booking.ClosureRequest) { r.Zone = &office }, models.ErrNotFound},
		"another site's space": {h.Admin, func(r *booking.ClosureRequest) { r.Space = &other }, models.ErrNotFound},
		"backwards":            {h.Desk, func(r *booking.ClosureRequest) { r.EndsAt = r.StartsAt }, models.ErrEndsBeforeStart},
		"over already": {h.Desk, func(r *booking.ClosureRequest) {
			r.StartsAt, r.EndsAt = modelstest.At(-1, 9, 0), modelstest.At(-1, 12, 0)
		}, booking.ErrInThePast},
	} {
		asked := req
		tt.change(&asked)
		if _, err := h.svc.Close(t.Context(), h.as(tt.who), asked); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
}

// Whoever comes first: a booking is either in the way of the closure, or refused
// because of it; never both stored.
func TestAClosureAndBookingsAtOnceNeverBothHold(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	people := h.crowd(t, 8)
	for round := range 5 {
		period := models.Period{StartsAt: modelstest.At(round, 10, 0), EndsAt: modelstest.At(round, 11, 0)}
		var booked, closed atomic.Int32
		atOnce(len(people)+1, func(i int) {
			if i == len(people) {
				_, err := h.svc.Close(t.Context(), h.as(h.Desk), booking.ClosureRequest{Site: "colabo", StartsAt: period.StartsAt, EndsAt: period.EndsAt, Reason: "x"})
				switch {
				case err == nil:
					closed.Add(1)
				case !errors.Is(err, booking.ErrBookingsInTheWay):
					t.Errorf("closing: %v", err)
				}
				return
			}
			_, err := h.svc.Reserve(t.Context(), people[i], request(period, h.Seats[i%4]))
			switch {
			case err == nil:
				booked.Add(1)
			case !errors.Is(err, booking.ErrSiteClosed) && !errors.Is(err, models.ErrSpaceTaken):
				t.Errorf("booking: %v", err)
			}
		})
		if closed.Load() == 1 && booked.Load() > 0 {
			t.Errorf("round %d: closed, and %d bookings in that time", round, booked.Load())
		}
		if closed.Load() == 0 && booked.Load() != 4 {
			t.Errorf("round %d: not closed, and %d seats booked of 4", round, booked.Load())
		}
	}
}
