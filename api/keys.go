package api

import (
	"context"
	"time"

	"kyoten/access/entry"
	"kyoten/auth"
)

// Keys rotate by themselves; these routes are for the day on which one is feared
// to be known to somebody.
func (a *API) registerKeys() {
	add(a, operation{id: "get-keys", method: "GET", path: "/access/keys", who: admins}, a.keys)
	add(a, operation{id: "revoke-issuer-key", method: "POST", path: "/access/keys/{kid}/revoke", who: admins}, a.revokeKey)
	add(a, operation{id: "rotate-state-key", method: "POST", path: "/access/keys/rotate-state", who: admins}, a.rotateState)
}

// keysWire is what codes and states are verified with.
type keysWire struct {
	IssuerKeys []issuerKeyWire `json:"issuer_keys"`
	StateKey   entry.Bytes     `json:"state_key" doc:"What gates pin; each old one endorses its successor."`
}

// issuerKeyWire is the public half of a key that signs entry codes.
type issuerKeyWire struct {
	KID       int         `json:"kid"`
	PublicKey entry.Bytes `json:"public_key"`
	NotBefore time.Time   `json:"not_before"`
	NotAfter  time.Time   `json:"not_after"`
	Revoked   bool        `json:"revoked"`
}

// keys serves GET /access/keys.
func (a *API) keys(ctx context.Context, _ *nothing) (*body[keysWire], error) {
	issuers, state, err := a.entrance.PublicKeys(ctx, auth.Principal(ctx))
	if err != nil {
		return nil, err
	}
	out := keysWire{IssuerKeys: []issuerKeyWire{}, StateKey: state}
	for _, k := range issuers {
		out.IssuerKeys = append(out.IssuerKeys, issuerKeyWire{int(k.KID), k.PublicKey, k.NotBefore, k.NotAfter, k.Revoked})
	}
	return &body[keysWire]{out}, nil
}

// revokeKey serves POST /access/keys/{kid}/revoke: every code that the key has
// signed must be shown anew.
func (a *API) revokeKey(ctx context.Context, in *struct {
	KID string `path:"kid"`
},
) (*body[keysWire], error) {
	kid, err := parseNumber(in.KID)
	if err != nil {
		return nil, err
	}
	if err := a.entrance.RevokeIssuer(ctx, auth.Principal(ctx), kid); err != nil {
		return nil, err
	}
	return a.keys(ctx, nil)
}

// rotateState serves POST /access/keys/rotate-state.
func (a *API) rotateState(ctx context.Context, _ *nothing) (*body[keysWire], error) {
	if err := a.entrance.RotateState(ctx, auth.Principal(ctx)); err != nil {
		return nil, err
	}
	return a.keys(ctx, nil)
}
