package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"

	"kyoten/auth"
	"kyoten/internal/httpkit"
	"kyoten/internal/locale"
	"kyoten/models"
)

// who says which callers a route is for. It is the coarse rule, asked before the
// input is read; which site or company it must be is for models and the services
// to say.
type who int

const (
	anyone   who = iota // gates too
	public              // everybody but gates
	people              // whoever is signed in
	managers            // company managers, staff, administrators
	staff               // staff of some site, administrators
	admins              // administrators
	gates               // gates alone
)

// String names the callers in the keys of texts.
func (w who) String() string {
	return [...]string{"anyone", "public", "people", "managers", "staff", "admins", "gates"}[w]
}

// admits returns why the principal may not use the route, or nil.
func (w who) admits(p models.Principal) error {
	switch {
	case w == anyone, w == public && p.Gate == nil, w == gates && p.Gate != nil:
		return nil
	case p.Member == nil && p.Gate == nil:
		return auth.ErrUnauthenticated
	case w == gates, p.Gate != nil:
		return models.ErrForbidden
	}
	m := p.Member
	if w == people || p.Admin() || w <= staff && p.Staff() || w == managers && m.Role == models.RoleManager {
		return nil
	}
	return models.ErrForbidden
}

// guard is the first of the API's middlewares: it names the route for the log
// and turns away who is not meant.
func (a *API) guard(ctx huma.Context, next func(huma.Context)) {
	r := requestOf(ctx)
	httpkit.NoteRoute(r.Context(), ctx.Operation().Path)
	err := auth.Failure(r.Context())
	if err == nil {
		err = operationOf(ctx).who.admits(auth.Principal(r.Context()))
	}
	if err != nil {
		refuse(ctx, err)
		return
	}
	ctx.SetHeader("Cache-Control", "no-store")
	next(huma.WithValue(ctx, callKey{}, &call{request: r}))
}

// call is the request a handler serves, for the few that need more of it than
// their input, and its body as it came.
type call struct {
	request *http.Request
	body    []byte
}

type callKey struct{}

func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// reader returns the language to answer in.
func reader(ctx context.Context) locale.Lang { return langOf(callOf(ctx).request) }

// refuse ends a request in a middleware.
func refuse(ctx huma.Context, err error) {
	c := humaecho.Unwrap(ctx)
	Fail(c.Response(), c.Request(), err)
}

// maxBody is the most that a body may have, maxFile the most of a file.
const (
	maxBody = 1 << 20
	maxFile = 8 << 20
)

// clean is the second: what is not text we can store never reaches a handler.
// The body is read as a whole here, so that Idempotency-Key can compare it.
func (a *API) clean(ctx huma.Context, next func(huma.Context)) {
	r := requestOf(ctx)
	if !isText(r.URL.Path) {
		refuse(ctx, models.ErrNotFound) // no name has such letters
		return
	}
	if err := cleanQuery(r); err != nil {
		refuse(ctx, err)
		return
	}
	foldMediaType(r.Header)
	o := operationOf(ctx)
	raw, err := readBody(r, o.file)
	if err == nil && !o.raw && !o.file {
		err = checkTexts(raw)
	}
	if err != nil {
		refuse(ctx, err)
		return
	}
	callOf(ctx.Context()).body = raw
	r.Body = io.NopCloser(bytes.NewReader(raw))
	next(ctx)
}

// foldMediaType writes the type of a body in small letters: its case means
// nothing, and huma compares it letter by letter.
func foldMediaType(h http.Header) {
	if kind, parameters, _ := strings.Cut(h.Get("Content-Type"), ";"); kind != "" {
		h.Set("Content-Type", strings.TrimSuffix(strings.ToLower(kind)+";"+parameters, ";"))
	}
}

// unescapedPlus finds the "+" of an offset that was not escaped and would be
// read as a blank: 2026-12-01T10:00:00+09:00.
var unescapedPlus = regexp.MustCompile(`([Tt]\d\d(?::|%3[Aa])\d\d(?::|%3[Aa])\d\d(?:\.\d+)?)\+`)

func cleanQuery(r *http.Request) error {
	if r.URL.RawQuery == "" {
		return nil
	}
	if strings.Contains(r.URL.RawQuery, "+") {
		r.URL.RawQuery = unescapedPlus.ReplaceAllString(r.URL.RawQuery, "$1%2B")
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return errBadRequest.Because(err)
	}
	for name, all := range values {
		if !isText(name) || !isText(strings.Join(all, "")) {
			return errBadRequest
		}
	}
	return nil
}

func readBody(r *http.Request, file bool) ([]byte, error) {
	most := maxBody
	if file {
		most = maxFile
	}
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return nil, errMediaType
	}
	if r.ContentLength > int64(most) {
		return nil, errTooLarge.With("max", fmt.Sprintf("%d MiB", most>>20))
	}
	raw, err := io.ReadAll(io.LimitReader(r.Body, int64(most)+1))
	switch {
	case errors.As(err, new(*http.MaxBytesError)), len(raw) > most:
		return nil, errTooLarge.With("max", fmt.Sprintf("%d MiB", most>>20))
	case err != nil:
		return nil, errBadRequest.Because(err) // the client stopped sending
	case !file && !utf8.Valid(raw):
		return nil, errBadRequest
	}
	return raw, nil
}

// isText reports whether s can be stored as text on both databases.
func isText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }
