package access

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"slices"
	"testing"
	"time"

	"kyoten/access/entry"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// as returns the member as the one who asks, as stored now.
func (h *house) as(m *models.Member) models.Principal {
	h.t.Helper()
	row, err := h.store.Member(h.t.Context(), m.ID)
	h.must(err)
	return modelstest.As(h.t, h.store, &row)
}

// mine returns the member's printable passes of a kind at a site.
func (h *house) mine(m *models.Member, kind models.PassKind, site string) []Issued {
	h.t.Helper()
	passes, err := h.svc.MyPasses(h.t.Context(), h.as(m))
	h.must(err)
	return slices.DeleteFunc(passes, func(p Issued) bool { return p.Kind != kind || p.Site != site })
}

func TestWhoSeesThePassesOfABooking(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	public := h.book(h.Worker, modelstest.Hours(10, 12), []models.Guest{{Name: "Carol", Email: "c@example.com"}}, h.Seats[0])
	office := h.book(h.Worker, modelstest.Hours(13, 14), nil, h.OfficeSeat)
	for name, tt := range map[string]struct {
		who  *models.Member
		b    *models.Booking
		want int // -1: not found
	}{
		"organizer":                {h.Worker, public, 2},
		"manager: the guest's":     {h.Manager, public, 1},
		"desk, to print":           {h.Desk, public, 2},
		"admin":                    {h.Admin, public, 2},
		"another member":           {h.Ann, public, -1},
		"desk of another site":     {h.Desk, office, -1},
		"organizer, in the office": {h.Worker, office, 1},
	} {
		got, err := h.svc.BookingPasses(t.Context(), h.as(tt.who), tt.b.ID)
		if tt.want < 0 {
			if !errors.Is(err, models.ErrNotFound) {
				t.Errorf("%s: %d passes, %v; want not found", name, len(got), err)
			}
			continue
		}
		if err != nil || len(got) != tt.want {
			t.Errorf("%s: %d passes (%v), want %d", name, len(got), err, tt.want)
		}
		for _, p := range got {
			again, err := h.svc.Pass(t.Context(), h.as(tt.who), p.ID)
			if err != nil || again.Code != p.Code || again.Holder != p.Holder || p.Holder == "" {
				t.Errorf("%s: pass %s by itself: %v", name, p.ID, err)
			}
			if _, err := h.svc.Pass(t.Context(), h.as(h.Ann), p.ID); !errors.Is(err, models.ErrNotFound) {
				t.Errorf("%s: a stranger reads pass %s: %v", name, p.ID, err)
			}
		}
	}
}

func TestAnIdentityPassOpensTogetherWithABooking(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	passes := h.mine(h.Ann, models.PassIdentity, "colabo")
	if len(passes) != 1 || passes[0].NotAfter.Sub(passes[0].NotBefore) > 7*24*time.Hour {
		t.Fatalf("identity passes at Colabo = %+v, want one of at most seven days", passes)
	}
	h.at(10, 0)
	h.wants(h.scan(h.colabo, passes[0].Code, entry.Entry), entry.NoBooking)
	b := h.book(h.Ann, modelstest.Hours(10, 12), nil, h.Seats[0])
	res := h.scan(h.colabo, passes[0].Code, entry.Entry)
	h.wants(res, entry.Granted)
	if res.Booking == nil || res.Booking.SpaceJA != "席1" {
		t.Errorf("booking = %+v, want the seat", res.Booking)
	}
	got, err := h.store.Booking(t.Context(), b.ID)
	h.must(err)
	if got.Status != models.BookingCheckedIn {
		t.Errorf("booking is %s, want checked in", got.Status)
	}
}

// TestTheIdOfAPassSaysWhetherItNeedsABooking, as gates read it.
func TestTheIdOfAPassSaysWhetherItNeedsABooking(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.exec("UPDATE companies SET standing_access = true WHERE id = ?", h.Acme.ID)
	seen := map[models.PassKind]int{}
	for i, who := range []*models.Member{h.Ann, h.Bob, h.Worker, h.Desk} {
		for hour := range 3 {
			h.book(who, modelstest.Hours(10+hour, 11+hour), nil, h.Seats[i])
		}
		passes, err := h.svc.MyPasses(t.Context(), h.as(who))
		h.must(err)
		for _, p := range passes {
			id, err := entry.ParsePassID(p.ID)
			h.must(err)
			seen[p.Kind]++
			if id.NeedsBooking() != (p.Kind == models.PassIdentity) {
				t.Errorf("a gate takes the %s pass %s for another kind", p.Kind, p.ID)
			}
		}
	}
	for _, kind := range []models.PassKind{models.PassIdentity, models.PassStanding, models.PassBooking} {
		if seen[kind] < 2 {
			t.Errorf("only %d passes of the kind %s", seen[kind], kind)
		}
	}
}

