package web

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"kyoten/booking"
	"kyoten/models"
	"kyoten/models/modelstest"
)

func TestAZoneIsGivenToACompanyOnlyWithTheBookingsThere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b, err := h.pages.Booking.Reserve(t.Context(), modelstest.As(t, h.store, h.Ann), booking.Request{
		Title: "朝の会", Spaces: []models.ID{h.Room.ID}, StartsAt: modelstest.At(1, 10, 0), EndsAt: modelstest.At(1, 12, 0),
	})
	if err != nil {
		t.Fatal(err)
	}
	admin := h.as(t, h.Admin)
	path := "/admin/zones/" + strconv.Itoa(h.Entrance["colabo"])
	form := admin.get(path).parse(t).formTo(t, path).filled
	form.Set("company", strconv.Itoa(h.Acme.ID))
	asked := admin.post(path, form).has(t, http.StatusConflict, "入れなくなります", "入れなくなる方の予約", "予約1件を取り消して保存する", h.Ann.Name, `name="cancel"`)
	if !strings.Contains(asked.body, `<option value="`+strconv.Itoa(h.Acme.ID)+`" selected>`) {
		t.Error("what was chosen is lost")
	}
	form.Set("cancel", "yes")
	admin.post(path, form).has(t, http.StatusOK, "保存しました")
	h.as(t, h.Ann).get("/bookings/"+b.ID.String()).has(t, http.StatusOK, "取り消し済み")
}

func TestASpaceIsPutIntoAnotherZoneOnItsPage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b, err := h.pages.Booking.Reserve(t.Context(), modelstest.As(t, h.store, h.Worker), booking.Request{
		Spaces: []models.ID{h.FarRoom.ID}, StartsAt: modelstest.At(1, 10, 0), EndsAt: modelstest.At(1, 12, 0),
	})
	if err != nil {
		t.Fatal(err)
	}
	before, err := h.store.BookingPasses(t.Context(), b.ID)
	if err != nil {
		t.Fatal(err)
	}
	admin, path := h.as(t, h.Admin), "/admin/spaces/"+h.FarRoom.ID.String()
	form := admin.get(path).parse(t).formTo(t, path).filled
	form.Set("zone", strconv.Itoa(h.Office))
	admin.post(path, form).has(t, http.StatusOK, "保存しました")
	after, err := h.store.BookingPasses(t.Context(), b.ID)
	if err != nil || len(after) != 1 || after[0].ID == before[0].ID || after[0].ZoneA != h.Office {
		t.Errorf("the codes are %+v (%v), want another one for the office", after, err)
	}
}

func TestASpaceOutOfOrderNamesTheBookingsThatStillStand(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b, err := h.pages.Booking.Reserve(t.Context(), modelstest.As(t, h.store, h.Ann), booking.Request{
		Spaces: []models.ID{h.Seats[1].ID}, StartsAt: modelstest.At(1, 10, 0), EndsAt: modelstest.At(1, 12, 0),
	})
	if err != nil {
		t.Fatal(err)
	}
	holder, desk, path := h.as(t, h.Ann), h.as(t, h.Desk), "/admin/spaces/"+h.Seats[1].ID.String()
	holder.get("/bookings/"+b.ID.String()).has(t, http.StatusOK).lacks(t, "現在ご利用いただけません")
	form := desk.get(path).lacks(t, "まだ残っている予約").parse(t).formTo(t, path).filled
	form.Del("bookable")
	form.Set("fault_note", "椅子が壊れています")
	desk.post(path, form).has(t, http.StatusOK, "保存しました", "まだ残っている予約", h.Ann.Name, b.Reference[:4])
	holder.get("/bookings/"+b.ID.String()).has(t, http.StatusOK, "現在ご利用いただけません", "椅子が壊れています")
}
