package httpkit

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"kyoten/internal/fault"
)

// teapot is a handler that answers 418.
var teapot = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })

// failWith answers with the status of nothing in particular and tells which
// fault it was given.
func failWith(w http.ResponseWriter, r *http.Request, err error) {
	NoteError(r.Context(), err)
	http.Error(w, fault.From(err).Code, http.StatusBadGateway)
}

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestWatchLogsOneLineWithoutThePath(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	h := Chain(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		NoteRoute(r.Context(), "/links/:token")
		NotePrincipal(r.Context(), "member:1")
		_, _ = io.WriteString(w, "hello")
	}), Watch(LogTo(slog.New(slog.NewJSONHandler(&out, nil)))))
	r := httptest.NewRequest("GET", "/links/kys_secret?mail=ann@example.com", nil)
	r.Header.Set("Authorization", "Bearer kys_secret")
	w := serve(h, r)
	line := out.String()
	for _, want := range []string{`"method":"GET"`, `"route":"/links/:token"`, `"status":200`, `"principal":"member:1"`, w.Header().Get("X-Request-Id")} {
		if !strings.Contains(line, want) {
			t.Errorf("log line %s lacks %s", line, want)
		}
	}
	if strings.Contains(line, "secret") || strings.Contains(line, "ann@") || strings.Count(line, "\n") != 1 {
		t.Errorf("log line = %q, want one line without secrets", line)
	}
}

// TestAReaderWhoLeftIsNoError: the same failure is one where the reader is still
// there, since then something on our side has given up.
func TestAReaderWhoLeftIsNoError(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		left bool
		want string
	}{
		"left":  {true, `"level":"INFO"`},
		"there": {false, `"level":"ERROR"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			var out bytes.Buffer
			h := Watch(LogTo(slog.New(slog.NewJSONHandler(&out, nil))))(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if tt.left {
					leave()
				}
				failWith(w, r, fmt.Errorf("read bookings: %w", context.Canceled))
			}))
			serve(h, httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
			if !strings.Contains(out.String(), tt.want) {
				t.Errorf("log = %s, want %s", out.String(), tt.want)
			}
		})
	}
}

func TestRequestIDIsTakenOverOnlyWhenPlain(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		given string
		kept  bool
	}{
		"a proxy's":     {"0a1b2c3d-4e5f", true},
		"too short":     {"a", false},
		"with a header": {"aaaaaaaa\r\nSet-Cookie: x", false},
		"very long":     {strings.Repeat("a", 65), false},
		"none":          {"", false},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header["X-Request-Id"] = []string{tt.given}
		got := serve(Chain(teapot, Watch()), r).Header().Get("X-Request-Id")
		if (got == tt.given) != tt.kept || got == "" {
			t.Errorf("%s: id = %q for %q, kept should be %t", name, got, tt.given, tt.kept)
		}
	}
}

func TestRecoverAnswersInternal(t *testing.T) {
	t.Parallel()
	var seen error
	h := Chain(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("lost my keys") }),
		Watch(), Recover(func(w http.ResponseWriter, r *http.Request, err error) { seen = err; failWith(w, r, err) }))
	w := serve(h, httptest.NewRequest("GET", "/", nil))
	if w.Code != http.StatusBadGateway || strings.TrimSpace(w.Body.String()) != "internal" {
		t.Errorf("answer = %d %q, want the failure's", w.Code, w.Body)
	}
	if !errors.Is(seen, fault.ErrInternal) || !strings.Contains(seen.Error(), "lost my keys") {
		t.Errorf("err = %v, want internal with the cause", seen)
	}
}

func TestRecoverCutsAnAnswerThatHasBegun(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(Chain(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half of ")
		w.(http.Flusher).Flush()
		panic("the rest is missing")
	}), Watch(), Recover(failWith)))
	t.Cleanup(srv.Close)
	resp, err := http.Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err == nil {
		t.Errorf("read %q without an error, want a cut connection", body)
	}
}

func TestCrossOriginRefusesForeignPagesOnly(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		method string
		header map[string]string
		want   int
	}{
		"no browser":          {"POST", nil, 418},
		"own page":            {"POST", map[string]string{"Sec-Fetch-Site": "same-origin"}, 418},
		"own page, old":       {"POST", map[string]string{"Origin": "http://kyoten.example"}, 418},
		"foreign page":        {"POST", map[string]string{"Sec-Fetch-Site": "cross-site"}, 502},
		"foreign page, old":   {"DELETE", map[string]string{"Origin": "http://evil.example"}, 502},
		"sister site":         {"POST", map[string]string{"Sec-Fetch-Site": "same-site"}, 502},
		"foreign link":        {"GET", map[string]string{"Sec-Fetch-Site": "cross-site"}, 418},
		"program with bearer": {"POST", map[string]string{"Origin": "http://evil.example", "Authorization": "Bearer x"}, 418},
	} {
		r := httptest.NewRequest(tt.method, "http://kyoten.example/x", nil)
		for k, v := range tt.header {
			r.Header.Set(k, v)
		}
		if got := serve(Chain(teapot, CrossOrigin(failWith)), r); got.Code != tt.want {
			t.Errorf("%s: status = %d, want %d", name, got.Code, tt.want)
		}
	}
}

func TestClientBehindProxies(t *testing.T) {
	t.Parallel()
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for name, tt := range map[string]struct {
		peer, forwarded, proto string
		wantIP                 string
		wantSecure             bool
	}{
		"direct":              {"203.0.113.9:4711", "", "", "203.0.113.9", false},
		"a liar":              {"203.0.113.9:4711", "198.51.100.1", "https", "203.0.113.9", false},
		"one proxy":           {"10.0.0.1:80", "198.51.100.1", "https", "198.51.100.1", true},
		"two proxies":         {"10.0.0.1:80", "198.51.100.1, 10.0.0.2", "http", "198.51.100.1", false},
		"forged before proxy": {"10.0.0.1:80", "6.6.6.6, 198.51.100.1", "https", "198.51.100.1", true},
		"garbage":             {"10.0.0.1:80", "who knows", "https", "10.0.0.1", true},
		"IPv6":                {"[2001:db8::1]:80", "", "", "2001:db8::1", false},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = tt.peer
		r.Header.Set("X-Forwarded-For", tt.forwarded)
		r.Header.Set("X-Forwarded-Proto", tt.proto)
		serve(Chain(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if RemoteIP(r) != tt.wantIP || Secure(r) != tt.wantSecure {
				t.Errorf("%s: client = %s secure %t, want %s %t", name, RemoteIP(r), Secure(r), tt.wantIP, tt.wantSecure)
			}
		}), Behind(trusted)), r)
	}
}

func TestSecurityHeadersForbidInlineScript(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("GET", "/", nil)
	r.TLS = &tls.ConnectionState{}
	h := serve(Chain(teapot, SecurityHeaders), r).Header()
	csp := h.Get("Content-Security-Policy")
	if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
		t.Errorf("CSP = %q, want default-src 'none' without unsafe words", csp)
	}
	for _, name := range []string{"X-Content-Type-Options", "Referrer-Policy", "Permissions-Policy", "Strict-Transport-Security"} {
		if h.Get(name) == "" {
			t.Errorf("header %s is missing", name)
		}
	}
}
