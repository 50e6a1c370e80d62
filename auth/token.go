package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"

	"kyoten/internal/fault"
	"kyoten/models"
)

// The prefixes of tokens. They say where to look one up, and they let secret
// scanners find one that was left in a file.
const (
	sessionPrefix  = "kys_"
	personalPrefix = "kyp_"
	gatePrefix     = "kyg_"
	linkPrefix     = "kyl_"
	calendarPrefix = "kyc_"

	challengePrefix = "kyh_"
)

// maxToken bounds what is looked up at all.
const maxToken = 128

// maxTokens bounds how many personal tokens a member keeps.
const maxTokens = 50

// ErrTooManyTokens means that a member has as many personal tokens as is good
// for anybody.
var ErrTooManyTokens = fault.New(fault.Conflict, "too_many_tokens", "there are too many tokens already")

// newToken returns a token of 256 random bits.
func newToken(prefix string) string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return prefix + base64.RawURLEncoding.EncodeToString(b[:])
}

// NewGateToken returns a token for a gate; store HashToken of it.
func NewGateToken() string { return newToken(gatePrefix) }

// HashToken returns what is stored of a token: its SHA-256 in hex. A token is
// long and random, so a slow hash would protect nothing.
func HashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// CreateToken gives the caller a personal token, which is shown here once and
// never again. A program does with it what its owner may do.
func (s *Service) CreateToken(ctx context.Context, p models.Principal, name string) (row models.Token, token string, err error) {
	if strings.TrimSpace(name) == "" {
		return row, "", models.ErrInvalidInput.On("name").Saying("required")
	}
	token = newToken(personalPrefix)
	row = models.Token{TokenHash: HashToken(token), MemberID: p.Member.ID, Name: strings.TrimSpace(name)}
	err = s.store.InTx(ctx, func(tx *models.Store) error {
		if _, err := tx.LockMember(ctx, p.Member.ID); err != nil {
			return err
		}
		existing, err := tx.TokensOf(ctx, p.Member.ID)
		if err != nil {
			return err
		}
		if len(existing) >= maxTokens {
			return ErrTooManyTokens
		}
		if err := tx.InsertToken(ctx, &row); err != nil {
			return err
		}
		return tx.Audit(ctx, p, "token.create", "token", row.ID.String(), "", nil)
	})
	return row, token, err
}

// RevokeToken ends a personal token of the caller.
func (s *Service) RevokeToken(ctx context.Context, p models.Principal, id models.ID) error {
	return s.store.InTx(ctx, func(tx *models.Store) error {
		if err := tx.DeleteToken(ctx, p.Member.ID, id); err != nil {
			return err
		}
		return tx.Audit(ctx, p, "token.revoke", "token", id.String(), "", nil)
	})
}

// personal returns the member who owns a personal token.
func (s *Service) personal(ctx context.Context, token string) (models.Principal, error) {
	hash := HashToken(token)
	shown, err := s.store.ShownToken(ctx, hash)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return models.Principal{}, ErrUnauthenticated
	case err != nil:
		return models.Principal{}, err
	case !shown.Principal.Member.Active():
		return models.Principal{}, ErrUnauthenticated
	}
	s.use(shown.Principal.SessionID, false, shown.UsedAt)
	s.known.keep(hash, shown, s.now())
	return shown.Principal, nil
}
