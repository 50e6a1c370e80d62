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
	rec.CheckIns, err = sc.checkIns(rec.Passage)
	h.must(err)
	return rec
}

// awaited stores members of whom each has a seat at Colabo from ten to twelve, and
// returns their bookings and the codes of those.
func (h *house) awaited(n int) (bookings []*models.Booking, codes []string) {
	h.t.Helper()
	spaces := make([]models.Space, n)
	for i := range spaces {
		spaces[i] = models.Space{Site: "colabo", Kind: models.KindSeat, NameEN: "Seat", Capacity: 1, Bookable: true, GrainMinutes: 15, ZoneID: h.Entrance["colabo"]}
	}
	h.must(h.store.InsertSpaces(h.t.Context(), spaces))
	for i := range spaces {
		m := &models.Member{Email: fmt.Sprintf("awaited%d@kyoten.example", i), Name: "Awaited Member", Role: models.RoleMember}
		h.must(h.store.InsertMember(h.t.Context(), m))
		b := h.book(m, modelstest.Hours(10, 12), nil, spaces[i])
		bookings, codes = append(bookings, b), append(codes, h.codes(b)[0])
	}
	return bookings, codes
}

// cameTo reports whether a booking and its only space are checked in, and fails
// where one is without the other or without exactly one entry of the audit log.
func (h *house) cameTo(id models.ID) bool {
	h.t.Helper()
	b, err := h.store.Booking(h.t.Context(), id)
	h.must(err)
	came := b.Status == models.BookingCheckedIn
	if (b.Spaces[0].Status == models.BookingCheckedIn) != came || (b.Spaces[0].CheckedInAt != nil) != came {
		h.t.Errorf("the booking is %s, its space %s", b.Status, b.Spaces[0].Status)
	}
	want := map[bool]int{true: 1}[came]
	var got int
	if h.scanInt(&got, "SELECT count(*) FROM audit WHERE action = 'booking.check_in' AND entity_id = ?", id); got != want {
		h.t.Errorf("%d entries of a check-in, want %d", got, want)
	}
	return came
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

// TestArrivalsRecordedTogether: of a batch exactly those are stored and checked in
// whose bookings are as they were when they were judged.
func TestArrivalsRecordedTogether(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	bookings, codes := h.awaited(4)
	h.at(9, 55)
	second := h.book(&models.Member{ID: bookings[0].OrganizerID}, modelstest.Hours(10, 11), nil, h.Seats[0]) // of the first member
	rs := make([]*models.ScanRecord, len(codes))
	for i, code := range codes {
		if rs[i] = h.recordOf(code, entry.Entry); rs[i].CheckIns == nil {
			t.Fatalf("the arrival of %d would be recorded alone", i)
		}
	}
	h.must(h.store.InTx(t.Context(), func(tx *models.Store) error {
		changed, err := tx.LockBooking(t.Context(), bookings[1].ID)
		if err != nil {
			return err
		}
		if err := changed.Cancel(h.fake.Now()); err != nil {
			return err
		}
		return tx.SaveBooking(t.Context(), &changed)
	}))
	h.exec("UPDATE subjects SET moves = moves + 1 WHERE subject = ?", rs[3].Passage.Subject)
	stored, err := h.svc.doors.RecordScans(t.Context(), rs)
	h.must(err)
	want := []bool{true, !modelstest.OnPostgres(), true, false} // SQLite finds out by itself what still waits
	if fmt.Sprint(stored) != fmt.Sprint(want) {
		t.Errorf("stored = %v, want %v", stored, want)
	}
	for i, b := range bookings {
		_, err := h.store.Passage(t.Context(), rs[i].Passage.ID)
		if (err == nil) != stored[i] {
			t.Errorf("passage %d: %v, though stored is %t", i, err, stored[i])
		}
		if came := h.cameTo(b.ID); came != (stored[i] && i != 1) {
			t.Errorf("booking %d is checked in: %t, stored is %t", i, came, stored[i])
		}
	}
	if !h.cameTo(second.ID) {
		t.Error("the other booking of the first member still waits")
	}
}

// TestABatchWaitsForNoBooking: who has somebody else at work on their booking is
// left out of the batch, and neither stored nor checked in.
func TestABatchWaitsForNoBooking(t *testing.T) {
	t.Parallel()
	if !modelstest.OnPostgres() {
		t.Skip("SQLite has one writer")
	}
	h := newHouse(t)
	bookings, codes := h.awaited(2)
	h.at(9, 55)
	rs := []*models.ScanRecord{h.recordOf(codes[0], entry.Entry), h.recordOf(codes[1], entry.Entry)}
	h.must(h.store.InTx(t.Context(), func(tx *models.Store) error {
		if _, err := tx.LockBooking(t.Context(), bookings[0].ID); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		stored, err := h.svc.doors.RecordScans(ctx, rs)
		if err != nil || stored[0] || !stored[1] {
			t.Errorf("stored = %v, %v; want the second alone", stored, err)
		}
		return nil
	}))
	if h.cameTo(bookings[0].ID) || !h.cameTo(bookings[1].ID) {
		t.Error("want the second checked in alone")
	}
	res, err := h.svc.Check(t.Context(), h.colabo, codes[0], entry.Entry)
	h.must(err)
	h.must(res.Cause)
	if h.wants(res, entry.Granted); !h.cameTo(bookings[0].ID) {
		t.Error("the first is not checked in by a scan of their own")
	}
}

// TestManyWhoArriveAtOnceAreEachCheckedInOnce, some of them shown twice at the same
// moment and by two servers.
func TestManyWhoArriveAtOnceAreEachCheckedInOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	bookings, codes := h.awaited(30)
	h.at(9, 55)
	servers := []*Service{h.svc, New(h.store, h.fake.Now, h.svc.keys)}
	passages := make([]string, 2*len(codes))
	var wg sync.WaitGroup
	for i := range passages {
		wg.Go(func() {
			res, err := servers[i%3%2].Check(t.Context(), h.colabo, codes[i%len(codes)], entry.Entry)
			if err != nil || res.Cause != nil || !res.Open {
				t.Errorf("%s %v %v", res.Reason, err, res.Cause)
			}
			passages[i] = res.PassageID
		})
	}
	wg.Wait()
	for i, b := range bookings {
		if passages[i] != passages[i+len(codes)] {
			t.Errorf("one code shown twice at once has two passages")
		}
		if !h.cameTo(b.ID) {
			t.Errorf("booking %d still waits", i)
		}
	}
	var n int
	if h.scanInt(&n, "SELECT count(*) FROM passages"); n != len(codes) {
		t.Errorf("%d passages, want %d", n, len(codes))
	}
}
