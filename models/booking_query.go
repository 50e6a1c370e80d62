package models

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// Booking returns a booking with its spaces and the guests that are still
// invited, or ErrNotFound.
func (s *Store) Booking(ctx context.Context, id ID) (Booking, error) {
	return s.oneBooking(ctx, s.r(ctx).Where("id = ?", id))
}

// LockBooking is Booking, and takes its row until the transaction ends. It is
// locked after its organizer and before any space; whoever changes a booking or
// its spaces holds it.
func (s *Store) LockBooking(ctx context.Context, id ID) (Booking, error) {
	return s.oneBooking(ctx, s.lock(ctx).Where("id = ?", id))
}

func (s *Store) oneBooking(ctx context.Context, query *gorm.DB) (Booking, error) {
	var b Booking
	if err := query.Take(&b).Error; err != nil {
		return b, err
	}
	rows := []Booking{b}
	err := s.fill(ctx, rows)
	return rows[0], err
}

// fill reads the spaces and guests of bookings, two queries for all of them.
func (s *Store) fill(ctx context.Context, rows []Booking) error {
	if len(rows) == 0 {
		return nil
	}
	at := make(map[ID]*Booking, len(rows))
	ids := make([]ID, 0, len(rows))
	for i := range rows {
		at[rows[i].ID] = &rows[i]
		ids = append(ids, rows[i].ID)
	}
	var spaces []BookingSpace
	if err := s.r(ctx).Where("booking_id IN ?", ids).Order("booking_id, position").Find(&spaces).Error; err != nil {
		return fmt.Errorf("read spaces of bookings: %w", err)
	}
	for _, sp := range spaces {
		at[sp.BookingID].Spaces = append(at[sp.BookingID].Spaces, sp)
	}
	var guests []Guest
	err := s.r(ctx).Where("booking_id IN ? AND removed_at IS NULL", ids).Order("booking_id, id").Find(&guests).Error
	if err != nil {
		return fmt.Errorf("read guests of bookings: %w", err)
	}
	for _, g := range guests {
		at[g.BookingID].Guests = append(at[g.BookingID].Guests, g)
	}
	return nil
}

