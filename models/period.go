package models

import (
	"time"

	"kyoten/internal/fault"
)

// ErrEndsBeforeStart means that a period is empty or runs backwards.
var ErrEndsBeforeStart = fault.New(fault.Invalid, "ends_before_start", "the end must be after the start")

// Period is the time from StartsAt up to, but not including, EndsAt: UTC, whole
// seconds, never empty. Two periods that touch do not overlap.
type Period struct {
	StartsAt time.Time
	EndsAt   time.Time
}

// NewPeriod returns the period from start to end, or ErrEndsBeforeStart.
func NewPeriod(start, end time.Time) (Period, error) {
	p := Period{StartsAt: start.UTC().Truncate(time.Second), EndsAt: end.UTC().Truncate(time.Second)}
	if !p.EndsAt.After(p.StartsAt) {
		return Period{}, ErrEndsBeforeStart.On("ends_at")
	}
	return p, nil
}

// Overlaps reports whether the two share an instant.
func (p Period) Overlaps(o Period) bool {
	return p.StartsAt.Before(o.EndsAt) && o.StartsAt.Before(p.EndsAt)
}

// Contains reports whether all of o lies within p.
func (p Period) Contains(o Period) bool {
	return !o.StartsAt.Before(p.StartsAt) && !o.EndsAt.After(p.EndsAt)
}

// Has reports whether t lies within p.
func (p Period) Has(t time.Time) bool { return !t.Before(p.StartsAt) && t.Before(p.EndsAt) }

// Length returns how long the period is.
func (p Period) Length() time.Duration { return p.EndsAt.Sub(p.StartsAt) }

// Shift returns the period d later.
func (p Period) Shift(d time.Duration) Period {
	return Period{StartsAt: p.StartsAt.Add(d), EndsAt: p.EndsAt.Add(d)}
}
