package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"kyoten/auth"
	"kyoten/internal/fault"
	"kyoten/models"
)

// passkeyWire is a passkey of the caller.
type passkeyWire struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Host       string     `json:"host" doc:"Where it works: the host it was made for."`
	BackedUp   bool       `json:"backed_up" doc:"The device has copied it to others of its owner."`
	CreatedAt  time.Time  `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at"`
}

func newPasskeyWire(k models.Passkey) passkeyWire {
	return passkeyWire{k.ID.String(), k.Name, k.RPID, k.BackedUp, k.CreatedAt, k.LastUsedAt}
}

func (a *API) registerPasskeys() {
	signIn := []*fault.Fault{auth.ErrPasskeyRefused, auth.ErrPasskeyExpired, auth.ErrPasskeysUnavailable, auth.ErrTooManyRequests}
	add(a, operation{
		id: "ask-passkey", method: "POST", path: "/sessions/passkey/options", who: public, secret: true, faults: signIn[2:3],
	}, a.askPasskey)
	add(a, operation{
		id: "create-passkey-session", method: "POST", path: "/sessions/passkey", who: public, status: http.StatusCreated, secret: true, faults: signIn,
	}, a.createPasskeySession)
	add(a, operation{id: "list-passkeys", method: "GET", path: "/me/passkeys", who: people}, a.passkeys)
	add(a, operation{
		id: "offer-passkey", method: "POST", path: "/me/passkeys/options", who: people, secret: true,
		faults: []*fault.Fault{auth.ErrTooManyPasskeys, auth.ErrPasskeysUnavailable},
	}, a.offerPasskey)
	add(a, operation{
		id: "create-passkey", method: "POST", path: "/me/passkeys", who: people, status: http.StatusCreated, secret: true,
		faults: []*fault.Fault{
			auth.ErrPasskeyInvalid, auth.ErrPasskeyExpired, auth.ErrTooManyPasskeys, auth.ErrPasskeysUnavailable, models.ErrConflict,
		},
	}, a.createPasskey)
	add(a, operation{id: "update-passkey", method: "PATCH", path: "/me/passkeys/{id}", who: people}, a.updatePasskey)
	add(a, operation{
		id: "delete-passkey", method: "DELETE", path: "/me/passkeys/{id}", who: people, status: http.StatusNoContent,
	}, a.deletePasskey)
}

// questionOutput is what a page hands to navigator.credentials.
type questionOutput struct {
	SetCookie string `header:"Set-Cookie"`
	Body      struct {
		PublicKey map[string]any `json:"public_key" doc:"Options of WebAuthn, with bytes as base64url (PublicKeyCredential.parseCreationOptionsFromJSON, parseRequestOptionsFromJSON). To be answered within ten minutes, by the browser that has the cookie."`
	}
}

func newQuestionOutput(q auth.Question, err error) (*questionOutput, error) {
	if err != nil {
		return nil, err
	}
	out := &questionOutput{SetCookie: q.Cookie.String()}
	out.Body.PublicKey = q.Options
	return out, nil
}

// credentialDoc is an answer of a device. Browsers add to it as they grow, so its
// members are not listed.
type credentialDoc = map[string]any

// passkeySignInInput is the answer of a device to the question of a sign-in.
type passkeySignInInput struct {
	Body struct {
		Credential credentialDoc `json:"credential" doc:"PublicKeyCredential.toJSON() of navigator.credentials.get."`
	}
}

// newPasskeyInput is the answer of a device that has made a passkey.
type newPasskeyInput struct {
	Body struct {
		Name       string        `json:"name" minLength:"1" maxLength:"100" doc:"What its owner calls it."`
		Credential credentialDoc `json:"credential" doc:"PublicKeyCredential.toJSON() of navigator.credentials.create."`
	}
}

// askPasskey serves POST /sessions/passkey/options.
func (a *API) askPasskey(ctx context.Context, _ *nothing) (*questionOutput, error) {
	return newQuestionOutput(a.auth.AskPasskey(ctx, callOf(ctx).request))
}

// createPasskeySession serves POST /sessions/passkey.
func (a *API) createPasskeySession(ctx context.Context, in *passkeySignInInput) (*signInOutput, error) {
	answer, err := json.Marshal(in.Body.Credential)
	if err != nil {
		return nil, err
	}
	signed, err := a.auth.SignInByPasskey(ctx, callOf(ctx).request, answer)
	if err != nil {
		return nil, err
	}
	return a.signedIn(ctx, signed)
}

// passkeys serves GET /me/passkeys.
func (a *API) passkeys(ctx context.Context, in *Paged) (*body[listOf[passkeyWire]], error) {
	page, err := in.page("passkeys")
	if err != nil {
		return nil, err
	}
	rows, err := a.store.PasskeysOf(ctx, auth.Principal(ctx).Member.ID)
	if err != nil {
		return nil, err
	}
	rows, next := models.PageOf(rows, page, func(k models.Passkey) string { return k.ID.String() })
	return newList("passkeys", rows, next, newPasskeyWire), nil
}

// offerPasskey serves POST /me/passkeys/options.
func (a *API) offerPasskey(ctx context.Context, _ *nothing) (*questionOutput, error) {
	return newQuestionOutput(a.auth.OfferPasskey(ctx, callOf(ctx).request, auth.Principal(ctx)))
}

// createPasskey serves POST /me/passkeys.
func (a *API) createPasskey(ctx context.Context, in *newPasskeyInput) (*versioned[passkeyWire], error) {
	answer, err := json.Marshal(in.Body.Credential)
	if err != nil {
		return nil, err
	}
	key, err := a.auth.AddPasskey(ctx, callOf(ctx).request, auth.Principal(ctx), in.Body.Name, answer)
	return &versioned[passkeyWire]{etag(key.Version), newPasskeyWire(key)}, err
}

// passkeyChange is another name of a passkey.
type passkeyChange struct {
	IDInput
	Conditional
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"100"`
	}
}

// updatePasskey serves PATCH /me/passkeys/{id}.
func (a *API) updatePasskey(ctx context.Context, in *passkeyChange) (*versioned[passkeyWire], error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	key, err := a.auth.RenamePasskey(ctx, auth.Principal(ctx), id, in.Body.Name, in.match())
	return &versioned[passkeyWire]{etag(key.Version), newPasskeyWire(key)}, err
}

// deletePasskey serves DELETE /me/passkeys/{id}.
func (a *API) deletePasskey(ctx context.Context, in *IDInput) (*nothing, error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	return nil, a.auth.RemovePasskey(ctx, auth.Principal(ctx), id)
}
