package models

import (
	"context"
	"errors"
	"slices"
	"time"
)

// PassKind is why somebody may enter.
type PassKind string

// The kinds of pass.
const (
	PassBooking  PassKind = "booking"  // for the time of one booking at one site, with grace
	PassStanding PassKind = "standing" // without a booking, at most 7 days, renewed
	PassIdentity PassKind = "identity" // says who it is; opens only with a booking or a walk-in
)

// The flags of a pass, as they stand in a code (access.md).
const (
	FlagOneEntry     = 1
	FlagGuest        = 2
	FlagHostRequired = 4
	FlagStaff        = 8
	FlagLiveRequired = 16
)

// Pass is the right of one holder to be in one or two zones of a site for a
// time. Its row is written with what gives the right; it is signed and drawn
// when the code is shown.
type Pass struct {
	ID        string // 16 lower-case hex digits, random
	Kind      PassKind
	Live      bool
	DeviceKey string // of a live pass: the phone's public key, base64url
	Subject   string // 16 lower-case hex digits; see Subject
	MemberID  *ID
	GuestID   *ID
	BookingID *ID
	Site      string
	CompanyID int // 0 = none
	Flags     int
	ZoneA     int
	ZoneB     int // 0, or greater than ZoneA
	NotBefore time.Time
	NotAfter  time.Time // exclusive
	Position  int       // among the passes a holder has for one booking and site: 0 is the one to show
	RevokedAt *time.Time
	CreatedAt time.Time
}

// Over reports whether the pass opens nothing any more.
func (p *Pass) Over(now time.Time) bool { return p.RevokedAt != nil || !now.Before(p.NotAfter) }

// HolderID returns the id of who holds the pass, a member or a guest.
func (p *Pass) HolderID() ID {
	switch {
	case p.MemberID != nil:
		return *p.MemberID
	case p.GuestID != nil:
		return *p.GuestID
	}
	return ID{}
}

// Subject is the opaque handle of a holder in codes and passages. It lasts at
// most 90 days. The row is the only link from passages to a person: erasing it
// makes them nobody's and leaves their chains intact.
type Subject struct {
	Subject   string `gorm:"primaryKey"`
	MemberID  *ID
	GuestID   *ID
	Name      string // of somebody admitted by hand without an account
	Moves     int64  // raised by every passage that counts for presence; see Store.MoveSubject
	CreatedAt time.Time
	ExpiresAt time.Time
}

// SubjectLife is how long a subject is given to the holder's passes (access.md,
// "Privacy").
const SubjectLife = 90 * 24 * time.Hour

// SubjectOf returns the subject of a member that is good until the given
// instant, making one where there is none.
func (s *Store) SubjectOf(ctx context.Context, member ID, until time.Time) (string, error) {
	var row Subject
	err := s.r(ctx).Where("member_id = ? AND expires_at >= ?", member, until).Order("expires_at DESC").Take(&row).Error
	if err == nil || !errors.Is(err, ErrNotFound) {
		return row.Subject, err
	}
	return s.insertSubject(ctx, Subject{MemberID: &member}, until)
}

// newSubject returns a new subject that lasts SubjectLife, or to until where that
// is later (a pass never outlives its subject).
func (s *Store) newSubject(row Subject, until time.Time) Subject {
	row.Subject, row.ExpiresAt = newHandle(), later(s.Now().Add(SubjectLife), until)
	return row
}

// insertSubject stores a new subject (newSubject).
func (s *Store) insertSubject(ctx context.Context, row Subject, until time.Time) (string, error) {
	row = s.newSubject(row, until)
	return row.Subject, s.w(ctx).Create(&row).Error
}

// InsertVisitor returns a new subject for somebody without an account, known by
// name alone.
func (s *Store) InsertVisitor(ctx context.Context, name string) (string, error) {
	return s.insertSubject(ctx, Subject{Name: name}, s.Now())
}

// InsertBookingPasses writes the pass rows of a booking, in its transaction: for
// the organizer one per site, for each guest one per site. A pass holds two
// zones; a booking over more of them has several, the one for its first space
// first.
func (s *Store) InsertBookingPasses(ctx context.Context, c *Catalogue, b *Booking, organizer *Member) error {
	subject, err := s.SubjectOf(ctx, organizer.ID, b.EndsAt)
	if err != nil {
		return err
	}
	subjects, passes := s.guestPasses(c, b, b.Guests)
	passes = append(organizerPasses(c, b, organizer, subject), passes...)
	return s.insertTogether(ctx, subjects, passes)
}

