package auth

import (
	"context"
	"errors"
	"strings"
	"time"

	"kyoten/models"
)

// linkLife is how long a one-time link can be used.
const linkLife = 48 * time.Hour

// FirstAdminLink returns the token of a link that makes the first administrator,
// or "" when somebody has an account already. A new link ends an older one.
func (s *Service) FirstAdminLink(ctx context.Context) (token string, err error) {
	err = s.store.InTx(ctx, func(tx *models.Store) error {
		n, err := tx.CountMembers(ctx)
		if err != nil || n > 0 {
			return err
		}
		token, err = s.newLink(ctx, tx, models.LinkFirstAdmin, nil)
		return err
	})
	return token, err
}

// PasswordLink returns the token of a link that lets a member set a password:
// for a new member, or for one who forgot theirs. A new link ends an older one.
func (s *Service) PasswordLink(ctx context.Context, p models.Principal, member models.ID) (token string, err error) {
	err = s.store.InTx(ctx, func(tx *models.Store) error {
		if token, err = s.newLink(ctx, tx, models.LinkSetPassword, &member); err != nil {
			return err
		}
		return tx.Audit(ctx, p, "link.create", "member", member.String(), "", nil)
	})
	return token, err
}

func (s *Service) newLink(ctx context.Context, tx *models.Store, purpose models.LinkPurpose, member *models.ID) (string, error) {
	token := newToken(linkPrefix)
	if err := tx.DeleteLinks(ctx, purpose, member); err != nil {
		return "", err
	}
	return token, tx.InsertLink(ctx, &models.Link{
		TokenHash: HashToken(token), Purpose: purpose, MemberID: member, ExpiresAt: s.store.Now().Add(linkLife),
	})
}

// Link returns what a link is for without using it up: mail scanners open links
// too. ErrLinkExpired when it cannot be used.
func (s *Service) Link(ctx context.Context, token string) (models.Link, error) {
	link, err := s.store.LinkByHash(ctx, HashToken(token))
	if errors.Is(err, models.ErrNotFound) {
		return models.Link{}, ErrLinkExpired
	}
	return link, err
}

// CreateFirstAdmin uses up a first-administrator link.
func (s *Service) CreateFirstAdmin(ctx context.Context, token string, m models.Member, password string) (models.Member, error) {
	link, err := s.Link(ctx, token)
	switch {
	case err != nil:
		return m, err
	case link.Purpose != models.LinkFirstAdmin:
		return m, ErrLinkExpired
	}
	m.Role = models.RoleAdmin
	if err := checkNewcomer(m); err != nil {
		return m, err
	}
	if m.PasswordHash, err = s.hashNew(ctx, password, m.Email); err != nil {
		return m, err
	}
	return m, s.store.InTx(ctx, func(tx *models.Store) error {
		if err := useUp(ctx, tx, link); err != nil {
			return err
		}
		if n, err := tx.CountMembers(ctx); err != nil || n > 0 {
			return errors.Join(err, ErrLinkExpired)
		}
		if err := tx.InsertMember(ctx, &m); err != nil {
			return err
		}
		return tx.Audit(ctx, models.System, "member.create", "member", m.ID.String(), "", map[string]any{"role": m.Role})
	})
}

func checkNewcomer(m models.Member) error {
	if !models.ValidEmail(m.Email) {
		return models.ErrInvalidInput.On("email").Saying("email")
	}
	if strings.TrimSpace(m.Name) == "" {
		return models.ErrInvalidInput.On("name").Saying("required")
	}
	return nil
}

// UsePasswordLink sets the password of the member a link was made for, ends
// their sessions and other links, and returns them. Who was suspended since gets
// ErrLinkExpired: it would lead nowhere.
func (s *Service) UsePasswordLink(ctx context.Context, token, password string) (m models.Member, err error) {
	link, err := s.Link(ctx, token)
	switch {
	case err != nil:
		return m, err
	case link.Purpose != models.LinkSetPassword || link.MemberID == nil:
		return m, ErrLinkExpired
	}
	if m, err = s.store.Member(ctx, *link.MemberID); err != nil {
		return m, err
	}
	hash, err := s.hashNew(ctx, password, m.Email)
	if err != nil {
		return m, err
	}
	return m, s.store.InTx(ctx, func(tx *models.Store) error {
		// The member first: of two links that are used at once, one ends the other.
		if m, err = tx.LockMember(ctx, m.ID); err != nil {
			return err
		}
		if !m.Active() {
			return ErrLinkExpired
		}
		if err := useUp(ctx, tx, link); err != nil {
			return err
		}
		return storePassword(ctx, tx, models.Principal{Member: &m}, m, hash)
	})
}

func useUp(ctx context.Context, tx *models.Store, link models.Link) error {
	err := tx.UseLink(ctx, link.TokenHash)
	if errors.Is(err, models.ErrNotFound) {
		return ErrLinkExpired
	}
	return err
}
