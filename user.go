package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"kyoten/auth"
	"kyoten/internal/clock"
	"kyoten/models"
)

// userCommand changes accounts from the machine the database is on. Passwords
// are never typed here: a person sets their own under a one-time link.
type userCommand struct {
	Data      string  `default:"kyoten-data" placeholder:"DIR" help:"Folder of the embedded database."`
	PublicURL string  `name:"public-url" default:"http://localhost:8080" env:"KYOTEN_PUBLIC_URL" placeholder:"URL" help:"Address of the server, for the links that are printed."`
	Storing   storing `embed:""`

	Add      userAdd      `cmd:"" help:"Add an account and print the link that sets its password."`
	List     userList     `cmd:"" help:"List the accounts."`
	Set      userSet      `cmd:"" help:"Change the role or the sites of an account."`
	Password userPassword `cmd:"" help:"Print a one-time link that sets a new password."`
	Suspend  userSuspend  `cmd:"" help:"Suspend an account: no sign-in, no booking, no entry."`
	Resume   userResume   `cmd:"" help:"End a suspension."`
}

// userAdd adds a member.
type userAdd struct {
	Email   string   `arg:"" help:"Mail address, which is the name to sign in with."`
	Name    string   `env:"-" required:"" help:"Name, as others see it."`
	Kana    string   `env:"-" help:"Reading of the name, for lists."`
	Role    string   `env:"-" default:"member" enum:"member,manager,staff,admin" help:"member, manager, staff or admin."`
	Site    []string `env:"-" help:"Sites a staff member works for; of others the first is the home site."`
	Company int      `env:"-" help:"Number of the company."`
	Locale  string   `env:"-" default:"ja" enum:"ja,en" help:"Language: ja or en."`
}

// userList lists accounts.
type userList struct{}

// userSet changes an account.
type userSet struct {
	Email string   `arg:"" help:"Mail address of the account."`
	Role  string   `env:"-" required:"" enum:"member,manager,staff,admin" help:"member, manager, staff or admin."`
	Site  []string `env:"-" help:"Sites a staff member works for."`
}

// userPassword makes a link.
type userPassword struct {
	Email string `arg:"" help:"Mail address of the account."`
}

// userSuspend suspends an account.
type userSuspend struct {
	Email string `arg:"" help:"Mail address of the account."`
}

// userResume ends a suspension.
type userResume struct {
	Email string `arg:"" help:"Mail address of the account."`
}

// desk is what a user command works with.
type desk struct {
	console
	store *models.Store
	who   *auth.Service
	base  string
}

// at opens the database, runs f and closes it again.
func (c *userCommand) at(ctx context.Context, con console, f func(desk) error) error {
	var m mistakes
	url := m.database(c.Storing, c.Data)
	base := m.address("public-url", c.PublicURL)
	if err := m.err(); err != nil {
		return err
	}
	return onFoundStore(ctx, url, func(store *models.Store) error {
		return f(desk{con, store, auth.New(store, clock.Now), base})
	})
}

// Run adds the member.
func (a userAdd) Run(ctx context.Context, con console, parent *userCommand) error {
	return parent.at(ctx, con, func(d desk) error {
		m := models.Member{Email: a.Email, Name: a.Name, Kana: a.Kana, Role: models.Role(a.Role), Locale: a.Locale}
		if !models.ValidEmail(a.Email) {
			return fmt.Errorf("%q is not a mail address", a.Email)
		}
		if a.Company != 0 {
			m.CompanyID = &a.Company
		}
		sites := a.Site
		if m.Role != models.RoleStaff && len(sites) > 0 {
			m.HomeSite, sites = &sites[0], nil
		}
		if err := d.checkSites(ctx, a.Site); err != nil {
			return err
		}
		err := d.store.InTx(ctx, func(tx *models.Store) error {
			if err := tx.InsertMember(ctx, &m, sites...); err != nil {
				return err
			}
			return tx.Audit(ctx, models.System, "member.create", "member", m.ID.String(), "", map[string]any{"role": m.Role})
		})
		if errors.Is(err, models.ErrConflict) {
			return fmt.Errorf("%s has an account already: kyoten user password makes a link for it", a.Email)
		}
		if err != nil {
			return err
		}
		return d.passwordLink(ctx, m)
	})
}

// Run lists who there is, by address.
func (userList) Run(ctx context.Context, con console, parent *userCommand) error {
	return parent.at(ctx, con, func(d desk) error {
		members, err := d.store.AllMembers(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(d.out, 0, 4, 2, ' ', 0)
		for _, m := range members {
			state := ""
			if m.SuspendedAt != nil {
				state = "suspended"
			}
			_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", m.Email, m.Role, m.Name, state)
		}
		return w.Flush()
	})
}

// Run changes role and sites.
func (s userSet) Run(ctx context.Context, con console, parent *userCommand) error {
	return parent.at(ctx, con, func(d desk) error {
		m, err := d.member(ctx, s.Email)
		if err != nil {
			return err
		}
		if err := d.checkSites(ctx, s.Site); err != nil {
			return err
		}
		return d.store.InTx(ctx, func(tx *models.Store) error {
			if err := tx.SetRole(ctx, m.ID, models.Role(s.Role), s.Site); err != nil {
				return err
			}
			return tx.Audit(ctx, models.System, "member.role", "member", m.ID.String(), "", map[string]any{"role": s.Role, "sites": s.Site})
		})
	})
}

// Run prints a link.
func (p userPassword) Run(ctx context.Context, con console, parent *userCommand) error {
	return parent.at(ctx, con, func(d desk) error {
		m, err := d.member(ctx, p.Email)
		if err != nil {
			return err
		}
		return d.passwordLink(ctx, m)
	})
}

// Run suspends.
func (s userSuspend) Run(ctx context.Context, con console, parent *userCommand) error {
	return parent.at(ctx, con, func(d desk) error { return d.suspend(ctx, s.Email, true) })
}

// Run lets them in again.
func (r userResume) Run(ctx context.Context, con console, parent *userCommand) error {
	return parent.at(ctx, con, func(d desk) error { return d.suspend(ctx, r.Email, false) })
}

func (d desk) suspend(ctx context.Context, email string, suspended bool) error {
	m, err := d.member(ctx, email)
	if err != nil {
		return err
	}
	return d.store.InTx(ctx, func(tx *models.Store) error {
		if err := tx.SuspendMember(ctx, m.ID, suspended); err != nil {
			return err
		}
		return tx.Audit(ctx, models.System, "member.suspend", "member", m.ID.String(), "", map[string]any{"suspended": suspended})
	})
}

func (d desk) member(ctx context.Context, email string) (models.Member, error) {
	m, err := d.store.MemberByEmail(ctx, strings.TrimSpace(email))
	if err != nil {
		return m, fmt.Errorf("%s: %w", email, err)
	}
	return m, nil
}

// checkSites refuses a site that does not exist, before anything is written.
func (d desk) checkSites(ctx context.Context, slugs []string) error {
	c, err := d.store.Catalogue(ctx)
	if err != nil {
		return err
	}
	for _, slug := range slugs {
		if _, err := c.Site(slug); err != nil {
			return fmt.Errorf("site %s: %w", slug, err)
		}
	}
	return nil
}

func (d desk) passwordLink(ctx context.Context, m models.Member) error {
	token, err := d.who.PasswordLink(ctx, models.System, m.ID)
	if err != nil {
		return err
	}
	d.printf("%s sets the password under this link, once, within 48 hours:\n  %s\n", m.Email, linkURL(d.base, token))
	return nil
}
