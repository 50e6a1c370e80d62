package api

import (
	"context"
	"errors"
	"net/http"

	"kyoten/auth"
	"kyoten/booking"
	"kyoten/internal/fault"
	"kyoten/models"
)

func (a *API) registerClosing() {
	add(a, operation{
		id: "create-closure", method: "POST", path: "/closures", who: staff, status: http.StatusCreated,
		faults: []*fault.Fault{models.ErrNotFound, models.ErrEndsBeforeStart, booking.ErrInThePast, booking.ErrBookingsInTheWay},
	}, a.createClosure)
}

// closureInput asks for a closure of a site, a zone or a space.
type closureInput struct {
	Body struct {
		Site           string  `json:"site" maxLength:"64"`
		Zone           *int    `json:"zone,omitempty"`
		Space          *string `json:"space,omitempty"`
		StartsAt       Instant `json:"starts_at"`
		EndsAt         Instant `json:"ends_at"`
		Reason         string  `json:"reason" minLength:"1" maxLength:"500"`
		CancelBookings bool    `json:"cancel_bookings,omitempty" doc:"Cancels what is in the way, with notice."`
	}
}

// closingWire is a new closure with the bookings it cancelled.
type closingWire struct {
	ID       string        `json:"id"`
	Bookings []bookingWire `json:"bookings"`
}

// createClosure serves POST /closures.
func (a *API) createClosure(ctx context.Context, in *closureInput) (*created[closingWire], error) {
	req := booking.ClosureRequest{
		Site: in.Body.Site, Zone: in.Body.Zone, StartsAt: in.Body.StartsAt.UTC(), EndsAt: in.Body.EndsAt.UTC(),
		Reason: in.Body.Reason, CancelBookings: in.Body.CancelBookings,
	}
	if in.Body.Space != nil {
		id, _ := models.ParseID(*in.Body.Space) // what is no id names no space
		req.Space = &id
	}
	c, err := a.bookingService.Close(ctx, auth.Principal(ctx), req)
	if err != nil {
		return nil, a.namingBookings(ctx, err)
	}
	return &created[closingWire]{
		Location: prefix + "/closures/" + c.ID.String(), ETag: etag(c.Version),
		Body: closingWire{c.ID.String(), a.bookingWires(ctx, c.Bookings)},
	}, nil
}

func (a *API) bookingWires(ctx context.Context, records []booking.Record) []bookingWire {
	out := make([]bookingWire, 0, len(records))
	for _, r := range records {
		out = append(out, a.bookingWire(ctx, r))
	}
	return out
}

// namingBookings lists the bookings that a change was refused for.
func (a *API) namingBookings(ctx context.Context, err error) error {
	if inTheWay, ok := errors.AsType[*booking.InTheWay](err); ok {
		return inTheWay.Fault.With("bookings", a.bookingWires(ctx, inTheWay.Bookings))
	}
	return err
}

// moving changes where spaces lie, together with what follows for their bookings.
func (a *API) moving(ctx context.Context, cancel bool, change func(context.Context) error) error {
	return a.namingBookings(ctx, a.bookingService.Moving(ctx, auth.Principal(ctx), cancel, change))
}
