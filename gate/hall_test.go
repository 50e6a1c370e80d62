package gate

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"kyoten/access/entry"
	"kyoten/internal/clock"
)

// hall plays the server: what an agent asks for, over real HTTP. It keeps the
// uploads as the server must and can be told to fail in the ways networks do.
type hall struct {
	*httptest.Server
	t      *testing.T
	now    clock.Func
	issuer entry.Issuer
	signer ed25519.PrivateKey

	mu       sync.Mutex
	state    entry.State
	stored   []entry.Event // each once, in the order of arrival
	byID     map[string]string
	uploads  int
	loses    int // so many answers to uploads are lost on the way
	hides    int // so many questions for a state are not answered
	away     bool
	portal   int  // the network answers everything with a page of its own, under this status
	refuses  bool // the token is not taken any more
	full     bool // no seat is free
	booked   int  // so many seats were taken at the door
	presence entry.PresenceList
	beats    []entry.Heartbeat
	listener chan string // what is to be said on the stream
}

const hallToken = "a-gate-token"

var opening = time.Date(2026, 12, 1, 1, 0, 0, 0, time.UTC)

// key is a key pair that a test may know.
func key(seed byte) ed25519.PrivateKey { return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, 32)) }

// The zones of the hall: an entrance with an office behind it.
const (
	entrance = entry.ZoneID(201)
	office   = entry.ZoneID(210)
)

func openHall(t *testing.T) *hall {
	t.Helper()
	h := &hall{
		t: t, now: clock.StartingAt(opening), issuer: entry.NewIssuer(7, key(1)), signer: key(2),
		byID: map[string]string{}, listener: make(chan string, 16),
	}
	kid, public := h.issuer.Key()
	h.state = entry.State{
		Version: 1, GeneratedAt: opening, Site: "colabo", Mode: entry.Normal,
		Gate:       entry.Gate{ID: "gate-1", ToZone: entrance, Direction: entry.Both, ExitOpens: entry.Always},
		IssuerKeys: []entry.IssuerKey{{KID: kid, PublicKey: entry.Bytes(public)}},
		Zones:      []entry.Zone{{ID: entrance, AntiPassback: entry.PassbackWarns}, {ID: office, Parent: entrance, Company: 42}},
		Holders:    []entry.Holder{{Subject: 0x11, Initials: "S.M."}},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/time", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"now": %q}`, h.now().Format(time.RFC3339Nano))
	})
	mux.HandleFunc("POST /api/v1/gates/enrol", h.enrol)
	mux.HandleFunc("GET /api/v1/gate", h.gated(h.who))
	mux.HandleFunc("GET /api/v1/gate/state", h.gated(h.sendState))
	mux.HandleFunc("POST /api/v1/gate/events", h.gated(h.takeEvents))
	mux.HandleFunc("POST /api/v1/gate/heartbeat", h.gated(h.takeBeat))
	mux.HandleFunc("GET /api/v1/gate/presence", h.gated(func(w http.ResponseWriter, _ *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		_ = json.NewEncoder(w).Encode(h.presence)
	}))
	mux.HandleFunc("GET /api/v1/gate/stream", h.gated(h.stream))
	h.offers(mux)
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.gone() {
			cut(w)
			return
		}
		if status := h.stranger(); status != 0 {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			fmt.Fprint(w, "<!doctype html><title>Guest network</title>Please sign in")
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { h.CloseClientConnections(); h.Close() })
	return h
}

// cut ends a connection without an answer.
func cut(w http.ResponseWriter) {
	if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
		_ = conn.Close()
	}
}

func (h *hall) gone() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.away
}

func (h *hall) stranger() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.portal
}

// do changes the hall under its lock.
func (h *hall) do(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f()
}

// leave and comeBack are the server's outage.
func (h *hall) leave() {
	h.do(func() { h.away = true })
	h.CloseClientConnections()
}

func (h *hall) comeBack() { h.do(func() { h.away = false }) }

