package booking_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"kyoten/booking"
	"kyoten/internal/clock"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// askHouse is a house where Colabo's second room, and a room in Acme's office,
// are given on request only.
func askHouse(t *testing.T) (h *house, fake *clock.Fake, room, office models.Space) {
	t.Helper()
	h, fake = clockHouse(t)
	rooms := []models.Space{
		{Site: "colabo", ZoneID: h.Entrance["colabo"], Kind: models.KindRoom, NameJA: "役員室", NameEN: "Board room", Capacity: 8, Bookable: true, NeedsApproval: true, GrainMinutes: 15},
		{Site: "shiojiri", ZoneID: h.Office, Kind: models.KindRoom, NameJA: "応接室", NameEN: "Parlour", Capacity: 4, Bookable: true, NeedsApproval: true, GrainMinutes: 15},
	}
	if err := h.store.InsertSpaces(t.Context(), rooms); err != nil {
		t.Fatal(err)
	}
	return h, fake, rooms[0], rooms[1]
}

func TestARequestIsHeldUntilItIsApproved(t *testing.T) {
	t.Parallel()
	h, _, room, _ := askHouse(t)
	hours := modelstest.Hours(10, 12)
	req := request(hours, room)
	req.Guests = []booking.Invitation{{Name: "客 一", Email: "guest@example.com"}}
	r, err := h.svc.Reserve(t.Context(), h.as(h.Ann), req)
	if err != nil || r.Status != models.BookingPending {
		t.Fatalf("asked for: %+v, %v", r.Booking, err)
	}
	if passes, _ := h.store.BookingPasses(t.Context(), r.ID); len(passes) != 0 {
		t.Errorf("%d passes before approval, want none", len(passes))
	}
	if got := h.notices(t, r.ID); got["approval_asked"] != 1 || len(got) != 1 {
		t.Errorf("notices %v, want the desk asked and nothing else", got)
	}
	_, err = h.svc.Reserve(t.Context(), h.as(h.Bob), request(hours, room))
	_ = refused(t, err, models.ErrSpaceTaken)

	for who, want := range map[*models.Member]error{h.Ann: models.ErrForbidden, h.Bob: models.ErrNotFound, h.Manager: models.ErrNotFound} {
		if _, err := h.svc.Approve(t.Context(), h.as(who), r.ID); !errors.Is(err, want) {
			t.Errorf("approved by %s: %v, want %v", who.Name, err, want)
		}
	}
	for range 2 {
		got, err := h.svc.Approve(t.Context(), h.as(h.Desk), r.ID)
		if err != nil || got.Status != models.BookingConfirmed || got.Spaces[0].Status != models.BookingConfirmed || got.Spaces[0].ReleaseAt == nil {
			t.Fatalf("approved: %+v, %v", got.Booking, err)
		}
	}
	if passes, _ := h.store.BookingPasses(t.Context(), r.ID); len(passes) != 2 {
		t.Errorf("%d passes after approval, want one each for holder and guest", len(passes))
	}
	if got := h.notices(t, r.ID); got["booking_approved"] != 1 || got["guest_invited"] != 1 {
		t.Errorf("notices %v, want one approval and one invitation", got)
	}
}

func TestARejectedRequestFreesTheRoom(t *testing.T) {
	t.Parallel()
	h, _, room, _ := askHouse(t)
	hours := modelstest.Hours(10, 12)
	r := h.mustReserve(t, h.Ann, hours, room)
	w := h.mustJoin(t, h.Bob, forSpace(hours, room))
	for range 2 {
		got, err := h.svc.Reject(t.Context(), h.as(h.Admin), r.ID, "工事のため")
		if err != nil || got.Status != models.BookingRejected {
			t.Fatalf("rejected: %+v, %v", got.Booking, err)
		}
	}
	if got := h.notices(t, r.ID); got["booking_rejected"] != 1 {
		t.Errorf("notices %v, want one refusal", got)
	}
	h.wantState(t, h.Bob, w.ID, models.WishOffered)
	if _, err := h.svc.Approve(t.Context(), h.as(h.Desk), r.ID); !errors.Is(err, models.ErrBookingOver) {
		t.Errorf("approved after all: %v, want ErrBookingOver", err)
	}
}

