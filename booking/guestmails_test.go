package booking_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"kyoten/booking"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// written says that guests were sent as many mails about a booking as it has
// addresses.
func (h *house) written(t *testing.T, r booking.Record, addresses ...string) {
	t.Helper()
	notices := make([]models.Notice, len(addresses))
	for i, address := range addresses {
		notices[i] = models.Notice{Kind: string(models.NoticeGuestInvited), Recipient: address, Locale: "ja", BookingID: &r.ID}
	}
	if err := h.store.Enqueue(t.Context(), models.BookingNotice{}, notices...); err != nil {
		t.Fatal(err)
	}
}

// inviting asks for a room for somebody and their guests.
func (h *house) inviting(p models.Period, address string) booking.Request {
	return booking.Request{
		StartsAt: p.StartsAt, EndsAt: p.EndsAt, Spaces: []models.ID{h.Room.ID}, Guests: []booking.Invitation{{Name: "G", Email: address}},
	}
}

// TestStrangersAreNotBotheredWithoutEnd by one who invites them and takes that back
// over and over, or moves the booking to and fro.
func TestStrangersAreNotBotheredWithoutEnd(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	h := houseOn(t, store, fake)
	ctx, ann := t.Context(), h.as(h.Ann)
	hours := models.Period{StartsAt: modelstest.At(3, 10, 0), EndsAt: modelstest.At(3, 12, 0)}
	r, err := h.svc.Reserve(ctx, ann, h.inviting(hours, "Victim@example.com"))
	if err != nil {
		t.Fatal(err)
	}
	var again []string
	for range 98 {
		again = append(again, "victim@EXAMPLE.com")
	}
	h.written(t, r, again...)
	victim := booking.Invitation{Name: "V", Email: "victim@example.com"}
	hundredth, err := h.svc.AddGuest(ctx, ann, r.ID, victim)
	if err != nil {
		t.Fatalf("the hundredth mail: %v", err)
	}
	later, title := modelstest.At(3, 13, 0), "Bother"
	elsewhere := h.inviting(models.Period{StartsAt: modelstest.At(4, 10, 0), EndsAt: modelstest.At(4, 11, 0)}, "VICTIM@example.com")
	tries := map[string]func(by models.Principal) error{
		"one more guest": func(by models.Principal) error { _, err := h.svc.AddGuest(ctx, by, r.ID, victim); return err },
		"a new booking":  func(by models.Principal) error { _, err := h.svc.Reserve(ctx, by, elsewhere); return err },
		"a later end": func(by models.Principal) error {
			_, err := h.svc.Reschedule(ctx, by, r.ID, booking.Change{EndsAt: &later})
			return err
		},
		"another title": func(by models.Principal) error {
			_, err := h.svc.Reschedule(ctx, by, r.ID, booking.Change{Title: &title})
			return err
		},
		"a series": func(by models.Principal) error {
			_, err := h.svc.ReserveSeries(ctx, by, booking.SeriesRequest{Request: elsewhere, Rule: "FREQ=DAILY;COUNT=2"})
			return err
		},
	}
	for name, try := range tries {
		if err := try(ann); !errors.Is(err, booking.ErrTooManyInvitations) {
			t.Errorf("%s: %v, want ErrTooManyInvitations", name, err)
		}
	}
	if _, err := h.svc.AddGuest(ctx, ann, r.ID, booking.Invitation{Name: "O", Email: "other@example.com"}); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	if err := h.svc.RemoveGuest(ctx, ann, r.ID, hundredth.ID); err != nil {
		t.Errorf("an invitation is taken back: %v", err)
	}
	if err := tries["one more guest"](h.as(h.Desk)); err != nil {
		t.Errorf("the desk invites: %v", err)
	}
	if bobs, err := h.svc.Reserve(ctx, h.as(h.Bob), elsewhere); err != nil {
		t.Errorf("another member invites: %v", err)
	} else if _, err := h.svc.Cancel(ctx, h.as(h.Bob), bobs.ID); err != nil {
		t.Error(err)
	}
	fake.Advance(25 * time.Hour)
	if err := tries["a later end"](ann); err != nil {
		t.Errorf("on the next day: %v", err)
	}
}

// TestNobodyWritesToEverybody: there is an end to the addresses, too. What was never
// sent cannot be too much.
func TestNobodyWritesToEverybody(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.mustReserve(t, h.Ann, modelstest.Hours(10, 12), h.Room)
	addresses := make([]string, 999)
	for i := range addresses {
		addresses[i] = fmt.Sprintf("g%d@example.com", i)
	}
	h.written(t, r, addresses...)
	for i, want := range []error{nil, booking.ErrTooManyInvitations} {
		guest := booking.Invitation{Name: "G", Email: fmt.Sprintf("new%d@example.com", i)}
		if _, err := h.svc.AddGuest(t.Context(), h.as(h.Ann), r.ID, guest); !errors.Is(err, want) {
			t.Errorf("mail %d: %v, want %v", 1000+i, err, want)
		}
	}
	if _, err := h.svc.Cancel(t.Context(), h.as(h.Ann), r.ID); err != nil {
		t.Errorf("a cancellation, of which guests are told: %v", err)
	}
}