func TestPassesWithoutBookingAreRenewed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := h.mine(h.Ann, models.PassIdentity, "colabo")[0]
	if again := h.mine(h.Ann, models.PassIdentity, "colabo"); len(again) != 1 || again[0].ID != first.ID {
		t.Errorf("asked twice: %d passes, want the same one", len(again))
	}
	h.fake.Advance(5 * 24 * time.Hour)
	renewed := h.mine(h.Ann, models.PassIdentity, "colabo")
	if len(renewed) != 2 || renewed[0].ID != first.ID || !renewed[1].NotAfter.After(first.NotAfter) {
		t.Errorf("after five days: %d passes, want the old one and its successor", len(renewed))
	}
	h.exec("UPDATE companies SET standing_access = true WHERE id = ?", h.Acme.ID)
	standing := h.mine(h.Worker, models.PassStanding, "shiojiri")
	if len(standing) != 1 || standing[0].ZoneB != h.Office {
		t.Fatalf("standing passes = %+v, want one with the office", standing)
	}
	if got := h.mine(h.Worker, models.PassStanding, "colabo"); len(got) != 0 {
		t.Errorf("the company's people enter Colabo as they come")
	}
	h.wants(h.scan(h.shiojiri, standing[0].Code, entry.Entry), entry.Granted)
	h.wants(h.scan(h.office, standing[0].Code, entry.Entry), entry.Granted)
	h.exec("UPDATE companies SET standing_access = false WHERE id = ?", h.Acme.ID)
	h.wants(h.scan(h.office, standing[0].Code, entry.Entry), entry.Revoked)
}

func TestWhoLeavesACompanyLosesItsPasses(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.book(h.Worker, modelstest.Hours(10, 12), nil, h.FarRoom)
	old := h.codes(b)[0]
	h.at(10, 0)
	h.wants(h.scan(h.shiojiri, old, entry.Entry), entry.Granted)
	h.wants(h.scan(h.office, old, entry.Entry), entry.Granted)
	h.exec("UPDATE members SET company_id = NULL WHERE id = ?", h.Worker.ID)
	h.wants(h.scan(h.office, old, entry.Entry), entry.Revoked)
	passes, err := h.svc.BookingPasses(t.Context(), h.as(h.Worker), b.ID)
	h.must(err)
	if len(passes) != 1 || passes[0].CompanyID != 0 || passes[0].Code == old {
		t.Fatalf("passes = %+v, want a new one without the company", passes)
	}
	h.wants(h.scan(h.office, passes[0].Code, entry.Entry), entry.ZoneNotAllowed)
	h.wants(h.scan(h.shiojiri, passes[0].Code, entry.Entry), entry.PassbackSoft)
}

// What somebody is shown first, and what their phone signs, opens the door again as
// soon as they look.
func TestCodesForBookingsAreMadeAnewForWhoChangesCompany(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.book(h.Worker, modelstest.Hours(10, 12), nil, h.FarRoom)
	h.at(10, 0)
	phone := h.phone(h.Worker)
	live := func() (found []LivePass) {
		for _, p := range phone.enrol() {
			if p.BookingID != nil && *p.BookingID == b.ID {
				found = append(found, p)
			}
		}
		return found
	}
	before, code := live(), ""
	h.exec("UPDATE members SET company_id = NULL WHERE id = ?", h.Worker.ID)
	for range 2 {
		passes, err := h.svc.MyPasses(t.Context(), h.as(h.Worker))
		h.must(err)
		passes = slices.DeleteFunc(passes, func(p Issued) bool { return p.BookingID == nil })
		if len(passes) != 1 || passes[0].CompanyID != 0 {
			t.Fatalf("the codes for bookings are %+v, want one without the company", passes)
		}
		code = passes[0].Code
	}
	h.wants(h.scan(h.shiojiri, code, entry.Entry), entry.Granted)
	after := live()
	if len(before) != 1 || len(after) != 1 || after[0].ID == before[0].ID {
		t.Fatalf("the phone has %d and then %d live passes, want another one", len(before), len(after))
	}
	h.wants(h.scan(h.office, phone.show(after[0]), entry.Entry), entry.ZoneNotAllowed)
}

