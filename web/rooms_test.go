package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"kyoten/models/modelstest"
)

func TestTheTimelineTellsOthersOnlyThatARoomIsBusy(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann := h.as(t, h.Ann)
	form := monday(h.Room.ID.String())
	form.Set("title", "秘密の会議")
	form.Set("page", "rooms")
	path := ann.reserve(form)
	ann.get("/rooms?day=2026-12-07").has(t, http.StatusOK, "秘密の会議", `href="`+path+`"`, `class="bar mine from-4 for-8"`)
	bob := h.as(t, h.Bob)
	bob.get("/rooms?day=2026-12-07").has(t, http.StatusOK, `class="bar busy from-4 for-8"`, "10:00〜12:00 予約あり").lacks(t, "秘密", path, h.Ann.Name)
	h.as(t, h.Desk).get("/rooms?day=2026-12-07").has(t, http.StatusOK, "秘密の会議", path)
}

func TestARoomIsChosenOnTheTimeline(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(t, h.Ann)
	room := h.Room.ID.String()
	b.get("/rooms?day=2026-12-08&from=13:00&to=14:00&room="+room).
		has(t, http.StatusOK, `id="confirm"`, `class="bar chosen from-16 for-4"`, "コラボ 会議室1")
	form := url.Values{"site": {"colabo"}, "day": {"2026-12-08"}, "from": {"13:00"}, "to": {"14:00"}, "space": {room}, "title": {"定例"}, "page": {"rooms"}}
	b.post("/bookings", form).has(t, http.StatusOK, "予約しました", "定例")
	h.as(t, h.Bob).get("/rooms?day=2026-12-08&from=13:30&to=14:30&room="+room).has(t, http.StatusOK, "この時間は空いていません")
	wait := h.as(t, h.Bob).get("/rooms?day=2026-12-08&from=13:30&to=14:30&room="+room).has(t, http.StatusOK, "キャンセル待ち", `id="wait-room"`)
	h.as(t, h.Bob).post("/waitlist", wait.fieldsOf(t, "wait-room")).has(t, http.StatusOK, "キャンセル待ちに登録しました", "コラボ 会議室1", "13:30〜14:30")
	form.Set("title", "ほかの会議")
	h.as(t, h.Bob).post("/bookings", form).has(t, http.StatusConflict, "その時間はすでに予約されています", `value="ほかの会議"`, `class="timeline"`)
}

func TestADayWithoutHoursIsClosed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(t, h.Ann)
	b.get("/book?site=colabo&day=2026-12-13").has(t, http.StatusOK, "この日は休館です")
	b.get("/rooms?day=2026-12-13").has(t, http.StatusOK, "利用時間外").lacks(t, `class="bar open`)
	h.clock.Set(modelstest.At(5, 22, 0)) // Saturday night: the next day offered is Monday
	if page := b.get("/book?site=colabo"); !strings.Contains(page.body, `value="2026-12-14" id="day-2026-12-14"`) || !strings.Contains(page.body, `name="day" value="2026-12-14"`) {
		t.Error("the form does not begin on the next open day")
	}
}

func TestTheBoardSaysBusyOrFreeAndNothingElse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	form := monday(h.Room.ID.String())
	form.Set("title", "秘密の会議")
	ann := h.as(t, h.Ann)
	ann.reserve(form)
	ann.reserve(monday(h.Seats[0].ID.String()))
	h.as(t, h.Worker).post("/bookings", url.Values{"site": {"shiojiri"}, "day": {"2026-12-07"}, "from": {"10:00"}, "to": {"12:00"}, "space": {h.OfficeSeat.ID.String()}})
	for _, b := range []*browser{h.visitor(t), ann, h.as(t, h.Admin)} {
		b.get("/board/colabo").has(t, http.StatusOK, "コラボ", "3 / 4", "12:00まで使用中").lacks(t, "秘密", h.Ann.Name)
		b.get("/board/shiojiri").has(t, http.StatusOK, "このあと終日空き").lacks(t, "アクメ")
	}
	h.clock.Set(modelstest.At(0, 9, 0))
	h.visitor(t).get("/board/colabo").has(t, http.StatusOK, "10:00まで空き", "次の予約 10:00〜12:00")
	h.visitor(t).get("/board/nowhere").has(t, http.StatusNotFound)
}
