package models

import "time"

// QuarantinedEvent is an uploaded event that could not be stored.
type QuarantinedEvent struct {
	ID         ID
	GateID     ID
	EventID    string
	Result     string // conflict, malformed
	Body       string
	Digest     string
	ReceivedAt time.Time
}
