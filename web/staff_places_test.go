package web

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"kyoten/access"
	"kyoten/access/entry"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// TestANewSiteFromNothingToAGate is the walk of docs/new-site.md.
func TestANewSiteFromNothingToAGate(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	admin := h.as(t, h.Admin)
	site := url.Values{"slug": {"matsumoto"}, "name_ja": {"松本プラザ"}, "time_zone": {"Asia/Tokyo"}, "hours-1": {"09:00-12:00, 13:00〜21:00"}, "max_stay_minutes": {"960"}}
	bad := url.Values{"slug": {"Matsu Moto"}, "name_ja": {"松本プラザ"}, "time_zone": {"Asia/Tokyo"}, "hours-1": {"21:00-09:00"}, "max_stay_minutes": {"960"}}
	admin.post("/admin/sites", bad).has(t, http.StatusUnprocessableEntity, `id="hours-1-error"`)
	bad.Set("hours-1", "")
	admin.post("/admin/sites", bad).has(t, http.StatusUnprocessableEntity, `id="slug-error"`)
	bad.Set("hours-1", "朝から")
	admin.post("/admin/sites", bad).has(t, http.StatusUnprocessableEntity, "時刻は「09:30」の形で入力してください")
	site.Set("hours-2", "９：３０ー１２：００，１３：００～２０：００") // as a Japanese keyboard types it
	admin.post("/admin/sites", site).has(t, http.StatusOK, "保存しました", "09:00-12:00, 13:00-21:00", "09:30-12:00, 13:00-20:00", "区画はまだありません")
	admin.post("/admin/zones", url.Values{"site": {"matsumoto"}, "name_ja": {"入口"}, "anti_passback": {"soft"}, "offline_hours": {"72"}}).has(t, http.StatusOK, "保存しました")
	admin.post("/admin/floors", url.Values{"site": {"matsumoto"}, "name_ja": {"1階"}, "width": {"2000"}, "height": {"1000"}}).has(t, http.StatusOK, "保存しました", "1階")
	const spaces = "site,zone,kind,name_ja,capacity,floor_plan,x,y,width,height\nmatsumoto,入口,seat,M-1,1,1階,100,100,120,80\nmatsumoto,入口,room,会議室M,6,,,,,\n"
	admin.sendFile("/admin/spaces/import", strings.Replace(spaces, "seat", "sofa", 1)).has(t, http.StatusUnprocessableEntity, "1行に誤り", "種別は seat か room です")
	seen := admin.sendFile("/admin/spaces/import", spaces).has(t, http.StatusOK, "2件を登録できます")
	content := between(t, seen.body, "<textarea name=\"content\" hidden>\n", "</textarea>")
	admin.post("/admin/spaces/import", url.Values{"content": {content}}).has(t, http.StatusOK, "登録しました")
	admin.get("/admin/spaces?site=matsumoto").has(t, http.StatusOK, "M-1", "会議室M")
	gate := url.Values{"site": {"matsumoto"}, "name": {"正面"}, "to_zone": {zoneOf(t, h, "matsumoto")}, "direction": {"both"}, "exit_opens": {"authentic"}}
	made := admin.post("/admin/gates", gate).has(t, http.StatusOK, "登録コード", "今だけ表示")
	code := strings.TrimSpace(between(t, made.body, "登録コード: ", "</strong>"))
	if _, err := h.pages.Access.Enrol(t.Context(), code); err != nil {
		t.Errorf("the code %q enrols nothing: %v", code, err)
	}
	h.visitor(t).get("/").has(t, http.StatusOK, "松本プラザ")
	h.as(t, h.Ann).get("/book?site=matsumoto&day=2026-12-14&from=09:00&to=10:00").has(t, http.StatusOK, "M-1")
	h.as(t, h.Desk).get("/admin/sites").has(t, http.StatusNotFound)
}

