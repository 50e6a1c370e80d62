package models

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// ScanRecord is what a scan writes: the passage, and where its holder is after it.
type ScanRecord struct {
	Scan     Scan
	Debounce time.Duration
	Passage  Passage

	Moves *int64 // what the presence was judged by (ScanFacts); nil: it does not change, or nobody knows the subject

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

// recordInTurn takes one statement after the other.
func (s *Store) recordInTurn(ctx context.Context, r *ScanRecord) (first string, err error) {
	claim, args := r.claim()
	res := s.w(ctx).Exec(claim+" VALUES (?,?,?,?,?) "+onScanConflict, args...)
	if res.Error != nil {
		return "", res.Error
	}
	if res.RowsAffected == 0 {
		return s.firstScan(ctx, &r.Scan)
	}
	if r.Moves != nil {
		move, args := r.move()
		if err := changedOne(s.w(ctx).Exec(move, args...), ErrStale); err != nil {
			return "", err
		}
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

// The conflicts of the upserts, told once.
const (
	onScanConflict = `ON CONFLICT (gate_id, direction, scan) DO UPDATE SET at_ms = excluded.at_ms, passage_id = excluded.passage_id
		WHERE scans.at_ms NOT BETWEEN excluded.at_ms - ? AND excluded.at_ms + ?`
	onVisitConflict = `ON CONFLICT (entry_id, zone_id) DO UPDATE SET site = excluded.site, entered_ms = excluded.entered_ms,
		left_ms = excluded.left_ms, closed_by = excluded.closed_by, exit_id = excluded.exit_id, flags = excluded.flags`
	onPresenceConflict = `ON CONFLICT (subject) DO UPDATE SET site = excluded.site, zone_id = excluded.zone_id, since_ms = excluded.since_ms,
		last_entry_ms = excluded.last_entry_ms, closed_ms = excluded.closed_ms, safe_ms = excluded.safe_ms`
)

// claim makes the scan the first of its text, unless there is one within the
// debounce. Its values follow, then onScanConflict.
func (r *ScanRecord) claim() (sql string, args []any) {
	c, ms := r.Scan, r.Debounce.Milliseconds()-1
	return "INSERT INTO scans (gate_id, direction, scan, at_ms, passage_id)",
		[]any{c.GateID, c.Direction, c.Scan, c.AtMS, c.PassageID, ms, ms}
}

// move notes that a passage of the subject is being written, unless another was.
func (r *ScanRecord) move() (sql string, args []any) {
	return "UPDATE subjects SET moves = moves + 1 WHERE subject = ? AND moves = ?", []any{r.Passage.Subject, *r.Moves}
}

// with is a statement made of several, each of which can see what an earlier one
// returned.
type with struct {
	parts []string
	args  []any
}

func (w *with) add(name, sql string, args ...any) {
	w.parts, w.args = append(w.parts, name+" AS ("+sql+")"), append(w.args, args...)
}

// Where a part of the statement below runs only if the scan is the first.
const ifClaimed = " WHERE EXISTS (SELECT 1 FROM claimed)"

// recordAtOnce sends more behind the statement that records the scan.
func (s *Store) recordAtOnce(ctx context.Context, r *ScanRecord, more ...statement) (first string, err error) {
	var w with
	r.addClaim(&w)
	if err := s.addInsert(ctx, &w, "passage", &r.Passage, ""); err != nil {
		return "", err
	}
	for i := range r.Visits {
		if err := s.addInsert(ctx, &w, fmt.Sprintf("visit%d", i), &r.Visits[i], onVisitConflict); err != nil {
			return "", err
		}
	}
	addMarks(&w, s.oldStays(r.Visits))
	if r.Present != nil {
		if err := s.addInsert(ctx, &w, "present", r.Present, onPresenceConflict); err != nil {
			return "", err
		}
	}
	if r.Absent {
		w.add("absent", "DELETE FROM presences WHERE subject = ? AND EXISTS (SELECT 1 FROM claimed)", r.Passage.Subject)
	}
	return s.run(ctx, &w, r, more...)
}

func (r *ScanRecord) addClaim(w *with) {
	claim, args := r.claim()
	values := " SELECT ?,?,?,?,? "
	if r.Moves != nil {
		move, moveArgs := r.move()
		w.add("moved", move+" RETURNING 1", moveArgs...)
		values += "WHERE EXISTS (SELECT 1 FROM moved) "
	}
	w.add("claimed", claim+values+onScanConflict+" RETURNING 1", args...)
}

// addInsert adds the insertion of a row, given by its address.
func (s *Store) addInsert(ctx context.Context, w *with, name string, row any, onConflict string) error {
	value := reflect.ValueOf(row).Elem()
	sch, err := s.schemaOf(value)
	if err != nil {
		return err
	}
	w.add(name, "INSERT INTO "+sch.Table+" ("+strings.Join(sch.DBNames, ",")+") SELECT "+
		strings.Repeat("?,", len(sch.DBNames)-1)+"?"+ifClaimed+" "+onConflict, s.appendValues(ctx, nil, sch, value)...)
	return nil
}

// run sends the statement, with more behind it, and says what came of it.
func (s *Store) run(ctx context.Context, w *with, r *ScanRecord, more ...statement) (first string, err error) {
	var moved, claimed int
	count := "1"
	if r.Moves != nil {
		count = "(SELECT count(*)::int FROM moved)"
	}
	sql := "WITH " + strings.Join(w.parts, ", ") + " SELECT " + count + ", (SELECT count(*)::int FROM claimed)"
	if err := s.ask(ctx, append([]statement{one(sql, w.args, &moved, &claimed)}, more...)...); err != nil {
		return "", err
	}
	switch {
	case moved == 0:
		return "", ErrStale
	case claimed == 0:
		return s.firstScan(ctx, &r.Scan)
	}
	return "", nil
}
