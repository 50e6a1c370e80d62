package web

import (
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/labstack/echo/v4"

	"kyoten/access"
	"kyoten/auth"
	"kyoten/booking"
	"kyoten/models"
	"kyoten/occupancy"
	"kyoten/places"
	"kyoten/web/ui"
	"kyoten/webhook"
)

// Config is what the pages are built on.
type Config struct {
	Store     *models.Store
	Auth      *auth.Service
	Booking   *booking.Service
	Access    *access.Service
	Occupancy *occupancy.Service
	Live      *occupancy.Live
	Places    *places.Service
	Webhooks  *webhook.Service
	Kiosk     http.Handler // what stands at /kiosk, nil for none
}

// Pages serves the pages of members, of the entrance and of the staff. All
// the state it holds is how many screens in lobbies are connected.
type Pages struct {
	Config
	render *ui.Renderer
	assets *ui.Assets
	boards atomic.Int64 // screens that have a line now
}

// New parses the embedded templates and reads the static files. It fails only
// when those are broken.
func New(cfg Config) (*Pages, error) {
	assets, err := ui.NewAssets(staticFiles)
	if err != nil {
		return nil, err
	}
	render, err := ui.NewRenderer(templateFiles, assets)
	if err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	return &Pages{Config: cfg, render: render, assets: assets}, nil
}

// Register adds every page to e. Who is asking, headers and protection from other
// origins are the business of the middleware around e.
func (p *Pages) Register(e *echo.Echo) {
	for _, r := range p.routes() {
		e.Add(r.method, r.path, p.guard(r))
	}
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		e.Add(method, "/static/*", echo.WrapHandler(p.assets))
		if p.Kiosk != nil {
			e.Add(method, "/kiosk", echo.WrapHandler(p.Kiosk))
			e.Add(method, "/kiosk/*", echo.WrapHandler(p.Kiosk))
		}
	}
}
