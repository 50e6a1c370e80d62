package access

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"time"

	"kyoten/access/entry"
	"kyoten/models"
)

// How long issuer keys live. A new key is announced before it signs, for longer
// than a gate may go without hearing from us, so that no gate meets a key it
// does not know. It verifies far longer than it signs: a pass may be printed
// half a year before its day (entry's longest lifetime is 194 days).
const (
	announced = 4 * 24 * time.Hour
	signs     = 90 * 24 * time.Hour
	verifies  = 400 * 24 * time.Hour
)

// errNoKey means that no key may sign now, which rotation prevents.
var errNoKey = errors.New("no issuer key is in force")

// Keys are the keys that sign entry codes and the state of gates. Their private
// parts exist outside this type only wrapped by the master key. It is safe for
// concurrent use and follows what other servers on the database do.
type Keys struct {
	store  *models.Store
	master MasterKey

	mu   sync.RWMutex
	last *ring
}

// ring is all keys at one version of the catalogue, which every change of a key
// raises.
type ring struct {
	version   int64
	issuers   []issuerKey // by kid
	state     ed25519.PrivateKey
	handovers []entry.Handover
}

type issuerKey struct {
	entry.IssuerKey
	private ed25519.PrivateKey
	created time.Time
}

// OpenKeys unwraps the keys of the database, makes the first ones where there
// are none, and rotates those that are due.
func OpenKeys(ctx context.Context, store *models.Store, master MasterKey) (*Keys, error) {
	k := &Keys{store: store, master: master}
	if err := k.Rotate(ctx); err != nil {
		return nil, fmt.Errorf("open signing keys: %w", err)
	}
	return k, nil
}

// ring returns the keys as they stand at the catalogue's version.
func (k *Keys) ring(ctx context.Context, version int64) (*ring, error) {
	k.mu.RLock()
	last := k.last
	k.mu.RUnlock()
	if last != nil && last.version == version {
		return last, nil
	}
	r, err := k.load(ctx, k.store)
	if err != nil {
		return nil, err
	}
	r.version = version
	k.mu.Lock()
	k.last = r
	k.mu.Unlock()
	return r, nil
}

func (k *Keys) load(ctx context.Context, store *models.Store) (*ring, error) {
	issuers, err := store.IssuerKeys(ctx)
	if err != nil {
		return nil, err
	}
	states, err := store.StateKeys(ctx)
	if err != nil {
		return nil, err
	}
	r := &ring{}
	for _, row := range issuers {
		private, err := k.open(ctx, store, row)
		if err != nil {
			return nil, err
		}
		r.issuers = append(r.issuers, issuerKey{publicKey(row), private, row.CreatedAt})
	}
	for _, row := range states {
		if err := k.addState(ctx, store, r, row); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// open unwraps an issuer key and, when the master key was changed, wraps it anew.
func (k *Keys) open(ctx context.Context, store *models.Store, row models.IssuerKey) (ed25519.PrivateKey, error) {
	name := issuerName(row.KID)
	seed, old, err := k.master.Unwrap(name, row.PrivateKey)
	if err != nil {
		return nil, err
	}
	if old {
		err = store.RewrapIssuerKey(ctx, row.KID, k.master.Wrap(name, seed))
	}
	return ed25519.NewKeyFromSeed(seed), err
}

// addState takes in the next state key; the newest is the one that signs.
func (k *Keys) addState(ctx context.Context, store *models.Store, r *ring, row models.StateKey) error {
	name := stateName(row.PublicKey)
	seed, old, err := k.master.Unwrap(name, row.PrivateKey)
	if err != nil {
		return err
	}
	if old {
		if err := store.RewrapStateKey(ctx, row.ID, k.master.Wrap(name, seed)); err != nil {
			return err
		}
	}
	r.state = ed25519.NewKeyFromSeed(seed)
	if row.Endorsement != "" {
		r.handovers = append(r.handovers, entry.Handover{Key: public(r.state), Signature: fromBase64(row.Endorsement)})
	}
	return nil
}

func issuerName(kid int) string      { return fmt.Sprintf("issuer %d", kid) }
func stateName(public string) string { return "state " + public }

func publicKey(row models.IssuerKey) entry.IssuerKey {
	return entry.IssuerKey{
		KID: entry.KeyID(row.KID), PublicKey: fromBase64(row.PublicKey),
		NotBefore: row.NotBefore, NotAfter: row.NotAfter, Revoked: row.RevokedAt != nil,
	}
}

func public(key ed25519.PrivateKey) entry.Bytes {
	return entry.Bytes(key.Public().(ed25519.PublicKey))
}

func toBase64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// fromBase64 reads what toBase64 wrote; anything else verifies nothing.
func fromBase64(s string) entry.Bytes {
	b, _ := base64.RawURLEncoding.DecodeString(s)
	return b
}

// signer returns the newest issuer key that may sign now.
func (r *ring) signer(now time.Time) (entry.Issuer, error) {
	for i := len(r.issuers) - 1; i >= 0; i-- {
		if k := r.issuers[i]; k.inForce(now) {
			return entry.NewIssuer(k.KID, k.private), nil
		}
	}
	return entry.Issuer{}, errNoKey
}

func (k issuerKey) inForce(now time.Time) bool {
	return !k.Revoked && !now.Before(k.NotBefore) && now.Before(k.NotAfter)
}

// publicKeys returns what gates verify codes with: every key that some valid
// code may still be signed by, and those revoked, so that a gate can say so.
func (r *ring) publicKeys(now time.Time) []entry.IssuerKey {
	var keys []entry.IssuerKey
	for _, k := range r.issuers {
		if now.Before(k.NotAfter) {
			keys = append(keys, k.IssuerKey)
		}
	}
	return keys
}
