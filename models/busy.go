package models

import (
	"context"
	"time"
)

// holding is the condition under which a row of booking_spaces keeps others out
// at a given instant (its one argument).
const holding = "active AND (expires_at IS NULL OR expires_at > ?)"

// holdsDuring is SQL for the holds, of the spaces that the condition where
// names, that touch p. Rows that last over a day are few and stand in an index
// of their own, so that for the others one need not look back further than that.
// group ends either half.
func holdsDuring(columns, where string, named any, p Period, now time.Time, group string) (string, []any) {
	dayBefore := p.StartsAt.Add(-24 * time.Hour)
	return "SELECT " + columns + " FROM booking_spaces WHERE " + where + " AND " + holding +
			" AND starts_at > ? AND starts_at < ? AND ends_at > ?" + group +
			" UNION ALL SELECT " + columns + " FROM booking_spaces WHERE " + where + " AND long AND " + holding +
			" AND starts_at <= ? AND ends_at > ?" + group,
		[]any{named, now, dayBefore, p.EndsAt, p.StartsAt, named, now, dayBefore, p.StartsAt}
}

// BusySpaces returns which spaces at the sites are held for some part of p.
func (s *Store) BusySpaces(ctx context.Context, sites []string, p Period) (map[ID]bool, error) {
	sql, args := holdsDuring("space_id", "site IN ?", sites, p, s.Now(), "")
	var ids []ID
	if err := s.r(ctx).Raw(sql, args...).Find(&ids).Error; err != nil {
		return nil, err
	}
	busy := make(map[ID]bool, len(ids))
	for _, id := range ids {
		busy[id] = true
	}
	return busy, nil
}

// Holds returns when the spaces are held within p, for each in order, the
// booking except left out.
func (s *Store) Holds(ctx context.Context, spaces []ID, p Period, except ID) (map[ID][]Period, error) {
	if len(spaces) == 0 {
		return nil, nil
	}
	sql, args := holdsDuring("space_id, starts_at, ends_at, booking_id", "space_id IN ?", spaces, p, s.Now(), "")
	var rows []BookingSpace
	if err := s.r(ctx).Raw(sql+" ORDER BY starts_at", args...).Find(&rows).Error; err != nil {
		return nil, err
	}
	holds := make(map[ID][]Period, len(spaces))
	for _, r := range rows {
		if r.BookingID != except {
			holds[r.SpaceID] = append(holds[r.SpaceID], Period{r.StartsAt, r.EndsAt})
		}
	}
	return holds, nil
}

// Way is what stands in the way of a space, in seconds of Unix time: the end of
// what holds it during a period, and the start of the next hold after it; 0 where
// there is none.
type Way struct {
	Until int64
	Next  int64
}

// WaysAt returns, for the spaces of a site that are held at some time within p
// or up to horizon after it, what stands in their way.
func (s *Store) WaysAt(ctx context.Context, site string, p Period, horizon time.Time) (map[ID]Way, error) {
	within := Period{p.StartsAt, later(p.EndsAt, horizon)}.span()
	ways, ends, now := map[ID]Way{}, p.EndsAt.Unix(), s.Now().Unix()
	err := s.eachHeld(ctx, site, within, func(space ID, holds []hold) {
		way := Way{}
		for _, h := range holds {
			if h.holds(now) && h.touches(within) {
				way = way.with(h.Span, ends)
			}
		}
		if way != (Way{}) {
			ways[space] = way.and(ways[space])
		}
	})
	return ways, err
}

// with is the way after one more hold was seen; ends is the end of the period.
func (w Way) with(hold Span, ends int64) Way {
	switch {
	case hold.From < ends:
		w.Until = max(w.Until, hold.To)
	case w.Next == 0 || hold.From < w.Next:
		w.Next = hold.From
	}
	return w
}

// and is the way in which both are.
func (w Way) and(o Way) Way {
	w.Until = max(w.Until, o.Until)
	if w.Next == 0 || o.Next != 0 && o.Next < w.Next {
		w.Next = o.Next
	}
	return w
}

// instant returns seconds of Unix time as an instant, 0 as none.
func instant(unix int64) time.Time {
	if unix == 0 {
		return time.Time{}
	}
	return time.Unix(unix, 0).UTC()
}

// ActiveOn returns the rows that hold one of the spaces for some part of p,
// by start: those that ran out too, which stand in the way of a writer until
// somebody ends them.
func (s *Store) ActiveOn(ctx context.Context, spaces []ID, p Period) ([]BookingSpace, error) {
	var rows []BookingSpace
	err := s.r(ctx).Where("space_id IN ? AND active AND starts_at > ? AND starts_at < ? AND ends_at > ?",
		spaces, p.StartsAt.Add(-longestHold), p.EndsAt, p.StartsAt).Order("starts_at").Find(&rows).Error
	return rows, err
}

// RoomsMetIn returns how often the member has met in each of the rooms together
// with a room of another one of them.
func (s *Store) RoomsMetIn(ctx context.Context, member ID, rooms []ID) (map[ID]int, error) {
	var rows []struct {
		SpaceID ID
		N       int
	}
	err := s.r(ctx).Raw(`SELECT bs.space_id, count(*) AS n FROM bookings b JOIN booking_spaces bs ON bs.booking_id = b.id
		WHERE b.organizer_id = ? AND bs.space_id IN ? AND bs.kind = 'room' AND bs.status IN ?
		AND EXISTS (SELECT 1 FROM booking_spaces o WHERE o.booking_id = b.id AND o.site <> bs.site)
		GROUP BY bs.space_id`, member, rooms, []BookingStatus{BookingConfirmed, BookingCheckedIn, BookingCompleted}).Find(&rows).Error
	met := make(map[ID]int, len(rows))
	for _, r := range rows {
		met[r.SpaceID] = r.N
	}
	return met, err
}
