package api

import (
	"context"
	"net/http"
	"time"

	"kyoten/access"
	"kyoten/auth"
	"kyoten/internal/fault"
	"kyoten/models"
)

var notFound = []*fault.Fault{models.ErrNotFound}

func (a *API) registerRevocations() {
	add(a, operation{
		id: "create-revocation", method: "POST", path: "/access/revocations", who: staff, status: http.StatusCreated, faults: notFound,
	}, a.revoke)
	add(a, operation{id: "list-revocations", method: "GET", path: "/access/revocations", who: staff}, a.revocations)
	add(a, operation{
		id: "lift-revocation", method: "DELETE", path: "/access/revocations/{id}", who: staff, status: http.StatusNoContent,
	}, a.liftRevocation)
}

// revocationInput says whose right to enter ends: exactly one of the three.
type revocationInput struct {
	Body struct {
		Pass    string  `json:"pass,omitempty" maxLength:"16"`
		Member  string  `json:"member,omitempty" maxLength:"36"`
		Company int     `json:"company,omitempty" minimum:"0"`
		Until   Instant `json:"until,omitzero" required:"false" doc:"Absent: until it is lifted."`
		Reason  string  `json:"reason" minLength:"1" maxLength:"500"`
	}
}

// revocationWire is a right to enter that was taken.
type revocationWire struct {
	ID        string     `json:"id"`
	Pass      *string    `json:"pass"`
	Member    *string    `json:"member"`
	Company   *int       `json:"company"`
	Until     *time.Time `json:"until" doc:"Null: until it is lifted."`
	Reason    string     `json:"reason"`
	CreatedAt time.Time  `json:"created_at"`
}

func newRevocationWire(r models.Revocation) revocationWire {
	return revocationWire{r.ID.String(), r.PassID, idOrNil(r.MemberID), r.CompanyID, r.Until, r.Reason, r.CreatedAt}
}

// revoke serves POST /access/revocations.
func (a *API) revoke(ctx context.Context, in *revocationInput) (*created[revocationWire], error) {
	b := in.Body
	said := access.NewRevocation{Pass: b.Pass, Company: b.Company, Reason: b.Reason}
	var err error
	if said.Member, err = parseOptionalID("member", b.Member); err != nil {
		return nil, err
	}
	if !b.Until.IsZero() {
		until := b.Until.UTC()
		said.Until = &until
	}
	row, err := a.entrance.Revoke(ctx, auth.Principal(ctx), said)
	if err != nil {
		return nil, err
	}
	return &created[revocationWire]{Location: prefix + "/access/revocations/" + row.ID.String(), Body: newRevocationWire(row)}, nil
}

// revocations serves GET /access/revocations: those in force.
func (a *API) revocations(ctx context.Context, in *Paged) (*body[listOf[revocationWire]], error) {
	page, err := in.page("revocations")
	if err != nil {
		return nil, err
	}
	rows, err := a.entrance.Revocations(ctx, auth.Principal(ctx))
	if err != nil {
		return nil, err
	}
	rows, next := models.PageOf(rows, page, func(r models.Revocation) string { return r.ID.String() })
	return newList("revocations", rows, next, newRevocationWire), nil
}

// liftRevocation serves DELETE /access/revocations/{id}.
func (a *API) liftRevocation(ctx context.Context, in *IDInput) (*nothing, error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	return nil, a.entrance.Lift(ctx, auth.Principal(ctx), id)
}
