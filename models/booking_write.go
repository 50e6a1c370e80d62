package models

import (
	"context"
	"fmt"
	"time"
)

// complete fills in what a new booking and its rows are known by.
func (b *Booking) complete(now time.Time) {
	b.ID, b.Reference, b.Version, b.RemindAt = NewID(), newReference(), 1, b.nextReminder(now)
	for i := range b.Spaces {
		sp := &b.Spaces[i]
		sp.BookingID, sp.Position = b.ID, i
		sp.Long = sp.EndsAt.Sub(sp.StartsAt) > 24*time.Hour
	}
	for i := range b.Guests {
		b.Guests[i].ID, b.Guests[i].BookingID = NewID(), b.ID
	}
}

// InsertBooking stores a new booking with its spaces and guests. It fills in
// ids, the reference and the first version. ErrSpaceTaken when the guard of the
// database refuses a space.
func (s *Store) InsertBooking(ctx context.Context, b *Booking) error {
	b.complete(s.Now())
	row := []Booking{*b}
	if err := s.insertTogether(ctx, row, b.Spaces, b.Guests); err != nil {
		return err
	}
	b.CreatedAt, b.UpdatedAt = row[0].CreatedAt, row[0].UpdatedAt
	return s.spacesChanged(ctx, b.Spaces...)
}

// NewReservation is a booking with all that is stored beside it.
type NewReservation struct {
	Booking   *Booking
	Organizer *Member
	Subject   string // the organizer's handle (Standing), "" = make one
	By        Principal
	Reason    string // why somebody books for another, "" = not said
	Last      bool   // nothing else is left to do but to commit, which may then fail in place of this
}

// InsertReservation stores new bookings and what comes with each: passes, the
// audit entry, and the notices to the organizer and the guests, unless it is only
// held. ErrSpaceTaken when the guard of the database refuses a space.
func (s *Store) InsertReservation(ctx context.Context, c *Catalogue, all ...NewReservation) error {
	rows := &reservationRows{}
	insert := s.insertLater
	for _, r := range all {
		if err := s.addReservation(rows, c, r); err != nil {
			return err
		}
		if err := s.addNotices(rows, c, r); err != nil {
			return err
		}
		if !r.Last {
			insert = s.insertTogether
		}
	}
	err := insert(ctx, rows.bookings, rows.spaces, rows.guests, rows.passes, rows.audit, rows.notices)
	if err == nil { // apart, so that the text above, whose plan the database keeps, does not depend on how many are new
		err = s.insertLater(ctx, rows.subjects, rows.deliveries)
	}
	for i, r := range all {
		r.Booking.CreatedAt, r.Booking.UpdatedAt = rows.bookings[i].CreatedAt, rows.bookings[i].UpdatedAt
	}
	if err == nil {
		err = s.spacesChanged(ctx, rows.spaces...)
	}
	return err
}

// reservationRows are the rows stored with new bookings.
type reservationRows struct {
	bookings []Booking
	spaces   []BookingSpace
	guests   []Guest
	subjects []Subject
	passes   []Pass
	audit    []AuditEntry
	notices  []Notice

	deliveries []Delivery
}

// addReservation adds the rows of one booking.
func (s *Store) addReservation(rows *reservationRows, c *Catalogue, r NewReservation) error {
	b := r.Booking
	b.complete(s.Now())
	rows.bookings, rows.spaces, rows.guests = append(rows.bookings, *b), append(rows.spaces, b.Spaces...), append(rows.guests, b.Guests...)
	if b.Status == BookingConfirmed {
		s.addPasses(rows, c, r)
	}
	action := "booking.create"
	if b.Status == BookingHeld {
		action = "booking.hold"
	}
	data := b.AuditData()
	personal, err := say(data, r.Reason)
	if err != nil {
		return fmt.Errorf("write words of audit entry: %w", err)
	}
	entry, err := s.auditEntry(r.By, action, "booking", b.ID.String(), b.Spaces[0].Site, data)
	entry.Personal = personal
	rows.audit = append(rows.audit, entry)
	if err != nil || b.Status == BookingHeld {
		return err
	}
	deliveries, err := s.deliveriesOf(c, bookingHappening(HookBookingCreated, b))
	rows.deliveries = append(rows.deliveries, deliveries...)
	return err
}

func (s *Store) addPasses(rows *reservationRows, c *Catalogue, r NewReservation) {
	if r.Subject == "" {
		subject := s.newSubject(Subject{MemberID: &r.Organizer.ID}, r.Booking.EndsAt)
		rows.subjects, r.Subject = append(rows.subjects, subject), subject.Subject
	}
	subjects, guests := s.guestPasses(c, r.Booking, r.Booking.Guests)
	rows.subjects = append(rows.subjects, subjects...)
	rows.passes = append(rows.passes, append(organizerPasses(c, r.Booking, r.Organizer, r.Subject), guests...)...)
}

// addNotices adds the confirmation, and the invitations of the guests. Of what is
// only held, and of a booking that waits for approval, nothing is confirmed yet.
func (s *Store) addNotices(rows *reservationRows, c *Catalogue, r NewReservation) error {
	if r.Booking.Status == BookingHeld || r.Booking.Status == BookingPending {
		return nil
	}
	payload := NewBookingNotice(c, r.Booking, r.Organizer)
	payload.Link = pageOf(r.Booking)
	out := []Notice{toOrganizer(NoticeConfirmed, r.Booking, r.Organizer)}
	if err := s.address(payload, out); err != nil {
		return err
	}
	payload.Link = "" // a guest has no account
	for i := range r.Booking.Guests {
		g := &r.Booking.Guests[i]
		payload.Guest, payload.GuestID = g.Name, &g.ID
		one := []Notice{toGuest(NoticeGuestInvited, r.Booking, g, r.Organizer)}
		if err := s.address(payload, one); err != nil {
			return err
		}
		out = append(out, one...)
	}
	rows.notices = append(rows.notices, out...)
	return nil
}

// AuditData is what the audit log keeps of a booking: nothing personal.
func (b *Booking) AuditData() map[string]any {
	spaces := make([]ID, len(b.Spaces))
	for i, sp := range b.Spaces {
		spaces[i] = sp.SpaceID
	}
	return map[string]any{
		"starts_at": b.StartsAt, "ends_at": b.EndsAt, "spaces": spaces, "organizer": b.OrganizerID, "status": b.Status, "guests": len(b.Guests),
	}
}
