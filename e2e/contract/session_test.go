//go:build e2e

package contract

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// session: signing in and out, who one is.
func session(t *testing.T, d *demo) {
	c := d.anonymous()
	in := fields{"email": "m058@kyoten.example", "password": "kyoten-demo"}
	got := c.post(t, "/sessions", in).want(t, 201)
	got.shape(t, map[string]string{"token": text, "expires_at": instant, "member": object, "member.id": text})
	cookie := got.header.Get("Set-Cookie")
	for _, part := range []string{"HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("Set-Cookie %q lacks %s", cookie, part)
		}
	}

	me := d.bearer(got.text(t, "token"))
	me.get(t, "/me").want(t, 200).shape(t, map[string]string{
		"id": text, "name": text, "kana": text, "email": text, "locale": text, "role": text,
		"company": maybe + object, "plan": object, "plan.id": text, "plan.name": text, "home_site": maybe + text,
	}).equal(t, "email", "m058@kyoten.example").equal(t, "role", "member")
	pair, _, _ := strings.Cut(cookie, ";")
	c.send(t, "GET", "/me", nil, "Cookie: "+pair).want(t, 200).equal(t, "email", "m058@kyoten.example")

	me.delete(t, "/sessions/current").want(t, 204)
	me.get(t, "/me").problem(t, 401, "unauthenticated")
	c.send(t, "GET", "/me", nil, "Cookie: "+pair).problem(t, 401, "unauthenticated")
	c.get(t, "/me").problem(t, 401, "unauthenticated")
	d.bearer("nonsense").get(t, "/me").problem(t, 401, "unauthenticated")
	c.send(t, "GET", "/me", nil, "Authorization: Basic bTp4").problem(t, 401, "unauthenticated")

	// Which of the two was wrong is nobody's business.
	wrong := c.post(t, "/sessions", in.with("password", "guess")).problem(t, 401, "bad_credentials")
	unknown := c.post(t, "/sessions", in.with("email", "nobody@kyoten.example")).problem(t, 401, "bad_credentials")
	if wrong.text(t, "detail") != unknown.text(t, "detail") || wrong.text(t, "title") != unknown.text(t, "title") {
		t.Errorf("a wrong password and an unknown person give %s and %s", wrong.excerpt(), unknown.excerpt())
	}
	c.post(t, "/sessions", fields{}).problem(t, 422, "invalid_input").shape(t, map[string]string{"errors": array, "errors.0.pointer": text, "errors.0.detail": text})
	everyRole(t, d)
}

// everyRole checks the fixed people of the demo.
func everyRole(t *testing.T, d *demo) {
	t.Helper()
	for person, want := range map[string]fields{
		"admin":   {"role": "admin"},
		"staff":   {"role": "staff", "sites.0": "colabo"},
		"manager": {"role": "manager"},
		"worker":  {"role": "member"},
		"worker2": {"role": "member"},
		"member":  {"role": "member", "home_site": "colabo", "company": nil},
		"member2": {"role": "member", "home_site": "knowers", "company": nil},
		"m001":    {"role": "member", "company": nil},
		"m060":    {"role": "member", "company": nil},
	} {
		me := d.as(t, person).get(t, "/me").want(t, 200)
		for field, value := range want {
			me.equal(t, field, value)
		}
	}
	manager, worker := d.as(t, "manager").get(t, "/me"), d.as(t, "worker").get(t, "/me")
	worker.equal(t, "company.name", manager.text(t, "company.name"))
	if other := d.as(t, "worker2").get(t, "/me").number(t, "company.id"); other == worker.number(t, "company.id") {
		t.Errorf("worker and worker2 are both of company %d", other)
	}
}

// tokens: personal tokens are shown once and end when they are deleted.
func tokens(t *testing.T, d *demo) {
	me := d.as(t, "m057")
	made := me.post(t, "/me/tokens", fields{"name": "calendar script"}).want(t, 201)
	made.shape(t, map[string]string{"id": text, "name": text, "token": text}).equal(t, "name", "calendar script")

	script := d.bearer(made.text(t, "token"))
	script.get(t, "/me").want(t, 200).equal(t, "email", "m057@kyoten.example")
	listed := me.get(t, "/me/tokens")
	if !strings.Contains(string(listed.raw), made.text(t, "id")) || strings.Contains(string(listed.raw), made.text(t, "token")) {
		t.Errorf("the list must name the token and not show it: %s", listed.excerpt())
	}
	listed.items(t)

	d.as(t, "m056").delete(t, "/me/tokens/"+made.text(t, "id")).problem(t, 404, "not_found")
	script.get(t, "/me").want(t, 200)
	me.delete(t, "/me/tokens/"+made.text(t, "id")).want(t, 204)
	script.get(t, "/me").problem(t, 401, "unauthenticated")
	me.delete(t, "/me/tokens/"+made.text(t, "id")).problem(t, 404, "not_found")
	me.delete(t, "/me/tokens/nonsense").problem(t, 404, "not_found")
}

// throttling counts failures, per account and address, and nothing else.
func throttling(t *testing.T, d *demo) {
	d.as(t, "m055") // signed in before, and not signed out by what follows
	c := d.anonymous()
	try := func(person, password string) answer {
		return c.post(t, "/sessions", fields{"email": person + "@kyoten.example", "password": password})
	}
	var refused answer
	for range 60 {
		if refused = try("m061", "wrong"); refused.status == http.StatusTooManyRequests {
			break
		}
		refused.problem(t, 401, "bad_credentials")
	}
	refused.problem(t, 429, "too_many_requests")
	if seconds, err := strconv.Atoi(refused.header.Get("Retry-After")); err != nil || seconds < 1 {
		t.Errorf("Retry-After = %q, want seconds", refused.header.Get("Retry-After"))
	}
	d.as(t, "m055").get(t, "/me").want(t, 200)
	// A site shares one address: the others sign in as ever.
	try("m054", "kyoten-demo").want(t, 201)
	for range 80 { // a normal client never meets 429
		try("m053", "kyoten-demo").want(t, 201)
	}
}

// crossOrigin: with the cookie, another site's page changes nothing.
func crossOrigin(t *testing.T, d *demo) {
	c := d.anonymous()
	in := c.post(t, "/sessions", fields{"email": "m052@kyoten.example", "password": "kyoten-demo"}).want(t, 201)
	pair, _, _ := strings.Cut(in.header.Get("Set-Cookie"), ";")
	cookie := "Cookie: " + pair
	change := fields{"locale": "en"}
	c.patch(t, "/me", change, cookie, "Origin: https://evil.example").problem(t, 403, "cross_origin")
	c.patch(t, "/me", change, cookie, "Sec-Fetch-Site: cross-site").problem(t, 403, "cross_origin")
	c.patch(t, "/me", change, cookie, "Sec-Fetch-Site: same-origin").want(t, 200)
	c.patch(t, "/me", change, cookie, "Origin: "+d.server.Base).want(t, 200)
	c.patch(t, "/me", change, cookie).want(t, 200)
	c.send(t, "GET", "/me", nil, cookie, "Sec-Fetch-Site: cross-site").want(t, 200)
}
