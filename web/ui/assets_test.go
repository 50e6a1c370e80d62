package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

func newAssets(t *testing.T) *Assets {
	t.Helper()
	a, err := NewAssets(os.DirFS(".."))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func get(t *testing.T, a *Assets, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w.Result()
}

func TestAssetsUnderTheirHashAreKeptForEver(t *testing.T) {
	t.Parallel()
	a := newAssets(t)
	res := get(t, a, a.URL("css/app.css"))
	if got := res.Header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
		t.Errorf("Cache-Control = %q, want immutable", got)
	}
	old := get(t, a, "/static/0123456789abcdef/css/app.css")
	if got := old.Header.Get("Cache-Control"); old.StatusCode != http.StatusOK || got != "no-cache" {
		t.Errorf("an old hash: %d, %q, want 200 and no-cache", old.StatusCode, got)
	}
	for _, path := range []string{"/static/", "/static/x", "/static/x/../web.go", "/static/" + a.Hash() + "/none.js"} {
		if got := get(t, a, path).StatusCode; got != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, got)
		}
	}
}

func TestAssetsAreSentPacked(t *testing.T) {
	t.Parallel()
	a := newAssets(t)
	res := get(t, a, a.URL("css/app.css"), "Accept-Encoding", "gzip, br")
	if got := res.Header.Get("Content-Encoding"); got != "gzip" {
		t.Fatalf("Content-Encoding = %q, want gzip", got)
	}
	unpacked, err := gzip.NewReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	css, err := io.ReadAll(unpacked)
	if err != nil || !bytes.Equal(css, a.Body("css/app.css")) {
		t.Errorf("the packed sheet is not the sheet (%v)", err)
	}
}

func TestEveryFileHasAMediaType(t *testing.T) {
	t.Parallel()
	a := newAssets(t)
	for name := range a.files {
		if got := get(t, a, a.URL(name)).Header.Get("Content-Type"); got == "" {
			t.Errorf("%s is served as nothing in particular", name)
		}
	}
}

func TestTheHashFollowsTheContent(t *testing.T) {
	t.Parallel()
	hash := func(body string) string {
		a, err := NewAssets(fstest.MapFS{"static/a.js": {Data: []byte(body)}})
		if err != nil {
			t.Fatal(err)
		}
		return a.Hash()
	}
	if hash("one") == hash("two") {
		t.Error("two contents have one hash")
	}
	if again := hash("one"); again != hash("one") {
		t.Error("one content has two hashes")
	}
}

func TestVendoredFilesAreWhatVendorSays(t *testing.T) {
	t.Parallel()
	list, err := os.ReadFile("../static/vendor/VENDOR.md")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir("../static/vendor")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.Name() == "VENDOR.md" {
			continue
		}
		body, err := os.ReadFile("../static/vendor/" + entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(body)
		if !bytes.Contains(list, []byte("`"+entry.Name()+"`")) || !bytes.Contains(list, []byte(hex.EncodeToString(sum[:]))) {
			t.Errorf("VENDOR.md does not list %s with its sum %x", entry.Name(), sum)
		}
	}
}
