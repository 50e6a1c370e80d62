package access

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"kyoten/access/entry"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// recordOf reads and judges a code as a check does, up to where it is recorded.
func (h *house) recordOf(text string, dir entry.Direction) *models.ScanRecord {
	h.t.Helper()
	sc, err := h.svc.judge(h.t.Context(), h.colabo, text, dir)
	h.must(err)
	if !sc.d.Open {
		h.t.Fatalf("the code is answered %s", sc.d.Reason)
	}
	rec := &models.ScanRecord{Scan: sc.claim(), Debounce: sc.debounce, Passage: h.svc.passageOf(sc), Moves: sc.facts.SubjectMoves}
	sc.follow(rec, rec.Passage)
	return rec
}

// TestScansRecordedTogether: of a batch exactly those are stored whose holder was
// not written about since, and whose text was not scanned just now; the others
// leave nothing behind.
func TestScansRecordedTogether(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	codes := h.crowd(5)
	h.at(10, 0)
	h.scan(h.colabo, codes[3], entry.Entry) // is inside, and goes
	stale := h.recordOf(codes[1], entry.Entry)
	h.scan(h.colabo, codes[1], entry.Entry)
	repeated := h.recordOf(codes[2], entry.Entry)
	if _, err := h.svc.Check(t.Context(), h.colabo, codes[2], entry.Entry); err != nil {
		t.Fatal(err)
	}
	*repeated.Moves++ // as if it had been judged after the other was recorded
	rs := []*models.ScanRecord{h.recordOf(codes[0], entry.Entry), stale, repeated, h.recordOf(codes[3], entry.Exit), h.recordOf(codes[4], entry.Entry)}
	stored, err := h.svc.doors.RecordScans(t.Context(), rs)
	h.must(err)
	if fmt.Sprint(stored) != fmt.Sprint([]bool{true, false, false, true, true}) {
		t.Errorf("stored = %v, want the first, the fourth and the fifth", stored)
	}
	for i, r := range rs {
		_, err := h.store.Passage(t.Context(), r.Passage.ID)
		if (err == nil) != stored[i] {
			t.Errorf("passage %d: %v, though stored is %t", i, err, stored[i])
		}
	}
	if heads := h.inside("colabo"); heads[h.Entrance["colabo"]] != 4 {
		t.Errorf("inside = %v, want all but the fourth", heads)
	}
}

// TestABatchWaitsForNobody: who has somebody else at work on their passages is left
// out of the batch, and recorded alone once that has ended.
func TestABatchWaitsForNobody(t *testing.T) {
	t.Parallel()
	if !modelstest.OnPostgres() {
		t.Skip("SQLite has one writer")
	}
	h := newHouse(t)
	codes := h.crowd(2)
	h.at(10, 0)
	first, second := h.recordOf(codes[0], entry.Entry), h.recordOf(codes[1], entry.Entry)
	h.must(h.store.InTx(t.Context(), func(tx *models.Store) error {
		if _, err := tx.MoveSubjects(t.Context(), []string{first.Passage.Subject}); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		stored, err := h.svc.doors.RecordScans(ctx, []*models.ScanRecord{first, second})
		if err != nil || stored[0] || !stored[1] {
			t.Errorf("stored = %v, %v; want the second alone", stored, err)
		}
		return nil
	}))
	res, err := h.svc.Check(t.Context(), h.colabo, codes[0], entry.Entry)
	h.must(err)
	h.must(res.Cause)
	h.wants(res, entry.Granted)
}

// TestManyAtOnceAreEachRecordedOnce, in and out by turns, at several gates, some
// of them shown twice at the same moment.
func TestManyAtOnceAreEachRecordedOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	codes := h.crowd(40)
	h.at(10, 0)
	for round, dir := range []entry.Direction{entry.Entry, entry.Exit, entry.Entry} {
		passages := make([]string, 2*len(codes))
		var wg sync.WaitGroup
		for i := range passages {
			wg.Go(func() {
				res, err := h.svc.Check(t.Context(), h.colabo, codes[i%len(codes)], dir)
				if err != nil || res.Cause != nil || !res.Open {
					t.Errorf("%s %v %v", res.Reason, err, res.Cause)
				}
				passages[i] = res.PassageID
			})
		}
		wg.Wait()
		for i := range codes {
			if passages[i] != passages[i+len(codes)] {
				t.Errorf("round %d: one code shown twice at once has two passages", round)
			}
		}
		want := map[entry.Direction]int{entry.Entry: len(codes)}[dir]
		if heads := h.inside("colabo"); heads[h.Entrance["colabo"]] != want {
			t.Errorf("round %d: inside = %v, want %d", round, heads, want)
		}
		h.fake.Advance(5 * time.Second)
	}
}
