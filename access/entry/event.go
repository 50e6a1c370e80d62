package entry

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/gowebpki/jcs"
)

// MaxEvents is how many events one upload may hold.
const MaxEvents = 500

// Event is one decided scan as a gate's journal keeps it and as it is uploaded.
// A gate's events form a chain: each names the hash of the one before, so that
// a removed or altered event shows.
//
// The members stand in the order of RFC 8785. What encoding/json writes of an
// event is then its canonical form already, unless its text needs escapes: a
// start of an agent and a server hash events by the hundred thousand.
type Event struct {
	Boot         int64      `json:"boot"` // raised at each start of the agent
	ClockState   ClockState `json:"clock_state"`
	Decision     Verdict    `json:"decision"`
	Direction    Direction  `json:"direction"`
	EventID      string     `json:"event_id"` // 32 hex digits; the passage id
	GateTime     time.Time  `json:"gate_time"`
	Hash         string     `json:"hash,omitempty"`
	Online       bool       `json:"online"`
	PassID       PassID     `json:"pass_id,omitzero"` // absent when nothing authentic was scanned
	PrevHash     string     `json:"prev_hash"`        // "" at a gate's first event
	Reason       Reason     `json:"reason"`
	Seq          int64      `json:"seq"` // rises by one within a boot
	StateVersion int64      `json:"state_version"`
	Step         uint32     `json:"step,omitempty"` // T of a live code
	Subject      Subject    `json:"subject,omitzero"`
	UsesUp       time.Time  `json:"uses_up_until,omitzero"` // end of a one-entry pass that opened this
	Warnings     []Reason   `json:"warnings,omitempty"`
	Zone         ZoneID     `json:"zone"` // entered, or left
}

// ErrEvent says that an uploaded event is malformed. It is quarantined; the
// others of its batch are not held up.
var ErrEvent = errors.New("entry: malformed event")

// Link is the newest event of a gate's chain that is known: where the next one
// must join. The zero Link is the beginning.
type Link struct {
	Boot int64  `json:"boot"`
	Seq  int64  `json:"seq"`
	Hash string `json:"hash"`
}

// Next returns the link after e and whether e joins without a gap: its own hash
// is right, it names the hash before, and no sequence is missing. A start of the
// agent (a higher boot) begins counting again. An event from before the link
// joins nothing and moves nothing.
func (l Link) Next(e Event, intact bool) (next Link, joins bool) {
	first, restarted := l == Link{}, e.Boot > l.Boot
	if !first && !restarted && (e.Boot < l.Boot || e.Seq <= l.Seq) {
		return l, false
	}
	follows := first || restarted || e.Seq == l.Seq+1
	return Link{e.Boot, e.Seq, e.Hash}, follows && intact && e.PrevHash == l.Hash
}

// NewEvent returns the event of a decided scan. The caller numbers it (boot, seq)
// and chains it.
func NewEvent(id string, in Input, d Decision) Event {
	e := Event{
		EventID: id, GateTime: in.Now, ClockState: cmp.Or(in.Clock, Trusted), Online: !in.Offline,
		Decision: d.Verdict, Reason: d.Reason, Warnings: d.Warnings, PassID: d.Pass, Subject: d.Subject,
		Zone: d.Zone, Direction: d.Direction, StateVersion: in.Site.state.Version, Step: d.Step,
	}
	if d.Body.Flags.Has(OneEntry) {
		e.UsesUp = d.Body.End()
	}
	return e
}

// Passage returns what the event says about presence. At is its effective time.
func (e Event) Passage(site, gate string, at time.Time) Passage {
	return Passage{
		ID: e.EventID, Subject: e.Subject, Reason: e.Reason, Direction: e.Direction, Zone: e.Zone,
		Site: site, At: at, Gate: gate, Boot: e.Boot, Seq: e.Seq,
	}
}

// Chained returns e as the event after the one with hash prev, with its own hash.
func (e Event) Chained(prev string) (Event, error) {
	e.PrevHash, e.Hash = prev, ""
	canonical, err := json.Marshal(e)
	if err != nil {
		return Event{}, fmt.Errorf("write the event: %w", err)
	}
	if !plain(canonical) {
		if canonical, err = jcs.Transform(canonical); err != nil {
			return Event{}, fmt.Errorf("canonical form of the event: %w", err)
		}
	}
	e.Hash = hexHash(canonical)
	return e, nil
}

// EventHash returns the hash an event should carry, from its JSON as received:
// members this version does not know are covered too.
func EventHash(raw []byte) (string, error) {
	canonical, err := canonicalWithout(raw, "hash")
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrEvent, err)
	}
	return hexHash(canonical), nil
}

// ParseEvent reads one uploaded event. Intact tells whether its hash is that of
// its content: a broken hash is flagged by the caller, never refused.
func ParseEvent(raw []byte) (e Event, intact bool, err error) {
	if e, ok := asWritten(raw); ok {
		return e, true, nil
	}
	hash, err := EventHash(raw)
	if err != nil {
		return Event{}, false, err
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		return Event{}, false, fmt.Errorf("%w: %w", ErrEvent, err)
	}
	if err := e.check(); err != nil {
		return Event{}, false, err
	}
	return e, e.Hash == hash, nil
}

// asWritten reads an intact event that was written by an agent of this version,
// in a tenth of the time: byte for byte what we would write of it, which is its
// canonical form. Of every other one it says nothing.
func asWritten(raw []byte) (e Event, ok bool) {
	if !plain(raw) || json.Unmarshal(raw, &e) != nil || e.check() != nil {
		return Event{}, false
	}
	again, err := json.Marshal(e)
	if err != nil || !bytes.Equal(again, raw) {
		return Event{}, false
	}
	bare := bytes.Replace(raw, []byte(`"hash":"`+e.Hash+`",`), nil, 1)
	return e, e.Hash == hexHash(bare)
}

// plain reports whether a JSON text is ASCII without escapes, which both
// encoding/json and RFC 8785 write as it is.
func plain(text []byte) bool {
	for _, c := range text {
		if c < ' ' || c > '~' || c == '\\' {
			return false
		}
	}
	return true
}

// check refuses an event that the journal of no gate would hold. Reasons and
// warnings are not compared with our list: a newer agent may know more.
func (e Event) check() error {
	id, err := hex.DecodeString(e.EventID)
	ok := err == nil && len(id) == 16 &&
		countable(e.Boot) && countable(e.Seq) && countable(e.StateVersion) &&
		!e.GateTime.IsZero() && e.ClockState.known() && e.Reason != "" &&
		(e.Decision == Allow || e.Decision == Warn || e.Decision == Deny) &&
		(e.Direction == Entry || e.Direction == Exit)
	if !ok {
		return fmt.Errorf("%w: a member is missing or out of range", ErrEvent)
	}
	return nil
}

// countable reports whether n is a counter that JSON numbers carry exactly.
func countable(n int64) bool { return n >= 0 && n < 1<<53 }

func hexHash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
