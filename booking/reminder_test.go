package booking_test

import (
	"testing"
	"time"

	"kyoten/booking"
	"kyoten/models/modelstest"
)

func TestRemindersGoOutOnce(t *testing.T) {
	t.Parallel()
	h, fake := clockHouse(t)
	early := h.mustReserve(t, h.Ann, modelstest.Hours(14, 16), h.Room)
	fake.Set(modelstest.At(0, 12, 30))
	soon := h.mustReserve(t, h.Bob, modelstest.Hours(14, 16), h.Seats[0])
	for _, at := range []time.Time{modelstest.At(0, 12, 59), modelstest.At(0, 13, 0), modelstest.At(0, 14, 5), modelstest.At(0, 14, 10)} {
		fake.Set(at)
		h.keepTime(t)
	}
	if got := h.notices(t, early.ID); got["booking_reminder"] != 1 || got["release_soon"] != 1 {
		t.Errorf("notices %v, want a reminder and a warning before the release", got)
	}
	if got := h.notices(t, soon.ID); got["booking_reminder"] != 0 {
		t.Errorf("notices %v of what was booked shortly before, want no reminder", got)
	}
	if _, err := h.svc.CheckIn(t.Context(), h.as(h.Bob), soon.ID); err != nil {
		t.Fatal(err)
	}
	fake.Set(modelstest.At(0, 14, 56))
	h.keepTime(t)
	if got := h.notices(t, soon.ID); got["release_soon"] != 0 {
		t.Errorf("notices %v after the check-in, want no warning", got)
	}
}

// TestAMovedBookingIsRemindedOfAtItsNewTime also says that what was cancelled is
// not reminded of.
func TestAMovedBookingIsRemindedOfAtItsNewTime(t *testing.T) {
	t.Parallel()
	h, fake := clockHouse(t)
	moved := h.mustReserve(t, h.Ann, modelstest.Hours(12, 13), h.Room)
	gone := h.mustReserve(t, h.Ann, modelstest.Hours(12, 13), h.Seats[0])
	h.mustCancel(t, h.Ann, gone.ID)
	start, end := modelstest.At(0, 15, 0), modelstest.At(0, 16, 0)
	if _, err := h.svc.Reschedule(t.Context(), h.as(h.Ann), moved.ID, booking.Change{StartsAt: &start, EndsAt: &end}); err != nil {
		t.Fatal(err)
	}
	fake.Set(modelstest.At(0, 11, 30))
	h.keepTime(t)
	if got := h.notices(t, moved.ID); got["booking_reminder"] != 0 {
		t.Errorf("notices %v before the old time, want no reminder", got)
	}
	fake.Set(modelstest.At(0, 14, 0))
	h.keepTime(t)
	if got := h.notices(t, moved.ID); got["booking_reminder"] != 1 {
		t.Errorf("notices %v an hour before the new time, want a reminder", got)
	}
	if got := h.notices(t, gone.ID); got["booking_reminder"] != 0 {
		t.Errorf("notices %v of what was cancelled, want no reminder", got)
	}
}

func TestNextDueNamesTheNextInstant(t *testing.T) {
	t.Parallel()
	h, fake := clockHouse(t)
	next := func(want time.Duration) {
		t.Helper()
		if got, err := h.svc.NextDue(t.Context()); err != nil || got != want {
			t.Errorf("at %s next due in %v, %v; want %v", fake.Now(), got, err, want)
		}
	}
	next(-1)
	h.mustReserve(t, h.Ann, modelstest.Hours(10, 12), h.Room)
	next(time.Hour) // the reminder at nine
	fake.Set(modelstest.At(0, 9, 0))
	h.keepTime(t)
	next(70 * time.Minute) // the warning at ten past ten
	fake.Set(modelstest.At(0, 10, 10))
	h.keepTime(t)
	next(5 * time.Minute)
	fake.Set(modelstest.At(0, 10, 20))
	next(0)
	h.keepTime(t)
	next(-1)
}
