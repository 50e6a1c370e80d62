package web

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"kyoten/access"
	"kyoten/auth"
	"kyoten/booking"
	"kyoten/internal/clock"
	"kyoten/internal/httpkit"
	"kyoten/models"
	"kyoten/models/modelstest"
	"kyoten/occupancy"
	"kyoten/places"
	"kyoten/webhook"
)

const password = "a long enough one"

// house is the pages on a real server over a small consortium in which everybody
// has the same password.
type house struct {
	*modelstest.World
	store *models.Store
	clock *clock.Fake
	auth  *auth.Service
	pages *Pages
	url   string
}

func newHouse(t *testing.T) *house {
	t.Helper()
	store, fake := modelstest.Open(t)
	h := &house{World: modelstest.NewWorld(t, store), store: store, clock: fake, auth: auth.New(store, fake.Now)}
	h.clock.Set(modelstest.At(0, 10, 5)) // Monday, five past ten: the sites are open
	hash, err := auth.HashPassword(password)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []*models.Member{h.Ann, h.Bob, h.Worker, h.Manager, h.Desk, h.Admin} {
		if err := store.SetPassword(t.Context(), m.ID, hash); err != nil {
			t.Fatal(err)
		}
	}
	h.pages = New(h.config(t))
	server := httptest.NewServer(h.handler())
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

func (h *house) config(t *testing.T) Config {
	t.Helper()
	master := access.NewMasterKey()
	h.auth.Sealing(master)
	keys, err := access.OpenKeys(t.Context(), h.store, master)
	if err != nil {
		t.Fatal(err)
	}
	return Config{
		Store: h.store, Auth: h.auth, Booking: booking.New(h.store, h.clock.Now),
		Access: access.New(h.store, h.clock.Now, keys), Occupancy: occupancy.New(h.store, h.clock.Now), Live: occupancy.NewLive(h.store),
		Places:   places.New(h.store),
		Webhooks: webhook.New(webhook.Config{Store: h.store, Vault: master, Log: slog.New(slog.DiscardHandler)}),
	}
}

// handler is the pages behind the middleware they have in production.
func (h *house) handler() http.Handler {
	e := echo.New()
	e.HTTPErrorHandler = h.pages.HandleError
	h.pages.Register(e)
	return httpkit.Chain(e, httpkit.Watch(), httpkit.Recover(h.pages.Fail), httpkit.SecurityHeaders, httpkit.CrossOrigin(h.pages.Fail, Unsubscribe), h.auth.Middleware(nil))
}

// browser is somebody with cookies of their own. It follows redirects.
type browser struct {
	t      *testing.T
	house  *house
	client *http.Client
	lang   string

	repeats bool // the next form was sent before, and changes nothing
}

func (h *house) visitor(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, house: h, client: &http.Client{Jar: jar}, lang: "ja"}
}

// as returns a browser in which m has signed in.
func (h *house) as(t *testing.T, m *models.Member) *browser {
	t.Helper()
	b := h.visitor(t)
	page := b.post("/sign-in", url.Values{"email": {m.Email}, "password": {password}})
	if page.status != http.StatusOK || !strings.Contains(page.body, m.Name) {
		t.Fatalf("sign in as %s: %d\n%s", m.Name, page.status, page.text())
	}
	return b
}

// page is an answer, read.
type page struct {
	status int
	path   string // where redirects led
	header http.Header
	body   string
}

func (b *browser) get(path string) page {
	b.t.Helper()
	return b.send(http.MethodGet, path, nil)
}

func (b *browser) post(path string, form url.Values) page {
	b.t.Helper()
	return b.send(http.MethodPost, path, form)
}

func (b *browser) send(method, path string, form url.Values) page {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.house.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return b.do(r)
}

// sendBody posts a body of another type.
func (b *browser) sendBody(path, mediaType string, body io.Reader) page {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodPost, b.house.url+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", mediaType)
	return b.do(r)
}

func (b *browser) do(r *http.Request) page {
	b.t.Helper()
	r.Header.Set("Accept-Language", b.lang)
	rows := 0
	if r.Method == http.MethodPost {
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		rows = b.house.audited(b.t)
	}
	res, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	if r.Method == http.MethodPost {
		b.seeForm(r.URL.Path, res, b.house.audited(b.t)-rows)
	}
	return page{res.StatusCode, res.Request.URL.RequestURI(), res.Header, string(body)}
}

// has fails the test unless the page has the status and shows every text.
func (p page) has(t *testing.T, status int, texts ...string) page {
	t.Helper()
	if p.status != status {
		t.Fatalf("%s: status %d, want %d\n%s", p.path, p.status, status, p.text())
	}
	for _, text := range texts {
		if !strings.Contains(p.body, text) && !strings.Contains(p.text(), text) {
			t.Errorf("%s lacks %q:\n%s", p.path, text, p.text())
		}
	}
	return p
}

// lacks fails the test when the page shows one of the texts.
func (p page) lacks(t *testing.T, texts ...string) page {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(p.body, text) {
			t.Errorf("%s shows %q:\n%s", p.path, text, p.text())
		}
	}
	return p
}

var (
	tags   = regexp.MustCompile(`(?s)<script.*?</script>|<head.*?</head>|<svg.*?</svg>|<[^>]*>`)
	blanks = regexp.MustCompile(`\s+`)
)

// text is what a reader would see, in one line.
func (p page) text() string { return blanks.ReplaceAllString(tags.ReplaceAllString(p.body, " "), " ") }
