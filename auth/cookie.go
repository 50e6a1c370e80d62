package auth

import (
	"net/http"

	"kyoten/internal/httpkit"
)

// cookieName: over TLS the __Host- prefix keeps a neighbouring host from
// planting a cookie here. Browsers refuse it over plain HTTP.
func cookieName(r *http.Request) string {
	if httpkit.Secure(r) {
		return "__Host-kyoten_session"
	}
	return "kyoten_session"
}

// Cookie returns the cookie that carries a sign-in on the browser that sent r.
// Lax: a link from a mail arrives signed in, another's form does not.
func Cookie(r *http.Request, in SignIn) *http.Cookie {
	return &http.Cookie{
		Name: cookieName(r), Value: in.Token, Path: "/", MaxAge: int(sessionLife.Seconds()),
		HttpOnly: true, Secure: httpkit.Secure(r), SameSite: http.SameSiteLaxMode,
	}
}

// NoCookie returns the cookie that takes a sign-in off the browser that sent r.
func NoCookie(r *http.Request) *http.Cookie {
	c := Cookie(r, SignIn{})
	c.MaxAge = -1
	return c
}
