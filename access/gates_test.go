package access

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"kyoten/access/entry"
	"kyoten/internal/clock"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// office is a service with a world and a clock.
func newGateOffice(t *testing.T) (*Service, *modelstest.World, *models.Store, *clock.Fake) {
	t.Helper()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	keys, err := OpenKeys(t.Context(), store, NewMasterKey())
	if err != nil {
		t.Fatal(err)
	}
	return New(store, fake.Now, keys), w, store, fake
}

func TestAnEnrolmentCodeWorksOnceWithinTenMinutes(t *testing.T) {
	t.Parallel()
	s, w, store, fake := newGateOffice(t)
	admin := modelstest.As(t, store, w.Admin)
	req := GateRequest{Site: "colabo", Name: "Front door", ToZone: w.Entrance["colabo"], Direction: "both", ExitOpens: "always"}
	made, err := s.CreateGate(t.Context(), admin, req)
	if err != nil {
		t.Fatal(err)
	}
	enrolled, err := s.Enrol(t.Context(), made.Code)
	if err != nil || len(enrolled.StateKey) != 32 {
		t.Fatalf("enrolled with key of %d bytes (%v)", len(enrolled.StateKey), err)
	}
	g, err := store.GateByToken(t.Context(), hashOf(enrolled.Token))
	if err != nil || g.ID != made.Gate.ID {
		t.Errorf("the token names %v (%v), want the gate", g.ID, err)
	}
	if _, err := s.Enrol(t.Context(), made.Code); !errors.Is(err, ErrEnrolmentUsed) {
		t.Errorf("a second use: %v, want ErrEnrolmentUsed", err)
	}
	late, err := s.CreateGate(t.Context(), admin, req)
	if err != nil {
		t.Fatal(err)
	}
	fake.Advance(enrolmentLife)
	if _, err := s.Enrol(t.Context(), late.Code); !errors.Is(err, ErrEnrolmentExpired) {
		t.Errorf("after ten minutes: %v, want ErrEnrolmentExpired", err)
	}
	if _, err := s.Enrol(t.Context(), "NO-SUCH-CODE"); !errors.Is(err, ErrEnrolmentUsed) {
		t.Errorf("an unknown code: %v, want ErrEnrolmentUsed", err)
	}
}

func TestAnEnrolmentCodeIsTypedInManyWays(t *testing.T) {
	t.Parallel()
	want := hashEnrolment("91EJ7-KXBQ9-5KB1T-1RB30")
	for name, typed := range map[string]string{
		"small, in one":        "91ej7kxbq95kb1t1rb30",
		"look-alikes":          "9lEJ7-KXBQ9-5KBiT-IRB3O",
		"blanks":               " 91EJ7 KXBQ9 5KB1T 1RB30 ",
		"full width":           "９１ＥＪ７－ＫＸＢＱ９－５ＫＢ１Ｔ－１ＲＢ３０",
		"a Japanese keyboard":  "９１ＥＪ７ーＫＸＢＱ９ー５ＫＢ１Ｔー１ＲＢ３０",
		"half-width long mark": "91EJ7ｰKXBQ9ｰ5KB1Tｰ1RB30",
	} {
		if hashEnrolment(typed) != want {
			t.Errorf("%s: %q is another code", name, typed)
		}
	}
}

func TestOnlyAdministratorsMakeAndEndGates(t *testing.T) {
	t.Parallel()
	s, w, store, _ := newGateOffice(t)
	admin, desk := modelstest.As(t, store, w.Admin), modelstest.As(t, store, w.Desk)
	req := GateRequest{Site: "colabo", Name: "Door", ToZone: w.Entrance["colabo"], Direction: "entry", ExitOpens: "always"}
	if _, err := s.CreateGate(t.Context(), desk, req); !errors.Is(err, models.ErrForbidden) {
		t.Errorf("the desk made a gate: %v", err)
	}
	far := req
	far.ToZone = w.Office
	if _, err := s.CreateGate(t.Context(), admin, far); !errors.Is(err, ErrWrongZone) {
		t.Errorf("a gate into another site's zone: %v, want ErrWrongZone", err)
	}
	made, err := s.CreateGate(t.Context(), admin, req)
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := s.Gates(t.Context(), desk); err != nil || len(rows) != 1 {
		t.Errorf("the desk sees %d gates (%v), want its one", len(rows), err)
	}
	if g, err := s.RevokeGate(t.Context(), admin, made.Gate.ID); err != nil || g.Active() {
		t.Errorf("a revoked gate is active: %t (%v)", g.Active(), err)
	}
	if err := s.DeleteGate(t.Context(), admin, made.Gate.ID); err != nil {
		t.Error(err)
	}
	if err := s.DeleteGate(t.Context(), admin, made.Gate.ID); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("deleting twice: %v, want ErrNotFound", err)
	}
}

// TestAGateIsHeardWhateverItCounts: a figure beyond all sense is no reason to take
// an agent for silent.
func TestAGateIsHeardWhateverItCounts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, length := range []int{-1, 3_000_000_000, math.MaxInt} {
		beat := entry.Heartbeat{ClockState: entry.Trusted, QueueLength: length, StateVersion: math.MaxInt64, Refused: math.MaxInt64}
		if err := h.svc.Heartbeat(t.Context(), h.colabo, beat); err != nil {
			t.Errorf("a queue of %d: %v", length, err)
		}
	}
}

// TestTwoAgentsOfOneGateAreTold: a memory card that was copied makes a second agent
// with the same token. One that was only restarted never comes back as it was.
func TestTwoAgentsOfOneGateAreTold(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		runs string // who is heard, every two seconds
		want []string
	}{
		"one agent":                       {"aaaaaaaaaa", nil},
		"one that does not say":           {"..........", nil},
		"restarted":                       {"aaabbbcccc", nil},
		"restarted, a heartbeat was late": {"aaababbbbb", nil},
		"two at once":                     {"aabababa", []string{entry.ProblemDoubled}},
		"three at once":                   {"abcacbcabacbcac", []string{entry.ProblemDoubled}},
		"restarted again and again":       {"abcdefghi", []string{entry.ProblemRestarts}},
		"untrusted":                       {"????????", []string{entry.ProblemClock}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			beat := func(run string) {
				h.fake.Advance(2 * time.Second)
				heard := entry.Heartbeat{ClockState: entry.Trusted, Problems: []string{}, Run: strings.Trim(run, ".?")}
				if run == "?" {
					heard.ClockState = entry.Untrusted
				}
				h.must(h.svc.Heartbeat(t.Context(), h.colabo, heard))
			}
			problems := func() []string {
				g, err := h.store.Gate(t.Context(), h.colabo.Gate.ID)
				h.must(err)
				return h.svc.Problems(g)
			}
			for _, run := range tt.runs {
				beat(string(run))
			}
			if got := problems(); !slices.Equal(got, tt.want) {
				t.Errorf("after %s: %v, want %v", tt.runs, got, tt.want)
			}
			for range 65 { // one was switched off
				beat("z")
			}
			if got := problems(); len(got) > 0 {
				t.Errorf("two minutes later: %v", got)
			}
		})
	}
}
