package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestTheFrontPageShowsTheSites(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.visitor(t)
	b.get("/").has(t, http.StatusOK, `lang="ja"`, "コラボ", "本日 09:00〜21:00", "月〜土", "09:00〜21:00", "日", "休館")
	b.lang = "en"
	b.get("/").has(t, http.StatusOK, `lang="en"`, "Colabo", "Mon–Sat", "Sun", "Closed")
}

func TestTheChosenLanguageIsKept(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.visitor(t)
	b.post("/language", url.Values{"lang": {"en"}, "next": {"/sign-in"}}).has(t, http.StatusOK, "Password")
	b.get("/").has(t, http.StatusOK, `lang="en"`)
	ann := h.as(t, h.Ann)
	ann.lang = "en"
	ann.get("/account").has(t, http.StatusOK, `lang="ja"`) // what she saved wins over what her browser asks for
	ann.post("/language", url.Values{"lang": {"en"}, "next": {"/account"}}).has(t, http.StatusOK, `lang="en"`)
	h.as(t, h.Ann).get("/account").has(t, http.StatusOK, `lang="en"`) // on every other device, too
	b.post("/language", url.Values{"lang": {"tlh"}}).has(t, http.StatusBadRequest)
}

func TestWhatIsNotThereIsAPageInTheReadersLanguage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.visitor(t)
	b.get("/nowhere").has(t, http.StatusNotFound, "見つかりませんでした").lacks(t, "{&#34;message")
	b.post("/nowhere", nil).has(t, http.StatusNotFound)
	b.get("/account/password").has(t, http.StatusMethodNotAllowed)
}

func TestPagesAreSentUnderAStrictPolicy(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	page := h.as(t, h.Ann).get("/account")
	if csp := page.header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
		t.Errorf("CSP = %q", csp)
	}
	if got := page.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control = %q, want no-store", got)
	}
	page.lacks(t, "style=", "<script>", " onclick", "<no value>", "ZgotmplZ")
}
