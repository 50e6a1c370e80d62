package booking

import (
	"context"
	"fmt"
	"slices"
	"time"

	"kyoten/internal/fault"
	"kyoten/models"
)

// CancelSeries gives back the bookings of a series that begin at an instant or
// later, or all that have not begun. Those for which it is too late stay and are
// named; when it is too late for all, that is the answer. Cancelling twice is as
// good as once.
func (s *Service) CancelSeries(ctx context.Context, by models.Principal, id models.ID, from *time.Time) (SeriesRecord, error) {
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return SeriesRecord{}, err
	}
	var out SeriesRecord
	err = s.store.InTx(ctx, func(tx *models.Store) error {
		if _, err := tx.LockSeries(ctx, id); err != nil {
			return err
		}
		row, rows, err := seriesOf(ctx, tx, cat, by, id)
		if err != nil {
			return err
		}
		skipped, err := s.cancelAll(ctx, tx, cat, by, &row, coming(rows, from, s.present()))
		if err != nil {
			return err
		}
		out, err = s.seriesRecord(ctx, tx, cat, by, id)
		out.Skipped = skipped
		return err
	})
	return out, err
}

// cancelAll locks the bookings and cancels those that may be.
func (s *Service) cancelAll(ctx context.Context, tx *models.Store, cat *models.Catalogue, by models.Principal, row *models.Series, found []models.Booking) ([]Skipped, error) {
	if len(found) == 0 {
		return nil, nil
	}
	ids := make([]models.ID, len(found))
	for i, b := range found {
		ids[i] = b.ID
	}
	rows, err := tx.LockBookings(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("lock bookings of series: %w", err)
	}
	slices.SortFunc(rows, func(x, y models.Booking) int { return x.StartsAt.Compare(y.StartsAt) })
	organizer, err := organizerOf(ctx, tx, by, &found[0])
	if err != nil {
		return nil, err
	}
	b := &batch{cat: cat, by: by, organizer: organizer}
	c, err := b.cancel(rows, s.present())
	if err != nil || len(c.rows) == 0 {
		return c.skipped, err
	}
	if err := c.store(ctx, tx, b); err != nil {
		return nil, err
	}
	if err := tx.SaveSeries(ctx, row); err != nil { // a change that clients see
		return nil, fmt.Errorf("save series: %w", err)
	}
	return c.skipped, offerFreed(ctx, tx, cat, s.present(), freedOf(c.before, c.rows))
}

// cancellation is the part of a series that is given back.
type cancellation struct {
	rows    []models.Booking
	before  [][]models.SpaceClaim
	invited []*models.Booking // whose guests had heard of it
	skipped []Skipped
}

// cancel gives back what can be. The first refusal is the answer when nothing can.
func (b *batch) cancel(rows []models.Booking, now time.Time) (cancellation, error) {
	var c cancellation
	var refusal error
	for i := range rows {
		row := &rows[i]
		if row.Over(now) || row.OrganizerID != b.organizer.ID {
			continue // since they were read
		}
		a := alteration{cat: b.cat, by: b.by, now: now, booking: row, organizer: b.organizer}
		before, asked := heldBy(row), row.Status == models.BookingPending
		err := a.mayGiveBack()
		if err == nil {
			err = row.Cancel(now)
		}
		if err != nil {
			if refusal == nil {
				refusal = err
			}
			c.skipped = append(c.skipped, Skipped{StartsAt: row.StartsAt, Code: fault.From(err).Code})
			continue
		}
		row.Sequence++
		c.rows, c.before = append(c.rows, *row), append(c.before, before)
		if !asked {
			c.invited = append(c.invited, row)
		}
	}
	if len(c.rows) == 0 {
		return c, refusal
	}
	return c, nil
}

