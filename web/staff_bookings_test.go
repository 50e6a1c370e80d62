package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"kyoten/models"
	"kyoten/models/modelstest"
)

func TestAClosureShowsTheBookingsInItsWayAndCancelsThemWhenTold(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := h.as(t, h.Ann).reserve(monday(h.Seats[0].ID.String()))
	desk := h.as(t, h.Desk)
	form := url.Values{"site": {"colabo"}, "from": {"2026-12-07T11:00"}, "to": {"2026-12-07T15:00"}, "reason": {"点検のため"}}
	desk.get("/admin/closures/new").has(t, http.StatusOK, "休館を登録", `name="from"`)
	desk.post("/admin/closures", form).
		has(t, http.StatusConflict, "この時間にある予約", h.Ann.Name, "予約1件を取り消して休館にする", `value="点検のため"`)
	form.Set("cancel", "yes")
	desk.post("/admin/closures", form).has(t, http.StatusOK, "休館を登録しました", "点検のため", "11:00", "拠点全体", "休館をやめても、そのために取り消した予約は戻りません")
	h.as(t, h.Ann).get(path).has(t, http.StatusOK, "取り消し済み")
	closures := desk.get("/admin/closures")
	id := between(t, closures.body, `action="/admin/closures/`, `/delete"`)
	desk.post("/admin/closures/"+id+"/delete", nil).has(t, http.StatusOK, "休館を取りやめました", "予約していた方にはメールでお知らせします", "予定されている休館はありません")
	db, err := h.store.SQL()
	if err != nil {
		t.Fatal(err)
	}
	var told int
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM outbox WHERE kind = 'closure_lifted'").Scan(&told); err != nil || told != 1 {
		t.Errorf("%d mails that the closure is called off (%v), want one to Ann", told, err)
	}
}

// between returns what stands between two texts.
func between(t *testing.T, body, before, after string) string {
	t.Helper()
	_, rest, ok := strings.Cut(body, before)
	found, _, ok2 := strings.Cut(rest, after)
	if !ok || !ok2 {
		t.Fatalf("nothing between %q and %q", before, after)
	}
	return found
}

func TestAClosureIsRefusedAtItsField(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	form := url.Values{"site": {"colabo"}, "from": {"2026-12-07T15:00"}, "to": {"2026-12-07T11:00"}, "reason": {"x"}}
	h.as(t, h.Desk).post("/admin/closures", form).has(t, http.StatusUnprocessableEntity, `id="to-error"`, "終了は開始より後に")
	form.Set("from", "soon")
	h.as(t, h.Desk).post("/admin/closures", form).has(t, http.StatusUnprocessableEntity, `id="from-error"`, `value="soon"`)
	h.as(t, h.Ann).post("/admin/closures", form).has(t, http.StatusNotFound)
	form.Set("site", "shiojiri")
	h.as(t, h.Desk).post("/admin/closures", form).has(t, http.StatusNotFound)
}

func TestTheDeskFindsAndCancelsABookingForAReason(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := h.as(t, h.Ann).reserve(monday(h.Seats[0].ID.String()))
	desk := h.as(t, h.Desk)
	id := strings.TrimPrefix(path, "/bookings/")
	desk.get("/admin/bookings?day=2026-12-07").has(t, http.StatusOK, h.Ann.Name, "10:00〜12:00", "/admin/bookings/"+id)
	desk.get("/admin/bookings?q="+url.QueryEscape(h.Ann.Email)).has(t, http.StatusOK, id)
	desk.get("/admin/bookings?q=nobody").has(t, http.StatusOK, "予約はありません").lacks(t, id)
	page := desk.get("/admin/bookings/"+id).has(t, http.StatusOK, h.Ann.Email, "席1")
	reference := between(t, page.body, "<h1>", "</h1>")
	desk.get("/admin/bookings?q="+strings.ToLower(reference)).has(t, http.StatusOK, id)
	desk.post("/admin/bookings/"+id+"/cancel", url.Values{"reason": {""}}).has(t, http.StatusUnprocessableEntity, `id="reason-error"`)
	desk.post("/admin/bookings/"+id+"/cancel", url.Values{"reason": {"設備の故障"}}).has(t, http.StatusOK, "取り消しました")
	entries, _, err := h.store.AuditLog(t.Context(), models.AuditFilter{Action: "booking.cancel"}, models.Page{Limit: 5})
	if err != nil || len(entries) != 1 || !strings.Contains(entries[0].Personal, "設備の故障") || strings.Contains(entries[0].Data, "設備") {
		t.Errorf("audit of the cancellation: %+v, %v", entries, err)
	}
	h.as(t, h.Bob).get("/admin/bookings/"+id).has(t, http.StatusNotFound)
}

