package auth

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"time"

	"kyoten/models"
)

// Failures are counted per account and address together: nobody can lock another
// out from elsewhere, and a site behind one address does not share a count.
const (
	freeFailures  = 10 // in failureWindow; a person who mistypes never gets there
	failureWindow = 15 * time.Minute
	firstBlock    = 30 * time.Second // doubled with each further failure
	longestBlock  = 15 * time.Minute
)

// SignIn opens a session for whoever knows the password. ErrBadCredentials does
// not say whether the account exists; ErrTooManyRequests carries when to come
// back.
func (s *Service) SignIn(ctx context.Context, email, password, address, userAgent string) (SignIn, error) {
	m, err := s.check(ctx, email, password, address)
	if err != nil {
		return SignIn{}, err
	}
	return s.Start(ctx, m, userAgent)
}

// check returns the member with that address and password. It all happens in
// turn, so that guesses sent at once overrun the throttle by a few at most.
func (s *Service) check(ctx context.Context, email, password, address string) (m models.Member, err error) {
	email = plainEmail(email)
	who := failureKey(email, address)
	err = s.inTurn(ctx, func() error {
		past, err := s.notBlocked(ctx, who)
		if err != nil {
			return err
		}
		m, err = s.store.MemberByEmail(ctx, email)
		if err != nil && !errors.Is(err, models.ErrNotFound) {
			return err
		}
		match, err := verify(password, m.PasswordHash)
		switch {
		case err != nil:
			return err
		case !match || !m.Active():
			return s.failed(ctx, who)
		case past.Failures > 0:
			return s.store.ForgetSignInFailures(ctx, who)
		}
		return nil
	})
	return m, err
}

// plainEmail is an address as it is stored.
func plainEmail(typed string) string { return strings.ToLower(strings.TrimSpace(typed)) }

// notBlocked returns what is counted under who, or ErrTooManyRequests.
func (s *Service) notBlocked(ctx context.Context, who string) (models.SignInFailure, error) {
	past, err := s.store.SignInFailures(ctx, who)
	if err != nil {
		return past, err
	}
	if wait := blockedFor(past, s.store.Now()); wait > 0 {
		return past, ErrTooManyRequests.With("retry_after", wait)
	}
	return past, nil
}

// failed counts a failure and says so.
func (s *Service) failed(ctx context.Context, who string) error {
	err := s.store.InTx(ctx, func(tx *models.Store) error { return countAttempt(ctx, tx, who) })
	if err != nil {
		return err
	}
	return ErrBadCredentials
}

// countAttempt counts one more under who, and blocks it where there are too many.
func countAttempt(ctx context.Context, tx *models.Store, who string) error {
	now := tx.Now()
	count, err := tx.CountSignInFailure(ctx, who, now.Add(-failureWindow))
	if err != nil || count < freeFailures {
		return err
	}
	return tx.BlockSignIn(ctx, who, now.Add(blockAfter(count)))
}

// blockAfter says how long the next attempt must wait after so many failures.
func blockAfter(failures int) time.Duration {
	if failures < freeFailures {
		return 0
	}
	return min(firstBlock<<min(failures-freeFailures, 10), longestBlock)
}

func blockedFor(past models.SignInFailure, now time.Time) time.Duration {
	if past.BlockedUntil == nil {
		return 0
	}
	return past.BlockedUntil.Sub(now)
}

// failureKey names an account and an address without keeping either. Of an IPv6
// address the network counts: a host may choose the rest.
func failureKey(email, address string) string {
	if ip, err := netip.ParseAddr(address); err == nil && ip.Is6() && !ip.Is4In6() {
		if network, err := ip.Prefix(64); err == nil {
			address = network.String()
		}
	}
	return HashToken(email + "\x00" + address)
}
