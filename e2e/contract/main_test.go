//go:build e2e

package contract

import (
	"testing"

	"kyoten/e2e/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

// parts are the chapters of the contract. Each is given the same running demo,
// and keeps to people and hours of its own, so that they may run in any order.
var parts = []struct {
	name string
	test func(*testing.T, *demo)
}{
	{"around", around},
	{"session", session},
	{"tokens", tokens},
	{"throttling", throttling},
	{"cross-origin", crossOrigin},
	{"sites", sites},
	{"availability", availability},
	{"booking", booking},
	{"booking any", bookingAny},
	{"changes", changes},
	{"refusals", refusals},
	{"order of refusals", orderOfRefusals},
	{"alternatives", alternatives},
	{"idempotency", idempotency},
	{"versions", versions},
	{"cursors", cursors},
	{"visibility", visibility},
	{"roles", roles},
	{"entrance", entrance},
	{"wrong codes", wrongCodes},
	{"offices", offices},
	{"exits", exits},
	{"reviewing", reviewing},
	{"languages", languages},
	{"hostile bodies", hostileBodies},
	{"hostile addresses", hostileAddresses},
	{"contention", contention},
	{"opposite order", oppositeOrder},
}

// TestContract starts one demo per database and walks all chapters over it.
func TestContract(t *testing.T) {
	for _, database := range harness.Databases() {
		t.Run(database, func(t *testing.T) {
			d := &demo{server: harness.StartDemo(t, database), tokens: map[string]string{}}
			for _, part := range parts {
				t.Run(part.name, func(t *testing.T) { part.test(t, d) })
			}
		})
	}
}
