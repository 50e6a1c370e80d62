package models_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kyoten/internal/clock"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// TestPackedDaysSayWhatTheRowsSay changes bookings and visits of weeks that are
// partly packed, as late uploads, corrections and merges do, and compares what
// reports are handed with the rows.
func TestPackedDaysSayWhatTheRowsSay(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	l := &life{t: t, store: store, w: modelstest.NewWorld(t, store), rng: rand.New(rand.NewPCG(5, 6)), fake: fake}
	for range 130 {
		fake.Advance(time.Duration(l.rng.IntN(20)) * time.Hour)
		what := []func(){l.book, l.book, l.book, l.visit, l.visit, l.visit, l.leave, l.drop, l.move, l.comeIn, l.merge, l.pack, l.pack}
		what[l.rng.IntN(len(what))]()
		l.compare(l.someTime())
	}
	l.complete()
	l.pack()
	l.compare(l.someTime())
	if good := count(t, store, "SELECT count(*) FROM packed_days WHERE packed = marks"); good < 60 {
		t.Errorf("%d days are packed, want sixty", good)
	}
}

// life is what goes on at two sites.
type life struct {
	t      *testing.T
	store  *models.Store
	w      *modelstest.World
	rng    *rand.Rand
	fake   *clock.Fake
	booked []models.ID
	came   []models.Visit
}

func (l *life) in(fn func(tx *models.Store) error) {
	l.t.Helper()
	if err := l.store.InTx(l.t.Context(), fn); err != nil {
		l.t.Fatal(err)
	}
}

