package main

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	headerTimeout  = 10 * time.Second
	requestTimeout = 30 * time.Second // to read it, to work on it, and to write the answer
	idleTimeout    = 2 * time.Minute
	stopTimeout    = 10 * time.Second // for requests at work when the server stops
)

// listen serves handler and runs the chores until ctx ends, then lets the
// requests at work finish. ready is called once the server answers.
func listen(ctx context.Context, cfg config, l net.Listener, handler http.Handler, chores func(context.Context), ready func() error) error {
	stopping, stop := context.WithCancel(context.Background())
	defer stop()
	server := &http.Server{
		Handler: limited(stopping, handler), ReadHeaderTimeout: headerTimeout, ReadTimeout: requestTimeout,
		WriteTimeout: requestTimeout, IdleTimeout: idleTimeout,
		ErrorLog: slog.NewLogLogger(cfg.log.Handler(), slog.LevelDebug), // handshakes of port scanners and the like
	}
	failed := make(chan error, 1)
	go func() { failed <- serveOn(server, l, cfg) }()

	var wg sync.WaitGroup
	wg.Go(func() { chores(stopping) })
	err := ready()
	if err == nil {
		select {
		case err = <-failed:
		case <-ctx.Done():
			cfg.log.Info("stopping")
		}
	}
	stop()
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	err = errors.Join(err, server.Shutdown(late))
	wg.Wait()
	return err
}

// serveOn serves until the server is shut down, which is not an error.
func serveOn(server *http.Server, l net.Listener, cfg config) (err error) {
	if cfg.cert == "" {
		err = server.Serve(l)
	} else {
		pair := &keyPair{cert: cfg.cert, key: cfg.key, log: cfg.log}
		server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: pair.get}
		err = server.ServeTLS(l, "", "")
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// limited gives each request a time to be done in. A stream of events has none,
// and ends when the server is stopping.
func limited(stopping context.Context, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isStream(r) {
			ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
			defer cancel()
			next.ServeHTTP(w, r.WithContext(ctx))
			return
		}
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(stopping, cancel)()
		control := http.NewResponseController(w)
		_ = control.SetReadDeadline(time.Time{}) // where a connection has no deadlines, none are to be lifted
		_ = control.SetWriteDeadline(time.Time{})
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// isStream reports whether the answer has no end: live events of a site, and
// those for gates. The address says so and nothing that a client sends beside it:
// whoever could take the limits off a request might hold it for ever.
func isStream(r *http.Request) bool {
	return r.Method == http.MethodGet && (strings.HasSuffix(r.URL.Path, "/live") || strings.HasSuffix(r.URL.Path, "/stream"))
}

// baseURL is the address people reach the server by: the one that was set, else
// the one listened on.
func baseURL(cfg config, l net.Listener) string {
	if cfg.publicURL != "" {
		return cfg.publicURL
	}
	scheme := "http"
	if cfg.cert != "" {
		scheme = "https"
	}
	host, port, _ := net.SplitHostPort(l.Addr().String())
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "localhost"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// keyPair is a certificate that is read again when its file was changed, so that
// renewing it needs no restart.
type keyPair struct {
	cert, key string
	log       *slog.Logger

	mu     sync.Mutex
	loaded *tls.Certificate
	seen   time.Time // the file's time when it was loaded
	warned bool      // that what took its place cannot be loaded
}

func (k *keyPair) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	err := k.renew()
	if k.loaded == nil {
		return nil, err
	}
	if err != nil && !k.warned { // an old one is better than none, as long as it is good
		k.log.Warn("the certificate was changed and cannot be read; the one before stays in use", "error", err)
	}
	k.warned = err != nil
	return k.loaded, nil
}

// renew loads the files where the certificate is another than the one loaded.
func (k *keyPair) renew() error {
	info, err := os.Stat(k.cert)
	if err != nil || k.loaded != nil && info.ModTime().Equal(k.seen) {
		return err
	}
	pair, err := tls.LoadX509KeyPair(k.cert, k.key)
	if err != nil {
		return err
	}
	k.loaded, k.seen = &pair, info.ModTime()
	return nil
}
