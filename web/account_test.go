package web

import (
	"net/http"
	"net/url"
	"regexp"
	"testing"
)

func TestAnAccountIsChangedAndKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(t, h.Ann)
	b.post("/account", url.Values{"name": {""}, "kana": {"あんどう あん"}, "locale": {"ja"}}).
		has(t, http.StatusUnprocessableEntity, `value="あんどう あん"`, `aria-invalid="true"`)
	b.post("/account", url.Values{"name": {"安藤 案"}, "kana": {"あんどう あん"}, "locale": {"ja"}, "home_site": {"shiojiri"}}).
		has(t, http.StatusOK, "保存しました", "安藤 案", `value="shiojiri" selected`)
}

func TestAPasswordIsChangedByWhoKnowsTheOldOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b, elsewhere := h.as(t, h.Ann), h.as(t, h.Ann)
	b.post("/account/password", url.Values{"current": {"wrong one"}, "password": {"quite another phrase"}}).
		has(t, http.StatusUnauthorized, "サインインできませんでした").lacks(t, "quite another phrase")
	b.post("/account/password", url.Values{"current": {password}, "password": {"quite another phrase"}}).
		has(t, http.StatusOK, "パスワードを変更しました")
	if page := elsewhere.get("/account"); page.path == "/account" {
		t.Error("the other device is still signed in")
	}
}

func TestATokenIsShownOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(t, h.Ann)
	made := b.post("/account/tokens", url.Values{"name": {"my script"}}).has(t, http.StatusOK, "一度しか表示されません")
	token := regexp.MustCompile(`kyp_[\w-]+`).FindString(made.body)
	if token == "" {
		t.Fatal("no token on the page")
	}
	page := b.get("/account").has(t, http.StatusOK, "my script").lacks(t, token)
	page.has(t, http.StatusOK, "元には戻せません", "トークンを削除する")
	del := regexp.MustCompile(`/account/tokens/[0-9a-f-]+/delete`).FindString(page.body)
	b.post(del, nil).has(t, http.StatusOK, "トークンを削除しました").lacks(t, "my script")
	b.post(del, nil).has(t, http.StatusNotFound)
}

func TestASessionElsewhereIsEnded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	here, there := h.as(t, h.Ann), h.as(t, h.Ann)
	end := regexp.MustCompile(`/account/sessions/[0-9a-f-]+/end`).FindString(here.get("/account").body)
	here.post(end, nil).has(t, http.StatusOK, "サインアウトしました")
	if page := there.get("/account"); page.path == "/account" {
		t.Error("the other device is still signed in")
	}
	h.as(t, h.Bob).post(end, nil).has(t, http.StatusNotFound)
}
