package access

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kyoten/access/entry"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// TestABookingIsShownToWhoComesForItAlone: not to whoever has the picture of a code
// that opens nothing, nor on the way out.
func TestABookingIsShownToWhoComesForItAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.book(h.Ann, modelstest.Hours(10, 12), nil, h.Seats[0])
	code := h.codes(b)[0]
	h.at(9, 0)
	early := h.scan(h.colabo, code, entry.Entry)
	h.at(10, 0)
	away := h.scan(h.shiojiri, code, entry.Entry)
	in := h.scan(h.colabo, code, entry.Entry)
	out := h.scan(h.colabo, code, entry.Exit)
	h.wants(early, entry.TooEarly)
	h.wants(away, entry.WrongSite)
	for _, res := range []CheckResult{early, away, out} {
		if res.Booking != nil {
			t.Errorf("%s shows %+v", res.Reason, res.Booking)
		}
	}
	if in.Booking == nil {
		t.Error("who comes in is not told where")
	}
}

func TestABookingOpensTheDoor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.book(h.Ann, modelstest.Hours(10, 12), nil, h.Seats[0])
	h.at(9, 50)
	res := h.scan(h.colabo, h.codes(b)[0], entry.Entry)
	h.wants(res, entry.Granted)
	if res.Holder == nil || res.Holder.Initials != "安杏" {
		t.Errorf("holder = %+v, want the initials 安杏", res.Holder)
	}
	if res.Booking == nil || res.Booking.Title != "Work" || res.Booking.SpaceJA != "席1" || !res.Booking.EndsAt.Equal(b.EndsAt) {
		t.Errorf("booking = %+v, want Work on 席1 until 12:00", res.Booking)
	}
	if res.Message.JA == "" || res.Message.EN != "Welcome. Please come in." {
		t.Errorf("message = %+v", res.Message)
	}
	p, err := h.store.Passage(t.Context(), res.PassageID)
	h.must(err)
	if !p.Opened || !p.Online || p.Boot != 0 || p.Seq == 0 || p.Subject == "" || p.AtMS != modelstest.At(0, 9, 50).UnixMilli() {
		t.Errorf("passage = %+v", p)
	}
	got, err := h.store.Booking(t.Context(), b.ID)
	h.must(err)
	if got.Status != models.BookingCheckedIn || got.Spaces[0].CheckedInAt == nil {
		t.Errorf("booking is %s after entering, want checked in", got.Status)
	}
	if heads := h.inside("colabo"); heads[h.Entrance["colabo"]] != 1 {
		t.Errorf("inside = %v, want one at the entrance", heads)
	}
	h.wants(h.scan(h.colabo, h.codes(b)[0], entry.Exit), entry.ExitOK)
	if heads := h.inside("colabo"); len(heads) != 0 {
		t.Errorf("inside after leaving = %v", heads)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		prepare func(h *house, b *models.Booking)
		gate    func(h *house) models.Principal
		hour    int
		alter   func(string) string
		want    entry.Reason
	}{
		"early":      {hour: 9, want: entry.TooEarly},
		"late":       {hour: 13, want: entry.Expired},
		"wrong site": {hour: 10, gate: func(h *house) models.Principal { return h.shiojiri }, want: entry.WrongSite},
		"cancelled": {hour: 10, want: entry.Revoked, prepare: func(h *house, b *models.Booking) {
			h.must(h.store.RevokeBookingPasses(h.t.Context(), b.ID))
		}},
		"lockdown": {hour: 10, want: entry.InLockdown, prepare: func(h *house, _ *models.Booking) {
			h.exec("UPDATE sites SET mode = 'lockdown' WHERE slug = 'colabo'")
		}},
		"suspended member": {hour: 10, want: entry.SubjectBlocked, prepare: func(h *house, _ *models.Booking) {
			h.exec("UPDATE members SET suspended_at = created_at WHERE id = ?", h.Ann.ID)
		}},
		"member revoked": {hour: 10, want: entry.SubjectBlocked, prepare: func(h *house, _ *models.Booking) {
			h.revoke(models.Revocation{MemberID: &h.Ann.ID})
		}},
		"released as a no-show": {hour: 11, want: entry.Revoked, prepare: func(h *house, b *models.Booking) {
			h.exec("UPDATE booking_spaces SET status = 'no_show', active = false WHERE booking_id = ?", b.ID)
		}},
		"flipped character": {hour: 10, want: entry.BadSignature, alter: func(s string) string {
			return s[:20] + other(s[20:21]) + s[21:]
		}},
		"not a code": {hour: 10, want: entry.BadFormat, alter: func(string) string { return "https://example.com/" }},
		"full": {hour: 10, want: entry.ZoneFull, prepare: func(h *house, _ *models.Booking) {
			h.exec("UPDATE zones SET capacity = 1 WHERE id = ?", h.Entrance["colabo"])
			h.wants(h.scan(h.colabo, h.codes(h.book(h.Bob, modelstest.Hours(9, 12), nil, h.Seats[1]))[0], entry.Entry), entry.Granted)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			b := h.book(h.Ann, modelstest.Hours(10, 12), nil, h.Seats[0])
			text := h.codes(b)[0]
			h.at(tt.hour, 0)
			if tt.prepare != nil {
				tt.prepare(h, b)
			}
			if tt.alter != nil {
				text = tt.alter(text)
			}
			gate := h.colabo
			if tt.gate != nil {
				gate = tt.gate(h)
			}
			before := h.inside(gate.Gate.Site)
			res := h.scan(gate, text, entry.Entry)
			h.wants(res, tt.want)
			if after := h.inside(gate.Gate.Site); len(after) != len(before) {
				t.Errorf("inside = %v after a refusal, was %v", after, before)
			}
			if stored := res.PassageID != ""; stored != (tt.want.Step() > entry.BadSignature.Step()) {
				t.Errorf("stored = %t", stored)
			}
			h.wants(h.scan(gate, text, entry.Exit), exitFor(tt.want))
		})
	}
}

