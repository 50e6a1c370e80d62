package httpkit

import (
	"net/http"

	"kyoten/internal/fault"
)

// ErrCrossOrigin means that a page of another origin made a browser send an
// unsafe request here.
var ErrCrossOrigin = fault.New(fault.Forbidden, "cross_origin", "unsafe requests from another origin are refused")

// CrossOrigin refuses unsafe requests that a browser sends on behalf of another
// origin's page. Requests with an Authorization header are let through, since no
// such page can make a browser add one; those without any cookie are judged too,
// or another's page could sign a visitor in as somebody else. Those of the open
// patterns (http.ServeMux) are for anybody's pages.
func CrossOrigin(fail Fail, open ...string) Middleware {
	protection := http.NewCrossOriginProtection()
	for _, pattern := range open {
		protection.AddInsecureBypassPattern(pattern)
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") == "" {
				if err := protection.Check(r); err != nil {
					fail(w, r, ErrCrossOrigin.Because(err))
					return
				}
			}
			next.ServeHTTP(w, r)
		})
	}
}
