package main

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"kyoten/web/kiosk"
)

// TestWhatIsPackedIsPackedOnce: a second packing on the way out would leave a
// browser with a page it cannot read.
func TestWhatIsPackedIsPackedOnce(t *testing.T) {
	t.Parallel()
	r := start(t, append([]string{"serve"}, stored(t)...)...)
	for path, holds := range map[string]string{"/": "<html", kiosk.Path: `id="settings"`} {
		ask, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		ask.Header.Set("Accept-Encoding", "gzip")
		answer, err := http.DefaultClient.Do(ask)
		if err != nil {
			t.Fatal(err)
		}
		unpacked, err := gzip.NewReader(answer.Body)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		body, err := io.ReadAll(unpacked)
		_ = answer.Body.Close()
		if err != nil || !strings.Contains(string(body), holds) {
			t.Errorf("%s, unpacked once, has no %s (%v): %.60q", path, holds, err, body)
		}
	}
}

// TestAddressesOfTheAPIAreTakenAsTheyAre: escaped or plain, the same; and no
// client is sent elsewhere, by a page that it cannot read.
func TestAddressesOfTheAPIAreTakenAsTheyAre(t *testing.T) {
	t.Parallel()
	r := start(t, append([]string{"serve"}, stored(t)...)...)
	stay := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for path, want := range map[string]int{
		"/api/v1/sites/colabo": 200, "/api/v1/sites/%63olabo": 200, "/api/v1/%73ites/colabo": 200,
		"/api/v1/sites/%2Fcolabo": 404, "/api/v1/sites/colabo%2F": 404, "/api/v1//sites": 404, "/api/v1/../v1/sites": 404,
	} {
		answer, err := stay.Get(r.base + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		kind := answer.Header.Get("Content-Type")
		if answer.StatusCode != want || want == 404 && kind != "application/problem+json" {
			t.Errorf("GET %s = %d %s, want %d", path, answer.StatusCode, kind, want)
		}
	}
}

// TestOnlyLiveEventsHaveNoLimit: what a client accepts takes the limits off nothing.
func TestOnlyLiveEventsHaveNoLimit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		method, path string
		limited      bool
	}{
		{http.MethodGet, "/api/v1/sites/colabo/live", false},
		{http.MethodGet, "/api/v1/gate/stream", false},
		{http.MethodGet, "/board/colabo/live", false},
		{http.MethodGet, "/api/v1/bookings", true},
		{http.MethodPost, "/api/v1/bookings", true},
		{http.MethodPost, "/live", true},
	} {
		hasLimit := false
		look := func(_ http.ResponseWriter, r *http.Request) { _, hasLimit = r.Context().Deadline() }
		r := httptest.NewRequest(tt.method, tt.path, nil)
		r.Header.Set("Accept", "text/event-stream")
		limited(t.Context(), http.HandlerFunc(look)).ServeHTTP(httptest.NewRecorder(), r)
		if hasLimit != tt.limited {
			t.Errorf("%s %s is limited = %t, want %t", tt.method, tt.path, hasLimit, tt.limited)
		}
	}
}
