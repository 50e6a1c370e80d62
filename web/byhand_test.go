package web

import (
	"net/http"
	"testing"

	"kyoten/booking"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// Who comes without a code and is let in by name is checked in, and is nobody else
// when they find their code.
func TestWhoIsAdmittedByNameIsThemselves(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.letIn(t, "見学者")
	b, err := h.pages.Booking.Reserve(t.Context(), modelstest.As(t, h.store, h.Ann), booking.Request{
		Spaces: []models.ID{h.Room.ID}, StartsAt: modelstest.At(0, 10, 0), EndsAt: modelstest.At(0, 12, 0),
		Guests: []booking.Invitation{{Name: "客 一郎", Email: "guest@example.jp"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	desk := h.as(t, h.Desk)
	form := desk.get("/admin/presence?site=colabo").parse(t).formTo(t, "/admin/presence/admissions").filled
	form.Set("reason", "コードを忘れた")
	for _, name := range []string{h.Ann.Name, " 客 一郎 ", "通りがかり"} {
		form.Set("name", name)
		desk.post("/admin/presence/admissions", form).has(t, http.StatusOK, "記録しました")
	}
	passes, err := h.store.BookingPasses(t.Context(), b.ID)
	if err != nil {
		t.Fatal(err)
	}
	page := desk.get("/admin/presence?site=colabo").has(t, http.StatusOK, "4名", "通りがかり")
	for _, p := range passes {
		page.has(t, http.StatusOK, `value="`+p.Subject+`"`)
	}
	now, err := h.store.Booking(t.Context(), b.ID)
	if err != nil || now.Status != models.BookingCheckedIn {
		t.Errorf("the booking is %s (%v), want it checked in", now.Status, err)
	}
}