func TestARequestNobodyDecidesEnds(t *testing.T) {
	t.Parallel()
	h, fake, room, _ := askHouse(t)
	soon, far := h.mustReserve(t, h.Ann, modelstest.Hours(10, 12), room), models.Period{StartsAt: modelstest.At(9, 10, 0), EndsAt: modelstest.At(9, 12, 0)}
	later := h.mustReserve(t, h.Ann, far, room)
	if want := modelstest.At(0, 10, 0); !soon.ExpiresAt.Equal(want) {
		t.Errorf("the request for today ends at %v, want its start %v", soon.ExpiresAt, want)
	}
	if want := fake.Now().Add(72 * time.Hour); !later.ExpiresAt.Equal(want) {
		t.Errorf("the request for next week ends at %v, want %v", later.ExpiresAt, want)
	}
	fake.Set(*later.ExpiresAt)
	if _, err := h.svc.Approve(t.Context(), h.as(h.Desk), later.ID); !errors.Is(err, models.ErrBookingOver) {
		t.Errorf("approved too late: %v, want ErrBookingOver", err)
	}
	for range 2 {
		if err := h.svc.Expire(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []models.ID{soon.ID, later.ID} {
		b, err := h.store.Booking(t.Context(), id)
		if err != nil || b.Status != models.BookingRejected || h.notices(t, id)["booking_rejected"] != 1 {
			t.Errorf("%+v, %v, %v; want rejected, and told once", b, err, h.notices(t, id))
		}
	}
	h.mustReserve(t, h.Bob, far, room)
}

func TestWhoDecidesNeedNotAsk(t *testing.T) {
	t.Parallel()
	h, _, room, office := askHouse(t)
	for name, tt := range map[string]struct {
		who  *models.Member
		room models.Space
		want models.BookingStatus
	}{
		"the desk":    {h.Desk, room, models.BookingConfirmed},
		"a manager":   {h.Manager, office, models.BookingConfirmed},
		"an employee": {h.Worker, office, models.BookingPending},
	} {
		day := map[string]int{"the desk": 0, "a manager": 1, "an employee": 2}[name]
		hours := models.Period{StartsAt: modelstest.At(day, 10, 0), EndsAt: modelstest.At(day, 12, 0)}
		if r := h.mustReserve(t, tt.who, hours, tt.room); r.Status != tt.want {
			t.Errorf("%s gets it %s, want %s", name, r.Status, tt.want)
		}
	}
}

// TestALinkedMeetingAsksEachSite: both say yes, or it does not take place.
func TestALinkedMeetingAsksEachSite(t *testing.T) {
	t.Parallel()
	h, _, room, office := askHouse(t)
	r := h.mustReserve(t, h.Worker, modelstest.Hours(10, 12), room, office)
	if got := h.notices(t, r.ID)["approval_asked"]; got != 2 {
		t.Errorf("%d were asked, want the desk and the manager", got)
	}
	first, err := h.svc.Approve(t.Context(), h.as(h.Desk), r.ID)
	if err != nil || first.Status != models.BookingPending {
		t.Fatalf("after the first yes: %+v, %v; want still pending", first.Booking, err)
	}
	second, err := h.svc.Approve(t.Context(), h.as(h.Manager), r.ID)
	if err != nil || second.Status != models.BookingConfirmed {
		t.Fatalf("after the second yes: %+v, %v", second.Booking, err)
	}
}

// TestASiteWithoutADeskIsDecidedByAdministrators: also where the other site of the
// meeting has somebody.
func TestASiteWithoutADeskIsDecidedByAdministrators(t *testing.T) {
	t.Parallel()
	h, _, room, office := askHouse(t)
	if err := h.store.SuspendMember(t.Context(), h.Desk.ID, true); err != nil {
		t.Fatal(err)
	}
	r := h.mustReserve(t, h.Worker, modelstest.Hours(10, 12), room, office)
	for _, m := range []*models.Member{h.Admin, h.Manager} {
		if n := h.count(t, "outbox WHERE kind = 'approval_asked' AND booking_id = '"+r.ID.String()+"' AND recipient = '"+m.Email+"' AND CAST(payload AS text) LIKE '%/admin/bookings/%'"); n != 1 {
			t.Errorf("%s was asked %d times, with a link to where it is decided; want once", m.Name, n)
		}
	}
}

// TestGuestsHearOfWhatIsSure: not of a request, whatever becomes of it before it is
// granted; and what is asked for anew is off until then.
func TestGuestsHearOfWhatIsSure(t *testing.T) {
	t.Parallel()
	h, _, room, _ := askHouse(t)
	req := request(modelstest.Hours(10, 12), room)
	req.Guests = []booking.Invitation{{Name: "客 一", Email: "one@example.com"}, {Name: "客 二", Email: "two@example.com"}}
	r, err := h.svc.Reserve(t.Context(), h.as(h.Ann), req)
	if err != nil {
		t.Fatal(err)
	}
	from := func(hour int) booking.Change { at := modelstest.At(0, hour, 0); return booking.Change{StartsAt: &at} }
	change := func(ch booking.Change) {
		t.Helper()
		if _, err := h.svc.Reschedule(t.Context(), h.as(h.Ann), r.ID, ch); err != nil {
			t.Fatal(err)
		}
	}
	change(from(11))
	if err := h.svc.RemoveGuest(t.Context(), h.as(h.Ann), r.ID, r.Guests[0].ID); err != nil {
		t.Fatal(err)
	}
	told := func(when string, want ...int) {
		t.Helper()
		n := h.notices(t, r.ID)
		if got := []int{n["guest_invited"], n["guest_changed"], n["guest_cancelled"]}; !slices.Equal(got, want) {
			t.Errorf("%s guests were told %v times (invited, changed, cancelled), want %v", when, got, want)
		}
	}
	told("before approval", 0, 0, 0)
	for range 2 {
		if _, err := h.svc.Approve(t.Context(), h.as(h.Desk), r.ID); err != nil {
			t.Fatal(err)
		}
	}
	told("after it", 1, 0, 0)
	title := "Anew"
	change(booking.Change{Title: &title})
	told("renamed", 1, 1, 0)
	change(from(10))
	told("asked for anew", 1, 1, 1)
}

// TestNothingIsGrantedToWhoMayNotBook: what a suspension has left of their requests
// can be refused, or ends by itself.
func TestNothingIsGrantedToWhoMayNotBook(t *testing.T) {
	t.Parallel()
	h, _, room, _ := askHouse(t)
	r := h.mustReserve(t, h.Worker, modelstest.Hours(10, 12), room)
	h.exec(t, "UPDATE companies SET suspended_at = created_at")
	if _, err := h.svc.Approve(t.Context(), h.as(h.Desk), r.ID); !errors.Is(err, models.ErrForbidden) {
		t.Errorf("approved: %v, want ErrForbidden", err)
	}
	if _, err := h.svc.Reject(t.Context(), h.as(h.Desk), r.ID, "suspended"); err != nil {
		t.Errorf("rejected: %v", err)
	}
}

// TestASeriesThatIsAskedForAnewIsOffForItsGuests until each booking is granted.
func TestASeriesThatIsAskedForAnewIsOffForItsGuests(t *testing.T) {
	t.Parallel()
	h, _, room, _ := askHouse(t)
	req := repeat("FREQ=DAILY;COUNT=2", modelstest.Hours(10, 12), room)
	req.Guests = []booking.Invitation{{Name: "客 一", Email: "guest@example.com"}}
	series := h.mustRepeat(t, h.Ann, req)
	for _, r := range series.Bookings {
		if _, err := h.svc.Approve(t.Context(), h.as(h.Desk), r.ID); err != nil {
			t.Fatal(err)
		}
	}
	from, to := modelstest.At(0, 14, 0), modelstest.At(0, 16, 0)
	_, err := h.svc.RescheduleSeries(t.Context(), h.as(h.Ann), series.ID, booking.SeriesChange{Change: booking.Change{StartsAt: &from, EndsAt: &to}})
	if err != nil {
		t.Fatal(err)
	}
	if n := h.count(t, "outbox WHERE recipient = 'guest@example.com' AND kind = 'guest_series_cancelled'"); n != 1 {
		t.Errorf("the guest was told %d times that both are off, want once", n)
	}
}

func TestMovingABookingAsksAnew(t *testing.T) {
	t.Parallel()
	h, _, room, _ := askHouse(t)
	r := h.mustReserve(t, h.Ann, modelstest.Hours(10, 12), room)
	if _, err := h.svc.Approve(t.Context(), h.as(h.Desk), r.ID); err != nil {
		t.Fatal(err)
	}
	two, four := modelstest.At(0, 14, 0), modelstest.At(0, 16, 0)
	moved, err := h.svc.Reschedule(t.Context(), h.as(h.Ann), r.ID, booking.Change{StartsAt: &two, EndsAt: &four})
	if err != nil || moved.Status != models.BookingPending || moved.ExpiresAt == nil || moved.Spaces[0].ExpiresAt == nil {
		t.Fatalf("moved: %+v, %v; want it asked for anew", moved.Booking, err)
	}
	if passes, _ := h.store.BookingPasses(t.Context(), r.ID); len(passes) != 0 {
		t.Errorf("%d passes before the second approval, want none", len(passes))
	}
	if got := h.notices(t, r.ID)["approval_asked"]; got != 2 {
		t.Errorf("asked %d times, want twice", got)
	}
}
