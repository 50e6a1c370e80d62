//go:build e2e

package harness

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// These tests make sure that the harness fails when it should. They need the
// browser but not the program.
func TestMain(m *testing.M) {
	chromium, _ = findChromium()
	if chromium == "" && os.Getenv("E2E") == "1" {
		panic("E2E=1, but there is no Chromium here")
	}
	os.Exit(m.Run())
}

const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'"

// bad maps a path to a page with exactly one thing wrong, and to the word the
// harness must say about it.
var bad = map[string]struct{ body, says string }{
	"/console":   {`<script src="/error.js"></script>`, "console error: oh no 42"},
	"/exception": {`<script src="/throw.js"></script>`, "uncaught exception"},
	"/inline":    {`<script>document.title = 'x'</script>`, "Content Security Policy"},
	"/style":     {`<p style="color:#111">styled</p>`, "Content Security Policy"},
	"/missing":   {`<img src="/none.png" alt="A picture">`, "404"},
	"/foreign":   {`<script src="/foreign.js"></script>`, "foreign host: http://127.0.0.2"},
}

// local serves the bad pages and a good one at /good.
func local(t *testing.T) string {
	mux := http.NewServeMux()
	page := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			lang := map[string]string{"en-GB,en;q=0.9": "en", "ja,en;q=0.9": "ja"}[r.Header.Get("Accept-Language")]
			if r.URL.Path != "/foreign" { // whose request the policy would stop before it is sent
				w.Header().Set("Content-Security-Policy", policy)
			}
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write([]byte(`<!doctype html><html lang="` + lang + `"><head><title>Page</title><link rel="icon" href="/icon.png">` +
				`<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/page.css"></head>` +
				`<body><main><h1>Page</h1>` + body + `</main></body></html>`))
		}
	}
	file := func(kind, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			_, _ = w.Write([]byte(body))
		}
	}
	for path, sample := range bad {
		mux.HandleFunc(path, page(sample.body))
	}
	mux.HandleFunc("/good", page(`<p id="words">Words</p><form action="/next"><label>Name <input name="name"></label><button type="submit">Next page</button></form>`))
	mux.HandleFunc("/next", page(`<p id="words">Next</p>`))
	mux.HandleFunc("/barrier", page(`<input name="nameless">`))
	mux.HandleFunc("/wide", page(`<p class="wide">wide</p><div class="box"><p class="wide">scrolls by itself</p></div>`))
	mux.HandleFunc("/keys", page(`<p>booking.cancel</p><p>予約</p><p lang="ja">予約</p>`))
	mux.HandleFunc("/page.css", file("text/css", `.wide{width:2000px} .box{overflow-x:auto;width:100px}`))
	mux.HandleFunc("/error.js", file("text/javascript", `console.error('oh no', 42)`))
	mux.HandleFunc("/throw.js", file("text/javascript", `throw new Error('thrown')`))
	mux.HandleFunc("/foreign.js", file("text/javascript", `fetch('http://127.0.0.2:9/').catch(() => {})`))
	mux.HandleFunc("/big.js", file("text/javascript", "// "+strings.Repeat("x", 50_000)))
	mux.HandleFunc("/big", page(`<script src="/big.js"></script>`))
	mux.HandleFunc("/icon.png", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		_ = png.Encode(w, image.NewGray(image.Rect(0, 0, 16, 16)))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func TestBadPagesAreSeen(t *testing.T) {
	base, browser := local(t), StartBrowser(t)
	for path, sample := range bad {
		t.Run(path[1:], func(t *testing.T) {
			p := browser.Page(t, base, Look{Screen: Desktop, Lang: "en"})
			p.Open(path).Settle()
			if got := strings.Join(p.Problems(), "\n"); !strings.Contains(got, sample.says) {
				t.Errorf("the harness saw %q, want something with %q", got, sample.says)
			}
		})
	}
}

func TestInspectionsSeeWhatIsWrong(t *testing.T) {
	base, browser := local(t), StartBrowser(t)
	p := browser.Page(t, base, Look{Screen: Phone, Lang: "en"})
	if got := strings.Join(p.Open("/barrier").Barriers(), "\n"); !strings.Contains(got, "label at input") {
		t.Errorf("Barriers = %q, want the field without a label", got)
	}
	if got := p.Open("/wide").TooWide(); len(got) != 2 || got[1] != "p.wide" {
		t.Errorf("TooWide = %q, want the page and p.wide, once", got)
	}
	if got := p.Open("/keys").Untranslated(); len(got) != 2 {
		t.Errorf("Untranslated = %q, want the key and the Japanese without lang", got)
	}
}

func TestGoodPageIsClean(t *testing.T) {
	base, browser := local(t), StartBrowser(t)
	for _, look := range Looks(Phone, Desktop) {
		t.Run(look.String(), func(t *testing.T) {
			p := browser.Page(t, base, look)
			p.Open("/good").Inspect("good")
			if got, want := Eval[string](p, `navigator.language.slice(0, 2)`), look.Lang; got != want {
				t.Errorf("the browser's language = %q, want %q", got, want)
			}
			if got := Eval[bool](p, `matchMedia('(prefers-color-scheme: dark)').matches`); got != look.Dark {
				t.Errorf("dark = %t, want %t", got, look.Dark)
			}
			if got := Eval[int64](p, `innerWidth`); got != look.Screen.Width {
				t.Errorf("width = %d, want %d", got, look.Screen.Width)
			}
			p.Fill(`[name=name]`, "花子").Go(`button`)
			if got, want := p.Path(), "/next?name=%E8%8A%B1%E5%AD%90"; got != want {
				t.Errorf("path = %q, want %q", got, want)
			}
		})
	}
}

func TestWireCountsBytes(t *testing.T) {
	base, browser := local(t), StartBrowser(t)
	p := browser.Page(t, base, Look{Screen: Phone})
	p.Open("/big").Settle()
	if got := p.Wire(); got < 50_000 || got > 52_000 {
		t.Errorf("Wire = %d, want the script's 50,000 bytes and little more", got)
	}
}

func TestPicturesAreTaken(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("E2E_SHOTS", folder)
	base, browser := local(t), StartBrowser(t)
	browser.Page(t, base, Look{Screen: Phone, Lang: "en", Dark: true}).Open("/good").Inspect("good")
	shot, err := os.ReadFile(filepath.Join(folder, "TestPicturesAreTaken-good-phone-en-dark.png"))
	if err != nil {
		t.Fatal(err)
	}
	if size, err := png.DecodeConfig(bytes.NewReader(shot)); err != nil || size.Width != 390 {
		t.Errorf("picture %d px wide (%v), want 390", size.Width, err)
	}
}
