package api

import (
	"context"
	"errors"
	"time"

	"kyoten/access"
	"kyoten/access/entry"
	"kyoten/auth"
	"kyoten/booking"
	"kyoten/internal/fault"
	"kyoten/internal/httpkit"
	"kyoten/internal/locale"
	"kyoten/models"
)

// checkInput is what a gate has scanned. The text is not bounded here: a gate
// must get a decision for whatever was held before its reader.
type checkInput struct {
	Body struct {
		Code      string          `json:"code"`
		Direction entry.Direction `json:"direction,omitempty" enum:"entry,exit" doc:"Of a gate for both ways; entry when absent."`
	}
}

// checkWire is the answer to a scan. A refusal is an answer like any other.
type checkWire struct {
	Decision  entry.Verdict     `json:"decision" enum:"allow,warn,deny"`
	Reason    entry.Reason      `json:"reason"`
	Message   messageWire       `json:"message"`
	Open      bool              `json:"open" doc:"Whether the door is to be opened."`
	PassageID *string           `json:"passage_id" doc:"Null where nothing is kept: what is no code of ours is only counted."`
	Direction entry.Direction   `json:"direction"`
	Holder    *holderShownWire  `json:"holder,omitempty"`
	Booking   *bookingShownWire `json:"booking,omitempty"`
	NotBefore *time.Time        `json:"not_before,omitempty" doc:"With too_early: from when."`
	Offer     *offerShownWire   `json:"offer,omitempty" doc:"With no_booking: a free seat that POST /access/walk-ins takes, within a minute."`
}

// offerShownWire is a free seat for a member without a booking.
type offerShownWire struct {
	Space  string    `json:"space"`
	Name   string    `json:"name"`
	EndsAt time.Time `json:"ends_at"`
}

// messageWire is one text in both languages, since a kiosk shows both.
type messageWire struct {
	JA string `json:"ja"`
	EN string `json:"en"`
}

// holderShownWire is what a kiosk may show of a person.
type holderShownWire struct {
	Initials string `json:"initials"`
}

// bookingShownWire is the booking somebody comes for.
type bookingShownWire struct {
	Title  string    `json:"title"`
	Space  string    `json:"space"`
	EndsAt time.Time `json:"ends_at"`
}

func newCheckWire(res access.CheckResult) checkWire {
	out := checkWire{
		Decision: res.Decision, Reason: res.Reason, Message: messageWire(res.Message), Open: res.Open,
		Direction: res.Direction, NotBefore: res.NotBefore,
	}
	if res.PassageID != "" {
		out.PassageID = &res.PassageID
	}
	if res.Holder != nil {
		out.Holder = &holderShownWire{res.Holder.Initials}
	}
	if res.Booking != nil {
		out.Booking = &bookingShownWire{res.Booking.Title, res.Booking.SpaceForHolder, res.Booking.EndsAt}
	}
	return out
}

func (a *API) registerChecks() {
	add(a, operation{id: "check-code", method: "POST", path: "/access/checks", who: gates, raw: true}, a.checkCode)
	add(a, operation{
		id: "walk-in", method: "POST", path: "/access/walk-ins", who: gates,
		faults: []*fault.Fault{models.ErrNotFound, models.ErrSpaceTaken, access.ErrWalkInOver},
	}, a.walkIn)
}

// checkCode serves POST /access/checks.
func (a *API) checkCode(ctx context.Context, in *checkInput) (*body[checkWire], error) {
	gate := auth.Principal(ctx)
	res, err := a.entrance.Check(ctx, gate, in.Body.Code, in.Body.Direction)
	if err != nil {
		return nil, err
	}
	if res.Cause != nil {
		httpkit.NoteError(ctx, res.Cause)
	}
	out := newCheckWire(res)
	if res.WalkIn != nil {
		out.Offer = a.offer(ctx, *res.WalkIn, gate.Gate.Site, res.Holder)
	}
	return &body[checkWire]{out}, nil
}

// offer returns a free seat for the member, or nil: a refusal stands without one
// too.
func (a *API) offer(ctx context.Context, member models.ID, site string, holder *access.HolderShown) *offerShownWire {
	seat, err := a.bookingService.OfferWalkIn(ctx, member, site)
	if err != nil {
		if fault.From(err).Kind == fault.Internal {
			httpkit.NoteError(ctx, err)
		}
		return nil
	}
	lang := locale.JA
	if holder != nil {
		lang, _ = locale.Parse(holder.Locale)
	}
	return &offerShownWire{seat.Space.ID.String(), named(lang, seat.Space.NameJA, seat.Space.NameEN), seat.Period.EndsAt}
}

// walkInInput names the scan that was refused for want of a booking.
type walkInInput struct {
	Body struct {
		PassageID string `json:"passage_id" minLength:"1" maxLength:"32"`
	}
}

// walkIn serves POST /access/walk-ins: it books a seat for the member who was
// refused, and lets them in. Who has a seat by now, perhaps from the same request
// whose answer was lost, is let in with that one.
func (a *API) walkIn(ctx context.Context, in *walkInInput) (*body[checkWire], error) {
	return a.seat(ctx, in.Body.PassageID, a.entrance.WalkIn)
}

// seat books a seat for the member whom the passage refused, and has it judged
// anew.
func (a *API) seat(ctx context.Context, passage string, judge func(context.Context, models.Principal, string) (access.CheckResult, error)) (*body[checkWire], error) {
	gate := auth.Principal(ctx)
	member, err := a.entrance.WalkInOf(ctx, gate, passage)
	if err != nil {
		return nil, err
	}
	if _, err := a.bookingService.TakeWalkIn(ctx, member, gate.Gate.Site); err != nil && !errors.Is(err, booking.ErrHolderBusy) {
		return nil, err
	}
	res, err := judge(ctx, gate, passage)
	if err != nil {
		return nil, err
	}
	return &body[checkWire]{newCheckWire(res)}, nil
}
