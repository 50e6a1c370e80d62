package httpkit

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"

	"kyoten/internal/fault"
)

// Recover turns a panic into fault.ErrInternal, whose text the client never
// sees. Where the answer has begun already, the connection is cut instead, so
// that nobody takes half an answer for a whole one.
func Recover(fail Fail) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				v := recover()
				if v == nil {
					return
				}
				if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(v)
				}
				err := fault.ErrInternal.Because(fmt.Errorf("panic: %v\n%s", v, debug.Stack()))
				if sent(w) {
					NoteError(r.Context(), err)
					panic(http.ErrAbortHandler)
				}
				fail(w, r, err)
			}()
			next.ServeHTTP(w, r)
		})
	}
}
