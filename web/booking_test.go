package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"kyoten/models"
	"kyoten/models/modelstest"
)

// monday is the form of a seat on Monday from ten to twelve.
func monday(space string) url.Values {
	return url.Values{"site": {"colabo"}, "day": {"2026-12-07"}, "from": {"10:00"}, "to": {"12:00"}, "space": {space}}
}

// reserve books a seat as somebody and returns the address of its page.
func (b *browser) reserve(form url.Values) string {
	b.t.Helper()
	done := b.post("/bookings", form).has(b.t, http.StatusOK, "予約しました")
	return strings.TrimSuffix(done.path, "?done=booked")
}

func TestASeatIsBookedFromThePlanWithoutScript(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(t, h.Ann)
	seat := h.Seats[0].ID.String()
	picker := b.get("/book?site=colabo&day=2026-12-07&from=10:00&to=12:00").has(t, http.StatusOK, "空席 4", "席1", "21:00まで空き")
	link := regexp.MustCompile(`href="(/book\?[^"]*space=` + seat + `[^"]*)"`).FindStringSubmatch(picker.body)
	if link == nil {
		t.Fatal("the free seat cannot be chosen")
	}
	b.get(strings.ReplaceAll(link[1], "&amp;", "&")).has(t, http.StatusOK, `id="confirm"`, `name="space" value="`+seat+`"`)
	b.post("/bookings", monday(seat)).has(t, http.StatusOK, "予約しました", "10:00〜12:00", "コラボ 席1")
	b.get("/book?site=colabo&day=2026-12-07&from=10:00&to=12:00").has(t, http.StatusOK, "空席 3", "あなたの予約")
	h.as(t, h.Bob).get("/book?site=colabo&day=2026-12-07&from=11:00&to=13:00").has(t, http.StatusOK, "12:00から空き").lacks(t, h.Ann.Name)
}

func TestASecondPressBooksOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(t, h.Ann)
	first := b.reserve(monday(h.Seats[0].ID.String()))
	b.repeats = true
	if second := b.reserve(monday(h.Seats[0].ID.String())); second != first {
		t.Errorf("the second press leads to %s, want %s", second, first)
	}
}

func TestASecondPressForAnySeatBooksOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(t, h.Ann)
	form := monday("")
	form.Del("space")
	form.Set("any", "seat")
	first := b.reserve(form)
	b.repeats = true
	if second := b.reserve(form); second != first {
		t.Errorf("the second press leads to %s, want %s", second, first)
	}
}

func TestARefusalOffersAlternativesAsButtons(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.as(t, h.Bob).reserve(monday(h.Seats[0].ID.String()))
	b := h.as(t, h.Ann)
	refused := b.post("/bookings", monday(h.Seats[0].ID.String())).
		has(t, http.StatusConflict, "その時間はすでに予約されています", "代わりに予約できます", `name="starts_at"`)
	fields := url.Values{}
	form := regexp.MustCompile(`(?s)<form method="post" action="/bookings">(.*?)</form>`).FindStringSubmatch(refused.body)
	for _, m := range regexp.MustCompile(`name="([^"]+)" value="([^"]*)"`).FindAllStringSubmatch(form[1], -1) {
		fields.Add(m[1], m[2])
	}
	b.post("/bookings", fields).has(t, http.StatusOK, "予約しました")
}

func TestAMistakeInTheTimesStandsAtItsField(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(t, h.Ann)
	form := monday(h.Seats[0].ID.String())
	form.Set("to", "09:00")
	b.post("/bookings", form).has(t, http.StatusUnprocessableEntity, "終了は開始より後にしてください", `aria-invalid="true"`, `value="09:00" selected`)
	form.Set("from", "nonsense")
	b.post("/bookings", form).has(t, http.StatusUnprocessableEntity, `id="from-error"`, "時刻は「09:30」の形")
}

func TestABookingIsChangedExtendedAndGivenBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(t, h.Ann)
	form := monday(h.Seats[0].ID.String())
	form.Set("from", "14:00")
	form.Set("to", "16:00")
	path := b.reserve(form)
	page := b.get(path)
	version := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(page.body)[1]
	change := url.Values{"day": {"2026-12-08"}, "from": {"13:00"}, "to": {"15:00"}, "title": {"原稿"}, "space": {h.Seats[1].ID.String()}, "version": {version}}
	b.post(path, change).has(t, http.StatusOK, "変更しました", "2026年12月8日(火)", "13:00〜15:00", "席2", "原稿")
	b.post(path, change).has(t, http.StatusPreconditionFailed, "ほかの変更が先に行われました", `value="13:00" selected`)

	extend := regexp.MustCompile(`name="ends_at" value="([^"]+)"`).FindAllStringSubmatch(b.get(path).body, -1)
	b.post(path+"/extend", url.Values{"ends_at": {extend[0][1]}}).has(t, http.StatusOK, "13:00〜15:30")
	b.post(path+"/cancel", nil).has(t, http.StatusOK, "予約を取り消しました", "元に戻す", "取り消し済み")
	b.post(path+"/again", nil).has(t, http.StatusOK, "予約しました", "13:00〜15:30", "席2", "原稿")
}

// TestTheDesksUndoIsForTheHolder: who cancelled it by mistake does not hold it then.
func TestTheDesksUndoIsForTheHolder(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	form := monday(h.Seats[0].ID.String())
	form.Set("from", "14:00")
	form.Set("to", "16:00")
	path := h.as(t, h.Ann).reserve(form)
	desk := h.as(t, h.Desk)
	desk.post(path+"/cancel", nil).has(t, http.StatusOK, "元に戻す")
	desk.post(path+"/again", nil).has(t, http.StatusOK, "予約しました", h.Ann.Name)
	h.as(t, h.Ann).get("/bookings").has(t, http.StatusOK, "14:00〜16:00")
	desk.get("/bookings").lacks(t, "14:00〜16:00")
}

