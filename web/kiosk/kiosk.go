// Package kiosk is the page at an entrance: a browser with a camera becomes a
// reader. The same page stands at an online gate, served by the server, and at
// the agent `kyoten gate`, which goes on without the network; Config says which.
//
// The page is files and one http.Handler. It knows neither Echo nor what decides
// behind the addresses it asks.
package kiosk

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"sync"

	"kyoten/internal/locale"
)

// Backend names who answers the page's questions.
type Backend string

// The back ends. Each has a class of its own in static/backend.js.
const (
	Server Backend = "server" // POST /api/v1/access/checks with the gate's token
	Agent  Backend = "agent"  // POST /scan on the agent's own address
)

// Config is what differs between the places that serve the page.
type Config struct {
	Backend Backend
	// NeedsToken makes the page ask for a token before it scans. A server always
	// wants the gate's; an agent only its local one, beyond loopback.
	NeedsToken bool
}

// Path is where the page is served; everything it needs lies below.
const Path = "/kiosk"

// Handler serves Path and everything below.
type Handler struct {
	mux func() *http.ServeMux // made when somebody asks: many places have no kiosk
}

// New returns the kiosk page for one back end.
func New(cfg Config) *Handler {
	return &Handler{sync.OnceValue(func() *http.ServeMux {
		mux, err := newMux(cfg)
		if err != nil {
			panic(fmt.Errorf("kiosk: %w", err)) // its files are part of the program
		}
		return mux
	})}
}

func newMux(cfg Config) (*http.ServeMux, error) {
	files, err := readAssets()
	if err != nil {
		return nil, err
	}
	page, version, err := renderPage(cfg, files)
	if err != nil {
		return nil, err
	}
	worker, err := serviceWorker(version, files)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET "+Path, page)
	mux.Handle("GET "+Path+"/sw.js", worker)
	mux.Handle("GET "+assetPath+"{hash}/{name...}", files)
	return mux, nil
}

// ServeHTTP answers with the page or one of its files.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	secure(w.Header())
	h.mux().ServeHTTP(w, r)
}

// policy allows what the page needs and nothing else. WebAssembly is allowed
// here alone: the QR decoder is one. A worker takes the policy of its own file,
// so every answer carries it.
const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; " +
	"img-src 'self' data:; connect-src 'self'; media-src 'self' blob:; worker-src 'self'; " +
	"manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

func secure(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("Permissions-Policy", "camera=(self), screen-wake-lock=(self), fullscreen=(self), microphone=(), geolocation=(), payment=()")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

// content is what the template is given: the page's version, and what its
// script is told in a JSON element.
type content struct {
	Version  string
	Settings settings
}

type settings struct {
	Backend    Backend                      `json:"backend"`
	NeedsToken bool                         `json:"needs_token"`
	Texts      map[string]map[string]string `json:"texts"` // by language and key
}

// renderPage makes the page once: it is the same for every visitor. The version
// names its words and its files, so that a page that stands for weeks sees that
// there is a newer one.
func renderPage(cfg Config, files *assets) (page file, version string, err error) {
	texts := map[string]map[string]string{}
	for _, lang := range locale.Langs {
		texts[lang.String()] = scriptTexts(lang)
	}
	layout, err := template.New("page.html").Funcs(template.FuncMap{
		"ja":    func(key string) string { return locale.T(locale.JA, "kiosk."+key) },
		"en":    func(key string) string { return locale.T(locale.EN, "kiosk."+key) },
		"asset": files.url,
	}).ParseFS(templates, "page.html")
	if err != nil {
		return file{}, "", fmt.Errorf("read the kiosk page: %w", err)
	}
	c := content{Settings: settings{cfg.Backend, cfg.NeedsToken || cfg.Backend == Server, texts}}
	for range 2 { // once for the version, once with it
		var body bytes.Buffer
		if err := layout.Execute(&body, c); err != nil {
			return file{}, "", fmt.Errorf("render the kiosk page: %w", err)
		}
		page, version, c.Version = newFile("page.html", body.Bytes()), c.Version, hashOf(body.Bytes())
	}
	return page, version, nil
}

// scriptTexts returns what the script says by itself: the page's own words, and
// the headline of each reason under "reason.CODE". The sentence below a headline
// comes with the answer.
func scriptTexts(lang locale.Lang) map[string]string {
	texts := locale.Texts(lang, "kiosk.")
	for key, text := range locale.Texts(lang, "reason.") {
		if reason, ok := strings.CutSuffix(key, ".title"); ok {
			texts["reason."+reason] = text
		}
	}
	return texts
}
