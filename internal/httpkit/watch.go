package httpkit

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"kyoten/internal/clock"
)

// Seen is what one request came to.
type Seen struct {
	Method    string
	Route     string // the pattern, "" for what no route serves
	Status    int
	Duration  time.Duration
	RequestID string
	Principal string // "" = nobody
	Err       error  // nil unless it failed on our side
}

// Watch gives each request its id and tells the observers what came of it. It
// belongs outside everything else.
func Watch(observers ...func(context.Context, Seen)) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			elapsed := clock.Stopwatch()
			n := &notes{id: requestID(r)}
			ctx := context.WithValue(r.Context(), notesKey{}, n)
			w.Header().Set("X-Request-Id", n.id)
			rec := &statusRecorder{ResponseWriter: w}
			defer func() { // also when a handler gives up the connection by panicking
				seen := Seen{r.Method, n.route, rec.code(), elapsed(), n.id, n.principal, n.err}
				for _, observe := range observers {
					observe(ctx, seen)
				}
			}()
			next.ServeHTTP(rec, r.WithContext(ctx))
		})
	}
}

// LogTo writes one line a request: method, route's pattern, status, duration,
// request id, principal id; the cause where it failed on our side. Never codes,
// tokens or mail addresses.
func LogTo(logger *slog.Logger) func(context.Context, Seen) {
	return func(ctx context.Context, s Seen) {
		attrs := []slog.Attr{
			slog.String("method", s.Method), slog.String("route", s.Route), slog.Int("status", s.Status),
			slog.Duration("duration", s.Duration), slog.String("request_id", s.RequestID),
		}
		if s.Principal != "" {
			attrs = append(attrs, slog.String("principal", s.Principal))
		}
		level := slog.LevelInfo
		if s.Err != nil {
			level = slog.LevelError
			attrs = append(attrs, slog.String("error", s.Err.Error()))
		}
		logger.LogAttrs(ctx, level, "request", attrs...)
	}
}

// statusRecorder remembers the status that was sent.
type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (w *statusRecorder) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusRecorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection (streams flush).
func (w *statusRecorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Flush is for those who ask for http.Flusher.
func (w *statusRecorder) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }

// code is the status as the client saw it.
func (w *statusRecorder) code() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}

// sent reports whether the answer has begun and cannot be replaced any more.
func sent(w http.ResponseWriter) bool {
	rec, ok := w.(*statusRecorder)
	return ok && rec.status != 0
}
