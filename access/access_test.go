package access

import (
	"testing"
	"time"

	"kyoten/access/entry"
	"kyoten/internal/clock"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// house is a World with doors: gates for both ways at the entrances of Colabo and
// Shiojiri and at Acme's office.
type house struct {
	*modelstest.World
	t     testing.TB
	store *models.Store
	fake  *clock.Fake
	svc   *Service

	colabo, shiojiri, office models.Principal
}

func newHouse(t testing.TB) *house {
	t.Helper()
	store, fake := modelstest.Open(t)
	h := &house{World: modelstest.NewWorld(t, store), t: t, store: store, fake: fake}
	keys, err := OpenKeys(t.Context(), store, NewMasterKey())
	h.must(err)
	h.svc = New(store, fake.Now, keys)
	h.colabo = h.gate("colabo", nil, h.Entrance["colabo"])
	h.shiojiri = h.gate("shiojiri", nil, h.Entrance["shiojiri"])
	from := h.Entrance["shiojiri"]
	h.office = h.gate("shiojiri", &from, h.Office)
	return h
}

// gate stores a gate for both ways with a reader on either side.
func (h *house) gate(site string, from *int, to int) models.Principal {
	h.t.Helper()
	g := &models.Gate{Site: site, Name: "door", FromZone: from, ToZone: to, Direction: "both", ExitOpens: "always", TokenHash: models.NewID().String()}
	h.must(h.store.InsertGate(h.t.Context(), g))
	return models.Principal{Gate: g}
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// book stores a confirmed booking of spaces with its passes, past the rules of
// package booking, which are not at stake here.
func (h *house) book(m *models.Member, p models.Period, guests []models.Guest, spaces ...models.Space) *models.Booking {
	h.t.Helper()
	b := &models.Booking{
		Title: "Work", Status: models.BookingConfirmed, StartsAt: p.StartsAt, EndsAt: p.EndsAt,
		OrganizerID: m.ID, CreatedBy: m.ID, CompanyID: m.CompanyID, Guests: guests,
	}
	for _, s := range spaces {
		b.Spaces = append(b.Spaces, models.BookingSpace{
			SpaceID: s.ID, Site: s.Site, Kind: s.Kind, StartsAt: p.StartsAt, EndsAt: p.EndsAt, Active: true, Status: models.BookingConfirmed,
		})
	}
	h.must(h.store.InTx(h.t.Context(), func(tx *models.Store) error {
		c, err := tx.Catalogue(h.t.Context())
		if err != nil {
			return err
		}
		if err := tx.InsertBooking(h.t.Context(), b); err != nil {
			return err
		}
		return tx.InsertBookingPasses(h.t.Context(), c, b, m)
	}))
	return b
}

// codes returns the codes of a booking's passes, the organizer's first.
func (h *house) codes(b *models.Booking) []string {
	h.t.Helper()
	passes, err := h.store.BookingPasses(h.t.Context(), b.ID)
	h.must(err)
	var own, guests []string
	for i := range passes {
		if passes[i].GuestID != nil {
			guests = append(guests, h.sign(&passes[i]))
			continue
		}
		own = append(own, h.sign(&passes[i]))
	}
	return append(own, guests...)
}

func (h *house) sign(p *models.Pass) string {
	h.t.Helper()
	v, err := h.svc.renewView(h.t.Context())
	h.must(err)
	text, err := h.svc.staticCode(v.ring, p)
	h.must(err)
	return text
}

// seat books Colabo's first seat from ten to twelve on Monday and returns its code.
func (h *house) seat(m *models.Member) string {
	h.t.Helper()
	return h.codes(h.book(m, modelstest.Hours(10, 12), nil, h.Seats[0]))[0]
}

// at sets the clock to hh:mm on Monday.
func (h *house) at(hour, minute int) { h.fake.Set(modelstest.At(0, hour, minute)) }

// scan checks a code and moves the clock past the debounce.
func (h *house) scan(gate models.Principal, text string, dir entry.Direction) CheckResult {
	h.t.Helper()
	res, err := h.svc.Check(h.t.Context(), gate, text, dir)
	h.must(err)
	h.must(res.Cause)
	h.fake.Advance(5 * time.Second)
	return res
}

// wants fails the test unless the answer has the reason and what goes with it.
func (h *house) wants(res CheckResult, reason entry.Reason) {
	h.t.Helper()
	if res.Reason != reason || res.Decision != reason.Verdict() || res.Open != reason.Opens() {
		h.t.Fatalf("answer = %s %s, open %t; want %s %s", res.Decision, res.Reason, res.Open, reason.Verdict(), reason)
	}
}

// presences returns who is known to be inside a site, by zone.
func (h *house) inside(site string) map[int]int {
	h.t.Helper()
	rows, err := h.store.PresencesAt(h.t.Context(), site, h.fake.Now())
	h.must(err)
	heads := map[int]int{}
	for _, p := range rows {
		if p.Inside() {
			heads[p.ZoneID]++
		}
	}
	return heads
}
