package httpkit

import (
	"net/http"
	"strings"
)

// contentSecurityPolicy lets a page use our own files and nothing else: no
// inline script or style, no frame around it. The kiosk's page, which runs a
// decoder in WebAssembly, sets its own.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"font-src 'self'; connect-src 'self'; media-src 'self' blob:; worker-src 'self'; manifest-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// SecurityHeaders sets what every answer carries; a handler may set its own.
//
// The referrer policy is same-origin, not no-referrer: under the latter browsers
// send "Origin: null" with our own forms, and CrossOrigin would refuse them.
func SecurityHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentSecurityPolicy)
		h.Set("Permissions-Policy", "camera=(self), microphone=(), geolocation=(), payment=()")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if Secure(r) {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// PlainPath has an address that is escaped more than it need be mean what the plain
// one means (RFC 3986, 6.2.2.2). An escaped slash stays a letter of its part. The
// request is copied: what is asked for by name shall stay as it came.
func PlainPath(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if raw := r.URL.RawPath; raw != "" && !strings.Contains(strings.ToUpper(raw), "%2F") {
			r = r.WithContext(r.Context())
			plain := *r.URL
			plain.RawPath = ""
			r.URL = &plain
		}
		next.ServeHTTP(w, r)
	})
}

// HeadAsGet answers HEAD as GET: the server sends the headers alone. The request
// is copied, since the server looks at its own to know that.
func HeadAsGet(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			r = r.WithContext(r.Context())
			r.Method = http.MethodGet
		}
		next.ServeHTTP(w, r)
	})
}
