package entry

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"strings"
	"time"
)

// Debounce is how long the same text at the same gate and direction gets the
// first answer again: one passage, one pulse.
const Debounce = 3 * time.Second

// Memory is what a gate remembers between scans. The agent keeps one for its
// gate and makes it from its journal at a start; the server fills one from its
// tables with what concerns the scan at hand. It holds no code and no key: nothing in it helps
// to make or repeat a code. It is not safe for concurrent use.
type Memory struct {
	Recent []Recent          `json:"recent"` // the last answers, for the debounce
	Uses   map[Use]time.Time `json:"uses"`   // what was used here, and how long that matters
	Inside map[Subject]Stay  `json:"inside"` // who is inside, by innermost zone
	Heads  map[ZoneID]int    `json:"heads"`  // heads by innermost zone, unconfirmed ones left out
}

// Recent is an answer that a repeated scan gets again.
type Recent struct {
	Scan      string    `json:"scan"` // ScanKey of the text
	Gate      string    `json:"gate"`
	Direction Direction `json:"direction"`
	At        time.Time `json:"at"`
	Decision  Decision  `json:"decision"`
}

// Use says that a live code (pass and step), or a one-entry pass (step 0),
// opened the way into a zone. It is bound to the zone because the same code may
// properly open the entrance and, seconds later, the office behind it.
type Use struct {
	Pass PassID
	Step uint32
	Zone ZoneID
}

// NewMemory returns the memory of a gate that has seen nothing.
func NewMemory() *Memory {
	return &Memory{Uses: map[Use]time.Time{}, Inside: map[Subject]Stay{}, Heads: map[ZoneID]int{}}
}

// ScanKey stands for a scanned text wherever scans are compared or stored: a
// hash, because the text of a static code is a credential.
func ScanKey(text string) string {
	sum := sha256.Sum256([]byte(Normalize(text)))
	return hex.EncodeToString(sum[:16])
}

// MarshalText writes "pass/step/zone".
func (u Use) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%s/%d/%d", u.Pass, u.Step, u.Zone), nil
}

// UnmarshalText reads what MarshalText writes.
func (u *Use) UnmarshalText(b []byte) error {
	pass, rest, _ := strings.Cut(string(b), "/")
	id, err := ParsePassID(pass)
	if err != nil {
		return err
	}
	u.Pass = id
	if _, err := fmt.Sscanf(rest, "%d/%d", &u.Step, &u.Zone); err != nil {
		return fmt.Errorf("read a use: %w", err)
	}
	return nil
}

// SetPresence replaces who is inside, for example by what the server says, and
// counts the heads anew.
func (m *Memory) SetPresence(inside map[Subject]Stay) {
	m.Inside, m.Heads = maps.Clone(inside), map[ZoneID]int{}
	if m.Inside == nil {
		m.Inside = map[Subject]Stay{}
	}
	for _, stay := range m.Inside {
		if stay.Inside() {
			m.Heads[stay.Zone]++
		}
	}
}

// HeadsIn returns how many people are in zone and in the zones inside it.
func (m *Memory) HeadsIn(tree Tree, zone ZoneID) int {
	n := 0
	for z, heads := range m.Heads {
		if tree.Within(z, zone) {
			n += heads
		}
	}
	return n
}

// answer returns the answer that the same scan got within the debounce.
func (m *Memory) answer(in Input) (Decision, bool) {
	way, key := in.Gate.Way(in.Asked), ""
	for i := len(m.Recent) - 1; i >= 0; i-- {
		r := m.Recent[i]
		if r.Gate != in.Gate.ID || r.Direction != way || in.Now.Sub(r.At).Abs() >= Debounce {
			continue
		}
		if key == "" {
			key = ScanKey(in.Text)
		}
		if r.Scan == key {
			d := r.Decision
			d.Repeat = true
			return d, true
		}
	}
	return Decision{}, false
}
