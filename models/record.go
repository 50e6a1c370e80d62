package models

import (
	"context"
	"errors"
	"slices"
	"time"
)

// ScanRecord is what a scan writes: the passage, and where its holder is after it.
type ScanRecord struct {
	Scan     Scan
	Debounce time.Duration
	Passage  Passage

	Moves    *int64    // what the presence was judged by (ScanFacts); nil: it does not change, or nobody knows the subject
	CheckIns *CheckIns // nil: nobody is waited for, or RecordArrival is asked

	Visits  []Visit // new or changed
	Present *Presence
	Absent  bool // the holder is outside now
}

// RecordScan stores a scan and returns "", or returns the passage of the one with
// the same text at the same gate and direction that came first within the
// debounce, and stores nothing. Two that come at once wait for each other here,
// on whichever servers. ErrStale when another passage of the holder was written
// since Moves was read.
//
// On PostgreSQL it is one statement, since a check is mostly waiting for round
// trips and for the disk.
func (s *Store) RecordScan(ctx context.Context, r ScanRecord) (first string, err error) {
	if s.dialect.pipelines() {
		first, err = s.recordAtOnce(ctx, &r)
	} else {
		err = s.InTx(ctx, func(tx *Store) error {
			first, err = tx.recordInTurn(ctx, &r)
			return err
		})
	}
	if err == nil && first == "" {
		s.tellHeads(ctx, &r)
	}
	return first, err
}

// RecordScans is RecordScan for several scans at once, in one transaction: of
// different holders whom somebody knows, with one debounce. Whom bookings waited for
// is checked in with them. It waits for nobody, and so can be part of no deadlock:
// it reports which are stored, and of the others nothing is. They are those that
// somebody else is just writing a passage of or has the bookings of, that come
// after another with the same text, or that are stale.
func (s *Store) RecordScans(ctx context.Context, rs []*ScanRecord) (stored []bool, err error) {
	var outcomes []recorded
	if s.dialect.pipelines() {
		outcomes, err = s.recordTogether(ctx, rs)
	} else {
		err = s.InTx(ctx, func(tx *Store) (err error) {
			outcomes, err = tx.recordEach(ctx, rs)
			return err
		})
	}
	stored = make([]bool, len(rs))
	if err != nil {
		return stored, err
	}
	for i, r := range rs {
		stored[i] = slices.Contains(outcomes, recorded{r.Passage.ID, true, true})
		if stored[i] {
			s.tellHeads(ctx, r)
		}
	}
	return stored, nil
}

// recordEach records one scan after the other.
func (s *Store) recordEach(ctx context.Context, rs []*ScanRecord) (outcomes []recorded, err error) {
	for _, r := range rs {
		first, err := s.recordInTurn(ctx, r)
		if err != nil && !errors.Is(err, ErrStale) {
			return nil, err
		}
		stored := err == nil && first == ""
		if stored && r.CheckIns != nil {
			if err := s.checkInNoted(ctx, r); err != nil {
				return nil, err
			}
		}
		outcomes = append(outcomes, recorded{r.Passage.ID, err == nil, stored})
	}
	return outcomes, nil
}

// RecordArrival is RecordScan for a scan that lets somebody in, and CheckInAt
// behind it: it returns which bookings waited for them. On PostgreSQL all of it is
// one round trip; nobody is checked in by a scan that was not stored.
func (s *Store) RecordArrival(ctx context.Context, r ScanRecord, a Arrival, now time.Time) (first string, ids []ID, err error) {
	if !s.dialect.pipelines() {
		if first, err = s.RecordScan(ctx, r); err == nil && first == "" {
			ids, err = s.CheckInAt(ctx, a, now)
		}
		return first, ids, err
	}
	first, err = s.recordAtOnce(ctx, &r, a.checkIn(r.Passage.ID, now, &ids)...)
	if err == nil && first == "" {
		s.tellHeads(ctx, &r)
		s.tellCheckedIn(ctx, a, ids)
	}
	return first, ids, err
}

func (s *Store) tellHeads(ctx context.Context, r *ScanRecord) {
	if r.Absent || r.Present != nil {
		s.changed(ctx, Change{Site: r.Passage.Site, Heads: true})
	}
}

// recordInTurn takes one statement after the other. A stale scan writes nothing.
func (s *Store) recordInTurn(ctx context.Context, r *ScanRecord) (first string, err error) {
	if r.Moves != nil {
		res := s.w(ctx).Exec("UPDATE subjects SET moves = moves + 1 WHERE subject = ? AND moves = ?", r.Passage.Subject, *r.Moves)
		if err := changedOne(res, ErrStale); err != nil {
			return "", err
		}
	}
	c, ms := r.Scan, r.within()
	res := s.w(ctx).Exec("INSERT INTO scans (gate_id, direction, scan, at_ms, passage_id) VALUES (?,?,?,?,?) "+onScanConflict,
		c.GateID, c.Direction, c.Scan, c.AtMS, c.PassageID, ms, ms)
	if res.Error != nil {
		return "", res.Error
	}
	if res.RowsAffected == 0 {
		return s.firstScan(ctx, &r.Scan)
	}
	if err := s.InsertPassages(ctx, []Passage{r.Passage}); err != nil {
		return "", err
	}
	if err := s.PutVisits(ctx, r.Visits); err != nil {
		return "", err
	}
	if r.Absent {
		return "", s.DropPresences(ctx, []string{r.Passage.Subject})
	}
	if r.Present != nil {
		return "", s.PutPresences(ctx, []Presence{*r.Present})
	}
	return "", nil
}

func (s *Store) firstScan(ctx context.Context, scan *Scan) (string, error) {
	var row Scan
	err := s.w(ctx).Where("gate_id = ? AND direction = ? AND scan = ?", scan.GateID, scan.Direction, scan.Scan).Take(&row).Error
	return row.PassageID, err
}
