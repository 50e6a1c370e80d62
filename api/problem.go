package api

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"kyoten/internal/fault"
	"kyoten/internal/httpkit"
	"kyoten/internal/locale"
	"kyoten/internal/sheet"
	"kyoten/models"
)

// The failures of HTTP itself; every rule's failure is declared by its owner.
var (
	errBadRequest = fault.New(fault.BadRequest, "bad_request", "the request cannot be read")
	errNotAllowed = fault.New(fault.NotAllowed, "method_not_allowed", "the address exists, the method does not")
	errTooLarge   = fault.New(fault.TooLarge, "body_too_large", "the body is too large")
	errMediaType  = fault.New(fault.Unsupported, "unsupported_media_type", "the body must be JSON")
)

// retryAfter is what a client is told to wait when the failure does not say.
const retryAfter = 2 * time.Second

// Problem is the answer to every request that fails (RFC 9457). What a fault
// carries in its Data (conflicts, alternatives) becomes members of its own.
type Problem struct {
	Type     string       `json:"type" format:"uri-reference" doc:"Where the code is explained." example:"/docs#not_found"`
	Title    string       `json:"title" doc:"What went wrong, in the reader's language."`
	Status   int          `json:"status" example:"404"`
	Detail   string       `json:"detail" doc:"What went wrong this time and what to do, in the reader's language."`
	Instance string       `json:"instance" format:"uri-reference" doc:"The address that was asked."`
	Code     string       `json:"code" doc:"The stable name of the failure."`
	Errors   []InputError `json:"errors,omitempty" doc:"Which parts of the input are at fault."`

	members    map[string]any
	retryAfter time.Duration
}

// InputError says what is wrong with one part of the input.
type InputError struct {
	Pointer string `json:"pointer" doc:"The part, as a JSON pointer or the name of a parameter." example:"#/ends_at"`
	Detail  string `json:"detail"`
}

// Error returns the code and what it means.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus makes it an error huma can answer with.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is RFC 9457's.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// TransformSchema lists every code in the document, and says that a problem may
// have members of its own.
func (p *Problem) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	var codes []any
	for _, f := range fault.All() {
		codes = append(codes, f.Code)
	}
	s.Properties["code"].Enum = codes
	s.AdditionalProperties = true
	return s
}

// MarshalJSON writes the members of its own behind the standard ones.
func (p *Problem) MarshalJSON() ([]byte, error) {
	type plain Problem
	standard, err := json.Marshal((*plain)(p))
	if err != nil || len(p.members) == 0 {
		return standard, err
	}
	own, err := json.Marshal(p.members)
	if err != nil {
		return nil, err
	}
	return append(append(standard[:len(standard)-1], ','), own[1:]...), nil
}

// newProblem turns an error into the answer for whoever sent r. Failures on our
// side are noted for the log here and nowhere else.
func newProblem(r *http.Request, err error) *Problem {
	f := toFault(err)
	title, detail := locale.Fault(langOf(r), f)
	p := &Problem{
		Type: "/docs#" + f.Code, Title: title, Status: httpkit.StatusOf(f.Kind), Detail: detail,
		Instance: r.URL.EscapedPath(), Code: f.Code, members: membersOf(f),
	}
	switch f.Kind {
	case fault.Internal:
		if r.Context().Err() == nil { // else the client is gone, and that is all that failed
			httpkit.NoteError(r.Context(), f)
		}
	case fault.Unavailable, fault.TooMany:
		p.retryAfter = retryAfter
		if wait, ok := f.Data["retry_after"].(time.Duration); ok {
			p.retryAfter = wait
		}
	case fault.Invalid:
		if bad, ok := errors.AsType[*sheet.Bad](err); ok {
			p.Errors = lineErrors(langOf(r), bad)
		} else if f.Pointer != "" {
			p.Errors = []InputError{{"#/" + strings.TrimPrefix(f.Pointer, "/"), detail}}
		}
	}
	return p
}

// membersOf makes values fit for JSON: lengths of time in seconds, instants in
// UTC.
func membersOf(f *fault.Fault) map[string]any {
	members := maps.Clone(f.Data)
	for key, value := range members {
		switch v := value.(type) {
		case time.Duration:
			members[key] = int(math.Ceil(v.Seconds()))
		case time.Time:
			members[key] = v.UTC()
		}
	}
	return members
}

// toFault finds the fault in any error that can end a request, the router's own
// included.
func toFault(err error) *fault.Fault {
	if he, ok := errors.AsType[*echo.HTTPError](err); ok {
		return routerFault(he)
	}
	if f := fault.From(err); !errors.Is(f, fault.ErrInternal) || !errors.Is(err, context.DeadlineExceeded) {
		return f
	}
	return models.ErrUnavailable.Because(err)
}

func routerFault(he *echo.HTTPError) *fault.Fault {
	switch he.Code {
	case http.StatusNotFound:
		return models.ErrNotFound
	case http.StatusMethodNotAllowed:
		return errNotAllowed
	case http.StatusRequestEntityTooLarge:
		return errTooLarge
	case http.StatusUnsupportedMediaType:
		return errMediaType
	}
	if he.Code < http.StatusInternalServerError {
		return errBadRequest.Because(he)
	}
	return fault.ErrInternal.Because(he)
}

// Fail answers a request to the API with a problem. It is an httpkit.Fail.
func Fail(w http.ResponseWriter, r *http.Request, err error) {
	p := newProblem(r, err)
	body, jsonErr := json.Marshal(p)
	if jsonErr != nil {
		p.members = nil
		body, _ = json.Marshal(p) // texts and numbers alone cannot fail
	}
	setProblemHeaders(w.Header(), p)
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_, _ = w.Write(body) // a client that is gone needs no answer
}

func setProblemHeaders(h http.Header, p *Problem) {
	h.Set("Cache-Control", "no-store")
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(p.retryAfter.Seconds())))))
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="kyoten"`)
	}
}
