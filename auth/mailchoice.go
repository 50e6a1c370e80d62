package auth

import (
	"context"
	"errors"
	"strings"

	"kyoten/models"
)

// Vault seals what may be read again by whoever has the server's own secret alone;
// access.MasterKey is one.
type Vault interface {
	// Wrap returns a secret wrapped for the place called name.
	Wrap(name string, secret []byte) string
	// Unwrap returns what Wrap was given for that name, and whether it should be
	// wrapped anew.
	Unwrap(name, wrapped string) (secret []byte, old bool, err error)
}

// Sealing has mails bring links by which their readers turn them off. It returns s.
func (s *Service) Sealing(v Vault) *Service {
	s.vault = v
	return s
}

// choicePrefix is that of tokens that turn a mail off. They are kept nowhere: each
// holds, sealed, whom it is for, under a name that says of which mails.
const choicePrefix = "kyu_"

func sealedFor(kind models.NoticeKind) string { return "mail " + string(kind) }

// ChoicePath returns the path of the page on which the reader of a notice turns
// notices of its kind off and on, "" for one that always comes. It is another each
// time and good for as long as the account and the master key are there: mails are
// read years later, too.
func (s *Service) ChoicePath(n models.Notice) string {
	kind := models.NoticeKind(n.Kind)
	if s.vault == nil || n.MemberID == nil || !kind.Optional() {
		return ""
	}
	return "/mails/" + choicePrefix + s.vault.Wrap(sealedFor(kind), n.MemberID[:])
}

// MailChoice is whether a member gets an optional kind of notice.
type MailChoice struct {
	Kind models.NoticeKind
	On   bool
}

// MailChoice returns what the token of a ChoicePath is about, and changes nothing:
// mail scanners open links, too. ErrLinkExpired when it is none, or the person is
// gone. Who is suspended may still choose, since mails still come.
func (s *Service) MailChoice(ctx context.Context, token string) (MailChoice, error) {
	kind, id, err := s.openChoice(token)
	if err != nil {
		return MailChoice{}, err
	}
	m, err := chooser(ctx, id, s.store.Member)
	return MailChoice{kind, m.Wants(kind)}, err
}

// ChooseMail turns the notices that a token is about on or off, for whoever shows
// it: doing so twice is doing it once.
func (s *Service) ChooseMail(ctx context.Context, token string, on bool) (MailChoice, error) {
	kind, id, err := s.openChoice(token)
	if err != nil {
		return MailChoice{}, err
	}
	return MailChoice{kind, on}, s.store.InTx(ctx, func(tx *models.Store) error {
		m, err := chooser(ctx, id, tx.LockMember)
		if err != nil || m.Wants(kind) == on {
			return err
		}
		m.Want(kind, on)
		if err := tx.UpdateProfile(ctx, &m); err != nil {
			return err
		}
		return tx.Audit(ctx, models.Principal{Member: &m}, "member.mails", "member", m.ID.String(), "", map[string]any{string(kind): on})
	})
}

// openChoice returns what a token is about and whom it is for.
func (s *Service) openChoice(token string) (kind models.NoticeKind, member models.ID, err error) {
	sealed, ok := strings.CutPrefix(token, choicePrefix)
	if !ok || s.vault == nil || len(token) > maxToken {
		return "", member, ErrLinkExpired
	}
	for _, kind := range models.OptionalNotices {
		if raw, _, err := s.vault.Unwrap(sealedFor(kind), sealed); err == nil && len(raw) == len(member) {
			return kind, models.ID(raw), nil
		}
	}
	return "", member, ErrLinkExpired
}

// chooser returns the member with the id, or the account that took theirs in, as find
// finds it.
func chooser(ctx context.Context, id models.ID, find func(context.Context, models.ID) (models.Member, error)) (models.Member, error) {
	m, err := find(ctx, id)
	for err == nil && m.MergedInto != nil {
		m, err = find(ctx, *m.MergedInto)
	}
	if errors.Is(err, models.ErrNotFound) || err == nil && m.ErasedAt != nil {
		err = ErrLinkExpired
	}
	return m, err
}
