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

// wishWire is a place on the waitlist.
type wishWire struct {
	ID        string           `json:"id"`
	State     models.WishState `json:"state" enum:"waiting,offered,accepted,expired,cancelled"`
	Site      string           `json:"site" doc:"The first of the sites."`
	Sites     []string         `json:"sites"`
	Kind      models.Kind      `json:"kind" enum:"seat,room"`
	Space     *string          `json:"space" doc:"The one that is waited for; null = any of the kind."`
	Capacity  int              `json:"capacity"`
	StartsAt  time.Time        `json:"starts_at"`
	EndsAt    time.Time        `json:"ends_at"`
	Offer     *offerWire       `json:"offer" doc:"What is held for the caller; null while there is none."`
	BookingID *string          `json:"booking_id" doc:"What an accepted offer became."`
	CreatedAt time.Time        `json:"created_at"`
}

// offerWire is what is held for a wish, and until when.
type offerWire struct {
	Space     string    `json:"space"`
	Spaces    []string  `json:"spaces" doc:"All of a linked set, in the order of its sites."`
	ExpiresAt time.Time `json:"expires_at"`
}

func newWishWire(w booking.Wish) wishWire {
	out := wishWire{
		ID: w.ID.String(), State: w.State, Site: w.Sites[0], Sites: w.Sites, Kind: w.Kind, Space: idOrNil(w.SpaceID),
		Capacity: w.Capacity, StartsAt: w.StartsAt, EndsAt: w.EndsAt, CreatedAt: w.CreatedAt,
	}
	switch w.State {
	case models.WishAccepted:
		out.BookingID = idOrNil(w.BookingID)
	case models.WishOffered:
		spaces := idTexts(w.Spaces)
		if len(spaces) > 0 { // else it was taken up while this was read
			out.Offer = &offerWire{Space: spaces[0], Spaces: spaces, ExpiresAt: *w.OfferExpiresAt}
		}
	}
	return out
}

func (a *API) registerWaitlist() {
	add(a, operation{
		id: "join-waitlist", method: "POST", path: "/waitlist", who: people, status: http.StatusCreated,
		faults: append([]*fault.Fault{booking.ErrAlreadyWaiting, booking.ErrTooManyWishes}, bookingFaults...),
	}, a.joinWaitlist)
	add(a, operation{id: "list-waitlist", method: "GET", path: "/waitlist", who: people}, a.waitlist)
	add(a, operation{id: "get-wish", method: "GET", path: "/waitlist/{id}", who: people}, a.wish)
	add(a, operation{
		id: "leave-waitlist", method: "DELETE", path: "/waitlist/{id}", who: people, status: http.StatusNoContent,
	}, a.leaveWaitlist)
	add(a, operation{
		id: "accept-offer", method: "POST", path: "/waitlist/{id}/accept", who: people, status: http.StatusCreated,
		faults: append([]*fault.Fault{booking.ErrNoOffer, booking.ErrOfferExpired}, bookingFaults...),
	}, a.acceptOffer)
}

// wishInput is what somebody waits for.
type wishInput struct {
	Body struct {
		Site     string      `json:"site,omitempty" maxLength:"64"`
		Sites    []string    `json:"sites,omitempty" minItems:"1" maxItems:"10" doc:"In place of site: a room at each of them, all or nothing."`
		Kind     models.Kind `json:"kind" enum:"seat,room"`
		StartsAt FarInstant  `json:"starts_at"`
		EndsAt   FarInstant  `json:"ends_at"`
		Space    string      `json:"space,omitempty" doc:"This one and no other."`
		Capacity int         `json:"capacity,omitempty" minimum:"0" maximum:"10000"`
	}
}

func (in *wishInput) request() (booking.WishRequest, error) {
	b := in.Body
	req := booking.WishRequest{
		Sites: b.Sites, Kind: b.Kind, StartsAt: b.StartsAt.UTC(), EndsAt: b.EndsAt.UTC(), Capacity: b.Capacity,
	}
	if (b.Site == "") == (len(b.Sites) == 0) {
		return req, models.ErrInvalidInput.On("site").Saying("site_or_sites")
	}
	if b.Site != "" {
		req.Sites = []string{b.Site}
	}
	var err error
	req.Space, err = parseOptionalID("space", b.Space)
	return req, err
}

// joinWaitlist serves POST /waitlist.
func (a *API) joinWaitlist(ctx context.Context, in *wishInput) (*created[wishWire], error) {
	req, err := in.request()
	if err != nil {
		return nil, err
	}
	w, err := a.bookingService.Join(ctx, auth.Principal(ctx), req)
	if err != nil {
		return nil, refusal(err)
	}
	return &created[wishWire]{Location: prefix + "/waitlist/" + w.ID.String(), ETag: etag(w.Version), Body: newWishWire(w)}, nil
}

// waitlist serves GET /waitlist.
func (a *API) waitlist(ctx context.Context, in *Paged) (*body[listOf[wishWire]], error) {
	page, err := in.page("waitlist")
	if err != nil {
		return nil, err
	}
	rows, next, err := a.bookingService.Wishes(ctx, auth.Principal(ctx), page)
	if err != nil {
		return nil, err
	}
	return newList("waitlist", rows, next, newWishWire), nil
}

// wish serves GET /waitlist/{id}.
func (a *API) wish(ctx context.Context, in *IDInput) (*versioned[wishWire], error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	w, err := a.bookingService.Wish(ctx, auth.Principal(ctx), id)
	if err != nil {
		return nil, err
	}
	return &versioned[wishWire]{etag(w.Version), newWishWire(w)}, nil
}

// leaveWaitlist serves DELETE /waitlist/{id}.
func (a *API) leaveWaitlist(ctx context.Context, in *IDInput) (*nothing, error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	return nil, a.bookingService.Leave(ctx, auth.Principal(ctx), id)
}

// acceptOffer serves POST /waitlist/{id}/accept.
func (a *API) acceptOffer(ctx context.Context, in *IDInput) (*created[bookingWire], error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	r, err := a.bookingService.Accept(ctx, auth.Principal(ctx), id)
	if err != nil {
		return nil, refusal(err)
	}
	return &created[bookingWire]{
		Location: prefix + "/bookings/" + r.ID.String(), ETag: etag(r.Version), Body: a.bookingWire(ctx, r),
	}, nil
}
