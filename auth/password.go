package auth

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"golang.org/x/text/unicode/norm"

	"kyoten/models"
)

// hashing follows OWASP's second choice for argon2id: 19 MiB, two passes.
var hashing = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// Passwords have at least ten letters (NIST SP 800-63B: length is what counts);
// the upper bound keeps hashing cheap.
const (
	minPassword = 10
	maxPassword = 256
)

// hashWait is how long a sign-in waits for its turn before it is sent away.
const hashWait = 8 * time.Second

// hashesAtOnce bounds how many passwords are hashed at a time, since each takes
// 19 MiB and a core: a flood of sign-ins must not take the machine.
func hashesAtOnce() int { return min(max(runtime.GOMAXPROCS(0), 2), 8) }

// HashPassword returns what is stored of a password.
func HashPassword(password string) (string, error) {
	return argon2id.CreateHash(norm.NFKC.String(password), hashing)
}

// checkStrength refuses passwords that are short, endless, or the account's own
// address.
func checkStrength(password, email string) error {
	n := utf8.RuneCountInString(password)
	name, _, _ := strings.Cut(email, "@")
	switch {
	case n < minPassword:
		return ErrWeakPassword.On("password").With("min", minPassword)
	case n > maxPassword:
		return models.ErrInvalidInput.On("password").Saying("too_long")
	case strings.EqualFold(password, email), strings.EqualFold(password, name):
		return ErrWeakPassword.On("password")
	}
	return nil
}

// dummyHash is compared with when there is no account, so that the time taken
// tells nobody whether there is one.
var dummyHash = sync.OnceValues(func() (string, error) { return HashPassword("nobody has this password") })

// verify compares a password with an account's hash, "" standing for none. Two
// spellings of one text in Unicode are one password (NFKC).
func verify(password, hash string) (bool, error) {
	known := hash != ""
	if !known {
		var err error
		if hash, err = dummyHash(); err != nil {
			return false, err
		}
	}
	match, err := argon2id.ComparePasswordAndHash(norm.NFKC.String(password), hash)
	if err != nil {
		return false, fmt.Errorf("compare password: %w", err)
	}
	return match && known, nil
}

// errTurnInTransaction is a mistake of ours: on SQLite whoever waits within a
// transaction keeps the only writer from those who are at their turn.
var errTurnInTransaction = errors.New("a turn at hashing was asked for within a transaction")

// inTurn runs f in one of the slots for hashing. Who waits too long is told to
// come back: better a clear answer than a queue without end.
func (s *Service) inTurn(ctx context.Context, f func() error) error {
	if s.store.Enclosed(ctx) {
		return errTurnInTransaction
	}
	ctx, cancel := context.WithTimeout(ctx, hashWait)
	defer cancel()
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
		return f()
	case <-ctx.Done():
		return models.ErrUnavailable.Because(fmt.Errorf("wait for a turn at hashing: %w", ctx.Err())).
			With("retry_after", hashWait)
	}
}

// hashedAhead is a password that HashAhead has hashed.
type hashedAhead struct{ password, hash string }

type hashedKey struct{}

// HashAhead hashes the password of an account that is to be made within a
// transaction that ctx is not part of yet: CreateAccount finds it in the context
// that is returned. One that is too weak is left for it to refuse.
func (s *Service) HashAhead(ctx context.Context, password, email string) (context.Context, error) {
	if checkStrength(password, email) != nil {
		return ctx, nil //nolint:nilerr // CreateAccount refuses it, in the order of its rules
	}
	hash, err := s.hashNew(ctx, password, email)
	return context.WithValue(ctx, hashedKey{}, hashedAhead{password, hash}), err
}

// hashNew checks a new password of the account and hashes it in turn, unless that
// was done ahead.
func (s *Service) hashNew(ctx context.Context, password, email string) (hash string, err error) {
	if err := checkStrength(password, email); err != nil {
		return "", err
	}
	if ahead, ok := ctx.Value(hashedKey{}).(hashedAhead); ok && ahead.password == password {
		return ahead.hash, nil
	}
	err = s.inTurn(ctx, func() (err error) {
		hash, err = HashPassword(password)
		return err
	})
	return hash, err
}

// SetPassword gives a member a new password and ends all their sessions but the
// caller's own, and the links that would set another.
func (s *Service) SetPassword(ctx context.Context, p models.Principal, m models.Member, password string) error {
	hash, err := s.hashNew(ctx, password, m.Email)
	if err != nil {
		return err
	}
	return s.store.InTx(ctx, func(tx *models.Store) error { return storePassword(ctx, tx, p, m, hash) })
}

// storePassword tells the member by mail, with the way to another password: whoever
// set this one may have been somebody else.
func storePassword(ctx context.Context, tx *models.Store, p models.Principal, m models.Member, hash string) error {
	if err := tx.SetPassword(ctx, m.ID, hash); err != nil {
		return err
	}
	if err := tx.DeleteSessions(ctx, m.ID, p.SessionID); err != nil {
		return err
	}
	if err := tx.DeleteLinks(ctx, models.LinkSetPassword, &m.ID); err != nil {
		return err
	}
	if err := tx.Enqueue(ctx, models.BookingNotice{Link: "/forgot-password"}, models.Notice{
		Kind: string(models.NoticePasswordSet), Recipient: m.Email, Locale: m.Locale, MemberID: &m.ID,
	}); err != nil {
		return err
	}
	return tx.Audit(ctx, p, "password.set", "member", m.ID.String(), "", nil)
}

// ChangePassword is SetPassword by the member, who must know the old one.
func (s *Service) ChangePassword(ctx context.Context, p models.Principal, address, old, password string) error {
	if _, err := s.check(ctx, p.Member.Email, old, address); err != nil {
		return err
	}
	return s.SetPassword(ctx, p, *p.Member, password)
}
