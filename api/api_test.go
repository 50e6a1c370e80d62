package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"
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

// server is the whole API over a world of its own, as main puts it together.
type server struct {
	http.Handler
	*modelstest.World
	echo  *echo.Echo
	api   *API
	store *models.Store
	auth  *auth.Service
	clock *clock.Fake
	log   *bytes.Buffer
}

func newServer(t testing.TB) *server {
	t.Helper()
	store, fake := modelstest.Open(t)
	s := &server{World: modelstest.NewWorld(t, store), store: store, clock: fake, auth: auth.New(store, fake.Now).At("https://kyoten.example").Mailing(true), echo: echo.New(), log: &bytes.Buffer{}}
	db, err := store.SQL()
	if err != nil {
		t.Fatal(err)
	}
	master := access.NewMasterKey()
	keys, err := access.OpenKeys(t.Context(), store, master)
	if err != nil {
		t.Fatal(err)
	}
	metrics := NewMetrics(db)
	s.api = New(Config{
		Store: store, Auth: s.auth, Booking: booking.New(store, fake.Now), Occupancy: occupancy.New(store, fake.Now), Live: occupancy.NewLive(store),
		Access: access.New(store, fake.Now, keys), Places: places.New(store), Metrics: metrics, Version: "test",
		Webhooks: webhook.New(webhook.Config{Store: store, Vault: master, Log: slog.New(slog.NewJSONHandler(s.log, nil))}),
	})
	s.api.Register(s.echo)
	s.echo.HTTPErrorHandler = func(err error, c echo.Context) { Fail(c.Response(), c.Request(), err) }
	logger := slog.New(slog.NewJSONHandler(s.log, nil))
	s.Handler = httpkit.Chain(s.echo, httpkit.Watch(httpkit.LogTo(logger), metrics.Observe), httpkit.SecurityHeaders,
		httpkit.Recover(Fail), httpkit.CrossOrigin(Fail), s.auth.Middleware(Looks))
	return s
}

// caller sends requests as one person, gate or nobody.
type caller struct {
	s     *server
	token string
}

func (s *server) nobody() caller { return caller{s: s} }

// as signs the member in.
func (s *server) as(t testing.TB, m *models.Member) caller {
	t.Helper()
	in, err := s.auth.Start(t.Context(), *m, "test")
	if err != nil {
		t.Fatal(err)
	}
	return caller{s, in.Token}
}

// gate returns a gate at the entrance of colabo.
func (s *server) gate(t testing.TB) caller {
	t.Helper()
	token := auth.NewGateToken()
	gate := models.Gate{
		Site: "colabo", Name: "door", ToZone: s.Entrance["colabo"], Direction: "both", ExitOpens: "always",
		TokenHash: auth.HashToken(token),
	}
	if err := s.store.InsertGate(t.Context(), &gate); err != nil {
		t.Fatal(err)
	}
	return caller{s, token}
}

// answer is what came back.
type answer struct {
	call   string
	status int
	header http.Header
	raw    []byte
	doc    map[string]any
}

type fields = map[string]any

// hangUp ends a line that has no end of its own once something was heard.
type hangUp struct {
	*httptest.ResponseRecorder
	heard context.CancelFunc
}

func (l *hangUp) Write(b []byte) (int, error) {
	if l.heard != nil {
		defer l.heard()
	}
	return l.ResponseRecorder.Write(b)
}

// send makes a call below /api/v1. A body that is not a string or bytes is sent
// as JSON; headers are "Name: value".
func (c caller) send(t testing.TB, method, path string, in any, headers ...string) answer {
	t.Helper()
	var body io.Reader
	switch v := in.(type) {
	case nil:
	case string:
		body = strings.NewReader(v)
	case []byte:
		body = bytes.NewReader(v)
	default:
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		body = bytes.NewReader(raw)
	}
	ctx, w := t.Context(), &hangUp{ResponseRecorder: httptest.NewRecorder()}
	if strings.HasSuffix(path, "/stream") || strings.HasSuffix(path, "/live") { // it has no end of its own
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		w.heard = cancel
	}
	r := httptest.NewRequestWithContext(ctx, method, "http://kyoten.example"+prefix+path, body)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Accept-Language", "en")
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header[http.CanonicalHeaderKey(name)] = []string{value}
	}
	c.s.ServeHTTP(w, r)
	a := answer{method + " " + path, w.Code, w.Header(), w.Body.Bytes(), nil}
	_ = json.Unmarshal(a.raw, &a.doc)
	a.asDocumented(t, c.s.api.routes().doc.spec)
	return a
}

