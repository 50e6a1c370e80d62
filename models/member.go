package models

import (
	"context"
	"net/mail"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
)

// Role is what a member may do beyond their own bookings.
type Role string

// The roles.
const (
	RoleMember  Role = "member"
	RoleManager Role = "manager" // of their company
	RoleStaff   Role = "staff"   // of the sites in MemberSites
	RoleAdmin   Role = "admin"   // of the consortium
)

// Member is a person with an account.
type Member struct {
	ID           ID
	Email        string // lower case, unique
	Name         string
	Kana         string // reading of the name, for sorting and reception
	Locale       string // ja or en
	Role         Role
	CompanyID    *int
	PlanID       *ID
	HomeSite     *string
	PasswordHash string // argon2id, "" = cannot sign in by password
	// CalendarToken opens the member's calendar feed. It is kept as it is, since it
	// is shown again on request and opens nothing that is not in this database.
	CalendarToken string
	RemindersOff  bool // no reminder comes before a booking; see Wants
	SuspendedAt   *time.Time
	ErasedAt      *time.Time
	MergedInto    *ID // the account of the same person that took this one in
	Version       int
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// MemberSite is a site a staff member works for.
type MemberSite struct {
	MemberID ID
	Site     string
}

// Active reports whether the member may sign in, book and enter.
func (m *Member) Active() bool { return m.SuspendedAt == nil && m.ErasedAt == nil }

// Wants reports whether the member is to get notices of the kind. All come but
// those of OptionalNotices that they have turned off.
func (m *Member) Wants(kind NoticeKind) bool {
	return kind != NoticeReminder || !m.RemindersOff
}

// Want turns a kind of OptionalNotices on or off.
func (m *Member) Want(kind NoticeKind, on bool) {
	if kind == NoticeReminder {
		m.RemindersOff = !on
	}
}

// Company returns the id of the member's company, or 0.
func (m *Member) Company() int {
	if m.CompanyID == nil {
		return 0
	}
	return *m.CompanyID
}

// Initials returns at most two letters of the name, which is all that a kiosk or
// a gate's disk shows of a holder: 山田 太郎 gives 山太, Ann Lee gives AL.
func Initials(name string) string {
	var out []rune
	for _, word := range strings.Fields(name) {
		out = append(out, []rune(word)[0])
	}
	if len(out) > 2 {
		out = []rune{out[0], out[len(out)-1]}
	}
	return strings.ToUpper(string(out))
}

// ValidEmail reports whether address is a bare mail address.
func ValidEmail(address string) bool {
	parsed, err := mail.ParseAddress(address)
	return err == nil && parsed.Address == address && len(address) <= 254
}

// InsertMember stores a new member and, for staff, the sites they work for.
// ErrConflict on "email" when the address is taken.
func (s *Store) InsertMember(ctx context.Context, m *Member, sites ...string) error {
	return s.InTx(ctx, func(tx *Store) error {
		m.ID, m.Version, m.Email = NewID(), 1, strings.ToLower(m.Email)
		if m.Locale == "" {
			m.Locale = "ja"
		}
		if err := tx.w(ctx).Create(m).Error; err != nil {
			return err
		}
		return tx.setSites(ctx, m.ID, sites)
	})
}

// setSites stores the sites a member works for in place of those before.
func (s *Store) setSites(ctx context.Context, id ID, sites []string) error {
	if err := s.w(ctx).Where("member_id = ?", id).Delete(&MemberSite{}).Error; err != nil || len(sites) == 0 {
		return err
	}
	rows := make([]MemberSite, len(sites))
	for i, site := range sites {
		rows[i] = MemberSite{MemberID: id, Site: site}
	}
	return s.w(ctx).Create(&rows).Error
}

// Member returns a member, or ErrNotFound.
func (s *Store) Member(ctx context.Context, id ID) (Member, error) {
	var m Member
	err := s.r(ctx).Where("id = ?", id).Take(&m).Error
	return m, err
}

// MemberByEmail returns the member with that address in any case of letters, or
// ErrNotFound.
func (s *Store) MemberByEmail(ctx context.Context, email string) (Member, error) {
	var m Member
	err := s.r(ctx).Where("email = ?", strings.ToLower(email)).Take(&m).Error
	return m, err
}

// Members returns those of the ids that exist, by id.
func (s *Store) Members(ctx context.Context, ids []ID) (map[ID]Member, error) {
	var rows []Member
	if err := s.r(ctx).Where("id IN ?", ids).Find(&rows).Error; err != nil {
		return nil, err
	}
	out := make(map[ID]Member, len(rows))
	for _, m := range rows {
		out[m.ID] = m
	}
	return out, nil
}

// Deciders returns who decides about requests for the space: the managers of the
// company whose it is, else the staff of its site, and where there are none, the
// administrators.
func (s *Store) Deciders(ctx context.Context, space *Space) ([]Member, error) {
	var rows []Member
	q := s.r(ctx).Where("suspended_at IS NULL AND erased_at IS NULL").Order("email")
	if company := space.Company(); company != 0 {
		q = q.Where("(role = ? OR role = ? AND company_id = ?)", RoleAdmin, RoleManager, company)
	} else {
		q = q.Where("(role = ? OR role = ? AND EXISTS (SELECT 1 FROM member_sites ms WHERE ms.member_id = members.id AND ms.site = ?))",
			RoleAdmin, RoleStaff, space.Site)
	}
	err := q.Find(&rows).Error
	near := slices.DeleteFunc(slices.Clone(rows), func(m Member) bool { return m.Role == RoleAdmin })
	if len(near) > 0 {
		return near, err
	}
	return rows, err
}

// LockMember takes the member's row until the transaction ends, for rules that
// count the member's bookings, and returns it as it is now. It is locked before
// any space.
func (s *Store) LockMember(ctx context.Context, id ID) (Member, error) {
	var m Member
	err := s.w(ctx).Clauses(rowLock).Where("id = ?", id).Take(&m).Error
	return m, err
}

// SetPassword stores the hash of a member's new password.
func (s *Store) SetPassword(ctx context.Context, id ID, hash string) error {
	return changedOne(s.w(ctx).Model(&Member{}).Where("id = ?", id).
		Updates(map[string]any{"password_hash": hash, "updated_at": s.Now()}), ErrNotFound)
}

// UpdateProfile stores what a member says of themselves and raises the version.
func (s *Store) UpdateProfile(ctx context.Context, m *Member) error {
	m.Version++
	return changedOne(s.w(ctx).Model(&Member{}).Where("id = ? AND version = ?", m.ID, m.Version-1).
		Updates(map[string]any{
			"name": m.Name, "kana": m.Kana, "locale": m.Locale, "home_site": m.HomeSite, "reminders_off": m.RemindersOff,
			"version": m.Version, "updated_at": s.Now(),
		}), ErrStale)
}

// SuspendMember ends or restores what a member may do: sign in, book, enter.
func (s *Store) SuspendMember(ctx context.Context, id ID, suspended bool) error {
	var at *time.Time
	if suspended {
		now := s.Now()
		at = &now
	}
	return changedOne(s.w(ctx).Model(&Member{}).Where("id = ?", id).
		Updates(map[string]any{"suspended_at": at, "updated_at": s.Now(), "version": gorm.Expr("version + 1")}), ErrNotFound)
}

// CountMembers returns how many accounts there are.
func (s *Store) CountMembers(ctx context.Context) (n int64, err error) {
	err = s.r(ctx).Model(&Member{}).Count(&n).Error
	return n, err
}

// StaffSites returns the sites a staff member works for.
func (s *Store) StaffSites(ctx context.Context, id ID) ([]string, error) {
	var sites []string
	err := s.r(ctx).Model(&MemberSite{}).Where("member_id = ?", id).Order("site").Pluck("site", &sites).Error
	return sites, err
}

// PrincipalOf returns the member as a principal, with the sites they run.
func (s *Store) PrincipalOf(ctx context.Context, m Member) (Principal, error) {
	p := Principal{Member: &m}
	if m.Role != RoleStaff {
		return p, nil
	}
	sites, err := s.StaffSites(ctx, m.ID)
	p.Sites = sites
	return p, err
}

// AllMembers returns every account that was not erased, by mail address.
func (s *Store) AllMembers(ctx context.Context) ([]Member, error) {
	var rows []Member
	err := s.r(ctx).Where("erased_at IS NULL").Order("email").Find(&rows).Error
	return rows, err
}

// SetRole gives a member a role and, for staff, the sites they work for in place
// of those before.
func (s *Store) SetRole(ctx context.Context, id ID, role Role, sites []string) error {
	return s.InTx(ctx, func(tx *Store) error {
		err := changedOne(tx.w(ctx).Model(&Member{}).Where("id = ?", id).
			Updates(map[string]any{"role": role, "version": gorm.Expr("version + 1")}), ErrNotFound)
		if err != nil {
			return err
		}
		return tx.setSites(ctx, id, sites)
	})
}

// Caretakers returns the active administrators and staff, who are told when
// something needs a hand.
func (s *Store) Caretakers(ctx context.Context) ([]Principal, error) {
	var rows []Member
	err := s.r(ctx).Where("role IN ? AND suspended_at IS NULL AND erased_at IS NULL", []Role{RoleAdmin, RoleStaff}).Order("id").Find(&rows).Error
	if err != nil {
		return nil, err
	}
	var sites []MemberSite
	if err := s.r(ctx).Find(&sites).Error; err != nil {
		return nil, err
	}
	out := make([]Principal, len(rows))
	for i := range rows {
		out[i].Member = &rows[i]
		for _, at := range sites {
			if at.MemberID == rows[i].ID {
				out[i].Sites = append(out[i].Sites, at.Site)
			}
		}
	}
	return out, nil
}
