// Package httpkit is what the API and the pages share on the way in: request
// ids, one log line a request, recovery, security headers, protection against
// requests from other origins, and who the client is behind a proxy. It is plain
// net/http and knows neither Echo nor any rule of Kyoten.
package httpkit

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
)

// Middleware wraps a handler.
type Middleware = func(http.Handler) http.Handler

// Fail answers a request with what became of it. The API writes a problem, the
// pages a page; serve.go chooses by path.
type Fail func(w http.ResponseWriter, r *http.Request, err error)

// Chain wraps h so that the first middleware is the outermost.
func Chain(h http.Handler, middlewares ...Middleware) http.Handler {
	for i := len(middlewares) - 1; i >= 0; i-- {
		h = middlewares[i](h)
	}
	return h
}

// notes is what the layers of one request tell the log line about it. A request
// is served by one goroutine, so it needs no lock.
type notes struct {
	id        string
	route     string
	principal string
	err       error
}

type notesKey struct{}

func notesOf(ctx context.Context) *notes {
	if n, ok := ctx.Value(notesKey{}).(*notes); ok {
		return n
	}
	return &notes{} // outside Watch, as in a test of one handler: written and forgotten
}

// NoteRoute tells the log which route's pattern served the request. The path
// itself is never logged: it may hold what a person typed.
func NoteRoute(ctx context.Context, pattern string) { notesOf(ctx).route = pattern }

// NotePrincipal tells the log who asked, as models.Principal.String names them.
func NotePrincipal(ctx context.Context, id string) { notesOf(ctx).principal = id }

// NoteError tells the log why the request failed on our side. That its reader went
// away before the answer is no such reason.
func NoteError(ctx context.Context, err error) {
	if errors.Is(err, context.Canceled) && errors.Is(ctx.Err(), context.Canceled) {
		return
	}
	notesOf(ctx).err = err
}

// RequestID returns the id of the request, "" outside Watch.
func RequestID(ctx context.Context) string { return notesOf(ctx).id }

// requestID takes over a proxy's id when it is plain, else makes one.
func requestID(r *http.Request) string {
	id := r.Header.Get("X-Request-Id")
	if len(id) < 8 || len(id) > 64 {
		return rand.Text()
	}
	for _, c := range []byte(id) {
		if c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return rand.Text()
		}
	}
	return id
}
