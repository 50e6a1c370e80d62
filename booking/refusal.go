package booking

import (
	"context"
	"errors"
	"slices"
	"time"

	"kyoten/internal/fault"
	"kyoten/models"
)

// The rules a booking can break. Their order when several are broken is the
// order of rules in policy.go.
var (
	ErrOffGrain            = fault.New(fault.Invalid, "off_grain", "start and end must lie on the space's time steps")
	ErrInThePast           = fault.New(fault.Invalid, "in_the_past", "the time has already passed")
	ErrTooLateToBook       = fault.New(fault.Invalid, "too_late_to_book", "the start is too soon to be booked")
	ErrTooFarAhead         = fault.New(fault.Invalid, "too_far_ahead", "the end is further ahead than the plan allows")
	ErrTooShort            = fault.New(fault.Invalid, "too_short", "the booking is shorter than the plan allows")
	ErrTooLong             = fault.New(fault.Invalid, "too_long", "the booking is longer than the plan allows")
	ErrSiteClosed          = fault.New(fault.Invalid, "site_closed", "a closure or a holiday lies on that time")
	ErrOutsideOpeningHours = fault.New(fault.Invalid, "outside_opening_hours", "the site is not open for all of that time")
	ErrCapacityExceeded    = fault.New(fault.Invalid, "capacity_exceeded", "there are more people than the room holds")
	ErrTooManyGuests       = fault.New(fault.Invalid, "too_many_guests", "there are more guests than the plan allows")
	ErrOverQuota           = fault.New(fault.Invalid, "over_quota", "that is more than the allowance of the week or month")
	ErrTooManyOpenBookings = fault.New(fault.Invalid, "too_many_open_bookings", "the plan allows no more open bookings")
	ErrBookingPaused       = fault.New(fault.Invalid, "booking_paused", "the member did not come too often of late and cannot book for a while")
	ErrTooManyInvitations  = fault.New(fault.Invalid, "too_many_invitations", "the member's guests were sent as many mails as go out within a day")
	ErrTooLateToCancel     = fault.New(fault.Invalid, "too_late_to_cancel", "it is too late to give that back")
	ErrHolderBusy          = fault.New(fault.Conflict, "holder_busy", "one person cannot hold two seats at one time")
)

// Refusal says no: which rule, what is in the way, and what could be booked
// instead. errors.Is looks through it at the fault.
type Refusal struct {
	Fault        *fault.Fault
	Conflicts    []Conflict    // of space_taken: when, never by whom
	Alternatives []Alternative // at most three, the nearest first, each bookable as offered
	Occurrence   *time.Time    // of a series: the start of the occurrence that was refused
}

// Error is the fault's sentence.
func (r *Refusal) Error() string { return r.Fault.Error() }

// Unwrap returns the fault.
func (r *Refusal) Unwrap() error { return r.Fault }

// Conflict is a time at which a wanted space is held by somebody.
type Conflict struct {
	Space    models.ID
	StartsAt time.Time
	EndsAt   time.Time
}

// Alternative is what could be booked instead: as long, as many spaces, of the
// same kinds, at as many sites.
type Alternative struct {
	StartsAt time.Time
	EndsAt   time.Time
	Spaces   []models.ID
}

// refuse makes what stopped a proposal the answer to whoever asked. Faults that
// are not about a rule (not found, the database is away) stay as they are.
func (s *Service) refuse(ctx context.Context, p *proposal, err error) error {
	refusal, ok := errors.AsType[*Refusal](err)
	if !ok {
		f, ok := errors.AsType[*fault.Fault](err)
		if !ok || f.Kind != fault.Invalid && f.Kind != fault.Conflict {
			return err
		}
		refusal = &Refusal{Fault: f}
	}
	if slices.ContainsFunc([]error{ErrBookingPaused, ErrTooManyInvitations, models.ErrBookingOver}, func(e error) bool { return errors.Is(err, e) }) {
		return refusal // whatever else it is
	}
	found, failed := s.alternatives(ctx, p)
	if failed != nil {
		return failed
	}
	refusal.Alternatives = found
	return refusal
}
