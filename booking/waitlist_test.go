package booking_test

import (
	"errors"
	"testing"
	"time"

	"kyoten/booking"
	"kyoten/internal/clock"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// clockHouse is newHouse with the clock in hand.
func clockHouse(t *testing.T) (*house, *clock.Fake) {
	t.Helper()
	store, fake := modelstest.Open(t)
	return houseOn(t, store, fake), fake
}

// forSpace waits for one space.
func forSpace(p models.Period, s models.Space) booking.WishRequest {
	return booking.WishRequest{Sites: []string{s.Site}, Kind: s.Kind, Space: &s.ID, StartsAt: p.StartsAt, EndsAt: p.EndsAt}
}

// forAny waits for any space of a kind, at each of the sites.
func forAny(p models.Period, kind models.Kind, sites ...string) booking.WishRequest {
	return booking.WishRequest{Sites: sites, Kind: kind, StartsAt: p.StartsAt, EndsAt: p.EndsAt}
}

func (h *house) mustJoin(t *testing.T, who *models.Member, req booking.WishRequest) booking.Wish {
	t.Helper()
	w, err := h.svc.Join(t.Context(), h.as(who), req)
	if err != nil {
		t.Fatalf("join the waitlist: %v", err)
	}
	return w
}

// wantState fails the test unless the wish has come so far, and returns it.
func (h *house) wantState(t *testing.T, who *models.Member, id models.ID, want models.WishState) booking.Wish {
	t.Helper()
	w, err := h.svc.Wish(t.Context(), h.as(who), id)
	if err != nil {
		t.Fatal(err)
	}
	if w.State != want {
		t.Fatalf("the wish of %s is %s, want %s", who.Name, w.State, want)
	}
	return w
}

func (h *house) mustCancel(t *testing.T, who *models.Member, id models.ID) {
	t.Helper()
	if _, err := h.svc.Cancel(t.Context(), h.as(who), id); err != nil {
		t.Fatalf("cancel: %v", err)
	}
}

// TestOpenWishesAreThoseThatCount: whatever somebody waited for before.
func TestOpenWishesAreThoseThatCount(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := h.mustReserve(t, h.Ann, modelstest.Hours(10, 12), h.Room)
	gone := h.mustJoin(t, h.Bob, forSpace(modelstest.Hours(10, 11), h.Room))
	if err := h.svc.Leave(t.Context(), h.as(h.Bob), gone.ID); err != nil {
		t.Fatal(err)
	}
	offered := h.mustJoin(t, h.Bob, forSpace(modelstest.Hours(10, 12), h.Room))
	h.mustCancel(t, h.Ann, first.ID)
	h.mustReserve(t, h.Ann, modelstest.Hours(15, 17), h.Room)
	waiting := h.mustJoin(t, h.Bob, forSpace(modelstest.Hours(15, 17), h.Room))
	open, err := h.svc.OpenWishes(t.Context(), h.as(h.Bob))
	if err != nil || len(open) != 2 || open[0].ID != offered.ID || open[0].State != models.WishOffered || len(open[0].Spaces) != 1 || open[1].ID != waiting.ID {
		t.Errorf("open are %+v, %v; want the offer and the other one", open, err)
	}
}

func TestTheFirstInLineGetsTheOfferWithTheCancellation(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	hours := modelstest.Hours(10, 12)
	taken := h.mustReserve(t, h.Worker, hours, h.Room)
	ann := h.mustJoin(t, h.Ann, forSpace(hours, h.Room))
	bob := h.mustJoin(t, h.Bob, forAny(hours, models.KindRoom, "colabo"))
	h.wantState(t, h.Ann, ann.ID, models.WishWaiting)
	h.mustCancel(t, h.Worker, taken.ID)

	offered := h.wantState(t, h.Ann, ann.ID, models.WishOffered)
	if len(offered.Spaces) != 1 || offered.Spaces[0] != h.Room.ID || offered.OfferExpiresAt == nil {
		t.Errorf("offered %v until %v, want the room until some time", offered.Spaces, offered.OfferExpiresAt)
	}
	h.wantState(t, h.Bob, bob.ID, models.WishWaiting)
	_, err := h.svc.Reserve(t.Context(), h.as(h.Worker), request(hours, h.Room))
	_ = refused(t, err, models.ErrSpaceTaken)
	if h.free(t, h.Bob, hours)[h.Room.ID].Free {
		t.Error("to others the offered room is free")
	}
	if got := h.notices(t, *offered.BookingID)["waitlist_offer"]; got != 1 {
		t.Errorf("%d notices of the offer, want 1", got)
	}

	r, err := h.svc.Accept(t.Context(), h.as(h.Ann), ann.ID)
	if err != nil || r.Status != models.BookingConfirmed || r.OrganizerID != h.Ann.ID {
		t.Fatalf("accepted: %+v, %v", r.Booking, err)
	}
	again, err := h.svc.Accept(t.Context(), h.as(h.Ann), ann.ID)
	if err != nil || again.ID != r.ID {
		t.Errorf("accepted twice: %v, %v; want the same booking", again.ID, err)
	}
	if passes, err := h.store.BookingPasses(t.Context(), r.ID); err != nil || len(passes) != 1 {
		t.Errorf("%d passes (%v), want 1", len(passes), err)
	}
	h.mustCancel(t, h.Ann, r.ID)
	h.wantState(t, h.Bob, bob.ID, models.WishOffered)
}

func TestAnOfferThatRunsOutGoesToTheNextInLine(t *testing.T) {
	t.Parallel()
	h, fake := clockHouse(t)
	hours := modelstest.Hours(14, 15)
	taken := h.mustReserve(t, h.Worker, hours, h.Room)
	ann, bob := h.mustJoin(t, h.Ann, forSpace(hours, h.Room)), h.mustJoin(t, h.Bob, forSpace(hours, h.Room))
	h.mustCancel(t, h.Worker, taken.ID)
	first := h.wantState(t, h.Ann, ann.ID, models.WishOffered)
	fake.Set(*first.OfferExpiresAt)
	h.wantState(t, h.Ann, ann.ID, models.WishExpired)
	if _, err := h.svc.Accept(t.Context(), h.as(h.Ann), ann.ID); !errors.Is(err, booking.ErrOfferExpired) {
		t.Errorf("accepting late: %v, want ErrOfferExpired", err)
	}
	for range 2 {
		if err := h.svc.Expire(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	second := h.wantState(t, h.Bob, bob.ID, models.WishOffered)
	if got := h.notices(t, *first.BookingID)["waitlist_expired"]; got != 1 {
		t.Errorf("%d notices that the offer ran out, want 1", got)
	}
	fake.Set(*second.OfferExpiresAt)
	if err := h.svc.Expire(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.mustReserve(t, h.Worker, hours, h.Room)
}

// TestNobodySlipsInBetween: the offer has run out and no job has run yet. Whoever
// books then finds the next in line before them.
func TestNobodySlipsInBetween(t *testing.T) {
	t.Parallel()
	h, fake := clockHouse(t)
	hours := modelstest.Hours(14, 15)
	taken := h.mustReserve(t, h.Worker, hours, h.Room)
	ann, bob := h.mustJoin(t, h.Ann, forSpace(hours, h.Room)), h.mustJoin(t, h.Bob, forSpace(hours, h.Room))
	h.mustCancel(t, h.Worker, taken.ID)
	fake.Set(*h.wantState(t, h.Ann, ann.ID, models.WishOffered).OfferExpiresAt)
	_, err := h.svc.Reserve(t.Context(), h.as(h.Worker), request(hours, h.Room))
	_ = refused(t, err, models.ErrSpaceTaken)
	h.wantState(t, h.Bob, bob.ID, models.WishOffered)
}

func TestDecliningPassesTheOfferOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	hours := modelstest.Hours(10, 12)
	taken := h.mustReserve(t, h.Worker, hours, h.Room)
	ann, bob := h.mustJoin(t, h.Ann, forSpace(hours, h.Room)), h.mustJoin(t, h.Bob, forSpace(hours, h.Room))
	if _, err := h.svc.Accept(t.Context(), h.as(h.Ann), ann.ID); !errors.Is(err, booking.ErrNoOffer) {
		t.Errorf("accepting nothing: %v, want ErrNoOffer", err)
	}
	h.mustCancel(t, h.Worker, taken.ID)
	for range 2 {
		if err := h.svc.Leave(t.Context(), h.as(h.Ann), ann.ID); err != nil {
			t.Fatal(err)
		}
	}
	h.wantState(t, h.Ann, ann.ID, models.WishCancelled)
	h.wantState(t, h.Bob, bob.ID, models.WishOffered)
	if err := h.svc.Leave(t.Context(), h.as(h.Ann), bob.ID); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("leaving another's place: %v, want ErrNotFound", err)
	}
}

func TestWhoLeavesTheLineIsPassedOver(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	hours := modelstest.Hours(10, 12)
	taken := h.mustReserve(t, h.Worker, hours, h.Room)
	ann, bob := h.mustJoin(t, h.Ann, forSpace(hours, h.Room)), h.mustJoin(t, h.Bob, forSpace(hours, h.Room))
	if err := h.svc.Leave(t.Context(), h.as(h.Ann), ann.ID); err != nil {
		t.Fatal(err)
	}
	h.mustCancel(t, h.Worker, taken.ID)
	h.wantState(t, h.Ann, ann.ID, models.WishCancelled)
	h.wantState(t, h.Bob, bob.ID, models.WishOffered)
}

// TestWhateverFreesASpaceServesTheLine names every way in which time comes free.
func TestWhateverFreesASpaceServesTheLine(t *testing.T) {
	t.Parallel()
	eleven, noon, two := modelstest.At(0, 11, 0), modelstest.At(0, 12, 0), modelstest.At(0, 14, 0)
	for name, free := range map[string]func(t *testing.T, h *house, fake *clock.Fake, id models.ID) error{
		"a cancellation": func(t *testing.T, h *house, _ *clock.Fake, id models.ID) error {
			_, err := h.svc.Cancel(t.Context(), h.as(h.Worker), id)
			return err
		},
		"an earlier end": func(t *testing.T, h *house, _ *clock.Fake, id models.ID) error {
			_, err := h.svc.Reschedule(t.Context(), h.as(h.Worker), id, booking.Change{EndsAt: &eleven})
			return err
		},
		"another time": func(t *testing.T, h *house, _ *clock.Fake, id models.ID) error {
			_, err := h.svc.Reschedule(t.Context(), h.as(h.Worker), id, booking.Change{StartsAt: &noon, EndsAt: &two})
			return err
		},
		"another room": func(t *testing.T, h *house, _ *clock.Fake, id models.ID) error {
			_, err := h.svc.Reschedule(t.Context(), h.as(h.Worker), id, booking.Change{Spaces: []models.ID{h.FarRoom.ID}})
			return err
		},
		"leaving early": func(t *testing.T, h *house, fake *clock.Fake, id models.ID) error {
			fake.Set(modelstest.At(0, 10, 0))
			if _, err := h.svc.CheckIn(t.Context(), h.as(h.Worker), id); err != nil {
				return err
			}
			fake.Set(modelstest.At(0, 10, 30))
			_, err := h.svc.CheckOut(t.Context(), h.as(h.Worker), id)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, fake := clockHouse(t)
			taken := h.mustReserve(t, h.Worker, modelstest.Hours(10, 12), h.Room)
			ann := h.mustJoin(t, h.Ann, forSpace(modelstest.Hours(11, 12), h.Room))
			if err := free(t, h, fake, taken.ID); err != nil {
				t.Fatal(err)
			}
			h.wantState(t, h.Ann, ann.ID, models.WishOffered)
		})
	}
}

// TestAWishIsServedOnlyByAllItAsksFor: half an hour of two, or one room of two,
// is not what was waited for.
func TestAWishIsServedOnlyByAllItAsksFor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	early, late := h.mustReserve(t, h.Worker, modelstest.Hours(10, 11), h.Room), h.mustReserve(t, h.Worker, modelstest.Hours(11, 12), h.Room)
	far := h.mustReserve(t, h.Worker, modelstest.Hours(10, 12), h.FarRoom)
	both := h.mustJoin(t, h.Ann, forAny(modelstest.Hours(10, 12), models.KindRoom, "colabo", "shiojiri"))
	h.mustCancel(t, h.Worker, early.ID)
	h.wantState(t, h.Ann, both.ID, models.WishWaiting)
	h.mustCancel(t, h.Worker, far.ID)
	h.wantState(t, h.Ann, both.ID, models.WishWaiting)
	h.mustCancel(t, h.Worker, late.ID)
	offered := h.wantState(t, h.Ann, both.ID, models.WishOffered)
	if len(offered.Spaces) != 2 || offered.Spaces[0] != h.Room.ID || offered.Spaces[1] != h.FarRoom.ID {
		t.Errorf("offered %v, want a room at each site in the order asked for", offered.Spaces)
	}
	r, err := h.svc.Accept(t.Context(), h.as(h.Ann), both.ID)
	if err != nil || len(r.Spaces) != 2 {
		t.Errorf("accepted %+v, %v; want one booking of two rooms", r.Booking, err)
	}
}

func TestWhatIsFreeIsOfferedAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i, who := range []*models.Member{h.Ann, h.Bob, h.Worker, h.Manager} {
		w := h.mustJoin(t, who, forAny(modelstest.Hours(10, 12), models.KindSeat, "colabo"))
		if w.State != models.WishOffered || len(w.Spaces) != 1 {
			t.Errorf("the wish for one of %d free seats is %s", 4-i, w.State)
		}
	}
	if w := h.mustJoin(t, h.Desk, forAny(modelstest.Hours(10, 12), models.KindSeat, "colabo")); w.State != models.WishWaiting {
		t.Errorf("the wish for the fifth of four seats is %s", w.State)
	}
}

func TestWhatCannotBeBookedCannotBeWaitedFor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	hours := modelstest.Hours(10, 12)
	h.mustReserve(t, h.Worker, hours, h.Room)
	for name, tt := range map[string]struct {
		req  booking.WishRequest
		want error
	}{
		"when it is closed":              {forSpace(modelstest.Hours(22, 23), h.Room), booking.ErrOutsideOpeningHours},
		"in the past":                    {forSpace(modelstest.Hours(6, 7), h.Room), booking.ErrInThePast},
		"off the grain":                  {forSpace(models.Period{StartsAt: hours.StartsAt.Add(time.Minute), EndsAt: hours.EndsAt}, h.Room), booking.ErrOffGrain},
		"another company's office":       {forSpace(hours, h.OfficeSeat), models.ErrNotFound},
		"a site that is none":            {forAny(hours, models.KindRoom, "nowhere"), models.ErrNotFound},
		"a seat at two sites":            {forAny(hours, models.KindSeat, "colabo", "shiojiri"), models.ErrInvalidInput},
		"an end before the start":        {forAny(models.Period{StartsAt: hours.EndsAt, EndsAt: hours.StartsAt}, models.KindRoom, "colabo"), models.ErrEndsBeforeStart},
		"a room larger than there is":    {booking.WishRequest{Sites: []string{"colabo"}, Kind: models.KindRoom, StartsAt: hours.StartsAt, EndsAt: hours.EndsAt, Capacity: 100}, booking.ErrCapacityExceeded},
		"a space that is somewhere else": {booking.WishRequest{Sites: []string{"shiojiri"}, Kind: models.KindRoom, Space: &h.Room.ID, StartsAt: hours.StartsAt, EndsAt: hours.EndsAt}, models.ErrNotFound},
	} {
		if _, err := h.svc.Join(t.Context(), h.as(h.Ann), tt.req); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	h.mustJoin(t, h.Ann, forSpace(hours, h.Room))
	if _, err := h.svc.Join(t.Context(), h.as(h.Ann), forSpace(hours, h.Room)); !errors.Is(err, booking.ErrAlreadyWaiting) {
		t.Errorf("twice the same: %v, want ErrAlreadyWaiting", err)
	}
}

