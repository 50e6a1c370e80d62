package booking

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kyoten/models"
)

// OnConflict says what becomes of a series when one occurrence is refused.
type OnConflict string

// The ways of a series with a refusal.
const (
	OnConflictFail OnConflict = "fail" // nothing is booked; the first refusal is the answer
	OnConflictSkip OnConflict = "skip" // the others are booked; the first refusal is the answer when there are none
)

// SeriesRequest asks for bookings by a rule of RFC 5545. Request is the first of
// them; the rule has a COUNT or an UNTIL.
type SeriesRequest struct {
	Request
	Rule       string
	OnConflict OnConflict // "" = fail
}

// Skipped is an occurrence that could not be booked or changed, and which rule
// refused it.
type Skipped struct {
	StartsAt time.Time
	Code     string
}

// SeriesRecord is a series as its reader may see it.
type SeriesRecord struct {
	models.Series
	Bookings  []Record // by start; of a new series or what was added to it those alone
	Skipped   []Skipped
	Organizer *models.Member
}

// ReserveSeries books by a rule. Every occurrence is judged as if those before it
// were booked already, so that allowances are used up as the series grows, and all
// that are granted are stored together.
func (s *Service) ReserveSeries(ctx context.Context, by models.Principal, req SeriesRequest) (SeriesRecord, error) {
	return tryAgain(func() (SeriesRecord, error) {
		first, rule, periods, err := s.expand(ctx, by, &req)
		if err != nil {
			return SeriesRecord{}, err
		}
		row := models.Series{
			OrganizerID: first.organizer.ID, CreatedBy: by.Member.ID, Rule: rule.String(), TimeZone: rule.loc.String(),
			StartsAt: first.period.StartsAt, EndsAt: first.period.EndsAt,
		}
		return s.bookAll(ctx, first, periods, req, row, nil, func(ctx context.Context, tx *models.Store, row *models.Series) error {
			if err := tx.InsertSeries(ctx, row); err != nil {
				return fmt.Errorf("store series: %w", err)
			}
			return auditSeries(ctx, tx, by, "series.create", row)
		})
	})
}

// expand reads what a series is to be made of, and when its bookings would be.
func (s *Service) expand(ctx context.Context, by models.Principal, req *SeriesRequest) (first *proposal, rule recurrence, periods []models.Period, err error) {
	if first, err = s.firstOf(ctx, by, &req.Request); err != nil {
		return nil, rule, nil, err
	}
	if rule, err = newRecurrence(req.Rule, first.period, first.wallClock()); err != nil {
		return nil, rule, nil, err
	}
	if periods, err = rule.periods(); err == nil && len(periods) == 0 {
		err = ErrInvalidRule.On("rule")
	}
	return first, rule, periods, err
}

// tryAgain runs do until what it judges by stands still.
func tryAgain[T any](do func() (T, error)) (T, error) {
	for range maxAttempts {
		out, err := do()
		if !errors.Is(err, errAgain) {
			return out, err
		}
	}
	var none T
	return none, models.ErrUnavailable
}

// firstOf reads what a series is to be made of.
func (s *Service) firstOf(ctx context.Context, by models.Principal, req *Request) (*proposal, error) {
	if req.Hold != nil {
		return nil, models.ErrInvalidInput.On("hold").Saying("hold_in_series")
	}
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	p := &proposal{cat: cat, by: by, now: s.present()}
	return p, s.propose(ctx, p, req, true)
}

// wallClock is the time zone whose clock a rule is about: the first site's.
func (p *proposal) wallClock() *time.Location {
	if len(p.spaces) > 0 {
		return p.location(p.spaces[0])
	}
	return p.location(p.candidates[0][0])
}

// bookAll books the periods as occurrences of a series, whose row keep stores.
func (s *Service) bookAll(
	ctx context.Context, first *proposal, periods []models.Period, req SeriesRequest, planned models.Series, joins *models.Booking,
	keep func(context.Context, *models.Store, *models.Series) error,
) (SeriesRecord, error) {
	b := newBatch(first, periods, req.OnConflict)
	b.joins = joins
	if planned.Version > 0 {
		b.series = &planned
	}
	var row models.Series
	var rows []models.Booking
	err := s.store.InTx(ctx, func(tx *models.Store) error {
		row = planned // this may be run again
		if err := b.lock(ctx, tx); err != nil {
			return err
		}
		if err := b.judgeNew(); err != nil {
			return err
		}
		if err := keep(ctx, tx, &row); err != nil {
			return err
		}
		var err error
		rows, err = b.storeNew(ctx, tx, req.Request, row.ID)
		return err
	})
	if err != nil {
		return SeriesRecord{}, s.refuseBatch(ctx, b, err)
	}
	return b.record(row, rows), nil
}

// record shows bookings of a series.
func (b *batch) record(row models.Series, rows []models.Booking) SeriesRecord {
	out := SeriesRecord{Series: row, Skipped: b.skipped, Organizer: b.organizer}
	for _, r := range rows {
		out.Bookings = append(out.Bookings, show(b.cat, b.by, r, b.organizer))
	}
	return out
}

