package models

import (
	"context"
	"maps"
	"time"

	"gorm.io/gorm"
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
	Problems           Strings
	SilentAt           *time.Time // an alarm was raised then, and nothing heard since
	AckedBoot          int64      // with AckedSeq: the newest event that was dealt with, stored or not
	AckedSeq           int64
	LastBoot           int64 // with LastSeq and LastHash: the newest event of its chain
	LastSeq            int64
	LastHash           string
	Run                string // of its agent: another at each start
	RunBefore          string
	RunChanges         int // lately, one soon after another
	RunReturns         int // of those, to the run before
	RunChangedAt       *time.Time
	CreatedAt          time.Time
}

// Active reports whether the gate's token may still be used.
func (g *Gate) Active() bool { return g.RevokedAt == nil && g.DeletedAt == nil }

// Enrolled reports whether a device has taken the gate's place.
func (g *Gate) Enrolled() bool { return g.TokenHash != "" }

// GateOnlineFor is how long after its last sign of life a gate counts as online.
// An agent gives one every five seconds.
const GateOnlineFor = 30 * time.Second

// Online reports whether the gate was heard of lately.
func (g *Gate) Online(now time.Time) bool {
	return g.Active() && g.LastSeenAt != nil && now.Sub(*g.LastSeenAt) <= GateOnlineFor
}

// runsApart is how long after a change of its agent's run the next one still belongs
// to it.
const runsApart = 2 * time.Minute

// Doubled reports whether two agents say they are this gate, by turns: a run that has
// ended never comes back. A heartbeat that was late on its way looks like two such
// turns, no more.
func (g *Gate) Doubled(now time.Time) bool { return g.RunReturns > 2 && g.changesRuns(now) }

// Restarting reports whether the agent keeps starting anew.
func (g *Gate) Restarting(now time.Time) bool {
	return g.RunChanges > 4 && g.changesRuns(now) && !g.Doubled(now)
}

func (g *Gate) changesRuns(now time.Time) bool {
	return g.RunChangedAt != nil && now.Sub(*g.RunChangedAt) <= runsApart
}

// GateByToken returns the gate whose token has this hash, or ErrNotFound. That it
// is still active is for the caller to see.
func (s *Store) GateByToken(ctx context.Context, hash string) (Gate, error) {
	var g Gate
	err := s.r(ctx).Where("token_hash = ?", hash).Take(&g).Error
	return g, err
}

// Gate returns a gate that was not deleted, or ErrNotFound.
func (s *Store) Gate(ctx context.Context, id ID) (Gate, error) {
	var g Gate
	err := s.r(ctx).Where("id = ? AND deleted_at IS NULL", id).Take(&g).Error
	return g, err
}

// LockGate takes the gate's row until the transaction ends, deleted or not.
func (s *Store) LockGate(ctx context.Context, id ID) (Gate, error) {
	var g Gate
	err := s.lock(ctx).Where("id = ?", id).Take(&g).Error
	return g, err
}

// GateByEnrolment returns the gate whose enrolment code has this hash, locked
// until the transaction ends, or ErrNotFound.
func (s *Store) GateByEnrolment(ctx context.Context, hash string) (Gate, error) {
	var g Gate
	err := s.lock(ctx).Where("enrolment_hash = ?", hash).Take(&g).Error
	return g, err
}

// GateEnds counts what has ended a gate's token on this server: who remembers gates
// forgets them when it grows.
func (s *Store) GateEnds() int64 { return s.gateEnds.Load() }

func (s *Store) endsGate() { s.AfterCommit(func() { s.gateEnds.Add(1) }) }

// EnrolGate gives a gate its token and uses its enrolment code up.
func (s *Store) EnrolGate(ctx context.Context, id ID, tokenHash string) error {
	s.endsGate()
	return changedOne(s.w(ctx).Model(&Gate{}).Where("id = ? AND enrolment_used_at IS NULL", id).
		Updates(map[string]any{"token_hash": tokenHash, "enrolment_used_at": s.Now(), "last_seen_at": s.Now()}), ErrConflict)
}

// Gates returns the gates that were not deleted, by site and name.
func (s *Store) Gates(ctx context.Context) ([]Gate, error) {
	var rows []Gate
	err := s.r(ctx).Where("deleted_at IS NULL").Order("site, name, id").Find(&rows).Error
	return rows, err
}

// InsertGate stores a new gate.
func (s *Store) InsertGate(ctx context.Context, g *Gate) error {
	g.ID = NewID()
	return s.w(ctx).Create(g).Error
}

// RenewEnrolment stores a new enrolment code, and that the gate is not revoked.
func (s *Store) RenewEnrolment(ctx context.Context, g *Gate) error {
	s.endsGate()
	return changedOne(s.w(ctx).Model(&Gate{}).Where("id = ?", g.ID).
		Select("token_hash", "enrolment_hash", "enrolment_expires_at", "enrolment_used_at", "revoked_at").Updates(g), ErrNotFound)
}

// RevokeGate ends the gate's token for good; ErrNotFound when there is no such
// gate.
func (s *Store) RevokeGate(ctx context.Context, id ID) error {
	s.endsGate()
	return changedOne(s.w(ctx).Model(&Gate{}).Where("id = ? AND deleted_at IS NULL", id).Update("revoked_at", s.Now()), ErrNotFound)
}

// DeleteGate takes a gate away. Its row stays, since its passages name it.
func (s *Store) DeleteGate(ctx context.Context, id ID) error {
	s.endsGate()
	return changedOne(s.w(ctx).Model(&Gate{}).Where("id = ? AND deleted_at IS NULL", id).Update("deleted_at", s.Now()), ErrNotFound)
}

