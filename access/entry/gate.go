package entry

// Direction is the way a scan goes through a door.
type Direction string

// The directions. A gate may also serve Both.
const (
	Entry Direction = "entry"
	Exit  Direction = "exit"
	Both  Direction = "both"
)

// ExitOpens says what a gate does with an exit scan that identifies nobody.
type ExitOpens string

// The settings of a gate's exit.
const (
	// Always suits a reader on the inside, and is the default: whoever stands
	// there is leaving.
	Always ExitOpens = "always"
	// Authentic suits one reader for both ways: there, opening for anything
	// would let anyone in. Free egress is mechanical at such a door.
	Authentic ExitOpens = "authentic"
)

// Gate is a reader at a door between two zones. The door leads into ToZone: an
// entry arrives there, an exit leaves it for FromZone (0 is outside).
type Gate struct {
	ID        string    `json:"id"`
	FromZone  ZoneID    `json:"from_zone"`
	ToZone    ZoneID    `json:"to_zone"`
	Direction Direction `json:"direction"`
	ExitOpens ExitOpens `json:"exit_opens,omitempty"`
}

// Way returns the direction of a scan at this gate: its own at a one-way gate,
// else the one asked for, else entry.
func (g Gate) Way(asked Direction) Direction {
	switch {
	case g.Direction == Entry || g.Direction == Exit:
		return g.Direction
	case asked == Exit:
		return Exit
	}
	return Entry
}

// opensForAnyone reports whether the exit opens even for what identifies nobody.
func (g Gate) opensForAnyone() bool { return g.ExitOpens != Authentic }
