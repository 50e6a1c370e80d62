package web

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"kyoten/models"
	"kyoten/models/modelstest"
	"kyoten/web/ui"
)

func TestABookingIsRepeatedChangedAndCancelledFromItsPage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(t, h.Ann)
	h.as(t, h.Bob).reserve(url.Values{
		"site": {"colabo"}, "day": {"2026-12-15"}, "from": {"11:00"}, "to": {"12:00"}, "space": {h.Seats[0].ID.String()},
	})
	tuesday := monday(h.Seats[0].ID.String())
	tuesday.Set("day", "2026-12-08")
	path := b.reserve(tuesday)
	b.get(path).has(t, http.StatusOK, "この予約を繰り返す", "毎週").lacks(t, `name="scope"`)
	weekly := url.Values{"every": {"weekly"}, "times": {"4"}}
	b.post(path+"/repeat", weekly).has(t, http.StatusConflict, "12月15日", "その時間はすでに予約されています")
	weekly.Set("skip", "yes")
	b.post(path+"/repeat", weekly).has(t, http.StatusOK, "2件の予約を追加しました", "次の日は除きました：2026年12月15日", "12月22日", "12月29日", `name="scope"`)

	b.post(path+"/series/extend", url.Values{"count": {"1"}, "skip": {"yes"}}).has(t, http.StatusOK, "1件の予約を追加しました", "2027年1月5日")
	change := tuesday
	change.Set("from", "13:00")
	change.Set("to", "15:00")
	change.Set("scope", "all")
	b.post(path, change).has(t, http.StatusOK, "変更しました", "13:00〜15:00").lacks(t, "10:00〜12:00")
	h.cancelNotice(t, 48*60)
	b.post(path+"/cancel", url.Values{"scope": {"following"}}).
		has(t, http.StatusOK, "繰り返しの予約を取り消しました", "そのままです：2026年12月8日").lacks(t, "元に戻す")
	h.cancelNotice(t, 0)
	b.post(path+"/cancel", nil).has(t, http.StatusOK, "予約を取り消しました", "元に戻す")
	left, err := h.store.OpenBookingsOf(t.Context(), h.Ann.ID)
	if err != nil || len(left) != 0 {
		t.Errorf("%d bookings left, %v; want none", len(left), err)
	}
	h.as(t, h.Bob).post(path+"/repeat", weekly).has(t, http.StatusNotFound)
}

// cancelNotice sets how long before its start a seat can be given back.
func (h *house) cancelNotice(t *testing.T, minutes int) {
	t.Helper()
	_, err := h.pages.Places.UpdatePlan(t.Context(), modelstest.As(t, h.store, h.Admin), h.Plan.ID, nil, func(p *models.Plan) {
		rule := p.Rules[models.KindSeat]
		rule.CancelNoticeMinutes = minutes
		p.Rules[models.KindSeat] = rule
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestRuleOfAPattern(t *testing.T) {
	t.Parallel()
	second := time.Date(2026, 12, 8, 10, 0, 0, 0, time.UTC)
	fifth := time.Date(2026, 12, 29, 10, 0, 0, 0, time.UTC)
	for pattern, want := range map[string]string{
		"weekly": "FREQ=WEEKLY;COUNT=3", "fortnightly": "FREQ=WEEKLY;INTERVAL=2;COUNT=3",
		"workdays": "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;COUNT=3", "monthly": "FREQ=MONTHLY;BYDAY=2TU;COUNT=3", "daily": "FREQ=DAILY;COUNT=3",
	} {
		if got, err := ruleOf(pattern, "COUNT=3", second); err != nil || got != want {
			t.Errorf("%s = %q, %v; want %q", pattern, got, err, want)
		}
	}
	if got, _ := ruleOf("monthly", "COUNT=3", fifth); got != "FREQ=MONTHLY;BYDAY=-1TU;COUNT=3" {
		t.Errorf("the fifth Tuesday repeats as %q, want as the last", got)
	}
	if rule, err := ruleOf("never", "COUNT=3", second); err == nil {
		t.Errorf("never = %q, want a refusal", rule)
	}
	for _, times := range []string{"1", "53", "many", ""} {
		if end, err := timesEnd(ui.NewForm(url.Values{"times": {times}})); err == nil {
			t.Errorf("%q times = %q, want a refusal", times, end)
		}
	}
}
