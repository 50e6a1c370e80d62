package api

import (
	"context"
	"net/http"
	"time"

	"kyoten/access"
	"kyoten/access/entry"
	"kyoten/auth"
	"kyoten/internal/fault"
	"kyoten/models"
)

// What staff do at doors by hand: each is recorded with who did it and why.
func (a *API) registerByHand() {
	add(a, operation{id: "open-gate", method: "POST", path: "/gates/{id}/open", who: staff, faults: []*fault.Fault{access.ErrNotEnrolled}}, a.openGate)
	add(a, operation{id: "set-site-mode", method: "PUT", path: "/sites/{slug}/mode", who: staff}, a.setMode)
	add(a, operation{id: "correct-presence", method: "POST", path: "/sites/{slug}/presence/{subject}", who: staff}, a.correct)
	add(a, operation{
		id: "admit", method: "POST", path: "/access/admissions", who: staff, status: http.StatusCreated, faults: notFound,
	}, a.admit)
}

// openInput says why a door is opened from afar.
type openInput struct {
	ID   string `path:"id"`
	Body *struct {
		Reason string `json:"reason,omitempty" maxLength:"500"`
	}
}

// openingWire is an order to open a door.
type openingWire struct {
	ID        string    `json:"id"`
	Gate      string    `json:"gate"`
	ExpiresAt time.Time `json:"expires_at" doc:"What has not reached the gate by then opens nothing."`
}

// openGate serves POST /gates/{id}/open.
func (a *API) openGate(ctx context.Context, in *openInput) (*body[openingWire], error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	reason := ""
	if in.Body != nil {
		reason = in.Body.Reason
	}
	order, err := a.entrance.OpenGate(ctx, auth.Principal(ctx), id, reason)
	if err != nil {
		return nil, err
	}
	return &body[openingWire]{openingWire{order.ID.String(), order.GateID.String(), order.ExpiresAt}}, nil
}

// modeInput says how the doors of a site are to behave.
type modeInput struct {
	Slug string `path:"slug"`
	Body modeWire
}

// modeWire is how the doors of a site behave, and why.
type modeWire struct {
	Mode   models.SiteMode `json:"mode" enum:"normal,lockdown,evacuation"`
	Reason string          `json:"reason" maxLength:"500"`
}

// setMode serves PUT /sites/{slug}/mode.
func (a *API) setMode(ctx context.Context, in *modeInput) (*body[modeWire], error) {
	err := a.entrance.SetMode(ctx, auth.Principal(ctx), in.Slug, in.Body.Mode, in.Body.Reason)
	return &body[modeWire]{in.Body}, err
}

// correctionInput says where somebody is, whatever the gates have seen.
type correctionInput struct {
	Slug    string `path:"slug"`
	Subject string `path:"subject"`
	Body    struct {
		State  string `json:"state" enum:"in,out,safe,not_safe" doc:"safe: accounted for in an evacuation; not_safe takes that back."`
		Reason string `json:"reason" minLength:"1" maxLength:"500"`
	}
}

// handPassageWire is a passage that staff caused.
type handPassageWire struct {
	ID         string    `json:"id"`
	Site       string    `json:"site"`
	Gate       *string   `json:"gate" doc:"Null where it was at no gate."`
	At         time.Time `json:"at"`
	Subject    string    `json:"subject"`
	Direction  string    `json:"direction" enum:"entry,exit"`
	Reason     string    `json:"reason"`
	ReasonText string    `json:"reason_text"`
}

func newHandPassageWire(p models.Passage) handPassageWire {
	return handPassageWire{p.ID, p.Site, idOrNil(p.GateID), p.At(), p.Subject, p.Direction, p.Reason, p.ReasonText}
}

// correct serves POST /sites/{slug}/presence/{subject}.
func (a *API) correct(ctx context.Context, in *correctionInput) (*body[handPassageWire], error) {
	p, err := a.entrance.Correct(ctx, auth.Principal(ctx), in.Slug, in.Subject, in.Body.State, in.Body.Reason)
	return &body[handPassageWire]{newHandPassageWire(p)}, err
}

// admissionInput says who is let through a gate by hand.
type admissionInput struct {
	Body struct {
		Gate      string          `json:"gate"`
		Subject   string          `json:"subject,omitempty" maxLength:"16" doc:"Somebody we know; or"`
		Name      string          `json:"name,omitempty" maxLength:"100" doc:"a visitor, for whom a subject is made."`
		Direction entry.Direction `json:"direction,omitempty" enum:"entry,exit" doc:"A one-way gate's own wins; entry when absent."`
		Reason    string          `json:"reason" minLength:"1" maxLength:"500"`
	}
}

// admit serves POST /access/admissions.
func (a *API) admit(ctx context.Context, in *admissionInput) (*created[handPassageWire], error) {
	gate, err := models.ParseID(in.Body.Gate)
	if err != nil {
		return nil, models.ErrNotFound.On("gate")
	}
	p, err := a.entrance.Admit(ctx, auth.Principal(ctx), access.Admission{
		Gate: gate, Subject: in.Body.Subject, Name: in.Body.Name, Direction: in.Body.Direction, Reason: in.Body.Reason,
	})
	if err != nil {
		return nil, err
	}
	return &created[handPassageWire]{Location: prefix + "/passages?site=" + p.Site, Body: newHandPassageWire(p)}, nil
}
