package access

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kyoten/access/entry"
	"kyoten/models"
	"kyoten/models/modelstest"
)

func openKeys(t *testing.T, store *models.Store, master MasterKey) *Keys {
	t.Helper()
	keys, err := OpenKeys(t.Context(), store, master)
	if err != nil {
		t.Fatalf("open keys: %v", err)
	}
	return keys
}

func ringNow(t *testing.T, store *models.Store, keys *Keys) *ring {
	t.Helper()
	c, err := store.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r, err := keys.ring(t.Context(), c.Version)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestKeysAreMadeOnceAndFoundAgain(t *testing.T) {
	t.Parallel()
	store, _ := modelstest.Open(t)
	master := NewMasterKey()
	var wg sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		wg.Go(func() { _, errs[i] = OpenKeys(t.Context(), store, master) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			t.Fatalf("one of four servers starting together: %v", err)
		}
	}
	a, b := ringNow(t, store, openKeys(t, store, master)), ringNow(t, store, openKeys(t, store, master))
	if len(a.issuers) != 1 || a.issuers[0].KID != 1 {
		t.Fatalf("issuer keys = %d, want the first one alone", len(a.issuers))
	}
	if !a.issuers[0].private.Equal(b.issuers[0].private) || !a.state.Equal(b.state) {
		t.Error("opened again, the keys differ")
	}
	rows, err := store.StateKeys(t.Context())
	if err != nil || len(rows) != 1 {
		t.Errorf("state keys = %d (%v), want 1", len(rows), err)
	}
}

func TestKeysAreUnreadableWithoutTheMasterKey(t *testing.T) {
	t.Parallel()
	store, _ := modelstest.Open(t)
	keys := openKeys(t, store, NewMasterKey())
	r := ringNow(t, store, keys)
	rows, err := store.IssuerKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{toBase64(r.issuers[0].private.Seed()), toBase64(r.issuers[0].private)} {
		if strings.Contains(rows[0].PrivateKey, secret) {
			t.Error("the private key stands in the database as it is")
		}
	}
	if _, err := OpenKeys(t.Context(), store, NewMasterKey()); err == nil || !strings.Contains(err.Error(), "another master key") {
		t.Errorf("opened with a foreign master key: %v", err)
	}
	if _, _, err := keys.master.Unwrap(issuerName(2), rows[0].PrivateKey); err == nil {
		t.Error("a wrapped key can be put in another key's row")
	}
	for _, shown := range []string{fmt.Sprintf("%v %+v %#v", keys.master, keys.master, keys.master)} {
		if strings.Contains(shown, fmt.Sprint(keys.master.secrets[0])) {
			t.Errorf("printing a master key shows it: %s", shown)
		}
	}
}

func TestANewMasterKeyTakesOverFromTheOld(t *testing.T) {
	t.Parallel()
	store, _ := modelstest.Open(t)
	old, next := NewMasterKey(), NewMasterKey()
	before := ringNow(t, store, openKeys(t, store, old))
	both := MasterKey{[][]byte{next.secrets[0], old.secrets[0]}}
	openKeys(t, store, both)
	after := ringNow(t, store, openKeys(t, store, next))
	if !before.issuers[0].private.Equal(after.issuers[0].private) || !before.state.Equal(after.state) {
		t.Error("the keys changed with the master key")
	}
}

func TestIssuerKeysOverlap(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	keys := openKeys(t, store, NewMasterKey())
	kid := func() entry.KeyID {
		issuer, err := ringNow(t, store, keys).signer(fake.Now())
		if err != nil {
			t.Fatal(err)
		}
		id, _ := issuer.Key()
		return id
	}
	rotate := func() {
		if err := keys.Rotate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	fake.Advance(signs - announced - time.Hour)
	rotate()
	if got := len(ringNow(t, store, keys).issuers); got != 1 {
		t.Fatalf("%d keys before one was due", got)
	}
	fake.Advance(2 * time.Hour)
	rotate()
	rotate()
	if got := ringNow(t, store, keys).publicKeys(fake.Now()); len(got) != 2 || kid() != 1 {
		t.Fatalf("gates know %d keys and %d signs, want 2 and the first: gates must hear of a key before it signs", len(got), kid())
	}
	fake.Advance(announced)
	if kid() != 2 {
		t.Error("the new key does not sign after it was announced")
	}
	if got := ringNow(t, store, keys).publicKeys(fake.Now()); len(got) != 2 {
		t.Errorf("gates know %d keys, want the old one too: printed passes still carry it", len(got))
	}
	fake.Advance(2 * verifies)
	rotate()
	if kid() != 3 {
		t.Errorf("after a long sleep key %d signs, want a new one at once", kid())
	}
}

func TestARevokedKeyIsReplacedAtOnce(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	keys := openKeys(t, store, NewMasterKey())
	if err := keys.RevokeIssuer(t.Context(), modelstest.As(t, store, w.Desk), 1); err == nil {
		t.Fatal("staff revoked a key")
	}
	if err := keys.RevokeIssuer(t.Context(), modelstest.As(t, store, w.Admin), 1); err != nil {
		t.Fatal(err)
	}
	r := ringNow(t, store, keys)
	issuer, err := r.signer(fake.Now())
	if err != nil {
		t.Fatal(err)
	}
	if kid, _ := issuer.Key(); kid != 2 {
		t.Errorf("key %d signs, want 2", kid)
	}
	if public := r.publicKeys(fake.Now()); !public[0].Revoked || public[1].Revoked {
		t.Errorf("gates are told revoked = %t, %t; want true, false", public[0].Revoked, public[1].Revoked)
	}
}

func TestGatesFollowANewStateKey(t *testing.T) {
	t.Parallel()
	store, _ := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	keys := openKeys(t, store, NewMasterKey())
	first := ringNow(t, store, keys)
	for range 2 {
		if err := keys.RotateState(t.Context(), modelstest.As(t, store, w.Admin)); err != nil {
			t.Fatal(err)
		}
	}
	now := ringNow(t, store, keys)
	sealed, err := entry.State{Site: "colabo", Version: 7, Handovers: now.handovers}.Seal(now.state)
	if err != nil {
		t.Fatal(err)
	}
	_, next, err := entry.OpenState(sealed, []byte(public(first.state)))
	if err != nil {
		t.Fatalf("a gate that pinned the first key: %v", err)
	}
	if !next.Equal(now.state.Public()) {
		t.Error("the gate does not pin the newest key")
	}
}

func TestReadMasterKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "new", "secret.key")
	made, err := ReadMasterKey(path)
	if err != nil {
		t.Fatal(err)
	}
	again, err := ReadMasterKey(path)
	if err != nil || string(again.secrets[0]) != string(made.secrets[0]) {
		t.Errorf("read again: another key (%v)", err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the secret file = %v (%v), want 0600", info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".secret-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	for name, text := range map[string]string{"empty": "", "short": "abcd\n", "words": "a secret\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadMasterKey(path); err == nil || strings.Contains(err.Error(), "abcd") {
			t.Errorf("%s: err = %v, want one that does not quote the file", name, err)
		}
	}
}