// Whoever hands a booking over, or gives it up, while the codes of its holder are made
// anew has not left any behind.
func TestCodesAreNotMadeAnewForABookingThatWasGivenAwayMeanwhile(t *testing.T) {
	t.Parallel()
	if !modelstest.OnPostgres() {
		t.Skip("SQLite has one writer")
	}
	h := newHouse(t)
	given := h.book(h.Worker, modelstest.Hours(10, 12), nil, h.Seats[0])
	cancelled := h.book(h.Worker, modelstest.Hours(13, 14), nil, h.Seats[0])
	h.exec("UPDATE members SET company_id = NULL WHERE id = ?", h.Worker.ID)
	looks := make(chan error, 1)
	h.must(h.store.InTx(t.Context(), func(tx *models.Store) error {
		rows, err := tx.LockBookings(t.Context(), []models.ID{given.ID, cancelled.ID})
		if err != nil {
			return err
		}
		c, err := tx.Catalogue(t.Context())
		if err != nil {
			return err
		}
		for i := range rows {
			b := &rows[i]
			if b.ID == given.ID {
				b.OrganizerID = h.Ann.ID
				err = tx.RenewHolderPasses(t.Context(), c, b, h.Ann)
			} else if err = b.Cancel(h.fake.Now()); err == nil {
				err = tx.RevokeBookingPasses(t.Context(), b.ID)
			}
			if err == nil {
				err = tx.SaveBooking(t.Context(), b)
			}
			if err != nil {
				return err
			}
		}
		who := h.as(h.Worker)
		go func() {
			_, err := h.svc.MyPasses(context.WithoutCancel(t.Context()), who)
			looks <- err
		}()
		for waiting := 0; waiting == 0 && len(looks) == 0; {
			h.scanInt(&waiting, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
		}
		return nil
	}))
	h.must(<-looks)
	var left int
	h.scanInt(&left, "SELECT count(*) FROM passes WHERE kind = 'booking' AND member_id = ? AND revoked_at IS NULL", h.Worker.ID)
	got, err := h.store.BookingPasses(t.Context(), given.ID)
	h.must(err)
	if left != 0 || len(got) != 1 || *got[0].MemberID != h.Ann.ID {
		t.Errorf("%d codes are left to who has no booking any more; the new holder's are %+v", left, got)
	}
}

func TestStaffEnterEveryZoneOfTheirSite(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	passes := h.mine(h.Admin, models.PassStanding, "shiojiri")
	if len(passes) != 1 || passes[0].Flags != models.FlagStaff {
		t.Fatalf("passes = %+v, want one for the two zones", passes)
	}
	h.wants(h.scan(h.office, passes[0].Code, entry.Entry), entry.Granted)
	if got := h.mine(h.Desk, models.PassIdentity, "shiojiri"); len(got) != 1 {
		t.Errorf("staff of Colabo have %d identity passes at Shiojiri, want 1", len(got))
	}
	h.exec("UPDATE members SET role = 'member' WHERE id = ?", h.Admin.ID)
	h.wants(h.scan(h.office, passes[0].Code, entry.Entry), entry.Revoked)
}

// phone is a member's phone with its key.
type phone struct {
	h   *house
	m   *models.Member
	key *ecdsa.PrivateKey
}

func (h *house) phone(m *models.Member) phone {
	h.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	h.must(err)
	return phone{h, m, key}
}

func (p phone) enrol() []LivePass {
	p.h.t.Helper()
	public := elliptic.MarshalCompressed(elliptic.P256(), p.key.X, p.key.Y)
	passes, _, err := p.h.svc.EnrolDevice(p.h.t.Context(), p.h.as(p.m), public)
	p.h.must(err)
	return passes
}

// show returns the code on the phone's screen now.
func (p phone) show(pass LivePass) string {
	p.h.t.Helper()
	text, err := entry.CompleteLive(pass.Signed, p.key, p.h.fake.Now())
	p.h.must(err)
	return text
}

func TestALiveCodeOpensOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.book(h.Ann, modelstest.Hours(10, 12), nil, h.Seats[0])
	h.at(10, 0)
	mine := h.phone(h.Ann)
	passes := mine.enrol()
	i := slices.IndexFunc(passes, func(p LivePass) bool { return p.BookingID != nil && *p.BookingID == b.ID })
	if i < 0 || passes[i].ID == "" {
		t.Fatalf("no live pass for the booking among %d", len(passes))
	}
	code := mine.show(passes[i])
	h.wants(h.scan(h.colabo, code, entry.Entry), entry.Granted)
	h.wants(h.scan(h.colabo, code, entry.Exit), entry.ExitOK)
	h.wants(h.scan(h.colabo, code, entry.Entry), entry.Replayed)
	h.fake.Advance(time.Minute)
	h.wants(h.scan(h.colabo, code, entry.Entry), entry.LiveStale)
	h.wants(h.scan(h.colabo, mine.show(passes[i]), entry.Entry), entry.Granted)
	printed := h.codes(b)
	if len(printed) != 1 {
		t.Errorf("%d printable passes, want the live one left out", len(printed))
	}
	h.exec("UPDATE zones SET live_required = true WHERE id = ?", h.Entrance["colabo"])
	h.wants(h.scan(h.colabo, printed[0], entry.Entry), entry.NeedsLive)
	h.must(h.store.RevokeBookingPasses(t.Context(), b.ID))
	h.wants(h.scan(h.colabo, mine.show(passes[i]), entry.Entry), entry.Revoked)
}

