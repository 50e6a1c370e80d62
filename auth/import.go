package auth

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"kyoten/internal/fault"
	"kyoten/internal/locale"
	"kyoten/internal/sheet"
	"kyoten/models"
)

// ImportColumns are the columns of a file of members. Company and plan are named
// by id or by name in either language.
var ImportColumns = []string{"email", "name", "kana", "locale", "role", "company", "plan", "home_site"}

// maxImport is the most members that one file may hold.
const maxImport = 20_000

// Import adds the members of a CSV file, all of them or none, and returns how
// many. A file with mistakes is refused as a *sheet.Bad that names every bad line,
// and nothing of it is stored; dry only looks.
func (s *Service) Import(ctx context.Context, p models.Principal, raw []byte, dry bool) (int, error) {
	if !p.Admin() {
		return 0, models.ErrForbidden
	}
	rows, err := sheet.Read(raw, ImportColumns, maxImport)
	if err != nil {
		return 0, err
	}
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return 0, err
	}
	accounts, bad := readAccounts(cat, p, rows)
	known, err := s.store.KnownAddresses(ctx, addressesOf(accounts))
	if err != nil {
		return 0, err
	}
	for i, a := range accounts {
		if a != nil && known[a.Email] {
			bad[i] = rows[i].Fault(models.ErrConflict.On("email"))
		}
	}
	bad = slices.DeleteFunc(bad, func(f *fault.Fault) bool { return f == nil })
	if len(bad) > 0 {
		return 0, &sheet.Bad{Kind: models.ErrInvalidInput, Lines: bad}
	}
	if dry || len(accounts) == 0 {
		return len(accounts), nil
	}
	return len(accounts), s.storeImport(ctx, p, accounts)
}

// readAccounts makes an account of each row, nil where it is bad; what is wrong
// with a row stands at the same place of the second list.
func readAccounts(cat *models.Catalogue, p models.Principal, rows []sheet.Row) ([]*Account, []*fault.Fault) {
	accounts, bad := make([]*Account, len(rows)), make([]*fault.Fault, len(rows))
	seen := map[string]bool{}
	for i, row := range rows {
		a, err := readAccount(cat, p, row)
		if err == nil && seen[a.Email] {
			err = models.ErrConflict.On("email")
		}
		if err != nil {
			bad[i] = row.Fault(fault.From(err))
			continue
		}
		seen[a.Email], accounts[i] = true, &a
	}
	return accounts, bad
}

func readAccount(cat *models.Catalogue, p models.Principal, row sheet.Row) (Account, error) {
	a := Account{Member: models.Member{
		Email: strings.ToLower(row.Cell("email")), Name: row.Cell("name"), Kana: row.Cell("kana"), Role: models.RoleMember, Locale: "ja",
	}}
	if role := row.Cell("role"); role != "" {
		a.Role = models.Role(role)
	}
	if a.Role != models.RoleMember && a.Role != models.RoleManager {
		return a, models.ErrInvalidInput.On("role") // nobody becomes staff by a file
	}
	if lang := row.Cell("locale"); lang != "" {
		if _, ok := locale.Parse(lang); !ok {
			return a, models.ErrInvalidInput.On("locale")
		}
		a.Locale = lang
	}
	if site := row.Cell("home_site"); site != "" {
		a.HomeSite = &site
	}
	if err := checkNewcomer(a.Member); err != nil {
		return a, err
	}
	if err := findTerms(cat, &a, row); err != nil {
		return a, err
	}
	if err := judgeMember(cat, &a); err != nil {
		return a, err
	}
	return a, mayLookAfter(cat, p, nil, &a)
}

// findTerms finds the company and the plan that a row names.
func findTerms(cat *models.Catalogue, a *Account, row sheet.Row) error {
	if asked := row.Cell("company"); asked != "" {
		i := slices.IndexFunc(cat.Companies(), func(c *models.Company) bool {
			return asked == strconv.Itoa(c.ID) || asked == c.NameJA || asked == c.NameEN
		})
		if i < 0 {
			return models.ErrInvalidInput.On("company")
		}
		a.CompanyID = &cat.Companies()[i].ID
	}
	if asked := row.Cell("plan"); asked != "" {
		i := slices.IndexFunc(cat.Plans(), func(c *models.Plan) bool {
			return asked == c.ID.String() || asked == c.NameJA || asked == c.NameEN
		})
		if i < 0 {
			return models.ErrInvalidInput.On("plan")
		}
		a.PlanID = &cat.Plans()[i].ID
	}
	return nil
}

func addressesOf(accounts []*Account) []string {
	var list []string
	for _, a := range accounts {
		if a != nil {
			list = append(list, a.Email)
		}
	}
	return list
}

// storeImport stores the members with an audit entry for each. An address that
// somebody took meanwhile refuses them all.
func (s *Service) storeImport(ctx context.Context, p models.Principal, accounts []*Account) error {
	members := make([]models.Member, len(accounts))
	for i, a := range accounts {
		members[i] = a.Member
	}
	return s.store.InTx(ctx, func(tx *models.Store) error {
		if err := tx.InsertMembers(ctx, members); err != nil {
			return taken(err)
		}
		ids, data := make([]string, len(members)), make([]any, len(members))
		for i := range members {
			ids[i], data[i] = members[i].ID.String(), accounts[i].audited()
		}
		return tx.AuditEach(ctx, p, "member.import", "member", ids, data)
	})
}
