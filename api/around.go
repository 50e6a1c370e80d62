package api

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"kyoten/auth"
	"kyoten/internal/httpkit"
)

// timeWire is the server's clock.
type timeWire struct {
	Now time.Time `json:"now"`
}

func (a *API) registerTime() {
	add(a, operation{id: "get-time", method: "GET", path: "/time", who: anyone}, a.serverTime)
}

// serverTime serves GET /time: phones and gates sign and judge by this clock. A
// reader that nobody scans at asks for it all day: by that it is known to be there.
func (a *API) serverTime(ctx context.Context, _ *nothing) (*body[timeWire], error) {
	if p := auth.Principal(ctx); p.Gate != nil {
		a.entrance.Heard(ctx, p.Gate)
	}
	return &body[timeWire]{timeWire{a.store.Now()}}, nil
}

// registerAround registers what stands beside the API. Health and readiness are
// main's, which knows the migrations.
func (a *API) registerAround(e *echo.Echo) {
	get := func(path string, h http.HandlerFunc) {
		e.GET(path, func(c echo.Context) error {
			httpkit.NoteRoute(c.Request().Context(), path)
			h(c.Response(), c.Request())
			return nil
		})
	}
	e.GET(feedPath+":file", a.feed)
	get("/openapi.json", a.openAPI)
	get("/docs", a.docs)
	get("/docs/style.css", serveDocsCSS)
	if a.metrics != nil {
		get("/metrics", a.metrics.ServeHTTP)
	}
}
