package auth

import (
	"context"
	"errors"
	"time"

	"kyoten/internal/fault"
	"kyoten/models"
)

// ErrMailUnavailable means that the server has no mail server to send a link by.
var ErrMailUnavailable = fault.New(fault.Conflict, "mail_unavailable", "this server sends no mail")

const (
	mailedLinkLife = time.Hour // from when it was asked for
	mailedLinks    = 3         // an hour to one address: nobody floods another's mailbox
)

// Mailing says whether mails leave the server, "no" being the default: a link that
// would lie in a file here reaches nobody. It returns s.
func (s *Service) Mailing(yes bool) *Service {
	s.mails = yes
	return s
}

// MailsLinks reports whether MailLink does anything.
func (s *Service) MailsLinks() bool { return s.mails }

// MailLink has a link mailed to whoever has the mail address, to set a password with:
// who forgot theirs, and who never had one. It tells nobody whether there is such an
// account: not by its answer, since an address without one is counted and throttled
// alike, and nothing is said when a mailbox has had its share; not by its time, since
// the database does the same for both (models.Store.MailLink) and what only an account
// needs, the link and its row in the audit log, comes with the mail (MailedLink).
//
// Like guesses at a password, it happens in turn: a flood of it must not take the machine.
func (s *Service) MailLink(ctx context.Context, email, address string) error {
	email = plainEmail(email)
	switch {
	case !s.mails:
		return ErrMailUnavailable
	case !models.ValidEmail(email):
		return models.ErrInvalidInput.On("email").Saying("email")
	}
	// Apart from failures to sign in: whoever gave up guessing is not sent away here.
	asker, mailbox := failureKey("link\x00"+email, address), HashToken("mailbox\x00"+email)
	return s.inTurn(ctx, func() error {
		if _, err := s.notBlocked(ctx, asker); err != nil {
			return err
		}
		return s.store.InTx(ctx, func(tx *models.Store) error {
			if err := countAttempt(ctx, tx, asker); err != nil {
				return err
			}
			asked, err := tx.CountSignInFailure(ctx, mailbox, tx.Now().Add(-mailedLinkLife))
			if err != nil || asked > mailedLinks {
				return err
			}
			return tx.MailLink(ctx, email)
		})
	})
}

// MailedLink makes the link of a notice that MailLink has caused, and returns its
// path. "" means that the mail is not to be sent: it comes too late to be of use, or
// the account was closed or has another address by now. Other links stay: who asked
// twice may use whichever mail comes first, and the first to be used ends them all.
func (s *Service) MailedLink(ctx context.Context, n models.Notice) (path string, err error) {
	until := n.CreatedAt.Add(mailedLinkLife)
	if !s.mails || n.MemberID == nil || !until.After(s.store.Now()) {
		return "", nil
	}
	token := newToken(linkPrefix)
	err = s.store.InTx(ctx, func(tx *models.Store) error {
		path = ""
		m, err := tx.LockMember(ctx, *n.MemberID)
		if errors.Is(err, models.ErrNotFound) {
			return nil
		}
		if err != nil || !m.Active() || m.Email != n.Recipient {
			return err
		}
		path = "/links/" + token
		if err := tx.InsertLink(ctx, &models.Link{
			TokenHash: HashToken(token), Purpose: models.LinkSetPassword, MemberID: &m.ID, ExpiresAt: until,
		}); err != nil {
			return err
		}
		return tx.Audit(ctx, models.System, "link.mail", "member", m.ID.String(), "", nil)
	})
	return path, err
}
