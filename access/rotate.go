package access

import (
	"context"
	"crypto/ed25519"
	"time"

	"kyoten/access/entry"
	"kyoten/models"
)

// Rotate makes the keys that are missing or due: the first ones at the first
// start, an issuer key before the newest has signed for its time. It is safe to
// call at any time and on several servers at once.
func (k *Keys) Rotate(ctx context.Context) error {
	return k.store.InTx(ctx, func(tx *models.Store) error {
		r, err := k.lock(ctx, tx)
		if err != nil {
			return err
		}
		now := tx.Now()
		if r.state == nil {
			if err := k.insertState(ctx, tx, nil); err != nil {
				return err
			}
		}
		switch {
		case len(r.issuers) == 0:
			return k.insertIssuer(ctx, tx, r, time.Unix(0, 0).UTC()) // nothing came before it
		case !r.anyInForce(now):
			return k.insertIssuer(ctx, tx, r, now)
		case r.due(now):
			return k.insertIssuer(ctx, tx, r, now.Add(announced))
		}
		return nil
	})
}

// RevokeIssuer ends an issuer key at once, for when its private part is feared
// to be known, and sees that another one signs: every code the old key signed
// must be shown anew.
func (k *Keys) RevokeIssuer(ctx context.Context, p models.Principal, kid int) error {
	if !p.Admin() {
		return models.ErrForbidden
	}
	return k.store.InTx(ctx, func(tx *models.Store) error {
		if _, err := k.lock(ctx, tx); err != nil {
			return err
		}
		if err := tx.RevokeIssuerKey(ctx, kid); err != nil {
			return err
		}
		r, err := k.load(ctx, tx)
		if err != nil {
			return err
		}
		if !r.anyInForce(tx.Now()) {
			err = k.insertIssuer(ctx, tx, r, tx.Now())
		}
		if err != nil {
			return err
		}
		return tx.Audit(ctx, p, "key.revoke", "issuer_key", issuerName(kid), "", nil)
	})
}

// RotateState makes a new key that signs the state of gates from now on. The key
// before it endorses it, so that gates that pinned that one follow.
func (k *Keys) RotateState(ctx context.Context, p models.Principal) error {
	if !p.Admin() {
		return models.ErrForbidden
	}
	return k.store.InTx(ctx, func(tx *models.Store) error {
		r, err := k.lock(ctx, tx)
		if err != nil {
			return err
		}
		if err := k.insertState(ctx, tx, r.state); err != nil {
			return err
		}
		return tx.Audit(ctx, p, "key.rotate", "state_key", "", "", nil)
	})
}

// RevokeIssuer ends an issuer key at once (Keys.RevokeIssuer) and tells the gates.
func (s *Service) RevokeIssuer(ctx context.Context, p models.Principal, kid int) error {
	err := s.keys.RevokeIssuer(ctx, p, kid)
	s.hub.wake("")
	return err
}

// RotateState has states signed by a new key from now on (Keys.RotateState) and
// tells the gates.
func (s *Service) RotateState(ctx context.Context, p models.Principal) error {
	err := s.keys.RotateState(ctx, p)
	s.hub.wake("")
	return err
}

// PublicKeys returns what codes and states are verified with, as it is now;
// administrators only.
func (s *Service) PublicKeys(ctx context.Context, p models.Principal) (issuers []entry.IssuerKey, state entry.Bytes, err error) {
	if !p.Admin() {
		return nil, nil, models.ErrForbidden
	}
	v, err := s.renewView(ctx)
	if err != nil {
		return nil, nil, err
	}
	return v.ring.publicKeys(s.store.Now()), public(v.ring.state), nil
}

// lock keeps other servers from making keys meanwhile and reads what there is.
func (k *Keys) lock(ctx context.Context, tx *models.Store) (*ring, error) {
	if err := tx.LockName(ctx, "keys"); err != nil {
		return nil, err
	}
	return k.load(ctx, tx)
}

// due reports whether the successor of the newest key must be announced.
func (r *ring) due(now time.Time) bool {
	newest := r.issuers[len(r.issuers)-1]
	return !now.Before(newest.created.Add(signs - announced))
}

func (r *ring) anyInForce(now time.Time) bool {
	_, err := r.signer(now)
	return err == nil
}

func (k *Keys) insertIssuer(ctx context.Context, tx *models.Store, r *ring, from time.Time) error {
	kid := 1
	if n := len(r.issuers); n > 0 {
		kid = int(r.issuers[n-1].KID) + 1
	}
	private := ed25519.NewKeyFromSeed(randomSecret())
	return tx.InsertIssuerKey(ctx, &models.IssuerKey{
		KID: kid, PublicKey: toBase64(public(private)), PrivateKey: k.master.Wrap(issuerName(kid), private.Seed()),
		NotBefore: from, NotAfter: tx.Now().Add(verifies),
	})
}

// insertState stores a new state key, endorsed by old unless it is the first.
func (k *Keys) insertState(ctx context.Context, tx *models.Store, old ed25519.PrivateKey) error {
	private := ed25519.NewKeyFromSeed(randomSecret())
	row := models.StateKey{PublicKey: toBase64(public(private))}
	row.PrivateKey = k.master.Wrap(stateName(row.PublicKey), private.Seed())
	if old != nil {
		row.Endorsement = toBase64(entry.NewHandover(old, ed25519.PublicKey(public(private))).Signature)
	}
	return tx.InsertStateKey(ctx, &row)
}