// storeNew stores what was granted, and tells those concerned once for all of it.
func (b *batch) storeNew(ctx context.Context, tx *models.Store, req Request, series models.ID) ([]models.Booking, error) {
	rows := make([]models.Booking, len(b.granted))
	all := make([]models.NewReservation, len(rows))
	for i, p := range b.granted {
		rows[i] = p.booking(req)
		rows[i].SeriesID = &series
		all[i] = models.NewReservation{Booking: &rows[i], Organizer: b.organizer, Subject: b.ledger.Subject, By: b.by}
	}
	if err := tx.InsertReservations(ctx, b.cat, all); err != nil {
		return nil, fmt.Errorf("store bookings of series: %w", err)
	}
	return rows, b.tell(ctx, tx, pointers(rows), news{told: models.NoticeSeriesConfirmed, guests: models.NoticeSeriesInvited})
}

func pointers(rows []models.Booking) []*models.Booking {
	out := make([]*models.Booking, len(rows))
	for i := range rows {
		out[i] = &rows[i]
	}
	return out
}

// news is what there is to tell about some bookings of a series.
type news struct {
	told   models.NoticeKind // to the organizer
	guests models.NoticeKind
}

// tell writes one notice to each person, however many bookings it is about. Those
// that wait for approval are told of to who decides, and not yet to their guests.
func (b *batch) tell(ctx context.Context, tx *models.Store, rows []*models.Booking, n news) error {
	var sure, asked []*models.Booking
	for _, row := range rows {
		if row.Status == models.BookingPending {
			asked = append(asked, row)
		} else {
			sure = append(sure, row)
		}
	}
	if err := mayWrite(ctx, tx, b.by, b.organizer, sure...); err != nil {
		return err
	}
	err := tx.TellSeries(ctx, b.cat, models.SeriesNews{Told: n.told, Guests: n.guests, Bookings: sure, Organizer: b.organizer})
	if err != nil {
		return fmt.Errorf("tell of series: %w", err)
	}
	if len(asked) == 0 {
		return nil
	}
	return askDeciders(ctx, tx, b.cat, asked[0], b.organizer, models.DatesOf(asked)...)
}

// Series returns a series and its bookings that the caller may read, or
// ErrNotFound where there is none.
func (s *Service) Series(ctx context.Context, by models.Principal, id models.ID) (SeriesRecord, error) {
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return SeriesRecord{}, err
	}
	return s.seriesRecord(ctx, s.store, cat, by, id)
}

func (s *Service) seriesRecord(ctx context.Context, store *models.Store, cat *models.Catalogue, by models.Principal, id models.ID) (SeriesRecord, error) {
	row, rows, err := seriesOf(ctx, store, cat, by, id)
	if err != nil {
		return SeriesRecord{}, err
	}
	organizer, err := organizerOf(ctx, store, by, &rows[0])
	if err != nil {
		return SeriesRecord{}, err
	}
	b := &batch{cat: cat, by: by, organizer: organizer}
	return b.record(row, rows), nil
}

// onSeries runs do with a series as it stands, until what it judges by stands still.
func (s *Service) onSeries(
	ctx context.Context, by models.Principal, id models.ID,
	do func(*models.Catalogue, models.Series, []models.Booking) (SeriesRecord, error),
) (SeriesRecord, error) {
	return tryAgain(func() (SeriesRecord, error) {
		cat, err := s.store.Catalogue(ctx)
		if err != nil {
			return SeriesRecord{}, err
		}
		row, rows, err := seriesOf(ctx, s.store, cat, by, id)
		if err != nil {
			return SeriesRecord{}, err
		}
		return do(cat, row, rows)
	})
}

// seriesOf returns a series and those of its bookings that still belong to its
// organizer and that the caller may change; one that was handed over goes its own
// way.
func seriesOf(ctx context.Context, store *models.Store, cat *models.Catalogue, by models.Principal, id models.ID) (models.Series, []models.Booking, error) {
	row, err := store.Series(ctx, id)
	if err != nil {
		return row, nil, err
	}
	all, err := store.BookingsOfSeries(ctx, id)
	if err != nil {
		return row, nil, fmt.Errorf("read bookings of series: %w", err)
	}
	var rows []models.Booking
	for i := range all {
		if all[i].OrganizerID == row.OrganizerID && readable(cat, by, &all[i], nil) == nil {
			rows = append(rows, all[i])
		}
	}
	if len(rows) == 0 {
		return row, nil, models.ErrNotFound
	}
	return row, rows, nil
}

func auditSeries(ctx context.Context, tx *models.Store, by models.Principal, action string, row *models.Series) error {
	return tx.Audit(ctx, by, action, "series", row.ID.String(), "", map[string]any{
		"organizer": row.OrganizerID, "rule": row.Rule, "time_zone": row.TimeZone, "starts_at": row.StartsAt, "ends_at": row.EndsAt,
		"shift_minutes": row.ShiftMinutes,
	})
}
