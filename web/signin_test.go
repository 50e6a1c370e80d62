package web

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"kyoten/auth"
	"kyoten/models"
	"kyoten/models/modelstest"
)

func TestSignInLeadsToWhereSomebodyWanted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.visitor(t)
	form := b.get("/account").has(t, http.StatusOK, "メールアドレス")
	if form.path != "/sign-in?next=%2Faccount" {
		t.Errorf("a member's page leads to %s, want the sign-in page", form.path)
	}
	wrong := b.post("/sign-in", url.Values{"email": {h.Ann.Email}, "password": {"not hers"}, "next": {"/account"}})
	wrong.has(t, http.StatusUnauthorized, "<title>サインインできませんでした · サインイン · Kyoten</title>", `value="`+h.Ann.Email+`"`).lacks(t, "not hers")
	right := b.post("/sign-in", url.Values{"email": {h.Ann.Email}, "password": {password}, "next": {"/account"}})
	if right.has(t, http.StatusOK, h.Ann.Name); right.path != "/account" {
		t.Errorf("signed in on %s, want /account", right.path)
	}
	b.post("/sign-out", nil).has(t, http.StatusOK, "<title>サインアウトしました。 · ")
	if again := b.get("/account"); !strings.HasPrefix(again.path, "/sign-in") {
		t.Errorf("after signing out, %s is open", again.path)
	}
}

func TestABrowserThatKeepsNoCookieIsToldSo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.visitor(t)
	b.client.Jar = nil
	form := url.Values{"email": {h.Ann.Email}, "password": {password}, "next": {"/account"}}
	b.post("/sign-in", form).has(t, http.StatusOK, "Cookie を保存しなかったため", `value="/account"`)
	h.visitor(t).post("/sign-in", form).has(t, http.StatusOK, h.Ann.Name).lacks(t, "Cookie")
}

func TestSignInNeverSendsPeopleElsewhere(t *testing.T) {
	t.Parallel()
	for _, next := range []string{"https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\r\nSet-Cookie: x=1", "", "relative"} {
		if got := localPath(next); got != "/" {
			t.Errorf("localPath(%q) = %q, want /", next, got)
		}
	}
	if got := localPath("/book?day=2026-12-01"); got != "/book?day=2026-12-01" {
		t.Errorf("a path of ours became %q", got)
	}
}

func TestAFormSentAfterTheSessionEndedIsKept(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.visitor(t)
	kept := b.post("/account", url.Values{"name": {"安藤 <新>"}, "locale": {"ja"}})
	kept.has(t, http.StatusUnauthorized, "入力した内容は残っています")
	packed := regexp.MustCompile(`name="resume" value="([^"]+)"`).FindStringSubmatch(kept.body)
	if packed == nil {
		t.Fatal("the form is not on the sign-in page")
	}
	on := b.post("/sign-in", url.Values{"email": {h.Ann.Email}, "password": {password}, "resume": {packed[1]}})
	on.has(t, http.StatusOK, "続ける", `action="/account"`, `value="安藤 &lt;新&gt;"`)
	b.post("/account", url.Values{"name": {"安藤 <新>"}, "locale": {"ja"}}).has(t, http.StatusOK, "保存しました")
}

func TestAFormFromAnotherOriginIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.as(t, h.Ann)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.url+"/sign-out", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	res, err := b.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("status %d, want 403", res.StatusCode)
	}
	// Nobody was asked who sent it, so the page does not tell other tabs that nobody is signed in.
	page, err := io.ReadAll(res.Body)
	if err != nil || bytes.Contains(page, []byte("data-member")) || !bytes.Contains(page, []byte("js/app.js")) {
		t.Errorf("the page says who is signed in (%v):\n%s", err, page)
	}
	b.get("/account").has(t, http.StatusOK, h.Ann.Email)
}

func TestAPasswordIsSetByALink(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.visitor(t)
	b.get("/links/kyl_nonsense").has(t, http.StatusNotFound, "このリンクは使えません")
	token, err := h.auth.PasswordLink(t.Context(), models.System, h.Bob.ID)
	if err != nil {
		t.Fatal(err)
	}
	b.get("/links/"+token).has(t, http.StatusOK, "新しいパスワード").lacks(t, `name="email"`)
	b.post("/links/"+token, url.Values{"password": {"short"}}).has(t, http.StatusUnprocessableEntity, "10文字以上")
	b.post("/links/"+token, url.Values{"password": {"quite another phrase"}}).has(t, http.StatusOK, h.Bob.Name)
	b.get("/links/"+token).has(t, http.StatusNotFound)
}

func TestTheFirstAdministratorIsMadeByALink(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	h := &house{store: store, clock: fake, auth: auth.New(store, fake.Now)}
	h.pages = New(h.config(t))
	server := httptest.NewServer(h.handler())
	t.Cleanup(server.Close)
	h.url = server.URL
	token, err := h.auth.FirstAdminLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b := h.visitor(t)
	b.get("/links/"+token).has(t, http.StatusOK, `name="email"`)
	in := url.Values{"name": {"理事 花子"}, "email": {"boss@kyoten.example"}, "password": {"quite another phrase"}}
	b.post("/links/"+token, in).has(t, http.StatusOK, "理事 花子").lacks(t, "パスワードを変更しました")
	b.get("/admin/sites").has(t, http.StatusOK)
}
