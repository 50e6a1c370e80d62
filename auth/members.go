package auth

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"kyoten/internal/fault"
	"kyoten/models"
)

// ErrLastAdmin means that nobody would be left to run the consortium.
var ErrLastAdmin = fault.New(fault.Conflict, "last_admin", "there must be an administrator")

// Account is a member as those who look after accounts see and change them.
type Account struct {
	models.Member
	Sites     []string // where a staff member works
	Suspended bool
}

func newAccount(p models.Principal) Account {
	return Account{*p.Member, p.Sites, p.Member.SuspendedAt != nil}
}

// Account returns the account of a member whom the caller may look up; that of
// anybody else is models.ErrNotFound.
func (s *Service) Account(ctx context.Context, p models.Principal, id models.ID) (Account, error) {
	m, err := s.store.Member(ctx, id)
	if err == nil && (!p.SeesMember(&m) || m.ErasedAt != nil) {
		err = models.ErrNotFound
	}
	if err != nil {
		return Account{}, err
	}
	who, err := s.store.PrincipalOf(ctx, m)
	return newAccount(who), err
}

// Accounts returns a page of the accounts the caller may look up: a manager the
// company's, staff and administrators all.
func (s *Service) Accounts(ctx context.Context, p models.Principal, f models.MemberFilter, page models.Page) ([]Account, *models.Cursor, error) {
	if !p.Admin() && !p.Staff() {
		if !p.Manages(p.Company()) {
			return nil, nil, models.ErrForbidden
		}
		if f.Company != 0 && f.Company != p.Company() {
			return nil, nil, nil
		}
		f.Company = p.Company()
	}
	found, next, err := s.store.MembersPage(ctx, f, page)
	out := make([]Account, len(found))
	for i, who := range found {
		out[i] = newAccount(who)
	}
	return out, next, err
}

// CreateAccount stores a new member, with a password where one is given. Without
// one they get in by a link (PasswordLink).
func (s *Service) CreateAccount(ctx context.Context, p models.Principal, a *Account, password string) error {
	var err error
	if password != "" {
		if a.PasswordHash, err = s.hashNew(ctx, password, a.Email); err != nil {
			return err
		}
	}
	return s.store.InTx(ctx, func(tx *models.Store) error {
		if err := judgeAccount(ctx, tx, p, nil, a); err != nil {
			return err
		}
		if err := tx.InsertMember(ctx, &a.Member, a.Sites...); err != nil {
			return taken(err)
		}
		return tx.Audit(ctx, p, "member.create", "member", a.ID.String(), "", a.audited())
	})
}

// UpdateAccount changes a member's account. Who is suspended is signed out.
func (s *Service) UpdateAccount(ctx context.Context, p models.Principal, id models.ID, match models.Match, change func(*Account)) (a Account, err error) {
	err = s.store.InTx(ctx, func(tx *models.Store) error {
		before, err := lockAccount(ctx, tx, p, id)
		if err != nil {
			return err
		}
		if err := match.Check(before.Version); err != nil {
			return err
		}
		if before.MergedInto != nil {
			return models.ErrMerged
		}
		a = before
		change(&a)
		if err := judgeAccount(ctx, tx, p, &before, &a); err != nil {
			return err
		}
		if err := s.storeAccount(ctx, tx, &before, &a); err != nil {
			return err
		}
		return tx.Audit(ctx, p, "member.update", "member", id.String(), "", a.audited())
	})
	return a, err
}

// LinkFor is PasswordLink for a member whom the caller looks after.
func (s *Service) LinkFor(ctx context.Context, p models.Principal, id models.ID) (string, error) {
	a, err := s.Account(ctx, p, id)
	if err != nil {
		return "", err
	}
	c, err := s.store.Catalogue(ctx)
	if err != nil {
		return "", err
	}
	if err := mayLookAfter(c, p, &a, &a); err != nil {
		return "", err
	}
	return s.PasswordLink(ctx, p, id)
}

func lockAccount(ctx context.Context, tx *models.Store, p models.Principal, id models.ID) (Account, error) {
	m, err := tx.LockMember(ctx, id)
	if err != nil {
		return Account{}, err
	}
	if !p.SeesMember(&m) || m.ErasedAt != nil {
		return Account{}, models.ErrNotFound
	}
	who, err := tx.PrincipalOf(ctx, m)
	return newAccount(who), err
}

