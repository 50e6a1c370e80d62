package api

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"kyoten/internal/httpkit"
)

// timeWire is the server's clock.
type timeWire struct {
	Now time.Time `json:"now"`
}

func (a *API) registerTime() {
	add(a, operation{id: "get-time", method: "GET", path: "/time", who: anyone}, a.serverTime)
}

// serverTime serves GET /time: phones and gates sign and judge by this clock.
func (a *API) serverTime(context.Context, *nothing) (*body[timeWire], error) {
	return &body[timeWire]{timeWire{a.store.Now()}}, nil
}

// registerAround registers what stands beside the API.
func (a *API) registerAround(e *echo.Echo) {
	get := func(path string, h http.HandlerFunc) {
		e.GET(path, func(c echo.Context) error {
			httpkit.NoteRoute(c.Request().Context(), path)
			h(c.Response(), c.Request())
			return nil
		})
	}
	get("/healthz", alive)
	get("/readyz", a.ready)
	get("/openapi.json", a.doc.ServeHTTP)
	get("/docs", a.docs)
	if a.metrics != nil {
		get("/metrics", a.metrics.ServeHTTP)
	}
}

// alive serves GET /healthz: the program runs.
func alive(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") }

// ready serves GET /readyz: the database answers and has our tables.
func (a *API) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := a.isReady(ctx); err != nil {
		httpkit.NoteError(r.Context(), err)
		w.Header().Set("Retry-After", "2")
		plain(w, http.StatusServiceUnavailable, "not ready")
		return
	}
	plain(w, http.StatusOK, "ok")
}

func (a *API) isReady(ctx context.Context) error {
	if err := a.store.Ping(ctx); err != nil {
		return err
	}
	if a.migrated == nil {
		return nil
	}
	return a.migrated(ctx)
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n"))
}