// TestASiteIsChangedAndTakenDownAgain changes what a site is made of and removes it
// from the inside out: what still holds something cannot go.
func TestASiteIsChangedAndTakenDownAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	admin := h.as(t, h.Admin)
	const path = "/admin/sites/matsumoto"
	site := url.Values{"slug": {"matsumoto"}, "name_ja": {"松本プラザ"}, "time_zone": {"Asia/Tokyo"}, "hours-1": {"09:00-21:00"}, "max_stay_minutes": {"960"}}
	admin.post("/admin/sites", site).has(t, http.StatusOK, "松本プラザ")
	site.Set("name_ja", "松本ひろば")
	site.Set("hours-1", "21:00-09:00")
	admin.post(path, site).has(t, http.StatusUnprocessableEntity, `id="hours-1-error"`, "松本ひろば")
	site.Set("hours-1", "10:00-18:00")
	admin.post(path, site).has(t, http.StatusOK, "保存しました", "松本ひろば", "10:00-18:00")

	zone := url.Values{"site": {"matsumoto"}, "name_ja": {"入口"}, "anti_passback": {"soft"}, "offline_hours": {"72"}}
	admin.post("/admin/zones", zone).has(t, http.StatusOK, "保存しました")
	id := zoneOf(t, h, "matsumoto")
	zone.Set("anti_passback", "hard")
	zone.Set("offline_hours", "24")
	admin.post("/admin/zones/"+id, zone).has(t, http.StatusOK, "保存しました", `value="24"`)

	floor := admin.post("/admin/floors", url.Values{"site": {"matsumoto"}, "name_ja": {"1階"}, "width": {"2000"}, "height": {"1000"}}).has(t, http.StatusOK, "1階")
	seat := url.Values{"site": {"matsumoto"}, "kind": {"seat"}, "name_ja": {"窓席"}, "zone": {id}, "capacity": {"none"}, "grain_minutes": {"15"}, "bookable": {"yes"}}
	admin.post("/admin/spaces", seat).has(t, http.StatusUnprocessableEntity, `id="capacity-error"`, "窓席")
	seat.Set("capacity", "1")
	stored := admin.post("/admin/spaces", seat).has(t, http.StatusOK, "保存しました", "窓席")

	admin.post("/admin/zones/"+id+"/delete", nil).has(t, http.StatusConflict)
	admin.post(path+"/delete", nil).has(t, http.StatusConflict)
	for _, made := range []string{stored.path, floor.path, "/admin/zones/" + id, path} {
		made, _, _ = strings.Cut(made, "?")
		admin.post(made+"/delete", nil).has(t, http.StatusOK, "削除しました")
		admin.get(made).has(t, http.StatusNotFound)
	}
	h.visitor(t).get("/").has(t, http.StatusOK).lacks(t, "松本")
}

// TestAPictureLiesUnderAFloorPlan sees who is shown it: staff who draw on it, and
// members only once an administrator says so.
func TestAPictureLiesUnderAFloorPlan(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	admin, ann := h.as(t, h.Admin), h.as(t, h.Ann)
	made := admin.post("/admin/floors", url.Values{"site": {"colabo"}, "name_ja": {"2階"}, "width": {"1000"}, "height": {"800"}}).has(t, http.StatusOK, "2階")
	path := strings.TrimSuffix(made.path, "?done=stored")
	admin.post(path, url.Values{"name_ja": {"2階"}, "width": {"1000"}, "height": {"800"}, "draw": {h.Seats[0].ID.String()}}).has(t, http.StatusOK, "保存しました")

	admin.sendFile(path+"/picture", "no picture").has(t, http.StatusUnprocessableEntity, "画像を読み込めません", "PNGまたはJPEG")
	var raw bytes.Buffer
	if err := png.Encode(&raw, image.NewGray(image.Rect(0, 0, 20, 10))); err != nil {
		t.Fatal(err)
	}
	shown := admin.sendFile(path+"/picture", raw.String()).has(t, http.StatusOK, "保存しました", "<image", "画像を取り替える", `name="picture_shown"`)
	address := between(t, shown.body, `<image class="plan-picture" href="`, `"`)
	const plan = "/book?site=colabo&day=2026-12-14&from=09:00&to=10:00"
	ann.get(plan).has(t, http.StatusOK, `class="spot`).lacks(t, "<image")
	admin.post(path, url.Values{"name_ja": {"2階"}, "width": {"1000"}, "height": {"800"}, "picture_shown": {"on"}}).has(t, http.StatusOK, "保存しました")
	ann.get(plan).has(t, http.StatusOK, address)
	admin.post(path+"/picture/remove", nil).has(t, http.StatusOK, "保存しました").lacks(t, "<image")
	ann.get(plan).has(t, http.StatusOK).lacks(t, "<image")
}

