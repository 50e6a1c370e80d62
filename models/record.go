package models

import (
	"context"
	"errors"
	"slices"
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

// RecordScans is RecordScan for several scans at once, in one transaction: of
// different holders whom somebody knows, with one debounce. It waits for nobody,
// and so can be part of no deadlock: it reports which are stored, and of the
// others nothing is. They are those that somebody else is just writing a passage
// of, that come after another with the same text, or that are stale.
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
		outcomes = append(outcomes, recorded{r.Passage.ID, err == nil, err == nil && first == ""})
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

// The conflicts of the upserts, told once.
const (
	onScanConflict = `ON CONFLICT (gate_id, direction, scan) DO UPDATE SET at_ms = excluded.at_ms, passage_id = excluded.passage_id
		WHERE scans.at_ms NOT BETWEEN excluded.at_ms - ? AND excluded.at_ms + ?`
	onVisitConflict = `ON CONFLICT (entry_id, zone_id) DO UPDATE SET site = excluded.site, entered_ms = excluded.entered_ms,
		left_ms = excluded.left_ms, closed_by = excluded.closed_by, exit_id = excluded.exit_id, flags = excluded.flags`
	onPresenceConflict = `ON CONFLICT (subject) DO UPDATE SET site = excluded.site, zone_id = excluded.zone_id, since_ms = excluded.since_ms,
		last_entry_ms = excluded.last_entry_ms, closed_ms = excluded.closed_ms, safe_ms = excluded.safe_ms`
)

// within is how far apart two scans of one text are one, in milliseconds.
func (r *ScanRecord) within() int64 { return r.Debounce.Milliseconds() - 1 }

// recordAtOnce sends more behind the statement that records the scan.
func (s *Store) recordAtOnce(ctx context.Context, r *ScanRecord, more ...statement) (first string, err error) {
	var outcomes []recorded
	st, err := s.recording(ctx, []*ScanRecord{r}, true, &outcomes)
	if err != nil {
		return "", err
	}
	if err := s.ask(ctx, append([]statement{st}, append(r.marks(s), more...)...)...); err != nil {
		return "", err
	}
	switch {
	case !outcomes[0].moved:
		return "", ErrStale
	case !outcomes[0].claimed:
		return s.firstScan(ctx, &r.Scan)
	}
	return "", nil
}

// recordTogether is RecordScans on PostgreSQL.
func (s *Store) recordTogether(ctx context.Context, rs []*ScanRecord) ([]recorded, error) {
	rs = slices.DeleteFunc(slices.Clone(rs), func(r *ScanRecord) bool { return len(s.oldStays(r.Visits)) > 0 }) // whose days might be waited for
	if len(rs) == 0 {
		return nil, nil
	}
	var outcomes []recorded
	st, err := s.recording(ctx, rs, false, &outcomes)
	if err == nil {
		err = s.ask(ctx, st)
	}
	return outcomes, err
}

// recorded is what came of a scan.
type recorded struct {
	passage        string
	moved, claimed bool // moved: nothing else of the holder was written meanwhile
}

// recording is the statement that records scans: each part sees what an earlier one
// returned, and writes of those that are the first of their text alone. Whoever
// else is writing a passage of a holder is waited for, or the scan left out.
func (s *Store) recording(ctx context.Context, rs []*ScanRecord, waiting bool, out *[]recorded) (statement, error) {
	claims := claimColumns(rs)
	var passages []Passage
	var visits []Visit
	var stays []Presence
	var visitOf, stayOf []string
	for _, r := range rs {
		passages = append(passages, r.Passage)
		for _, v := range r.Visits {
			visits, visitOf = append(visits, v), append(visitOf, r.Passage.ID)
		}
		if r.Present != nil {
			stays, stayOf = append(stays, *r.Present), append(stayOf, r.Passage.ID)
		}
	}
	skip := map[bool]string{false: " SKIP LOCKED"}[waiting]
	var w with
	w.add("c", "SELECT * FROM "+claims.as("c"), claims.arrays...)
	w.add("held", "SELECT s.subject FROM c JOIN subjects s ON s.subject = c.subject AND s.moves = c.moves FOR NO KEY UPDATE OF s"+skip)
	w.add("moved", "UPDATE subjects s SET moves = s.moves + 1 FROM held WHERE s.subject = held.subject RETURNING s.subject")
	w.add("claimed", "INSERT INTO scans (gate_id, direction, scan, at_ms, passage_id) SELECT gate_id, direction, scan, at_ms, passage_id FROM c"+
		" WHERE moves IS NULL OR subject IN (SELECT subject FROM moved) "+onScanConflict+" RETURNING passage_id", rs[0].within(), rs[0].within())
	for _, part := range []struct {
		name, onConflict string
		rows             any
		of               []string
	}{
		{"passage", "", passages, nil}, {"visit", onVisitConflict, visits, visitOf}, {"present", onPresenceConflict, stays, stayOf},
	} {
		if err := s.addRows(ctx, &w, part.name, part.rows, part.of, part.onConflict); err != nil {
			return statement{}, err
		}
	}
	w.add("absent", "DELETE FROM presences WHERE subject IN (SELECT subject FROM c WHERE absent AND passage_id IN (SELECT passage_id FROM claimed))")
	return many("WITH "+strings.Join(w.parts, ", ")+" SELECT passage_id, moves IS NULL OR subject IN (SELECT subject FROM moved),"+
		" passage_id IN (SELECT passage_id FROM claimed) FROM c", w.args, out, func(o *recorded) []any {
		return []any{&o.passage, &o.moved, &o.claimed}
	}), nil
}

// claimColumns are the scans themselves, and by what each was judged.
func claimColumns(rs []*ScanRecord) (c columns) {
	n := len(rs)
	gates, ats, moves, absent := make([]ID, n), make([]int64, n), make([]*int64, n), make([]bool, n)
	directions, scans, passages, subjects := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	for i, r := range rs {
		gates[i], directions[i], scans[i], ats[i], passages[i] = r.Scan.GateID, r.Scan.Direction, r.Scan.Scan, r.Scan.AtMS, r.Scan.PassageID
		subjects[i], moves[i], absent[i] = r.Passage.Subject, r.Moves, r.Absent
	}
	c.add("gate_id", "uuid", gates)
	c.add("direction", "text", directions)
	c.add("scan", "text", scans)
	c.add("at_ms", "bigint", ats)
	c.add("passage_id", "text", passages)
	c.add("subject", "text", subjects)
	c.add("moves", "bigint", moves)
	c.add("absent", "boolean", absent)
	return c
}

// addRows adds the insertion of rows that follow from scans: of names the passage
// of each row's scan, nil is for passages themselves.
func (s *Store) addRows(ctx context.Context, w *with, name string, rows any, of []string, onConflict string) error {
	c, table, err := s.columnsOfRows(ctx, rows)
	if err != nil {
		return err
	}
	into, from, which := c.list(""), c.list("r."), "r.id"
	if name != "passage" {
		c.add("of_passage", "text", of)
		which = "r.of_passage"
	}
	w.add(name, "INSERT INTO "+table+" ("+into+") SELECT "+from+" FROM "+c.as("r")+
		" WHERE "+which+" IN (SELECT passage_id FROM claimed) "+onConflict, c.arrays...)
	return nil
}

// marks notes that days are not as they were packed, once the passage is stored.
func (r *ScanRecord) marks(s *Store) (out []statement) {
	for _, part := range inOrder(s.oldStays(r.Visits)) {
		for _, d := range part {
			out = append(out, statement{})
			st := &out[len(out)-1]
			st.sql, st.args = numbered("INSERT INTO packed_days (what, site, day, marks) SELECT ?,?,?,1 WHERE EXISTS (SELECT 1 FROM passages WHERE id = ?) "+onMarked,
				[]any{string(d.what), d.site, d.day, r.Passage.ID})
		}
	}
	return out
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
