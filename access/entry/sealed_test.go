package entry

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// stateKey returns a state-signing key that differs by name.
func stateKey(name string) ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(name))
	return ed25519.NewKeyFromSeed(seed[:])
}

func publicOf(key ed25519.PrivateKey) ed25519.PublicKey { return key.Public().(ed25519.PublicKey) }

func sampleState(t testing.TB) State {
	t.Helper()
	s := vectorSite(t).State()
	s.Gate = Gate{ID: "g1", ToZone: 201, Direction: Both, ExitOpens: Always}
	s.Revocations = []Revocation{{Pass: 0x0102030405060708, Until: vectorNow}, {Subject: 5}, {Company: 42}}
	s.Guests = []GuestOf{{Subject: 0x6161616161616161, Host: 0x1112131415161718, Company: 42}}
	s.Holders = []Holder{{0x1112131415161718, "田<T>"}}
	s.Identities = []Identity{{Pass: 9, Booked: []Window{{vectorNow, vectorNow.Add(time.Hour)}}}}
	return s
}

func seal(t testing.TB, s State, key ed25519.PrivateKey) []byte {
	t.Helper()
	sealed, err := s.Seal(key)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestASealedStateOpensWithThePinnedKey(t *testing.T) {
	t.Parallel()
	key, want := stateKey("a"), sampleState(t)
	got, pin, err := OpenState(seal(t, want, key), publicOf(key))
	if err != nil || !pin.Equal(publicOf(key)) {
		t.Fatalf("pin %x, %v", pin, err)
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(State{}, "Signature"), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("state (-sealed +opened):\n%s", diff)
	}
}

// TestTheSignatureIsOverTheCanonicalForm spells the message out, as another
// implementation would have to build it.
func TestTheSignatureIsOverTheCanonicalForm(t *testing.T) {
	t.Parallel()
	key := stateKey("a")
	sealed := seal(t, State{
		Version: 3, GeneratedAt: vectorNow, Site: "colabo", Mode: Normal,
		Gate: Gate{ID: "g", ToZone: 1, Direction: Entry}, Zones: []Zone{{ID: 1, AntiPassback: PassbackOff, OfflineHours: 72}},
		Holders: []Holder{{7, "é<"}},
	}, key)
	const canonical = `{"gate":{"direction":"entry","from_zone":0,"id":"g","to_zone":1},"generated_at":"2026-11-24T01:00:00Z",` +
		`"guests":[],"holders":[{"initials":"é<","subject":"0000000000000007"}],"issuer_keys":[],"mode":"normal","revocations":[],` +
		`"site":"colabo","version":3,"zones":[{"anti_passback":"off","capacity":0,"company":0,"id":1,"live_required":false,` +
		`"offline_hours":72,"parent":0}]}`
	var got struct{ Signature Bytes }
	if err := json.Unmarshal(sealed, &got); err != nil {
		t.Fatal(err)
	}
	if !ed25519.Verify(publicOf(key), []byte("kyoten-state-v1\x00"+canonical), got.Signature) {
		t.Errorf("the signature does not cover %s\nstate: %s", canonical, sealed)
	}
}

func TestAnotherSpellingOfTheSameStateStaysSigned(t *testing.T) {
	t.Parallel()
	key := stateKey("a")
	var members map[string]json.RawMessage // re-ordered, and indented
	if err := json.Unmarshal(seal(t, sampleState(t), key), &members); err != nil {
		t.Fatal(err)
	}
	pretty, err := json.MarshalIndent(members, "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := OpenState(pretty, publicOf(key)); err != nil {
		t.Errorf("another spelling: %v", err)
	}
}

func TestAnAlteredOrForeignStateIsRefused(t *testing.T) {
	t.Parallel()
	key := stateKey("a")
	good := string(seal(t, sampleState(t), key))
	for name, tt := range map[string]struct {
		sealed string
		want   error
	}{
		"one zone changed":      {strings.Replace(good, `"id":210`, `"id":211`, 1), ErrStateSignature},
		"a member added":        {strings.Replace(good, `{`, `{"extra":1,`, 1), ErrStateSignature},
		"a member twice":        {strings.Replace(good, `{`, `{"mode":"normal",`, 1), ErrStateBroken},
		"signed by another key": {string(seal(t, sampleState(t), stateKey("b"))), ErrStateSignature},
		"no signature":          {string(marshal(t, sampleState(t))), ErrStateSignature},
		"cut short":             {good[:len(good)-9], ErrStateBroken},
		"broken UTF-8":          {strings.Replace(good, "shiojiri", "shio\xffjiri", 1), ErrStateBroken},
		"not an object":         {`[]`, ErrStateBroken},
		"nothing":               {``, ErrStateBroken},
		"zone out of range":     {strings.Replace(good, `"id":210`, `"id":-1`, 1), ErrStateBroken},
	} {
		if _, _, err := OpenState([]byte(tt.sealed), publicOf(key)); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}

func TestHandoversLeadToANewKey(t *testing.T) {
	t.Parallel()
	a, b, c, thief := stateKey("a"), stateKey("b"), stateKey("c"), stateKey("thief")
	s := sampleState(t)
	s.Handovers = []Handover{NewHandover(a, publicOf(b)), NewHandover(b, publicOf(c))}
	for name, tt := range map[string]struct {
		pinned ed25519.PrivateKey
		signer ed25519.PrivateKey
		ok     bool
	}{
		"two keys on":              {a, c, true},
		"one key on":               {b, c, true},
		"already there":            {c, c, true},
		"never back":               {c, b, false},
		"a key nobody handed over": {a, thief, false},
	} {
		_, pin, err := OpenState(seal(t, s, tt.signer), publicOf(tt.pinned))
		if (err == nil) != tt.ok || (tt.ok && !pin.Equal(publicOf(tt.signer))) {
			t.Errorf("%s: pin %x, %v", name, pin, err)
		}
	}
	s.Handovers = []Handover{NewHandover(thief, publicOf(thief)), {Key: Bytes(publicOf(thief))}}
	if _, _, err := OpenState(seal(t, s, thief), publicOf(a)); !errors.Is(err, ErrStateSignature) {
		t.Errorf("a thief's own handover: %v, want ErrStateSignature", err)
	}
}

func TestNoOlderOrForeignStateReplacesTheOneHeld(t *testing.T) {
	t.Parallel()
	held := sampleState(t)
	for name, tt := range map[string]struct {
		change func(*State)
		want   error
	}{
		"newer":        {func(s *State) { s.Version++ }, nil},
		"the same":     {func(*State) {}, nil},
		"signed anew":  {func(s *State) { s.GeneratedAt = s.GeneratedAt.Add(time.Minute) }, nil},
		"signed then":  {func(s *State) { s.GeneratedAt = s.GeneratedAt.Add(-time.Minute) }, ErrStateOlder},
		"older":        {func(s *State) { s.Version--; s.GeneratedAt = vectorNow }, ErrStateOlder},
		"another site": {func(s *State) { s.Version++; s.Site = "colabo" }, ErrStateForeign},
		"another gate": {func(s *State) { s.Version++; s.Gate.ID = "g2" }, ErrStateForeign},
	} {
		next := held
		tt.change(&next)
		if err := next.Succeeds(&held); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	if err := held.Succeeds(nil); err != nil {
		t.Errorf("the first state: %v", err)
	}
}
