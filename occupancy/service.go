// Package occupancy answers who is in, how full the sites are and how they were
// used. It reads only; the entrance (package access) writes what it reads.
package occupancy

import (
	"kyoten/internal/clock"
	"kyoten/models"
)

// Service answers. It is safe for concurrent use.
type Service struct {
	store *models.Store
	now   clock.Func
}

// New returns a Service on the store.
func New(store *models.Store, now clock.Func) *Service { return &Service{store: store, now: now} }
