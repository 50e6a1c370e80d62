package models

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"

	"gorm.io/gorm"
)

// Series is a rule by which bookings repeat. Each occurrence is a booking of its
// own, under the same guard as any other; the series only says how they belong
// together and how they would go on.
type Series struct {
	ID           ID
	OrganizerID  ID
	CreatedBy    ID
	Rule         string    // RFC 5545: RRULE, and EXDATE on a line of its own
	TimeZone     string    // whose wall clock the rule is about
	StartsAt     time.Time // the period the rule starts from
	EndsAt       time.Time
	ShiftMinutes int // how far, on the wall clock, the occurrences were moved from where the rule has them
	Version      int
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// Location returns the time zone whose wall clock the rule is about.
func (s *Series) Location() *time.Location {
	loc, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		return time.UTC // it was a site's, which is checked when it is saved
	}
	return loc
}

// InsertSeries stores a new series and the first of its bookings. It fills in
// its id.
func (s *Store) InsertSeries(ctx context.Context, row *Series) error {
	row.ID, row.Version = NewID(), 1
	return s.w(ctx).Create(row).Error
}

// Series returns a series, or ErrNotFound.
func (s *Store) Series(ctx context.Context, id ID) (Series, error) {
	var row Series
	err := s.r(ctx).Where("id = ?", id).Take(&row).Error
	return row, err
}

// LockSeries is Series, and takes its row until the transaction ends. It is
// locked before anything else.
func (s *Store) LockSeries(ctx context.Context, id ID) (Series, error) {
	var row Series
	err := s.lock(ctx).Where("id = ?", id).Take(&row).Error
	return row, err
}

// SaveSeries stores how a series goes on, whose row is locked. It raises the
// version.
func (s *Store) SaveSeries(ctx context.Context, row *Series) error {
	return updateRow(ctx, s, row, &row.Version, "rule", "ends_at", "shift_minutes")
}

// JoinSeries makes a booking whose row is locked one of a series.
func (s *Store) JoinSeries(ctx context.Context, booking, series ID) error {
	return changedOne(s.w(ctx).Model(&Booking{}).Where("id = ?", booking).
		Updates(map[string]any{"series_id": series, "version": gorm.Expr("version + 1"), "updated_at": s.Now()}), ErrNotFound)
}

// BookingsOfSeries returns the bookings of a series by start: three queries,
// however many there are.
func (s *Store) BookingsOfSeries(ctx context.Context, id ID) ([]Booking, error) {
	var rows []Booking
	if err := s.r(ctx).Where("series_id = ?", id).Order("starts_at, id").Find(&rows).Error; err != nil {
		return nil, err
	}
	return rows, s.fill(ctx, rows)
}

// InsertReservations stores the bookings of a series and what comes with each,
// but for the notices: one for all of them is the caller's to write. It is one
// statement a table. ErrSpaceTaken when the guard of the database refuses a
// space.
func (s *Store) InsertReservations(ctx context.Context, c *Catalogue, all []NewReservation) error {
	rows := &reservationRows{}
	subject := all[0].Subject
	if subject == "" {
		row := s.newSubject(Subject{MemberID: &all[0].Organizer.ID}, all[len(all)-1].Booking.EndsAt)
		rows.subjects, subject = append(rows.subjects, row), row.Subject
	}
	for _, r := range all {
		r.Subject = subject
		if err := s.addReservation(rows, c, r); err != nil {
			return err
		}
	}
	if err := s.insertRows(ctx, rows); err != nil {
		return err
	}
	for i, r := range all {
		r.Booking.CreatedAt, r.Booking.UpdatedAt = rows.bookings[i].CreatedAt, rows.bookings[i].UpdatedAt
	}
	return s.spacesChanged(ctx, rows.spaces...)
}

