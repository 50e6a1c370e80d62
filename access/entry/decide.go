package entry

import (
	"slices"
	"time"
)

// Tolerance is how far a gate's clock and the issuer's may differ before a
// pass's times are judged against its holder.
const Tolerance = 30 * time.Second

// MostWidening is the most steps by which holdover widens the live window.
const MostWidening = 4

// Input is everything a decision depends on. Decide reads it and changes none of it
// but Verified, which changes no answer.
type Input struct {
	Text    string    // as scanned
	Gate    Gate      // where
	Asked   Direction // the direction asked for, or ""
	Now     time.Time
	Clock   ClockState // "" is Trusted
	Widen   int        // steps by which holdover widens the live window
	Offline bool       // decided at the gate from its state: steps 12 and 13 apply
	Site    *Site
	Memory  *Memory
	Fresh   Fresh
	Proven  *Proven // in place of Text

	Verified *Verified // whose signatures this place has found right before; nil: nobody's
}

// Proven is what a code said that this gate proved a moment ago: rows 1 to 8 are
// not asked again.
type Proven struct {
	Body Body
	Step uint32
}

// Fresh is what an online check knows of this one code beyond the site's state,
// because it has just read the database. An agent leaves it empty.
type Fresh struct {
	Revocations []Revocation
	Guests      []GuestOf
	HasBooking  *bool // for an identity pass: whether its holder has a booking now; nil asks the state
}

// Decision is the answer to one scan.
type Decision struct {
	Verdict   Verdict   `json:"decision"`
	Reason    Reason    `json:"reason"`
	Open      bool      `json:"open"`
	Warnings  []Reason  `json:"warnings,omitempty"` // what did not decide, in table order
	Direction Direction `json:"direction"`
	Zone      ZoneID    `json:"zone"` // entered, or left

	// The ids are set once the issuer's signature is verified, never before.
	Pass    PassID  `json:"pass_id,omitzero"`
	Subject Subject `json:"subject,omitzero"`
	Step    uint32  `json:"step,omitempty"` // T of a live code
	Body    Body    `json:"-"`

	NotBefore time.Time `json:"not_before,omitzero"` // with too_early: from when
	Repeat    bool      `json:"repeat,omitempty"`    // the first answer again: no passage, no pulse
}

// Decided returns the decision that a stored passage stands for.
func Decided(r Reason, way Direction, zone ZoneID) Decision {
	d := Decision{Direction: way, Zone: zone}
	d.settle(r)
	return d
}

// Recorded reports whether the scan is kept as a passage: whatever opened a
// door, and whatever carried an issuer's signature. Garbage is only counted.
func (d Decision) Recorded() bool { return d.Open || d.Pass != 0 }

// Alarm reports whether the decision should wake somebody: an issuer signed what
// no issuer should.
func (d Decision) Alarm() bool {
	return d.Reason == BadPayload || slices.Contains(d.Warnings, BadPayload)
}

// Unlogged returns d as it must be when the passage could not be journaled
// (step 20): an entry is refused, an exit stays open and carries the warning.
func (d Decision) Unlogged() Decision {
	switch {
	case d.Direction == Exit:
		d.Warnings = append(slices.Clone(d.Warnings), LogUnavailable)
	case d.Open:
		d.settle(LogUnavailable)
	}
	return d
}

// settle sets the reason and what follows from it.
func (d *Decision) settle(r Reason) {
	d.Reason, d.Verdict, d.Open = r, r.Verdict(), r.Opens()
}

// onExit says what a failing row of the table means for somebody who leaves.
type onExit uint8

const (
	identifies onExit = iota // nobody is identified: exit_unidentified
	leftOut                  // the row is not looked at
	warns                    // the exit stands, with a warning
)

// row is one line of the decision table. Its check returns the reason of a
// failure, or "".
type row struct {
	step  int
	exit  onExit
	check func(*trial) Reason
}

// table is the order of decision: the first row that fails decides. Row 0 is
// Normalize, row 9 is the exit itself, row 20 belongs to the caller, who
// journals; a caller that cannot says so with Unlogged.
var table = []row{
	{1, identifies, (*trial).form}, // and 2: version and type
	{3, identifies, (*trial).issuerKey},
	{4, identifies, (*trial).issuerSignature},
	{5, identifies, (*trial).payload},
	{6, identifies, (*trial).possession},
	{7, leftOut, (*trial).liveRequired},
	{8, identifies, (*trial).site},
	{10, warns, (*trial).mode},
	{11, warns, (*trial).revocation},
	{12, warns, (*trial).clock},
	{13, warns, (*trial).stateAge},
	{14, warns, (*trial).validity},
	{15, warns, (*trial).grant},
	{16, warns, (*trial).company},
	{17, leftOut, (*trial).reuse},
	{18, leftOut, (*trial).passback},
	{19, leftOut, (*trial).roomAndHost},
}

// firstOfRight is the first row that asks what the holder may do; those before it
// ask whether the code is one.
const firstOfRight = 10

// Decide answers a scan. It is pure: the same input gives the same answer on the
// server and at any gate. Memory.Apply records the answer afterwards.
func Decide(in Input) Decision {
	if in.Site == nil {
		in.Site = NewSite(State{})
	}
	if in.Memory == nil {
		in.Memory = NewMemory()
	}
	if d, ok := in.Memory.answer(in); ok && in.Proven == nil {
		return d
	}
	t := newTrial(in)
	for _, r := range table {
		if t.exit && r.exit == leftOut || in.Proven != nil && r.step < firstOfRight {
			continue
		}
		reason := r.check(t)
		if reason != "" && t.ends(reason, r.exit) {
			return t.d
		}
	}
	t.conclude()
	return t.d
}

// ends notes that a row failed and reports whether that decides.
func (t *trial) ends(reason Reason, exit onExit) bool {
	switch {
	case t.exit && exit == identifies:
		t.unidentified(reason)
		return true
	case t.exit || reason.Verdict() == Warn:
		t.d.Warnings = append(t.d.Warnings, reason)
		return false
	}
	t.d.settle(reason)
	return true
}

// unidentified answers an exit scan that named nobody believable. Where the
// reader stands inside, the door opens all the same.
func (t *trial) unidentified(reason Reason) {
	if !t.in.Gate.opensForAnyone() {
		t.d.settle(reason)
		return
	}
	t.d.Warnings = append(t.d.Warnings, reason)
	t.d.settle(ExitUnidentified)
}

// conclude answers a scan that no row refused.
func (t *trial) conclude() {
	switch {
	case t.exit && t.leavesFrom():
		t.d.settle(ExitOK)
	case t.exit:
		t.d.settle(ExitOrphan)
	case slices.Contains(t.d.Warnings, PassbackSoft):
		t.d.Warnings = nil // the warning is the answer
		t.d.settle(PassbackSoft)
	default:
		t.d.settle(Granted)
	}
}

// leavesFrom reports whether the person was known, or last seen, to be behind the gate.
func (t *trial) leavesFrom() bool {
	stay := t.in.Memory.Inside[t.d.Subject]
	return (stay.Inside() || stay.Unconfirmed(t.in.Now)) && t.in.Site.tree.Within(stay.Zone, t.d.Zone)
}
