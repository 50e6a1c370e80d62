package api

import (
	"context"
	"time"

	"kyoten/access"
	"kyoten/access/entry"
	"kyoten/auth"
	"kyoten/internal/httpkit"
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
}

// checkCode serves POST /access/checks.
func (a *API) checkCode(ctx context.Context, in *checkInput) (*body[checkWire], error) {
	res, err := a.entrance.Check(ctx, auth.Principal(ctx), in.Body.Code, in.Body.Direction)
	if err != nil {
		return nil, err
	}
	if res.Cause != nil {
		httpkit.NoteError(ctx, res.Cause)
	}
	return &body[checkWire]{newCheckWire(res)}, nil
}