// TestANightKeepsItsEndWhenItIsRenamed: the form has no place for a morning after.
func TestANightKeepsItsEndWhenItIsRenamed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, err := h.pages.Places.UpdateSite(t.Context(), modelstest.As(t, h.store, h.Admin), "colabo", nil, func(s *models.Site) {
		for i := range s.Hours {
			s.Hours[i].Opens, s.Hours[i].Closes = 0, 24*60
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	b := h.as(t, h.Ann)
	path := b.reserve(url.Values{"space": {h.Seats[0].ID.String()}, "starts_at": {"2026-12-08T13:00:00Z"}, "ends_at": {"2026-12-08T21:00:00Z"}})
	form := b.get(path).has(t, http.StatusOK, "8時間").parse(t).formTo(t, path)
	form.filled.Set("title", "夜の作業")
	b.post(path, form.filled).has(t, http.StatusOK, "変更しました", "夜の作業", "8時間")
	form = b.get(path).parse(t).formTo(t, path)
	form.filled.Set("from", "23:00")
	b.post(path, form.filled).has(t, http.StatusOK, "変更しました", "23:00〜24:00")
}

// TestTheOtherSiteIsCheckedInByHand: whoever came to one site of a linked meeting
// lets those know who are at the other.
func TestTheOtherSiteIsCheckedInByHand(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(t, h.Ann)
	path := b.reserve(url.Values{
		"space": {h.Room.ID.String(), h.FarRoom.ID.String()}, "starts_at": {"2026-12-07T01:00:00Z"}, "ends_at": {"2026-12-07T02:00:00Z"},
	})
	err := h.store.InTx(t.Context(), func(tx *models.Store) error {
		_, err := tx.CheckInAt(t.Context(), models.Arrival{Site: h.Colabo, Member: &h.Ann.ID}, h.clock.Now())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	b.get(path).has(t, http.StatusOK, "/check-out", "/check-in")
	b.post(path+"/check-in", nil).has(t, http.StatusOK, "チェックインしました").lacks(t, "/check-in")
}

func TestCheckInAndOutByHand(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(t, h.Ann)
	path := b.reserve(monday(h.Seats[0].ID.String()))
	b.get(path).has(t, http.StatusOK, "/check-in")
	b.post(path+"/check-in", nil).has(t, http.StatusOK, "チェックインしました", "10:05 入館")
	h.clock.Set(modelstest.At(0, 11, 0))
	b.post(path+"/check-out", nil).has(t, http.StatusOK, "ご利用ありがとうございました", "終了")
	b.post(path+"/check-in", nil).has(t, http.StatusUnprocessableEntity, "時間を過ぎています")
}

// TestCheckInIsNotOfferedToWhoIsBarred, nor taken from them.
func TestCheckInIsNotOfferedToWhoIsBarred(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann, desk := h.as(t, h.Ann), h.as(t, h.Admin)
	path := ann.reserve(monday(h.Seats[0].ID.String()))
	desk.get(path).has(t, http.StatusOK, "/check-in")
	if err := h.store.SuspendMember(t.Context(), h.Ann.ID, true); err != nil {
		t.Fatal(err)
	}
	desk.get(path).lacks(t, "/check-in")
	desk.post(path+"/check-in", nil).has(t, http.StatusForbidden)
}

func TestGuestsAreInvitedAndTakenOff(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(t, h.Ann)
	form := monday(h.Room.ID.String())
	form.Set("page", "rooms")
	path := b.reserve(form)
	b.post(path+"/guests", url.Values{"name": {"客 一郎"}, "email": {"no address"}}).
		has(t, http.StatusUnprocessableEntity, `value="客 一郎"`, `value="no address"`, `aria-invalid="true"`)
	b.post(path+"/guests", url.Values{"name": {strings.Repeat("長", 101)}, "email": {"guest@example.org"}}).
		has(t, http.StatusUnprocessableEntity, `id="guest-name-error"`)
	invited := b.post(path+"/guests", url.Values{"name": {"客 一郎"}, "email": {"guest@example.org"}}).has(t, http.StatusOK, "ゲストを招待しました", "客 一郎")
	remove := regexp.MustCompile(`/bookings/[^"]+/guests/[^"]+/remove`).FindString(invited.body)
	b.post(remove, nil).has(t, http.StatusOK, "ゲストを外しました").lacks(t, "客 一郎")
}

func TestOthersBookingsDoNotExist(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := h.as(t, h.Ann).reserve(monday(h.Seats[0].ID.String()))
	bob := h.as(t, h.Bob)
	bob.get(path).has(t, http.StatusNotFound, "見つかりませんでした")
	for _, action := range []string{"", "/cancel", "/check-in", "/extend", "/again", "/guests"} {
		bob.post(path+action, url.Values{"day": {"2026-12-08"}, "from": {"10:00"}, "to": {"11:00"}}).has(t, http.StatusNotFound)
	}
	h.as(t, h.Ann).get(path).has(t, http.StatusOK, "10:00〜12:00")
}

func TestTodayShowsTheNextBookingAndOffersTheLastSeatAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(t, h.Ann)
	b.get("/").has(t, http.StatusOK, "これからの予約はありません", "空き 4 / 4")
	path := b.reserve(monday(h.Seats[0].ID.String()))
	b.get("/").has(t, http.StatusOK, "利用中の予約", "今日", "10:00〜12:00", `href="/code?booking=`+strings.TrimPrefix(path, "/bookings/"))
	b.post(path+"/check-in", nil)
	h.clock.Set(modelstest.At(0, 13, 0))
	again := b.get("/").has(t, http.StatusOK, "前回と同じ席", "明日 10:00〜12:00", "コラボ 席1")
	form := regexp.MustCompile(`(?s)action="(/bookings/[^"]+/again)">(.*?)</form>`).FindStringSubmatch(again.body)
	fields := url.Values{}
	for _, m := range regexp.MustCompile(`name="([^"]+)" value="([^"]*)"`).FindAllStringSubmatch(form[2], -1) {
		fields.Add(m[1], m[2])
	}
	b.post(form[1], fields).has(t, http.StatusOK, "予約しました", "2026年12月8日(火)")
}

func TestTheCodePageChoosesTheRunningBooking(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(t, h.Ann)
	b.get("/code").has(t, http.StatusOK, "コラボの入館コード", "予約の時間に入館できます") // her home site's
	path := b.reserve(monday(h.Seats[0].ID.String()))
	b.get("/code").has(t, http.StatusOK, "コラボの入館コード", "/qr.svg", "09:45〜12:15", "この時間内に入館できます")
	b.get("/code?booking="+strings.TrimPrefix(path, "/bookings/")).has(t, http.StatusOK, "09:45〜12:15", `data-site="colabo"`)
	b.post(path+"/cancel", nil)
	b.get("/code").has(t, http.StatusOK, "予約の時間に入館できます").lacks(t, "09:45", "この時間内")
}
