package main

import (
	"compress/gzip"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"kyoten/api"
	"kyoten/auth"
	"kyoten/internal/httpkit"
	"kyoten/models"
	"kyoten/web"
	"kyoten/web/kiosk"
)

// packFrom is the size from which an answer is worth packing.
const packFrom = 1024

// newHandler returns the whole of what is served: what every request passes
// through, and the router behind it.
func newHandler(cfg config, store *models.Store, who *auth.Service, pages *web.Pages, calls *api.API, metrics *api.Metrics) http.Handler {
	fail := failure(pages)
	served := httpkit.Chain(newRouter(pages, calls), httpkit.Behind(cfg.proxies),
		httpkit.Watch(httpkit.LogTo(cfg.log), metrics.Observe), httpkit.SecurityHeaders, httpkit.Recover(fail), httpkit.HeadAsGet,
		httpkit.PlainPath, httpkit.CrossOrigin(fail, web.Unsubscribe), who.Middleware(api.Looks))
	mux := http.NewServeMux()
	addHealth(mux, store)
	mux.Handle("/", served)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if api.Owns(r.URL.Path) { // where no address is mended by sending the client to another one
			served.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

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

// packedOrLive leaves alone what is packed already, what must not wait for more (live
// events), and what is small: the API's answers to whatever is done. To be ready
// for packing one of those takes longer than to write it.
func packedOrLive(c echo.Context) bool {
	path := c.Request().URL.Path
	if api.Owns(path) && c.Request().Method != http.MethodGet {
		return true
	}
	return strings.HasPrefix(path, "/static/") || strings.HasPrefix(path, kiosk.Path) || isStream(c.Request())
}
