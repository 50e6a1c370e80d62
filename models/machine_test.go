package models

import (
	"kyoten/internal/clock"
)

// OnMachine returns the store as on a machine whose clock shows what now says.
func (s *Store) OnMachine(now clock.Func) *Store {
	other := *s
	other.now, other.machine = now, now
	return &other
}
