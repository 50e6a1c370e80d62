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
