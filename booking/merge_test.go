package booking_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kyoten/booking"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// TestMergeMakesOneAccountOfTwo: what the closed one had is the kept one's, and
// nothing is left behind.
func TestMergeMakesOneAccountOfTwo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	seat := h.fixedSeatOf(t, h.Bob)
	mine := h.mustReserve(t, h.Ann, modelstest.Hours(10, 12), h.Seats[1])
	theirs := h.mustReserve(t, h.Bob, modelstest.Hours(13, 15), h.Room)
	before, err := h.store.BookingPasses(t.Context(), theirs.ID)
	if err != nil {
		t.Fatal(err)
	}
	seen := h.previewMerge(t, h.Ann, h.Bob, theirs.ID)
	m, err := h.svc.Merge(t.Context(), h.as(h.Admin), h.Ann.ID, h.Bob.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(m.Moved, seen.Moved); diff != "" || m.Coming != 1 || seen.Coming != 1 {
		t.Errorf("%d coming bookings and other things moved than were announced: %s", m.Coming, diff)
	}
	if len(m.Moved.Bookings) != 1 || m.Moved.Bookings[0] != theirs.ID || len(m.Moved.Seats) != 1 || len(m.Misfits) != 0 {
		t.Errorf("moved %+v, misfits %+v, want the booking and the seat", m.Moved, m.Misfits)
	}
	for _, id := range []models.ID{mine.ID, theirs.ID} {
		if b, err := h.store.Booking(t.Context(), id); err != nil || b.OrganizerID != h.Ann.ID || b.CreatedBy != h.Ann.ID {
			t.Errorf("booking %s is %s's (%v), want Ann's", id, b.OrganizerID, err)
		}
	}
	after, err := h.store.BookingPasses(t.Context(), theirs.ID)
	if err != nil || len(after) != len(before) || *after[0].MemberID != h.Ann.ID || after[0].ID != before[0].ID || after[0].RevokedAt != nil {
		t.Errorf("passes are %+v (%v), want the same ones, Ann's and good", after, err)
	}
	cat, err := h.store.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if space, err := cat.Space(seat.ID); err != nil || space.OwnerID == nil || *space.OwnerID != h.Ann.ID {
		t.Errorf("the fixed seat is %+v (%v), want Ann's", space, err)
	}
	closed, err := h.store.Member(t.Context(), h.Bob.ID)
	if err != nil || closed.Active() || closed.MergedInto == nil || *closed.MergedInto != h.Ann.ID || closed.Email == h.Bob.Email {
		t.Errorf("the closed account is %+v (%v)", closed, err)
	}
	if left := h.count(t, "passes WHERE member_id = '"+h.Bob.ID.String()+"'") + h.count(t, "subjects WHERE member_id = '"+h.Bob.ID.String()+"'"); left != 0 {
		t.Errorf("%d passes and subjects were left behind", left)
	}
	if n := h.audited(t, "member.merge"); n != 1 {
		t.Errorf("%d audit entries, want 1", n)
	}
	for name, try := range map[string][2]models.ID{"again": {h.Ann.ID, h.Bob.ID}, "into the closed": {h.Bob.ID, h.Worker.ID}} {
		if _, err := h.svc.Merge(t.Context(), h.as(h.Admin), try[0], try[1]); !errors.Is(err, models.ErrMerged) {
			t.Errorf("%s: %v, want ErrMerged", name, err)
		}
	}
}

// previewMerge looks what would become of two accounts, and that nothing has.
func (h *house) previewMerge(t *testing.T, kept, gone *models.Member, booked models.ID) booking.Merged {
	t.Helper()
	seen, err := h.svc.PreviewMerge(t.Context(), h.as(h.Admin), kept.ID, gone.ID)
	if err != nil {
		t.Fatal(err)
	}
	m, err := h.store.Member(t.Context(), gone.ID)
	if err != nil || !m.Active() || m.MergedInto != nil || m.Email != gone.Email || m.Version != gone.Version {
		t.Errorf("only looking left %+v (%v)", m, err)
	}
	if b, err := h.store.Booking(t.Context(), booked); err != nil || b.OrganizerID != gone.ID {
		t.Errorf("only looking gave the booking to %s (%v)", b.OrganizerID, err)
	}
	if n := h.audited(t, "member.merge"); n != 0 {
		t.Errorf("only looking left %d audit entries", n)
	}
	return seen
}

