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

// ErrBookingsInTheWay means that a closure would lie on bookings, or a change of
// places would shut out who has booked there, and was not told to cancel them.
var ErrBookingsInTheWay = fault.New(fault.Conflict, "bookings_in_the_way", "there are bookings in that time")

// ClosureRequest asks for a time in which a site, one of its zones or one of its
// spaces cannot be used.
type ClosureRequest struct {
	Site           string
	Zone           *int
	Space          *models.ID
	StartsAt       time.Time
	EndsAt         time.Time
	Reason         string
	CancelBookings bool // those in its way, with notice
}

// Closing is a closure with the bookings that were in its way, which are
// cancelled now.
type Closing struct {
	models.Closure
	Bookings []Record
}

// InTheWay refuses a closure or a change of places and names the bookings in its way,
// by start.
type InTheWay struct {
	Fault    *fault.Fault
	Bookings []Record
}

// Error is the fault's sentence.
func (e *InTheWay) Error() string { return e.Fault.Error() }

// Unwrap returns the fault.
func (e *InTheWay) Unwrap() error { return e.Fault }

// Close stores a closure. With bookings in its way it stores nothing and returns
// an *InTheWay, unless it is to cancel them: then both happen or neither.
func (s *Service) Close(ctx context.Context, by models.Principal, req ClosureRequest) (Closing, error) {
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return Closing{}, err
	}
	closure, err := s.plannedClosure(cat, by, req)
	if err != nil {
		return Closing{}, err
	}
	return tryAgain(func() (Closing, error) { return s.closeOnce(ctx, cat, by, closure, req.CancelBookings) })
}

// plannedClosure checks who asks and for what.
func (s *Service) plannedClosure(cat *models.Catalogue, by models.Principal, req ClosureRequest) (models.Closure, error) {
	c := models.Closure{Site: req.Site, ZoneID: req.Zone, SpaceID: req.Space, Reason: req.Reason}
	if _, err := cat.Site(req.Site); err != nil {
		return c, models.ErrNotFound.On("site")
	}
	if !by.Runs(req.Site) {
		return c, models.ErrForbidden
	}
	if req.Zone != nil {
		if zone, err := cat.Zone(*req.Zone); err != nil || zone.Site != req.Site {
			return c, models.ErrNotFound.On("zone")
		}
	}
	if req.Space != nil {
		if space, err := cat.Space(*req.Space); err != nil || space.Site != req.Site {
			return c, models.ErrNotFound.On("space")
		}
	}
	period, err := models.NewPeriod(req.StartsAt, req.EndsAt)
	if err != nil {
		return c, err
	}
	if !period.EndsAt.After(s.present()) {
		return c, ErrInThePast.On("ends_at")
	}
	c.StartsAt, c.EndsAt, c.CreatedBy = period.StartsAt, period.EndsAt, &by.Member.ID
	return c, nil
}

// closeOnce locks the bookings in the way and then the spaces, as everybody does.
// A booking made between the two is seen under the lock: errAgain.
func (s *Service) closeOnce(ctx context.Context, cat *models.Catalogue, by models.Principal, c models.Closure, cancel bool) (Closing, error) {
	var spaces []models.ID
	for _, sp := range cat.SpacesOf(c) {
		spaces = append(spaces, sp.ID)
	}
	out := Closing{Closure: c}
	err := s.store.InTx(ctx, func(tx *models.Store) error {
		ids, err := tx.BookingsHolding(ctx, spaces, c.Period())
		if err != nil {
			return fmt.Errorf("find bookings in the way: %w", err)
		}
		rows, err := tx.LockBookings(ctx, ids)
		if err != nil {
			return fmt.Errorf("lock bookings in the way: %w", err)
		}
		if _, err := tx.Lock(ctx, models.Locks{Spaces: spaces}); err != nil {
			return fmt.Errorf("lock spaces: %w", err)
		}
		if now, err := tx.BookingsHolding(ctx, spaces, c.Period()); err != nil || !slices.Equal(ids, now) {
			return errors.Join(err, errAgain)
		}
		if out.Bookings, err = s.clearTheWay(ctx, tx, cat, by, rows, c.Reason, cancel); err != nil {
			return err
		}
		if err := tx.InsertClosure(ctx, &out.Closure); err != nil {
			return fmt.Errorf("store closure: %w", err)
		}
		if err := tx.AnnounceClosure(ctx, cat, &out.Closure, len(out.Bookings)); err != nil {
			return fmt.Errorf("tell webhooks: %w", err)
		}
		return tx.Audit(ctx, by, "closure.create", "closure", out.ID.String(), c.Site,
			map[string]any{"starts_at": c.StartsAt, "ends_at": c.EndsAt, "zone": c.ZoneID, "space": c.SpaceID, "cancelled": len(out.Bookings)})
	})
	return out, err
}

// clearTheWay cancels the bookings, or refuses and names them. Mere holds were
// never promised: they are dropped without a word.
func (s *Service) clearTheWay(ctx context.Context, tx *models.Store, cat *models.Catalogue, by models.Principal, rows []models.Booking, reason string, cancel bool) ([]Record, error) {
	ids := make([]models.ID, len(rows))
	for i, b := range rows {
		ids[i] = b.OrganizerID
	}
	organizers, err := tx.Members(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read organizers: %w", err)
	}
	var out []Record
	for i := range rows {
		if rows[i].Status == models.BookingHeld {
			if err := dropUnusable(ctx, tx, by, rows[i].ID); err != nil {
				return nil, err
			}
			continue
		}
		organizer := organizers[rows[i].OrganizerID]
		if cancel {
			a := &alteration{tx: tx, cat: cat, by: by, now: s.present(), booking: &rows[i], organizer: &organizer}
			if err := a.closeOut(ctx, reason); err != nil {
				return nil, err
			}
		}
		out = append(out, show(cat, by, rows[i], &organizer))
	}
	slices.SortStableFunc(out, func(a, b Record) int { return a.StartsAt.Compare(b.StartsAt) })
	if !cancel && len(out) > 0 {
		return nil, &InTheWay{Fault: ErrBookingsInTheWay.With("number", len(out)), Bookings: out}
	}
	return out, nil
}

// dropUnusable ends a hold, locked with its spaces, because its place is closed or
// given away. Whom it was offered to is in line again.
func dropUnusable(ctx context.Context, tx *models.Store, by models.Principal, hold models.ID) error {
	w, err := tx.WishOf(ctx, hold)
	if err == nil {
		w, err = tx.LockWish(ctx, w.ID)
	}
	switch {
	case errors.Is(err, models.ErrNotFound): // a hold of a form
	case err != nil:
		return fmt.Errorf("find wish of offer: %w", err)
	case w.State == models.WishOffered:
		w.State, w.BookingID, w.OfferExpiresAt = models.WishWaiting, nil, nil
		if err := saveWish(ctx, tx, by, "waitlist.withdraw", &w); err != nil {
			return err
		}
	}
	if err := tx.DropHold(ctx, hold); err != nil {
		return fmt.Errorf("take hold away: %w", err)
	}
	return nil
}

// closeOut cancels a booking because of a closure, whatever the limits say.
func (a *alteration) closeOut(ctx context.Context, reason string) error {
	a.cancelled("booking.cancel", reason)
	a.told = models.NoticeClosureCancelled
	if err := a.booking.Cancel(a.now); err != nil {
		return err
	}
	return a.store(ctx)
}