// InsertGuestPasses writes the passes of guests invited to a booking that has
// its own already, and returns them.
func (s *Store) InsertGuestPasses(ctx context.Context, c *Catalogue, b *Booking, guests ...Guest) ([]Pass, error) {
	subjects, passes := s.guestPasses(c, b, guests)
	return passes, s.insertTogether(ctx, subjects, passes)
}

// organizerPasses returns the passes of who booked, the office of their company
// included where the site has one.
func organizerPasses(c *Catalogue, b *Booking, organizer *Member, subject string) []Pass {
	var passes []Pass
	for _, site := range b.Sites() {
		p := bookingPass(c, b, site)
		p.Subject, p.MemberID, p.CompanyID = subject, &organizer.ID, organizer.Company()
		zones := zonesOf(c, b, site)
		if office := c.OfficeZone(organizer.Company(), site); office != 0 && !slices.Contains(zones, office) {
			zones = append(zones, office)
		}
		passes = append(passes, spread(p, zones)...)
	}
	return passes
}

// guestPasses returns new subjects and passes for guests of a booking.
func (s *Store) guestPasses(c *Catalogue, b *Booking, guests []Guest) ([]Subject, []Pass) {
	var subjects []Subject
	var passes []Pass
	for i := range guests {
		subject := s.newSubject(Subject{GuestID: &guests[i].ID}, b.EndsAt)
		subjects = append(subjects, subject)
		for _, site := range b.Sites() {
			p := bookingPass(c, b, site)
			p.Subject, p.GuestID, p.Flags = subject.Subject, &guests[i].ID, FlagGuest
			zones := zonesOf(c, b, site)
			if slices.ContainsFunc(zones, func(z int) bool { return c.ZoneCompany(z) != 0 }) {
				p.Flags |= FlagHostRequired
			}
			passes = append(passes, spread(p, zones)...)
		}
	}
	return subjects, passes
}

// bookingPass returns what all passes of a booking at a site share.
func bookingPass(c *Catalogue, b *Booking, slug string) Pass {
	site := c.sites[slug]
	return Pass{
		Kind: PassBooking, BookingID: &b.ID, Site: slug,
		NotBefore: b.StartsAt.Add(-site.EarlyGrace()), NotAfter: b.EndsAt.Add(site.LateGrace()),
	}
}

// zonesOf returns the zones of a booking's spaces at a site, the first space's
// first.
func zonesOf(c *Catalogue, b *Booking, site string) []int {
	var zones []int
	for _, bs := range b.At(site) {
		if z := c.spaces[bs.SpaceID].ZoneID; !slices.Contains(zones, z) {
			zones = append(zones, z)
		}
	}
	return zones
}

// spread makes as many passes of p as the zones need, two to each.
func spread(p Pass, zones []int) []Pass {
	var out []Pass
	for pair := range slices.Chunk(zones, 2) {
		one := p
		one.ID, one.Position, one.ZoneA = newPassID(p.Kind), len(out), pair[0]
		if len(pair) == 2 {
			one.ZoneA, one.ZoneB = min(pair[0], pair[1]), max(pair[0], pair[1])
		}
		out = append(out, one)
	}
	return out
}

// RevokeBookingPasses takes back the passes of a booking that was cancelled or
// moved in time.
func (s *Store) RevokeBookingPasses(ctx context.Context, booking ID) error {
	return s.w(ctx).Model(&Pass{}).Where("booking_id = ? AND revoked_at IS NULL", booking).
		Update("revoked_at", s.Now()).Error
}

// RenewHolderPasses takes back the passes of who held a booking and writes those
// of who holds it now. Guests keep theirs.
func (s *Store) RenewHolderPasses(ctx context.Context, c *Catalogue, b *Booking, organizer *Member) error {
	err := s.w(ctx).Model(&Pass{}).Where("booking_id = ? AND guest_id IS NULL AND revoked_at IS NULL", b.ID).
		Update("revoked_at", s.Now()).Error
	if err != nil {
		return err
	}
	subject, err := s.SubjectOf(ctx, organizer.ID, b.EndsAt)
	if err != nil {
		return err
	}
	return s.insertTogether(ctx, organizerPasses(c, b, organizer, subject))
}