// exitFor returns what the same code gets on the way out by somebody who is not in.
func exitFor(refusal entry.Reason) entry.Reason {
	if refusal.Step() <= entry.WrongSite.Step() {
		return entry.ExitUnidentified
	}
	return entry.ExitOrphan
}

func TestWhoMayEnterACompanysOffice(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	guest := []models.Guest{{Name: "Carol Guest", Email: "carol@example.com"}}
	worker := h.codes(h.book(h.Worker, modelstest.Hours(10, 12), guest, h.OfficeSeat))
	ann := h.codes(h.book(h.Ann, modelstest.Hours(10, 12), nil, h.FarRoom))[0]
	h.at(10, 0)
	h.wants(h.scan(h.shiojiri, ann, entry.Entry), entry.Granted)
	h.wants(h.scan(h.office, ann, entry.Entry), entry.ZoneNotAllowed)
	h.wants(h.scan(h.shiojiri, worker[1], entry.Entry), entry.HostNotPresent)
	h.wants(h.scan(h.shiojiri, worker[0], entry.Entry), entry.Granted)
	h.wants(h.scan(h.shiojiri, worker[1], entry.Entry), entry.Granted)
	h.wants(h.scan(h.office, worker[1], entry.Entry), entry.Granted)
	h.wants(h.scan(h.office, worker[0], entry.Entry), entry.Granted)
	if got := h.inside("shiojiri"); got[h.Office] != 2 || got[h.Entrance["shiojiri"]] != 1 {
		t.Errorf("inside = %v, want two in the office and one outside it", got)
	}
	h.wants(h.scan(h.shiojiri, worker[0], entry.Exit), entry.ExitOK)
	h.wants(h.scan(h.office, worker[1], entry.Exit), entry.ExitOK)
	if got := h.inside("shiojiri"); got[h.Office] != 0 || got[h.Entrance["shiojiri"]] != 2 {
		t.Errorf("inside = %v, want nobody in the office and two outside it", got)
	}
	var notices int
	h.scanInt(&notices, "SELECT count(*) FROM outbox WHERE kind = 'guest_arrived' AND member_id = ?", h.Worker.ID)
	if notices != 1 {
		t.Errorf("the host was told %d times that the guest is here, want once", notices)
	}
}

func TestAForeignCompanyNeedsItsOwnOffice(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.book(h.Ann, modelstest.Hours(10, 12), nil, h.OfficeSeat)
	h.at(10, 0)
	h.wants(h.scan(h.office, h.codes(b)[0], entry.Entry), entry.CompanyMismatch)
}

func TestARepeatedScanGetsTheFirstAnswer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	text := h.seat(h.Ann)
	h.at(10, 0)
	first, err := h.svc.Check(t.Context(), h.colabo, text, entry.Entry)
	h.must(err)
	h.fake.Advance(2900 * time.Millisecond)
	again, err := h.svc.Check(t.Context(), h.colabo, "]Q1"+strings.ToLower(text)+"\r", entry.Entry)
	h.must(err)
	if again.PassageID != first.PassageID || again.Reason != entry.Granted || !again.Repeat {
		t.Errorf("after 2.9 s: %s %s, want the first answer again", again.Reason, again.PassageID)
	}
	out, err := h.svc.Check(t.Context(), h.colabo, text, entry.Exit)
	h.must(err)
	h.wants(out, entry.ExitOK)
	h.fake.Advance(200 * time.Millisecond)
	h.wants(h.scan(h.colabo, text, entry.Entry), entry.Granted)
	h.wants(h.scan(h.colabo, text, entry.Entry), entry.PassbackSoft)
	var n int
	h.scanInt(&n, "SELECT count(*) FROM passages")
	if n != 4 {
		t.Errorf("%d passages, want 4", n)
	}
}

