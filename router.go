package main

import (
	"strings"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"kyoten/web"
)

// packFrom is the size from which an answer is worth packing.
const packFrom = 1024

// newRouter returns the one router of the program. What fails below an address is
// answered by whoever serves that address.
func newRouter(pages *web.Pages) *echo.Echo {
	e := echo.New()
	e.HTTPErrorHandler = pages.HandleError
	e.Use(middleware.GzipWithConfig(middleware.GzipConfig{MinLength: packFrom, Skipper: packedOrLive}))
	pages.Register(e)
	return e
}

// packedOrLive leaves alone what is packed already and what must not wait for
// more: live events.
func packedOrLive(c echo.Context) bool {
	return strings.HasPrefix(c.Request().URL.Path, "/static/") || strings.Contains(c.Request().Header.Get(echo.HeaderAccept), "text/event-stream")
}
