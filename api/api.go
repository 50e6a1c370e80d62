// Package api is Kyoten's JSON over HTTP: huma on Echo, under /api/v1. It reads
// input into wire types, calls one service, and writes the answer; it holds no
// rule.
//
// # To add a noun
//
// A noun has one file, named like its file in models and in the services:
// bookings.go beside models/booking.go and booking/. In it stand
//
//   - the wire types: bookingWire for what is answered (newBookingWire makes it
//     from a model), bookingInput for what is sent. Tags say name, bounds, doc;
//     a field with "omitempty" or "required:"false"" is optional. Instants are
//     Instant in input and time.Time (UTC) in output; a field of a PATCH that
//     may be cleared is a Change.
//   - registerBookings, called by newRoutes, which lists the routes with add: an id,
//     method and path, who may call, the status of success, the faults that the
//     route alone has.
//   - the handlers: methods of API that take a context and a pointer to the input
//     and return a pointer to the output. They read, call and write. An error is
//     simply returned: problem.go knows its status and its words. Extra members
//     of a problem are put on the fault by With.
//
// Ids in paths are plain strings that models.ParseID reads, so that one that
// cannot be an id is 404 like one that does not exist. A list embeds Paged
// and answers newList; what can be edited embeds Conditional and answers versioned.
// Texts: api.ID.summary in internal/locale/{ja,en}/api.json for each route, and
// fault.CODE.title and .detail in faults.json for each new fault. Then
// "go test ./api -update" renews the golden OpenAPI document; read the diff.
package api

import (
	"net/http"
	"reflect"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"kyoten/access"
	"kyoten/auth"
	"kyoten/booking"
	"kyoten/models"
	"kyoten/occupancy"
	"kyoten/places"
	"kyoten/webhook"
)

// prefix is where the API's routes stand.
const prefix = "/api/v1"

// Config is what the API is built on.
type Config struct {
	Store     *models.Store
	Auth      *auth.Service
	Booking   *booking.Service
	Access    *access.Service
	Places    *places.Service
	Webhooks  *webhook.Service
	Occupancy *occupancy.Service
	Live      *occupancy.Live
	Metrics   *Metrics
	MailFrom  string // sender of mails, for calendar files
	Version   string // of the program, for the document
}

// API serves the routes.
type API struct {
	store          *models.Store
	auth           *auth.Service
	bookingService *booking.Service
	entrance       *access.Service
	occupancy      *occupancy.Service
	live           *occupancy.Live
	places         *places.Service
	hooks          *webhook.Service
	metrics        *Metrics
	version        string
	mailFrom       string
	huma           huma.API       // that routes are added to
	routes         func() *routes // made for the first call
}

// routes are all that stands below the prefix.
type routes struct {
	*echo.Echo
	doc *document
}

// New returns the API; Register gives it its routes.
func New(c Config) *API {
	return &API{
		store: c.Store, auth: c.Auth, bookingService: c.Booking, entrance: c.Access, occupancy: c.Occupancy, live: c.Live, places: c.Places,
		hooks:   c.Webhooks,
		metrics: c.Metrics, version: c.Version, mailFrom: c.MailFrom,
	}
}

// Owns reports whether a path is the API's to answer, its failures included.
func Owns(path string) bool { return path == "/api" || strings.HasPrefix(path, "/api/") }

// Register adds the API and what stands around it (document, metrics) to e. Who
// is asking, headers and the log are the business of the middleware around e;
// failures of the router must be given to Fail. The routes and their schemas are
// more than anything else that a server keeps, so they are made for the first call.
func (a *API) Register(e *echo.Echo) {
	a.routes = sync.OnceValue(func() *routes { return a.newRoutes(e) })
	e.RouteNotFound(prefix+"/*", func(c echo.Context) error {
		a.routes().ServeHTTP(c.Response(), c.Request())
		return nil
	})
	a.registerAround(e)
}

// newRoutes makes a router of the API's own, which fails as the one around it.
func (a *API) newRoutes(around *echo.Echo) *routes {
	e := echo.New()
	e.IPExtractor, e.HTTPErrorHandler = around.IPExtractor, around.HTTPErrorHandler
	config := newHumaConfig(a.version)
	adapted := newAdapter(e, config)
	a.huma = huma.NewAPI(config, adapted)
	a.huma.UseMiddleware(a.guard, a.clean, a.once)

	a.registerTime()
	a.registerSessions()
	a.registerPasswordResets()
	a.registerMe()
	a.registerPasskeys()
	a.registerBookings()
	a.registerApprovals()
	a.registerHolds()
	a.registerWaitlist()
	a.registerGiveUps()
	a.registerAvailability()
	a.registerChecks()
	a.registerGates()
	a.registerGateSync()
	a.registerGateWalkIns()
	a.registerByHand()
	a.registerRevocations()
	a.registerKeys()
	a.registerPasses()
	a.registerOccupancy()
	a.registerLive()
	a.registerReports()
	a.registerStatement()
	a.registerAudit()
	a.registerSites()
	a.registerZones()
	a.registerFloorPlans()
	a.registerSpaces()
	a.registerClosures()
	a.registerHolidays()
	a.registerPlans()
	a.registerCompanies()
	a.registerMembers()
	a.registerImport()
	a.registerWebhooks()
	a.registerAccount()

	adapted.finish()
	return &routes{e, newDocument(a.huma.OpenAPI())}
}

// add registers one route with its handler.
func add[I, O any](a *API, o operation, handle handler[I, O]) {
	op := o.huma()
	op.Metadata = map[string]any{operationMeta: o}
	switch {
	case o.shape != nil:
		schema := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(o.shape), true, "")
		op.Responses = answers("application/json", schema)
	case o.media != "":
		op.Responses = answers(o.media, &huma.Schema{Type: huma.TypeString, Format: "binary"})
	}
	if o.known {
		op.Responses["304"] = &huma.Response{Description: http.StatusText(http.StatusNotModified)}
	}
	huma.Register(a.huma, op, handle)
}

// answers documents what a route answers with where its handler's type does not say.
func answers(media string, schema *huma.Schema) map[string]*huma.Response {
	return map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{media: {Schema: schema}}}}
}
