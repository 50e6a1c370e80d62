package access

import (
	"testing"
	"time"

	"kyoten/access/entry"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// visitOf returns the only visit of a pass's holder.
func (h *house) visitOf(pass models.Pass) models.Visit {
	h.t.Helper()
	rows, err := h.store.VisitsOfSubjects(h.t.Context(), []string{pass.Subject}, 0)
	h.must(err)
	if len(rows) != 1 {
		h.t.Fatalf("%d visits, want one: %+v", len(rows), rows)
	}
	return rows[0]
}

func TestADayEndsForThoseNobodySawLeave(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.book(h.Ann, modelstest.Hours(10, 12), nil, h.Seats[0])
	pass, a := h.pass(b), h.agent(h.colabo)
	h.at(10, 5)
	_, in := a.passed(pass, entry.Granted, entry.Entry)
	h.at(20, 0)
	_, out := a.passed(pass, entry.ExitOK, entry.Exit) // not uploaded yet
	a.upload(in)
	h.at(21, 29)
	h.must(h.svc.EndDays(t.Context()))
	if got := h.inside("colabo")[h.Entrance["colabo"]]; got != 1 {
		t.Errorf("%d inside a minute before the day ends, want 1", got)
	}
	h.at(21, 31)
	for range 2 { // a chore may run twice
		h.must(h.svc.EndDays(t.Context()))
	}
	if v := h.visitOf(pass); v.ClosedBy != "auto" || v.LeftMS == nil || *v.LeftMS != modelstest.At(0, 21, 30).UnixMilli() {
		t.Errorf("visit %+v, want closed as auto at 21:30", v)
	}
	people, err := h.store.PresencesAt(t.Context(), "colabo", h.fake.Now())
	h.must(err)
	if len(people) != 1 || people[0].Inside() {
		t.Errorf("presences %+v, want one that is unconfirmed", people)
	}
	a.upload(out)
	if v := h.visitOf(pass); v.ClosedBy != "scan" || *v.LeftMS != modelstest.At(0, 20, 0).UnixMilli() {
		t.Errorf("visit %+v, want closed by the exit that was uploaded late", v)
	}
	h.wantsFolded()
}

func TestNobodyStaysLongerThanTheSiteAllows(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	db, err := h.store.SQL()
	h.must(err)
	_, err = db.ExecContext(t.Context(), "UPDATE sites SET max_stay_minutes = 120 WHERE slug = 'colabo'")
	h.must(err)
	pass := h.pass(h.book(h.Ann, modelstest.Hours(10, 14), nil, h.Seats[0]))
	h.at(10, 0)
	h.wants(h.scan(h.colabo, h.sign(&pass), entry.Entry), entry.Granted)
	h.at(11, 59)
	h.must(h.svc.EndDays(t.Context()))
	if v := h.visitOf(pass); v.LeftMS != nil {
		t.Errorf("closed within the two hours: %+v", v)
	}
	h.at(12, 2)
	for range 2 {
		h.must(h.svc.EndDays(t.Context()))
	}
	if v := h.visitOf(pass); v.ClosedBy != "auto" {
		t.Errorf("visit %+v, want closed as auto", v)
	}
	h.wants(h.scan(h.colabo, h.sign(&pass), entry.Entry), entry.Granted) // it blocks nobody
}

// TestWhoIsSeenWhileLongStaysEndGoesOn being inside: another stay was found.
func TestWhoIsSeenWhileLongStaysEndGoesOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	pass := h.pass(h.book(h.Ann, modelstest.Hours(10, 14), nil, h.Seats[0]))
	other := h.pass(h.book(h.Bob, modelstest.Hours(10, 14), nil, h.Seats[1]))
	h.at(10, 0)
	h.wants(h.scan(h.colabo, h.sign(&pass), entry.Entry), entry.Granted)
	h.wants(h.scan(h.colabo, h.sign(&other), entry.Entry), entry.Granted)
	found, err := h.store.StaysSince(t.Context(), "colabo", h.fake.Now())
	h.must(err)
	h.scan(h.colabo, h.sign(&pass), entry.Exit)
	h.scan(h.colabo, h.sign(&pass), entry.Entry)
	h.scan(h.colabo, h.sign(&other), entry.Entry) // and was never out
	v, err := h.svc.renewView(t.Context())
	h.must(err)
	for _, stay := range found {
		h.must(h.svc.endLongStay(t.Context(), v, stay))
	}
	if heads := h.inside("colabo"); len(found) != 2 || heads[h.Entrance["colabo"]] != 2 {
		t.Errorf("of %d stays found, inside are %v, want two", len(found), heads)
	}
}

func TestASilentGateIsToldOfOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	beat := func() {
		t.Helper()
		h.must(h.svc.Heartbeat(t.Context(), h.colabo, entry.Heartbeat{ClockState: entry.Trusted, QueueLength: 3, Problems: []string{entry.ProblemRelay}}))
	}
	silent := func(want int) {
		t.Helper()
		gates, err := h.svc.WatchGates(t.Context())
		h.must(err)
		if len(gates) != want {
			t.Errorf("%d gates have fallen silent, want %d", len(gates), want)
		}
	}
	silent(0) // online readers may say nothing for days
	beat()
	silent(0)
	h.fake.Advance(3 * time.Minute)
	silent(1)
	silent(0)
	notices, err := h.store.ClaimNotices(t.Context(), "test", 10, time.Minute)
	h.must(err)
	told := map[string]bool{}
	for _, n := range notices {
		told[n.Recipient] = n.Kind == string(models.NoticeGateSilent)
	}
	if !told[h.Admin.Email] || !told[h.Desk.Email] || len(told) != 2 {
		t.Errorf("told: %v, want the administrator and Colabo's desk", told)
	}
	beat()
	h.fake.Advance(3 * time.Minute)
	silent(1)
}

