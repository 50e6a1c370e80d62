package api

import (
	"context"
	"net/http"
	"time"

	"kyoten/auth"
	"kyoten/internal/fault"
	"kyoten/internal/httpkit"
)

// signInInput is an address and a password.
type signInInput struct {
	Body struct {
		Email    string `json:"email" minLength:"1" maxLength:"254"`
		Password string `json:"password" minLength:"1" maxLength:"256"`
	}
}

// signInOutput is the session, for a program in the body and for a browser in
// the cookie.
type signInOutput struct {
	SetCookie string `header:"Set-Cookie"`
	Body      struct {
		Token     string     `json:"token"`
		ExpiresAt time.Time  `json:"expires_at" doc:"Moves on while the session is used."`
		Member    memberWire `json:"member"`
	}
}

func (a *API) registerSessions() {
	add(a, operation{
		id: "create-session", method: "POST", path: "/sessions", who: public, status: http.StatusCreated, secret: true,
		faults: []*fault.Fault{auth.ErrBadCredentials, auth.ErrTooManyRequests},
	}, a.createSession)
	add(a, operation{
		id: "delete-session", method: "DELETE", path: "/sessions/current", who: people, status: http.StatusNoContent,
	}, a.deleteSession)
}

// signOutOutput takes the cookie off the browser.
type signOutOutput struct {
	SetCookie string `header:"Set-Cookie"`
}

// createSession serves POST /sessions.
func (a *API) createSession(ctx context.Context, in *signInInput) (*signInOutput, error) {
	r := callOf(ctx).request
	signed, err := a.auth.SignIn(ctx, in.Body.Email, in.Body.Password, httpkit.RemoteIP(r), r.UserAgent())
	if err != nil {
		return nil, err
	}
	return a.signedIn(ctx, signed)
}

// signedIn writes a session that has just been opened.
func (a *API) signedIn(ctx context.Context, signed auth.SignIn) (*signInOutput, error) {
	member, err := a.memberWire(ctx, signed.Principal)
	if err != nil {
		return nil, err
	}
	out := &signInOutput{SetCookie: auth.Cookie(callOf(ctx).request, signed).String()}
	out.Body.Token, out.Body.ExpiresAt, out.Body.Member = signed.Token, signed.ExpiresAt, member
	return out, nil
}

// deleteSession serves DELETE /sessions/current.
func (a *API) deleteSession(ctx context.Context, _ *nothing) (*signOutOutput, error) {
	if err := a.auth.SignOut(ctx, auth.Principal(ctx)); err != nil {
		return nil, err
	}
	return &signOutOutput{SetCookie: auth.NoCookie(callOf(ctx).request).String()}, nil
}
