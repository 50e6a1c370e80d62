package models

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Notice is a message to a person, written in the transaction of what it tells
// about and delivered later by package notify.
type Notice struct {
	ID        ID // also the mail's Message-ID, so that a second delivery is seen as one
	Kind      string
	Recipient string // mail address
	Locale    string
	MemberID  *ID
	BookingID *ID
	Payload   string // JSON, what the text needs
	RunAt     time.Time
	Attempts  int
	Owner     string
	Until     *time.Time
	DoneAt    *time.Time
	FailedAt  *time.Time
	LastError string
	CreatedAt time.Time
}

// TableName says outbox.
func (Notice) TableName() string { return "outbox" }

// Enqueue writes notices to the outbox. Missing ids and times are filled in;
// payload is made JSON.
func (s *Store) Enqueue(ctx context.Context, payload any, notices ...Notice) error {
	if len(notices) == 0 {
		return nil
	}
	if err := s.address(payload, notices); err != nil {
		return err
	}
	return s.insertTogether(ctx, notices)
}

// address fills in what all notices need before they are stored.
func (s *Store) address(payload any, notices []Notice) error {
	body, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("write payload of notice: %w", err)
	}
	for i := range notices {
		n := &notices[i]
		n.ID, n.CreatedAt, n.Payload = NewID(), s.Now(), string(body)
		if n.RunAt.IsZero() {
			n.RunAt = n.CreatedAt
		}
	}
	return nil
}
