package entry

// ClockState says how far a gate's clock can be believed.
type ClockState string

// The states of a gate's clock.
const (
	Trusted   ClockState = "trusted"   // synchronised within 24 hours
	Holdover  ClockState = "holdover"  // not since, but unbroken, or kept by a clock chip
	Untrusted ClockState = "untrusted" // entries wait for staff, exits stay free
)

func (s ClockState) known() bool { return s == Trusted || s == Holdover || s == Untrusted }
