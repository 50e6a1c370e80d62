package web

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/labstack/echo/v4"

	"kyoten/access"
	"kyoten/auth"
	"kyoten/booking"
	"kyoten/internal/locale"
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
	assets    func() *ui.Assets
	renderers [2]func() *ui.Renderer // by locale.Lang
	boards    atomic.Int64           // screens that have a line now
}

// New returns the pages. The static files, and the templates of each language,
// are read when somebody first looks at a page.
func New(cfg Config) *Pages {
	p := &Pages{Config: cfg, assets: sync.OnceValue(func() *ui.Assets { return mustRead(ui.NewAssets(staticFiles)) })}
	for _, lang := range locale.Langs {
		p.renderers[lang] = sync.OnceValue(func() *ui.Renderer {
			return mustRead(ui.NewRenderer(templateFiles, lang, p.assets()))
		})
	}
	return p
}

// mustRead is for what is part of the program: the tests would show that it cannot be read.
func mustRead[T any](read T, err error) T {
	if err != nil {
		panic(fmt.Errorf("pages: %w", err))
	}
	return read
}

// Register adds every page to e. Who is asking, headers and protection from other
// origins are the business of the middleware around e.
func (p *Pages) Register(e *echo.Echo) {
	for _, r := range p.routes() {
		e.Add(r.method, r.path, p.guard(r))
	}
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		e.Add(method, "/static/*", p.static)
		if p.Kiosk != nil {
			e.Add(method, "/kiosk", echo.WrapHandler(p.Kiosk))
			e.Add(method, "/kiosk/*", echo.WrapHandler(p.Kiosk))
		}
	}
}

// static serves the style sheets, scripts and pictures.
func (p *Pages) static(c echo.Context) error {
	p.assets().ServeHTTP(c.Response(), c.Request())
	return nil
}
