package web

import (
	"net/http"
	"net/url"
	"strconv"
	"testing"

	"kyoten/models/modelstest"
)

func TestAMonthIsStatedToTheMemberAndTheCompany(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.as(t, h.Ann).reserve(monday(h.Seats[0].ID.String()))
	h.clock.Set(modelstest.At(2, 10, 0))
	ann := h.as(t, h.Ann)
	ann.get("/statements?month=2026-12").has(t, http.StatusOK, "2026年12月", "コラボ", "2.0時間", "/api/v1/reports/statement?charset=shift_jis&amp;format=csv")
	ann.get("/statements?month=2026-11").has(t, http.StatusOK, "この月の利用はありません")
	ann.get("/statements?member="+h.Bob.ID.String()).has(t, http.StatusNotFound)
	company := "/statements?company=" + strconv.Itoa(h.Manager.Company())
	ann.get(company).has(t, http.StatusNotFound)
	h.as(t, h.Manager).get(company).has(t, http.StatusOK, "月次明細", "アクメ")
	h.as(t, h.Desk).get("/statements?month=2026-12&member="+h.Ann.ID.String()).has(t, http.StatusOK, "2.0時間", h.Ann.Name)
}

func TestPeopleReadWhatIsKeptAndMayGo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.visitor(t).get("/privacy").has(t, http.StatusOK, "個人情報の取り扱い", "90日ごと").lacks(t, "/account/erase")
	ann := h.as(t, h.Ann)
	ann.reserve(monday(h.Seats[0].ID.String()))
	ann.get("/privacy").has(t, http.StatusOK, "/api/v1/me/export", "退会して個人情報を消去する")
	ann.post("/account/erase", nil).has(t, http.StatusUnprocessableEntity, "チェックを入れてください")
	ann.post("/account/erase", url.Values{"sure": {"yes"}}).has(t, http.StatusOK, "個人情報を消去しました")
	h.visitor(t).post("/sign-in", url.Values{"email": {h.Ann.Email}, "password": {password}}).has(t, http.StatusUnauthorized)
	h.as(t, h.Admin).post("/account/erase", url.Values{"sure": {"yes"}}).has(t, http.StatusConflict) // the last administrator
}
