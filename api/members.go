package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kyoten/auth"
	"kyoten/booking"
	"kyoten/internal/fault"
	"kyoten/models"
)

func (a *API) registerMembers() {
	last := []*fault.Fault{auth.ErrLastAdmin, models.ErrConflict, models.ErrMerged}
	add(a, operation{id: "list-members", method: "GET", path: "/members", who: managers}, a.members)
	add(a, operation{id: "get-member", method: "GET", path: "/members/{id}", who: managers}, a.member)
	add(a, operation{
		id: "create-member", method: "POST", path: "/members", who: managers, status: http.StatusCreated,
		faults: []*fault.Fault{models.ErrConflict, auth.ErrWeakPassword}, ahead: a.hashAhead,
	}, a.createMember)
	add(a, operation{id: "update-member", method: "PATCH", path: "/members/{id}", who: managers, faults: last}, a.updateMember)
	add(a, operation{id: "list-member-coming-bookings", method: "GET", path: "/members/{id}/coming-bookings", who: managers}, a.memberComing)
	add(a, operation{
		id: "merge-member", method: "POST", path: "/members/{id}/merge", who: admins,
		faults: []*fault.Fault{booking.ErrSameMember, models.ErrMerged, booking.ErrHolderBusy},
	}, a.mergeMember)
	add(a, operation{
		id: "create-password-link", method: "POST", path: "/members/{id}/password-link", who: staff,
		status: http.StatusCreated, secret: true,
	}, a.passwordLink)
}

// account writes a member as those who look after accounts see them.
func (at *atlas) account(a auth.Account) memberWire {
	return newMemberWire(at.lang, at.cat, a.Member, a.Sites)
}

// membersInput narrows the list of members.
type membersInput struct {
	Paged
	Company int         `query:"company" minimum:"1" maximum:"2147483647"`
	Role    models.Role `query:"role" enum:"member,manager,staff,admin"`
	Q       string      `query:"q" maxLength:"100" doc:"Part of a name, its reading, or the mail address."`
}

// members serves GET /members.
func (a *API) members(ctx context.Context, in *membersInput) (*body[listOf[memberWire]], error) {
	page, err := in.page("members")
	if err != nil {
		return nil, err
	}
	at, err := a.atlas(ctx)
	if err != nil {
		return nil, err
	}
	filter := models.MemberFilter{Company: in.Company, Role: in.Role, Text: in.Q}
	rows, next, err := a.auth.Accounts(ctx, at.p, filter, page)
	if err != nil {
		return nil, err
	}
	return newList("members", rows, next, at.account), nil
}

// member serves GET /members/{id}.
func (a *API) member(ctx context.Context, in *IDInput) (*versioned[memberWire], error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	account, err := a.auth.Account(ctx, auth.Principal(ctx), id)
	if err != nil {
		return nil, err
	}
	return a.accountWire(ctx, account)
}

func (a *API) accountWire(ctx context.Context, account auth.Account) (*versioned[memberWire], error) {
	at, err := a.atlas(ctx)
	if err != nil {
		return nil, err
	}
	return &versioned[memberWire]{etag(account.Version), at.account(account)}, nil
}

// MemberFields is what can be said of a member.
type MemberFields struct {
	Email     *string        `json:"email,omitempty" format:"email" maxLength:"254"`
	Name      *string        `json:"name,omitempty" minLength:"1" maxLength:"100"`
	Kana      *string        `json:"kana,omitempty" maxLength:"100"`
	Locale    *string        `json:"locale,omitempty" enum:"ja,en"`
	Role      *models.Role   `json:"role,omitempty" enum:"member,manager,staff,admin"`
	Sites     *[]string      `json:"sites,omitempty" maxItems:"1000" doc:"Where a staff member works."`
	Company   Change[int]    `json:"company,omitempty" required:"false"`
	Plan      Change[string] `json:"plan,omitempty" required:"false"`
	HomeSite  Change[string] `json:"home_site,omitempty" required:"false"`
	Suspended *bool          `json:"suspended,omitempty" doc:"Whether signing in, booking and entering are stopped."`
}

