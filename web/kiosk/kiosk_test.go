package kiosk_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"kyoten/web/kiosk"
)

// get asks a kiosk for one address.
func get(t *testing.T, cfg kiosk.Config, method, path string, headers ...string) *http.Response {
	t.Helper()
	h := kiosk.New(cfg)
	r := httptest.NewRequestWithContext(t.Context(), method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var online = kiosk.Config{Backend: kiosk.Server}

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	t.Parallel()
	page := body(t, get(t, online, "GET", kiosk.Path))
	for _, path := range append(addresses(page), kiosk.Path, kiosk.Path+"/sw.js", kiosk.Path+"/none") {
		h := get(t, online, "GET", path).Header
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'",
			"Permissions-Policy":      "camera=(self)",
			"X-Content-Type-Options":  "nosniff",
			"Referrer-Policy":         "no-referrer",
		} {
			if got := h.Get(name); !strings.Contains(got, want) {
				t.Errorf("%s: %s is %q, want %q in it", path, name, got, want)
			}
		}
		if strings.Contains(h.Get("Content-Security-Policy"), "'unsafe-inline'") {
			t.Errorf("%s allows inline code", path)
		}
	}
}

// addresses returns what the page links to.
func addresses(page string) []string {
	var list []string
	for _, m := range regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		list = append(list, m[1])
	}
	return list
}

func TestThePageHasNoInlineCode(t *testing.T) {
	t.Parallel()
	page := body(t, get(t, online, "GET", kiosk.Path))
	for _, m := range regexp.MustCompile(`(?s)<script([^>]*)>(.*?)</script>`).FindAllStringSubmatch(page, -1) {
		if m[2] != "" && !strings.Contains(m[1], `type="application/json"`) {
			t.Errorf("a script stands in the page: %.60s", m[2])
		}
	}
	for _, bad := range []string{`style="`, "<style", "javascript:"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %s", bad)
		}
	}
	if m := regexp.MustCompile(`\son[a-z]+="`).FindString(page); m != "" {
		t.Errorf("the page has a handler: %s", m)
	}
}

func TestThePageTellsItsScriptWhoAnswers(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		cfg   kiosk.Config
		token bool
	}{
		"server":              {kiosk.Config{Backend: kiosk.Server}, true},
		"agent":               {kiosk.Config{Backend: kiosk.Agent}, false},
		"agent with a secret": {kiosk.Config{Backend: kiosk.Agent, NeedsToken: true}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page := body(t, get(t, tt.cfg, "GET", kiosk.Path))
			var got struct {
				Backend    kiosk.Backend                `json:"backend"`
				NeedsToken bool                         `json:"needs_token"`
				Texts      map[string]map[string]string `json:"texts"`
			}
			element := regexp.MustCompile(`(?s)id="settings">(.*?)</script>`).FindStringSubmatch(page)
			if element == nil {
				t.Fatal("the page has no settings")
			}
			if err := json.Unmarshal([]byte(element[1]), &got); err != nil {
				t.Fatal(err)
			}
			if got.Backend != tt.cfg.Backend || got.NeedsToken != tt.token {
				t.Errorf("settings say %s, token %t; want %s, %t", got.Backend, got.NeedsToken, tt.cfg.Backend, tt.token)
			}
			for _, lang := range []string{"ja", "en"} {
				for _, key := range []string{"trouble.head", "reason.granted", "reason.too_early", "net.alone"} {
					if got.Texts[lang][key] == "" {
						t.Errorf("%s has no text %s", lang, key)
					}
				}
			}
		})
	}
}

// shell returns what the service worker keeps: the page and nearly all its files.
func shell(t *testing.T) []string {
	t.Helper()
	var paths []string
	worker := body(t, get(t, online, "GET", kiosk.Path+"/sw.js"))
	list := regexp.MustCompile(`const shell = (.*);`).FindStringSubmatch(worker)
	if list == nil || json.Unmarshal([]byte(list[1]), &paths) != nil {
		t.Fatalf("the service worker lists nothing: %.80s", worker)
	}
	return paths
}

func TestEveryFileHasAMediaType(t *testing.T) {
	t.Parallel()
	for _, path := range shell(t) {
		if got := get(t, online, "GET", path).Header.Get("Content-Type"); got == "" {
			t.Errorf("%s is served as nothing in particular", path)
		}
	}
}