// store writes the cancelled bookings and all that follows.
func (c *cancellation) store(ctx context.Context, tx *models.Store, b *batch) error {
	if err := tx.SaveBookings(ctx, c.rows); err != nil {
		return err
	}
	rows := pointers(c.rows)
	ids := make([]models.ID, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	if err := tx.RenewPasses(ctx, b.cat, ids, nil, b.organizer); err != nil {
		return fmt.Errorf("revoke passes: %w", err)
	}
	if err := tx.AuditBookings(ctx, b.cat, b.by, "booking.cancel", rows); err != nil {
		return err
	}
	news := models.SeriesNews{Told: models.NoticeSeriesCancelled, Bookings: rows, Organizer: b.organizer}
	if err := tx.TellSeries(ctx, b.cat, news); err != nil {
		return fmt.Errorf("tell of series: %w", err)
	}
	news = models.SeriesNews{Guests: models.NoticeSeriesCalledOff, Bookings: c.invited, Organizer: b.organizer}
	if err := tx.TellSeries(ctx, b.cat, news); err != nil {
		return fmt.Errorf("tell guests of series: %w", err)
	}
	return nil
}

// SeriesExtension asks for more occurrences of a series: so many, or all until an
// instant.
type SeriesExtension struct {
	Count      int
	Until      *time.Time
	OnConflict OnConflict
}

// ExtendSeries lets a series go on by its rule, with the spaces, title and guests
// of its last booking. The answer has what was added.
func (s *Service) ExtendSeries(ctx context.Context, by models.Principal, id models.ID, ext SeriesExtension) (SeriesRecord, error) {
	return s.onSeries(ctx, by, id, func(_ *models.Catalogue, row models.Series, rows []models.Booking) (SeriesRecord, error) {
		periods, err := addedTo(&row, ext)
		if err != nil {
			return SeriesRecord{}, err
		}
		req := SeriesRequest{Request: like(&rows[len(rows)-1]), OnConflict: ext.OnConflict}
		first, err := s.firstOf(ctx, by, &req.Request)
		if err != nil {
			return SeriesRecord{}, err
		}
		return s.bookAll(ctx, first, periods, req, row, nil, func(ctx context.Context, tx *models.Store, row *models.Series) error {
			if err := tx.SaveSeries(ctx, row); err != nil {
				return fmt.Errorf("save series: %w", err)
			}
			return auditSeries(ctx, tx, by, "series.extend", row)
		})
	})
}

// like asks for a booking like another one.
func like(b *models.Booking) Request {
	req := Request{
		StartsAt: b.StartsAt, EndsAt: b.EndsAt, Spaces: spaceIDs(b), Title: b.Title, JoinURL: b.JoinURL, OnBehalfOf: &b.OrganizerID,
	}
	for _, g := range b.Guests {
		req.Guests = append(req.Guests, Invitation{Name: g.Name, Email: g.Email})
	}
	return req
}

// addedTo lengthens the rule of the series and returns what that adds, moved
// as the series was.
func addedTo(row *models.Series, ext SeriesExtension) ([]models.Period, error) {
	loc := row.Location()
	rule, err := newRecurrence(row.Rule, models.Period{StartsAt: row.StartsAt, EndsAt: row.EndsAt}, loc)
	if err != nil {
		return nil, err
	}
	before, err := rule.periods()
	if err != nil {
		return nil, err
	}
	longer, err := rule.extended(ext)
	if err != nil {
		return nil, err
	}
	after, err := longer.periods()
	if err != nil {
		return nil, err
	}
	row.Rule = longer.String()
	shift := time.Duration(row.ShiftMinutes) * time.Minute
	length := lengthOf(rule.first, loc)
	var added []models.Period
	for _, p := range after {
		if len(before) > 0 && !p.StartsAt.After(before[len(before)-1].StartsAt) {
			continue
		}
		added = append(added, occurrence(float(p.StartsAt, loc).Add(shift), length, loc))
	}
	if len(added) == 0 {
		return nil, models.ErrOutOfRange.On("until")
	}
	return added, nil
}