// SawGate notes a sign of life of an online reader. An agent is heard of by its
// heartbeats alone (HeardGate), which say what it has yet to hand over: that it
// fetched something does not mean that we know all it did.
func (s *Store) SawGate(ctx context.Context, id ID) error {
	return s.w(ctx).Model(&Gate{}).Where("id = ? AND NOT is_agent", id).Updates(map[string]any{"last_seen_at": s.Now(), "silent_at": nil}).Error
}

// HeardGate notes what an agent says of itself.
func (s *Store) HeardGate(ctx context.Context, g *Gate) error {
	heard := map[string]any{
		"is_agent": true, "last_seen_at": s.Now(), "silent_at": nil,
		"clock_state": g.ClockState, "queue_length": g.QueueLength, "state_version": g.StateVersion, "problems": g.Problems,
	}
	if g.Run != "" {
		maps.Copy(heard, s.runOf(g.Run))
	}
	return s.w(ctx).Model(&Gate{}).Where("id = ?", g.ID).Updates(heard).Error
}

// runOf counts a change of an agent's run, in one statement with what else was heard:
// two agents are heard at once.
func (s *Store) runOf(run string) map[string]any {
	lately := s.Now().Add(-runsApart)
	return map[string]any{
		"run":            run,
		"run_before":     gorm.Expr("CASE WHEN run = ? THEN run_before ELSE run END", run),
		"run_changes":    gorm.Expr("CASE WHEN run = ? THEN run_changes WHEN run_changed_at >= ? THEN run_changes + 1 ELSE 1 END", run, lately),
		"run_changed_at": gorm.Expr("CASE WHEN run = ? THEN run_changed_at ELSE ? END", run, s.Now()),
		"run_returns": gorm.Expr(`CASE WHEN run = ? THEN run_returns
			ELSE CASE WHEN run_changed_at >= ? THEN run_returns ELSE 0 END + CASE WHEN run_before = ? THEN 1 ELSE 0 END END`, run, lately, run),
	}
}

// AdvanceGate stores how far a gate's events were dealt with.
func (s *Store) AdvanceGate(ctx context.Context, g *Gate) error {
	return s.w(ctx).Model(&Gate{}).Where("id = ?", g.ID).Select("acked_boot", "acked_seq", "last_boot", "last_seq", "last_hash").Updates(g).Error
}

// SilentGates marks the agents that nothing was heard of for the given time, and
// returns those that were not marked before, and how many there are in all.
func (s *Store) SilentGates(ctx context.Context, after time.Duration) (fresh []Gate, all int, err error) {
	since := s.Now().Add(-after)
	const silent = "is_agent AND revoked_at IS NULL AND deleted_at IS NULL AND last_seen_at < ?"
	var n int64
	if err := s.r(ctx).Model(&Gate{}).Where(silent, since).Count(&n).Error; err != nil || n == 0 {
		return nil, 0, err
	}
	err = s.w(ctx).Raw("UPDATE gates SET silent_at = ? WHERE "+silent+" AND silent_at IS NULL RETURNING *", s.Now(), since).Find(&fresh).Error
	return fresh, int(n), err
}

// mostHoursAlone is how long a gate lets people in without hearing from us where
// its zone says nothing else.
const mostHoursAlone = 72

// SitesWithGatesAway returns the sites at which somebody may have come without
// our knowing yet: an agent at a way in that is offline, or has not handed over
// all that it did. Nothing there is released as a no-show. One that has been away
// for longer than it may let anybody in does not count: it was retired, or is
// broken, and the site must not wait for it for ever.
func (s *Store) SitesWithGatesAway(ctx context.Context) (map[string]bool, error) {
	var gates []struct {
		Site         string
		LastSeenAt   time.Time
		OfflineHours int
	}
	now := s.Now()
	err := s.r(ctx).Raw(`SELECT g.site, g.last_seen_at, z.offline_hours FROM gates g JOIN zones z ON z.id = g.to_zone
		WHERE g.is_agent AND g.revoked_at IS NULL AND g.deleted_at IS NULL AND g.direction <> 'exit'
		AND (g.last_seen_at < ? OR g.queue_length > 0)`, now.Add(-GateOnlineFor)).Find(&gates).Error
	away := make(map[string]bool, len(gates))
	for _, g := range gates {
		if g.OfflineHours == 0 {
			g.OfflineHours = mostHoursAlone
		}
		if now.Sub(g.LastSeenAt) <= time.Duration(g.OfflineHours)*time.Hour {
			away[g.Site] = true
		}
	}
	return away, err
}

// GateOpening is an order of staff to open a door from afar.
type GateOpening struct {
	ID        ID
	GateID    ID
	StaffID   *ID
	Reason    string
	CreatedAt time.Time
	ExpiresAt time.Time
}

// InsertGateOpening stores a new order.
func (s *Store) InsertGateOpening(ctx context.Context, o *GateOpening) error {
	o.ID = NewID()
	return s.w(ctx).Create(o).Error
}

// GateOpenings returns the orders for a gate that have not expired, oldest first.
func (s *Store) GateOpenings(ctx context.Context, gate ID) ([]GateOpening, error) {
	var rows []GateOpening
	err := s.r(ctx).Where("gate_id = ? AND expires_at > ?", gate, s.Now()).Order("id").Find(&rows).Error
	return rows, err
}
