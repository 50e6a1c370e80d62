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
	ends int64 // models.Store.GateEnds before it was read
}

// gate returns the gate that owns the token.
func (s *Service) gate(ctx context.Context, token string) (models.Principal, error) {
	hash, now, ends := HashToken(token), s.now(), s.store.GateEnds()
	c, ok := s.gates.recall(hash, now)
	if !ok || c.ends != ends {
		g, err := s.store.GateByToken(ctx, hash)
		if errors.Is(err, models.ErrNotFound) {
			return models.Principal{}, ErrUnauthenticated
		}
		if err != nil {
			return models.Principal{}, err
		}
		c = cachedGate{g, ends}
		s.gates.keep(hash, c, now)
	}
	if !c.gate.Active() {
		return models.Principal{}, ErrUnauthenticated
	}
	return models.Principal{Gate: &c.gate}, nil
}