// SpacesOfBookings returns the spaces of bookings, in their order.
func (s *Store) SpacesOfBookings(ctx context.Context, ids []ID) (map[ID][]BookingSpace, error) {
	out := make(map[ID][]BookingSpace, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	var rows []BookingSpace
	err := s.r(ctx).Where("booking_id IN ?", ids).Order("booking_id, position").Find(&rows).Error
	for _, r := range rows {
		out[r.BookingID] = append(out[r.BookingID], r)
	}
	return out, err
}

// Range is an optional bound on time: what overlaps [From, To).
type Range struct {
	From time.Time // zero = no bound
	To   time.Time
}

// maxRange is how much time a list may cover when both ends are given.
const maxRange = 400 * 24 * time.Hour

// Check refuses a range that runs backwards or is wider than can be asked for.
func (r Range) Check() error {
	switch {
	case r.From.IsZero() || r.To.IsZero():
		return nil
	case !r.From.Before(r.To):
		return ErrEndsBeforeStart.On("to")
	case r.To.Sub(r.From) > maxRange:
		return ErrOutOfRange.On("to").With("max", maxRange)
	}
	return nil
}

// BookingQuery says which bookings a reader asks for.
type BookingQuery struct {
	Range
	Page
	Reader Principal
	Site   string // "" = every site
	Mine   bool   // only those the reader holds
	Status BookingStatus
	Text   string // part of the holder's name, reading or address, or the reference
}

// Bookings returns a page of the bookings that the reader may read (ViewOf), by
// start, and the cursor of the next page, nil after the last. Holds are not among
// them. Three queries, however many there are.
func (s *Store) Bookings(ctx context.Context, q BookingQuery) ([]Booking, *Cursor, error) {
	if err := q.Check(); err != nil {
		return nil, nil, err
	}
	db := q.readable(s.r(ctx)).Where("status <> ?", BookingHeld)
	if !q.From.IsZero() {
		db = db.Where("ends_at > ? AND starts_at > ?", q.From, q.From.Add(-LongestBooking-time.Hour))
	}
	if !q.To.IsZero() {
		db = db.Where("starts_at < ?", q.To)
	}
	if q.Site != "" {
		db = db.Where("EXISTS (SELECT 1 FROM booking_spaces bs WHERE bs.booking_id = bookings.id AND bs.site = ?)", q.Site)
	}
	db = q.narrow(db)
	var rows []Booking
	if err := q.byTime(db, "starts_at", "id").Find(&rows).Error; err != nil {
		return nil, nil, err
	}
	rows, next := cut(rows, q.Limit, func(b Booking) Cursor { return AtTime(b.StartsAt, b.ID) })
	return rows, next, s.fill(ctx, rows)
}

// narrow adds what is searched for.
func (q *BookingQuery) narrow(db *gorm.DB) *gorm.DB {
	if q.Status != "" {
		db = db.Where("status = ?", q.Status)
	}
	if q.Text != "" {
		like, args := memberLike(q.Text)
		db = db.Where("(reference = ? OR organizer_id IN (SELECT id FROM members WHERE "+like+"))", append([]any{referenceIn(q.Text)}, args...)...)
	}
	return db
}

// readable is ViewOf as a condition, so that a page is never short of what the
// reader may not see.
func (q *BookingQuery) readable(db *gorm.DB) *gorm.DB {
	r := q.Reader
	switch {
	case r.Member == nil:
		return db.Where("1 = 0")
	case q.Mine || r.Member.Role == RoleMember:
		return db.Where("organizer_id = ?", r.Member.ID)
	case r.Admin():
		return db
	}
	if r.Staff() {
		return db.Where("(organizer_id = ? OR created_by = ? AND created_by <> organizer_id OR EXISTS (SELECT 1 FROM booking_spaces bs WHERE bs.booking_id = bookings.id AND bs.site IN ?))",
			r.Member.ID, r.Member.ID, r.Sites)
	}
	return db.Where("(organizer_id = ? OR company_id = ?)", r.Member.ID, r.Company())
}

// OpenBookingsOf returns, by id, the bookings of a member that are not over and
// still hold a space, those that wait for an approval or an answer included.
func (s *Store) OpenBookingsOf(ctx context.Context, member ID) ([]ID, error) {
	var ids []ID
	err := s.r(ctx).Model(&Booking{}).Where("organizer_id = ? AND ends_at > ? AND status IN ?", member, s.Now(),
		[]BookingStatus{BookingHeld, BookingPending, BookingConfirmed, BookingCheckedIn}).Order("id").Pluck("id", &ids).Error
	return ids, err
}

// HeldByMembers returns, by start, the bookings of the members that are not over and
// hold a space or wait for an approval, with their spaces and guests.
func (s *Store) HeldByMembers(ctx context.Context, members []ID) ([]Booking, error) {
	var rows []Booking
	err := s.r(ctx).Where("organizer_id IN ? AND ends_at > ? AND status IN ?", members, s.Now(),
		[]BookingStatus{BookingPending, BookingConfirmed, BookingCheckedIn}).Order("starts_at, id").Find(&rows).Error
	if err != nil {
		return nil, err
	}
	return rows, s.fill(ctx, rows)
}

// BookingsByStart returns those of the bookings that are promised or asked for, by
// start, with their spaces and guests.
func (s *Store) BookingsByStart(ctx context.Context, ids []ID) ([]Booking, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var rows []Booking
	err := s.r(ctx).Where("id IN ? AND status <> ?", ids, BookingHeld).Order("starts_at, id").Find(&rows).Error
	if err != nil {
		return nil, err
	}
	return rows, s.fill(ctx, rows)
}

// mostComing bounds how many bookings a look at all that are to come takes in.
const mostComing = 5000

// ComingBookings returns the bookings that have not begun and hold, by start, with
// their spaces and guests: three queries.
func (s *Store) ComingBookings(ctx context.Context) ([]Booking, error) {
	var rows []Booking
	err := s.r(ctx).Where("starts_at > ? AND status IN ?", s.Now(), []BookingStatus{BookingPending, BookingConfirmed, BookingCheckedIn}).
		Order("starts_at, id").Limit(mostComing).Find(&rows).Error
	if err != nil {
		return nil, err
	}
	return rows, s.fill(ctx, rows)
}
