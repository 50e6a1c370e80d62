package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"kyoten/internal/fault"
	"kyoten/internal/httpkit"
	"kyoten/models"
)

// ErrPasskeyRefused means that a passkey signs nobody in: it is not known here or
// not any more, its account is closed, or the device's answer is not right. It does
// not say which.
var ErrPasskeyRefused = fault.New(fault.Unauthenticated, "passkey_refused", "that passkey cannot be used here")

// AskPasskey asks whoever is there for a passkey of theirs: the device offers
// those it holds for this host, so nobody types who they are.
func (s *Service) AskPasskey(ctx context.Context, r *http.Request) (Question, error) {
	party, err := s.party(r)
	if err != nil {
		return Question{}, err
	}
	options, session, err := party.BeginDiscoverableLogin()
	if err != nil {
		return Question{}, err
	}
	return s.ask(ctx, r, nil, options.Response, session)
}

// SignInByPasskey opens a session for whoever holds the passkey that answered;
// credential is the answer, a PublicKeyCredential as JSON.
func (s *Service) SignInByPasskey(ctx context.Context, r *http.Request, credential []byte) (SignIn, error) {
	party, err := s.party(r)
	if err != nil {
		return SignIn{}, err
	}
	answer, err := protocol.ParseCredentialRequestResponseBytes(credential)
	if err != nil {
		return SignIn{}, ErrPasskeyRefused.Because(err)
	}
	who := failureKey("passkey "+toBase64(answer.RawID), httpkit.RemoteIP(r))
	past, err := s.store.SignInFailures(ctx, who)
	if err != nil {
		return SignIn{}, err
	}
	if wait := blockedFor(past, s.store.Now()); wait > 0 {
		return SignIn{}, ErrTooManyRequests.With("retry_after", wait)
	}
	session, err := s.asked(ctx, r, nil)
	if err != nil {
		return SignIn{}, err
	}
	m, key, err := s.proven(ctx, party, session, answer)
	switch {
	case errors.Is(err, ErrPasskeyRefused):
		return SignIn{}, s.refusePasskey(ctx, who, key, err)
	case err != nil:
		return SignIn{}, err
	}
	if past.Failures > 0 {
		if err := s.store.ForgetSignInFailures(ctx, who); err != nil {
			return SignIn{}, err
		}
	}
	return s.start(ctx, m, r.UserAgent(), map[string]any{"passkey": key.ID})
}

// proven returns whose passkey answered. The row is locked, so that of two answers
// with one count, one is refused.
func (s *Service) proven(ctx context.Context, party *webauthn.WebAuthn, session webauthn.SessionData, answer *protocol.ParsedCredentialAssertionData) (m models.Member, key models.Passkey, err error) {
	err = s.store.InTx(ctx, func(tx *models.Store) error {
		key, err = tx.LockPasskey(ctx, toBase64(answer.RawID))
		if errors.Is(err, models.ErrNotFound) {
			return ErrPasskeyRefused
		}
		if err != nil {
			return err
		}
		if m, err = tx.Member(ctx, key.MemberID); err != nil {
			return err
		}
		if key.RPID != party.Config.RPID || !m.Active() {
			return ErrPasskeyRefused
		}
		mine := func([]byte, []byte) (webauthn.User, error) { return owner{&m, []models.Passkey{key}}, nil }
		_, proof, err := party.ValidatePasskeyLogin(mine, session, answer)
		switch {
		case err != nil:
			return ErrPasskeyRefused.Because(err)
		case proof.Authenticator.CloneWarning:
			return ErrPasskeyRefused.Because(errSuspect)
		}
		key.SignCount, key.BackedUp = int64(proof.Authenticator.SignCount), proof.Flags.BackupState
		return tx.UsePasskey(ctx, &key)
	})
	return m, key, err
}

// refusePasskey counts a failure, writes down one that tells of a copied key, and
// says only that it was one.
func (s *Service) refusePasskey(ctx context.Context, who string, key models.Passkey, why error) error {
	if errors.Is(why, errSuspect) {
		err := s.store.Audit(ctx, models.System, "passkey.suspect", "passkey", key.ID.String(), "", map[string]any{"count": key.SignCount})
		if err != nil {
			return fmt.Errorf("write down a suspect passkey: %w", err)
		}
	}
	if err := s.failed(ctx, who); !errors.Is(err, ErrBadCredentials) {
		return err
	}
	return ErrPasskeyRefused
}