// TestAnOfferIsJudgedWhenItIsAccepted: it counts for nothing before, and whoever
// sits elsewhere by then cannot have both.
func TestAnOfferIsJudgedWhenItIsAccepted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	hours := modelstest.Hours(10, 12)
	taken := h.mustReserve(t, h.Worker, hours, h.Seats[0])
	w := h.mustJoin(t, h.Ann, forSpace(hours, h.Seats[0]))
	h.mustCancel(t, h.Worker, taken.ID)
	h.wantState(t, h.Ann, w.ID, models.WishOffered)
	elsewhere := h.mustReserve(t, h.Ann, hours, h.Seats[1])
	_, err := h.svc.Accept(t.Context(), h.as(h.Ann), w.ID)
	_ = refused(t, err, booking.ErrHolderBusy)
	h.mustCancel(t, h.Ann, elsewhere.ID)
	if _, err := h.svc.Accept(t.Context(), h.as(h.Ann), w.ID); err != nil {
		t.Errorf("once the other seat is given back: %v", err)
	}
}

// TestAWishOfSomebodySuspendedIsPassedOver and keeps its place.
func TestAWishOfSomebodySuspendedIsPassedOver(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	hours := modelstest.Hours(10, 12)
	taken := h.mustReserve(t, h.Worker, hours, h.Room)
	ann, bob := h.mustJoin(t, h.Ann, forSpace(hours, h.Room)), h.mustJoin(t, h.Bob, forSpace(hours, h.Room))
	if err := h.store.SuspendMember(t.Context(), h.Ann.ID, true); err != nil {
		t.Fatal(err)
	}
	h.mustCancel(t, h.Worker, taken.ID)
	h.wantState(t, h.Bob, bob.ID, models.WishOffered)
	w, err := h.store.Wish(t.Context(), ann.ID)
	if err != nil || w.State != models.WishWaiting {
		t.Errorf("the wish of the suspended member is %s (%v), want waiting", w.State, err)
	}
}

// TestWhatComesFreeByASettingIsOfferedSoon: here a closure ends the booking in its
// way, and is lifted again.
func TestWhatComesFreeByASettingIsOfferedSoon(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	hours := modelstest.Hours(10, 12)
	taken := h.mustReserve(t, h.Worker, hours, h.Room)
	w := h.mustJoin(t, h.Ann, forSpace(hours, h.Room))
	closure := &models.Closure{Site: "colabo", SpaceID: &h.Room.ID, StartsAt: hours.StartsAt, EndsAt: hours.EndsAt, Reason: "点検"}
	if err := h.store.InsertClosure(t.Context(), closure); err != nil {
		t.Fatal(err)
	}
	h.mustCancel(t, h.Worker, taken.ID)
	h.wantState(t, h.Ann, w.ID, models.WishWaiting)
	if err := h.svc.OfferWaiting(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.wantState(t, h.Ann, w.ID, models.WishWaiting)
	db, err := h.store.SQL()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "DELETE FROM closures"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := h.svc.OfferWaiting(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	h.wantState(t, h.Ann, w.ID, models.WishOffered)
}
