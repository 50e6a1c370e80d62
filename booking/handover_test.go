package booking_test

import (
	"errors"
	"testing"

	"kyoten/booking"
	"kyoten/models"
	"kyoten/models/modelstest"
)

func TestABookingIsHandedToAColleague(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	hours := modelstest.Hours(10, 12)
	req := request(hours, h.Room)
	req.Guests = []booking.Invitation{{Name: "客 一", Email: "guest@example.com"}}
	r, err := h.svc.Reserve(t.Context(), h.as(h.Worker), req)
	if err != nil {
		t.Fatal(err)
	}
	before, err := h.store.BookingPasses(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second finds the booking gone from their hands
		_, err = h.svc.HandOver(t.Context(), h.as(h.Worker), r.ID, "Manager@kyoten.example")
	}
	if !errors.Is(err, models.ErrNotFound) {
		t.Errorf("handed over twice: %v, want ErrNotFound the second time", err)
	}
	got, err := h.svc.Booking(t.Context(), h.as(h.Manager), r.ID)
	if err != nil || got.OrganizerID != h.Manager.ID || got.CreatedBy != h.Manager.ID || got.View != models.ViewFull {
		t.Fatalf("the colleague reads %+v, %v", got.Booking, err)
	}
	if _, err := h.svc.Booking(t.Context(), h.as(h.Worker), r.ID); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("who gave it away still reads it: %v", err)
	}
	after, err := h.store.BookingPasses(t.Context(), r.ID)
	if err != nil || len(after) != len(before) {
		t.Fatalf("%d passes (%v), want %d", len(after), err, len(before))
	}
	for _, p := range after {
		kept := p.ID == before[0].ID || p.ID == before[1].ID
		if p.GuestID != nil && !kept || p.GuestID == nil && (kept || *p.MemberID != h.Manager.ID) {
			t.Errorf("pass %+v: the guest's must be the old one, the holder's a new one", p)
		}
	}
	if n := h.notices(t, r.ID); n["booking_handed_over"] != 1 || n["booking_given_away"] != 1 {
		t.Errorf("notices %v, want both told once", n)
	}
}

func TestToWhomABookingCanBeHanded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	hours := modelstest.Hours(10, 12)
	anns, workers := h.mustReserve(t, h.Ann, hours, h.Room), h.mustReserve(t, h.Worker, hours, h.FarRoom)
	for name, tt := range map[string]struct {
		by   *models.Member
		id   models.ID
		to   string
		want error
	}{
		"a stranger":              {h.Ann, anns.ID, h.Bob.ID.String(), models.ErrNotFound},
		"nobody":                  {h.Ann, anns.ID, "nobody@kyoten.example", models.ErrNotFound},
		"outside the company":     {h.Worker, workers.ID, h.Bob.Email, models.ErrNotFound},
		"another's booking":       {h.Bob, anns.ID, h.Bob.Email, models.ErrNotFound},
		"the desk of another one": {h.Desk, workers.ID, h.Bob.Email, models.ErrNotFound},
		"by the desk":             {h.Desk, anns.ID, h.Bob.Email, nil},
		"by the manager":          {h.Manager, workers.ID, h.Manager.Email, nil},
	} {
		if _, err := h.svc.HandOver(t.Context(), h.as(tt.by), tt.id, tt.to); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}

func TestNoBookingIsHandedToWhoMayNotBook(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.mustReserve(t, h.Ann, modelstest.Hours(10, 12), h.Room)
	h.exec(t, "UPDATE companies SET suspended_at = created_at")
	if _, err := h.svc.HandOver(t.Context(), h.as(h.Admin), r.ID, h.Worker.Email); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("to somebody whose company is suspended: %v, want ErrNotFound", err)
	}
}

func TestTheRulesOfTheNewHolderHold(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	hours := modelstest.Hours(10, 12)
	office, seat := h.mustReserve(t, h.Worker, hours, h.OfficeSeat), h.mustReserve(t, h.Ann, hours, h.Seats[0])
	h.mustReserve(t, h.Manager, hours, h.Seats[1])
	_, err := h.svc.HandOver(t.Context(), h.as(h.Worker), office.ID, h.Manager.Email)
	if !errors.Is(err, booking.ErrHolderBusy) {
		t.Errorf("to somebody who has a seat then: %v, want ErrHolderBusy", err)
	}
	_, err = h.svc.HandOver(t.Context(), h.as(h.Admin), office.ID, h.Bob.Email)
	if !errors.Is(err, models.ErrSpaceNotBookable) {
		t.Errorf("of an office seat to an outsider: %v, want ErrSpaceNotBookable", err)
	}
	h.mustCancel(t, h.Ann, seat.ID)
	if _, err := h.svc.HandOver(t.Context(), h.as(h.Desk), seat.ID, h.Bob.Email); !errors.Is(err, models.ErrBookingOver) {
		t.Errorf("of a cancelled booking: %v, want ErrBookingOver", err)
	}
}
