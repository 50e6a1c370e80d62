package models

import (
	"context"
	"time"
)

// holding is the condition under which a row of booking_spaces keeps others out
// at a given instant (its one argument).
const holding = "active AND (expires_at IS NULL OR expires_at > ?)"

// BusySpaces returns which spaces at the sites are held for some part of p.
func (s *Store) BusySpaces(ctx context.Context, sites []string, p Period) (map[ID]bool, error) {
	now := s.Now()
	var ids []ID
	err := s.r(ctx).Raw(`SELECT space_id FROM booking_spaces
			WHERE site IN ? AND `+holding+` AND starts_at > ? AND starts_at < ? AND ends_at > ?
		UNION SELECT space_id FROM booking_spaces
			WHERE site IN ? AND long AND `+holding+` AND starts_at <= ? AND ends_at > ?`,
		sites, now, p.StartsAt.Add(-24*time.Hour), p.EndsAt, p.StartsAt,
		sites, now, p.StartsAt.Add(-24*time.Hour), p.StartsAt).Scan(&ids).Error
	if err != nil {
		return nil, err
	}
	busy := make(map[ID]bool, len(ids))
	for _, id := range ids {
		busy[id] = true
	}
	return busy, nil
}
