package gate

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kyoten/access/entry"
	"kyoten/internal/httpkit"
	"kyoten/internal/locale"
	"kyoten/web/kiosk"
)

// local is what the agent serves beside the door: the kiosk page and a small API.
type local struct {
	a       *Agent
	remote  *server
	token   string // asked for beyond loopback, "" on it
	page    *kiosk.Handler
	repeats *repeats
	place   *whereabouts
}

func newLocal(a *Agent, remote *server) (*local, error) {
	l := &local{a: a, remote: remote, repeats: newRepeats(), place: openWhereabouts(a.cfg.Data)}
	if !onLoopback(a.cfg.Listen) {
		var err error
		if l.token, err = localToken(a.cfg.Data); err != nil {
			return nil, fmt.Errorf("the local token: %w", err)
		}
	}
	l.page = kiosk.New(kiosk.Config{Backend: kiosk.Agent, NeedsToken: l.token != ""})
	return l, nil
}

// onLoopback reports whether only this machine can reach the address.
func onLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || (ip != nil && ip.IsLoopback()))
}

// localToken returns the token that tablets in the house show, making it at the
// first start.
func localToken(folder string) (string, error) {
	path := filepath.Join(folder, "local-token")
	kept, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		token := rand.Text()
		return token, writeFile(path, []byte(token+"\n"))
	}
	return strings.TrimSpace(string(kept)), err
}

// serve listens until ctx ends, and those who were being answered then are.
func (l *local) serve(ctx context.Context) error {
	listener, err := net.Listen("tcp", l.a.cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{
		Handler: l.handler(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 1 << 16,
	}
	shut := make(chan struct{})
	defer context.AfterFunc(ctx, func() {
		defer close(shut)
		late, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		_ = server.Shutdown(late) // whoever is late is cut off
	})()
	scheme := "http"
	if l.a.cfg.TLSCert != "" {
		scheme = "https"
	}
	l.a.cfg.Ready(l.address(scheme, listener.Addr()))
	if scheme == "https" {
		err = server.ServeTLS(listener, l.a.cfg.TLSCert, l.a.cfg.TLSKey)
	} else {
		err = server.Serve(listener)
	}
	if errors.Is(err, http.ErrServerClosed) {
		<-shut
		return nil
	}
	return err
}

// address is the link that makes a browser this gate's kiosk. The token stands
// behind the #, which no browser sends.
func (l *local) address(scheme string, at net.Addr) string {
	link := scheme + "://" + at.String() + kiosk.Path
	if l.token != "" {
		link += "#gate=" + l.token
	}
	return link
}

// handler is the whole of it.
func (l *local) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(kiosk.Path, l.page)
	mux.Handle(kiosk.Path+"/", l.page)
	mux.Handle("GET /{$}", http.RedirectHandler(kiosk.Path, http.StatusSeeOther))
	mux.Handle("POST /scan", l.authorized(l.scan))
	mux.Handle("POST /walk-ins", l.authorized(l.walkIn))
	mux.Handle("GET /status", l.authorized(l.status))
	mux.Handle("GET /presence", l.authorized(l.presence))
	alive := func(w http.ResponseWriter, _ *http.Request) { write(w, map[string]bool{"ok": true}) }
	mux.HandleFunc("GET /healthz", alive)
	mux.HandleFunc("GET /readyz", alive) // it decides from its first moment on
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { refuse(w, r, http.StatusNotFound, "not_found") })
	foreign := func(w http.ResponseWriter, r *http.Request, _ error) {
		refuse(w, r, http.StatusForbidden, "cross_origin")
	}
	return httpkit.Chain(mux, httpkit.SecurityHeaders, l.knownHost, sameOrigin(foreign))
}

