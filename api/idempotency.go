package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"

	"kyoten/auth"
	"kyoten/models"
)

// repeatedHeaders are what is given again with an answer, beside its body.
var repeatedHeaders = []string{"Content-Type", "Location", "Etag", "Retry-After", "Www-Authenticate"}

// once is the third: a POST with an Idempotency-Key is done once, and answered
// as often as it arrives (models.Store.Once). Routes that answer with a secret
// do not keep it, so there the key means nothing.
func (a *API) once(ctx huma.Context, next func(huma.Context)) {
	key := ctx.Header("Idempotency-Key")
	p := auth.Principal(ctx.Context())
	if key == "" || !operationOf(ctx).repeats() || p.Member == nil && p.Gate == nil {
		next(ctx)
		return
	}
	if !plainKey(key) {
		refuse(ctx, models.ErrInvalidInput.On("Idempotency-Key").Saying("key"))
		return
	}
	ready, err := a.prepare(ctx.Context(), operationOf(ctx).ahead)
	if err != nil {
		refuse(ctx, err)
		return
	}
	r := requestOf(ctx)
	answer, err := a.store.Once(ready, models.IdempotencyKey{
		Caller: p.String(), Route: r.Method + " " + r.URL.Path, Key: key, BodyHash: hashBody(ctx),
	}, func(inner context.Context) models.Answer { return record(ctx, inner, next) })
	if err != nil {
		refuse(ctx, err)
		return
	}
	write(ctx, answer)
}

// prepare does what is better done outside the transaction: what is read anew there
// is kept for all, and what takes long keeps nobody waiting.
func (a *API) prepare(ctx context.Context, do ahead) (context.Context, error) {
	if _, err := a.store.Catalogue(ctx); err != nil || do == nil {
		return ctx, err
	}
	return do(ctx)
}

// plainKey reports whether the key is one line of at most 200 ASCII letters.
func plainKey(key string) bool {
	for _, c := range []byte(key) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return len(key) <= 200
}

// hashBody tells one request under a key from another: body and query.
func hashBody(ctx huma.Context) string {
	sum := sha256.New()
	sum.Write(callOf(ctx.Context()).body)
	sum.Write([]byte{0})
	_, _ = io.WriteString(sum, requestOf(ctx).URL.RawQuery)
	return hex.EncodeToString(sum.Sum(nil))
}

// record runs the handler with the context of the transaction and returns what
// it would have answered. It may be called again when the transaction is.
func record(ctx huma.Context, inner context.Context, next func(huma.Context)) models.Answer {
	c := humaecho.Unwrap(ctx)
	c.Request().Body = io.NopCloser(bytes.NewReader(callOf(inner).body))
	before := c.Response()
	rec := &recorder{header: before.Header().Clone(), status: http.StatusOK}
	c.SetResponse(echo.NewResponse(rec, c.Echo()))
	defer c.SetResponse(before)
	next(huma.WithContext(ctx, inner))
	answer := models.Answer{Status: rec.status, Headers: map[string]string{}, Body: rec.body.Bytes()}
	for _, name := range repeatedHeaders {
		if value := rec.header.Get(name); value != "" {
			answer.Headers[name] = value
		}
	}
	return answer
}

// write sends an answer that was recorded, now or earlier.
func write(ctx huma.Context, answer models.Answer) {
	for name, value := range answer.Headers {
		ctx.SetHeader(name, value)
	}
	ctx.SetStatus(answer.Status)
	_, _ = ctx.BodyWriter().Write(answer.Body) // a client that is gone may ask again
}

// recorder keeps an answer instead of sending it.
type recorder struct {
	header http.Header
	body   bytes.Buffer
	status int
}

// Header returns the headers of the answer so far.
func (r *recorder) Header() http.Header { return r.header }

// Write adds to the body.
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

// WriteHeader sets the status.
func (r *recorder) WriteHeader(status int) { r.status = status }
