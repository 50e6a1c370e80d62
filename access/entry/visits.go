package entry

import (
	"slices"
	"time"
)

// ClosedBy says how a visit ended.
type ClosedBy string

// How visits end. An open visit has "".
const (
	ByScan     ClosedBy = "scan"
	ByInferred ClosedBy = "inferred" // seen elsewhere, or left a zone around this one
	ByAuto     ClosedBy = "auto"     // no exit by closing time
	ByStaff    ClosedBy = "staff"
)

// Flag marks a visit that was not simply scanned in and out.
type Flag string

// The flags of visits.
const (
	InferredEntry Flag = "inferred_entry" // must have come in: was seen further inside
	EnteredAgain  Flag = "entered_again"  // scanned in while in
	EnteredByHand Flag = "entered_by_hand"
	LateExit      Flag = "late_exit" // the exit was seen after closing time
)

// Visit is the stay of one person in one zone.
type Visit struct {
	Subject   Subject
	Site      string
	Zone      ZoneID
	EnteredAt time.Time
	LeftAt    time.Time // zero while ClosedBy is ""
	ClosedBy  ClosedBy
	Flags     []Flag
	Entry     string // id of the passage that opened it
	Exit      string // id of the passage that closed it
}

// Open reports whether the visit goes on.
func (v Visit) Open() bool { return v.ClosedBy == "" }

// History is everything the passages of one person say: the visits in order of
// entry, outer zones first, and where the person is now.
type History struct {
	Visits  []Visit
	Stay    Stay
	SafeAt  time.Time // accounted for in an evacuation; zero again after the next entry, and where staff take it back
	Orphans []string  // ids of exits by somebody who was out

	open   []int // visits that go on, outermost first: each zone lies in the one before
	doubt  []int // visits closed without an exit, which one may still correct
	newest Passage
}

// Fold returns the history that passages of one person tell. The order in which
// they are given, and how often, makes no difference.
func Fold(tree Tree, passages []Passage) History {
	if !slices.IsSortedFunc(passages, compare) {
		passages = slices.Clone(passages)
		slices.SortFunc(passages, compare)
	}
	h := History{Visits: make([]Visit, 0, len(passages)/2+1)}
	for i := range passages {
		h.add(tree, &passages[i])
	}
	return h
}

// FoldAll returns the history of everybody who occurs in passages. A passage
// without a subject (EndOfDay) concerns everybody at its site.
func FoldAll(tree Tree, passages []Passage) map[Subject]History {
	of := map[Subject][]Passage{}
	for _, p := range passages {
		of[p.Subject] = append(of[p.Subject], p)
	}
	everybody := of[0]
	delete(of, 0)
	all := make(map[Subject]History, len(of))
	for s, own := range of {
		all[s] = Fold(tree, append(own, everybody...))
	}
	return all
}

// Add takes one more passage. It reports false, and does nothing, when p is
// older than one already taken: then the caller folds anew. The newest one
// given again is taken for what it is.
func (h *History) Add(tree Tree, p Passage) bool { return h.add(tree, &p) }

func (h *History) add(tree Tree, p *Passage) bool {
	if h.newest.ID != "" {
		switch c := p.compare(&h.newest); {
		case c < 0:
			return false
		case c == 0:
			return true
		}
	}
	h.newest = *p
	switch p.effect() {
	case comesIn:
		h.enter(tree, p)
	case goesOut:
		h.leave(tree, p)
	case ends:
		h.end(tree, p)
	case setOut:
		h.setOut(tree, p)
	case isSafe:
		h.SafeAt = p.At
	case notSafe:
		h.SafeAt = time.Time{}
	}
	if p.Counts() {
		h.Stay = h.Stay.after(tree, p)
	}
	return true
}

// enter opens a visit to the zone and, where they are missing, to those around
// it. Visits elsewhere must have ended: nobody is in two places. Who is in
// already, even further in, stays there; a second entry resets nothing.
func (h *History) enter(tree Tree, p *Passage) {
	h.doubt, h.SafeAt = nil, time.Time{}
	path := tree.Path(p.Zone)
	h.close(p, ByInferred, func(v *Visit) bool {
		return !slices.Contains(path, v.Zone) && !tree.Within(v.Zone, p.Zone)
	})
	for i, zone := range path {
		last := i == len(path)-1
		if i < len(h.open) {
			if last {
				h.flag(h.open[i], EnteredAgain)
			}
			continue
		}
		h.open = append(h.open, len(h.Visits))
		h.Visits = append(h.Visits, Visit{Subject: p.Subject, Site: p.Site, Zone: zone, EnteredAt: p.At, Entry: p.ID})
		switch {
		case !last:
			h.flag(len(h.Visits)-1, InferredEntry)
		case p.byStaff():
			h.flag(len(h.Visits)-1, EnteredByHand)
		}
	}
}

// leave closes the visit to the zone, and with it those further in.
func (h *History) leave(tree Tree, p *Passage) {
	switch {
	case h.Stay.Inside() && tree.Within(h.Stay.Zone, p.Zone):
		h.close(p, ByInferred, func(v *Visit) bool { return v.Zone != p.Zone && tree.Within(v.Zone, p.Zone) })
		h.close(p, closedBy(p), func(v *Visit) bool { return v.Zone == p.Zone })
	case h.Stay.Unconfirmed(p.At) && tree.Within(h.Stay.Zone, p.Zone):
		h.correct(tree, p)
	default:
		h.Orphans = append(h.Orphans, p.ID)
	}
}

// correct puts the real exit in place of the assumed one.
func (h *History) correct(tree Tree, p *Passage) {
	h.doubt = slices.DeleteFunc(h.doubt, func(i int) bool {
		v := &h.Visits[i]
		if !tree.Within(v.Zone, p.Zone) {
			return false
		}
		v.LeftAt, v.Exit, v.ClosedBy = p.At, p.ID, ByInferred
		if v.Zone == p.Zone {
			v.ClosedBy = closedBy(p)
		}
		h.flag(i, LateExit)
		return true
	})
}

// end closes what is still open at closing time. Who it was stays unconfirmed.
func (h *History) end(tree Tree, p *Passage) {
	closing := h.close(p, ByAuto, func(v *Visit) bool { return p.concerns(tree, v.Zone) })
	if len(closing) > 0 {
		h.doubt = closing
	}
}

// setOut closes what staff know to be over.
func (h *History) setOut(tree Tree, p *Passage) {
	h.doubt = slices.DeleteFunc(h.doubt, func(i int) bool { return p.concerns(tree, h.Visits[i].Zone) })
	h.close(p, ByStaff, func(v *Visit) bool { return p.concerns(tree, v.Zone) })
}

// close ends the open visits that which chooses, and returns them.
func (h *History) close(p *Passage, by ClosedBy, which func(*Visit) bool) (closed []int) {
	h.open = slices.DeleteFunc(h.open, func(i int) bool {
		v := &h.Visits[i]
		if !which(v) {
			return false
		}
		v.LeftAt, v.ClosedBy, v.Exit = p.At, by, p.ID
		closed = append(closed, i)
		return true
	})
	return closed
}

func (h *History) flag(i int, f Flag) {
	if v := &h.Visits[i]; !slices.Contains(v.Flags, f) {
		v.Flags = append(v.Flags, f)
	}
}

func closedBy(p *Passage) ClosedBy {
	if p.byStaff() {
		return ByStaff
	}
	return ByScan
}
