package web

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// fields returns the hidden fields of the first form on the page that posts to
// action.
func (p page) fields(t *testing.T, action string) url.Values {
	t.Helper()
	form := regexp.MustCompile(`(?s)<form method="post" action="` + action + `">(.*?)</form>`).FindStringSubmatch(p.body)
	if form == nil {
		t.Fatalf("%s has no form for %s:\n%s", p.path, action, p.text())
	}
	values := url.Values{}
	for _, m := range regexp.MustCompile(`name="([^"]+)" value="([^"]*)"`).FindAllStringSubmatch(form[1], -1) {
		values.Add(m[1], html.UnescapeString(m[2]))
	}
	return values
}

// fieldsOf returns the hidden fields of the form with an id.
func (p page) fieldsOf(t *testing.T, id string) url.Values {
	t.Helper()
	_, rest, _ := strings.Cut(p.body, `id="`+id+`"`)
	form, _, found := strings.Cut(rest, "</form>")
	if !found {
		t.Fatalf("%s has no form %s", p.path, id)
	}
	values := url.Values{}
	for _, m := range regexp.MustCompile(`name="([^"]+)" value="([^"]*)"`).FindAllStringSubmatch(form, -1) {
		values.Add(m[1], html.UnescapeString(m[2]))
	}
	return values
}

func TestWhatIsTakenCanBeWaitedFor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	seat := monday(h.Seats[0].ID.String())
	bob, ann := h.as(t, h.Bob), h.as(t, h.Ann)
	booked := bob.reserve(seat)
	refused := ann.post("/bookings", seat).has(t, http.StatusConflict, "キャンセル待ちに登録")
	wish := refused.fields(t, "/waitlist")
	ann.post("/waitlist", wish).has(t, http.StatusOK, "キャンセル待ちに登録しました", "コラボ 席1", "順番待ち")
	ann.post("/waitlist", wish).has(t, http.StatusConflict, "キャンセル待ち")

	bob.post(booked+"/cancel", nil)
	offered := ann.get("/").has(t, http.StatusOK, "空きが出ました", "コラボ 席1を", "まで確保しています")
	accept := regexp.MustCompile(`/waitlist/[0-9a-f-]+/accept`).FindString(offered.body)
	bob.post(accept, nil).has(t, http.StatusNotFound)
	ann.post(accept, nil).has(t, http.StatusOK, "予約しました", "席1", "10:00〜12:00")
	ann.get("/bookings").has(t, http.StatusOK).lacks(t, "順番待ち")
}

// TestATakenSeatOfThePlanCanBeWaitedFor: choosing it offers the waitlist where a
// free one offers the booking.
func TestATakenSeatOfThePlanCanBeWaitedFor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	seat := monday(h.Seats[0].ID.String())
	ann := h.as(t, h.Ann)
	address := "/book?" + seat.Encode()
	ann.get(address).has(t, http.StatusOK, "この内容で予約").lacks(t, "キャンセル待ちに登録")
	h.as(t, h.Bob).reserve(seat)
	chosen := ann.get(address).has(t, http.StatusOK, "キャンセル待ちに登録").lacks(t, "この内容で予約")
	ann.post("/waitlist", chosen.fields(t, "/waitlist")).has(t, http.StatusOK, "キャンセル待ちに登録しました", "コラボ 席1", "順番待ち")
}

func TestWhoStopsWaitingIsOfferedNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	seat := monday(h.Seats[0].ID.String())
	bob, ann := h.as(t, h.Bob), h.as(t, h.Ann)
	booked := bob.reserve(seat)
	waiting := ann.post("/waitlist", ann.post("/bookings", seat).fields(t, "/waitlist"))
	leave := regexp.MustCompile(`/waitlist/[0-9a-f-]+/leave`).FindString(waiting.body)
	ann.post(leave, nil).has(t, http.StatusOK, "キャンセル待ちを取り消しました")
	bob.post(booked+"/cancel", nil)
	ann.get("/").has(t, http.StatusOK).lacks(t, "空きが出ました")
}