func (l *life) pack() {
	l.t.Helper()
	if err := l.store.PackDays(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
}

// someTime is a time of up to three weeks, some of which may be to come.
func (l *life) someTime() models.Period {
	at := l.fake.Now().UTC().Truncate(time.Second).Add(-time.Duration(l.rng.IntN(60*24)) * time.Hour)
	return models.Period{StartsAt: at, EndsAt: at.Add(time.Duration(1+l.rng.IntN(21*24*3600)) * time.Second)}
}

// book stores a booking of some weeks ago or to come, of one space or of linked rooms.
func (l *life) book() {
	at := l.fake.Now().UTC().Truncate(15 * time.Minute).Add(time.Duration(l.rng.IntN(40*24)-35*24) * time.Hour)
	length := time.Duration(1+l.rng.IntN(16)) * 30 * time.Minute
	if l.rng.IntN(10) == 0 {
		length = time.Duration(1+l.rng.IntN(28)) * 24 * time.Hour
	}
	who := []*models.Member{l.w.Ann, l.w.Bob, l.w.Worker}[l.rng.IntN(3)]
	status := []models.BookingStatus{
		models.BookingConfirmed, models.BookingCheckedIn, models.BookingCompleted, models.BookingNoShow, models.BookingCancelled, models.BookingPending,
	}[l.rng.IntN(6)]
	b := models.Booking{Status: status, StartsAt: at, EndsAt: at.Add(length), OrganizerID: who.ID, CreatedBy: who.ID, CompanyID: who.CompanyID}
	spaces := []models.Space{l.w.Seats[l.rng.IntN(4)]}
	if l.rng.IntN(4) == 0 {
		spaces = []models.Space{l.w.Room, l.w.FarRoom}
	}
	for _, s := range spaces {
		row := models.BookingSpace{
			SpaceID: s.ID, Site: s.Site, Kind: s.Kind, StartsAt: at, EndsAt: b.EndsAt.Add(time.Duration(l.rng.IntN(3)-1) * 15 * time.Minute),
			Active: status.Holds(), Status: status,
		}
		if status == models.BookingCheckedIn || status == models.BookingCompleted {
			came := at.Add(time.Duration(l.rng.IntN(20)-5) * time.Minute)
			row.CheckedInAt = &came
		}
		if status == models.BookingPending {
			row.ExpiresAt, b.ExpiresAt = &at, &at
		}
		b.Spaces = append(b.Spaces, row)
	}
	err := l.store.InTx(l.t.Context(), func(tx *models.Store) error { return tx.InsertBooking(l.t.Context(), &b) })
	if err == nil { // else somebody has the space
		l.booked = append(l.booked, b.ID)
	}
}

// move changes a booking: its time, what became of it, or who has it.
func (l *life) move() {
	if len(l.booked) == 0 {
		return
	}
	id := l.booked[l.rng.IntN(len(l.booked))]
	_ = l.store.InTx(l.t.Context(), func(tx *models.Store) error { // refused where the space is taken
		b, err := tx.LockBooking(l.t.Context(), id)
		if err != nil {
			return err
		}
		shift := time.Duration(l.rng.IntN(5)-2) * 24 * time.Hour
		b.StartsAt, b.EndsAt, b.Status = b.StartsAt.Add(shift), b.EndsAt.Add(shift), models.BookingCompleted
		b.OrganizerID = []*models.Member{l.w.Ann, l.w.Bob}[l.rng.IntN(2)].ID
		for i := range b.Spaces {
			s := &b.Spaces[i]
			s.StartsAt, s.EndsAt, s.Active, s.Status, s.ExpiresAt = s.StartsAt.Add(shift), s.EndsAt.Add(shift), false, models.BookingCompleted, nil
		}
		if l.rng.IntN(4) == 0 {
			b.Spaces = b.Spaces[:1]
		}
		return tx.SaveBooking(l.t.Context(), &b)
	})
}

// comeIn checks in whoever waits.
func (l *life) comeIn() {
	l.in(func(tx *models.Store) error {
		_, err := tx.CheckInAt(l.t.Context(), models.Arrival{Site: l.w.Colabo, Member: &l.w.Ann.ID}, tx.Now())
		return err
	})
	l.complete()
}

func (l *life) complete() {
	if _, err := l.store.CompleteOver(l.t.Context(), nil); err != nil {
		l.t.Fatal(err)
	}
}

func (l *life) merge() {
	l.in(func(tx *models.Store) error {
		_, err := tx.MoveMember(l.t.Context(), l.w.Ann.ID, l.w.Bob.ID)
		return err
	})
}

// visit stores one that some gate tells of weeks later, or that still lasts.
func (l *life) visit() {
	l.visitAt(l.fake.Now().Add(-time.Duration(l.rng.IntN(30*24*3600)) * time.Second))
}

// visitAt stores one that began at an instant.
func (l *life) visitAt(at time.Time) {
	v := models.Visit{
		EntryID: fmt.Sprintf("%032x", l.rng.Uint64()), ZoneID: 1 + l.rng.IntN(3), Subject: fmt.Sprintf("%016x", l.rng.IntN(9)),
		Site: []string{"colabo", "shiojiri"}[l.rng.IntN(2)], EnteredMS: at.UnixMilli(),
	}
	if l.rng.IntN(3) > 0 {
		left := v.EnteredMS + l.rng.Int64N(10*3600*1000)
		v.LeftMS = &left
	}
	l.came = append(l.came, v)
	l.in(func(tx *models.Store) error { return tx.PutVisits(l.t.Context(), []models.Visit{v}) })
}

func (l *life) leave() {
	if len(l.came) == 0 {
		return
	}
	v := l.came[l.rng.IntN(len(l.came))]
	left := v.EnteredMS + l.rng.Int64N(48*3600*1000)
	v.LeftMS = &left
	l.in(func(tx *models.Store) error { return tx.PutVisits(l.t.Context(), []models.Visit{v}) })
}

func (l *life) drop() {
	if len(l.came) == 0 {
		return
	}
	last := len(l.came) - 1
	v := l.came[last]
	l.came = l.came[:last]
	l.in(func(tx *models.Store) error { return tx.DropVisits(l.t.Context(), []models.Visit{v}) })
}

// compare compares what reports are handed with the rows, as another program
// would read them.
func (l *life) compare(p models.Period) {
	l.t.Helper()
	if diff := cmp.Diff(rowsDuring(l.t, l.store, p), handed(l.t, l.store, p)); diff != "" {
		l.t.Fatalf("during %v (-rows +handed):\n%s", p, diff)
	}
}

// handed is what EachUse and EachStay say.
func handed(t *testing.T, store *models.Store, p models.Period) []string {
	t.Helper()
	var out []string
	sites := []string{"colabo", "shiojiri"}
	if err := store.EachUse(t.Context(), sites, p, func(u *models.Use) {
		out = append(out, useLine(*u))
	}); err != nil {
		t.Fatal(err)
	}
	if err := store.EachStay(t.Context(), sites, p, func(s *models.Stay) {
		out = append(out, fmt.Sprintf("%s %s %d %d-%d", s.Site, s.Subject, s.ZoneID, s.EnteredMS, s.LeftMS))
	}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

func useLine(u models.Use) string {
	came := "-"
	if u.CheckedInAt != nil {
		came = u.CheckedInAt.UTC().String()
	}
	return fmt.Sprint(u.Site, u.SpaceID, u.Kind, u.Status, u.StartsAt.UTC(), u.EndsAt.UTC(), came, u.OrganizerID, u.Company, u.Left())
}

// rowsDuring reads every booking and visit there is and keeps those of the period.
func rowsDuring(t *testing.T, store *models.Store, p models.Period) []string {
	t.Helper()
	var out []string
	everything := models.Period{StartsAt: p.StartsAt.AddDate(-1, 0, 0), EndsAt: p.EndsAt.AddDate(1, 0, 0)}
	bookings, err := store.BookingsBetween(t.Context(), everything)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range bookings {
		for _, s := range b.Spaces {
			u := models.Use{
				SpaceID: s.SpaceID, Site: s.Site, Kind: s.Kind, Status: s.Status, StartsAt: s.StartsAt, EndsAt: s.EndsAt,
				CheckedInAt: s.CheckedInAt, OrganizerID: b.OrganizerID,
			}
			early := s.EndsAt.Before(b.EndsAt)
			if !early {
				u.EndsAt = b.EndsAt
			}
			if b.CompanyID != nil {
				u.Company = *b.CompanyID
			}
			if strings.Contains("held pending_approval cancelled rejected", string(s.Status)) || !u.Booked().Overlaps(p) {
				continue
			}
			line := useLine(u)
			out = append(out, line[:strings.LastIndex(line, " ")]+" "+fmt.Sprint(early && s.CheckedInAt != nil))
		}
	}
	var visits []models.Visit
	for _, site := range []string{"colabo", "shiojiri"} {
		rows, _, err := store.Visits(t.Context(), models.PassageFilter{Site: site, Period: everything}, models.Page{Limit: 10_000})
		if err != nil {
			t.Fatal(err)
		}
		visits = append(visits, rows...)
	}
	for _, v := range visits {
		var left int64
		if v.LeftMS != nil {
			left = *v.LeftMS
		}
		within := v.EnteredMS < p.EndsAt.UnixMilli() && (v.LeftMS == nil || left > p.StartsAt.UnixMilli())
		if within && v.EnteredMS >= p.StartsAt.AddDate(0, 0, -7).UnixMilli() {
			out = append(out, fmt.Sprintf("%s %s %d %d-%d", v.Site, v.Subject, v.ZoneID, v.EnteredMS, left))
		}
	}
	slices.Sort(out)
	return out
}

func count(t *testing.T, store *models.Store, query string) (n int) {
	t.Helper()
	db, err := store.SQL()
	if err != nil {
		t.Fatal(err)
	}
	if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestPackingWhileOthersWriteLosesNothing packs while visits of days that are over
// come in, again and again.
func TestPackingWhileOthersWriteLosesNothing(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	modelstest.NewWorld(t, store)
	old := fake.Now().AddDate(0, 0, -10)
	p := models.Period{StartsAt: old.AddDate(0, 0, -1), EndsAt: fake.Now()}
	for round := range 12 {
		var atOnce sync.WaitGroup
		for writer := range 3 {
			atOnce.Go(func() {
				for day := range 6 {
					at := old.AddDate(0, 0, day).UnixMilli()
					left := at + 1000
					v := models.Visit{EntryID: fmt.Sprintf("%016x%08x%08x", round, writer, day), ZoneID: 1, Subject: "00000000000000ff", Site: "colabo", EnteredMS: at, LeftMS: &left}
					if err := store.InTx(t.Context(), func(tx *models.Store) error { return tx.PutVisits(t.Context(), []models.Visit{v}) }); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for range 2 {
			atOnce.Go(func() {
				for range 3 {
					if err := store.PackDays(t.Context()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		atOnce.Wait()
		if diff := cmp.Diff(rowsDuring(t, store, p), handed(t, store, p)); diff != "" {
			t.Fatalf("round %d (-rows +handed):\n%s", round, diff)
		}
	}
}

// TestAClockThatWasAheadLeavesNoPackOfWhatWasToCome: what comes after it is seen.
func TestAClockThatWasAheadLeavesNoPackOfWhatWasToCome(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	l := &life{t: t, store: store, w: modelstest.NewWorld(t, store), rng: rand.New(rand.NewPCG(7, 8)), fake: fake}
	monday := fake.Now()
	for range 30 {
		l.visit()
	}
	fake.Advance(40 * 24 * time.Hour)
	l.pack()
	fake.Set(monday.Add(time.Hour))
	all := models.Period{StartsAt: monday.AddDate(0, 0, -30), EndsAt: monday.AddDate(0, 0, 30)}
	for range 10 {
		l.visit()
		l.visitAt(fake.Now().Add(-time.Minute)) // which needs no mark
		l.compare(all)
	}
	l.pack()
	fake.Advance(20 * 24 * time.Hour)
	l.compare(all)
}

// TestWhoLeavesDaysLaterIsInTheReports: an exit changes a day that is packed. A batch
// of scans leaves it to a transaction of its own where it could wait for that day.
func TestWhoLeavesDaysLaterIsInTheReports(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	l := &life{t: t, store: store, w: modelstest.NewWorld(t, store), rng: rand.New(rand.NewPCG(11, 12)), fake: fake}
	gate := &models.Gate{Site: "colabo", Name: "door", ToZone: l.w.Entrance["colabo"], Direction: "both", ExitOpens: "always"}
	if err := store.InsertGate(t.Context(), gate); err != nil {
		t.Fatal(err)
	}
	entered := fake.Now()
	l.visitAt(entered)
	l.visitAt(entered)
	fake.Advance(4 * 24 * time.Hour)
	record := func(i int) *models.ScanRecord {
		at, v := fake.Now().UnixMilli(), l.came[i]
		v.LeftMS, v.ExitID = &at, fmt.Sprintf("%032x", i)
		return &models.ScanRecord{
			Scan:     models.Scan{GateID: gate.ID, Direction: "exit", Scan: v.ExitID, AtMS: at, PassageID: v.ExitID},
			Debounce: 3 * time.Second, Visits: []models.Visit{v},
			Passage: models.Passage{
				ID: v.ExitID, GateID: &gate.ID, Site: v.Site, ZoneID: v.ZoneID, Direction: "exit", Decision: "allow", Reason: "exit_ok",
				Opened: true, AtMS: at, ClockState: "trusted", Seq: int64(i), Flags: models.Strings{},
			},
		}
	}
	all := models.Period{StartsAt: entered.AddDate(0, 0, -1), EndsAt: fake.Now()}
	l.pack()
	if _, err := store.RecordScan(t.Context(), *record(0)); err != nil {
		t.Fatal(err)
	}
	l.compare(all)
	l.pack()
	stored, err := store.RecordScans(t.Context(), []*models.ScanRecord{record(1)})
	if err != nil || stored[0] == modelstest.OnPostgres() {
		t.Errorf("stored with others: %v, %v; want it left to a transaction that may wait", stored, err)
	}
	l.compare(all)
}

// TestPacksHoldNothingPersonal, before an erasure and after it.
func TestPacksHoldNothingPersonal(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	l := &life{t: t, store: store, w: modelstest.NewWorld(t, store), rng: rand.New(rand.NewPCG(9, 10)), fake: fake}
	for range 20 {
		l.book()
		l.visit()
	}
	l.complete()
	fake.Advance(40 * 24 * time.Hour)
	l.complete()
	l.pack()
	bob := *l.w.Bob
	for _, when := range []string{"before", "after"} {
		l.compare(l.someTime())
		for _, rows := range packedRows(t, store) {
			for _, word := range []string{bob.Name, bob.Email, "kyoten.example"} {
				if strings.Contains(rows, word) {
					t.Errorf("%s the erasure a pack holds %q", when, word)
				}
			}
		}
		if when == "before" {
			l.in(func(tx *models.Store) error { return tx.EraseMember(t.Context(), &bob) })
			bob = *l.w.Bob
		}
	}
}

func packedRows(t *testing.T, store *models.Store) (all []string) {
	t.Helper()
	db, err := store.SQL()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.QueryContext(t.Context(), "SELECT rows FROM packed_days WHERE packed = marks")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var packed []byte
		if err := rows.Scan(&packed); err != nil {
			t.Fatal(err)
		}
		all = append(all, string(packed))
	}
	if rows.Err() != nil || len(all) == 0 {
		t.Fatalf("%d days are packed: %v", len(all), rows.Err())
	}
	return all
}
