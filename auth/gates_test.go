package auth_test

import (
	"errors"
	"testing"
	"time"

	"kyoten/auth"
	"kyoten/models"
)

func TestGateTokenAndItsRevocation(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	token := auth.NewGateToken()
	gate := models.Gate{Site: "colabo", Name: "door", ToZone: h.world.Entrance["colabo"], Direction: "both", ExitOpens: "always", TokenHash: auth.HashToken(token)}
	if err := h.store.InsertGate(t.Context(), &gate); err != nil {
		t.Fatal(err)
	}
	p, err := h.bearer(t, token)
	if err != nil || p.Gate == nil || p.Gate.ID != gate.ID || p.SignedIn() {
		t.Fatalf("principal = %v, %v; want the gate", p, err)
	}
	if err := h.store.RevokeGate(t.Context(), gate.ID); err != nil {
		t.Fatal(err)
	}
	if p, err := h.bearer(t, token); !errors.Is(err, auth.ErrUnauthenticated) || p.Gate != nil {
		t.Errorf("revoked on this server: %v, %v; want ErrUnauthenticated at once", p, err)
	}
	h.clock.Advance(5 * time.Second)
	if p, err := h.bearer(t, token); !errors.Is(err, auth.ErrUnauthenticated) || p.Gate != nil {
		t.Errorf("5 s after revocation: %v, %v; want ErrUnauthenticated", p, err)
	}
}
