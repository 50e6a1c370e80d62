package booking

import (
	"time"

	"kyoten/models"
)

// Wish is what somebody waits for: one space, any space of a kind at a site, or,
// with several sites, a room at each of them for the same time.
type Wish struct {
	Sites    []string
	Kind     models.Kind
	StartsAt time.Time
	EndsAt   time.Time
	Space    *models.ID // this one and no other
	Capacity int        // at least so many people; 0 = any
}

// suits reports whether the space, somewhere among the sites, is one that is
// waited for.
func (w *Wish) suits(s *models.Space) bool {
	if w.Space != nil {
		return s.ID == *w.Space
	}
	return s.Kind == w.Kind && s.Capacity >= w.Capacity
}

// offerFor is how long an offer holds a space that begins at starts: half an
// hour, less when the time is near, so that the next in line has a chance too.
func offerFor(now, starts time.Time) time.Duration {
	return min(30*time.Minute, max(starts.Sub(now)/2, 5*time.Minute)).Truncate(time.Second)
}
