package models

import (
	"slices"
	"time"

	"kyoten/internal/fault"
)

var (
	// ErrSpaceTaken means that a space is already booked for part of the time. The
	// database says so (migrations/00002_bookings.sql), whoever asked.
	ErrSpaceTaken = fault.New(fault.Conflict, "space_taken", "the space is already booked for part of that time")
	// ErrBookingOver means that nothing about the booking can be changed any more.
	ErrBookingOver = fault.New(fault.Invalid, "booking_over", "the booking is over")
	// ErrNotYet means that it is too early to check in.
	ErrNotYet = fault.New(fault.Invalid, "not_yet", "it is too early to check in")
	// ErrTooLate means that the booking can no longer be checked in or out.
	ErrTooLate = fault.New(fault.Invalid, "too_late", "it is too late for that")
)

// BookingStatus is how far a booking, or one space of it, has come.
type BookingStatus string

// The statuses. Held is a short hold while a form is filled in or an offer of
// the waitlist: it keeps others out, and nobody but its holder sees it.
const (
	BookingHeld      BookingStatus = "held"
	BookingPending   BookingStatus = "pending_approval"
	BookingConfirmed BookingStatus = "confirmed"
	BookingCheckedIn BookingStatus = "checked_in"
	BookingCompleted BookingStatus = "completed"
	BookingCancelled BookingStatus = "cancelled"
	BookingNoShow    BookingStatus = "no_show"
	BookingRejected  BookingStatus = "rejected"
)

// Holds reports whether the status keeps others out of the space.
func (s BookingStatus) Holds() bool {
	switch s {
	case BookingHeld, BookingPending, BookingConfirmed, BookingCheckedIn:
		return true
	}
	return false
}

// Booking reserves one or more spaces, at one or more sites, for one member and
// one period: all of them or none.
//
// At any instant a space is held by at most one booking. The database enforces
// that; booking.Service gives the friendly answer first.
type Booking struct {
	ID          ID
	Reference   string // what people read out, unique
	Title       string
	Status      BookingStatus
	StartsAt    time.Time
	EndsAt      time.Time
	OrganizerID ID
	CreatedBy   ID   // differs from OrganizerID when booked on behalf
	CompanyID   *int // the organizer's company when it was booked
	SeriesID    *ID
	JoinURL     string
	ExpiresAt   *time.Time // of a hold
	RemindAt    *time.Time // when the organizer is next reminded; see reminder.go
	Version     int        // raised by every change; the ETag
	Sequence    int        // raised by changes guests care about; iCalendar's SEQUENCE
	CreatedAt   time.Time
	UpdatedAt   time.Time
	EndedAt     *time.Time // cancelled, checked out or released then

	Spaces []BookingSpace `gorm:"-"` // in the order they were asked for
	Guests []Guest        `gorm:"-"`
}

// BookingSpace is one space of a booking, with the time it is held for and how
// far it has come: rooms of a linked meeting stand for themselves.
type BookingSpace struct {
	BookingID   ID
	SpaceID     ID
	Site        string
	Kind        Kind
	StartsAt    time.Time
	EndsAt      time.Time // of the hold: with the buffer, or cut short
	Active      bool      // what the overlap guard looks at
	Status      BookingStatus
	CheckedInAt *time.Time
	ReleaseAt   *time.Time // when it is released unless checked in
	ExpiresAt   *time.Time // when a hold, or a request nobody approved, stops keeping others out
	Long        bool       // lasts over a day; see migrations/00002_bookings.sql
	Position    int
}

// Guest is somebody invited to a booking: a name and a mail address, no account.
type Guest struct {
	ID        ID
	BookingID ID
	Name      string
	Email     string
	ArrivedAt *time.Time
	RemovedAt *time.Time
	CreatedAt time.Time
}

// Period returns the time the booking is for.
func (b *Booking) Period() Period { return Period{b.StartsAt, b.EndsAt} }

// At returns the spaces of the booking at a site.
func (b *Booking) At(site string) []BookingSpace {
	var out []BookingSpace
	for _, s := range b.Spaces {
		if s.Site == site {
			out = append(out, s)
		}
	}
	return out
}

// Sites returns the sites of the booking in the order of its spaces.
func (b *Booking) Sites() []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range b.Spaces {
		if !seen[s.Site] {
			seen[s.Site] = true
			out = append(out, s.Site)
		}
	}
	return out
}

// StatusAt returns what a reader is told at now: a booking whose end has passed
// is completed, unless it still waits to be found a no-show (a gate of the site
// is offline, and may know better). The stored status follows later
// (CompleteOver), so that no reader depends on its being on time.
func (b *Booking) StatusAt(now time.Time) BookingStatus {
	if b.Status == BookingConfirmed && slices.ContainsFunc(b.Spaces, BookingSpace.awaits) {
		return b.Status
	}
	return statusAt(b.Status, b.EndsAt, now)
}

// StatusAt is Booking.StatusAt for one space.
func (s *BookingSpace) StatusAt(end, now time.Time) BookingStatus {
	if s.awaits() {
		return s.Status
	}
	return statusAt(s.Status, end, now)
}

// awaits reports whether the space is released unless somebody comes.
func (s BookingSpace) awaits() bool {
	return s.Active && s.Status == BookingConfirmed && s.ReleaseAt != nil
}

func statusAt(s BookingStatus, end, now time.Time) BookingStatus {
	if !now.Before(end) && (s == BookingConfirmed || s == BookingCheckedIn) {
		return BookingCompleted
	}
	return s
}

// Over reports whether nothing about the booking can be changed any more at now.
func (b *Booking) Over(now time.Time) bool { return !b.Status.Holds() || !now.Before(b.EndsAt) }

// LongestBooking is how long a booking may last at most, whatever a plan says: the
// database holds to it (with a day for a buffer), and so a search for what is in
// the way need not look back further.
const LongestBooking = 31 * 24 * time.Hour
