package main

import (
	"compress/gzip"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"kyoten/api"
	"kyoten/internal/httpkit"
	"kyoten/web"
)

// packFrom is the size from which an answer is worth packing.
const packFrom = 1024

// newRouter returns the one router of the program. What fails below an address is
// answered by whoever serves that address.
func newRouter(pages *web.Pages, calls *api.API) *echo.Echo {
	fail := failure(pages)
	e := echo.New()
	e.IPExtractor = httpkit.RemoteIP // the middleware around it knows the proxies
	e.HTTPErrorHandler = func(err error, c echo.Context) {
		if !c.Response().Committed {
			fail(c.Response(), c.Request(), err)
		}
	}
	e.Use(middleware.GzipWithConfig(middleware.GzipConfig{Level: gzip.BestSpeed, MinLength: packFrom, Skipper: packedOrLive}))
	pages.Register(e)
	calls.Register(e)
	return e
}

// failure answers what went wrong: the API by a problem, everything else by a
// page.
func failure(pages *web.Pages) httpkit.Fail {
	return func(w http.ResponseWriter, r *http.Request, err error) {
		if api.Owns(r.URL.Path) {
			api.Fail(w, r, err)
			return
		}
		pages.Fail(w, r, err)
	}
}

// packedOrLive leaves alone what is packed already and what must not wait for
// more: live events.
func packedOrLive(c echo.Context) bool {
	return strings.HasPrefix(c.Request().URL.Path, "/static/") || strings.Contains(c.Request().Header.Get(echo.HeaderAccept), "text/event-stream")
}
