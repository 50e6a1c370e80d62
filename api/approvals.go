package api

import (
	"context"

	"kyoten/auth"
	"kyoten/booking"
	"kyoten/internal/fault"
	"kyoten/models"
)

func (a *API) registerApprovals() {
	add(a, operation{
		id: "approve-booking", method: "POST", path: "/bookings/{id}/approve", who: people,
		faults: []*fault.Fault{models.ErrBookingOver, booking.ErrTooManyInvitations},
	}, a.approveBooking)
	add(a, operation{
		id: "reject-booking", method: "POST", path: "/bookings/{id}/reject", who: people, faults: []*fault.Fault{models.ErrBookingOver},
	}, a.rejectBooking)
	add(a, operation{
		id: "hand-over-booking", method: "POST", path: "/bookings/{id}/hand-over", who: people, faults: []*fault.Fault{
			models.ErrBookingOver, booking.ErrTooShort, booking.ErrTooLong, models.ErrSpaceNotBookable, booking.ErrTooManyGuests,
			booking.ErrOverQuota, booking.ErrTooManyOpenBookings, booking.ErrTooManyInvitations, booking.ErrHolderBusy,
		},
	}, a.handOverBooking)
}

// approveBooking serves POST /bookings/{id}/approve.
func (a *API) approveBooking(ctx context.Context, in *IDInput) (*versioned[bookingWire], error) {
	return a.onBooking(ctx, in, a.bookingService.Approve)
}

// rejectBooking serves POST /bookings/{id}/reject.
func (a *API) rejectBooking(ctx context.Context, in *reasonInput) (*versioned[bookingWire], error) {
	return a.onBooking(ctx, &IDInput{ID: in.ID}, func(ctx context.Context, by models.Principal, id models.ID) (booking.Record, error) {
		return a.bookingService.Reject(ctx, by, id, in.reason())
	})
}

// handOverInput says who gets the booking.
type handOverInput struct {
	ID   string `path:"id"`
	Body struct {
		Member string `json:"member" minLength:"1" maxLength:"254" doc:"Id or mail address: a colleague's, or, by the desk, anybody's."`
	}
}

// handOverBooking serves POST /bookings/{id}/hand-over.
func (a *API) handOverBooking(ctx context.Context, in *handOverInput) (*versioned[bookingWire], error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	r, err := a.bookingService.HandOver(ctx, auth.Principal(ctx), id, in.Body.Member)
	return a.shown(ctx, r, err)
}
