package web

import (
	"net/http"
	"net/url"
	"testing"
)

func TestAPlanIsTriedOutBeforeItIsSaved(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann := h.as(t, h.Ann)
	long, short := monday(h.Seats[0].ID.String()), monday(h.Seats[1].ID.String())
	long.Set("day", "2026-12-09")
	short.Set("day", "2026-12-08")
	short.Set("to", "11:00")
	refused, kept := ann.reserve(long), ann.reserve(short)
	admin, path := h.as(t, h.Admin), "/admin/plans/"+h.Plan.ID.String()
	form := url.Values{
		"name_ja": {"標準"}, "name_en": {"Standard"}, "is_default": {"yes"}, "all_sites": {"yes"}, "max_guests": {"10"},
		"rules/seat": {"yes"}, "rules/seat/horizon_days": {"30"}, "rules/seat/max_minutes": {"60"}, "try": {"yes"},
	}
	admin.get(path).has(t, http.StatusOK, "保存する前に試す")
	admin.post(path, form).has(t, http.StatusOK, "断られる、これからの予約：1件", "予約時間が長すぎます", `value="60"`, "/admin"+refused).lacks(t, "/admin"+kept)
	form.Set("rules/seat/max_minutes", "120")
	admin.post(path, form).has(t, http.StatusOK, "断られる、これからの予約はありません")
	admin.get(path).has(t, http.StatusOK, `value="720"`).lacks(t, `value="120"`)
	form.Set("rules/seat/max_minutes", "-1")
	admin.post(path, form).has(t, http.StatusUnprocessableEntity, `id="rules/seat/max_minutes-error"`)
	form.Del("try")
	form.Set("rules/seat/max_minutes", "60")
	admin.post(path, form).has(t, http.StatusOK, "保存しました", `value="60"`)
	ann.get(kept).has(t, http.StatusOK, "予約済み")
	h.as(t, h.Desk).post(path, form).has(t, http.StatusNotFound)
}
