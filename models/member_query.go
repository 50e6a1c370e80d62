package models

import (
	"context"
	"slices"
	"strings"

	"gorm.io/gorm"
)

// MemberFilter narrows a list of members; zero parts do not.
type MemberFilter struct {
	Company int
	Role    Role
	Text    string // part of a name, its reading, or the mail address
}

// sortedBy is SortedBy in SQL.
func (s *Store) sortedBy() string { return s.dialect.katakana("COALESCE(NULLIF(kana, ''), name)") }

// MembersPage returns a page of the accounts that were not erased, by the reading
// of their names, and the sites of those who work at one.
func (s *Store) MembersPage(ctx context.Context, f MemberFilter, page Page) ([]Principal, *Cursor, error) {
	var rows []Member
	if err := page.byText(f.narrow(s.r(ctx)), s.sortedBy(), "id").Find(&rows).Error; err != nil {
		return nil, nil, err
	}
	rows, next := cut(rows, page.Limit, func(m Member) Cursor { return Cursor{Key: SortedBy(m.Kana, m.Name), ID: m.ID.String()} })
	found, err := s.withSites(ctx, rows)
	return found, next, err
}

func (f MemberFilter) narrow(db *gorm.DB) *gorm.DB {
	db = db.Where("erased_at IS NULL AND merged_into IS NULL")
	if f.Company != 0 {
		db = db.Where("company_id = ?", f.Company)
	}
	if f.Role != "" {
		db = db.Where("role = ?", f.Role)
	}
	if f.Text != "" {
		like, args := memberLike(f.Text)
		db = db.Where(like, args...)
	}
	return db
}

// searched is what a text is looked for in: names and their readings without
// their blanks, since whoever types 佐藤花子 means 佐藤 花子.
var searched = []string{
	"lower(replace(replace(name, ' ', ''), '　', ''))", "lower(replace(replace(kana, ' ', ''), '　', ''))", "email",
}

// memberLike returns the condition that a text is part of a member's name, its
// reading or the mail address, and its arguments. A reading is found in whichever
// kana it is typed or stored, and letters of either width.
func memberLike(text string) (string, []any) {
	text = strings.ToLower(strings.Join(strings.Fields(text), ""))
	plain := PlainWidth(text)
	spellings := []string{text, plain, hiragana(plain), katakana(plain)}
	slices.Sort(spellings)
	var either []string
	var args []any
	for _, spelling := range slices.Compact(spellings) {
		like := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(spelling) + "%"
		for _, in := range searched {
			either, args = append(either, in+` LIKE ? ESCAPE '\'`), append(args, like)
		}
	}
	return "(" + strings.Join(either, " OR ") + ")", args
}

// withSites makes principals of members, with one query for all their sites.
func (s *Store) withSites(ctx context.Context, rows []Member) ([]Principal, error) {
	var staff []ID
	for _, m := range rows {
		if m.Role == RoleStaff {
			staff = append(staff, m.ID)
		}
	}
	sites := map[ID][]string{}
	if len(staff) > 0 {
		var pairs []MemberSite
		if err := s.r(ctx).Where("member_id IN ?", staff).Order("site").Find(&pairs).Error; err != nil {
			return nil, err
		}
		for _, pair := range pairs {
			sites[pair.MemberID] = append(sites[pair.MemberID], pair.Site)
		}
	}
	out := make([]Principal, len(rows))
	for i := range rows {
		out[i] = Principal{Member: &rows[i], Sites: sites[rows[i].ID]}
	}
	return out, nil
}

// UpdateMember stores a member that was locked, and the sites they work for in
// place of those before.
func (s *Store) UpdateMember(ctx context.Context, m *Member, sites []string) error {
	m.Email = strings.ToLower(m.Email)
	err := updateRow(ctx, s, m, &m.Version, "email", "name", "kana", "locale", "role", "company_id", "plan_id",
		"home_site", "suspended_at", "reminders_off")
	if err != nil {
		return err
	}
	return s.setSites(ctx, m.ID, sites)
}

// PeopleOf returns the ids of a company's members, in order.
func (s *Store) PeopleOf(ctx context.Context, company int) (ids []ID, err error) {
	err = s.r(ctx).Model(&Member{}).Where("company_id = ? AND erased_at IS NULL", company).Order("id").Pluck("id", &ids).Error
	return ids, err
}

// LockAdmins takes the rows of the administrators who can sign in until the
// transaction ends, and returns how many there are.
func (s *Store) LockAdmins(ctx context.Context) (int, error) {
	var ids []ID
	err := s.w(ctx).Model(&Member{}).Clauses(rowLock).
		Where("role = ? AND suspended_at IS NULL AND erased_at IS NULL", RoleAdmin).Order("id").Pluck("id", &ids).Error
	return len(ids), err
}

// batchRows is how many rows one INSERT of many takes.
const batchRows = 200

// InsertMembers stores many new members. ErrConflict when one of the addresses is
// taken.
func (s *Store) InsertMembers(ctx context.Context, members []Member) error {
	for i := range members {
		members[i].ID, members[i].Version = NewID(), 1
	}
	return s.w(ctx).CreateInBatches(members, batchRows).Error
}

// KnownAddresses returns which of the mail addresses, in lower case, belong to a
// member.
func (s *Store) KnownAddresses(ctx context.Context, addresses []string) (map[string]bool, error) {
	known := map[string]bool{}
	for chunk := range slices.Chunk(addresses, batchRows) {
		var found []string
		if err := s.r(ctx).Model(&Member{}).Where("email IN ?", chunk).Pluck("email", &found).Error; err != nil {
			return nil, err
		}
		for _, address := range found {
			known[address] = true
		}
	}
	return known, nil
}
