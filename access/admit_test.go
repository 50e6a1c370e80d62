package access

import (
	"testing"

	"kyoten/access/entry"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// Subjects end, and so somebody may have one for today's booking and another for what
// came later: they are one person all the same, and not two of a name.
func TestWhoHasTwoSubjectsIsKnownByName(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.book(h.Ann, modelstest.Hours(10, 12), nil, h.Room)
	h.at(10, 0)
	later, err := h.store.SubjectOf(t.Context(), h.Ann.ID, h.fake.Now().Add(models.SubjectLife*10/9))
	h.must(err)
	booked, identity := h.mine(h.Ann, models.PassBooking, "colabo"), h.mine(h.Ann, models.PassIdentity, "colabo")
	if len(booked) != 1 || len(identity) != 1 || identity[0].Subject != later || booked[0].Subject == later {
		t.Fatalf("the passes are %+v and %+v, want one each of two subjects", booked, identity)
	}
	wants := func(what, want string) {
		t.Helper()
		if got, err := h.svc.KnownAs(t.Context(), h.as(h.Desk), "colabo", h.Ann.Name); err != nil || got != want {
			t.Errorf("%s: known as %q (%v), want %q", what, got, err, want)
		}
	}
	wants("outside: by the booking", booked[0].Subject)
	admit := func(way entry.Direction) {
		t.Helper()
		_, err := h.svc.Admit(t.Context(), h.as(h.Desk), Admission{Gate: h.colabo.Gate.ID, Subject: later, Direction: way, Reason: "no phone"})
		h.must(err)
	}
	admit(entry.Entry)
	wants("inside: as they came", later)
	admit(entry.Exit)
	wants("outside again: by the booking", booked[0].Subject)

	h.book(h.Worker, modelstest.Hours(10, 12), []models.Guest{{Name: h.Ann.Name, Email: "namesake@example.com"}}, h.Seats[0])
	wants("with a namesake: nobody", "")
}
