package api

import (
	"crypto/ed25519"
	"encoding/base64"
	"testing"

	"kyoten/access/entry"
	"kyoten/models/modelstest"
)

func TestAGateFollowsANewStateKey(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	gate, admin := s.gate(t), s.as(t, s.Admin)
	before, _ := stateOf(t, gate)
	raw, err := base64.RawURLEncoding.DecodeString(gate.get(t, "/gate").text("state_key"))
	if err != nil {
		t.Fatal(err)
	}
	pinned := ed25519.PublicKey(raw)
	keys := admin.post(t, "/access/keys/rotate-state", nil).want(t, 200)
	if keys.text("state_key") == "" || keys.text("state_key") == entry.Bytes(pinned).String() {
		t.Fatalf("keys: %s", keys.raw)
	}
	state, key, err := entry.OpenState(gate.get(t, "/gate/state").want(t, 200).raw, pinned)
	if err != nil || string(key) == string(pinned) || state.Version <= before.Version {
		t.Errorf("a gate that pinned the old key: version %d after %d, %v; want the handover to be followed", state.Version, before.Version, err)
	}
}

func TestARevokedIssuerKeyOpensNothing(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	gate, admin, ann := s.gate(t), s.as(t, s.Admin), s.as(t, s.Ann)
	start := modelstest.At(0, 10, 0)
	booking := ann.post(t, "/bookings", fields{"starts_at": start, "ends_at": modelstest.At(0, 11, 0), "spaces": []string{s.Seats[0].ID.String()}}).want(t, 201).text("id")
	code := func() string { return ann.get(t, "/bookings/"+booking+"/passes").want(t, 200).text("items.0.code") }
	old := code()
	kid := admin.get(t, "/access/keys").want(t, 200).text("issuer_keys.0.kid")
	for _, nothing := range []string{"99999999999", "-1", "0", "x"} {
		admin.post(t, "/access/keys/"+nothing+"/revoke", nil).problem(t, 404, "not_found")
	}
	admin.post(t, "/access/keys/"+kid+"/revoke", nil).want(t, 200)
	s.clock.Set(start)
	if got := gate.post(t, "/access/checks", fields{"code": old}).want(t, 200); got.text("reason") != "key_revoked" {
		t.Errorf("the old code: %s", got.raw)
	}
	if got := gate.post(t, "/access/checks", fields{"code": code()}).want(t, 200); got.text("reason") != "granted" {
		t.Errorf("the code shown anew: %s", got.raw)
	}
	if got := ann.get(t, "/me/visits").want(t, 200); got.text("items.0.site") != "colabo" || got.text("items.1.site") != "" {
		t.Errorf("own history: %s", got.raw)
	}
	if got := s.as(t, s.Bob).get(t, "/me/visits").want(t, 200); got.text("items.0.site") != "" {
		t.Errorf("another's history: %s", got.raw)
	}
}