func TestANewPhoneTakesTheOldOnesPlace(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.book(h.Ann, modelstest.Hours(10, 12), nil, h.Seats[0])
	far := models.Period{StartsAt: modelstest.At(9, 10, 0), EndsAt: modelstest.At(9, 12, 0)}
	h.book(h.Ann, far, nil, h.Seats[0])
	h.at(10, 0)
	old := h.phone(h.Ann)
	passes := old.enrol()
	again := old.enrol()
	if len(passes) != 3 || len(again) != 3 || passes[0].ID != again[0].ID {
		t.Fatalf("%d and %d live passes, want the booking's and two identities, the same twice", len(passes), len(again))
	}
	for _, p := range passes {
		if p.NotAfter.Sub(p.NotBefore) > 7*24*time.Hour {
			t.Errorf("a live pass lasts %v", p.NotAfter.Sub(p.NotBefore))
		}
	}
	next := h.phone(h.Ann)
	fresh := next.enrol()
	for who, want := range map[*phone]error{&old: ErrDeviceRetired, &next: nil} {
		public := elliptic.MarshalCompressed(elliptic.P256(), who.key.X, who.key.Y)
		if _, _, err := h.svc.RenewDevice(t.Context(), h.as(h.Ann), public); !errors.Is(err, want) {
			t.Errorf("going on = %v, want %v", err, want)
		}
	}
	i := slices.IndexFunc(fresh, func(p LivePass) bool { return p.BookingID != nil })
	h.wants(h.scan(h.colabo, next.show(fresh[i]), entry.Entry), entry.Granted)
	j := slices.IndexFunc(passes, func(p LivePass) bool { return p.BookingID != nil })
	h.wants(h.scan(h.colabo, old.show(passes[j]), entry.Entry), entry.Revoked)
	h.wants(h.scan(h.colabo, h.codes(b)[0], entry.Entry), entry.PassbackSoft)

	h.fake.Advance(4*24*time.Hour - time.Hour)
	if got := next.enrol(); !slices.ContainsFunc(got, func(p LivePass) bool { return p.BookingID != nil && p.NotAfter.After(far.StartsAt) }) {
		t.Error("the booking that is now less than a week away has no live pass")
	}
	if _, _, err := h.svc.EnrolDevice(t.Context(), h.as(h.Ann), []byte("not a key")); !errors.Is(err, ErrInvalidDeviceKey) {
		t.Errorf("a broken key: %v", err)
	}
}
