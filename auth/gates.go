package auth

import (
	"context"
	"errors"
	"time"

	"kyoten/models"
)

// gateMemory is how long a gate's row is remembered. A revocation must reach a
// gate within 5 s, and a door asks for its row with every scan.
const gateMemory = 2 * time.Second

// maxGates bounds the memory; there are fewer doors than that.
const maxGates = 1000

type cachedGate struct {
	gate models.Gate
	read time.Time
}

// gate returns the gate that owns the token.
func (s *Service) gate(ctx context.Context, token string) (models.Principal, error) {
	hash, now := HashToken(token), s.now()
	g, ok := s.rememberedGate(hash, now)
	if !ok {
		var err error
		g, err = s.store.GateByToken(ctx, hash)
		if errors.Is(err, models.ErrNotFound) {
			return models.Principal{}, ErrUnauthenticated
		}
		if err != nil {
			return models.Principal{}, err
		}
		s.rememberGate(hash, cachedGate{g, now})
	}
	if !g.Active() {
		return models.Principal{}, ErrUnauthenticated
	}
	return models.Principal{Gate: &g}, nil
}

func (s *Service) rememberedGate(hash string, now time.Time) (models.Gate, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.gates[hash]
	age := now.Sub(c.read)
	return c.gate, ok && age >= 0 && age < gateMemory
}

func (s *Service) rememberGate(hash string, c cachedGate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.gates) >= maxGates {
		clear(s.gates)
	}
	s.gates[hash] = c
}
