package booking

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"kyoten/internal/fault"
	"kyoten/models"
)

// Invited is a guest who was added to a booking, with the passes they get.
type Invited struct {
	models.Guest
	Passes []models.Pass
}

// invites reports whether the guests of a booking know of it, and have passes as
// its holder has: not before it is sure, nor when it is asked for anew.
func invites(b *models.Booking) bool {
	return b.Status == models.BookingConfirmed || b.Status == models.BookingCheckedIn
}

// The most mails that invite guests to one member's bookings, or tell them of a
// change, within a day: enough for a large meeting that is moved, and an end to what
// strangers can be bothered with.
const (
	mailsADay    = 1000
	mailsToGuest = 100 // to one address
)

// mayWrite refuses more mails to guests than that. The desk answers for what it
// does, and that something is off guests are always told.
func mayWrite(ctx context.Context, tx *models.Store, by models.Principal, organizer *models.Member, bookings ...*models.Booking) error {
	addresses := map[string]bool{}
	for _, b := range bookings {
		for _, g := range b.Guests {
			addresses[strings.ToLower(g.Email)] = true
		}
	}
	if len(addresses) == 0 || !by.SignedIn() || by.Staff() || by.Admin() {
		return nil
	}
	sent, err := tx.MailsToGuests(ctx, organizer.ID, tx.Now().Add(-24*time.Hour))
	if err != nil {
		return fmt.Errorf("count mails to guests: %w", err)
	}
	all := len(addresses)
	for address, n := range sent {
		all += n
		if addresses[address] && n >= mailsToGuest {
			return ErrTooManyInvitations.With("to_one", mailsToGuest)
		}
	}
	if all > mailsADay {
		return ErrTooManyInvitations.With("limit", mailsADay)
	}
	return nil
}

// AddGuest invites one more guest to a booking. Whose holder may not book invites
// nobody either.
func (s *Service) AddGuest(ctx context.Context, by models.Principal, id models.ID, who Invitation) (Invited, error) {
	var out Invited
	_, err := s.alter(ctx, by, id, func(a *alteration) error {
		b := a.booking
		if err := who.check(""); err != nil {
			return err
		}
		if a.cat.Barred(a.organizer) {
			return models.ErrForbidden
		}
		if err := a.roomForOneMore(); err != nil {
			return err
		}
		guest := who.guest()
		invited := *b
		invited.Guests = []models.Guest{guest}
		if invites(b) {
			if err := mayWrite(ctx, a.tx, a.by, a.organizer, &invited); err != nil {
				return err
			}
		}
		if err := a.tx.InsertGuest(ctx, b.ID, &guest); err != nil {
			return fmt.Errorf("store guest: %w", err)
		}
		out.Guest = guest
		a.action = "booking.guest_add"
		if invites(b) {
			passes, err := a.tx.InsertGuestPasses(ctx, a.cat, b, guest)
			if err != nil {
				return fmt.Errorf("write passes of guest: %w", err)
			}
			out.Passes = passes
			invited.Guests = []models.Guest{guest}
			notice := models.NewBookingNotice(a.cat, b, a.organizer)
			if err := a.tx.TellGuests(ctx, models.NoticeGuestInvited, &invited, a.organizer, notice); err != nil {
				return fmt.Errorf("invite guest: %w", err)
			}
		}
		b.Guests = append(b.Guests, guest)
		return nil
	})
	return out, err
}

// roomForOneMore judges the booking with one guest more.
func (a *alteration) roomForOneMore() error {
	b := a.booking
	p := &proposal{cat: a.cat, by: a.by, organizer: a.organizer, now: a.now, period: b.Period(), guests: len(b.Guests) + 1, old: b}
	var err error
	if p.plan, err = a.plan(); err != nil {
		return err
	}
	for _, bs := range b.Spaces {
		space, err := a.cat.Space(bs.SpaceID)
		if err != nil {
			return err
		}
		p.spaces = append(p.spaces, space)
	}
	if err := p.judge(); err != nil {
		return &Refusal{Fault: fault.From(err)}
	}
	if b.Over(a.now) {
		return models.ErrBookingOver
	}
	return nil
}

// RemoveGuest takes an invitation back, and the guest's passes with it. A guest
// for whom a seat was taken stays as long as the seat does.
func (s *Service) RemoveGuest(ctx context.Context, by models.Principal, id, guest models.ID) error {
	_, err := s.alter(ctx, by, id, func(a *alteration) error {
		b := a.booking
		i := slices.IndexFunc(b.Guests, func(g models.Guest) bool { return g.ID == guest })
		if i < 0 {
			return models.ErrNotFound
		}
		if b.Over(a.now) {
			return models.ErrBookingOver
		}
		if seatsHeld(b) > len(b.Guests) {
			return ErrHolderBusy.On("guest").Saying("guest_seat") // those who stay are fewer than their seats
		}
		uninvited := *b
		uninvited.Guests = []models.Guest{b.Guests[i]}
		if err := a.tx.RemoveGuest(ctx, guest); err != nil {
			return fmt.Errorf("remove guest: %w", err)
		}
		if invites(b) {
			notice := models.NewBookingNotice(a.cat, b, a.organizer)
			if err := a.tx.TellGuests(ctx, models.NoticeGuestCancelled, &uninvited, a.organizer, notice); err != nil {
				return fmt.Errorf("tell guest: %w", err)
			}
		}
		b.Guests = slices.Delete(b.Guests, i, i+1)
		a.action = "booking.guest_remove"
		return nil
	})
	return err
}

func seatsHeld(b *models.Booking) (n int) {
	for _, s := range b.Spaces {
		if s.Active && s.Kind == models.KindSeat {
			n++
		}
	}
	return n
}
