package models

import (
	"context"
	"errors"
	"slices"
	"strings"
)

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
	skip := map[bool]string{false: " SKIP LOCKED"}[waiting]
	within := int64(0)
	if len(rs) > 0 {
		within = rs[0].within()
	}
	claims, comers := claimColumns(rs), comersOf(rs)
	var w with
	w.add("c", "SELECT * FROM "+claims.as("c"), claims.arrays...)
	w.add("held", "SELECT s.subject, c.passage_id, c.waits FROM c JOIN subjects s ON s.subject = c.subject AND s.moves = c.moves FOR NO KEY UPDATE OF s"+skip)
	w.add("moved", "UPDATE subjects s SET moves = s.moves + 1 FROM held WHERE s.subject = held.subject"+w.addFree(comers, skip)+" RETURNING s.subject")
	w.add("claimed", "INSERT INTO scans (gate_id, direction, scan, at_ms, passage_id) SELECT gate_id, direction, scan, at_ms, passage_id FROM c"+
		" WHERE moves IS NULL OR subject IN (SELECT subject FROM moved) "+onScanConflict+" RETURNING passage_id", within, within)
	if err := errors.Join(s.addPassages(ctx, &w, rs), s.addCheckIns(ctx, &w, comers)); err != nil {
		return statement{}, err
	}
	return many("WITH "+strings.Join(w.parts, ", ")+" SELECT passage_id, moves IS NULL OR subject IN (SELECT subject FROM moved),"+
		" passage_id IN (SELECT passage_id FROM claimed) FROM c", w.args, out, func(o *recorded) []any {
		return []any{&o.passage, &o.moved, &o.claimed}
	}), nil
}

// claimColumns are the scans themselves, and by what each was judged.
func claimColumns(rs []*ScanRecord) (c columns) {
	n := len(rs)
	gates, ats, moves, absent := make([]ID, n), make([]int64, n), make([]*int64, n), make([]bool, n)
	waits := make([]int, n)
	directions, scans, passages, subjects := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	for i, r := range rs {
		gates[i], directions[i], scans[i], ats[i], passages[i] = r.Scan.GateID, r.Scan.Direction, r.Scan.Scan, r.Scan.AtMS, r.Scan.PassageID
		subjects[i], moves[i], absent[i] = r.Passage.Subject, r.Moves, r.Absent
		if r.CheckIns != nil {
			waits[i] = len(r.CheckIns.Waiting)
		}
	}
	c.add("gate_id", "uuid", gates)
	c.add("direction", "text", directions)
	c.add("scan", "text", scans)
	c.add("at_ms", "bigint", ats)
	c.add("passage_id", "text", passages)
	c.add("subject", "text", subjects)
	c.add("moves", "bigint", moves)
	c.add("absent", "boolean", absent)
	c.add("waits", "integer", waits)
	return c
}

// addPassages adds what is stored of each scan. Rows that follow from a passage
// name it in a column of their own.
func (s *Store) addPassages(ctx context.Context, w *with, rs []*ScanRecord) error {
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
	w.add("absent", "DELETE FROM presences WHERE subject IN (SELECT subject FROM c WHERE absent AND passage_id IN (SELECT passage_id FROM claimed))")
	return errors.Join(
		s.addRows(ctx, w, "passage", passages, "", nil, "r.id IN (SELECT passage_id FROM claimed)"),
		s.addRows(ctx, w, "visit", visits, "of_passage", visitOf, "r.of_passage IN (SELECT passage_id FROM claimed) "+onVisitConflict),
		s.addRows(ctx, w, "present", stays, "of_passage", stayOf, "r.of_passage IN (SELECT passage_id FROM claimed) "+onPresenceConflict))
}

// addRows adds the insertion of those rows of which a condition holds, which may
// look at one more column.
func (s *Store) addRows(ctx context.Context, w *with, name string, rows any, column string, of []string, which string) error {
	c, table, err := s.columnsOfRows(ctx, rows)
	if err != nil {
		return err
	}
	into, from := c.list(""), c.list("r.")
	if column != "" {
		c.add(column, "text", of)
	}
	w.add(name, "INSERT INTO "+table+" ("+into+") SELECT "+from+" FROM "+c.as("r")+" WHERE "+which, c.arrays...)
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
