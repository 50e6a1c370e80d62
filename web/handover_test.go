package web

import (
	"net/http"
	"net/url"
	"testing"
)

func TestABookingIsHandedToAColleagueFromItsPage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	worker, tomorrow := h.as(t, h.Worker), monday(h.Seats[0].ID.String())
	tomorrow.Set("day", "2026-12-08")
	path := worker.reserve(tomorrow)
	to := func(email string) url.Values { return url.Values{"member": {email}} }
	worker.get(path).has(t, http.StatusOK, "ほかの会員にゆずる", path+"/hand-over")
	worker.post(path+"/hand-over", to(h.Bob.Email)).has(t, http.StatusUnprocessableEntity, `id="member-error"`, h.Bob.Email)
	worker.post(path+"/hand-over", to(h.Manager.Email)).has(t, http.StatusOK, "予約をゆずりました")
	worker.get(path).has(t, http.StatusNotFound)
	h.as(t, h.Manager).get(path).has(t, http.StatusOK, "コラボ 席1")

	tomorrow.Set("space", h.Seats[1].ID.String())
	anns := h.as(t, h.Ann).reserve(tomorrow)
	h.as(t, h.Ann).get(anns).has(t, http.StatusOK).lacks(t, "/hand-over")
	desk := h.as(t, h.Desk)
	desk.get(anns).has(t, http.StatusOK, anns+"/hand-over")
	desk.post(anns+"/hand-over", to(h.Bob.Email)).has(t, http.StatusOK, "予約をゆずりました", h.Bob.Name)
	h.as(t, h.Bob).post(anns+"/hand-over", to(h.Ann.Email)).has(t, http.StatusUnprocessableEntity, `id="member-error"`)
}