// TestTheDeskCannotChangeWhatIsOnlyBusyToIt: a company's office is its own.
func TestTheDeskCannotChangeWhatIsOnlyBusyToIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := h.as(t, h.Worker).reserve(url.Values{
		"space": {h.OfficeSeat.ID.String()}, "title": {"秘密の企画"}, "starts_at": {"2026-12-08T01:00:00Z"}, "ends_at": {"2026-12-08T02:00:00Z"},
	})
	if err := h.store.SetRole(t.Context(), h.Desk.ID, models.RoleStaff, []string{"shiojiri"}); err != nil {
		t.Fatal(err)
	}
	desk := h.as(t, h.Desk)
	desk.get("/admin"+path).has(t, http.StatusOK, "アクメ1").lacks(t, "秘密の企画", h.Worker.Name, "/cancel")
	desk.get(path).has(t, http.StatusOK, "アクメ1").lacks(t, "秘密の企画", h.Worker.Name, "/cancel", `name="title"`)
	desk.post(path+"/again", nil).has(t, http.StatusForbidden)
}

func TestTheDeskBooksForAMember(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	desk := h.as(t, h.Desk)
	desk.get("/admin/bookings/new").has(t, http.StatusOK, "空いている席")
	form := url.Values{
		"site": {"colabo"}, "member": {h.Bob.Email}, "space": {h.Seats[1].ID.String()},
		"day": {"2026-12-07"}, "from": {"13:00"}, "to": {"15:00"}, "reason": {"電話での申し込み"},
	}
	desk.post("/admin/bookings", form).has(t, http.StatusOK, "予約しました", h.Bob.Name, "席2")
	h.as(t, h.Bob).get("/bookings").has(t, http.StatusOK, "席2")
	desk.post("/admin/bookings", form).has(t, http.StatusConflict, h.Bob.Email)
	form.Set("member", "nobody at all")
	desk.post("/admin/bookings", form).has(t, http.StatusUnprocessableEntity, `id="member-error"`, "見つかりませんでした")
	form.Set("member", "@")
	form.Set("from", "16:00")
	form.Set("to", "17:00")
	desk.post("/admin/bookings", form).has(t, http.StatusUnprocessableEntity, "どの会員ですか", h.Ann.Email)
	form.Set("member_id", h.Ann.ID.String())
	desk.post("/admin/bookings", form).has(t, http.StatusOK, "予約しました", h.Ann.Name)
}

func TestARequestIsApprovedWithOneClick(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	admin := h.as(t, h.Admin)
	_, err := h.pages.Places.UpdateSpace(t.Context(), modelstest.As(t, h.store, h.Admin), h.Room.ID, nil, func(sp *models.Space) { sp.NeedsApproval = true })
	if err != nil {
		t.Fatal(err)
	}
	ask := func(from, to string) string {
		form := url.Values{"site": {"colabo"}, "day": {"2026-12-08"}, "from": {from}, "to": {to}, "space": {h.Room.ID.String()}}
		return strings.TrimPrefix(h.as(t, h.Ann).reserve(form), "/bookings/")
	}
	first, second := ask("10:00", "11:00"), ask("13:00", "14:00")
	form := url.Values{"site": {"colabo"}, "day": {"2026-12-08"}, "from": {"16:00"}, "to": {"17:00"}, "space": {h.Room.ID.String()}}
	workers := strings.TrimPrefix(h.as(t, h.Worker).reserve(form), "/bookings/")
	manager := h.as(t, h.Manager) // it is the desk's room
	manager.get("/admin/approvals").has(t, http.StatusOK, "承認待ちの申し込みはありません")
	manager.get("/admin/bookings/"+workers).has(t, http.StatusOK, h.Worker.Name, workers+"/cancel").lacks(t, "/admin/approvals/"+workers)
	manager.post("/admin/bookings/"+workers+"/cancel", url.Values{"reason": {"不要"}}).has(t, http.StatusOK, "取り消しました")
	desk := h.as(t, h.Desk)
	if err := h.store.SuspendMember(t.Context(), h.Ann.ID, true); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/admin/approvals", "/admin/bookings/" + first} {
		desk.get(path).has(t, http.StatusOK, "承認しない").lacks(t, `action="/admin/approvals/`+first+`"`)
	}
	if err := h.store.SuspendMember(t.Context(), h.Ann.ID, false); err != nil {
		t.Fatal(err)
	}
	desk.get("/admin/approvals").has(t, http.StatusOK, h.Ann.Name, first, second, `action="/admin/approvals/`+first+`"`)
	desk.post("/admin/approvals/"+first, nil).has(t, http.StatusOK, "承認しました").lacks(t, first)
	desk.post("/admin/approvals/"+second+"/reject", url.Values{"reason": {"清掃のため"}}).has(t, http.StatusOK, "承認しませんでした")
	admin.get("/admin/approvals").has(t, http.StatusOK, "承認待ちの申し込みはありません")
	h.as(t, h.Ann).get("/bookings/"+first).has(t, http.StatusOK, "予約済み")
}
