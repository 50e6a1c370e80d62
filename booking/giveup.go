package booking

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"kyoten/internal/fault"
	"kyoten/models"
)

// ErrNoFixedSeat means that the space is nobody's fixed seat, so that there is
// nothing to give up.
var ErrNoFixedSeat = fault.New(fault.Invalid, "no_fixed_seat", "the space is nobody's fixed seat")

// mayGiveUp reports whether the principal may give up a fixed seat for a while:
// its owner, the desk of its site, administrators, and the managers of its
// company.
func mayGiveUp(by models.Principal, s *models.Space) bool {
	return by.Is(*s.OwnerID) || by.Runs(s.Site) || by.Manages(s.Company())
}

// fixedSeat returns a fixed seat that the caller may give up.
func fixedSeat(cat *models.Catalogue, by models.Principal, id models.ID) (*models.Space, error) {
	space, err := cat.Space(id)
	switch {
	case err != nil || !by.SeesSpace(space):
		return nil, models.ErrNotFound
	case space.OwnerID == nil:
		return nil, ErrNoFixedSeat
	case !mayGiveUp(by, space):
		return nil, models.ErrForbidden
	}
	return space, nil
}

// GiveUp lets others book a fixed seat from one instant to another. Whoever
// waits for it gets it offered at once.
func (s *Service) GiveUp(ctx context.Context, by models.Principal, space models.ID, from, to time.Time) (models.GiveUp, error) {
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return models.GiveUp{}, err
	}
	seat, err := fixedSeat(cat, by, space)
	if err != nil {
		return models.GiveUp{}, err
	}
	period, err := s.giveUpPeriod(from, to)
	switch {
	case err != nil:
		return models.GiveUp{}, err
	case len(cat.GiveUps(seat.ID)) >= maxGiveUps:
		return models.GiveUp{}, models.ErrOutOfRange.On("from").With("max", maxGiveUps)
	}
	g := models.GiveUp{SpaceID: seat.ID, StartsAt: period.StartsAt, EndsAt: period.EndsAt, CreatedBy: by.Member.ID}
	err = s.store.InTx(ctx, func(tx *models.Store) error {
		if err := tx.InsertGiveUp(ctx, &g); err != nil {
			return fmt.Errorf("store give-up: %w", err)
		}
		if err := auditGiveUp(ctx, tx, by, "space.give_up", seat, g); err != nil {
			return err
		}
		changed, err := tx.Catalogue(ctx) // the rules must know of it
		if err != nil {
			return err
		}
		return offerFreed(ctx, tx, changed, s.present(), []models.SpaceClaim{{SpaceID: seat.ID, Period: period}})
	})
	return g, err
}

const (
	// maxGiveUp is the longest time that is given up at once.
	maxGiveUp = 400 * 24 * time.Hour
	// maxGiveUps is how many times of one seat are given up: every server keeps all
	// of them in memory.
	maxGiveUps = 400
)

func (s *Service) giveUpPeriod(from, to time.Time) (models.Period, error) {
	period, err := models.NewPeriod(from, to)
	switch {
	case err != nil:
		return period, models.ErrEndsBeforeStart.On("to")
	case !period.EndsAt.After(s.present()):
		return period, ErrInThePast.On("to")
	case period.Length() > maxGiveUp:
		return period, models.ErrOutOfRange.On("to").With("max", maxGiveUp)
	}
	return period, nil
}

// GiveUps returns the times of a fixed seat that were given up and are not long
// past, by start, to those who may give it up.
func (s *Service) GiveUps(ctx context.Context, by models.Principal, space models.ID) ([]models.GiveUp, error) {
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	seat, err := fixedSeat(cat, by, space)
	if err != nil {
		return nil, err
	}
	return cat.GiveUps(seat.ID), nil
}

// FixedSeat is a member's own seat, with the times for which it was given up.
type FixedSeat struct {
	Space *models.Space
	Owner models.Member
	Given []GivenUp // by start; what is over is left out
}

// GivenUp is a time for which a fixed seat was given up. Taken means that others
// hold the seat within it, so that it cannot be taken back.
type GivenUp struct {
	models.GiveUp
	Taken bool
}

// FixedSeat returns a fixed seat to those who may give it up.
func (s *Service) FixedSeat(ctx context.Context, by models.Principal, id models.ID) (FixedSeat, error) {
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return FixedSeat{}, err
	}
	seat, err := fixedSeat(cat, by, id)
	if err != nil {
		return FixedSeat{}, err
	}
	out := FixedSeat{Space: seat}
	if out.Owner, err = s.store.Member(ctx, *seat.OwnerID); err != nil {
		return FixedSeat{}, fmt.Errorf("read owner of fixed seat: %w", err)
	}
	now := s.present()
	held, err := s.store.HeldByOthers(ctx, seat.ID, *seat.OwnerID, models.Period{StartsAt: now, EndsAt: now.Add(maxGiveUp)})
	if err != nil {
		return FixedSeat{}, fmt.Errorf("find bookings of the fixed seat: %w", err)
	}
	for _, g := range cat.GiveUps(seat.ID) {
		if g.EndsAt.After(now) {
			taken := slices.ContainsFunc(held, func(bs models.BookingSpace) bool {
				return g.Period().Overlaps(models.Period{StartsAt: bs.StartsAt, EndsAt: bs.EndsAt})
			})
			out.Given = append(out.Given, GivenUp{g, taken})
		}
	}
	return out, nil
}

// TakeBack ends a give-up that nobody has made use of yet; ErrSpaceTaken when
// somebody holds the seat within it.
func (s *Service) TakeBack(ctx context.Context, by models.Principal, space, id models.ID) error {
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return err
	}
	seat, err := fixedSeat(cat, by, space)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(cat.GiveUps(space), func(g models.GiveUp) bool { return g.ID == id })
	if i < 0 {
		return models.ErrNotFound
	}
	g := cat.GiveUps(space)[i]
	return s.store.InTx(ctx, func(tx *models.Store) error {
		if _, err := tx.Lock(ctx, models.Locks{Spaces: []models.ID{space}}); err != nil {
			return fmt.Errorf("lock fixed seat: %w", err)
		}
		if err := takenByOthers(ctx, tx, seat, g.Period()); err != nil {
			return err
		}
		if err := tx.DeleteGiveUp(ctx, g.ID); errors.Is(err, models.ErrNotFound) {
			return nil // the second of two taps
		} else if err != nil {
			return fmt.Errorf("delete give-up: %w", err)
		}
		return auditGiveUp(ctx, tx, by, "space.take_back", seat, g)
	})
}

// takenByOthers refuses with what others hold of a fixed seat.
func takenByOthers(ctx context.Context, tx *models.Store, seat *models.Space, p models.Period) error {
	rows, err := tx.HeldByOthers(ctx, seat.ID, *seat.OwnerID, p)
	if err != nil {
		return fmt.Errorf("find bookings of the fixed seat: %w", err)
	}
	if len(rows) == 0 {
		return nil
	}
	refusal := &Refusal{Fault: models.ErrSpaceTaken}
	for _, r := range rows {
		refusal.Conflicts = append(refusal.Conflicts, Conflict{Space: seat.ID, StartsAt: r.StartsAt, EndsAt: r.EndsAt})
	}
	return refusal
}

func auditGiveUp(ctx context.Context, tx *models.Store, by models.Principal, action string, s *models.Space, g models.GiveUp) error {
	return tx.Audit(ctx, by, action, "space", s.ID.String(), s.Site, map[string]any{"starts_at": g.StartsAt, "ends_at": g.EndsAt})
}
