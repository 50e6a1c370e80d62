package booking_test

import (
	"encoding/json"
	"testing"
	"time"

	"kyoten/booking"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// TestMailsLeadToThePageOfTheBooking: a mail that asks to cancel in good time says
// where. To guests, who have no account, there is no such page.
func TestMailsLeadToThePageOfTheBooking(t *testing.T) {
	t.Parallel()
	h, fake := clockHouse(t)
	b := h.mustReserve(t, h.Ann, modelstest.Hours(14, 16), h.Room)
	if _, err := h.svc.AddGuest(t.Context(), h.as(h.Ann), b.ID, booking.Invitation{Name: "Grace", Email: "grace@example.com"}); err != nil {
		t.Fatal(err)
	}
	end := modelstest.At(0, 17, 0)
	if _, err := h.svc.Reschedule(t.Context(), h.as(h.Ann), b.ID, booking.Change{EndsAt: &end}); err != nil {
		t.Fatal(err)
	}
	fake.Set(modelstest.At(0, 13, 0))
	h.keepTime(t) // the reminder
	h.mustCancel(t, h.Ann, b.ID)
	notices, err := h.store.ClaimNotices(t.Context(), "reader", 50, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, n := range notices {
		var about models.BookingNotice
		if err := json.Unmarshal([]byte(n.Payload), &about); err != nil {
			t.Fatal(err)
		}
		want := "/bookings/" + b.ID.String()
		if n.MemberID == nil {
			want = ""
		}
		if told[n.Kind] = true; about.Link != want {
			t.Errorf("%s to %s leads to %q, want %q", n.Kind, n.Recipient, about.Link, want)
		}
	}
	for _, kind := range []models.NoticeKind{
		models.NoticeConfirmed, models.NoticeChanged, models.NoticeReminder, models.NoticeCancelled, models.NoticeGuestInvited, models.NoticeGuestCancelled,
	} {
		if !told[string(kind)] {
			t.Errorf("no %s among the notices %v", kind, told)
		}
	}
}