// change returns what puts the fields into an account.
func (in *MemberFields) change() (func(*auth.Account), error) {
	plan, err := idOf(in.Plan, "plan")
	if err != nil {
		return nil, err
	}
	return func(a *auth.Account) {
		set(&a.Email, in.Email)
		set(&a.Name, in.Name)
		set(&a.Kana, in.Kana)
		set(&a.Locale, in.Locale)
		set(&a.Role, in.Role)
		set(&a.Sites, in.Sites)
		in.Company.toOptional(&a.CompanyID)
		in.HomeSite.toOptional(&a.HomeSite)
		if in.Plan.Set {
			a.PlanID = plan
		}
		set(&a.Suspended, in.Suspended)
	}, nil
}

// NewMemberFields is MemberFields with what a new member must have.
type NewMemberFields struct {
	MemberFields
	Password *string `json:"password,omitempty" maxLength:"256" doc:"Without one the member gets in by a password link."`
}

// TransformSchema asks for a name and an address.
func (*NewMemberFields) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	return requiring(s, "email", "name")
}

// hashAhead hashes the password of a new member. A body that is none is for
// createMember to refuse.
func (a *API) hashAhead(ctx context.Context) (context.Context, error) {
	var in struct{ Email, Password string }
	if said := json.Unmarshal(callOf(ctx).body, &in) == nil; !said || in.Password == "" {
		return ctx, nil
	}
	return a.auth.HashAhead(ctx, in.Password, in.Email)
}

// createMember serves POST /members. A manager's new member is of the company.
func (a *API) createMember(ctx context.Context, in *struct{ Body NewMemberFields }) (*created[memberWire], error) {
	change, err := in.Body.change()
	if err != nil {
		return nil, err
	}
	p := auth.Principal(ctx)
	account := auth.Account{Member: models.Member{Role: models.RoleMember, Locale: "ja"}}
	if p.Manages(p.Company()) {
		account.CompanyID = p.Member.CompanyID
	}
	change(&account)
	password := ""
	set(&password, in.Body.Password)
	if err := a.auth.CreateAccount(ctx, p, &account, password); err != nil {
		return nil, err
	}
	out, err := a.accountWire(ctx, account)
	if err != nil {
		return nil, err
	}
	return &created[memberWire]{prefix + "/members/" + account.ID.String(), out.ETag, out.Body}, nil
}

// memberChange is MemberFields for an account that is there.
type memberChange struct {
	MemberFields
	Reason       string `json:"reason,omitempty" maxLength:"500" doc:"Told to whom is suspended, with the bookings that are cancelled."`
	KeepBookings bool   `json:"keep_bookings,omitempty" doc:"When suspending: what is booked stays. Otherwise coming bookings are cancelled, with notice."`
}

// updateMember serves PATCH /members/{id}. Whoever is suspended loses what is
// booked, unless it is kept.
func (a *API) updateMember(ctx context.Context, in *struct {
	IDInput
	Conditional
	Body memberChange
},
) (out *versioned[memberWire], err error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	change, err := in.Body.change()
	if err != nil {
		return nil, err
	}
	var account auth.Account
	err = a.store.Enclose(ctx, func(ctx context.Context) error {
		was := false
		account, err = a.auth.UpdateAccount(ctx, auth.Principal(ctx), id, in.match(), func(m *auth.Account) {
			was = m.Suspended
			change(m)
		})
		if err != nil || was || !account.Suspended || in.Body.KeepBookings {
			return err
		}
		return a.bookingService.Withdraw(ctx, auth.Principal(ctx), in.Body.Reason, id)
	})
	if err != nil {
		return nil, err
	}
	return a.accountWire(ctx, account)
}

// memberComing serves GET /members/{id}/coming-bookings: what suspending the
// member would cancel.
func (a *API) memberComing(ctx context.Context, in *IDInput) (*body[listOf[bookingWire]], error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	if _, err := a.auth.Account(ctx, auth.Principal(ctx), id); err != nil {
		return nil, err
	}
	return a.coming(ctx, id)
}

