package booking

import (
	"time"

	"kyoten/models"
)

// OnConflict says what becomes of a series when one occurrence is refused.
type OnConflict string

// The ways of a series with a refusal.
const (
	OnConflictFail OnConflict = "fail" // nothing is booked; the first refusal is the answer
	OnConflictSkip OnConflict = "skip" // the others are booked
)

// SeriesRequest asks for bookings by a rule of RFC 5545. Request is the first of
// them; the rule has a COUNT or an UNTIL.
type SeriesRequest struct {
	Request
	Rule       string
	OnConflict OnConflict
}

// Skipped is an occurrence that could not be booked, and which rule refused it.
type Skipped struct {
	StartsAt time.Time
	Code     string
}

// occurrences returns the periods the request asks for, in the wall clock of the
// site of the first space.
func (r *SeriesRequest) occurrences(first models.Period, loc *time.Location) ([]models.Period, error) {
	rule, err := newRecurrence(r.Rule, first, loc)
	if err != nil {
		return nil, err
	}
	return rule.periods()
}
