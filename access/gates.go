package access

import (
	"context"
	"fmt"
	"time"

	"kyoten/access/entry"
	"kyoten/internal/fault"
	"kyoten/models"
)

var (
	// ErrWrongZone means that a gate's zones are not of its site.
	ErrWrongZone = fault.New(fault.Invalid, "wrong_zone", "the zone is not one of that site")
	// ErrNotEnrolled means that no device is at the gate that could open it.
	ErrNotEnrolled = fault.New(fault.Conflict, "gate_not_enrolled", "no device was enrolled at the gate")
)

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
	code := newEnrolmentCode()
	expires := s.store.Now().Add(enrolmentLife)
	g := models.Gate{
		Site: req.Site, Name: req.Name, FromZone: req.FromZone, ToZone: req.ToZone, Direction: req.Direction, ExitOpens: req.ExitOpens,
		EnrolmentHash: hashEnrolment(code), EnrolmentExpiresAt: &expires,
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

// Quarantined returns the newest of what a gate uploaded and could not be stored, to
// those who run its site.
func (s *Service) Quarantined(ctx context.Context, p models.Principal, id models.ID) ([]models.QuarantinedEvent, error) {
	g, err := s.store.Gate(ctx, id)
	if err != nil {
		return nil, err
	}
	if !p.Runs(g.Site) {
		return nil, models.ErrForbidden
	}
	return s.store.Quarantined(ctx, id)
}

// Online reports whether a gate has been heard of lately.
func (s *Service) Online(g models.Gate) bool { return g.Online(s.store.Now()) }

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
		if g, err = tx.LockGate(ctx, id); err != nil {
			return err
		}
		site := g.Site
		tx.AfterCommit(func() { s.hub.wake(site) })
		return tx.Audit(ctx, p, action, "gate", id.String(), g.Site, nil)
	})
	return g, err
}

// openingLasts is how long an order to open a door from afar is good.
const openingLasts = 10 * time.Second

// OpenGate orders a gate to open its door once, now. What does not reach the gate
// within seconds opens nothing. ErrNotEnrolled where nobody would hear of it, since
// the record would say of a door that it opened.
func (s *Service) OpenGate(ctx context.Context, p models.Principal, id models.ID, reason string) (models.GateOpening, error) {
	var order models.GateOpening
	err := s.counting(ctx, id, func() error {
		return s.store.InTx(ctx, func(tx *models.Store) (err error) {
			order, err = s.openGate(ctx, tx, p, id, reason)
			return err
		})
	})
	return order, err
}

func (s *Service) openGate(ctx context.Context, tx *models.Store, p models.Principal, id models.ID, reason string) (models.GateOpening, error) {
	g, err := s.gateFor(ctx, tx, p, id)
	switch {
	case err != nil:
		return models.GateOpening{}, err
	case !g.Enrolled():
		return models.GateOpening{}, ErrNotEnrolled
	}
	order, err := s.orderOpening(ctx, tx, p, &g, reason)
	if err != nil {
		return order, err
	}
	row := s.staffPassage(p, g.Site, entry.OpenedByHand, reason)
	row.GateID, row.ZoneID = &g.ID, g.ToZone
	if err := tx.InsertPassages(ctx, []models.Passage{row}); err != nil {
		return order, err
	}
	return order, tx.AuditSaid(ctx, p, "gate.open", "gate", id.String(), g.Site, map[string]any{"passage": row.ID}, reason)
}

// gateFor returns a gate at a site that the principal runs.
func (s *Service) gateFor(ctx context.Context, tx *models.Store, p models.Principal, id models.ID) (models.Gate, error) {
	if !p.Admin() && !p.Staff() {
		return models.Gate{}, models.ErrForbidden
	}
	g, err := tx.Gate(ctx, id)
	switch {
	case err != nil:
		return g, err
	case !p.Runs(g.Site):
		return g, models.ErrForbidden
	case !g.Active():
		return g, models.ErrNotFound
	}
	return g, nil
}

func (s *Service) orderOpening(ctx context.Context, tx *models.Store, p models.Principal, g *models.Gate, reason string) (models.GateOpening, error) {
	order := models.GateOpening{GateID: g.ID, StaffID: memberID(p), Reason: reason, ExpiresAt: tx.Now().Add(openingLasts)}
	if err := tx.InsertGateOpening(ctx, &order); err != nil {
		return order, err
	}
	site := g.Site
	tx.AfterCommit(func() { s.hub.wake(site) })
	return order, nil
}

func memberID(p models.Principal) *models.ID {
	if p.Member == nil {
		return nil
	}
	return &p.Member.ID
}