func TestHoldersAreForgottenAfterNinetyDays(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	pass := h.pass(h.book(h.Ann, modelstest.Hours(10, 12), nil, h.Seats[0]))
	code := h.sign(&pass)
	h.at(10, 0)
	in := h.scan(h.colabo, code, entry.Entry)
	h.at(11, 0)
	h.wants(h.scan(h.colabo, code, entry.Exit), entry.ExitOK)
	guest, err := h.svc.Admit(t.Context(), h.as(h.Desk), Admission{Gate: h.colabo.Gate.ID, Name: "Visitor", Direction: entry.Entry, Reason: "fair"})
	h.must(err)
	known := func(subject string) bool {
		t.Helper()
		holders, err := h.store.Holders(t.Context(), []string{subject})
		h.must(err)
		return holders[subject].Name != ""
	}
	h.fake.Advance(85 * 24 * time.Hour)
	h.must(h.svc.ForgetHolders(t.Context()))
	if !known(pass.Subject) {
		t.Error("forgotten before the time")
	}
	h.fake.Advance(6 * 24 * time.Hour)
	h.must(h.svc.ForgetHolders(t.Context()))
	if known(pass.Subject) {
		t.Error("after 91 days the passages still name their holder")
	}
	if !known(guest.Subject) {
		t.Error("somebody who is still inside was forgotten")
	}
	h.must(h.svc.EndDays(t.Context()))
	h.fake.Advance(13 * time.Hour)
	h.must(h.svc.ForgetHolders(t.Context()))
	if known(guest.Subject) {
		t.Error("the visitor's name is kept for ever")
	}
	if p := h.passage(in.PassageID); p.Subject != pass.Subject || p.Reason != "granted" {
		t.Errorf("the passage was changed: %+v", p)
	}
}

// TestGuestsAndWhatWasWrittenAreForgottenToo: their names, what staff typed and
// the mails that said it last no longer than what a passage says of a member.
func TestGuestsAndWhatWasWrittenAreForgottenToo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.book(h.Ann, modelstest.Hours(10, 12), []models.Guest{{Name: "Carol Guest", Email: "carol@example.com"}}, h.Seats[0])
	h.at(10, 0)
	visitor, err := h.svc.Admit(t.Context(), h.as(h.Desk), Admission{Gate: h.colabo.Gate.ID, Name: "Visitor", Direction: entry.Entry, Reason: "known to Carol"})
	h.must(err)
	_, err = h.svc.OpenGate(t.Context(), h.as(h.Desk), h.colabo.Gate.ID, "Carol rang")
	h.must(err)
	err = h.store.InTx(t.Context(), func(tx *models.Store) error {
		return tx.Enqueue(t.Context(), models.BookingNotice{Guest: "Carol Guest"}, models.Notice{
			Kind: string(models.NoticeGuestInvited), Recipient: "carol@example.com", Locale: "en", BookingID: &b.ID,
		})
	})
	h.must(err)
	h.exec("UPDATE outbox SET done_at = ?", h.store.Now())
	kept := func() (n int) {
		h.scanInt(&n, "SELECT (SELECT count(*) FROM guests WHERE name <> '' AND email <> '') + (SELECT count(*) FROM outbox)"+
			" + (SELECT count(*) FROM passages WHERE reason_text <> '') + (SELECT count(*) FROM gate_openings)"+
			" + (SELECT count(*) FROM audit WHERE personal LIKE '%Carol%' OR data LIKE '%Carol%')")
		return n
	}
	if kept() != 8 {
		t.Fatalf("%d of guest, mail, two reasons, two orders to open and two places in the audit log are stored", kept())
	}
	h.fake.Advance(89 * 24 * time.Hour)
	h.must(h.svc.EndDays(t.Context()))
	h.must(h.svc.ForgetHolders(t.Context()))
	if kept() != 8 {
		t.Errorf("%d of guest, mail, reasons and what follows them are left after 89 days, want all", kept())
	}
	h.fake.Advance(2 * 24 * time.Hour)
	for range 2 { // a chore may run twice
		h.must(h.svc.ForgetHolders(t.Context()))
	}
	if kept() != 0 {
		t.Errorf("%d of guest, mail, reasons and what follows them are left after 91 days", kept())
	}
	if p := h.passage(visitor.ID); p.Subject != visitor.Subject || p.Reason != "admitted" {
		t.Errorf("the passage was changed: %+v", p)
	}
}

func TestScansAreForgottenOnceNothingCanRepeatThem(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	code := h.seat(h.Ann)
	h.at(10, 0)
	first := h.scan(h.colabo, code, entry.Entry)
	h.fake.Advance(-4 * time.Second)
	h.must(h.svc.ForgetScans(t.Context()))
	if again := h.scan(h.colabo, code, entry.Entry); again.PassageID != first.PassageID {
		t.Error("a scan was forgotten within the debounce")
	}
	h.fake.Advance(2 * time.Hour)
	h.must(h.svc.ForgetScans(t.Context()))
	db, err := h.store.SQL()
	h.must(err)
	var left int
	h.must(db.QueryRowContext(t.Context(), "SELECT count(*) FROM scans").Scan(&left))
	if left != 0 {
		t.Errorf("%d scans are kept for ever", left)
	}
}
