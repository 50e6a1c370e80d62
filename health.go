package main

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"kyoten/migrations"
	"kyoten/models"
)

// addHealth adds what supervisors and load balancers ask.
func addHealth(mux *http.ServeMux, store *models.Store) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "alive") })
	ready := &readiness{store: store}
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if why := ready.ask(r.Context()); why != "" {
			w.Header().Set("Retry-After", "2")
			answer(w, http.StatusServiceUnavailable, why)
			return
		}
		answer(w, http.StatusOK, "ready")
	})
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n"))
}

// readiness is whether the server can do its work: the database answers and its
// schema is the one this binary was built for.
type readiness struct {
	store    *models.Store
	migrated atomic.Bool // once seen, the schema does not go back
}

// ask returns what is missing, "" when nothing is.
func (r *readiness) ask(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if r.store.Ping(ctx) != nil {
		return "the database does not answer"
	}
	if r.migrated.Load() {
		return ""
	}
	db, err := r.store.SQL()
	if err != nil {
		return "the database does not answer"
	}
	if pending, err := migrations.Pending(ctx, db, migrations.Dialect(r.store.Dialect())); err != nil || pending {
		return "the database waits for kyoten migrate"
	}
	r.migrated.Store(true)
	return ""
}
