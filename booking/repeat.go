package booking

import (
	"context"
	"fmt"

	"kyoten/models"
)

// Repeat makes a booking the first of a series: what the rule adds to it is booked
// like it. The answer has what was added.
func (s *Service) Repeat(ctx context.Context, by models.Principal, id models.ID, rule string, onConflict OnConflict) (SeriesRecord, error) {
	return tryAgain(func() (SeriesRecord, error) {
		record, err := s.Booking(ctx, by, id)
		if err != nil {
			return SeriesRecord{}, err
		}
		b := &record.Booking
		if err := readable(record.Catalogue, by, b, nil); err != nil {
			return SeriesRecord{}, err
		}
		switch {
		case b.SeriesID != nil:
			return SeriesRecord{}, models.ErrInvalidInput.On("rule").Saying("in_series")
		case b.Over(s.present()):
			return SeriesRecord{}, models.ErrBookingOver
		}
		req := SeriesRequest{Request: like(b), Rule: rule, OnConflict: onConflict}
		first, err := s.firstOf(ctx, by, &req.Request)
		if err != nil {
			return SeriesRecord{}, err
		}
		loc := first.wallClock()
		repeats, err := newRecurrence(rule, b.Period(), loc)
		if err != nil {
			return SeriesRecord{}, err
		}
		periods, err := repeats.periods()
		if err != nil {
			return SeriesRecord{}, err
		}
		for len(periods) > 0 && !periods[0].StartsAt.After(b.StartsAt) {
			periods = periods[1:]
		}
		if len(periods) == 0 {
			return SeriesRecord{}, ErrInvalidRule.On("rule")
		}
		row := models.Series{
			OrganizerID: b.OrganizerID, CreatedBy: by.Member.ID, Rule: repeats.String(), TimeZone: loc.String(),
			StartsAt: b.StartsAt, EndsAt: b.EndsAt,
		}
		return s.bookAll(ctx, first, periods, req, row, b, func(ctx context.Context, tx *models.Store, row *models.Series) error {
			if err := tx.InsertSeries(ctx, row); err != nil {
				return fmt.Errorf("store series: %w", err)
			}
			if err := tx.JoinSeries(ctx, b.ID, row.ID); err != nil {
				return fmt.Errorf("join series: %w", err)
			}
			return auditSeries(ctx, tx, by, "series.create", row)
		})
	})
}