// TestMergeTellsWebhooksWhoseBookingsThoseAre: of those that are to come.
func TestMergeTellsWebhooksWhoseBookingsThoseAre(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.mustReserve(t, h.Ann, modelstest.Hours(10, 12), h.Seats[1])
	h.mustCancel(t, h.Bob, h.mustReserve(t, h.Bob, modelstest.Hours(10, 12), h.Room).ID)
	theirs := h.mustReserve(t, h.Bob, modelstest.Hours(13, 15), h.Room)
	w := models.Webhook{ID: models.NewID(), URL: "https://hooks.example/", Events: models.Strings{"booking.changed", "booking.cancelled"}, Enabled: true}
	if err := h.store.InsertWebhook(t.Context(), &w); err != nil {
		t.Fatal(err)
	}
	if _, err := h.svc.Merge(t.Context(), h.as(h.Admin), h.Ann.ID, h.Bob.ID); err != nil {
		t.Fatal(err)
	}
	told, err := h.store.ClaimDeliveries(t.Context(), w.ID, "test", 10, time.Minute)
	if err != nil || len(told) != 1 {
		t.Fatalf("told %+v (%v), want one booking", told, err)
	}
	for _, part := range []string{theirs.ID.String(), `"organizer":"` + h.Ann.ID.String(), `"version":2`} {
		if told[0].Event != "booking.changed" || !strings.Contains(told[0].Payload, part) {
			t.Errorf("told %s %s, want %s in it", told[0].Event, told[0].Payload, part)
		}
	}
}

func TestMergeIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.mustReserve(t, h.Ann, modelstest.Hours(10, 12), h.Seats[0])
	h.mustReserve(t, h.Bob, modelstest.Hours(11, 13), h.Seats[1])
	for name, tt := range map[string]struct {
		by         *models.Member
		kept, gone models.ID
		want       error
	}{
		"by the desk":          {h.Desk, h.Ann.ID, h.Bob.ID, models.ErrForbidden},
		"into itself":          {h.Admin, h.Ann.ID, h.Ann.ID, booking.ErrSameMember},
		"of nobody":            {h.Admin, h.Ann.ID, models.NewID(), models.ErrNotFound},
		"two seats at a time":  {h.Admin, h.Ann.ID, h.Bob.ID, booking.ErrHolderBusy},
		"two seats, otherwise": {h.Admin, h.Bob.ID, h.Ann.ID, booking.ErrHolderBusy},
	} {
		if _, err := h.svc.Merge(t.Context(), h.as(tt.by), tt.kept, tt.gone); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
		if _, err := h.svc.PreviewMerge(t.Context(), h.as(tt.by), tt.kept, tt.gone); !errors.Is(err, tt.want) {
			t.Errorf("%s, only looking: %v, want %v", name, err, tt.want)
		}
	}
}

// TestWithdrawTellsWhoLosesTheBooking: what Depart does, with notice.
func TestWithdrawTellsWhoLosesTheBooking(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := h.mustReserve(t, h.Ann, modelstest.Hours(10, 12), h.Room)
	kept := h.mustReserve(t, h.Bob, modelstest.Hours(13, 15), h.Room)
	coming, err := h.svc.Coming(t.Context(), h.as(h.Admin), h.Ann.ID)
	if err != nil || len(coming) != 1 || coming[0].ID != r.ID {
		t.Fatalf("coming = %+v (%v), want Ann's booking", coming, err)
	}
	if err := h.svc.Withdraw(t.Context(), h.as(h.Admin), "a fee is open", h.Ann.ID); err != nil {
		t.Fatal(err)
	}
	h.wantStatus(t, r.ID, models.BookingCancelled)
	h.wantStatus(t, kept.ID, models.BookingConfirmed)
	if n := h.notices(t, r.ID); n[string(models.NoticeCancelled)] != 1 {
		t.Errorf("notices = %v, want one of the cancellation", n)
	}
}
