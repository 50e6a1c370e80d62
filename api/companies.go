package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"kyoten/auth"
	"kyoten/internal/fault"
	"kyoten/internal/locale"
	"kyoten/models"
)

// companyWire is a company. Its people see its name; its terms are for those who
// run the consortium, and its manager.
type companyWire struct {
	ID              int     `json:"id"`
	Name            string  `json:"name"`
	NameJA          string  `json:"name_ja"`
	NameEN          string  `json:"name_en"`
	Kana            string  `json:"kana"`
	Plan            *string `json:"plan"`
	StandingAccess  bool    `json:"standing_access" doc:"Whether its members may enter without a booking."`
	MinutesPerWeek  int     `json:"minutes_per_week" doc:"Allowance shared by its members; 0 = no limit."`
	MinutesPerMonth int     `json:"minutes_per_month"`
	Suspended       bool    `json:"suspended"`
}

func newCompanyWire(lang locale.Lang, c *models.Company) companyWire {
	return companyWire{
		ID: c.ID, Name: named(lang, c.NameJA, c.NameEN), NameJA: c.NameJA, NameEN: c.NameEN, Kana: c.Kana,
		Plan: idOrNil(c.PlanID), StandingAccess: c.StandingAccess, MinutesPerWeek: c.MinutesPerWeek,
		MinutesPerMonth: c.MinutesPerMonth, Suspended: c.SuspendedAt != nil,
	}
}

func (a *API) registerCompanies() {
	add(a, operation{id: "list-companies", method: "GET", path: "/companies", who: managers}, a.companies)
	add(a, operation{id: "get-company", method: "GET", path: "/companies/{id}", who: managers}, a.company)
	add(a, operation{id: "list-company-coming-bookings", method: "GET", path: "/companies/{id}/coming-bookings", who: managers}, a.companyComing)
	add(a, operation{id: "create-company", method: "POST", path: "/companies", who: admins, status: http.StatusCreated}, a.createCompany)
	add(a, operation{id: "update-company", method: "PATCH", path: "/companies/{id}", who: admins}, a.updateCompany)
	add(a, operation{
		id: "delete-company", method: "DELETE", path: "/companies/{id}", who: admins, status: http.StatusNoContent,
		faults: []*fault.Fault{models.ErrInUse},
	}, a.deleteCompany)
}

// companies serves GET /companies.
func (a *API) companies(ctx context.Context, in *Paged) (*body[listOf[companyWire]], error) {
	page, err := in.page("companies")
	if err != nil {
		return nil, err
	}
	at, err := a.atlas(ctx)
	if err != nil {
		return nil, err
	}
	var seen []*models.Company
	for _, c := range at.cat.Companies() {
		if at.p.SeesTerms(c.ID) {
			seen = append(seen, c)
		}
	}
	rows, next := models.PageOf(seen, page, func(c *models.Company) string { return strconv.Itoa(c.ID) })
	return newList("companies", rows, next, func(c *models.Company) companyWire { return newCompanyWire(at.lang, c) }), nil
}

// company serves GET /companies/{id}.
func (a *API) company(ctx context.Context, in *IDInput) (*versioned[companyWire], error) {
	id, err := parseNumber(in.ID)
	if err != nil {
		return nil, err
	}
	at, err := a.atlas(ctx)
	if err != nil {
		return nil, err
	}
	c, err := at.cat.Company(id)
	if err != nil || !at.p.SeesTerms(id) {
		return nil, models.ErrNotFound
	}
	return &versioned[companyWire]{etag(c.Version), newCompanyWire(at.lang, c)}, nil
}

// CompanyFields is what can be said of a company. "name" stands for both
// languages.
type CompanyFields struct {
	Name            *string        `json:"name,omitempty" maxLength:"100"`
	NameJA          *string        `json:"name_ja,omitempty" maxLength:"100"`
	NameEN          *string        `json:"name_en,omitempty" maxLength:"100"`
	Kana            *string        `json:"kana,omitempty" maxLength:"100"`
	Plan            Change[string] `json:"plan,omitempty" required:"false"`
	StandingAccess  *bool          `json:"standing_access,omitempty"`
	MinutesPerWeek  *int           `json:"minutes_per_week,omitempty" minimum:"0" maximum:"10000000"`
	MinutesPerMonth *int           `json:"minutes_per_month,omitempty" minimum:"0" maximum:"10000000"`
	Suspended       *bool          `json:"suspended,omitempty"`
}

