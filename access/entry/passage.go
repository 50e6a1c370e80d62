package entry

import (
	"cmp"
	"time"
)

// Passage is something that happened to one person's presence: a scan that
// counts, or a correction. The server makes it from its stored passages, the
// agent from its journal.
type Passage struct {
	ID        string    // the event id; the same passage may arrive more than once
	Subject   Subject   // 0 with EndOfDay: everybody at the site
	Reason    Reason    // what was decided, or which correction it is
	Direction Direction // of a scan and of an admission by hand
	Zone      ZoneID    // entered, or left; SetOut, EndOfDay and LongestStay are about the whole site
	Site      string
	At        time.Time // the effective time, see EffectiveTime
	Gate      string
	Boot, Seq int64 // of the agent; an online check has a server sequence instead
}

// compare is the order of passages: effective time, gate, boot, sequence. The id
// comes last, so that the order is the same however they arrived.
func (p *Passage) compare(q *Passage) int {
	if c := p.At.Compare(q.At); c != 0 { // decides nearly always
		return c
	}
	return cmp.Or(
		cmp.Compare(p.Gate, q.Gate), cmp.Compare(p.Boot, q.Boot),
		cmp.Compare(p.Seq, q.Seq), cmp.Compare(p.ID, q.ID),
	)
}

func compare(p, q Passage) int { return p.compare(&q) }

// effect is what a passage does to presence.
type effect uint8

const (
	nothing effect = iota // refused, unidentified, or the door alone
	comesIn
	goesOut
	ends   // closed without an exit having been seen
	setOut // staff know that the person has left
	isSafe
	notSafe
)

func (p *Passage) effect() effect {
	switch p.Reason {
	case Granted, PassbackSoft, SetIn:
		return comesIn
	case ExitOK, ExitOrphan:
		return goesOut
	case Admitted:
		if p.Direction == Exit {
			return goesOut
		}
		return comesIn
	case EndOfDay, LongestStay:
		return ends
	case SetOut:
		return setOut
	case MarkedSafe:
		return isSafe
	case SafeUndone:
		return notSafe
	}
	return nothing
}

// Counts reports whether the passage says anything about presence. A refusal and
// an exit that identified nobody do not.
func (p *Passage) Counts() bool { return p.effect() != nothing }

// byStaff reports whether a person's word stands behind the passage, not a scan.
func (p *Passage) byStaff() bool {
	return p.Reason == Admitted || p.Reason == SetIn || p.Reason == SetOut
}

// concerns reports whether a passage about a whole site touches somebody who is
// in zone. A zone that is gone from the tree holds nobody back.
func (p *Passage) concerns(tree Tree, zone ZoneID) bool {
	node, known := tree[zone]
	return !known || node.Site == p.Site
}

// EffectiveTime returns when an event counts as having happened: by the gate's
// clock when that could be believed, else when the server received it. Suspect
// events are flagged for review.
func EffectiveTime(e Event, received time.Time) (at time.Time, suspect bool) {
	if e.ClockState == Untrusted {
		return received, true
	}
	return e.GateTime, e.GateTime.After(received.Add(2 * time.Minute))
}
