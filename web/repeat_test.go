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

func TestASeriesIsBookedFromThePickerWithItsDatesChecked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	seat := h.Seats[0].ID.String()
	b := h.as(t, h.Ann)
	taken := monday(seat)
	taken.Set("day", "2026-12-15")
	h.as(t, h.Bob).reserve(taken)
	chosen := monday(seat)
	chosen.Set("day", "2026-12-08")
	link := "/series/new?day=2026-12-08&amp;from=10%3A00&amp;site=colabo&amp;space=" + seat + "&amp;to=12%3A00"
	b.get("/book?"+chosen.Encode()).has(t, http.StatusOK, link)
	b.get("/series/new?"+chosen.Encode()).has(t, http.StatusOK, "コラボ 席1", "10:00〜12:00", "4回のうち3回を予約できます", "2026年12月15日", "すでに予約されています", "3回を予約する")

	chosen.Set("every", "weekly")
	chosen.Set("until", "2026-12-29")
	chosen.Set("title", "定例")
	b.get("/series/new?"+chosen.Encode()).has(t, http.StatusOK, "4回のうち3回", "2026年12月29日").lacks(t, "2027年")
	b.post("/series", chosen).has(t, http.StatusConflict, "2026年12月15日", "ほかの予約と重なっています", "4回のうち3回")
	chosen.Set("skip", "yes")
	made := b.post("/series", chosen).has(t, http.StatusOK, "繰り返して予約しました", "定例", "12月22日", "12月29日")
	if made.path[:len("/bookings/")] != "/bookings/" {
		t.Errorf("made at %s, want the first booking's page", made.path)
	}
	left, err := h.store.OpenBookingsOf(t.Context(), h.Ann.ID)
	if err != nil || len(left) != 3 {
		t.Errorf("%d bookings, %v; want 3", len(left), err)
	}
}

func TestASeriesThatCannotBe(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(t, h.Ann)
	with := func(changes ...string) url.Values {
		form := monday(h.Seats[0].ID.String())
		form.Set("day", "2026-12-08")
		form.Set("every", "weekly")
		form.Set("times", "4")
		for i := 0; i < len(changes); i += 2 {
			form.Set(changes[i], changes[i+1])
		}
		return form
	}
	for name, tt := range map[string]struct {
		form   url.Values
		status int
		text   string
	}{
		"never":            {with("every", "never"), 422, `id="every-error"`},
		"many times":       {with("times", "99"), 422, `id="times-error"`},
		"no day":           {with("until", "soon"), 422, `id="until-error"`},
		"ends before":      {with("until", "2026-12-01"), 422, `id="until-error"`},
		"backwards":        {with("to", "09:00"), 422, "終了時刻が"},
		"a company's seat": {with("space", h.OfficeSeat.ID.String(), "every", "never"), 404, ""},
		"nothing":          {url.Values{}, 404, ""},
		"no such space":    {with("space", models.NewID().String()), 404, ""},
	} {
		b.get("/series/new?"+tt.form.Encode()).has(t, tt.status, tt.text).lacks(t, "アクメ1")
		b.post("/series", tt.form).has(t, tt.status, tt.text).lacks(t, "アクメ1")
		if t.Failed() {
			t.Fatalf("%s", name)
		}
	}
}

func TestTheLastDayOfASeriesIsTheSitesOwn(t *testing.T) {
	t.Parallel()
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	first := models.DayOf(modelstest.Monday, tokyo)
	form := ui.NewForm(url.Values{"until": {"2026-12-29"}, "times": {"3"}})
	if got, err := endOf(form, first, tokyo); err != nil || got != "UNTIL=20261229T145959Z" {
		t.Errorf("until 29 December = %q, %v; want its last second in Tokyo", got, err)
	}
	if got, err := endOf(ui.NewForm(url.Values{"times": {"3"}}), first, tokyo); err != nil || got != "COUNT=3" {
		t.Errorf("three times = %q, %v", got, err)
	}
}
