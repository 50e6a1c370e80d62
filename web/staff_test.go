package web

import (
	"net/http"
	"testing"

	"kyoten/models/modelstest"
	"kyoten/occupancy"
)

func TestStaffPagesExistForStaffAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, path := range []string{"/admin", "/admin/presence"} {
		h.as(t, h.Desk).get(path).has(t, http.StatusOK)
		h.as(t, h.Admin).get(path+"?site=shiojiri").has(t, http.StatusOK, "テレワークセンターしおじり")
		h.as(t, h.Ann).get(path).has(t, http.StatusNotFound)
		h.as(t, h.Manager).get(path).has(t, http.StatusNotFound)
		h.as(t, h.Desk).get(path+"?site=shiojiri").has(t, http.StatusNotFound)
	}
	h.as(t, h.Ann).get("/").lacks(t, `href="/admin"`)
}

func TestOccupancyShowsWhatIsBookedNow(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.as(t, h.Ann).reserve(monday(h.Seats[0].ID.String()))
	h.as(t, h.Desk).get("/admin").has(t, http.StatusOK, "利用状況", "予約中の席 1 / 4", "席1 予約あり")
}

func TestReportsAreForTheDeskAndForManagers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann := h.as(t, h.Ann)
	path := ann.reserve(monday(h.Seats[0].ID.String()))
	ann.post(path+"/check-in", nil)
	h.clock.Set(modelstest.At(1, 10, 0))
	query := "?from=2026-12-07&to=2026-12-07"
	report := h.as(t, h.Desk).get("/admin/reports"+query+"&site=colabo").
		has(t, http.StatusOK, "コラボ 席1", "2.0時間", "曜日と時間帯", `<td class="heat-2">20</td>`, "/api/v1/reports/utilization?",
			"/api/v1/reports/cross-site?charset=utf-8-bom&amp;format=csv&amp;month=2026-12", "/api/v1/reports/cross-site?charset=shift_jis&amp;format=csv&amp;month=2026-12", "/api/v1/reports/cross-site?charset=utf-8&amp;format=xlsx&amp;month=2026-12")
	report.has(t, http.StatusOK, "2026年12月7日(月)〜2026年12月7日(月)", `<th scope="row">2026年12月</th>`, ">平均人数<").lacks(t, "アクメ")
	h.as(t, h.Admin).get("/admin/reports"+query).has(t, http.StatusOK, ">1拠点の平均人数<", ">1拠点の同時の最大人数<")
	h.as(t, h.Manager).get("/admin/reports"+query).has(t, http.StatusOK, "レポート", "予約件数").
		lacks(t, "席1", `href="/admin/presence`, "平均人数", "来館回数", "曜日と時間帯")
	ann.get("/admin/reports").has(t, http.StatusNotFound)
	h.as(t, h.Desk).get("/admin/reports?from=2026-12-07&to=2026-12-01").has(t, http.StatusUnprocessableEntity, "終了は開始より後に")
	h.as(t, h.Desk).get("/admin/reports?from=nonsense").has(t, http.StatusUnprocessableEntity, "日付の形式", `value="nonsense"`)
	h.as(t, h.Desk).get("/admin/reports?from=2020-01-01&to=2026-12-01").has(t, http.StatusUnprocessableEntity)
}

// TestTheAverageOfSeveralSitesIsThatOfASite, as the most people at once are, or it
// would be more than they.
func TestTheAverageOfSeveralSitesIsThatOfASite(t *testing.T) {
	t.Parallel()
	now, before := reportTotals([]occupancy.Compared{
		{Row: occupancy.Row{Visits: 5, PeakInside: 18, AverageInside: 12}, Before: &occupancy.Row{AverageInside: 4, PeakInside: 6}},
		{Row: occupancy.Row{Visits: 2, PeakInside: 9, AverageInside: 7}},
	})
	if now.Visits != 7 || now.PeakInside != 18 || now.AverageInside != 9.5 || before.AverageInside != 4 {
		t.Errorf("totals %+v and %+v before, want 7 visits, 18 people at most, 9.5 on average and 4 before", now, before)
	}
}

// TestTheMissingAreCountedOnceStaffHaveBegun: on any other day nobody is missing.
func TestTheMissingAreCountedOnceStaffHaveBegun(t *testing.T) {
	t.Parallel()
	safe := occupancy.Present{SafeAt: &modelstest.Monday}
	for want, people := range map[int][]occupancy.Present{
		0: {{}, {}}, 2: {safe, {}, {}}, 1: {safe, safe, {}},
	} {
		if got := missing(people); got != want {
			t.Errorf("%d of %d people are missing, want %d", got, len(people), want)
		}
	}
	if got := missing([]occupancy.Present{safe, safe}); got != 0 {
		t.Errorf("%d are missing when all are accounted for", got)
	}
}