func zoneOf(t *testing.T, h *house, site string) string {
	t.Helper()
	cat, err := h.store.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return numeral(cat.OuterZone(site))[0]
}

func TestSpacesAreEditedAndTheDeskSaysWhatIsBroken(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := "/admin/spaces/" + h.Seats[0].ID.String()
	desk := h.as(t, h.Desk)
	desk.get(path).has(t, http.StatusOK, "不具合の内容").lacks(t, `name="capacity"`)
	desk.post(path, url.Values{"fault_note": {"椅子が壊れています"}}).has(t, http.StatusOK, "保存しました")
	desk.get("/admin/spaces").has(t, http.StatusOK, "利用不可", "椅子が壊れています")
	admin := h.as(t, h.Admin)
	form := url.Values{"name_ja": {"窓席"}, "zone": {zoneOf(t, h, "colabo")}, "capacity": {"0"}, "grain_minutes": {"15"}, "bookable": {"yes"}, "owner": {"nobody@x.jp"}}
	admin.post(path, form).has(t, http.StatusUnprocessableEntity, `id="capacity-error"`)
	form.Set("capacity", "1")
	admin.post(path, form).has(t, http.StatusUnprocessableEntity, `id="owner-error"`)
	form.Set("owner", h.Bob.Email)
	admin.post(path, form).has(t, http.StatusOK, "保存しました", "窓席", h.Bob.Email)
	admin.get("/admin/spaces?site=colabo").has(t, http.StatusOK, "固定席")
	h.as(t, h.Bob).get(path).has(t, http.StatusNotFound)
}

