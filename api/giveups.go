package api

import (
	"context"
	"net/http"
	"time"

	"kyoten/auth"
	"kyoten/booking"
	"kyoten/internal/fault"
	"kyoten/models"
)

// giveUpWire is a time for which others may book a fixed seat.
type giveUpWire struct {
	ID        string    `json:"id"`
	Space     string    `json:"space"`
	From      time.Time `json:"from"`
	To        time.Time `json:"to"`
	CreatedAt time.Time `json:"created_at"`
}

func newGiveUpWire(g models.GiveUp) giveUpWire {
	return giveUpWire{g.ID.String(), g.SpaceID.String(), g.StartsAt, g.EndsAt, g.CreatedAt}
}

func (a *API) registerGiveUps() {
	add(a, operation{
		id: "give-up-seat", method: "POST", path: "/spaces/{id}/give-up", who: people, status: http.StatusCreated,
		faults: []*fault.Fault{booking.ErrNoFixedSeat, models.ErrEndsBeforeStart, booking.ErrInThePast, models.ErrOutOfRange},
	}, a.giveUp)
	add(a, operation{
		id: "list-give-ups", method: "GET", path: "/spaces/{id}/give-up", who: people, faults: []*fault.Fault{booking.ErrNoFixedSeat},
	}, a.giveUps)
	add(a, operation{
		id: "take-back-seat", method: "DELETE", path: "/spaces/{id}/give-up/{give_up}", who: people, status: http.StatusNoContent,
		faults: []*fault.Fault{booking.ErrNoFixedSeat, models.ErrSpaceTaken},
	}, a.takeBack)
}

// giveUpInput says for how long.
type giveUpInput struct {
	ID   string `path:"id"`
	Body struct {
		From Instant `json:"from"`
		To   Instant `json:"to" doc:"Exclusive."`
	}
}

// giveUp serves POST /spaces/{id}/give-up.
func (a *API) giveUp(ctx context.Context, in *giveUpInput) (*created[giveUpWire], error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	g, err := a.bookingService.GiveUp(ctx, auth.Principal(ctx), id, in.Body.From.UTC(), in.Body.To.UTC())
	if err != nil {
		return nil, err
	}
	return &created[giveUpWire]{Location: prefix + "/spaces/" + in.ID + "/give-up/" + g.ID.String(), Body: newGiveUpWire(g)}, nil
}

// giveUpsInput names a fixed seat and a page of its give-ups.
type giveUpsInput struct {
	Paged
	ID string `path:"id"`
}

// giveUps serves GET /spaces/{id}/give-up.
func (a *API) giveUps(ctx context.Context, in *giveUpsInput) (*body[listOf[giveUpWire]], error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	page, err := in.page("give-ups")
	if err != nil {
		return nil, err
	}
	rows, err := a.bookingService.GiveUps(ctx, auth.Principal(ctx), id)
	if err != nil {
		return nil, err
	}
	rows, next := models.PageOf(rows, page, func(g models.GiveUp) string { return g.ID.String() })
	return newList("give-ups", rows, next, newGiveUpWire), nil
}

// giveUpIDInput names a give-up of a space.
type giveUpIDInput struct {
	ID     string `path:"id"`
	GiveUp string `path:"give_up"`
}

// takeBack serves DELETE /spaces/{id}/give-up/{give_up}.
func (a *API) takeBack(ctx context.Context, in *giveUpIDInput) (*nothing, error) {
	ids, err := parseIDs("", []string{in.ID, in.GiveUp})
	if err != nil {
		return nil, models.ErrNotFound
	}
	if err := a.bookingService.TakeBack(ctx, auth.Principal(ctx), ids[0], ids[1]); err != nil {
		return nil, refusal(err)
	}
	return nil, nil
}
