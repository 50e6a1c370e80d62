package entry

import (
	"slices"
	"time"
)

// replayMatters is how long a used step is remembered. It is far longer than a
// step can be fresh, so that a clock set back does not revive it.
const replayMatters = 15 * time.Minute

// Apply records that d was the answer to in. The caller journals first: what is
// remembered here has happened. A repeated answer changes nothing.
func (m *Memory) Apply(in Input, d Decision) {
	if d.Repeat {
		return
	}
	m.noteAnswer(in, d)
	if d.Reason.enters(d.Direction) {
		m.noteUse(in, d)
	}
	m.Move(in.Site, d.Subject, d.Reason, d.Direction, d.Zone, in.Now)
}

// noteAnswer keeps d for the debounce and forgets the answers it no longer concerns.
func (m *Memory) noteAnswer(in Input, d Decision) {
	m.Recent = slices.DeleteFunc(m.Recent, func(r Recent) bool { return in.Now.Sub(r.At).Abs() >= Debounce })
	m.Recent = append(m.Recent, Recent{ScanKey(in.Text), in.Gate.ID, d.Direction, in.Now, d})
}

// noteUse keeps that a code opened the way into the zone, and drops what no
// longer matters. Only entries come here, which need a clock that is believed:
// a wild one must not make a used pass look forgotten.
func (m *Memory) noteUse(in Input, d Decision) {
	for use, until := range m.Uses {
		if in.Now.After(until) {
			delete(m.Uses, use)
		}
	}
	if d.Step != 0 {
		m.Uses[Use{d.Pass, d.Step, d.Zone}] = in.Now.Add(replayMatters)
	}
	if d.Body.Flags.Has(OneEntry) {
		m.Uses[Use{d.Pass, 0, d.Zone}] = d.Body.End().Add(Tolerance)
	}
}

// Move records what a passage does to the presence of a subject. It takes
// whatever happened, scans and corrections alike, so that an agent can rebuild
// its memory from its journal.
func (m *Memory) Move(site *Site, s Subject, reason Reason, way Direction, zone ZoneID, at time.Time) {
	if s == 0 {
		return
	}
	was, known := m.Inside[s]
	switch {
	case reason.enters(way):
		if !known || was.Unconfirmed || !site.Within(was.Zone, zone) {
			m.put(s, Stay{Zone: zone, Since: at})
		}
	case reason.leaves(way):
		if known && site.Within(was.Zone, zone) {
			m.put(s, Stay{Zone: site.Parent(zone), Since: at, Unconfirmed: was.Unconfirmed})
		}
	}
}

// put moves the subject to a stay, outside when its zone is 0, and keeps the heads right.
func (m *Memory) put(s Subject, to Stay) {
	if was, known := m.Inside[s]; known && !was.Unconfirmed {
		if m.Heads[was.Zone]--; m.Heads[was.Zone] <= 0 {
			delete(m.Heads, was.Zone)
		}
	}
	if to.Zone == 0 {
		delete(m.Inside, s)
		return
	}
	m.Inside[s] = to
	if !to.Unconfirmed {
		m.Heads[to.Zone]++
	}
}

// enters reports whether a passage with this reason brings its subject in.
func (r Reason) enters(way Direction) bool {
	return r == Granted || r == PassbackSoft || r == SetIn || (r == Admitted && way == Entry)
}

// leaves reports whether a passage with this reason takes its subject out.
func (r Reason) leaves(way Direction) bool {
	return r == ExitOK || r == ExitOrphan || r == SetOut || (r == Admitted && way == Exit)
}
