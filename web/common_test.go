package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

var slotButton = regexp.MustCompile(`name="slot" value="([^"]+)"`)

// holdFirst presses the first button of the finder.
func (b *browser) holdFirst(search string) page {
	b.t.Helper()
	found := b.get("/rooms/common?" + search)
	button := slotButton.FindStringSubmatch(found.body)
	if button == nil {
		b.t.Fatalf("nothing can be held:\n%s", found.text())
	}
	return b.post("/rooms/common/holds", url.Values{"slot": {button[1]}, "search": {search}})
}

// hiddenFields are the fields of the form that books.
func hiddenFields(p page) url.Values {
	fields := url.Values{}
	_, form, _ := strings.Cut(p.body, `id="confirm-linked"`)
	form, _, _ = strings.Cut(form, "</form>")
	for _, m := range regexp.MustCompile(`name="([^"]+)" value="([^"]*)"`).FindAllStringSubmatch(form, -1) {
		fields.Add(m[1], strings.ReplaceAll(m[2], "&amp;", "&"))
	}
	return fields
}

const linked = "asked=1&site=colabo&site=shiojiri&length=60&first=2026-12-07&last=2026-12-08"

func TestALinkedMeetingIsFoundHeldAndBooked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(t, h.Ann)
	b.get("/rooms").has(t, http.StatusOK, `href="/rooms/common"`)
	b.get("/rooms/common").has(t, http.StatusOK, "最短", "今日", "コラボ 会議室1")
	held := b.holdFirst(linked).has(t, http.StatusOK, "会議室を確保しています", "5:00", "コラボ 会議室1")
	h.as(t, h.Bob).get("/rooms?day=2026-12-07").has(t, http.StatusOK, "予約あり")
	fields := hiddenFields(held)
	fields.Set("title", "月例会議")
	fields.Set("join_url", "https://meet.example/a")
	b.post("/bookings", fields).has(t, http.StatusOK, "予約しました", "月例会議", "コラボ 会議室1", "しおじり 会議室A", `href="https://meet.example/a"`)
}

func TestWhatWasTypedForALinkedMeetingIsKept(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(t, h.Ann)
	fields := hiddenFields(b.holdFirst(linked))
	fields.Set("title", "月例会議")
	fields.Set("join_url", "javascript:alert(1)")
	b.post("/bookings", fields).has(t, http.StatusUnprocessableEntity, `value="月例会議"`, `id="join_url-error"`, "確保しています")
	fields.Set("join_url", "")
	h.clock.Advance(6 * time.Minute)
	b.post("/bookings", fields).has(t, http.StatusOK, "予約しました", "月例会議") // still free, so still booked
}

func TestAHoldIsGivenBackOrRunsOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(t, h.Ann)
	held := b.holdFirst(linked)
	path, _, _ := strings.Cut(held.path, "?")
	h.as(t, h.Bob).get(path).has(t, http.StatusOK, "確保の時間（5分）が過ぎました").lacks(t, "確保しています")
	b.post(path+"/release", url.Values{"search": {linked}}).has(t, http.StatusOK, `name="slot"`)
	b.get(held.path).has(t, http.StatusOK, "確保の時間（5分）が過ぎました", `value="2026-12-08"`)
}

func TestTheFinderSaysWhatIsWrongWithASearch(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(t, h.Ann)
	b.get("/rooms/common?asked=1&site=colabo").has(t, http.StatusOK, "2つ以上の拠点を選んでください").lacks(t, `name="slot"`)
	b.get("/rooms/common?"+strings.Replace(linked, "last=2026-12-08", "last=2027-03-01", 1)).has(t, http.StatusUnprocessableEntity, `id="last-error"`)
	b.get("/rooms/common?"+linked+"&site=nowhere").has(t, http.StatusNotFound)
	b.get("/rooms/common?"+linked+"&people=90").has(t, http.StatusOK, "共通の空き時間がありません")
	b.post("/rooms/common/holds", url.Values{"slot": {"nonsense"}}).has(t, http.StatusBadRequest)
}
