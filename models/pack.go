package models

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// Reports go through hundreds of thousands of uses and stays, which never change
// again, and reading the row of each costs more than counting it. So what began on
// a day that is over is packed into one value for each site (docs/adr/0019-packed-days.md). The
// rows remain the truth:
//
//   - a day is packed once it has been over for packAfter;
//   - whoever changes what began more than markAfter ago marks its day in the same
//     transaction (markUses, markStays), and the pack of a marked day is not read;
//   - a pack is stored only if the day was not marked since before its rows were
//     read;
//   - what has no good pack is read row by row.
//
// What began later than markAfter ago needs no mark, and so reservations and
// checks at doors pay nothing: its day is packed a day later at the earliest.
const (
	packAfter = 48 * time.Hour
	markAfter = 24 * time.Hour
)

// packing is what is packed.
type packing string

const (
	packedUses  packing = "uses"
	packedStays packing = "stays"
)

// dayNumber counts days from 1970, in UTC: packs know no time zones.
func dayNumber(t time.Time) int { return int(math.Floor(float64(t.Unix()) / 86400)) }

func dayBegins(day int) time.Time { return time.Unix(int64(day)*86400, 0).UTC() }

// packedBefore is the first day that is not to be packed yet. A pack of a later one
// is from a clock that was ahead of ours, and is not read.
func (s *Store) packedBefore() int { return dayNumber(s.Now().Add(-packAfter)) }

// markedDay is a day at a site, of one packing.
type markedDay struct {
	what packing
	site string
	day  int
}

// markUses notes that spaces of bookings have changed, at the end of the
// transaction, if they began long enough ago to be packed.
func (s *Store) markUses(ctx context.Context, rows ...BookingSpace) error {
	var days []markedDay
	for _, r := range rows {
		if s.old(r.StartsAt) {
			days = append(days, markedDay{packedUses, r.Site, dayNumber(r.StartsAt)})
		}
	}
	return s.mark(ctx, days)
}

// markStays is markUses for visits.
func (s *Store) markStays(ctx context.Context, rows ...Visit) error {
	return s.mark(ctx, s.oldStays(rows))
}

func (s *Store) oldStays(rows []Visit) (days []markedDay) {
	for _, r := range rows {
		if at := time.UnixMilli(r.EnteredMS); s.old(at) {
			days = append(days, markedDay{packedStays, r.Site, dayNumber(at)})
		}
	}
	return days
}

func (s *Store) old(at time.Time) bool { return at.Before(s.now().Add(-markAfter)) }

// mark has days marked when the transaction is about to end, all at once and in
// one order, so that nobody waits for another in a circle, or for long.
func (s *Store) mark(ctx context.Context, days []markedDay) error {
	if len(days) == 0 {
		return nil
	}
	if state := s.in(ctx).tx; state != nil {
		state.mark(days)
		return nil
	}
	return s.writeMarks(ctx, days)
}

func (t *txState) mark(days []markedDay) {
	if t.marks == nil {
		t.marks = map[markedDay]bool{}
	}
	for _, d := range days {
		t.marks[d] = true
	}
}

// storeMarks marks the days that the transaction has changed.
func (s *Store) storeMarks(ctx context.Context) error {
	if len(s.tx.marks) == 0 {
		return nil
	}
	return s.writeMarks(ctx, slices.Collect(maps.Keys(s.tx.marks)))
}

// onMarked is how a day that is known already is marked.
const onMarked = "ON CONFLICT (what, site, day) DO UPDATE SET marks = packed_days.marks + 1"

func (s *Store) writeMarks(ctx context.Context, days []markedDay) error {
	for _, part := range inOrder(days) {
		values := strings.TrimSuffix(strings.Repeat("(?,?,?,1),", len(part)), ",")
		var args []any
		for _, d := range part {
			args = append(args, string(d.what), d.site, d.day)
		}
		if err := s.w(ctx).Exec("INSERT INTO packed_days (what, site, day, marks) VALUES "+values+" "+onMarked, args...).Error; err != nil {
			return fmt.Errorf("mark days: %w", err)
		}
	}
	return nil
}

// inOrder returns the days in the order in which everybody takes them, each once,
// in parts that fit into a statement.
func inOrder(days []markedDay) [][]markedDay {
	slices.SortFunc(days, func(a, b markedDay) int {
		if c := strings.Compare(string(a.what)+"/"+a.site, string(b.what)+"/"+b.site); c != 0 {
			return c
		}
		return a.day - b.day
	})
	return slices.Collect(slices.Chunk(slices.Compact(days), insertBatch))
}

// markAll lets no pack hold good any more.
func (s *Store) markAll(ctx context.Context) error {
	return s.w(ctx).Exec("UPDATE packed_days SET marks = marks + 1").Error
}

// markMember marks the days of a member's bookings.
func (s *Store) markMember(ctx context.Context, member ID) error {
	var rows []BookingSpace
	err := s.r(ctx).Raw(`SELECT bs.site, bs.starts_at FROM booking_spaces bs JOIN bookings b ON b.id = bs.booking_id
		WHERE b.organizer_id = ? AND bs.starts_at < ?`, member, s.Now().Add(-markAfter)).Find(&rows).Error
	if err != nil {
		return err
	}
	return s.markUses(ctx, rows...)
}
