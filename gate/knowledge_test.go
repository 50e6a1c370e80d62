package gate

import (
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"kyoten/access/entry"
)

// seal signs a state.
func seal(t *testing.T, s entry.State, signer ed25519.PrivateKey) []byte {
	t.Helper()
	sealed, err := s.Seal(signer)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func pinned(signer ed25519.PrivateKey) identity {
	return identity{GateID: "gate-1", Site: "colabo", ToZone: entrance, Direction: entry.Both, StateKey: entry.Bytes(signer.Public().(ed25519.PublicKey))}
}

func stateOf(version int64, at time.Time) entry.State {
	return entry.State{Version: version, GeneratedAt: at, Site: "colabo", Mode: entry.Normal, Gate: entry.Gate{ID: "gate-1", ToZone: entrance}}
}

func TestOnlyANewerStateOfThisGateUnderThePinnedKeyIsBelieved(t *testing.T) {
	t.Parallel()
	folder, signer := t.TempDir(), key(2)
	k, err := openKnowledge(folder, pinned(signer))
	if err != nil {
		t.Fatal(err)
	}
	if err := k.take(seal(t, stateOf(5, opening), signer), "five"); err != nil {
		t.Fatal(err)
	}
	foreign, elsewhere := stateOf(6, opening), stateOf(6, opening)
	foreign.Site, elsewhere.Gate.ID = "knowers", "gate-2"
	altered := seal(t, stateOf(6, opening), signer)
	altered[len(altered)/2] ^= 1
	for name, tt := range map[string]struct {
		sealed []byte
		want   error
	}{
		"older":        {seal(t, stateOf(4, opening.Add(time.Hour)), signer), entry.ErrStateOlder},
		"other key":    {seal(t, stateOf(6, opening), key(9)), entry.ErrStateSignature},
		"other site":   {seal(t, foreign, signer), entry.ErrStateForeign},
		"other gate":   {seal(t, elsewhere, signer), entry.ErrStateForeign},
		"not a state":  {[]byte("<html>"), entry.ErrStateBroken},
		"nothing":      {nil, entry.ErrStateBroken},
		"signed again": {seal(t, stateOf(5, opening.Add(time.Minute)), signer), nil},
	} {
		if err := k.take(tt.sealed, ""); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	if err := k.take(altered, ""); err == nil {
		t.Error("an altered state was believed")
	}
	if site, _ := k.now(); site.State().Version != 5 {
		t.Errorf("the refused ones left version %d", site.State().Version)
	}
	again, err := openKnowledge(folder, pinned(signer))
	if err != nil {
		t.Fatal(err)
	}
	if site, _ := again.now(); site.State().Version != 5 {
		t.Errorf("after a restart the version is %d", site.State().Version)
	}
}

func TestAStateKeyThatWasHandedOverIsPinned(t *testing.T) {
	t.Parallel()
	folder, old, next := t.TempDir(), key(2), key(3)
	k, err := openKnowledge(folder, pinned(old))
	if err != nil {
		t.Fatal(err)
	}
	s := stateOf(1, opening)
	s.Handovers = []entry.Handover{entry.NewHandover(old, next.Public().(ed25519.PublicKey))}
	if err := k.take(seal(t, s, next), ""); err != nil {
		t.Fatal(err)
	}
	kept, err := loadIdentity(folder)
	if err != nil {
		t.Fatal(err)
	}
	if kept.StateKey.String() != entry.Bytes(next.Public().(ed25519.PublicKey)).String() {
		t.Error("the new key is not pinned on the disk")
	}
	if err := k.take(seal(t, stateOf(2, opening), old), ""); !errors.Is(err, entry.ErrStateSignature) {
		t.Errorf("the old key still signs: %v", err)
	}
}

func TestADamagedStateOnTheDiskAdmitsNobody(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	cfg := h.config(t)
	r := h.run(t, cfg)
	settled(t, r)
	r.stop()
	h.leave()
	path := r.knows.statePath()
	sealed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sealed[len(sealed)/3] ^= 1
	if err := os.WriteFile(path, sealed, 0o600); err != nil {
		t.Fatal(err)
	}
	r = h.run(t, cfg)
	if got := r.door.Scan(h.code(1, 0x11), entry.Entry); got.Open {
		t.Errorf("entry without a believable state: %+v", got)
	}
	if got := r.door.Scan(h.code(1, 0x11), entry.Exit); !got.Open {
		t.Errorf("exit without a believable state: %+v", got)
	}
	h.comeBack()
	soon(t, "a new state", func() bool { site, _ := r.knows.now(); return site.State().Version > 0 })
	time.Sleep(entry.Debounce)
	if got := r.door.Scan(h.code(2, 0x12), entry.Entry); got.Reason != entry.Granted {
		t.Errorf("entry with the new state: %s", got.Reason)
	}
}

// TestNothingOnTheDiskMakesACode: rule one of the entrance, tried with whatever
// the agent keeps.
func TestNothingOnTheDiskMakesACode(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	cfg := h.config(t)
	r := h.run(t, cfg)
	settled(t, r)
	r.door.Scan(h.code(1, 0x11), entry.Entry)
	soon(t, "the upload", func() bool { return len(h.events()) == 1 })
	r.stop()
	_, want := h.issuer.Key()
	seeds := 0
	eachFile(t, cfg.Data, func(name string, raw []byte) {
		for i := 0; i+ed25519.SeedSize <= len(raw); i++ {
			seeds++
			if public := ed25519.NewKeyFromSeed(raw[i : i+ed25519.SeedSize]).Public().(ed25519.PublicKey); public.Equal(want) {
				t.Fatalf("%s holds the issuer's key", name)
			}
		}
		if containsCode(raw, h.code(1, 0x11)) {
			t.Errorf("%s holds the text of a code", name)
		}
	})
	if seeds < 1000 {
		t.Errorf("only %d places were tried", seeds)
	}
}

// TestAStateThatCannotBeKeptCounts: a disk that is full or broken must not hold a
// revocation back. Nothing can be put where a folder is.
func TestAStateThatCannotBeKeptCounts(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	cfg := h.config(t)
	if err := os.MkdirAll(filepath.Join(cfg.Data, "state.json", "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	r := h.run(t, cfg)
	settled(t, r)
	if got := r.door.Scan(h.code(1, 0x11), entry.Entry); got.Reason != entry.Granted {
		t.Errorf("entry: %s", got.Reason)
	}
	h.do(func() {
		h.state.Version++
		h.state.Revocations = []entry.Revocation{{Subject: 0x12, Until: opening.AddDate(0, 0, 7)}}
	})
	h.say(entry.StreamState, map[string]int{"version": 2})
	soon(t, "the next state", func() bool { site, _ := r.knows.now(); return site.State().Version == 2 })
	if got := r.door.Scan(h.code(2, 0x12), entry.Entry); got.Reason != entry.SubjectBlocked {
		t.Errorf("entry of one who was blocked since: %s", got.Reason)
	}
	if got := r.problems.list(); !slices.Equal(got, []string{entry.ProblemDisk}) {
		t.Errorf("problems: %v", got)
	}
	if err := os.RemoveAll(r.knows.statePath()); err != nil {
		t.Fatal(err)
	}
	h.do(func() { h.state.Version++ })
	h.say(entry.StreamState, map[string]int{"version": 3})
	soon(t, "nothing to be wrong", func() bool { return len(r.problems.list()) == 0 })
}
