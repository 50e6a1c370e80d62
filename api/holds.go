package api

import (
	"context"
	"net/http"
	"time"

	"kyoten/auth"
	"kyoten/booking"
	"kyoten/models"
)

// holdWire is spaces kept for the caller while a form is filled in.
type holdWire struct {
	ID        string    `json:"id"`
	StartsAt  time.Time `json:"starts_at"`
	EndsAt    time.Time `json:"ends_at"`
	Spaces    []string  `json:"spaces"`
	ExpiresAt time.Time `json:"expires_at"`
}

func (a *API) registerHolds() {
	add(a, operation{
		id: "create-hold", method: "POST", path: "/holds", who: people, status: http.StatusCreated, faults: bookingFaults,
	}, a.createHold)
	add(a, operation{id: "delete-hold", method: "DELETE", path: "/holds/{id}", who: people, status: http.StatusNoContent}, a.deleteHold)
}

// holdInput is what a hold is made from.
type holdInput struct {
	Body struct {
		StartsAt   FarInstant  `json:"starts_at"`
		EndsAt     FarInstant  `json:"ends_at"`
		Spaces     []string    `json:"spaces,omitempty" minItems:"1" maxItems:"50"`
		Any        []wantInput `json:"any,omitempty" minItems:"1" maxItems:"20" doc:"In place of spaces."`
		OnBehalfOf string      `json:"on_behalf_of,omitempty"`
	}
}

// createHold serves POST /holds.
func (a *API) createHold(ctx context.Context, in *holdInput) (*created[holdWire], error) {
	ask := BookingBody{
		StartsAt: in.Body.StartsAt, EndsAt: in.Body.EndsAt, Spaces: in.Body.Spaces, Any: in.Body.Any, OnBehalfOf: in.Body.OnBehalfOf,
	}
	req, err := ask.request()
	if err != nil {
		return nil, err
	}
	hold, err := a.bookingService.Hold(ctx, auth.Principal(ctx), req)
	if err != nil {
		return nil, refusal(err)
	}
	return &created[holdWire]{Location: prefix + "/holds/" + hold.ID.String(), Body: newHoldWire(hold)}, nil
}

func newHoldWire(h booking.Hold) holdWire {
	return holdWire{ID: h.ID.String(), StartsAt: h.StartsAt, EndsAt: h.EndsAt, Spaces: idTexts(h.Spaces), ExpiresAt: h.ExpiresAt}
}

// idTexts writes ids.
func idTexts(ids []models.ID) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id.String()
	}
	return out
}

// deleteHold serves DELETE /holds/{id}.
func (a *API) deleteHold(ctx context.Context, in *IDInput) (*nothing, error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	return nil, a.bookingService.LetGo(ctx, auth.Principal(ctx), id)
}
