package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"kyoten/access/entry"
	"kyoten/internal/fault"
	"kyoten/models"
)

var (
	// ErrEnrolmentUsed means that the code has made a gate already, or never
	// existed: the two give the same answer.
	ErrEnrolmentUsed = fault.New(fault.Conflict, "enrolment_code_used", "the enrolment code was used before or is not known")
	// ErrEnrolmentExpired means that the code was good for ten minutes.
	ErrEnrolmentExpired = fault.New(fault.Conflict, "enrolment_code_expired", "the enrolment code has expired")
	// ErrWrongZone means that a gate's zones are not of its site.
	ErrWrongZone = fault.New(fault.Invalid, "wrong_zone", "the zone is not one of that site")
)

// enrolmentLife is how long an enrolment code is good for (access.md).
const enrolmentLife = 10 * time.Minute

// onlineFor is how long after its last sign of life a gate counts as online.
const onlineFor = 90 * time.Second

// GateRequest describes a new gate.
type GateRequest struct {
	Site      string
	Name      string
	FromZone  *int // nil = from outside
	ToZone    int
	Direction string // entry, exit, both
	ExitOpens string // always, authentic
}

// Enrolment is a new gate and the code that makes a device it, shown once.
type Enrolment struct {
	Gate      models.Gate
	Code      string
	ExpiresAt time.Time
}

// CreateGate makes a gate and its one-time enrolment code; administrators only.
func (s *Service) CreateGate(ctx context.Context, p models.Principal, req GateRequest) (Enrolment, error) {
	if !p.Admin() {
		return Enrolment{}, models.ErrForbidden
	}
	c, err := s.store.Catalogue(ctx)
	if err != nil {
		return Enrolment{}, err
	}
	if err := req.check(c); err != nil {
		return Enrolment{}, err
	}
	code := entry.Base32(random(15))
	expires := s.store.Now().Add(enrolmentLife)
	g := models.Gate{
		Site: req.Site, Name: req.Name, FromZone: req.FromZone, ToZone: req.ToZone, Direction: req.Direction, ExitOpens: req.ExitOpens,
		EnrolmentHash: hashOf(code), EnrolmentExpiresAt: &expires,
	}
	err = s.store.InTx(ctx, func(tx *models.Store) error {
		if err := tx.InsertGate(ctx, &g); err != nil {
			return fmt.Errorf("store gate: %w", err)
		}
		return tx.Audit(ctx, p, "gate.create", "gate", g.ID.String(), g.Site, map[string]any{"to_zone": g.ToZone, "direction": g.Direction})
	})
	return Enrolment{Gate: g, Code: code, ExpiresAt: expires}, err
}

// check refuses zones that are not the site's.
func (r GateRequest) check(c *models.Catalogue) error {
	if _, err := c.Site(r.Site); err != nil {
		return models.ErrNotFound.On("site")
	}
	if z, err := c.Zone(r.ToZone); err != nil || z.Site != r.Site {
		return ErrWrongZone.On("to_zone")
	}
	if r.FromZone == nil {
		return nil
	}
	if z, err := c.Zone(*r.FromZone); err != nil || z.Site != r.Site || z.ID == r.ToZone {
		return ErrWrongZone.On("from_zone")
	}
	return nil
}

// Enrolled is what a device is told that has become a gate: its token, shown
// once, and the key with which the server signs states, to be pinned.
type Enrolled struct {
	Gate     models.Gate
	Token    string
	StateKey entry.Bytes
}

// Enrol exchanges an enrolment code for a gate's own token. A code works once.
func (s *Service) Enrol(ctx context.Context, code string) (Enrolled, error) {
	token := "kyg_" + hex.EncodeToString(random(32))
	var out Enrolled
	err := s.store.InTx(ctx, func(tx *models.Store) error {
		g, err := tx.GateByEnrolment(ctx, hashOf(entry.Normalize(code)))
		switch {
		case errors.Is(err, models.ErrNotFound), err == nil && (g.EnrolmentUsedAt != nil || !g.Active()):
			return ErrEnrolmentUsed
		case err != nil:
			return fmt.Errorf("find enrolment: %w", err)
		case !s.store.Now().Before(*g.EnrolmentExpiresAt):
			return ErrEnrolmentExpired
		}
		if err := tx.EnrolGate(ctx, g.ID, hashOf(token)); err != nil {
			return err
		}
		out = Enrolled{Gate: g, Token: token}
		return tx.Audit(ctx, models.Principal{Gate: &g}, "gate.enrol", "gate", g.ID.String(), g.Site, nil)
	})
	if err != nil {
		return Enrolled{}, err
	}
	out.StateKey, err = s.StateKey(ctx)
	return out, err
}

// StateKey returns the public key with which states are signed now.
func (s *Service) StateKey(ctx context.Context) (entry.Bytes, error) {
	v, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	return public(v.ring.state), nil
}

// Gates returns the gates of the sites the principal runs, those deleted left out.
func (s *Service) Gates(ctx context.Context, p models.Principal) ([]models.Gate, error) {
	rows, err := s.store.Gates(ctx)
	if err != nil {
		return nil, fmt.Errorf("find gates: %w", err)
	}
	out := rows[:0]
	for _, g := range rows {
		if p.Runs(g.Site) {
			out = append(out, g)
		}
	}
	return out, nil
}

// Online reports whether a gate has been heard of lately.
func (s *Service) Online(g models.Gate) bool {
	return g.Active() && g.LastSeenAt != nil && s.now().Sub(*g.LastSeenAt) < onlineFor
}

// RevokeGate ends a gate's token for good, within seconds; administrators only.
func (s *Service) RevokeGate(ctx context.Context, p models.Principal, id models.ID) (models.Gate, error) {
	return s.endGate(ctx, p, id, "gate.revoke", (*models.Store).RevokeGate)
}

// DeleteGate takes a gate away; what it has seen stays. Administrators only.
func (s *Service) DeleteGate(ctx context.Context, p models.Principal, id models.ID) error {
	_, err := s.endGate(ctx, p, id, "gate.delete", (*models.Store).DeleteGate)
	return err
}

func (s *Service) endGate(ctx context.Context, p models.Principal, id models.ID, action string, end func(*models.Store, context.Context, models.ID) error) (models.Gate, error) {
	if !p.Admin() {
		return models.Gate{}, models.ErrForbidden
	}
	var g models.Gate
	err := s.store.InTx(ctx, func(tx *models.Store) error {
		if err := end(tx, ctx, id); err != nil {
			return err
		}
		var err error
		if g, err = tx.Gate(ctx, id); err != nil {
			return err
		}
		return tx.Audit(ctx, p, action, "gate", id.String(), g.Site, nil)
	})
	return g, err
}

// Beat keeps what a gate's agent says of itself.
func (s *Service) Beat(ctx context.Context, gate models.Principal, beat entry.Heartbeat) error {
	return s.store.SeeGate(ctx, gate.Gate.ID, string(beat.ClockState), beat.QueueLength, beat.StateVersion)
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return b
}
