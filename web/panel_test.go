package web

import (
	"bufio"
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"kyoten/models/modelstest"
)

func TestThePanelSaysBusyOrFreeAndLeadsToABooking(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	room := h.Room.ID.String()
	form := monday(room)
	form.Set("from", "11:00")
	form.Set("title", "秘密の会議")
	h.as(t, h.Ann).reserve(form)
	panel := "/board/colabo/" + room
	h.visitor(t).get(panel).has(t, http.StatusOK, "11:00まで空き", "10:30まで", "11:00まで", "11:00〜12:00", "from=10%3A00").
		lacks(t, "秘密", h.Ann.Name, "11:30まで")
	h.clock.Set(modelstest.At(0, 11, 30))
	h.visitor(t).get(panel).has(t, http.StatusOK, "12:00まで使用中", "今は空いていません")
	h.visitor(t).get(panel+"/code.svg").has(t, http.StatusOK, "<svg")
	h.visitor(t).get("/board/shiojiri/"+room).has(t, http.StatusNotFound)
	h.visitor(t).get("/board/colabo/"+h.Seats[0].ID.String()).has(t, http.StatusNotFound)
}

func TestACancelledBookingIsTakenBackWhileItsSpaceIsFree(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.clock.Set(modelstest.At(0, 9, 0))
	ann, seat := h.as(t, h.Ann), h.Seats[0].ID.String()
	path := ann.reserve(monday(seat))
	ann.post(path+"/cancel", nil).has(t, http.StatusOK, "元に戻す", "もう一度予約")
	ann.post(path+"/again", nil).has(t, http.StatusOK, "予約しました", "10:00〜12:00")
}

func TestWhatSomebodyElseTookMeanwhileIsNotOfferedBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.clock.Set(modelstest.At(0, 9, 0))
	ann, seat := h.as(t, h.Ann), h.Seats[0].ID.String()
	path := ann.reserve(monday(seat))
	ann.post(path+"/cancel", nil)
	h.as(t, h.Bob).reserve(monday(seat))
	ann.get(path+"?done=cancelled").has(t, http.StatusOK, "取り消しました").lacks(t, "元に戻す")
}

func TestAPastBookingIsBookedAgainAtTheSameHours(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann := h.as(t, h.Ann)
	path := ann.reserve(monday(h.Seats[0].ID.String()))
	h.clock.Set(modelstest.At(1, 9, 30))
	page := ann.get(path).has(t, http.StatusOK, "もう一度予約（今日 10:00〜12:00）")
	start := strings.Split(strings.Split(page.body, `name="starts_at" value="`)[1], `"`)[0]
	end := strings.Split(strings.Split(page.body, `name="ends_at" value="`)[1], `"`)[0]
	ann.post(path+"/again", url.Values{"starts_at": {start}, "ends_at": {end}}).has(t, http.StatusOK, "予約しました", "2026年12月8日")
}

func TestAFullHouseOffersTheWaitlist(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i, m := range []*browser{h.as(t, h.Ann), h.as(t, h.Bob), h.as(t, h.Worker), h.as(t, h.Manager)} {
		m.reserve(monday(h.Seats[i].ID.String()))
	}
	h.as(t, h.Desk).get("/book?site=colabo&day=2026-12-07&from=10:00&to=12:00").has(t, http.StatusOK, "空席 0", `action="/waitlist"`)
}

// TestScreensOnWallsHaveALine reads the line until somebody books, as a stranger
// does; and as many lines as a server bears refuse one more.
func TestScreensOnWallsHaveALine(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	running := make(chan struct{})
	go func() { defer close(running); _ = h.pages.Live.Run(ctx) }()
	h.visitor(t).get("/board/colabo").has(t, http.StatusOK, `data-line="/board/colabo/live"`, `data-next="60"`)
	h.visitor(t).get("/board/nowhere/live").has(t, http.StatusNotFound)

	r, err := http.NewRequestWithContext(ctx, http.MethodGet, h.url+"/board/colabo/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	lines := bufio.NewScanner(answer.Body)
	heard := func() string {
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				return data
			}
		}
		return "nothing"
	}
	begin := heard()
	h.as(t, h.Ann).reserve(monday(h.Room.ID.String()))
	if then := heard(); begin != `{"site":"colabo"}` || then != begin {
		t.Errorf("heard %s, then %s", begin, then)
	}
	h.pages.boards.Store(mostBoards)
	h.visitor(t).get("/board/colabo/live").has(t, http.StatusServiceUnavailable)
	stop()
	<-running
}
