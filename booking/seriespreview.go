package booking

import (
	"context"
	"errors"
	"slices"

	"kyoten/models"
)

// Occurrence is one booking that a series would make, or which rule refuses it.
type Occurrence struct {
	models.Period
	Code string // "" = it can be booked
}

// PreviewSeries says what ReserveSeries would do: each occurrence is judged as
// there, by start, and nothing is stored. It promises nothing, since it locks
// nothing.
func (s *Service) PreviewSeries(ctx context.Context, by models.Principal, req SeriesRequest) ([]Occurrence, error) {
	return tryAgain(func() ([]Occurrence, error) {
		first, _, periods, err := s.expand(ctx, by, &req)
		if err != nil {
			return nil, err
		}
		b := newBatch(first, periods, OnConflictSkip)
		if err := b.read(ctx, s.store, nil); err != nil {
			return nil, err
		}
		if err := b.judgeNew(); errors.Is(err, errExpired) || err != nil && len(b.skipped) < len(periods) {
			return nil, s.refuseBatch(ctx, b, err)
		}
		return b.occurrences(), nil
	})
}

// occurrences lists what was granted and what was not.
func (b *batch) occurrences() []Occurrence {
	out := make([]Occurrence, len(b.wanted))
	for i, p := range b.wanted {
		out[i] = Occurrence{Period: p.period}
		if at := slices.IndexFunc(b.skipped, func(s Skipped) bool { return s.StartsAt.Equal(p.period.StartsAt) }); at >= 0 {
			out[i].Code = b.skipped[at].Code
		}
	}
	return out
}
