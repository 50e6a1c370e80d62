package booking

import (
	"context"
	"fmt"
	"time"

	"kyoten/models"
)

// alteration is a booking that somebody is about to change, locked, and what is
// to be done about the change when it is stored.
type alteration struct {
	tx        *models.Store
	cat       *models.Catalogue
	by        models.Principal
	now       time.Time
	booking   *models.Booking
	organizer *models.Member
	before    []models.SpaceClaim // what the booking held

	action    string            // for the audit log; "" = nothing was changed
	told      models.NoticeKind // to the organizer, "" = nothing
	guests    models.NoticeKind // to the guests, "" = nothing
	reason    string            // what the notices give as the reason
	revoke    bool              // the passes are void
	passes    bool              // and new ones are written
	invisible bool              // of no concern to calendars: the sequence stays
	unheard   bool              // a mere hold was dropped: webhooks never heard of it
}

// alter locks a booking that the caller may change, lets fn change it, and stores
// the result with its audit entry, passes and notices. ErrNotFound comes first,
// then what fn refuses.
func (s *Service) alter(ctx context.Context, by models.Principal, id models.ID, fn func(*alteration) error) (Record, error) {
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return Record{}, err
	}
	var out Record
	err = s.store.InTx(ctx, func(tx *models.Store) error {
		b, err := tx.LockBooking(ctx, id)
		if err := readable(cat, by, &b, err); err != nil {
			return err
		}
		organizer, err := organizerOf(ctx, tx, by, &b)
		if err != nil {
			return err
		}
		a := &alteration{tx: tx, cat: cat, by: by, now: s.present(), booking: &b, organizer: organizer, before: heldBy(&b)}
		if err := fn(a); err != nil {
			return err
		}
		if a.action != "" {
			if err := a.store(ctx); err != nil {
				return err
			}
		}
		out = show(cat, by, b, organizer)
		return nil
	})
	return out, err
}

// store writes the booking and all that follows from the change. What it gives
// back goes to the first in line in the same transaction.
func (a *alteration) store(ctx context.Context) error {
	if !a.invisible {
		a.booking.Sequence++
	}
	if err := a.tx.SaveBooking(ctx, a.booking); err != nil {
		return err
	}
	if err := a.follow(ctx); err != nil {
		return err
	}
	return offerFreed(ctx, a.tx, a.cat, a.now, freed(a.before, a.booking))
}

// follow writes what follows from a change that is stored already.
func (a *alteration) follow(ctx context.Context) error {
	b := a.booking
	if a.revoke {
		if err := a.tx.RevokeBookingPasses(ctx, b.ID); err != nil {
			return fmt.Errorf("revoke passes: %w", err)
		}
	}
	if a.passes {
		if err := a.tx.InsertBookingPasses(ctx, a.cat, b, a.organizer); err != nil {
			return fmt.Errorf("write passes: %w", err)
		}
	}
	if err := a.tx.AuditSaid(ctx, a.by, a.action, "booking", b.ID.String(), b.Spaces[0].Site, b.AuditData(), a.reason); err != nil {
		return err
	}
	if !a.unheard {
		if err := a.tx.AnnounceChanges(ctx, a.cat, a.action, b); err != nil {
			return fmt.Errorf("tell webhooks: %w", err)
		}
	}
	return a.tell(ctx)
}

func (a *alteration) tell(ctx context.Context) error {
	notice := models.NewBookingNotice(a.cat, a.booking, a.organizer)
	notice.Reason = a.reason
	if a.told != "" {
		if err := a.tx.TellOrganizer(ctx, a.told, a.booking, a.organizer, notice); err != nil {
			return fmt.Errorf("tell organizer: %w", err)
		}
	}
	if a.guests == models.NoticeGuestInvited || a.guests == models.NoticeGuestChanged {
		if err := mayWrite(ctx, a.tx, a.by, a.organizer, a.booking); err != nil {
			return err
		}
	}
	if a.guests != "" {
		if err := a.tx.TellGuests(ctx, a.guests, a.booking, a.organizer, notice); err != nil {
			return fmt.Errorf("tell guests: %w", err)
		}
	}
	return nil
}

// plan returns the plan whose rules hold for the booking.
func (a *alteration) plan() (*models.Plan, error) {
	plan, err := a.cat.PlanOf(a.organizer)
	if err != nil {
		return nil, fmt.Errorf("find plan of member: %w", err)
	}
	return plan, nil
}

// present is now, as it is stored.
func (s *Service) present() time.Time { return s.now().UTC().Truncate(time.Second) }
