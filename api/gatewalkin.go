package api

import (
	"context"

	"kyoten/access"
	"kyoten/auth"
	"kyoten/internal/fault"
	"kyoten/models"
)

// A seat for a member without a booking whom an agent at a door refuses. The agent
// decides and writes down; the server knows which seats are free.
func (a *API) registerGateWalkIns() {
	add(a, operation{
		id: "offer-at-gate", method: "POST", path: "/gate/offers", who: gates, secret: true, // a question
		faults: []*fault.Fault{models.ErrNotFound},
	}, a.offerAtGate)
	add(a, operation{
		id: "walk-in-at-gate", method: "POST", path: "/gate/walk-ins", who: gates,
		faults: []*fault.Fault{models.ErrNotFound, models.ErrSpaceTaken, access.ErrWalkInOver},
	}, a.walkInAtGate)
}

// gateOfferInput names the pass that was refused.
type gateOfferInput struct {
	Body struct {
		PassID string `json:"pass_id" minLength:"16" maxLength:"16"`
	}
}

// gateOfferWire is what an agent may offer its holder.
type gateOfferWire struct {
	Offer *offerShownWire `json:"offer,omitempty" doc:"Absent where the site offers none, no seat is free, or a booking is not all that is missing."`
}

// offerAtGate serves POST /gate/offers.
func (a *API) offerAtGate(ctx context.Context, in *gateOfferInput) (*body[gateOfferWire], error) {
	gate := auth.Principal(ctx)
	res, err := a.entrance.WalkInAt(ctx, gate, in.Body.PassID)
	if err != nil {
		return nil, err
	}
	var out gateOfferWire
	if res.WalkIn != nil {
		out.Offer = a.offer(ctx, *res.WalkIn, gate.Gate.Site, res.Holder)
	}
	return &body[gateOfferWire]{out}, nil
}

// walkInAtGate serves POST /gate/walk-ins: it books the seat. Where the answer says
// open, the agent decides by what it knows itself, writes the entry down and opens.
func (a *API) walkInAtGate(ctx context.Context, in *walkInInput) (*body[checkWire], error) {
	return a.seat(ctx, in.Body.PassageID, a.entrance.JudgeWalkIn)
}
