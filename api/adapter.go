package api

import (
	"net/http"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"

	"kyoten/models"
)

// requestOf returns the request behind huma's context.
func requestOf(ctx huma.Context) *http.Request { return humaecho.Unwrap(ctx).Request() }

// suffixed is a path that ends in a parameter with something behind it, such as
// /bookings/{id}.ics. Echo's parameters reach to the next slash, so it shares a
// route with /bookings/{id} and is told apart by the value.
var suffixed = regexp.MustCompile(`^(.*\{(\w+)\})(\.\w+)$`)

// adapter is huma's adapter for Echo with suffixed paths on top.
type adapter struct {
	huma.Adapter
	endings map[string]ending // by method and path without the ending
}

// ending is the operation behind a suffixed path.
type ending struct {
	op      *huma.Operation
	param   string
	suffix  string
	handler func(huma.Context)
	served  bool // its route is there
}

func newAdapter(e *echo.Echo, config huma.Config) *adapter {
	return &adapter{humaecho.New(e, config).Adapter(), map[string]ending{}}
}

// Handle registers an operation. The suffixed one of a pair must come first.
func (a *adapter) Handle(op *huma.Operation, handler func(huma.Context)) {
	if m := suffixed.FindStringSubmatch(op.Path); m != nil {
		a.endings[op.Method+" "+m[1]] = ending{op: op, param: m[2], suffix: m[3], handler: handler}
		return
	}
	end, ok := a.endings[op.Method+" "+op.Path]
	if !ok {
		a.Adapter.Handle(op, handler)
		return
	}
	end.served = true
	a.endings[op.Method+" "+op.Path] = end
	a.Adapter.Handle(op, func(ctx huma.Context) {
		if value, ok := strings.CutSuffix(ctx.Param(end.param), end.suffix); ok {
			end.handler(endedContext{ctx, end.op, end.param, value})
			return
		}
		handler(ctx)
	})
}

// finish gives a route to the endings that no other operation shares one with.
func (a *adapter) finish() {
	for _, end := range a.endings {
		if end.served {
			continue
		}
		op := *end.op
		op.Path = strings.TrimSuffix(op.Path, end.suffix)
		a.Adapter.Handle(&op, func(ctx huma.Context) {
			value, ok := strings.CutSuffix(ctx.Param(end.param), end.suffix)
			if !ok {
				c := humaecho.Unwrap(ctx)
				Fail(c.Response(), c.Request(), models.ErrNotFound)
				return
			}
			end.handler(endedContext{ctx, end.op, end.param, value})
		})
	}
}

// embedded has another name than huma.Context, whose method of that name would
// be hidden by the field.
type embedded = interface{ huma.Context }

// endedContext is a request to a suffixed path.
type endedContext struct {
	embedded
	op           *huma.Operation
	param, value string
}

// Unwrap lets humaecho find its own context.
func (c endedContext) Unwrap() huma.Context { return c.embedded }

// Operation is the suffixed path's own.
func (c endedContext) Operation() *huma.Operation { return c.op }

// Param returns the parameter without the ending.
func (c endedContext) Param(name string) string {
	if name == c.param {
		return c.value
	}
	return c.embedded.Param(name)
}
