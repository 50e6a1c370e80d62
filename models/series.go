package models

import "time"

// Series is a rule by which bookings repeat. Each occurrence is a booking of its
// own, under the same guard as any other; the series only says how they belong
// together and how they would go on.
type Series struct {
	ID          ID
	OrganizerID ID
	CreatedBy   ID
	Rule        string    // RFC 5545: RRULE, and EXDATE on a line of its own
	TimeZone    string    // whose wall clock the rule is about
	StartsAt    time.Time // the period the rule starts from
	EndsAt      time.Time
	Version     int
	CreatedAt   time.Time
	UpdatedAt   time.Time
}