// coming writes what members have booked and is not over, all of it at once: what
// is held is bounded by the plans.
func (a *API) coming(ctx context.Context, members ...models.ID) (*body[listOf[bookingWire]], error) {
	rows, err := a.bookingService.Coming(ctx, auth.Principal(ctx), members...)
	if err != nil {
		return nil, err
	}
	return newList("coming-bookings", rows, nil, func(r booking.Record) bookingWire { return a.bookingWire(ctx, r) }), nil
}

// mergedWire says what became of two accounts of one person.
type mergedWire struct {
	Member   memberWire   `json:"member" doc:"The account that is kept."`
	Merged   memberWire   `json:"merged" doc:"The one that is closed; merged_into says where it went."`
	Bookings int          `json:"bookings" doc:"How many bookings moved, past ones included."`
	Moved    movedWire    `json:"moved"`
	DryRun   bool         `json:"dry_run" doc:"Nothing was changed: this is what would be."`
	Misfits  []misfitWire `json:"misfits" doc:"Coming bookings that the rules would refuse the one who holds them now. They stand."`
}

// movedWire counts what went from one account to the other.
type movedWire struct {
	Bookings    int `json:"bookings" doc:"Past ones included."`
	Coming      int `json:"coming_bookings" doc:"Of these, those that are not over."`
	Series      int `json:"series"`
	Wishes      int `json:"wishes" doc:"Places on the waitlist, past ones included."`
	Tokens      int `json:"tokens"`
	FixedSeats  int `json:"fixed_seats"`
	Passes      int `json:"passes" doc:"Past ones included."`
	Visits      int `json:"visits"`
	Revocations int `json:"revocations"`
}

func newMovedWire(m booking.Merged) movedWire {
	moved := m.Moved
	return movedWire{
		Bookings: len(moved.Bookings), Coming: m.Coming, Series: len(moved.Series), Wishes: len(moved.Wishes), Tokens: len(moved.Tokens),
		FixedSeats: len(moved.Seats), Passes: len(moved.Passes), Visits: moved.Visits, Revocations: len(moved.Blocks),
	}
}

// mergeMember serves POST /members/{id}/merge.
func (a *API) mergeMember(ctx context.Context, in *struct {
	IDInput
	DryRun bool `query:"dry_run" doc:"Says what would move, or why nothing would, and changes nothing."`
	Body   struct {
		Merge string `json:"merge" doc:"The account of the same person that is to be closed."`
	}
},
) (*body[mergedWire], error) {
	kept, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	gone, err := models.ParseID(in.Body.Merge)
	if err != nil {
		return nil, models.ErrNotFound.On("merge")
	}
	merge := a.bookingService.Merge
	if in.DryRun {
		merge = a.bookingService.PreviewMerge
	}
	m, err := merge(ctx, auth.Principal(ctx), kept, gone)
	if err != nil {
		return nil, err
	}
	at, err := a.atlas(ctx)
	if err != nil {
		return nil, err
	}
	out := mergedWire{
		Member: newMemberWire(at.lang, at.cat, m.Member, m.Sites), Merged: newMemberWire(at.lang, at.cat, m.Closed, nil),
		Bookings: len(m.Moved.Bookings), Moved: newMovedWire(m), DryRun: in.DryRun, Misfits: []misfitWire{},
	}
	for _, misfit := range m.Misfits {
		out.Misfits = append(out.Misfits, misfitWire{misfit.Code, a.bookingWire(ctx, misfit.Record)})
	}
	return &body[mergedWire]{Body: out}, nil
}

// passwordLinkWire is a link that lets a member set a password once.
type passwordLinkWire struct {
	Path string `json:"path" doc:"The address to open, below the server's own; for the member alone."`
}

// passwordLink serves POST /members/{id}/password-link.
func (a *API) passwordLink(ctx context.Context, in *IDInput) (*body[passwordLinkWire], error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	token, err := a.auth.LinkFor(ctx, auth.Principal(ctx), id)
	return &body[passwordLinkWire]{passwordLinkWire{"/links/" + token}}, err
}
