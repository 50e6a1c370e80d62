package models

import (
	"context"
	"time"

	"gorm.io/gorm/clause"
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

// Gate returns a gate, deleted ones too, or ErrNotFound.
func (s *Store) Gate(ctx context.Context, id ID) (Gate, error) {
	var g Gate
	err := s.r(ctx).Where("id = ?", id).Take(&g).Error
	return g, err
}

// Gates returns all gates that were not deleted, by site and name.
func (s *Store) Gates(ctx context.Context) ([]Gate, error) {
	var rows []Gate
	err := s.r(ctx).Where("deleted_at IS NULL").Order("site, name, id").Find(&rows).Error
	return rows, err
}

// GateByEnrolment returns the gate whose enrolment code has this hash, locked
// until the transaction ends, or ErrNotFound.
func (s *Store) GateByEnrolment(ctx context.Context, hash string) (Gate, error) {
	var g Gate
	err := s.w(ctx).Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("enrolment_hash = ?", hash).Take(&g).Error
	return g, err
}

// EnrolGate gives a gate its token and uses its enrolment code up.
func (s *Store) EnrolGate(ctx context.Context, id ID, tokenHash string) error {
	return changedOne(s.w(ctx).Model(&Gate{}).Where("id = ? AND enrolment_used_at IS NULL", id).
		Updates(map[string]any{"token_hash": tokenHash, "enrolment_used_at": s.Now(), "last_seen_at": s.Now()}), ErrConflict)
}

// DeleteGate takes a gate away and ends its token; ErrNotFound when it is not
// there or was deleted before.
func (s *Store) DeleteGate(ctx context.Context, id ID) error {
	return changedOne(s.w(ctx).Model(&Gate{}).Where("id = ? AND deleted_at IS NULL", id).Update("deleted_at", s.Now()), ErrNotFound)
}

// SeeGate keeps what a gate's agent says of itself.
func (s *Store) SeeGate(ctx context.Context, id ID, clockState string, queue int, stateVersion int64) error {
	return s.w(ctx).Model(&Gate{}).Where("id = ?", id).Updates(map[string]any{
		"is_agent": true, "last_seen_at": s.Now(), "clock_state": clockState, "queue_length": queue, "state_version": stateVersion,
	}).Error
}