func (h *hall) gated(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		refuses := h.refuses
		h.mu.Unlock()
		if refuses || r.Header.Get("Authorization") != "Bearer "+hallToken {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"code": "unauthenticated"}`)
			return
		}
		next(w, r)
	}
}

func (h *hall) enrol(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	if !bytes.Contains(raw, []byte("ENROL-1")) {
		w.WriteHeader(http.StatusConflict)
		fmt.Fprint(w, `{"code": "enrolment_code_used"}`)
		return
	}
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, `{"gate_id": "gate-1", "token": %q}`, hallToken)
}

func (h *hall) who(w http.ResponseWriter, _ *http.Request) {
	public := h.signer.Public().(ed25519.PublicKey)
	_ = json.NewEncoder(w).Encode(gateAnswer{
		ID: "gate-1", Site: "colabo", Name: "Entrance", ToZone: entrance, Direction: entry.Both,
		ExitOpens: entry.Always, StateKey: entry.Bytes(public), SiteName: names{"コラボ", "Colabo"}, TimeZone: "Asia/Tokyo",
	})
}

func (h *hall) sendState(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	tag := fmt.Sprintf(`"%d-%d"`, h.state.Version, h.state.GeneratedAt.Unix())
	if h.hides > 0 {
		h.hides--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	sealed, err := h.state.Seal(h.signer)
	if err != nil {
		h.t.Error(err)
	}
	w.Header().Set("ETag", tag)
	_, _ = w.Write(sealed)
}

// takeEvents stores as access.md has it: an id once, in order, nothing refused.
func (h *hall) takeEvents(w http.ResponseWriter, r *http.Request) {
	var in entry.Upload
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		cut(w) // the agent was killed while it sent
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.uploads++
	if len(in.Events) > entry.MaxEvents {
		h.t.Errorf("%d events at once", len(in.Events))
	}
	var out entry.Uploaded
	for _, raw := range in.Events {
		e, intact, err := entry.ParseEvent(raw)
		if err != nil || !intact {
			h.t.Errorf("a broken event was sent (%v): %s", err, raw)
		}
		result := entry.Stored
		switch first, known := h.byID[e.EventID]; {
		case known && first == e.Hash:
			result = entry.Duplicate
		case known:
			result = entry.Conflict
		default:
			h.byID[e.EventID] = e.Hash
			h.stored = append(h.stored, e)
		}
		out.Results = append(out.Results, entry.EventResult{EventID: e.EventID, Result: result})
		if ack := (entry.Ack{Boot: e.Boot, Seq: e.Seq}); place(ack).compare(place(out.Ack)) > 0 {
			out.Ack = ack
		}
	}
	if h.loses > 0 {
		h.loses--
		cut(w)
		return
	}
	_ = json.NewEncoder(w).Encode(out)
}

func (h *hall) takeBeat(w http.ResponseWriter, r *http.Request) {
	var beat entry.Heartbeat
	if err := json.NewDecoder(r.Body).Decode(&beat); err != nil {
		cut(w) // as above
		return
	}
	h.do(func() { h.beats = append(h.beats, beat) })
	w.WriteHeader(http.StatusNoContent)
}

func (h *hall) stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	fmt.Fprint(w, ": hello\n\n")
	w.(http.Flusher).Flush()
	for {
		select {
		case <-r.Context().Done():
			return
		case text := <-h.listener:
			fmt.Fprint(w, text)
			w.(http.Flusher).Flush()
		}
	}
}

// say sends one event on the stream.
func (h *hall) say(name string, data any) {
	raw, err := json.Marshal(data)
	if err != nil {
		h.t.Fatal(err)
	}
	h.listener <- "event: " + name + "\ndata: " + string(raw) + "\n\n"
}

// events returns what the hall has stored.
func (h *hall) events() []entry.Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]entry.Event(nil), h.stored...)
}

// code issues a static pass into the entrance.
func (h *hall) code(pass entry.PassID, subject entry.Subject) string {
	h.t.Helper()
	text, err := h.issuer.Static(entry.Body{
		Pass: pass, Subject: subject, NotBefore: opening.Add(-time.Hour),
		Lifetime: 100 * time.Hour, Zones: [2]entry.ZoneID{entrance},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return text
}

// quiet is a log that says nothing; with -v it speaks.
func quiet(t *testing.T) *slog.Logger {
	if !testing.Verbose() {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// config is an agent's of this hall, with a folder of its own.
func (h *hall) config(t *testing.T) Config {
	return Config{
		Server: h.URL, Token: hallToken, Data: t.TempDir(), Listen: "127.0.0.1:0", Log: quiet(t),
		Ready: func(string) {},
	}
}

// running is an agent at work.
type running struct {
	*Agent
	base  string // of the local API
	shown string // the link to the kiosk page
	stop  func()
}

// run starts an agent and waits until it knows its site.
func (h *hall) run(t *testing.T, cfg Config) *running {
	t.Helper()
	ready := make(chan string, 1)
	cfg.Ready = func(link string) { ready <- link }
	a, err := start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.run(ctx) }()
	r := &running{Agent: a, shown: <-ready}
	r.base, _, _ = strings.Cut(r.shown, "/kiosk")
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		a.close()
	})
	t.Cleanup(r.stop)
	return r
}

// soon waits until a condition holds.
func soon(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for range 6000 { // a minute: a busy machine is slow, not wrong
		if holds() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("waited in vain: %s", what)
}

// eachFile reads every file below a folder; text in base64url and hex is decoded
// too, since that is how keys are written.
func eachFile(t *testing.T, folder string, f func(name string, raw []byte)) {
	t.Helper()
	err := filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		f(name, raw)
		for _, word := range regexp.MustCompile(`[A-Za-z0-9_-]{40,}`).FindAll(raw, -1) {
			if decoded, err := base64.RawURLEncoding.DecodeString(string(word)); err == nil {
				f(name, decoded)
			}
			if decoded, err := hex.DecodeString(string(word)); err == nil {
				f(name, decoded)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func containsCode(raw []byte, code string) bool { return bytes.Contains(raw, []byte(code[10:])) }
