package api

import (
	"reflect"
	"strings"
	"testing"

	"kyoten/auth"
)

const password = "a long enough one"

func (s *server) givePassword(t testing.TB) {
	t.Helper()
	hash, err := auth.HashPassword(password)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.store.SetPassword(t.Context(), s.Ann.ID, hash); err != nil {
		t.Fatal(err)
	}
}

func TestSignInAndOut(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.givePassword(t)
	in := fields{"email": "ANN@kyoten.example", "password": password}
	got := s.nobody().post(t, "/sessions", in).want(t, 201)
	if got.text("member.id") != s.Ann.ID.String() || got.text("expires_at") == "" {
		t.Errorf("sign-in answered %s", got.raw)
	}
	cookie := got.header.Get("Set-Cookie")
	for _, part := range []string{"kyoten_session=kys_", "HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("Set-Cookie %q lacks %q", cookie, part)
		}
	}
	pair, _, _ := strings.Cut(cookie, ";")
	s.nobody().get(t, "/me", "Cookie: "+pair).want(t, 200)
	me := caller{s, got.text("token")}
	me.get(t, "/me").want(t, 200)
	out := me.send(t, "DELETE", "/sessions/current", nil).want(t, 204)
	if !strings.Contains(out.header.Get("Set-Cookie"), "Max-Age=0") || len(out.raw) != 0 {
		t.Errorf("signing out = %q %q, want an expired cookie and no body", out.header.Get("Set-Cookie"), out.raw)
	}
	me.get(t, "/me").problem(t, 401, "unauthenticated")
	s.nobody().get(t, "/me", "Cookie: "+pair).problem(t, 401, "unauthenticated")
}

func TestWrongPasswordAndUnknownAccountLookTheSame(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.givePassword(t)
	wrong := s.nobody().post(t, "/sessions", fields{"email": "ann@kyoten.example", "password": "wrong"}).problem(t, 401, "bad_credentials")
	unknown := s.nobody().post(t, "/sessions", fields{"email": "nn@kyoten.example", "password": password}).problem(t, 401, "bad_credentials")
	if string(wrong.raw) != string(unknown.raw) {
		t.Errorf("wrong = %s, unknown = %s; want the same", wrong.raw, unknown.raw)
	}
}

func TestThrottledSignInSaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	var got answer
	for range 20 {
		if got = s.nobody().post(t, "/sessions", fields{"email": "ann@kyoten.example", "password": "wrong"}); got.status == 429 {
			break
		}
	}
	got.problem(t, 429, "too_many_requests")
	if got.header.Get("Retry-After") != "30" || got.text("retry_after") != "30" {
		t.Errorf("Retry-After = %q, retry_after = %q; want 30 s", got.header.Get("Retry-After"), got.text("retry_after"))
	}
}

func TestSecretsAreNotRepeated(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	me := s.as(t, s.Ann)
	first := me.post(t, "/me/tokens", fields{"name": "laptop"}, "Idempotency-Key: abc").want(t, 201)
	second := me.post(t, "/me/tokens", fields{"name": "laptop"}, "Idempotency-Key: abc").want(t, 201)
	if first.text("token") == second.text("token") {
		t.Error("the same secret was answered twice")
	}
	listed := me.get(t, "/me/tokens?limit=1").want(t, 200)
	if strings.Contains(string(listed.raw), "kyp_") || listed.text("items.0.id") != first.text("id") {
		t.Errorf("list = %s, want the first token without its secret", listed.raw)
	}
	rest := me.get(t, "/me/tokens?limit=1&cursor="+listed.text("next_cursor")).want(t, 200)
	if rest.text("items.0.id") != second.text("id") || rest.text("next_cursor") != "" {
		t.Errorf("second page = %s, want the second token and no cursor", rest.raw)
	}
	s.as(t, s.Bob).send(t, "DELETE", "/me/tokens/"+first.text("id"), nil).problem(t, 404, "not_found")
	me.send(t, "DELETE", "/me/tokens/nonsense", nil).problem(t, 404, "not_found")
	me.send(t, "DELETE", "/me/tokens/"+first.text("id"), nil).want(t, 204)
}

func TestMeIsEditedUnderItsVersion(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	me := s.as(t, s.Ann)
	read := me.get(t, "/me").want(t, 200)
	old := read.header.Get("Etag")
	changed := me.patch(t, "/me", fields{"locale": "en", "home_site": nil}, "If-Match: "+old).want(t, 200)
	if changed.text("locale") != "en" || changed.text("home_site") != "" || changed.text("name") != read.text("name") {
		t.Errorf("changed = %s", changed.raw)
	}
	me.patch(t, "/me", fields{"locale": "ja"}, "If-Match: "+old).problem(t, 412, "stale_version")
	me.patch(t, "/me", fields{"locale": "ja"}, "If-Match: garbage").problem(t, 412, "stale_version")
	me.patch(t, "/me", fields{"locale": "ja"}, `If-Match: "1", W/"2"`).want(t, 200)
	me.patch(t, "/me", fields{"kana": "あんどう"}, "If-Match: *").want(t, 200)
	if got := me.get(t, "/me"); got.text("locale") != "ja" || got.text("kana") != "あんどう" || got.header.Get("Etag") == old {
		t.Errorf("me = %s under %s", got.raw, got.header.Get("Etag"))
	}
	me.patch(t, "/me", fields{"role": "admin"}).problem(t, 422, "invalid_input")
	me.patch(t, "/me", fields{"locale": "de"}).problem(t, 422, "invalid_input")
	me.patch(t, "/me", fields{"home_site": "nowhere"}).problem(t, 422, "invalid_input")
}

// TestAPasswordResetTellsNothing: who has an account, and who has not, get the same
// answer, down to its headers.
func TestAPasswordResetTellsNothing(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	reset := func(email string) answer {
		got := s.nobody().post(t, "/password-resets", fields{"email": email}).want(t, 202)
		got.header.Del("X-Request-Id")
		return got
	}
	known, unknown := reset("ann@kyoten.example"), reset("nn@kyoten.example")
	if len(known.raw) != 0 || len(unknown.raw) != 0 || !reflect.DeepEqual(known.header, unknown.header) {
		t.Errorf("known: %v %q, unknown: %v %q; want no difference", known.header, known.raw, unknown.header, unknown.raw)
	}
	if notices, err := s.store.NoticesWaiting(t.Context()); err != nil || notices != 1 {
		t.Errorf("%d notices (%v), want one to Ann", notices, err)
	}
	s.nobody().post(t, "/password-resets", fields{"email": "ann"}).problem(t, 422, "invalid_input")
	if log := s.log.String(); strings.Contains(log, "kyoten.example") {
		t.Errorf("an address stands in the log: %s", log)
	}
	for range 50 {
		if s.nobody().post(t, "/password-resets", fields{"email": "nn@kyoten.example"}).status == 429 {
			return
		}
	}
	t.Error("nobody is ever sent away")
}
