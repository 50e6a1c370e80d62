package entry

import (
	"slices"
	"time"
)

// replayMatters is how long a used step is remembered. It is far longer than a
// step can be fresh, so that a clock set back does not revive it.
const replayMatters = 15 * time.Minute

// Apply records that d was the answer to in. The caller journals first: what is
// remembered here has happened. A repeated answer changes nothing, and neither
// does an entry that could not be journaled: its holder may try again at once.
func (m *Memory) Apply(in Input, d Decision) {
	if d.Repeat || d.Reason == LogUnavailable {
		return
	}
	m.noteAnswer(in, d)
	m.Replay(in.Site, NewEvent("", in, d))
}

// Replay records what an event of this gate's journal says about uses and
// presence: an agent that was cut off rebuilds its memory with it.
func (m *Memory) Replay(site *Site, e Event) {
	p := e.Passage(site.state.Site, site.state.Gate.ID, e.GateTime)
	if p.effect() == comesIn {
		m.noteUse(e)
	}
	if e.Subject != 0 {
		m.Move(site.tree, p)
	}
}

// noteAnswer keeps d for the debounce and forgets the answers it no longer concerns.
func (m *Memory) noteAnswer(in Input, d Decision) {
	m.Recent = slices.DeleteFunc(m.Recent, func(r Recent) bool { return in.Now.Sub(r.At).Abs() >= Debounce })
	m.Recent = append(m.Recent, Recent{ScanKey(in.Text), in.Gate.ID, d.Direction, in.Now, d})
}

// noteUse keeps that a code opened the way into the zone, and drops what no
// longer matters. Only entries come here, which need a clock that is believed:
// a wild one must not make a used pass look forgotten.
func (m *Memory) noteUse(e Event) {
	for use, until := range m.Uses {
		if e.GateTime.After(until) {
			delete(m.Uses, use)
		}
	}
	if e.Step != 0 {
		m.Uses[Use{e.PassID, e.Step, e.Zone}] = e.GateTime.Add(replayMatters)
	}
	if !e.UsesUp.IsZero() {
		m.Uses[Use{e.PassID, 0, e.Zone}] = e.UsesUp.Add(Tolerance)
	}
}

// Move records what a passage does to presence. It takes whatever happened, scans
// and corrections alike, so that an agent can rebuild its memory from its
// journal; like Fold it must be given them in their order.
func (m *Memory) Move(tree Tree, p Passage) {
	if p.Subject != 0 {
		m.put(p.Subject, m.Inside[p.Subject].After(tree, p))
		return
	}
	for s, stay := range m.Inside {
		m.put(s, stay.After(tree, p))
	}
}

// CloseDays ends the stays that a closing time since then has made unconfirmed,
// as the server does with a stored event. A gate calls it before it decides, so
// that an exit nobody saw blocks nobody on the next day, also where it is alone.
func (m *Memory) CloseDays(site *Site, now time.Time) {
	for _, closing := range site.state.Closings {
		if closing.After(now) {
			continue
		}
		p := Passage{Reason: EndOfDay, Site: site.state.Site, At: closing}
		for s, stay := range m.Inside {
			if stay.Since.Before(closing) && stay.LastEntry.Before(closing) {
				m.put(s, stay.After(site.tree, p))
			}
		}
	}
}

// put sets where the subject is and keeps the heads right.
func (m *Memory) put(s Subject, to Stay) {
	if was := m.Inside[s]; was.Inside() {
		if m.Heads[was.Zone]--; m.Heads[was.Zone] <= 0 {
			delete(m.Heads, was.Zone)
		}
	}
	if to.Zone == 0 {
		delete(m.Inside, s)
		return
	}
	m.Inside[s] = to
	if to.Inside() {
		m.Heads[to.Zone]++
	}
}
