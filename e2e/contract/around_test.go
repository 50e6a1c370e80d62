//go:build e2e

package contract

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// around is what stands beside the API: health, metrics, the document, the
// clock, and the problems of the router itself.
func around(t *testing.T, d *demo) {
	c := d.anonymous()
	for _, path := range []string{"//healthz", "//readyz", "//metrics", "//docs", "//sign-in"} {
		c.get(t, path).want(t, http.StatusOK)
	}
	document := c.get(t, "//openapi.json").want(t, http.StatusOK)
	if version := document.text(t, "openapi"); !strings.HasPrefix(version, "3.1") {
		t.Errorf("openapi = %s, want 3.1", version)
	}

	documented(t, document)

	now := c.get(t, "/time").want(t, http.StatusOK).shape(t, map[string]string{"now": instant})
	told := must(time.Parse(time.RFC3339, now.text(t, "now")))
	if told.Before(opening) || told.After(opening.Add(2*time.Hour)) {
		t.Errorf("now = %s, want a little after --now %s", told, opening)
	}

	c.get(t, "/nothing-here").problem(t, 404, "not_found")
	c.get(t, "//nothing-at-all").want(t, 404)
	c.send(t, "PUT", "/sites", fields{}).problem(t, 405, "method_not_allowed")
	c.send(t, "DELETE", "/time", nil).problem(t, 405, "method_not_allowed")
	c.post(t, "/sessions", `{"email":"a","password":"b"}`, "Content-Type: text/plain").problem(t, 415, "unsupported_media_type")
	c.post(t, "/sessions", `{"email":"`+strings.Repeat("a", 1<<20)+`"}`).problem(t, 413, "body_too_large")
	c.post(t, "/sessions", `{"email":`).problem(t, 400, "bad_request")
	docsStayHome(t, d)
}

// documented makes sure that the published document names every route and code
// the contract promises.
func documented(t *testing.T, document answer) {
	t.Helper()
	paths, _ := document.at("paths").(map[string]any)
	for _, path := range []string{
		"/sessions", "/sessions/current", "/me", "/me/tokens", "/me/tokens/{id}", "/me/passes", "/time", "/sites", "/sites/{slug}",
		"/sites/{slug}/spaces", "/sites/{slug}/presence", "/availability", "/bookings", "/bookings/{id}", "/bookings/{id}/cancel",
		"/bookings/{id}/check-in", "/bookings/{id}/passes", "/passes/{id}/qr.png", "/passes/{id}/qr.svg", "/gate", "/access/checks",
		"/gates", "/occupancy", "/passages", "/visits", "/closures",
	} {
		if paths["/api/v1"+path] == nil && paths[path] == nil {
			t.Errorf("the document does not name %s", path)
		}
	}
	for _, code := range []string{
		"bad_request", "invalid_input", "out_of_range", "cross_origin", "method_not_allowed", "body_too_large", "unsupported_media_type",
		"internal", "unavailable", "unauthenticated", "forbidden", "not_found", "too_many_requests", "bad_credentials", "stale_version",
		"idempotency_key_reused", "space_taken", "holder_busy", "ends_before_start", "off_grain", "in_the_past", "too_late_to_book",
		"too_far_ahead", "too_short", "too_long", "space_not_bookable", "site_closed", "outside_opening_hours", "capacity_exceeded",
		"over_quota", "too_many_open_bookings", "too_late_to_cancel", "booking_over", "not_yet", "too_late", "bookings_in_the_way",
	} {
		if !strings.Contains(string(document.raw), `"`+code+`"`) && !strings.Contains(string(document.raw), "`"+code+"`") {
			t.Errorf("the document does not name the code %s", code)
		}
	}
}

// docsStayHome makes sure that the documentation page works offline and under a
// strict policy.
func docsStayHome(t *testing.T, d *demo) {
	t.Helper()
	for _, path := range []string{"/docs", "/", "/sign-in"} {
		response := must(transport.Get(d.server.Base + path))
		body := string(must(io.ReadAll(response.Body)))
		response.Body.Close()
		policy := response.Header.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"} {
			if !strings.Contains(policy, part) {
				t.Errorf("%s: Content-Security-Policy %q lacks %s", path, policy, part)
			}
		}
		if strings.Contains(policy, "unsafe-inline") || strings.Contains(policy, "unsafe-eval'") && !strings.Contains(policy, "wasm") {
			t.Errorf("%s: Content-Security-Policy %q is not strict", path, policy)
		}
		if response.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: no X-Content-Type-Options: nosniff", path)
		}
		for _, foreign := range []string{`src="http`, `src="//`, `href="//`} {
			if strings.Contains(body, foreign) {
				t.Errorf("%s refers to a foreign host: %s", path, foreign)
			}
		}
	}
}

// languages: title and detail of problems follow the reader.
func languages(t *testing.T, d *demo) {
	c := d.anonymous()
	c.language = "ja"
	if got := c.get(t, "/me").problem(t, 401, "unauthenticated"); !japanese.MatchString(got.text(t, "title")) || !japanese.MatchString(got.text(t, "detail")) {
		t.Errorf("asked for Japanese, got %s", got.excerpt())
	}
	for _, language := range []string{"en", "en-US,en;q=0.9,ja;q=0.1", "fr, en;q=0.5, ja;q=0.2"} {
		c.language = language
		if got := c.get(t, "/me").problem(t, 401, "unauthenticated"); japanese.MatchString(got.text(t, "title")) {
			t.Errorf("asked for %s, got %s", language, got.excerpt())
		}
	}
	c.language = ";;q=,*;q=9,\xe3\x81\x82"
	c.get(t, "/me").problem(t, 401, "unauthenticated")

	// Without Accept-Language the saved language of the person decides.
	me := d.as(t, "m059")
	me.patch(t, "/me", fields{"locale": "en"}).want(t, 200)
	me.language = ""
	if got := me.get(t, "/bookings/nothing"); japanese.MatchString(got.text(t, "title")) {
		t.Errorf("an English reader got %s", got.excerpt())
	}
	me.patch(t, "/me", fields{"locale": "ja"}).want(t, 200).equal(t, "locale", "ja")
	if got := me.get(t, "/bookings/nothing"); !japanese.MatchString(got.text(t, "title")) {
		t.Errorf("a Japanese reader got %s", got.excerpt())
	}
	me.patch(t, "/me", fields{"locale": "de"}).refused(t)
}
