package api

import (
	"context"
	"net/http"

	"kyoten/auth"
	"kyoten/internal/fault"
	"kyoten/internal/httpkit"
)

// passwordResetInput is the address of an account, if there is one.
type passwordResetInput struct {
	Body struct {
		Email string `json:"email" minLength:"1" maxLength:"254"`
	}
}

// registerPasswordResets keeps no answers for repeats: whoever waits for a turn
// (auth.Service.MailLink) must hold no transaction.
func (a *API) registerPasswordResets() {
	add(a, operation{
		id: "create-password-reset", method: "POST", path: "/password-resets", who: public, status: http.StatusAccepted, secret: true,
		faults: []*fault.Fault{auth.ErrMailUnavailable, auth.ErrTooManyRequests},
	}, a.createPasswordReset)
}

// createPasswordReset serves POST /password-resets. Its answer is the same for everybody.
func (a *API) createPasswordReset(ctx context.Context, in *passwordResetInput) (*nothing, error) {
	return nil, a.auth.MailLink(ctx, in.Body.Email, httpkit.RemoteIP(callOf(ctx).request))
}
