package entry

import (
	"encoding/json"
	"time"
)

// What a gate's agent and the server say to each other besides State and Event.

// Upload is the body of POST /gate/events: at most MaxEvents events in the order
// of the journal, each as it is written there.
type Upload struct {
	Events []json.RawMessage `json:"events"`
}

// EventResult says what became of one uploaded event.
type EventResult struct {
	EventID string `json:"event_id"`
	Result  Result `json:"result"`
}

// Result is what became of an uploaded event. None of them makes the agent send
// it again.
type Result string

// The results.
const (
	Stored    Result = "stored"
	Duplicate Result = "duplicate"
	Conflict  Result = "conflict"  // the same id or place with other content: quarantined
	Malformed Result = "malformed" // quarantined
)

// Ack is the newest event that the server has dealt with.
type Ack struct {
	Boot int64 `json:"boot"`
	Seq  int64 `json:"seq"`
}

// Uploaded is the answer to an Upload.
type Uploaded struct {
	Results []EventResult `json:"results"`
	Ack     Ack           `json:"ack"`
}

// Heartbeat is the body of POST /gate/heartbeat: how the agent is.
type Heartbeat struct {
	GateTime     time.Time  `json:"gate_time"`
	ClockState   ClockState `json:"clock_state"`
	QueueLength  int        `json:"queue_length"`
	StateVersion int64      `json:"state_version"`
	Refused      int64      `json:"refused"`                      // scans since its start that proved nothing: counted, never stored
	Problems     []string   `json:"problems"`                     // what needs somebody's hand: see Problem
	Run          string     `json:"run,omitempty" maxLength:"64"` // another at each start of the agent
}

// What a Heartbeat may name as a problem.
const (
	ProblemJournal  = "journal"       // passages cannot be written down
	ProblemDisk     = "disk"          // what the server says cannot be kept: it counts until the agent ends
	ProblemRelay    = "relay"         // the door did not take an order
	ProblemScanner  = "scanner"       // a reader is gone
	ProblemSelfTest = "self_test"     // known codes are not decided as they should be
	ProblemState    = "state_refused" // the server's state is not believed
)

// What the server sees of an agent by itself, beside those.
const (
	ProblemClock    = "clock"      // it does not know the time
	ProblemDoubled  = "doubled"    // two agents at once say they are this gate
	ProblemRestarts = "restarting" // it keeps starting anew
)

// PresenceList is the answer of GET /gate/presence and the data of a stream's
// presence event: who is inside the gate's site, or may be, at an instant.
type PresenceList struct {
	At    time.Time `json:"at"`
	Items []Present `json:"items"`
}

// OpenOrder is the data of a stream's open event: a member of staff opens the
// door from afar. The server records who and why; the order expires, so that a
// late one opens nothing.
type OpenOrder struct {
	ID        string    `json:"id"`
	ExpiresAt time.Time `json:"expires_at"`
}

// WalkInLasts is how long after a refusal for want of a booking its holder, who
// still stands there, may take a seat.
const WalkInLasts = time.Minute

// The names of the events in GET /gate/stream.
const (
	StreamState    = "state"    // a new state is to be had; its data is {"version": n}
	StreamPresence = "presence" // see PresenceList
	StreamOpen     = "open"     // see OpenOrder
)