func TestTwoScansAtOnceMakeOnePassage(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	text := h.seat(h.Ann)
	h.at(10, 0)
	other := New(h.store, h.fake.Now, h.svc.keys) // another server on the same database
	var ids sync.Map
	var granted atomic.Int32
	var wg sync.WaitGroup
	for i := range 12 {
		svc := []*Service{h.svc, other}[i%2]
		wg.Go(func() {
			res, err := svc.Check(t.Context(), h.colabo, text, entry.Entry)
			if err != nil || res.Cause != nil {
				t.Errorf("check: %v, %v", err, res.Cause)
				return
			}
			if res.Reason == entry.Granted {
				granted.Add(1)
			}
			ids.Store(res.PassageID, true)
		})
	}
	wg.Wait()
	var passages, visits int
	h.scanInt(&passages, "SELECT count(*) FROM passages")
	h.scanInt(&visits, "SELECT count(*) FROM visits")
	if granted.Load() != 12 || passages != 1 || visits != 1 {
		t.Errorf("%d granted, %d passages, %d visits; want 12, 1, 1", granted.Load(), passages, visits)
	}
}

func TestTheLastPlaceGoesToOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.exec("UPDATE zones SET capacity = 2 WHERE id = ?", h.Entrance["colabo"])
	var texts []string
	for i, m := range []*models.Member{h.Ann, h.Bob, h.Worker, h.Manager} {
		texts = append(texts, h.codes(h.book(m, modelstest.Hours(10, 12), nil, h.Seats[i]))[0])
	}
	h.at(10, 0)
	var granted, full atomic.Int32
	var wg sync.WaitGroup
	for _, text := range texts {
		wg.Go(func() {
			res, err := h.svc.Check(t.Context(), h.colabo, text, entry.Entry)
			switch {
			case err != nil || res.Cause != nil:
				t.Errorf("check: %v, %v", err, res.Cause)
			case res.Reason == entry.Granted:
				granted.Add(1)
			case res.Reason == entry.ZoneFull:
				full.Add(1)
			}
		})
	}
	wg.Wait()
	if granted.Load() != 2 || full.Load() != 2 {
		t.Errorf("%d entered and %d were told it is full, want 2 and 2", granted.Load(), full.Load())
	}
}

func TestSomebodyAtTwoGatesAtOnceIsInOnePlace(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.book(h.Ann, modelstest.Hours(10, 12), nil, h.Room, h.FarRoom)
	texts := h.codes(b)
	h.at(10, 0)
	var wg sync.WaitGroup
	for range 5 {
		for i, gate := range []models.Principal{h.colabo, h.shiojiri} {
			for _, text := range texts {
				wg.Go(func() {
					dir := []entry.Direction{entry.Entry, entry.Exit}[i]
					if _, err := h.svc.Check(t.Context(), gate, text, dir); err != nil {
						t.Errorf("check: %v", err)
					}
				})
			}
		}
		wg.Wait()
		h.fake.Advance(4 * time.Second)
	}
	h.wantsFolded()
}

// other returns a character of the alphabet that is not c.
func other(c string) string {
	if c == "0" {
		return "1"
	}
	return "0"
}

// TestNumbersUsedBeforeAreCountedOn: a server whose clock was put back counts its
// passages from where another one began, and nobody stands before the door for it.
func TestNumbersUsedBeforeAreCountedOn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	codes := h.crowd(3 * checkAttempts)
	elsewhere := h.codes(h.book(h.Ann, modelstest.Hours(10, 12), nil, h.FarRoom))[0]
	h.at(10, 0)
	for _, code := range codes {
		res, err := h.svc.Check(t.Context(), h.colabo, code, entry.Entry)
		h.must(err)
		h.wants(res, entry.Granted)
	}
	for name, write := range map[string]func(svc *Service) error{
		"a scan": func(svc *Service) error {
			res, err := svc.Check(t.Context(), h.colabo, codes[0], entry.Exit)
			return errors.Join(err, res.Cause)
		},
		"a scan that may be sent again": func(svc *Service) error {
			return h.store.Enclose(t.Context(), func(ctx context.Context) error {
				res, err := svc.Check(ctx, h.colabo, elsewhere, entry.Entry)
				return errors.Join(err, res.Cause)
			})
		},
		"an admission": func(svc *Service) error {
			_, err := svc.Admit(t.Context(), h.as(h.Desk), Admission{Gate: h.colabo.Gate.ID, Name: "Visitor", Direction: entry.Entry, Reason: "invited"})
			return err
		},
		"an opening": func(svc *Service) error {
			_, err := svc.OpenGate(t.Context(), h.as(h.Desk), h.colabo.Gate.ID, "a delivery")
			return err
		},
	} {
		if err := write(New(h.store, h.fake.Now, h.svc.keys)); err != nil {
			t.Errorf("%s by a server that began at the same instant: %v", name, err)
		}
	}
	var twice int
	if h.scanInt(&twice, "SELECT count(*) FROM (SELECT seq FROM passages GROUP BY gate_id, boot, seq HAVING count(*) > 1) x"); twice > 0 {
		t.Errorf("%d numbers were given twice", twice)
	}
}