// TestTheScriptKnowsItsTexts: a key the script uses but the catalogue lacks would
// show only at the door.
func TestTheScriptKnowsItsTexts(t *testing.T) {
	t.Parallel()
	page := body(t, get(t, online, "GET", kiosk.Path))
	used := regexp.MustCompile(`(?:words|say)\((?:[^()]*?,\s*)?'([a-z_.]+[a-z_])'|'(setup\.[a-z]+|walk_in\.[a-z]+|trouble\.[a-z]+)'`)
	count := 0
	for _, path := range shell(t) {
		if !strings.HasSuffix(path, ".js") || strings.Contains(path, "zxing") {
			continue
		}
		for _, m := range used.FindAllStringSubmatch(body(t, get(t, online, "GET", path)), -1) {
			count++
			if key := m[1] + m[2]; !strings.Contains(page, `"`+key+`":`) {
				t.Errorf("%s says %s, which the page does not know", path, key)
			}
		}
	}
	if count < 12 {
		t.Errorf("found only %d texts in the scripts: has their form changed?", count)
	}
}

func TestFilesAreKeptForEverUnderTheirHash(t *testing.T) {
	t.Parallel()
	for _, path := range addresses(body(t, get(t, online, "GET", kiosk.Path))) {
		r := get(t, online, "GET", path)
		if r.StatusCode != http.StatusOK || !strings.Contains(r.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %s, %q", path, r.Status, r.Header.Get("Cache-Control"))
		}
		old := regexp.MustCompile(`/static/[0-9a-f]+/`).ReplaceAllString(path, "/static/0000/")
		if r := get(t, online, "GET", old); r.StatusCode != http.StatusOK || r.Header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: %s, %q", old, r.Status, r.Header.Get("Cache-Control"))
		}
	}
}

func TestThePageIsAskedForAnewAndSentOnce(t *testing.T) {
	t.Parallel()
	first := get(t, online, "GET", kiosk.Path)
	if got := first.Header.Get("Cache-Control"); got != "no-cache" {
		t.Errorf("Cache-Control %q", got)
	}
	if again := get(t, online, "GET", kiosk.Path, "If-None-Match", first.Header.Get("ETag")); again.StatusCode != http.StatusNotModified {
		t.Errorf("asked again: %s, want 304", again.Status)
	}
	version := regexp.MustCompile(`data-version="([0-9a-f]{16})"`)
	server := version.FindStringSubmatch(body(t, first))
	agent := version.FindStringSubmatch(body(t, get(t, kiosk.Config{Backend: kiosk.Agent}, "GET", kiosk.Path)))
	if server == nil || agent == nil || server[1] == agent[1] {
		t.Errorf("versions %v and %v of different pages", server, agent)
	}
}

func TestFilesComeCompressed(t *testing.T) {
	t.Parallel()
	r := get(t, online, "GET", kiosk.Path, "Accept-Encoding", "gzip, br")
	if r.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("Content-Encoding %q", r.Header.Get("Content-Encoding"))
	}
	unpacked, err := gzip.NewReader(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(unpacked); err != nil || !strings.Contains(string(text), "<!doctype html>") {
		t.Errorf("unpacked %d bytes: %v", len(text), err)
	}
}

func TestOnlyReadingIsAnswered(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		method, path string
		want         int
	}{
		{"HEAD", kiosk.Path, http.StatusOK},
		{"POST", kiosk.Path, http.StatusMethodNotAllowed}, // a form sent without scripts: nothing may land in an address
		{"GET", kiosk.Path + "/none", http.StatusNotFound},
		{"GET", kiosk.Path + "/static/0/zxing/VENDOR.md", http.StatusNotFound},
		{"GET", kiosk.Path + "/static/0/../kiosk.go", http.StatusTemporaryRedirect}, // to the clean address, where there is nothing
	} {
		if r := get(t, online, tt.method, tt.path); r.StatusCode != tt.want {
			t.Errorf("%s %s: %s, want %d", tt.method, tt.path, r.Status, tt.want)
		}
	}
	if scope := get(t, online, "GET", kiosk.Path+"/sw.js").Header.Get("Service-Worker-Allowed"); scope != kiosk.Path {
		t.Errorf("the service worker may serve %q", scope)
	}
}
