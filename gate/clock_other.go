//go:build !linux

package gate

import (
	"time"

	"kyoten/internal/clock"
)

// thisMachine has no clock that outlives the agent: each start of the agent
// counts as one of the machine. Doors run on Linux; this serves development.
func thisMachine() machine {
	return machine{wall: clock.Now, monotonic: clock.Stopwatch(), bootID: clock.Now().Format(time.RFC3339Nano), hasChip: true}
}
