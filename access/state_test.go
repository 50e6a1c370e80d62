package access

import (
	"crypto/ed25519"
	"testing"
	"time"

	"kyoten/access/entry"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// TestAStateIsMadeOfWhatItsPulseStandsFor: settings that change while a state is
// being asked for are in it, and not only in the one some seconds later.
func TestAStateIsMadeOfWhatItsPulseStandsFor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	old, err := h.svc.renewView(t.Context())
	h.must(err)
	h.must(h.svc.SetMode(t.Context(), h.as(h.Admin), "colabo", models.SiteMode(entry.Lockdown), "test"))
	c, _, err := h.svc.stateOf(t.Context(), old, "colabo")
	h.must(err)
	if c.state.Mode != entry.Lockdown {
		t.Errorf("mode = %s, want lockdown", c.state.Mode)
	}
}

// TestAStateIsSignedAnewAfterTheClockWasPutBack: gates count its age, and the least
// time that it can be, from when it says it was signed.
func TestAStateIsSignedAnewAfterTheClockWasPutBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.at(12, 0)
	first, err := h.svc.State(t.Context(), h.colabo)
	h.must(err)
	h.at(9, 0)
	v, err := h.svc.renewView(t.Context())
	h.must(err)
	_, row, err := h.svc.stateOf(t.Context(), v, "colabo")
	h.must(err)
	if row.Version <= first.Version || !row.GeneratedAt.Equal(h.fake.Now()) {
		t.Errorf("state %d is of %v, want one after %d, signed now", row.Version, row.GeneratedAt, first.Version)
	}
}

// TestAStateGoesOnBehindWhatAGateHolds: a database that was put back to last night
// counts from there, and no gate believes a lower number than its own.
func TestAStateGoesOnBehindWhatAGateHolds(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first, err := h.svc.State(t.Context(), h.colabo)
	h.must(err)
	held := first.Version + 300
	beat := func(version int64, problems ...string) int64 {
		t.Helper()
		h.must(h.svc.Heartbeat(t.Context(), h.colabo, entry.Heartbeat{ClockState: entry.Trusted, StateVersion: version, Problems: problems}))
		next, err := h.svc.State(t.Context(), h.colabo)
		h.must(err)
		return next.Version
	}
	if got := beat(held, entry.ProblemState); got <= held {
		t.Errorf("a gate that holds state %d and believes none of ours is given %d", held, got)
	}
	calm := beat(0)
	if got := beat(calm - 1); got != calm {
		t.Errorf("a gate that believes us is given state %d, want %d still", got, calm)
	}
	if got := beat(1<<62, entry.ProblemState); got != calm {
		t.Errorf("a number that was never ours brings state %d, want %d still", got, calm)
	}
}

// TestAStateSaysWhenDaysEnd, for gates that are alone then: as the server ends them.
func TestAStateSaysWhenDaysEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.at(12, 0)
	v, err := h.svc.renewView(t.Context())
	h.must(err)
	sealed, err := h.svc.State(t.Context(), h.colabo)
	h.must(err)
	state, _, err := entry.OpenState(sealed.JSON, ed25519.PublicKey(public(v.ring.state)))
	h.must(err)
	var ahead []time.Time
	for _, at := range state.Closings {
		if at.After(h.fake.Now()) {
			ahead = append(ahead, at)
		}
	}
	if len(ahead) < 3 || ahead[0].After(modelstest.At(1, 0, 0)) || ahead[len(ahead)-1].After(h.fake.Now().Add(stateAhead+closingGrace)) {
		t.Fatalf("days end at %v", ahead)
	}
	h.fake.Set(ahead[0])
	site, err := v.Site("colabo")
	h.must(err)
	closed, ok := v.lastClosing(site, h.fake.Now().Add(-closingGrace))
	if !ok || !closed.Add(closingGrace).Equal(ahead[0]) {
		t.Errorf("the server ends the day at %v, the state says %v", closed.Add(closingGrace), ahead[0])
	}
}

// TestThePulseChangesWithWhateverIsTakenBack, also as something else drops out.
func TestThePulseChangesWithWhateverIsTakenBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	first := h.book(h.Ann, modelstest.Hours(10, 12), nil, h.Seats[0])
	second := h.book(h.Bob, modelstest.Hours(10, 12), nil, h.Seats[1])
	pulse := func() models.Pulse {
		p, err := h.store.PulseOf(t.Context(), "colabo")
		h.must(err)
		return p
	}
	h.must(h.store.RevokeBookingPasses(t.Context(), first.ID))
	h.must(h.store.SuspendMember(t.Context(), h.Ann.ID, true))
	before := pulse()
	h.fake.Advance(20 * time.Second) // the first is no news any more
	h.must(h.store.RevokeBookingPasses(t.Context(), second.ID))
	h.must(h.store.SuspendMember(t.Context(), h.Ann.ID, false))
	h.must(h.store.SuspendMember(t.Context(), h.Bob.ID, true))
	after := pulse()
	if after.Revoked == before.Revoked {
		t.Error("a pass was revoked, and the pulse is the same")
	}
	if after.Suspended == before.Suspended {
		t.Error("a member was suspended, and the pulse is the same")
	}
}
