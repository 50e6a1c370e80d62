package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"kyoten/auth"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// mailedLink returns the path of the link in the mail that was written last.
func (h *house) mailedLink(t *testing.T) string {
	t.Helper()
	notices, err := h.store.ClaimNotices(t.Context(), "test", 10, time.Minute)
	if err != nil || len(notices) == 0 {
		t.Fatalf("%d notices (%v), want one with a link", len(notices), err)
	}
	path, err := h.auth.MailedLink(t.Context(), notices[len(notices)-1])
	if err != nil || path == "" {
		t.Fatalf("link %q, %v", path, err)
	}
	return path
}

func TestWhoForgotTheirPasswordSetsAnother(t *testing.T) {
	t.Parallel()
	for lang, says := range map[string]struct{ ask, wrong, sent, signedIn, dead string }{
		"ja": {"パスワードを忘れた方", "メールアドレス", "リンクは1時間使えます", "パスワードを変更しました", "このリンクは使えません"},
		"en": {"Forgotten your password?", "mail address", "works for an hour", "Your password is changed", "This link no longer works"},
	} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.auth.Mailing(true)
			if _, err := h.auth.UpdateProfile(t.Context(), modelstest.As(t, h.store, h.Ann), auth.Profile{Locale: &lang}); err != nil {
				t.Fatal(err)
			}
			b := h.visitor(t)
			b.lang = lang
			b.get("/sign-in").has(t, http.StatusOK, says.ask, `href="/forgot-password"`)
			b.get("/forgot-password").has(t, http.StatusOK, says.ask, `name="email"`)
			b.post("/forgot-password", url.Values{"email": {"ann <x"}}).has(t, http.StatusUnprocessableEntity, says.wrong, `value="ann &lt;x"`, `-error"`)
			nobody := b.post("/forgot-password", url.Values{"email": {"nobody@kyoten.example"}})
			ann := b.post("/forgot-password", url.Values{"email": {" ANN@kyoten.example "}}).has(t, http.StatusOK, says.sent).lacks(t, "kyoten.example")
			if nobody.body != ann.body || nobody.path != ann.path {
				t.Errorf("the answer tells whether there is an account:\n%s\n%s", nobody.text(), ann.text())
			}
			link := h.mailedLink(t)
			for range 2 { // mail scanners look, too
				seen := b.get(link).has(t, http.StatusOK, `type="password"`)
				if got := seen.header.Get("Cache-Control") + " " + seen.header.Get("Referrer-Policy"); got != "no-store same-origin" {
					t.Errorf("%s is sent with %q; want it kept nowhere, and told to nobody else", seen.path, got)
				}
			}
			in := b.post(link, url.Values{"password": {"quite another phrase"}}).has(t, http.StatusOK, h.Ann.Name, says.signedIn)
			if !strings.HasPrefix(in.path, "/?") {
				t.Errorf("led to %s", in.path)
			}
			again := h.visitor(t)
			again.lang = lang
			again.get(link).has(t, http.StatusNotFound, says.dead, `action="/forgot-password"`)
			again.post(link, url.Values{"password": {"yet another phrase"}}).has(t, http.StatusNotFound, says.dead)
		})
	}
}

func TestWhoAsksTooOftenIsToldToWait(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.auth.Mailing(true)
	b := h.visitor(t)
	for range 50 {
		if got := b.post("/forgot-password", url.Values{"email": {"nobody@kyoten.example"}}); got.status != http.StatusOK {
			got.has(t, http.StatusTooManyRequests, "30秒ほど待ってから", `value="nobody@kyoten.example"`)
			return
		}
	}
	t.Error("nobody is ever sent away")
}

func TestWithoutMailTheDeskMakesLinks(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.visitor(t)
	ask := "拠点のスタッフにお声がけください"
	b.get("/sign-in").has(t, http.StatusOK, ask).lacks(t, "/forgot-password")
	b.get("/forgot-password").has(t, http.StatusOK, ask).lacks(t, `name="email"`)
	b.post("/forgot-password", url.Values{"email": {h.Ann.Email}}).has(t, http.StatusConflict, ask)
	h.as(t, h.Ann).get("/account").lacks(t, "/forgot-password")
}

func TestWhoIsSignedInMayHaveForgottenThePassword(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.auth.Mailing(true)
	b := h.as(t, h.Ann)
	b.get("/account").has(t, http.StatusOK, `href="/forgot-password"`)
	b.get("/forgot-password").has(t, http.StatusOK, `value="`+h.Ann.Email+`"`)
}

// TestALinkOfWhoWasSuspendedLeadsNowhere instead of signing them in and out again.
func TestALinkOfWhoWasSuspendedLeadsNowhere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	token, err := h.auth.PasswordLink(t.Context(), models.System, h.Bob.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.store.SuspendMember(t.Context(), h.Bob.ID, true); err != nil {
		t.Fatal(err)
	}
	h.visitor(t).post("/links/"+token, url.Values{"password": {"quite another phrase"}}).has(t, http.StatusNotFound, "このリンクは使えません")
}
