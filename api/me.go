package api

import (
	"context"
	"net/http"
	"time"

	"kyoten/auth"
	"kyoten/internal/fault"
	"kyoten/internal/locale"
	"kyoten/models"
)

// memberWire is a member as themselves and those who may look them up see them.
type memberWire struct {
	ID        string      `json:"id"`
	Name      string      `json:"name"`
	Kana      string      `json:"kana" doc:"The reading of the name."`
	Email     string      `json:"email"`
	Locale    string      `json:"locale" enum:"ja,en"`
	Role      models.Role `json:"role" enum:"member,manager,staff,admin"`
	Sites     []string    `json:"sites" doc:"Where a staff member works."`
	Company   *companyRef `json:"company"`
	Plan      *planRef    `json:"plan" doc:"The plan that counts: the member's own, else the company's, else the common one."`
	HomeSite  *string     `json:"home_site"`
	Reminders *bool       `json:"reminders,omitempty" doc:"Whether a mail comes an hour before each booking. Members see their own alone."`
	Suspended bool        `json:"suspended"`
	Merged    *string     `json:"merged_into,omitempty" doc:"The account of the same person that took this one in."`
	CreatedAt time.Time   `json:"created_at"`
}

// companyRef names a company.
type companyRef struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
}

// planRef names a plan.
type planRef struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func newMemberWire(lang locale.Lang, cat *models.Catalogue, m models.Member, sites []string) memberWire {
	out := memberWire{
		ID: m.ID.String(), Name: m.Name, Kana: m.Kana, Email: m.Email, Locale: m.Locale, Role: m.Role,
		Sites: append([]string{}, sites...), HomeSite: m.HomeSite, Suspended: m.SuspendedAt != nil, Merged: idOrNil(m.MergedInto), CreatedAt: m.CreatedAt,
	}
	if co, err := cat.Company(m.Company()); err == nil {
		out.Company = &companyRef{co.ID, named(lang, co.NameJA, co.NameEN)}
	}
	if plan, err := cat.PlanOf(&m); err == nil {
		out.Plan = &planRef{plan.ID.String(), named(lang, plan.NameJA, plan.NameEN)}
	}
	return out
}

// memberWire writes the caller, with what is nobody else's business.
func (a *API) memberWire(ctx context.Context, p models.Principal) (memberWire, error) {
	cat, err := a.store.Catalogue(ctx)
	if err != nil {
		return memberWire{}, err
	}
	out := newMemberWire(reader(ctx), cat, *p.Member, p.Sites)
	reminders := p.Member.Wants(models.NoticeReminder)
	out.Reminders = &reminders
	return out, nil
}

func (a *API) registerMe() {
	add(a, operation{id: "get-me", method: "GET", path: "/me", who: people}, a.me)
	add(a, operation{id: "update-me", method: "PATCH", path: "/me", who: people}, a.updateMe)
	add(a, operation{
		id: "create-token", method: "POST", path: "/me/tokens", who: people, status: http.StatusCreated, secret: true,
		faults: []*fault.Fault{auth.ErrTooManyTokens},
	}, a.createToken)
	add(a, operation{id: "list-tokens", method: "GET", path: "/me/tokens", who: people}, a.tokens)
	add(a, operation{
		id: "delete-token", method: "DELETE", path: "/me/tokens/{id}", who: people, status: http.StatusNoContent,
	}, a.deleteToken)
}

// me serves GET /me.
func (a *API) me(ctx context.Context, _ *nothing) (*versioned[memberWire], error) {
	p := auth.Principal(ctx)
	member, err := a.memberWire(ctx, p)
	return &versioned[memberWire]{etag(p.Member.Version), member}, err
}

// meInput is what members may change of themselves.
type meInput struct {
	Conditional
	Body struct {
		Name     *string        `json:"name,omitempty" minLength:"1" maxLength:"100"`
		Kana     *string        `json:"kana,omitempty" maxLength:"100"`
		Locale   *string        `json:"locale,omitempty" enum:"ja,en"`
		HomeSite Change[string] `json:"home_site,omitempty" required:"false" maxLength:"64"`

		Reminders *bool `json:"reminders,omitempty" doc:"Whether a mail comes an hour before each booking."`
	}
}

// updateMe serves PATCH /me.
func (a *API) updateMe(ctx context.Context, in *meInput) (*versioned[memberWire], error) {
	p := auth.Principal(ctx)
	change := auth.Profile{Name: in.Body.Name, Kana: in.Body.Kana, Locale: in.Body.Locale, Reminders: in.Body.Reminders, Match: in.match()}
	if in.Body.HomeSite.Set {
		change.HomeSite = &in.Body.HomeSite.Value // "" for null: no home
	}
	m, err := a.auth.UpdateProfile(ctx, p, change)
	if err != nil {
		return nil, err
	}
	p.Member = &m
	member, err := a.memberWire(ctx, p)
	return &versioned[memberWire]{etag(m.Version), member}, err
}

// tokenWire is a personal token without its secret.
type tokenWire struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	CreatedAt  time.Time  `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at" doc:"To the hour or so."`
}

func newTokenWire(t models.Token) tokenWire {
	return tokenWire{t.ID.String(), t.Name, t.CreatedAt, t.LastUsedAt}
}

// newTokenOutput is a personal token, shown this once.
type newTokenOutput struct {
	Body struct {
		ID    string `json:"id"`
		Name  string `json:"name"`
		Token string `json:"token" doc:"Shown now and never again."`
	}
}

// tokenInput names a token.
type tokenInput struct {
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"100" doc:"What it is for."`
	}
}

// createToken serves POST /me/tokens.
func (a *API) createToken(ctx context.Context, in *tokenInput) (*newTokenOutput, error) {
	row, token, err := a.auth.CreateToken(ctx, auth.Principal(ctx), in.Body.Name)
	if err != nil {
		return nil, err
	}
	out := &newTokenOutput{}
	out.Body.ID, out.Body.Name, out.Body.Token = row.ID.String(), row.Name, token
	return out, nil
}

// tokens serves GET /me/tokens.
func (a *API) tokens(ctx context.Context, in *Paged) (*body[listOf[tokenWire]], error) {
	page, err := in.page("tokens")
	if err != nil {
		return nil, err
	}
	rows, err := a.store.TokensOf(ctx, auth.Principal(ctx).Member.ID)
	if err != nil {
		return nil, err
	}
	rows, next := models.PageOf(rows, page, func(t models.Token) string { return t.ID.String() })
	return newList("tokens", rows, next, newTokenWire), nil
}

// IDInput names one thing in the path.
type IDInput struct {
	ID string `path:"id"`
}

// deleteToken serves DELETE /me/tokens/{id}.
func (a *API) deleteToken(ctx context.Context, in *IDInput) (*nothing, error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	return nil, a.auth.RevokeToken(ctx, auth.Principal(ctx), id)
}
