package auth

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"kyoten/internal/fault"
	"kyoten/models"
)

var (
	// ErrPasskeyInvalid means that what a device answered does not make a passkey.
	ErrPasskeyInvalid = fault.New(fault.Invalid, "passkey_invalid", "the answer of the device cannot be used")
	// ErrTooManyPasskeys means that a member has as many passkeys as is good for
	// anybody.
	ErrTooManyPasskeys = fault.New(fault.Conflict, "too_many_passkeys", "there are too many passkeys already")
)

// maxPasskeys bounds how many passkeys a member keeps.
const maxPasskeys = 20

// owner is a member as the library sees one: with the passkeys that count now.
type owner struct {
	member *models.Member
	keys   []models.Passkey
}

// WebAuthnID is what devices keep of the member: the id, which tells nothing else.
func (o owner) WebAuthnID() []byte { return o.member.ID[:] }

// WebAuthnName is what a device calls the account.
func (o owner) WebAuthnName() string { return o.member.Email }

// WebAuthnDisplayName is whose it is.
func (o owner) WebAuthnDisplayName() string { return o.member.Name }

// WebAuthnCredentials are the passkeys.
func (o owner) WebAuthnCredentials() []webauthn.Credential {
	all := make([]webauthn.Credential, len(o.keys))
	for i := range o.keys {
		all[i] = credentialOf(&o.keys[i])
	}
	return all
}

func credentialOf(k *models.Passkey) webauthn.Credential {
	c := webauthn.Credential{
		ID: fromBase64(k.CredentialID), PublicKey: fromBase64(k.PublicKey),
		Flags:         webauthn.CredentialFlags{UserPresent: true, UserVerified: true, BackupEligible: k.BackupEligible, BackupState: k.BackedUp},
		Authenticator: webauthn.Authenticator{SignCount: uint32(k.SignCount)}, //nolint:gosec // it was one when it was stored
	}
	for _, t := range k.Transports {
		c.Transport = append(c.Transport, protocol.AuthenticatorTransport(t))
	}
	return c
}

func newPasskey(member models.ID, name string, rpID string, c *webauthn.Credential) models.Passkey {
	key := models.Passkey{
		MemberID: member, CredentialID: toBase64(c.ID), RPID: rpID, PublicKey: toBase64(c.PublicKey),
		SignCount: int64(c.Authenticator.SignCount), BackupEligible: c.Flags.BackupEligible, BackedUp: c.Flags.BackupState, Name: name,
	}
	for _, t := range c.Transport {
		if len(key.Transports) < 8 {
			key.Transports = append(key.Transports, shorten(string(t), 20))
		}
	}
	return key
}

func toBase64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func fromBase64(s string) []byte {
	b, _ := base64.RawURLEncoding.DecodeString(s) // we wrote it
	return b
}

// OfferPasskey asks the caller's device for a new passkey. Those that it holds
// already are named, so that it makes no second one.
func (s *Service) OfferPasskey(ctx context.Context, r *http.Request, p models.Principal) (Question, error) {
	party, err := s.party(r)
	if err != nil {
		return Question{}, err
	}
	keys, err := s.store.PasskeysOf(ctx, p.Member.ID)
	if err != nil {
		return Question{}, err
	}
	if len(keys) >= maxPasskeys {
		return Question{}, ErrTooManyPasskeys
	}
	who := owner{p.Member, keys}
	options, session, err := party.BeginRegistration(who, webauthn.WithExclusions(webauthn.Credentials(who.WebAuthnCredentials()).CredentialDescriptors()))
	if err != nil {
		return Question{}, err
	}
	return s.ask(ctx, r, &p.Member.ID, options.Response, session)
}

// AddPasskey stores the passkey that a device made for the caller; credential is
// its answer, a PublicKeyCredential as JSON. The member hears of it by mail: who
// found the browser open must not stay unseen.
func (s *Service) AddPasskey(ctx context.Context, r *http.Request, p models.Principal, name string, credential []byte) (key models.Passkey, err error) {
	if name, err = checkPasskeyName(name); err != nil {
		return key, err
	}
	party, err := s.party(r)
	if err != nil {
		return key, err
	}
	answer, err := protocol.ParseCredentialCreationResponseBytes(credential)
	if err != nil {
		return key, ErrPasskeyInvalid.Because(err)
	}
	session, err := s.asked(ctx, r, &p.Member.ID)
	if err != nil {
		return key, err
	}
	made, err := party.CreateCredential(owner{member: p.Member}, session, answer)
	if err != nil || made.Authenticator.CloneWarning {
		return key, ErrPasskeyInvalid.Because(err)
	}
	key = newPasskey(p.Member.ID, name, party.Config.RPID, made)
	return key, s.store.InTx(ctx, func(tx *models.Store) error { return storePasskey(ctx, tx, p, &key) })
}

func storePasskey(ctx context.Context, tx *models.Store, p models.Principal, key *models.Passkey) error {
	m, err := tx.LockMember(ctx, p.Member.ID)
	if err != nil {
		return err
	}
	existing, err := tx.PasskeysOf(ctx, m.ID)
	if err != nil {
		return err
	}
	if len(existing) >= maxPasskeys {
		return ErrTooManyPasskeys
	}
	if err := tx.InsertPasskey(ctx, key); err != nil {
		return err
	}
	if err := tx.Enqueue(ctx, models.BookingNotice{Title: key.Name, Link: "/account"}, models.Notice{
		Kind: string(models.NoticePasskeyAdded), Recipient: m.Email, Locale: m.Locale, MemberID: &m.ID,
	}); err != nil {
		return err
	}
	return tx.Audit(ctx, p, "passkey.create", "passkey", key.ID.String(), "", nil)
}

// RenamePasskey gives a passkey of the caller another name and returns it.
// ErrStale when it is not in a version that match allows.
func (s *Service) RenamePasskey(ctx context.Context, p models.Principal, id models.ID, name string, match models.Match) (key models.Passkey, err error) {
	if name, err = checkPasskeyName(name); err != nil {
		return key, err
	}
	return key, s.store.InTx(ctx, func(tx *models.Store) error {
		if key, err = tx.Passkey(ctx, p.Member.ID, id); err != nil {
			return err
		}
		if err := match.Check(key.Version); err != nil {
			return err
		}
		key.Name = name
		if err := tx.RenamePasskey(ctx, &key); err != nil {
			return err
		}
		return tx.Audit(ctx, p, "passkey.rename", "passkey", id.String(), "", nil)
	})
}

// RemovePasskey forgets a passkey of the caller: nobody signs in with it any more.
// Their password stays.
func (s *Service) RemovePasskey(ctx context.Context, p models.Principal, id models.ID) error {
	return s.store.InTx(ctx, func(tx *models.Store) error {
		if err := tx.DeletePasskey(ctx, p.Member.ID, id); err != nil {
			return err
		}
		return tx.Audit(ctx, p, "passkey.remove", "passkey", id.String(), "", nil)
	})
}

func checkPasskeyName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if name == "" || utf8.RuneCountInString(name) > maxName {
		return "", models.ErrInvalidInput.On("name").Saying("name")
	}
	return name, nil
}

// errSuspect is why a sign-in is refused whose device counted backwards.
var errSuspect = errors.New("the count of the device did not grow: the key may have been copied")
