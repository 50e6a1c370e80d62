package web

import (
	"net/http"
	"testing"
)

func TestStaffPagesExistForStaffAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, path := range []string{"/admin", "/admin/presence"} {
		h.as(t, h.Desk).get(path).has(t, http.StatusOK)
		h.as(t, h.Admin).get(path+"?site=shiojiri").has(t, http.StatusOK, "テレワークセンターしおじり")
		h.as(t, h.Ann).get(path).has(t, http.StatusNotFound)
		h.as(t, h.Manager).get(path).has(t, http.StatusNotFound)
		h.as(t, h.Desk).get(path+"?site=shiojiri").has(t, http.StatusNotFound)
	}
	h.as(t, h.Ann).get("/").lacks(t, `href="/admin"`)
}

func TestOccupancyShowsWhatIsBookedNow(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.as(t, h.Ann).reserve(monday(h.Seats[0].ID.String()))
	h.as(t, h.Desk).get("/admin").has(t, http.StatusOK, "利用状況", "予約中の席 1 / 4", "席1 予約あり")
}