// change returns what puts the fields into a company.
func (in *CompanyFields) change(now time.Time) (func(*models.Company), error) {
	plan, err := idOf(in.Plan, "plan")
	if err != nil {
		return nil, err
	}
	return func(c *models.Company) {
		setNames(&c.NameJA, &c.NameEN, in.Name, in.NameJA, in.NameEN)
		set(&c.Kana, in.Kana)
		set(&c.StandingAccess, in.StandingAccess)
		set(&c.MinutesPerWeek, in.MinutesPerWeek)
		set(&c.MinutesPerMonth, in.MinutesPerMonth)
		if in.Plan.Set {
			c.PlanID = plan
		}
		if in.Suspended != nil {
			c.Suspend(*in.Suspended, now)
		}
	}, nil
}

// createCompany serves POST /companies.
func (a *API) createCompany(ctx context.Context, in *struct{ Body CompanyFields }) (*created[companyWire], error) {
	change, err := in.Body.change(a.store.Now())
	if err != nil {
		return nil, err
	}
	var c models.Company
	change(&c)
	if err := a.places.CreateCompany(ctx, auth.Principal(ctx), &c); err != nil {
		return nil, err
	}
	id := strconv.Itoa(c.ID)
	return &created[companyWire]{prefix + "/companies/" + id, etag(c.Version), newCompanyWire(reader(ctx), &c)}, nil
}

// companyChange is CompanyFields for a company that is there.
type companyChange struct {
	CompanyFields
	Reason       string `json:"reason,omitempty" maxLength:"500" doc:"When suspending: told with the bookings that are cancelled."`
	KeepBookings bool   `json:"keep_bookings,omitempty" doc:"When suspending: what its people have booked stays. Otherwise it is cancelled, with notice."`
}

// updateCompany serves PATCH /companies/{id}. The people of a company that is
// suspended lose what they have booked, unless it is kept.
func (a *API) updateCompany(ctx context.Context, in *struct {
	IDInput
	Conditional
	Body companyChange
},
) (out *versioned[companyWire], err error) {
	id, err := parseNumber(in.ID)
	if err != nil {
		return nil, err
	}
	change, err := in.Body.change(a.store.Now())
	if err != nil {
		return nil, err
	}
	var c models.Company
	err = a.store.Enclose(ctx, func(ctx context.Context) error {
		was := false
		c, err = a.places.UpdateCompany(ctx, auth.Principal(ctx), id, in.match(), func(c *models.Company) {
			was = c.SuspendedAt != nil
			change(c)
		})
		if err != nil || was || c.SuspendedAt == nil || in.Body.KeepBookings {
			return err
		}
		people, err := a.store.PeopleOf(ctx, id)
		if err != nil {
			return err
		}
		return a.bookingService.Withdraw(ctx, auth.Principal(ctx), in.Body.Reason, people...)
	})
	if err != nil {
		return nil, err
	}
	return &versioned[companyWire]{etag(c.Version), newCompanyWire(reader(ctx), &c)}, nil
}

// companyComing serves GET /companies/{id}/coming-bookings: what suspending the
// company would cancel.
func (a *API) companyComing(ctx context.Context, in *IDInput) (*body[listOf[bookingWire]], error) {
	id, err := parseNumber(in.ID)
	if err != nil {
		return nil, err
	}
	at, err := a.atlas(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := at.cat.Company(id); err != nil || !at.p.SeesTerms(id) {
		return nil, models.ErrNotFound
	}
	people, err := a.store.PeopleOf(ctx, id)
	if err != nil {
		return nil, err
	}
	return a.coming(ctx, people...)
}

// deleteCompany serves DELETE /companies/{id}.
func (a *API) deleteCompany(ctx context.Context, in *IDInput) (*nothing, error) {
	id, err := parseNumber(in.ID)
	if err != nil {
		return nil, err
	}
	return nil, a.places.DeleteCompany(ctx, auth.Principal(ctx), id)
}
