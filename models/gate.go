package models

import (
	"context"
	"time"
)

// Gate is a reader at a door from one zone to another.
type Gate struct {
	ID                 ID
	Site               string
	Name               string
	FromZone           *int // nil = outside
	ToZone             int
	Direction          string // entry, exit, both
	ExitOpens          string // always, authentic
	TokenHash          string
	EnrolmentHash      string
	EnrolmentExpiresAt *time.Time
	EnrolmentUsedAt    *time.Time
	RevokedAt          *time.Time
	DeletedAt          *time.Time
	IsAgent            bool // has shown itself to be a kyoten gate, not an online reader
	LastSeenAt         *time.Time
	ClockState         string
	QueueLength        int
	StateVersion       int64
	LastHash           string
	Seq                int64 // sequence of online checks
	CreatedAt          time.Time
}

// Active reports whether the gate's token may still be used.
func (g *Gate) Active() bool { return g.RevokedAt == nil && g.DeletedAt == nil }

// GateByToken returns the gate whose token has this hash, or ErrNotFound. That it
// is still active is for the caller to see.
func (s *Store) GateByToken(ctx context.Context, hash string) (Gate, error) {
	var g Gate
	err := s.r(ctx).Where("token_hash = ?", hash).Take(&g).Error
	return g, err
}

// InsertGate stores a new gate.
func (s *Store) InsertGate(ctx context.Context, g *Gate) error {
	g.ID = NewID()
	return s.w(ctx).Create(g).Error
}

// RevokeGate ends the gate's token for good; ErrNotFound when there is no such
// gate.
func (s *Store) RevokeGate(ctx context.Context, id ID) error {
	return changedOne(s.w(ctx).Model(&Gate{}).Where("id = ? AND deleted_at IS NULL", id).Update("revoked_at", s.Now()), ErrNotFound)
}

// SiteState is what the gates of a site were last told and under which number.
type SiteState struct {
	Site        string `gorm:"primaryKey"`
	Version     int64
	Digest      string
	GeneratedAt time.Time
}

// Passage is one decided scan, as it happened. Times are milliseconds of Unix
// time; AtMS is the effective one (the gate's where its clock could be trusted,
// else the receipt).
type Passage struct {
	ID           string // 32 lower-case hex digits
	GateID       ID
	Site         string
	ZoneID       int
	Direction    string
	Decision     string
	Reason       string
	Opened       bool
	PassID       string
	Subject      string
	BookingID    *ID
	AtMS         int64 `gorm:"column:at_ms"`
	GateTimeMS   int64 `gorm:"column:gate_time_ms"`
	ReceivedMS   int64 `gorm:"column:received_ms"`
	ClockState   string
	Online       bool
	Boot         int64
	Seq          int64
	StateVersion int64
	PrevHash     string
	Hash         string
	Flags        Strings
	StaffID      *ID
	ReasonText   string
}

// At returns the effective time in UTC.
func (p *Passage) At() time.Time { return time.UnixMilli(p.AtMS).UTC() }

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

// Visit is the stay of a subject between an entry and an exit. Times are
// milliseconds of Unix time; LeftMS is nil while it lasts.
type Visit struct {
	ID          ID
	Subject     string
	Site        string
	ZoneID      int
	EnteredMS   int64  `gorm:"column:entered_ms"`
	LeftMS      *int64 `gorm:"column:left_ms"`
	ClosedBy    string // "", scan, inferred, auto, staff
	Unconfirmed bool
	Flags       Strings
}

// Presence is one person who is inside, or was not seen leaving.
type Presence struct {
	Subject     string `gorm:"primaryKey"`
	Site        string
	ZoneID      int   // the innermost
	SinceMS     int64 `gorm:"column:since_ms"`
	Unconfirmed bool
	SafeAt      *time.Time
}
