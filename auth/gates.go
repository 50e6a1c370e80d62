package auth

import (
	"context"
	"errors"
	"time"

	"kyoten/models"
)

// gateMemory is how long a gate's row is remembered, since a door asks for it with
// every scan. A revocation here ends it at once, one made on another server of the
// same database within this time; it must reach a gate within 5 s.
const gateMemory = 2 * time.Second

// maxGates bounds the memory; there are fewer doors than that.
const maxGates = 1000

type cachedGate struct {
	gate models.Gate
	read time.Time
	ends int64 // models.Store.GateEnds before it was read
}

// gate returns the gate that owns the token.
func (s *Service) gate(ctx context.Context, token string) (models.Principal, error) {
	hash, now, ends := HashToken(token), s.now(), s.store.GateEnds()
	g, ok := s.rememberedGate(hash, now, ends)
	if !ok {
		var err error
		g, err = s.store.GateByToken(ctx, hash)
		if errors.Is(err, models.ErrNotFound) {
			return models.Principal{}, ErrUnauthenticated
		}
		if err != nil {
			return models.Principal{}, err
		}
		s.rememberGate(hash, cachedGate{g, now, ends})
	}
	if !g.Active() {
		return models.Principal{}, ErrUnauthenticated
	}
	return models.Principal{Gate: &g}, nil
}

func (s *Service) rememberedGate(hash string, now time.Time, ends int64) (models.Gate, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.gates[hash]
	age := now.Sub(c.read)
	return c.gate, ok && c.ends == ends && age >= 0 && age < gateMemory
}

func (s *Service) rememberGate(hash string, c cachedGate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.gates) >= maxGates {
		clear(s.gates)
	}
	s.gates[hash] = c
}