// sameOrigin refuses what a browser sends on behalf of another origin's page,
// with a token or without: here the machine itself is the credential.
func sameOrigin(foreign httpkit.Fail) httpkit.Middleware {
	protection := http.NewCrossOriginProtection()
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			err := protection.Check(r)
			if origin := r.Header.Get("Origin"); err == nil && origin != "" && !strings.HasSuffix(origin, "://"+r.Host) {
				err = httpkit.ErrCrossOrigin
			}
			if err != nil {
				foreign(w, r, err)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// knownHost answers only under names that cannot be pointed here by others:
// addresses in figures, localhost, this machine's name and the one listened on. A
// page elsewhere whose name is made to resolve to this machine gets nothing.
func (l *local) knownHost(next http.Handler) http.Handler {
	listened, _, _ := net.SplitHostPort(l.a.cfg.Listen)
	machine, _ := os.Hostname() // without a name, the others do
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		host = strings.Trim(host, "[]")
		known := net.ParseIP(host) != nil || host == "localhost" || (host != "" && (host == listened ||
			strings.EqualFold(host, machine) || strings.EqualFold(host, machine+".local")))
		if !known {
			refuse(w, r, http.StatusForbidden, "cross_origin")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// authorized asks for the local token, where there is one.
func (l *local) authorized(next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		if l.token != "" && subtle.ConstantTimeCompare([]byte(given), []byte(l.token)) != 1 {
			refuse(w, r, http.StatusUnauthorized, "unauthenticated")
			return
		}
		next(w, r)
	})
}

// write answers with JSON.
func write(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(v) // the browser may be gone; there is nobody to tell
}

// refuse answers with a problem (RFC 9457) in the reader's language.
func refuse(w http.ResponseWriter, r *http.Request, status int, code string) {
	lang := locale.Match(r.Header.Get("Accept-Language"))
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{ // as in write
		"type": "about:blank", "status": status, "code": code, "instance": r.URL.Path,
		"title": locale.T(lang, "fault."+code+".title"), "detail": locale.T(lang, "fault."+code+".detail"),
	})
}

// statusAnswer is GET /status.
type statusAnswer struct {
	Online       bool             `json:"online"`
	StateVersion int64            `json:"state_version"`
	StateAge     int64            `json:"state_age_seconds"`
	ClockState   entry.ClockState `json:"clock_state"`
	QueueLength  int64            `json:"queue_length"`
	LastPassage  *time.Time       `json:"last_passage_at"`
	Now          time.Time        `json:"now"`
	Problems     []string         `json:"problems"`
	Gate         gateShown        `json:"gate"`
}

// gateShown is what the kiosk page says about its door.
type gateShown struct {
	ID        string            `json:"id"`
	Name      string            `json:"name"`
	Site      string            `json:"site"`
	SiteName  map[string]string `json:"site_name"`
	TimeZone  string            `json:"time_zone"`
	Direction entry.Direction   `json:"direction"`
}

// status tells how the agent is.
func (l *local) status(w http.ResponseWriter, _ *http.Request) {
	site, gate := l.a.knows.now()
	id := l.a.knows.identity()
	at := l.place.known()
	r := l.a.clock.Read()
	s := statusAnswer{
		Online: l.a.link.online.Load(), StateVersion: site.State().Version, ClockState: r.State,
		QueueLength: l.a.link.queued.Load(), Now: r.Now.UTC(), Problems: l.a.problems.list(),
		Gate: gateShown{
			ID: id.GateID, Name: id.Name, Site: id.Site, Direction: gate.Direction, TimeZone: at.TimeZone,
			SiteName: map[string]string{"ja": at.Name.JA, "en": at.Name.EN},
		},
	}
	if made := site.State().GeneratedAt; !made.IsZero() {
		s.StateAge = max(0, int64(r.Now.Sub(made)/time.Second))
	}
	if e := l.a.journal.Newest(); e.EventID != "" {
		s.LastPassage = &e.GateTime
	}
	write(w, s)
}

// presence is the evacuation list.
func (l *local) presence(w http.ResponseWriter, _ *http.Request) {
	write(w, l.a.door.Roll())
}