// asDocumented checks the answer against the OpenAPI document: its status, its
// media type, and each field of it.
func (a answer) asDocumented(t testing.TB, spec *huma.OpenAPI) {
	t.Helper()
	op := documented(spec, a.call)
	if op == nil || a.status == http.StatusMethodNotAllowed {
		return // said once for all routes
	}
	said := op.Responses[strconv.Itoa(a.status)]
	if said == nil {
		t.Errorf("%s = %d, which the document does not know of: %s", a.call, a.status, a.raw)
		return
	}
	media, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	form := said.Content[media]
	if form == nil {
		if len(said.Content) > 0 || len(a.raw) > 0 && media != "text/event-stream" {
			t.Errorf("%s = %d with %q, which the document does not know of", a.call, a.status, media)
		}
		return
	}
	if media != "application/json" {
		return
	}
	var value any
	if err := json.Unmarshal(a.raw, &value); err != nil {
		t.Errorf("%s: %v: %s", a.call, err, a.raw)
	}
	result := huma.ValidateResult{}
	huma.Validate(spec.Components.Schemas, form.Schema, huma.NewPathBuffer(nil, 0), huma.ModeReadFromServer, value, &result)
	for _, err := range result.Errors {
		t.Errorf("%s = %d is not as documented: %v: %s", a.call, a.status, err, a.raw)
	}
}

// documented finds the operation that a call ("GET /bookings/1") is of; the path
// with the fewest parameters wins.
func documented(spec *huma.OpenAPI, call string) *huma.Operation {
	method, path, _ := strings.Cut(call, " ")
	path, _, _ = strings.Cut(path, "?")
	var best *huma.Operation
	for pattern, item := range spec.Paths {
		op := map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "PUT": item.Put, "PATCH": item.Patch, "DELETE": item.Delete}[method]
		if op != nil && fits(pattern, prefix+path) && (best == nil || strings.Count(pattern, "{") < strings.Count(best.Path, "{") || strings.HasSuffix(pattern, ".ics")) {
			best = op
		}
	}
	return best
}

func fits(pattern, path string) bool {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return false
	}
	for i, part := range want {
		before, after, parameter := strings.Cut(part, "{")
		_, after, _ = strings.Cut(after, "}")
		if !parameter && part != got[i] || !strings.HasPrefix(got[i], before) || !strings.HasSuffix(got[i], after) {
			return false
		}
	}
	return true
}

func (c caller) get(t testing.TB, path string, headers ...string) answer {
	t.Helper()
	return c.send(t, "GET", path, nil, headers...)
}

func (c caller) post(t testing.TB, path string, in any, headers ...string) answer {
	t.Helper()
	return c.send(t, "POST", path, in, headers...)
}

func (c caller) patch(t testing.TB, path string, in any, headers ...string) answer {
	t.Helper()
	return c.send(t, "PATCH", path, in, headers...)
}

// want ends the test when the status is another.
func (a answer) want(t testing.TB, status int) answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("%s = %d, want %d: %s", a.call, a.status, status, a.raw)
	}
	return a
}

// problem checks that the answer is a whole problem document.
func (a answer) problem(t testing.TB, status int, code string) answer {
	t.Helper()
	if a.status != status || a.doc["code"] != code || fmt.Sprint(a.doc["status"]) != fmt.Sprint(status) {
		t.Errorf("%s = %d %v, want %d %s: %s", a.call, a.status, a.doc["code"], status, code, a.raw)
		return a
	}
	if kind := a.header.Get("Content-Type"); kind != "application/problem+json" {
		t.Errorf("%s: content type %q", a.call, kind)
	}
	for _, member := range []string{"type", "title", "detail", "instance"} {
		if text, _ := a.doc[member].(string); text == "" {
			t.Errorf("%s: problem without %s: %s", a.call, member, a.raw)
		}
	}
	return a
}

// text returns a member of the answer by its path ("member.id").
func (a answer) text(path string) string {
	var v any = a.doc
	for name := range strings.SplitSeq(path, ".") {
		switch at := v.(type) {
		case map[string]any:
			v = at[name]
		case []any:
			var i int
			if _, err := fmt.Sscan(name, &i); err != nil || i >= len(at) {
				return ""
			}
			v = at[i]
		default:
			return ""
		}
	}
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}
