package api

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"kyoten/auth"
	"kyoten/internal/fault"
	"kyoten/internal/httpkit"
	"kyoten/internal/locale"
	"kyoten/models"
)

// handler serves one operation.
type handler[I, O any] = func(context.Context, *I) (*O, error)

// operation is one route, as the table of its noun lists it.
type operation struct {
	id     string // verb-noun, unique; also the key of its texts
	method string
	path   string // below /api/v1
	who    who
	status int            // of success; 200 when 0
	secret bool           // the answer holds a secret, so it is not kept for repeats
	faults []*fault.Fault // those the route alone has
	hidden bool           // not in the document
	shape  any            // what an answer written as bytes holds, for the document
	media  string         // of an answer that is not JSON, for the document
	known  bool           // who names the ETag of what they have gets 304
	file   bool           // the body is a file of people's own making: larger, and in any encoding
	ahead  ahead          // nil: nothing is to be done before
	raw    bool           // texts of the body may hold what cannot be stored: a gate answers whatever it has scanned
}

// ahead does what takes long before the transaction in which a request with an
// Idempotency-Key is done, and returns the context that holds what came of it.
type ahead func(context.Context) (context.Context, error)

const operationMeta = "operation"

// operationOf returns the operation that serves the request.
func operationOf(ctx huma.Context) operation {
	o, _ := ctx.Operation().Metadata[operationMeta].(operation)
	return o
}

// repeats reports whether an Idempotency-Key means something here.
func (o operation) repeats() bool { return o.method == http.MethodPost && !o.secret }

// huma writes the operation as huma takes it.
func (o operation) huma() huma.Operation {
	op := huma.Operation{
		OperationID: o.id, Method: o.method, Path: prefix + o.path, DefaultStatus: o.status,
		Summary: locale.T(locale.EN, "api."+o.id+".summary"),
		Tags:    []string{tagOf(o.path)}, Hidden: o.hidden,
		MaxBodyBytes: -1, BodyReadTimeout: -1, // the middleware clean has read it by then
		Errors: o.statuses(), Extensions: map[string]any{"x-codes": o.codes()},
	}
	if o.who > public {
		op.Security = []map[string][]string{{"bearer": {}}, {"cookie": {}}}
	}
	if o.who == gates {
		op.Security = []map[string][]string{{"bearer": {}}}
	}
	if o.repeats() {
		op.Parameters = []*huma.Param{{
			Name: "Idempotency-Key", In: "header", Schema: &huma.Schema{Type: huma.TypeString},
			Description: "Names this request, so that sending it again gives the first answer again (kept for a day at least).",
		}}
	}
	return op
}

// tagOf groups the routes by the first part of their path.
func tagOf(path string) string {
	tag, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return tag
}

// all returns every fault the route may answer with, those of its kind of caller
// and method included.
func (o operation) all() []*fault.Fault {
	list := slices.Clone(o.faults)
	list = append(list, fault.ErrInternal, models.ErrUnavailable, errBadRequest, auth.ErrUnauthenticated) // a token that is none is refused everywhere
	if o.who != anyone {
		list = append(list, models.ErrForbidden)
	}
	if strings.Contains(o.path, "{") {
		list = append(list, models.ErrNotFound)
	}
	if o.method != http.MethodGet {
		list = append(list, httpkit.ErrCrossOrigin, errTooLarge, errMediaType, models.ErrInvalidInput)
	}
	if o.method == http.MethodPatch {
		list = append(list, models.ErrStale)
	}
	if o.repeats() {
		list = append(list, models.ErrIdempotencyKeyReused)
	}
	return list
}

func (o operation) codes() []string {
	codes := map[string]bool{}
	for _, f := range o.all() {
		codes[f.Code] = true
	}
	return slices.Sorted(maps.Keys(codes))
}

func (o operation) statuses() []int {
	statuses := map[int]bool{}
	for _, f := range o.all() {
		statuses[httpkit.StatusOf(f.Kind)] = true
	}
	return slices.Sorted(maps.Keys(statuses))
}
