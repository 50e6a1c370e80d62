package web

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"

	"kyoten/models"
)

func TestAFixedSeatIsHandedOverGivenUpAndTakenBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann, bob, desk := h.as(t, h.Ann), h.as(t, h.Bob), h.as(t, h.Desk)
	ann.get("/").has(t, http.StatusOK).lacks(t, "固定席")
	path := "/seats/" + h.Seats[0].ID.String()
	form := "/admin/spaces/" + h.Seats[0].ID.String()
	desk.post(form, url.Values{"bookable": {"yes"}, "owner": {"nobody@kyoten.example"}}).has(t, http.StatusUnprocessableEntity, "その氏名やメールアドレスの会員は")
	desk.post(form, url.Values{"bookable": {"yes"}, "owner": {h.Ann.Email}}).has(t, http.StatusOK, "保存しました", h.Ann.Email, path)

	for _, page := range []string{"/", "/account"} {
		ann.get(page).has(t, http.StatusOK, "あなたの固定席", "コラボ 席1", path)
		bob.get(page).has(t, http.StatusOK).lacks(t, "固定席")
	}
	bob.get(path).has(t, http.StatusForbidden)
	h.as(t, h.Worker).get("/seats/"+h.OfficeSeat.ID.String()).has(t, http.StatusUnprocessableEntity)
	ann.get(path).has(t, http.StatusOK, "開放している日はありません")
	ann.post(path+"/give-up", url.Values{"from": {"2026-12-09"}, "to": {"2026-12-08"}}).has(t, http.StatusUnprocessableEntity, "終了時刻が")
	ann.post(path+"/give-up", url.Values{"from": {"2026-12-09"}, "to": {"soon"}}).has(t, http.StatusUnprocessableEntity, "2026-12-01")
	ann.post(path+"/give-up", url.Values{"from": {"2026-12-09"}, "to": {"2026-12-11"}}).has(t, http.StatusOK, "開放しました", "2026年12月9日(水)〜2026年12月11日(金)", "開放を取り消す")
	desk.lang = "en"
	desk.get(path).has(t, http.StatusOK, h.Ann.Name)

	wednesday := monday(h.Seats[0].ID.String())
	wednesday.Set("day", "2026-12-09")
	booked := bob.reserve(wednesday)
	given := ann.get(path).has(t, http.StatusOK, "予約あり").lacks(t, "/take-back")
	takeBack := path + "/give-up/" + h.givenUp(t, h.Seats[0].ID) + "/take-back"
	ann.post(takeBack, nil).has(t, http.StatusConflict, "ほかの予約と重なっています")
	if given.path != path {
		t.Errorf("the seat's page is %s", given.path)
	}
	bob.post(booked+"/cancel", nil)
	if form := regexp.MustCompile(`/seats/[^"]+/take-back`).FindString(ann.get(path).body); form != takeBack {
		t.Errorf("taken back at %q, want %q", form, takeBack)
	}
	ann.post(takeBack, nil).has(t, http.StatusOK, "開放を取り消しました", "開放している日はありません")
	bob.post("/bookings", wednesday).has(t, http.StatusUnprocessableEntity, "予約の対象になっていません")
}

// givenUp returns the id of the one time for which a seat was given up.
func (h *house) givenUp(t *testing.T, seat models.ID) string {
	t.Helper()
	cat, err := h.store.Catalogue(t.Context())
	if err != nil || len(cat.GiveUps(seat)) != 1 {
		t.Fatalf("given up: %v, %v; want one time", cat.GiveUps(seat), err)
	}
	return cat.GiveUps(seat)[0].ID.String()
}
