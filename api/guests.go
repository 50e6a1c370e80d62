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

// guestWire is somebody invited to a booking.
type guestWire struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Email     string     `json:"email"`
	ArrivedAt *time.Time `json:"arrived_at"`
}

func newGuestWire(g models.Guest) guestWire {
	return guestWire{g.ID.String(), g.Name, g.Email, g.ArrivedAt}
}

func (a *API) registerGuests() {
	add(a, operation{
		id: "add-guest", method: "POST", path: "/bookings/{id}/guests", who: people, status: http.StatusCreated,
		faults: []*fault.Fault{booking.ErrCapacityExceeded, booking.ErrTooManyGuests, booking.ErrTooManyInvitations, models.ErrBookingOver},
	}, a.addGuest)
	add(a, operation{
		id: "remove-guest", method: "DELETE", path: "/bookings/{id}/guests/{guest}", who: people, status: http.StatusNoContent,
		faults: []*fault.Fault{models.ErrBookingOver, booking.ErrHolderBusy},
	}, a.removeGuest)
}

// newGuestInput invites a guest.
type newGuestInput struct {
	ID   string `path:"id"`
	Body guestInput
}

// invitedWire is a guest with the pass they got: null while the booking waits for
// approval.
type invitedWire struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Email     string     `json:"email"`
	ArrivedAt *time.Time `json:"arrived_at"`
	Pass      *passWire  `json:"pass" doc:"The one to show first; the others are among the booking's passes."`
}

// addGuest serves POST /bookings/{id}/guests.
func (a *API) addGuest(ctx context.Context, in *newGuestInput) (*created[invitedWire], error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	guest, err := a.bookingService.AddGuest(ctx, auth.Principal(ctx), id, booking.Invitation{Name: in.Body.Name, Email: in.Body.Email})
	if err != nil {
		return nil, refusal(err)
	}
	out := invitedWire{ID: guest.ID.String(), Name: guest.Name, Email: guest.Email, ArrivedAt: guest.ArrivedAt}
	if len(guest.Passes) > 0 {
		passes, err := a.entrance.Issue(ctx, guest.Passes[:1])
		if err != nil {
			return nil, err
		}
		pass := newPassWire(passes[0])
		out.Pass = &pass
	}
	return &created[invitedWire]{Location: prefix + "/bookings/" + in.ID + "/guests/" + out.ID, Body: out}, nil
}

// guestIDInput names a guest of a booking.
type guestIDInput struct {
	ID    string `path:"id"`
	Guest string `path:"guest"`
}

// removeGuest serves DELETE /bookings/{id}/guests/{guest}.
func (a *API) removeGuest(ctx context.Context, in *guestIDInput) (*nothing, error) {
	ids, err := parseIDs("", []string{in.ID, in.Guest})
	if err != nil {
		return nil, models.ErrNotFound
	}
	return nil, a.bookingService.RemoveGuest(ctx, auth.Principal(ctx), ids[0], ids[1])
}
