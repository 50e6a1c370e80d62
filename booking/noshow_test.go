package booking_test

import (
	"errors"
	"testing"
	"time"

	"kyoten/booking"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// keepTime runs the chores of the clock, twice: the second run must find nothing
// to do.
func (h *house) keepTime(t *testing.T) {
	t.Helper()
	for range 2 {
		if err := h.svc.KeepTime(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// status returns what the booking and its spaces are by now.
func (h *house) status(t *testing.T, id models.ID) (models.BookingStatus, []models.BookingStatus) {
	t.Helper()
	b, err := h.store.Booking(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	var spaces []models.BookingStatus
	for _, s := range b.Spaces {
		spaces = append(spaces, s.StatusAt(b.EndsAt, h.store.Now()))
	}
	return b.StatusAt(h.store.Now()), spaces
}

func (h *house) wantStatus(t *testing.T, id models.ID, want models.BookingStatus) {
	t.Helper()
	if got, spaces := h.status(t, id); got != want {
		t.Errorf("at %s the booking is %s %v, want %s", h.store.Now(), got, spaces, want)
	}
}

func TestASpaceIsReleasedAtTheEndOfItsGraceAndCanBeBookedAtOnce(t *testing.T) {
	t.Parallel()
	h, fake := clockHouse(t)
	room := h.mustReserve(t, h.Ann, modelstest.Hours(10, 12), h.Room)
	seat := h.mustReserve(t, h.Bob, modelstest.Hours(10, 12), h.Seats[0])

	fake.Set(modelstest.At(0, 10, 15).Add(-time.Second))
	h.keepTime(t)
	h.wantStatus(t, room.ID, models.BookingConfirmed)
	fake.Set(modelstest.At(0, 10, 15))
	h.keepTime(t)
	h.wantStatus(t, room.ID, models.BookingNoShow)
	h.wantStatus(t, seat.ID, models.BookingConfirmed)
	if got := h.notices(t, room.ID); got["booking_released"] != 1 || got["release_soon"] != 0 {
		t.Errorf("notices %v, want one of the release", got)
	}
	h.mustReserve(t, h.Worker, models.Period{StartsAt: modelstest.At(0, 10, 15), EndsAt: modelstest.At(0, 12, 0)}, h.Room)
	if _, err := h.svc.CheckIn(t.Context(), h.as(h.Ann), room.ID); !errors.Is(err, models.ErrTooLate) {
		t.Errorf("checking in after the release: %v, want ErrTooLate", err)
	}

	fake.Set(modelstest.At(0, 11, 0))
	h.keepTime(t)
	h.wantStatus(t, seat.ID, models.BookingNoShow)
	if n := h.audited(t, "booking.release"); n != 3 { // the third is the rest of the room, where the next one did not come either
		t.Errorf("%d releases in the audit log, want 3", n)
	}
}

// audited counts the entries of an action in the audit log.
func (h *house) audited(t *testing.T, action string) int {
	t.Helper()
	return h.count(t, "audit WHERE action = '"+action+"'")
}

func (h *house) count(t *testing.T, from string) (n int) {
	t.Helper()
	db, err := h.store.SQL()
	if err != nil {
		t.Fatal(err)
	}
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM "+from).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWhoCheckedInKeepsTheSpaceAndItIsCompletedAfterwards(t *testing.T) {
	t.Parallel()
	h, fake := clockHouse(t)
	r := h.mustReserve(t, h.Ann, modelstest.Hours(10, 12), h.Room)
	fake.Set(modelstest.At(0, 9, 50))
	if _, err := h.svc.CheckIn(t.Context(), h.as(h.Ann), r.ID); err != nil {
		t.Fatal(err)
	}
	fake.Set(modelstest.At(0, 11, 0))
	h.keepTime(t)
	h.wantStatus(t, r.ID, models.BookingCheckedIn)
	fake.Set(modelstest.At(0, 12, 0))
	h.wantStatus(t, r.ID, models.BookingCompleted) // also before the job
	h.keepTime(t)
	h.wantStatus(t, r.ID, models.BookingCompleted)
	if n := h.count(t, "booking_spaces WHERE active"); n != 0 {
		t.Errorf("%d spaces still hold after the end", n)
	}
}

func TestWithoutAGraceNothingIsReleased(t *testing.T) {
	t.Parallel()
	h, fake := clockHouse(t)
	h.exec(t, "UPDATE plan_rules SET grace_minutes = 0 WHERE kind = 'room'")
	r := h.mustReserve(t, h.Ann, modelstest.Hours(10, 12), h.Room)
	fake.Set(modelstest.At(0, 11, 59))
	h.keepTime(t)
	h.wantStatus(t, r.ID, models.BookingConfirmed)
	fake.Set(modelstest.At(0, 12, 0))
	h.keepTime(t)
	h.wantStatus(t, r.ID, models.BookingCompleted)
}

// TestARoomOfALinkedMeetingIsReleasedAlone: somebody came to the other one.
func TestARoomOfALinkedMeetingIsReleasedAlone(t *testing.T) {
	t.Parallel()
	h, fake := clockHouse(t)
	r := h.mustReserve(t, h.Ann, modelstest.Hours(10, 12), h.Room, h.FarRoom)
	fake.Set(modelstest.At(0, 10, 0))
	h.arrive(t, h.Ann, h.Colabo)
	fake.Set(modelstest.At(0, 10, 15))
	h.keepTime(t)
	got, spaces := h.status(t, r.ID)
	if got != models.BookingCheckedIn || spaces[0] != models.BookingCheckedIn || spaces[1] != models.BookingNoShow {
		t.Errorf("the meeting is %s %v, want checked_in [checked_in no_show]", got, spaces)
	}
	if n := h.notices(t, r.ID); n["part_released"] != 1 || n["booking_released"] != 0 {
		t.Errorf("notices %v, want one of the part", n)
	}
	fake.Set(modelstest.At(0, 12, 0))
	h.keepTime(t)
	h.wantStatus(t, r.ID, models.BookingCompleted)
}

// TestAMeetingGoesOnWithoutTheRoomItLost: whoever has that one now is not in its way,
// nor is what has become of the room.
func TestAMeetingGoesOnWithoutTheRoomItLost(t *testing.T) {
	t.Parallel()
	h, fake := clockHouse(t)
	r := h.mustReserve(t, h.Ann, modelstest.Hours(10, 11), h.Room, h.FarRoom)
	fake.Set(modelstest.At(0, 10, 0))
	h.arrive(t, h.Ann, h.Colabo)
	fake.Set(modelstest.At(0, 10, 15))
	h.keepTime(t)
	h.mustReserve(t, h.Bob, models.Period{StartsAt: modelstest.At(0, 10, 15), EndsAt: modelstest.At(0, 12, 0)}, h.FarRoom)
	h.exec(t, "UPDATE spaces SET bookable = FALSE, grain_minutes = 60 WHERE id = '"+h.FarRoom.ID.String()+"'")
	end := modelstest.At(0, 11, 30)
	got, err := h.svc.Reschedule(t.Context(), h.as(h.Ann), r.ID, booking.Change{EndsAt: &end})
	if err != nil || !got.EndsAt.Equal(end) || got.Spaces[0].Status != models.BookingCheckedIn || got.Spaces[1].Status != models.BookingNoShow {
		t.Errorf("the meeting is %+v, %v; want it longer, in the one room", got.Booking, err)
	}
}

// arrive is what the entrance does when a member comes in.
func (h *house) arrive(t *testing.T, who *models.Member, site *models.Site) {
	t.Helper()
	err := h.store.InTx(t.Context(), func(tx *models.Store) error {
		_, err := tx.CheckInAt(t.Context(), models.Arrival{Site: site, Member: &who.ID}, h.store.Now())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestNothingIsReleasedWhileAGateOfTheSiteIsAway(t *testing.T) {
	t.Parallel()
	h, fake := clockHouse(t)
	gate := models.Gate{Site: "colabo", Name: "Door", ToZone: h.Entrance["colabo"], Direction: "both", ExitOpens: "always"}
	if err := h.store.InsertGate(t.Context(), &gate); err != nil {
		t.Fatal(err)
	}
	heard := func(queue int) {
		t.Helper()
		gate.QueueLength = queue
		if err := h.store.HeardGate(t.Context(), &gate); err != nil {
			t.Fatal(err)
		}
	}
	heard(0)
	here := h.mustReserve(t, h.Ann, modelstest.Hours(10, 12), h.Room)
	late := h.mustReserve(t, h.Bob, modelstest.Hours(10, 12), h.Seats[0])
	there := h.mustReserve(t, h.Worker, modelstest.Hours(10, 12), h.FarRoom)
	fake.Set(modelstest.At(0, 10, 15))
	h.keepTime(t)
	h.wantStatus(t, here.ID, models.BookingConfirmed)
	h.wantStatus(t, there.ID, models.BookingNoShow)
	if next, err := h.svc.NextDue(t.Context()); err != nil || next == 0 {
		t.Errorf("next due in %v, %v; want nothing due at once, or the job would spin", next, err)
	}
	fake.Set(modelstest.At(0, 12, 30)) // the time is over, and still nobody knows
	h.keepTime(t)
	h.wantStatus(t, here.ID, models.BookingConfirmed)

	heard(1) // back, but with something to tell
	h.keepTime(t)
	h.wantStatus(t, here.ID, models.BookingConfirmed)
	err := h.store.InTx(t.Context(), func(tx *models.Store) error { // Bob came at 10:10
		_, err := tx.CheckInAt(t.Context(), models.Arrival{Site: h.Colabo, Member: &h.Bob.ID}, modelstest.At(0, 10, 10))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	heard(0)
	h.keepTime(t)
	h.wantStatus(t, here.ID, models.BookingNoShow)
	h.wantStatus(t, late.ID, models.BookingCompleted)
}

// TestAGateThatNeverComesBackHoldsNothingUp: once it may let nobody in any more,
// nobody can have come who is not known of.
func TestAGateThatNeverComesBackHoldsNothingUp(t *testing.T) {
	t.Parallel()
	h, fake := clockHouse(t)
	gate := models.Gate{Site: "colabo", Name: "Retired", ToZone: h.Entrance["colabo"], Direction: "both", ExitOpens: "always", QueueLength: 2}
	if err := h.store.InsertGate(t.Context(), &gate); err != nil {
		t.Fatal(err)
	}
	if err := h.store.HeardGate(t.Context(), &gate); err != nil {
		t.Fatal(err)
	}
	heard := fake.Now()
	b := h.mustReserve(t, h.Ann, modelstest.Hours(10, 12), h.Room)
	fake.Set(heard.Add(72 * time.Hour))
	h.keepTime(t)
	h.wantStatus(t, b.ID, models.BookingConfirmed)
	fake.Advance(time.Second)
	h.keepTime(t)
	h.wantStatus(t, b.ID, models.BookingNoShow)
}

// TestWhoWaitsGetsWhatIsLeftOfANoShow: the wish is for the whole time, and what
// is offered begins now.
func TestWhoWaitsGetsWhatIsLeftOfANoShow(t *testing.T) {
	t.Parallel()
	h, fake := clockHouse(t)
	hours := modelstest.Hours(10, 12)
	h.mustReserve(t, h.Ann, hours, h.Room)
	w := h.mustJoin(t, h.Bob, forSpace(hours, h.Room))
	fake.Set(modelstest.At(0, 10, 15))
	h.keepTime(t)
	h.wantState(t, h.Bob, w.ID, models.WishOffered)
	_, err := h.svc.Reserve(t.Context(), h.as(h.Worker), request(modelstest.Hours(11, 12), h.Room))
	_ = refused(t, err, models.ErrSpaceTaken)
	r, err := h.svc.Accept(t.Context(), h.as(h.Bob), w.ID)
	if err != nil {
		t.Fatal(err)
	}
	if !r.StartsAt.Equal(modelstest.At(0, 10, 15)) || !r.EndsAt.Equal(hours.EndsAt) {
		t.Errorf("accepted %s to %s, want what was left", r.StartsAt, r.EndsAt)
	}
}

func TestWhoIsInsideAlreadyIsCheckedInWhenTheTimeComes(t *testing.T) {
	t.Parallel()
	h, fake := clockHouse(t)
	inside := h.mustReserve(t, h.Ann, modelstest.Hours(10, 12), h.Room, h.FarRoom)
	left := h.mustReserve(t, h.Bob, modelstest.Hours(10, 12), h.Seats[0])
	h.present(t, h.Ann, nil)
	gone := modelstest.At(0, 9, 0).UnixMilli()
	h.present(t, h.Bob, &gone)
	fake.Set(modelstest.At(0, 9, 44))
	h.keepTime(t)
	h.wantStatus(t, inside.ID, models.BookingConfirmed)
	fake.Set(modelstest.At(0, 9, 45))
	h.keepTime(t)
	got, spaces := h.status(t, inside.ID)
	if got != models.BookingCheckedIn || spaces[0] != models.BookingCheckedIn || spaces[1] != models.BookingConfirmed {
		t.Errorf("the meeting is %s %v, want its room here checked in", got, spaces)
	}
	h.wantStatus(t, left.ID, models.BookingConfirmed)
	if n := h.audited(t, "booking.check_in"); n != 1 {
		t.Errorf("%d check-ins in the audit log, want 1", n)
	}
}

// present says that a member is at Colabo, or was not seen leaving.
func (h *house) present(t *testing.T, who *models.Member, closed *int64) {
	t.Helper()
	subject, err := h.store.SubjectOf(t.Context(), who.ID, h.store.Now())
	if err != nil {
		t.Fatal(err)
	}
	since := h.store.Now().UnixMilli()
	err = h.store.PutPresences(t.Context(), []models.Presence{{
		Subject: subject, Site: "colabo", ZoneID: h.Entrance["colabo"], SinceMS: since, LastEntryMS: since, ClosedMS: closed,
	}})
	if err != nil {
		t.Fatal(err)
	}
}
