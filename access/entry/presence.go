package entry

import (
	"cmp"
	"slices"
	"time"
)

// DoubtLasts is how long somebody whose exit was never seen stays on the
// evacuation list, and may still be found to leave.
const DoubtLasts = 12 * time.Hour

// Stay is where somebody is: one row per person, the innermost zone.
type Stay struct {
	Zone      ZoneID    `json:"zone"` // 0 is outside
	Since     time.Time `json:"since,omitzero"`
	LastEntry time.Time `json:"last_entry,omitzero"` // the last entry scan, repeated ones included
	// ClosedAt is set when the stay was closed without an exit having been
	// seen: the person is unconfirmed, and blocks nobody, least of all themselves.
	ClosedAt time.Time `json:"closed_at,omitzero"`
	// SafeAt is when staff accounted for the person in an evacuation, as the
	// server's list says: zero again after the next entry.
	SafeAt time.Time `json:"safe_at,omitzero"`
}

// Inside reports whether the person is known to be in.
func (s Stay) Inside() bool { return s.Zone != 0 && s.ClosedAt.IsZero() }

// Unconfirmed reports whether the person may still be in at t: nobody saw them leave.
func (s Stay) Unconfirmed(t time.Time) bool {
	return s.Zone != 0 && !s.ClosedAt.IsZero() && t.Sub(s.ClosedAt) <= DoubtLasts
}

// insideOf reports whether the person is known to be in zone or further in.
func (s Stay) insideOf(tree Tree, zone ZoneID) bool { return s.Inside() && tree.Within(s.Zone, zone) }

// After returns the stay once p has happened. It is the whole rule of presence;
// Fold draws the visits that go with it.
func (s Stay) After(tree Tree, p Passage) Stay { return s.after(tree, &p) }

func (s Stay) after(tree Tree, p *Passage) Stay {
	switch p.effect() {
	case comesIn:
		if s.insideOf(tree, p.Zone) {
			s.LastEntry, s.SafeAt = p.At, time.Time{}
			return s
		}
		return Stay{Zone: p.Zone, Since: p.At, LastEntry: p.At}
	case goesOut:
		return s.afterExit(tree, p)
	case ends:
		if s.Inside() && p.concerns(tree, s.Zone) {
			s.ClosedAt = p.At
		}
	case setOut:
		if p.concerns(tree, s.Zone) {
			return Stay{}
		}
	}
	return s
}

// afterExit leaves the zone for the one around it. Whoever was not in there
// stays where they were: an exit takes nobody out twice.
func (s Stay) afterExit(tree Tree, p *Passage) Stay {
	if (!s.Inside() && !s.Unconfirmed(p.At)) || !tree.Within(s.Zone, p.Zone) {
		return s
	}
	outer := tree[p.Zone].Parent
	if outer == 0 {
		return Stay{}
	}
	return Stay{Zone: outer, Since: p.At, LastEntry: s.LastEntry, ClosedAt: s.ClosedAt, SafeAt: s.SafeAt}
}

// Present is one line of the evacuation list.
type Present struct {
	Subject     Subject `json:"subject"`
	Initials    string  `json:"initials,omitempty"`
	Stay        Stay    `json:"stay"`
	Unconfirmed bool    `json:"unconfirmed"`
	Host        Subject `json:"host,omitzero"` // of a guest
}

// Roll returns who is inside or may be: the evacuation list. A guest stands
// right after the host; everybody else in the order of zones and arrival.
func Roll(site *Site, inside map[Subject]Stay, now time.Time) []Present {
	list := make([]Present, 0, len(inside))
	for s, stay := range inside {
		if !stay.Inside() && !stay.Unconfirmed(now) {
			continue
		}
		p := Present{Subject: s, Initials: site.Initials(s), Stay: stay, Unconfirmed: !stay.Inside()}
		if hosts := site.hosts[s]; len(hosts) > 0 {
			p.Host = hosts[0].Host
		}
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b Present) int { return compareOnRoll(inside, a, b) })
	return list
}

// compareOnRoll orders by the one who answers for the line (a guest's host, when
// the host is on the list), then that one before the guests.
func compareOnRoll(inside map[Subject]Stay, a, b Present) int {
	first, second := a.head(inside), b.head(inside)
	x, y := inside[first], inside[second]
	return cmp.Or(
		cmp.Compare(x.Zone, y.Zone), x.Since.Compare(y.Since), cmp.Compare(first, second),
		compareBool(a.Subject != first, b.Subject != second),
		a.Stay.Since.Compare(b.Stay.Since), cmp.Compare(a.Subject, b.Subject),
	)
}

// head returns whose place on the list the line takes.
func (p Present) head(inside map[Subject]Stay) Subject {
	if _, here := inside[p.Host]; here && p.Host != 0 {
		return p.Host
	}
	return p.Subject
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
