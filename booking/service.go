// Package booking holds the rules about places and time: who may book what,
// when, and what follows from it. It knows the database only through models and
// knows nothing of doors, sessions or HTTP.
package booking

import (
	"kyoten/internal/clock"
	"kyoten/internal/gather"
	"kyoten/models"
)

// Service books spaces. It is safe for concurrent use; several servers may run
// on one database.
type Service struct {
	store    *models.Store
	now      clock.Func
	together *gather.Group[*pending]
}

// New returns a service on store whose present is now.
func New(store *models.Store, now clock.Func) *Service {
	s := &Service{store: store, now: now}
	s.together = gather.New(togetherSize, s.keepTogether)
	return s
}
