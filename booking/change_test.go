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

func TestCancellingFreesTheSpaceAndTheCode(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	hours := modelstest.Hours(10, 12)
	r := h.mustReserve(t, h.Ann, hours, h.Room, h.FarRoom)
	first, err := h.svc.Cancel(t.Context(), h.as(h.Ann), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	second, err := h.svc.Cancel(t.Context(), h.as(h.Ann), r.ID)
	if err != nil || second.Version != first.Version || second.Status != models.BookingCancelled {
		t.Errorf("cancelled twice: %+v, %v; want the same as the first time", second.Booking, err)
	}
	if passes, err := h.store.BookingPasses(t.Context(), r.ID); err != nil || len(passes) != 0 {
		t.Errorf("%d passes are left (%v), want none", len(passes), err)
	}
	h.mustReserve(t, h.Bob, hours, h.Room, h.FarRoom)
	if got := h.notices(t, r.ID)["booking_cancelled"]; got != 1 {
		t.Errorf("%d notices of the cancellation, want 1", got)
	}
}

func TestTheLimitForCancellingDoesNotBindTheDesk(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	plan := &models.Plan{NameJA: "厳", NameEN: "Strict", AllSites: true, Rules: map[models.Kind]models.PlanRule{
		models.KindRoom: {CancelNoticeMinutes: 120},
	}}
	if err := h.store.InsertPlan(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	m := &models.Member{Email: "strict@kyoten.example", Name: "S", Role: models.RoleMember, PlanID: &plan.ID}
	if err := h.store.InsertMember(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	soon := h.mustReserve(t, m, modelstest.Hours(9, 11), h.Room)
	later := h.mustReserve(t, m, modelstest.Hours(12, 13), h.Room)
	if _, err := h.svc.Cancel(t.Context(), h.as(m), soon.ID); !errors.Is(err, booking.ErrTooLateToCancel) {
		t.Errorf("an hour before: %v, want ErrTooLateToCancel", err)
	}
	shorter, longer := modelstest.At(0, 10, 0), modelstest.At(0, 12, 0)
	if _, err := h.svc.Reschedule(t.Context(), h.as(m), soon.ID, booking.Change{EndsAt: &shorter}); !errors.Is(err, booking.ErrTooLateToCancel) {
		t.Errorf("shortened an hour before: %v, want ErrTooLateToCancel", err)
	}
	if _, err := h.svc.Reschedule(t.Context(), h.as(m), soon.ID, booking.Change{EndsAt: &longer}); err != nil {
		t.Errorf("made longer an hour before: %v", err)
	}
	if _, err := h.svc.Cancel(t.Context(), h.as(h.Desk), soon.ID); err != nil {
		t.Errorf("the desk: %v", err)
	}
	if _, err := h.svc.Cancel(t.Context(), h.as(m), later.ID); err != nil {
		t.Errorf("four hours before: %v", err)
	}
}

func TestMovingIsAllOrNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.mustReserve(t, h.Bob, modelstest.Hours(14, 16), h.FarRoom)
	r := h.mustReserve(t, h.Ann, modelstest.Hours(10, 12), h.Room, h.FarRoom)
	before, err := h.store.BookingPasses(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	from, to := modelstest.At(0, 15, 0), modelstest.At(0, 17, 0)
	_, err = h.svc.Reschedule(t.Context(), h.as(h.Ann), r.ID, booking.Change{StartsAt: &from, EndsAt: &to})
	refusal := refused(t, err, models.ErrSpaceTaken)
	if len(refusal.Alternatives) != 3 {
		t.Errorf("offers %v, want three", refusal.Alternatives)
	}
	for _, alt := range refusal.Alternatives {
		change := booking.Change{StartsAt: &alt.StartsAt, EndsAt: &alt.EndsAt, Spaces: alt.Spaces}
		if r, err = h.svc.Reschedule(t.Context(), h.as(h.Ann), r.ID, change); err != nil {
			t.Errorf("offered %v, but: %v", alt, err)
		}
	}
	from, to = modelstest.At(0, 16, 0), modelstest.At(0, 18, 0)
	moved, err := h.svc.Reschedule(t.Context(), h.as(h.Ann), r.ID, booking.Change{StartsAt: &from, EndsAt: &to})
	if err != nil {
		t.Fatal(err)
	}
	h.mustReserve(t, h.Bob, modelstest.Hours(10, 12), h.Room, h.FarRoom)
	after, err := h.store.BookingPasses(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	if len(after) != len(before) || after[0].ID == before[0].ID || !after[0].NotBefore.Equal(from.Add(-15*time.Minute)) {
		t.Errorf("passes after the move are %+v, want new ones for the new time", after)
	}
	if moved.Sequence <= r.Sequence || moved.Version != r.Version+1 {
		t.Errorf("sequence %d and version %d after %d and %d", moved.Sequence, moved.Version, r.Sequence, r.Version)
	}
}

func TestAStaleChangeIsRefusedBeforeItIsJudged(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.mustReserve(t, h.Ann, modelstest.Hours(10, 12), h.Room)
	title := "New name"
	renamed, err := h.svc.Reschedule(t.Context(), h.as(h.Ann), r.ID, booking.Change{Title: &title, Match: models.Match{r.Version}})
	if err != nil || renamed.Title != title {
		t.Fatalf("rename: %+v, %v", renamed.Booking, err)
	}
	backwards := modelstest.At(0, 9, 0)
	_, err = h.svc.Reschedule(t.Context(), h.as(h.Ann), r.ID, booking.Change{EndsAt: &backwards, Match: models.Match{r.Version}})
	if !errors.Is(err, models.ErrStale) {
		t.Errorf("got %v, want ErrStale", err)
	}
	_, err = h.svc.Reschedule(t.Context(), h.as(h.Bob), r.ID, booking.Change{EndsAt: &backwards, Match: models.Match{r.Version}})
	if !errors.Is(err, models.ErrNotFound) {
		t.Errorf("somebody else's: %v, want ErrNotFound", err)
	}
	same, err := h.svc.Reschedule(t.Context(), h.as(h.Ann), r.ID, booking.Change{Title: &title})
	if err != nil || same.Version != renamed.Version {
		t.Errorf("a change that changes nothing: version %d, %v; want %d", same.Version, err, renamed.Version)
	}
	if _, err := h.svc.Cancel(t.Context(), h.as(h.Ann), r.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := h.svc.Reschedule(t.Context(), h.as(h.Ann), r.ID, booking.Change{Title: &title}); !errors.Is(err, models.ErrBookingOver) {
		t.Errorf("a cancelled one: %v, want ErrBookingOver", err)
	}
}

func TestCheckInAndOutByHand(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	h := houseOn(t, store, fake)
	r := h.mustReserve(t, h.Ann, modelstest.Hours(10, 12), h.Room)
	step := func(at time.Time, do func(models.ID) (booking.Record, error), want error, status models.BookingStatus) {
		t.Helper()
		fake.Set(at)
		got, err := do(r.ID)
		if !errors.Is(err, want) {
			t.Errorf("at %s: got %v, want %v", at, err, want)
		} else if err == nil && got.Status != status {
			t.Errorf("at %s: status %s, want %s", at, got.Status, status)
		}
	}
	in := func(id models.ID) (booking.Record, error) { return h.svc.CheckIn(t.Context(), h.as(h.Ann), id) }
	out := func(id models.ID) (booking.Record, error) { return h.svc.CheckOut(t.Context(), h.as(h.Ann), id) }
	step(modelstest.At(0, 9, 30), in, models.ErrNotYet, "")
	step(modelstest.At(0, 9, 30), out, models.ErrNotYet, "")
	step(modelstest.At(0, 9, 45), in, nil, models.BookingCheckedIn)
	step(modelstest.At(0, 10, 5), in, nil, models.BookingCheckedIn)
	step(modelstest.At(0, 10, 30), out, nil, models.BookingCompleted)
	step(modelstest.At(0, 10, 31), out, nil, models.BookingCompleted)
	step(modelstest.At(0, 10, 31), in, models.ErrTooLate, "")
	h.mustReserve(t, h.Bob, models.Period{StartsAt: modelstest.At(0, 10, 30), EndsAt: modelstest.At(0, 12, 0)}, h.Room)
	step(modelstest.At(0, 12, 0), in, models.ErrTooLate, "")
}

func TestGuestsAreCountedInvitedAndUninvited(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.mustReserve(t, h.Ann, modelstest.Hours(10, 12), h.Room)
	var last booking.Invited
	for i := range 5 {
		guest, err := h.svc.AddGuest(t.Context(), h.as(h.Ann), r.ID, booking.Invitation{Name: "G", Email: "g@example.com"})
		if err != nil || len(guest.Passes) != 1 {
			t.Fatalf("guest %d: %d passes, %v", i, len(guest.Passes), err)
		}
		last = guest
	}
	six := booking.Invitation{Name: "Six\r\nBcc: everybody", Email: "six@example.com"}
	if _, err := h.svc.AddGuest(t.Context(), h.as(h.Ann), r.ID, six); !errors.Is(err, booking.ErrCapacityExceeded) {
		t.Errorf("a sixth guest in a room for six: %v, want ErrCapacityExceeded", err)
	}
	if err := h.svc.RemoveGuest(t.Context(), h.as(h.Ann), r.ID, last.ID); err != nil {
		t.Fatal(err)
	}
	if guest, err := h.svc.AddGuest(t.Context(), h.as(h.Ann), r.ID, six); err != nil || guest.Name != "Six Bcc: everybody" {
		t.Errorf("after one was uninvited: %q, %v; want the name in one line", guest.Name, err)
	}
	passes, err := h.store.BookingPasses(t.Context(), r.ID)
	if err != nil || len(passes) != 6 {
		t.Errorf("%d passes, %v; want the host's and five guests'", len(passes), err)
	}
	if err := h.svc.RemoveGuest(t.Context(), h.as(h.Ann), r.ID, last.ID); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("uninvited twice: %v, want ErrNotFound", err)
	}
	if _, err := h.svc.AddGuest(t.Context(), h.as(h.Bob), r.ID, six); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("by somebody else: %v, want ErrNotFound", err)
	}
}

// TestGuestOfASeatGoesAfterTheSeat: nobody comes to two seats by uninviting the
// guest whom the second one was booked for.
func TestGuestOfASeatGoesAfterTheSeat(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	req := request(modelstest.Hours(10, 12), h.Seats[0], h.Seats[1])
	req.Guests = []booking.Invitation{{Name: "G", Email: "g@example.com"}}
	r, err := h.svc.Reserve(t.Context(), h.as(h.Ann), req)
	if err != nil {
		t.Fatal(err)
	}
	guest := r.Guests[0].ID
	if err := h.svc.RemoveGuest(t.Context(), h.as(h.Ann), r.ID, guest); !errors.Is(err, booking.ErrHolderBusy) {
		t.Errorf("uninvited with two seats: %v, want ErrHolderBusy", err)
	}
	one := booking.Change{Spaces: []models.ID{h.Seats[0].ID}}
	if _, err := h.svc.Reschedule(t.Context(), h.as(h.Ann), r.ID, one); err != nil {
		t.Fatal(err)
	}
	if err := h.svc.RemoveGuest(t.Context(), h.as(h.Ann), r.ID, guest); err != nil {
		t.Errorf("uninvited with one seat: %v", err)
	}
}

// houseOn is newHouse for a test that moves the clock.
func houseOn(t *testing.T, store *models.Store, fake *clock.Fake) *house {
	t.Helper()
	return &house{
		World: modelstest.NewWorld(t, store), store: store, svc: booking.New(store, fake.Now),
		as: func(m *models.Member) models.Principal { return modelstest.As(t, store, m) },
	}
}

// TestWhoMayNotBookChecksNothingIn by hand, nor does the desk for those who
// were let keep theirs.
func TestWhoMayNotBookChecksNothingIn(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	h := houseOn(t, store, fake)
	alone := h.mustReserve(t, h.Ann, modelstest.Hours(10, 12), h.Room)
	staffed := h.mustReserve(t, h.Worker, modelstest.Hours(10, 12), h.OfficeSeat)
	if err := h.store.SuspendMember(t.Context(), h.Ann.ID, true); err != nil {
		t.Fatal(err)
	}
	h.exec(t, "UPDATE companies SET suspended_at = created_at")
	fake.Set(modelstest.At(0, 10, 5))
	for _, try := range []struct {
		by *models.Member
		id models.ID
	}{{h.Admin, alone.ID}, {h.Worker, staffed.ID}} {
		if _, err := h.svc.CheckIn(t.Context(), h.as(try.by), try.id); !errors.Is(err, models.ErrForbidden) {
			t.Errorf("%s: %v, want ErrForbidden", try.by.Name, err)
		}
	}
}

// TestWhoMayNotBookTakesNothingMore: neither another time nor more of it, nor by
// a series; what is less than before is theirs to say.
func TestWhoMayNotBookTakesNothingMore(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.mustReserve(t, h.Worker, modelstest.Hours(10, 12), h.OfficeSeat)
	series := h.mustRepeat(t, h.Worker, repeat("FREQ=DAILY;COUNT=3", modelstest.Hours(16, 17), h.Room))
	h.exec(t, "UPDATE companies SET suspended_at = created_at")
	at := func(hour int) *time.Time { at := modelstest.At(0, hour, 0); return &at }
	title := "another name"
	for name, tt := range map[string]struct {
		ch   booking.Change
		want error
	}{
		"another time": {booking.Change{StartsAt: at(13), EndsAt: at(15)}, models.ErrForbidden},
		"longer":       {booking.Change{EndsAt: at(13)}, models.ErrForbidden},
		"another seat": {booking.Change{Spaces: []models.ID{h.Seats[0].ID}}, models.ErrForbidden},
		"renamed":      {booking.Change{Title: &title}, nil},
		"shorter":      {booking.Change{EndsAt: at(11)}, nil},
	} {
		if _, err := h.svc.Reschedule(t.Context(), h.as(h.Worker), r.ID, tt.ch); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	if _, err := h.svc.AddGuest(t.Context(), h.as(h.Worker), r.ID, booking.Invitation{Name: "G", Email: "g@example.com"}); !errors.Is(err, models.ErrForbidden) {
		t.Errorf("a guest more: %v, want ErrForbidden", err)
	}
	if _, err := h.svc.Reschedule(t.Context(), h.as(h.Admin), r.ID, booking.Change{StartsAt: at(13), EndsAt: at(15)}); !errors.Is(err, models.ErrForbidden) {
		t.Errorf("for them: %v, want ErrForbidden, as a new booking would be", err)
	}
	_, err := h.svc.RescheduleSeries(t.Context(), h.as(h.Worker), series.ID, booking.SeriesChange{Change: booking.Change{StartsAt: at(13), EndsAt: at(15)}})
	if !errors.Is(err, models.ErrForbidden) {
		t.Errorf("a series: %v, want ErrForbidden", err)
	}
}