func (s *Service) storeAccount(ctx context.Context, tx *models.Store, before, a *Account) error {
	if a.Suspended != before.Suspended {
		a.SuspendedAt = nil
		if a.Suspended {
			now := s.store.Now()
			a.SuspendedAt = &now
		}
	}
	if err := tx.UpdateMember(ctx, &a.Member, a.Sites); err != nil {
		return taken(err)
	}
	if a.Suspended && !before.Suspended {
		if err := tx.DeleteSessions(ctx, a.ID, models.ID{}); err != nil {
			return err
		}
	}
	if a.Email != before.Email { // links may lie in the mailbox of before
		if err := tx.DeleteLinks(ctx, models.LinkSetPassword, &a.ID); err != nil {
			return err
		}
	}
	if before.Role != models.RoleAdmin {
		return nil
	}
	n, err := tx.LockAdmins(ctx)
	if err == nil && n == 0 {
		return ErrLastAdmin
	}
	return err
}

// taken names the field that a unique constraint is about.
func taken(err error) error {
	if f := fault.From(err); f.Is(models.ErrConflict) {
		return models.ErrConflict.On("email").Because(err)
	}
	return err
}

// audited is what the audit log keeps of an account: no personal data.
func (a *Account) audited() map[string]any {
	return map[string]any{"role": a.Role, "company": a.Company(), "plan": a.PlanID, "sites": a.Sites, "suspended": a.Suspended}
}

// judgeAccount refuses an account that does not fit together, then one that is not
// the caller's to store in place of before (nil for a new one).
func judgeAccount(ctx context.Context, tx *models.Store, p models.Principal, before, a *Account) error {
	c, err := tx.Catalogue(ctx)
	if err != nil {
		return err
	}
	if err := judgeMember(c, a); err != nil {
		return err
	}
	return mayLookAfter(c, p, before, a)
}

func judgeMember(c *models.Catalogue, a *Account) error {
	a.Email, a.Name, a.Kana = strings.ToLower(strings.TrimSpace(a.Email)), models.OneLine(a.Name), models.OneLine(models.PlainWidth(a.Kana))
	if err := checkNewcomer(a.Member); err != nil {
		return err
	}
	switch {
	case utf8.RuneCountInString(a.Name) > maxName:
		return models.ErrInvalidInput.On("name").Saying("too_long")
	case utf8.RuneCountInString(a.Kana) > maxName:
		return models.ErrInvalidInput.On("kana").Saying("too_long")
	case a.Role == models.RoleManager && a.CompanyID == nil:
		return models.ErrInvalidInput.On("company").Saying("managers_company")
	}
	return judgeReferences(c, a)
}

func judgeReferences(c *models.Catalogue, a *Account) error {
	if a.CompanyID != nil {
		if _, err := c.Company(*a.CompanyID); err != nil {
			return models.ErrInvalidInput.On("company").Saying("nothing_there")
		}
	}
	if a.PlanID != nil {
		if _, err := c.Plan(*a.PlanID); err != nil {
			return models.ErrInvalidInput.On("plan").Saying("nothing_there")
		}
	}
	if a.HomeSite != nil {
		if _, err := c.Site(*a.HomeSite); err != nil {
			return models.ErrInvalidInput.On("home_site").Saying("nothing_there")
		}
	}
	if a.Role != models.RoleStaff {
		a.Sites = nil
	}
	slices.Sort(a.Sites)
	a.Sites = slices.Compact(a.Sites)
	for i, slug := range a.Sites {
		if _, err := c.Site(slug); err != nil {
			return models.ErrInvalidInput.On("sites/" + strconv.Itoa(i)).Saying("nothing_there")
		}
	}
	return nil
}

// mayLookAfter refuses a change of an account (before is nil for a new one) that
// the caller may not make. Administrators may all. Others change the accounts they
// look after (models.Principal.LooksAfter) and leave them so: they make nobody more
// than a member, and the desk moves no manager. A manager cannot move people at
// all, nor give them another address: that would be a way into their account.
func mayLookAfter(c *models.Catalogue, p models.Principal, before, after *Account) error {
	switch {
	case p.Admin():
		return nil
	case before == nil:
		before = &Account{Member: models.Member{Role: models.RoleMember, Email: after.Email, CompanyID: after.CompanyID, HomeSite: after.HomeSite}}
	}
	unchanged := before.Role == after.Role && slices.Equal(before.Sites, after.Sites)
	if !unchanged || !p.LooksAfter(c, &before.Member) || !p.LooksAfter(c, &after.Member) {
		return models.ErrForbidden
	}
	if p.Staff() && (before.Role == models.RoleMember || before.Company() == after.Company()) {
		return nil
	}
	if before.Company() != after.Company() || !sameID(before.PlanID, after.PlanID) || before.Email != after.Email {
		return models.ErrForbidden
	}
	return nil
}

func sameID(a, b *models.ID) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