func TestAFloorPlanMovesItsSpacesTogetherOrNotAtAll(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	admin := h.as(t, h.Admin)
	made := admin.post("/admin/floors", url.Values{"site": {"colabo"}, "name_ja": {"2階"}, "width": {"1000"}, "height": {"800"}}).has(t, http.StatusOK, "2階")
	path, _, _ := strings.Cut(made.path, "?")
	one, two := h.Seats[0].ID.String(), h.Seats[1].ID.String()
	form := url.Values{"name_ja": {"2階"}, "width": {"1000"}, "height": {"800"}, "draw": {one}}
	admin.post(path, form).has(t, http.StatusOK, "席1", `name="x/`+one)
	form.Set("draw", two)
	admin.post(path, form).has(t, http.StatusOK, `data-space="`+two)
	form = url.Values{"name_ja": {"2階"}, "width": {"1000"}, "height": {"800"}}
	for id, x := range map[string]string{one: "300", two: "far"} {
		form.Set("x/"+id, x)
		form.Set("y/"+id, "200")
		form.Set("width/"+id, "120")
		form.Set("height/"+id, "80")
	}
	admin.post(path, form).has(t, http.StatusUnprocessableEntity, `value="far"`)
	wantX := func(want int) {
		t.Helper()
		cat, err := h.store.Catalogue(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if space, err := cat.Space(h.Seats[0].ID); err != nil || space.X != want {
			t.Errorf("the seat stands at %d, %v; want %d", space.X, err, want)
		}
	}
	wantX(0)
	form.Set("x/"+two, "500")
	admin.post(path, form).has(t, http.StatusOK, "保存しました", `value="500"`)
	wantX(300)
	admin.post(path+"/delete", nil).has(t, http.StatusConflict)
}

func TestHolidaysDifferFromTheNationalCalendar(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	admin := h.as(t, h.Admin)
	admin.post("/admin/holidays", url.Values{"day": {"soon"}, "name_ja": {"年末"}}).has(t, http.StatusUnprocessableEntity, `id="day-error"`)
	admin.post("/admin/holidays", url.Values{"day": {"2026-12-30"}, "name_ja": {"年末"}, "is_holiday": {"yes"}}).has(t, http.StatusOK, "年末", "休みにする")
	admin.post("/admin/holidays/2026-12-30/delete", nil).has(t, http.StatusOK, "削除しました", "国の祝日どおりです")
}

func TestTheDeskCorrectsPresenceAndAdmits(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	cat, err := h.store.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	made, err := h.pages.Access.CreateGate(t.Context(), modelstest.As(t, h.store, h.Admin), access.GateRequest{
		Site: "colabo", Name: "入口", ToZone: cat.OuterZone("colabo"), Direction: "both", ExitOpens: "authentic",
	})
	if err != nil {
		t.Fatal(err)
	}
	desk := h.as(t, h.Desk)
	form := url.Values{"site": {"colabo"}, "gate": {made.Gate.ID.String()}, "name": {"来客 太郎"}, "direction": {"entry"}}
	desk.post("/admin/presence/admissions", form).has(t, http.StatusUnprocessableEntity, `id="reason-error"`, "来客 太郎")
	form.Set("reason", "見学")
	inside := desk.post("/admin/presence/admissions", form).has(t, http.StatusOK, "記録しました", "来客 太郎", "1名")
	subject := between(t, inside.body, `name="subject" value="`, `"`)
	// The part that is drawn anew says when it was, and on which day: it is printed.
	if _, live, _ := strings.Cut(inside.body, `id="inside-now"`); !strings.Contains(live, "更新") || !strings.Contains(live, "2026年12月7日(月) ") {
		t.Error("the list does not say of when it is")
	}
	h.clock.Advance(time.Minute)
	desk.post("/admin/presence", url.Values{"site": {"colabo"}, "subject": {subject}, "state": {"safe"}}).has(t, http.StatusOK, "記録しました", "無事を確認済み").lacks(t, `value="safe"`)
	h.clock.Advance(time.Minute)
	desk.post("/admin/presence", url.Values{"site": {"colabo"}, "subject": {subject}, "state": {"not_safe"}}).has(t, http.StatusOK, "記録しました", `value="safe"`).
		lacks(t, "無事を確認済み")
	h.clock.Advance(time.Minute)
	desk.post("/admin/presence", url.Values{"site": {"colabo"}, "subject": {subject}, "state": {"out"}}).has(t, http.StatusUnprocessableEntity)
	desk.post("/admin/presence", url.Values{"site": {"colabo"}, "subject": {subject}, "state": {"out"}, "reason": {"帰った"}}).has(t, http.StatusOK, "在館者はいません")

	path := "/admin/gates/" + made.Gate.ID.String()
	desk.get("/admin/gates").has(t, http.StatusOK, "入口", "未登録")
	desk.get(path).has(t, http.StatusOK, "未登録").lacks(t, path+"/open") // nothing would hear of it
	desk.post(path+"/revoke", nil).has(t, http.StatusNotFound)
	admin := h.as(t, h.Admin)
	admin.post("/admin/gates/mode?site=colabo", url.Values{"mode": {"lockdown"}, "reason": {"訓練"}}).has(t, http.StatusOK, "封鎖")
	admin.post(path+"/renew", nil).has(t, http.StatusOK, "登録コード")
	if made, err = h.pages.Access.RenewEnrolment(t.Context(), modelstest.As(t, h.store, h.Admin), made.Gate.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := h.pages.Access.Enrol(t.Context(), made.Code); err != nil {
		t.Fatal(err)
	}
	desk.get(path).has(t, http.StatusOK, path+"/open").lacks(t, "要確認")
	beat := entry.Heartbeat{ClockState: entry.Trusted, Problems: []string{entry.ProblemRelay, "of_a_newer_agent"}}
	if err := h.pages.Access.Heartbeat(t.Context(), models.Principal{Gate: &made.Gate}, beat); err != nil {
		t.Fatal(err)
	}
	desk.get("/admin/gates").has(t, http.StatusOK, "要確認")
	desk.get(path).has(t, http.StatusOK, "要確認", "リレーの電源と配線", "of_a_newer_agent")
	for _, run := range strings.Split("ababababa", "") { // the memory card was copied
		if err := h.pages.Access.Heartbeat(t.Context(), models.Principal{Gate: &made.Gate}, entry.Heartbeat{ClockState: entry.Trusted, Run: run}); err != nil {
			t.Fatal(err)
		}
	}
	desk.get("/admin/gates").has(t, http.StatusOK, "要確認")
	desk.get(path).has(t, http.StatusOK, "2台の端末が同時に動いています", "電源を切ってください")
	desk.get(path).lacks(t, "保存できなかった記録")
	unreadable := []json.RawMessage{json.RawMessage(`{"boot":"<b>"}`), json.RawMessage(`"` + strings.Repeat("長", 400) + `"`)}
	if _, err := h.pages.Access.Upload(t.Context(), models.Principal{Gate: &made.Gate}, unreadable); err != nil {
		t.Fatal(err)
	}
	desk.get(path).has(t, http.StatusOK, "保存できなかった記録", "読み取れないか", "&lt;b&gt;", "長…").lacks(t, "<b>")
	desk.post(path+"/open", url.Values{"reason": {"荷物の搬入"}}).has(t, http.StatusOK, "扉を開ける指示を送りました")
	admin.post(path+"/revoke", nil).has(t, http.StatusOK, "失効")
	admin.post(path+"/delete", nil).has(t, http.StatusOK, "ゲートはまだ登録されていません")
}

func TestTheAuditLogIsSearchedAndVerified(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.as(t, h.Ann).reserve(monday(h.Seats[0].ID.String()))
	for n := 1; n > 0; {
		sealed, err := h.store.SealAudit(t.Context(), 500)
		if err != nil {
			t.Fatal(err)
		}
		n = sealed
	}
	admin := h.as(t, h.Admin)
	admin.get("/admin/audit?action=booking.&who="+url.QueryEscape(h.Ann.Email)).has(t, http.StatusOK, "booking.create", h.Ann.Name).lacks(t, "session.create")
	admin.get("/admin/audit?who=nobody@x.jp").has(t, http.StatusUnprocessableEntity, `id="who-error"`)
	admin.get("/admin/audit?from=soon").has(t, http.StatusUnprocessableEntity, `id="from-error"`)
	admin.post("/admin/audit/verify", nil).has(t, http.StatusOK, "記録はすべて書かれたとおりです")
	db, err := h.store.SQL()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), `UPDATE audit SET action = 'nothing' WHERE action = 'booking.create'`); err != nil {
		t.Fatal(err)
	}
	entries, _, err := h.store.AuditLog(t.Context(), models.AuditFilter{Action: "nothing"}, models.Page{Limit: 1})
	if err != nil || len(entries) != 1 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	admin.post("/admin/audit/verify", nil).has(t, http.StatusOK, numeral(int(*entries[0].Seq))[0]+"番の記録が書き換えられています")
	h.as(t, h.Desk).get("/admin/audit").has(t, http.StatusNotFound)
}

func TestALongListOfSpacesComesInParts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var more []models.Space
	for i := range 21 { // beside four
		name := "追加" + strconv.Itoa(i+1)
		more = append(more, models.Space{Site: "colabo", Kind: models.KindSeat, NameJA: name, Capacity: 1, ZoneID: h.Entrance["colabo"], Bookable: true, GrainMinutes: 15, Position: 10 + i})
	}
	if err := h.store.InsertSpaces(t.Context(), more); err != nil {
		t.Fatal(err)
	}
	admin := h.as(t, h.Admin)
	admin.get("/admin/spaces?site=colabo").has(t, http.StatusOK, "席1", "追加16", "25件中 1〜20件", "会議室1", `href="/admin/spaces?seats=2&amp;site=colabo#seats"`, `id="seats"`).lacks(t, "追加17")
	admin.get("/admin/spaces?site=colabo&seats=2").has(t, http.StatusOK, "追加17", "追加21", "25件中 21〜25件", "会議室1").lacks(t, "追加16")
}
