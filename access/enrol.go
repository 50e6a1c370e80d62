package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"kyoten/access/entry"
	"kyoten/internal/fault"
	"kyoten/models"
)

var (
	// ErrEnrolmentUsed means that the code has made a gate already, or never
	// existed: the two give the same answer.
	ErrEnrolmentUsed = fault.New(fault.Conflict, "enrolment_code_used", "the enrolment code was used before or is not known")
	// ErrEnrolmentExpired means that the code was good for ten minutes.
	ErrEnrolmentExpired = fault.New(fault.Conflict, "enrolment_code_expired", "the enrolment code has expired")
)

// enrolmentLife is how long an enrolment code is good for (access.md).
const enrolmentLife = 10 * time.Minute

// newEnrolmentCode returns a code of 100 random bits that people can type.
func newEnrolmentCode() string {
	text := entry.Base32(random(13))[:20]
	return strings.Join([]string{text[:5], text[5:10], text[10:15], text[15:]}, "-")
}

// hashEnrolment returns the hash of a code as it was typed: with hyphens and
// blanks or without, in any case and width of letters, O for 0 and I or L for 1.
// A Japanese keyboard gives a long-vowel mark for the hyphen.
func hashEnrolment(code string) string {
	code = strings.ToUpper(strings.Join(strings.Fields(models.PlainWidth(code)), ""))
	return hashOf(strings.NewReplacer("-", "", "ー", "", "‐", "", "−", "", "O", "0", "I", "1", "L", "1").Replace(code))
}

// Enrolled is what a device is told that has become a gate: its token, shown
// once, and the key with which the server signs states, to be pinned.
type Enrolled struct {
	Gate     models.Gate
	Token    string
	StateKey entry.Bytes
}

// Enrol exchanges an enrolment code for a gate's own token. A code works once.
func (s *Service) Enrol(ctx context.Context, code string) (Enrolled, error) {
	token := "kyg_" + hex.EncodeToString(random(32))
	var out Enrolled
	err := s.store.InTx(ctx, func(tx *models.Store) error {
		g, err := tx.GateByEnrolment(ctx, hashEnrolment(code))
		switch {
		case errors.Is(err, models.ErrNotFound), err == nil && (g.EnrolmentUsedAt != nil || !g.Active()):
			return ErrEnrolmentUsed
		case err != nil:
			return fmt.Errorf("find enrolment: %w", err)
		case !s.store.Now().Before(*g.EnrolmentExpiresAt):
			return ErrEnrolmentExpired
		}
		if err := tx.EnrolGate(ctx, g.ID, hashOf(token)); err != nil {
			return err
		}
		out = Enrolled{Gate: g, Token: token}
		return tx.Audit(ctx, models.Principal{Gate: &g}, "gate.enrol", "gate", g.ID.String(), g.Site, nil)
	})
	if err != nil {
		return Enrolled{}, err
	}
	out.StateKey, err = s.StateKey(ctx)
	return out, err
}

// StateKey returns the public key with which states are signed now.
func (s *Service) StateKey(ctx context.Context) (entry.Bytes, error) {
	v, err := s.view(ctx)
	if err != nil {
		return nil, err
	}
	return public(v.ring.state), nil
}

// RenewEnrolment gives a gate a new enrolment code: for one that was not used in
// time, or to put another token in the place of the old one, which goes on
// working until then.
func (s *Service) RenewEnrolment(ctx context.Context, p models.Principal, id models.ID) (Enrolment, error) {
	if !p.Admin() {
		return Enrolment{}, models.ErrForbidden
	}
	out := Enrolment{Code: newEnrolmentCode(), ExpiresAt: s.store.Now().Add(enrolmentLife)}
	err := s.store.InTx(ctx, func(tx *models.Store) error {
		g, err := tx.LockGate(ctx, id)
		if err == nil && g.DeletedAt != nil {
			err = models.ErrNotFound
		}
		if err != nil {
			return err
		}
		g.EnrolmentHash, g.EnrolmentExpiresAt, g.EnrolmentUsedAt = hashEnrolment(out.Code), &out.ExpiresAt, nil
		if g.RevokedAt != nil { // a revoked token does not come back with its gate
			g.RevokedAt, g.TokenHash = nil, ""
		}
		out.Gate = g
		if err := tx.RenewEnrolment(ctx, &g); err != nil {
			return err
		}
		return tx.Audit(ctx, p, "gate.enrolment", "gate", id.String(), g.Site, nil)
	})
	return out, err
}

// hashOf names a content, or is what is stored of a secret: its SHA-256 in hex.
func hashOf[T ~string | ~[]byte](content T) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return b
}