// insertRows stores them table by table: too many for one statement.
func (s *Store) insertRows(ctx context.Context, rows *reservationRows) error {
	for _, insert := range []func() error{
		func() error { return insertAll(ctx, s, rows.bookings) }, func() error { return insertAll(ctx, s, rows.spaces) },
		func() error { return insertAll(ctx, s, rows.guests) }, func() error { return insertAll(ctx, s, rows.subjects) },
		func() error { return insertAll(ctx, s, rows.passes) }, func() error { return insertAll(ctx, s, rows.audit) },
		func() error { return insertAll(ctx, s, rows.deliveries) },
	} {
		if err := insert(); err != nil {
			return err
		}
	}
	return nil
}

// SaveBookings is SaveBooking for many, with as many statements as for one.
func (s *Store) SaveBookings(ctx context.Context, rows []Booking) error {
	if len(rows) == 0 {
		return nil
	}
	ids := make([]ID, len(rows))
	var spaces []BookingSpace
	for i := range rows {
		ids[i] = rows[i].ID
		rows[i].changed(s.Now())
		spaces = append(spaces, rows[i].Spaces...)
	}
	for chunk := range slices.Chunk(rows, insertBatch) {
		if err := s.updateBookings(ctx, chunk); err != nil {
			return fmt.Errorf("save bookings: %w", err)
		}
	}
	if err := s.takeSpacesAway(ctx, ids...); err != nil {
		return fmt.Errorf("take spaces of bookings away: %w", err)
	}
	if err := s.spacesChanged(ctx, spaces...); err != nil {
		return err
	}
	return insertAll(ctx, s, spaces)
}

func (s *Store) updateBookings(ctx context.Context, rows []Booking) error {
	batch, err := s.batchOf(reflect.ValueOf(rows))
	if err != nil {
		return err
	}
	var args []any
	for i := range rows {
		args = s.appendValues(ctx, args, batch.schema, batch.rows.Index(i))
	}
	_, err = s.w(ctx).Statement.ConnPool.ExecContext(ctx, s.insertText([]batchOf{batch})+onBookingConflict, args...)
	return s.dialect.translate(err)
}

// onBookingConflict changes a row that is there in place of inserting it, which
// is how many rows get values of their own in one statement.
const onBookingConflict = ` ON CONFLICT (id) DO UPDATE SET title = excluded.title, status = excluded.status,
	starts_at = excluded.starts_at, ends_at = excluded.ends_at, join_url = excluded.join_url, expires_at = excluded.expires_at,
	remind_at = excluded.remind_at, version = excluded.version, sequence = excluded.sequence, updated_at = excluded.updated_at,
	ended_at = excluded.ended_at`

// RenewPasses takes back the passes of bookings, and writes new ones for those of
// them that are given again: the same holders, the times and places of now.
func (s *Store) RenewPasses(ctx context.Context, c *Catalogue, void []ID, again []*Booking, organizer *Member) error {
	if len(void) == 0 {
		return nil
	}
	err := s.w(ctx).Model(&Pass{}).Where("booking_id IN ? AND revoked_at IS NULL", void).Update("revoked_at", s.Now()).Error
	if err != nil || len(again) == 0 {
		return err
	}
	subject, err := s.SubjectOf(ctx, organizer.ID, again[len(again)-1].EndsAt)
	if err != nil {
		return err
	}
	rows := &reservationRows{}
	for _, b := range again {
		subjects, passes := s.guestPasses(c, b, b.Guests)
		rows.subjects = append(rows.subjects, subjects...)
		rows.passes = append(rows.passes, append(organizerPasses(c, b, organizer, subject), passes...)...)
	}
	return s.insertRows(ctx, rows)
}

// AuditBookings writes one entry for each booking, in one statement, and tells
// webhooks of them.
func (s *Store) AuditBookings(ctx context.Context, c *Catalogue, p Principal, action string, rows []*Booking) error {
	entries := make([]AuditEntry, len(rows))
	for i, b := range rows {
		var err error
		if entries[i], err = s.auditEntry(p, action, "booking", b.ID.String(), b.Spaces[0].Site, b.AuditData()); err != nil {
			return err
		}
	}
	if err := insertAll(ctx, s, entries); err != nil {
		return err
	}
	return s.AnnounceChanges(ctx, c, action, rows...)
}
