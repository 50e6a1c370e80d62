package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"kyoten/auth"
	"kyoten/booking"
	"kyoten/internal/fault"
	"kyoten/internal/locale"
	"kyoten/models"
)

// bookingWire is a booking as its reader may see it.
type bookingWire struct {
	ID        string               `json:"id"`
	Reference string               `json:"reference" doc:"Short and free of look-alike letters, to be read out."`
	Title     string               `json:"title"`
	Status    models.BookingStatus `json:"status" enum:"confirmed,checked_in,completed,cancelled,no_show,pending_approval,rejected"`
	StartsAt  time.Time            `json:"starts_at"`
	EndsAt    time.Time            `json:"ends_at" doc:"Exclusive."`
	Organizer *organizerWire       `json:"organizer" doc:"Null where the reader may only know that it is busy."`
	Spaces    []bookedSpaceWire    `json:"spaces"`
	Guests    []guestWire          `json:"guests"`
	SeriesID  *string              `json:"series_id"`
	JoinURL   *string              `json:"join_url"`
	Version   int                  `json:"version" doc:"Raised by every change; also the ETag."`
	CreatedAt time.Time            `json:"created_at"`
}

// organizerWire is whose booking it is.
type organizerWire struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// bookedSpaceWire is one space of a booking.
type bookedSpaceWire struct {
	ID           string               `json:"id"`
	Site         string               `json:"site"`
	Name         string               `json:"name"`
	Kind         models.Kind          `json:"kind" enum:"seat,room"`
	Status       models.BookingStatus `json:"status"`
	CheckedInAt  *time.Time           `json:"checked_in_at"`
	VideoAddress string               `json:"video_address,omitempty" doc:"SIP or H.323, of a room."`
}

func newBookingWire(lang locale.Lang, r booking.Record, now time.Time) bookingWire {
	out := bookingWire{
		ID: r.ID.String(), Reference: r.Reference, Title: r.Title, Status: r.StatusAt(now), StartsAt: r.StartsAt, EndsAt: r.EndsAt,
		Spaces: []bookedSpaceWire{}, Guests: []guestWire{}, SeriesID: idOrNil(r.SeriesID), Version: r.Version, CreatedAt: r.CreatedAt,
	}
	if r.Organizer != nil {
		out.Organizer = &organizerWire{r.Organizer.ID.String(), r.Organizer.Name}
	}
	if r.JoinURL != "" {
		out.JoinURL = &r.JoinURL
	}
	for _, bs := range r.Spaces {
		out.Spaces = append(out.Spaces, newBookedSpaceWire(lang, r, bs, now))
	}
	for _, g := range r.Guests {
		out.Guests = append(out.Guests, newGuestWire(g))
	}
	return out
}

func newBookedSpaceWire(lang locale.Lang, r booking.Record, bs models.BookingSpace, now time.Time) bookedSpaceWire {
	out := bookedSpaceWire{
		ID: bs.SpaceID.String(), Site: bs.Site, Kind: bs.Kind, Status: bs.StatusAt(r.EndsAt, now), CheckedInAt: bs.CheckedInAt,
	}
	if space, err := r.Catalogue.Space(bs.SpaceID); err == nil {
		out.Name, out.VideoAddress = named(lang, space.NameJA, space.NameEN), space.VideoAddress
	}
	return out
}

func (a *API) registerBookings() {
	add(a, operation{
		id: "create-booking", method: "POST", path: "/bookings", who: people, status: http.StatusCreated, faults: bookingFaults,
	}, a.createBooking)
	add(a, operation{id: "list-bookings", method: "GET", path: "/bookings", who: people, faults: rangeFaults}, a.bookings)
	add(a, operation{id: "get-booking-calendar", method: "GET", path: "/bookings/{id}.ics", who: people, media: "text/calendar"}, a.bookingCalendar)
	add(a, operation{id: "get-booking", method: "GET", path: "/bookings/{id}", who: people}, a.booking)
	add(a, operation{
		id: "update-booking", method: "PATCH", path: "/bookings/{id}", who: people,
		faults: append([]*fault.Fault{booking.ErrTooLateToCancel, models.ErrBookingOver}, bookingFaults...),
	}, a.updateBooking)
	add(a, operation{
		id: "cancel-booking", method: "POST", path: "/bookings/{id}/cancel", who: people,
		faults: []*fault.Fault{booking.ErrTooLateToCancel, models.ErrBookingOver},
	}, a.cancelBooking)
	add(a, operation{
		id: "check-in-booking", method: "POST", path: "/bookings/{id}/check-in", who: people,
		faults: []*fault.Fault{models.ErrNotYet, models.ErrTooLate},
	}, a.checkIn)
	add(a, operation{
		id: "check-out-booking", method: "POST", path: "/bookings/{id}/check-out", who: people,
		faults: []*fault.Fault{models.ErrNotYet, models.ErrTooLate},
	}, a.checkOut)
	a.registerGuests()
	a.registerClosing()
	a.registerCommon()
	a.registerSeries()
}

// bookingFaults are the rules a booking can break, in the order in which they
// are judged.
var bookingFaults = []*fault.Fault{
	models.ErrNotFound, models.ErrEndsBeforeStart, booking.ErrOffGrain, booking.ErrInThePast, booking.ErrTooLateToBook,
	booking.ErrTooFarAhead, booking.ErrTooShort, booking.ErrTooLong, models.ErrSpaceNotBookable, booking.ErrSiteClosed,
	booking.ErrOutsideOpeningHours, booking.ErrCapacityExceeded, booking.ErrTooManyGuests, booking.ErrBookingPaused, booking.ErrOverQuota,
	booking.ErrTooManyOpenBookings, booking.ErrTooManyInvitations, models.ErrSpaceTaken, booking.ErrHolderBusy,
}

// guestInput names a guest.
type guestInput struct {
	Name  string `json:"name" minLength:"1" maxLength:"100"`
	Email string `json:"email" format:"email" maxLength:"254"`
}

// wantInput asks for any one space of a kind.
type wantInput struct {
	Site      string      `json:"site" minLength:"1" maxLength:"64"`
	Kind      models.Kind `json:"kind" enum:"seat,room"`
	Capacity  int         `json:"capacity,omitempty" minimum:"0" maximum:"10000"`
	Equipment []string    `json:"equipment,omitempty" maxItems:"20"`
}

// BookingBody is what a booking and a series are made from; exported, since only
// such a part of another body is seen by huma.
type BookingBody struct {
	StartsAt   FarInstant   `json:"starts_at"`
	EndsAt     FarInstant   `json:"ends_at"`
	Spaces     []string     `json:"spaces,omitempty" minItems:"1" maxItems:"50" doc:"Ids; all of them or none are booked."`
	Any        []wantInput  `json:"any,omitempty" minItems:"1" maxItems:"20" doc:"In place of spaces: any one that fits, for each entry."`
	Title      string       `json:"title,omitempty" maxLength:"200"`
	Guests     []guestInput `json:"guests,omitempty" maxItems:"200"`
	OnBehalfOf string       `json:"on_behalf_of,omitempty" doc:"The member it is for: staff, administrators, and managers within their company."`
	JoinURL    string       `json:"join_url,omitempty" format:"uri" maxLength:"2000"`
	Hold       string       `json:"hold,omitempty" doc:"A hold of the caller that becomes this booking."`
}

// request reads the body; an id that cannot be one names nothing.
func (in BookingBody) request() (booking.Request, error) {
	req := booking.Request{StartsAt: in.StartsAt.UTC(), EndsAt: in.EndsAt.UTC(), Title: in.Title, JoinURL: in.JoinURL}
	if (len(in.Spaces) == 0) == (len(in.Any) == 0) && in.Hold == "" {
		return req, models.ErrInvalidInput.On("spaces").Saying("spaces_or_any")
	}
	err := checkJoinURL(in.JoinURL)
	if err != nil {
		return req, err
	}
	if req.Spaces, err = parseIDs("spaces", in.Spaces); err != nil {
		return req, err
	}
	if in.OnBehalfOf != "" {
		// What is no id is nobody's, and it is for the service to say so: whoever
		// may not ask for others learns nothing of them.
		id, _ := models.ParseID(in.OnBehalfOf)
		req.OnBehalfOf = &id
	}
	if req.Hold, err = parseOptionalID("hold", in.Hold); err != nil {
		return req, err
	}
	for _, w := range in.Any {
		req.Any = append(req.Any, booking.Want{Site: w.Site, Kind: w.Kind, Capacity: w.Capacity, Equipment: w.Equipment})
	}
	for _, g := range in.Guests {
		req.Guests = append(req.Guests, booking.Invitation{Name: g.Name, Email: g.Email})
	}
	return req, nil
}

// checkJoinURL lets web addresses through, which is all that a page links to.
func checkJoinURL(text string) error {
	if text != "" && !models.ValidLink(text) {
		return models.ErrInvalidInput.On("join_url").Saying("link")
	}
	return nil
}

// Looks reports whether a request is served by who looks for themselves whether the
// caller is still who they were when they showed their token before: a reservation
// does, under its locks, and is a round trip to the database shorter for it. One
// with an Idempotency-Key is answered from what is stored under its caller.
func Looks(r *http.Request) bool {
	return r.Method == http.MethodPost && r.URL.Path == prefix+"/bookings" && r.Header.Get("Idempotency-Key") == ""
}

// createBooking serves POST /bookings.
func (a *API) createBooking(ctx context.Context, in *struct{ Body BookingBody }) (*created[bookingWire], error) {
	req, err := in.Body.request()
	if err != nil {
		return nil, err
	}
	r, err := a.bookingService.Reserve(ctx, auth.Principal(ctx), req)
	if err != nil {
		return nil, refusal(err)
	}
	return &created[bookingWire]{
		Location: prefix + "/bookings/" + r.ID.String(), ETag: etag(r.Version), Body: a.bookingWire(ctx, r),
	}, nil
}

func (a *API) bookingWire(ctx context.Context, r booking.Record) bookingWire {
	return newBookingWire(reader(ctx), r, a.store.Now())
}

// bookingsInput narrows the list of bookings.
type bookingsInput struct {
	Paged
	From Instant `query:"from" doc:"Bookings that overlap [from, to)."`
	To   Instant `query:"to"`
	Site string  `query:"site" maxLength:"64"`
	Mine bool    `query:"mine" doc:"The caller's own alone."`
}

// bookings serves GET /bookings.
func (a *API) bookings(ctx context.Context, in *bookingsInput) (*body[listOf[bookingWire]], error) {
	page, err := in.page("bookings")
	if err != nil {
		return nil, err
	}
	rows, next, err := a.bookingService.List(ctx, auth.Principal(ctx), booking.Filter{
		Range: models.Range{From: in.From.UTC(), To: in.To.UTC()}, Page: page, Site: in.Site, Mine: in.Mine,
	})
	if err != nil {
		return nil, err
	}
	return newList("bookings", rows, next, func(r booking.Record) bookingWire { return a.bookingWire(ctx, r) }), nil
}

// shown answers with a booking.
func (a *API) shown(ctx context.Context, r booking.Record, err error) (*versioned[bookingWire], error) {
	if err != nil {
		return nil, refusal(err)
	}
	return &versioned[bookingWire]{etag(r.Version), a.bookingWire(ctx, r)}, nil
}

// onBooking answers with the booking in the path after do has read or changed it.
func (a *API) onBooking(ctx context.Context, in *IDInput, do func(context.Context, models.Principal, models.ID) (booking.Record, error)) (*versioned[bookingWire], error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	r, err := do(ctx, auth.Principal(ctx), id)
	return a.shown(ctx, r, err)
}

// booking serves GET /bookings/{id}.
func (a *API) booking(ctx context.Context, in *IDInput) (*versioned[bookingWire], error) {
	return a.onBooking(ctx, in, a.bookingService.Booking)
}

// reasonInput is why a booking is cancelled or a request refused.
type reasonInput struct {
	ID   string `path:"id"`
	Body *struct {
		Reason string `json:"reason,omitempty" maxLength:"500" doc:"What the organizer is told, and the audit log keeps."`
	} `required:"false"`
}

func (in *reasonInput) reason() string {
	if in.Body == nil {
		return ""
	}
	return in.Body.Reason
}

// cancelBooking serves POST /bookings/{id}/cancel.
func (a *API) cancelBooking(ctx context.Context, in *reasonInput) (*versioned[bookingWire], error) {
	return a.onBooking(ctx, &IDInput{ID: in.ID}, func(ctx context.Context, by models.Principal, id models.ID) (booking.Record, error) {
		return a.bookingService.CancelBecause(ctx, by, id, in.reason())
	})
}

// checkIn serves POST /bookings/{id}/check-in.
func (a *API) checkIn(ctx context.Context, in *IDInput) (*versioned[bookingWire], error) {
	return a.onBooking(ctx, in, a.bookingService.CheckIn)
}

// checkOut serves POST /bookings/{id}/check-out.
func (a *API) checkOut(ctx context.Context, in *IDInput) (*versioned[bookingWire], error) {
	return a.onBooking(ctx, in, a.bookingService.CheckOut)
}

// changeInput is what of a booking can be changed.
type changeInput struct {
	ID string `path:"id"`
	Conditional
	Body struct {
		StartsAt *FarInstant    `json:"starts_at,omitempty"`
		EndsAt   *FarInstant    `json:"ends_at,omitempty"`
		Spaces   []string       `json:"spaces,omitempty" minItems:"1" maxItems:"50"`
		Title    *string        `json:"title,omitempty" maxLength:"200"`
		JoinURL  Change[string] `json:"join_url,omitempty" required:"false" maxLength:"2000"`
	}
}

// updateBooking serves PATCH /bookings/{id}.
func (a *API) updateBooking(ctx context.Context, in *changeInput) (*versioned[bookingWire], error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	change := booking.Change{StartsAt: in.Body.StartsAt.optional(), EndsAt: in.Body.EndsAt.optional(), Title: in.Body.Title, Match: in.match()}
	if err := addPlaces(&change, in.Body.Spaces, in.Body.JoinURL); err != nil {
		return nil, err
	}
	r, err := a.bookingService.Reschedule(ctx, auth.Principal(ctx), id, change)
	return a.shown(ctx, r, err)
}

// addPlaces adds where it is to be to a change of one booking or many: the
// spaces, and the address of the video conference.
func addPlaces(change *booking.Change, spaces []string, joinURL Change[string]) (err error) {
	if spaces != nil {
		if change.Spaces, err = parseIDs("spaces", spaces); err != nil {
			return err
		}
	}
	if !joinURL.Set {
		return nil
	}
	change.JoinURL = &joinURL.Value // "" for null
	return checkJoinURL(joinURL.Value)
}

// conflictWire is when a space is held, and not by whom.
type conflictWire struct {
	Space    string    `json:"space"`
	StartsAt time.Time `json:"starts_at"`
	EndsAt   time.Time `json:"ends_at"`
}

// alternativeWire is what can be booked instead, as it stands.
type alternativeWire struct {
	StartsAt time.Time `json:"starts_at"`
	EndsAt   time.Time `json:"ends_at"`
	Spaces   []string  `json:"spaces"`
}

// refusal puts what a refusal knows on its fault, as members of the problem.
func refusal(err error) error {
	r, ok := errors.AsType[*booking.Refusal](err)
	if !ok {
		return err
	}
	f := r.Fault
	if r.Occurrence != nil {
		f = f.With("occurrence", *r.Occurrence)
	}
	if f.Kind == fault.Conflict {
		conflicts := make([]conflictWire, 0, len(r.Conflicts))
		for _, c := range r.Conflicts {
			conflicts = append(conflicts, conflictWire{c.Space.String(), c.StartsAt, c.EndsAt})
		}
		f = f.With("conflicts", conflicts)
	}
	alternatives := make([]alternativeWire, 0, len(r.Alternatives))
	for _, alt := range r.Alternatives {
		wire := alternativeWire{StartsAt: alt.StartsAt, EndsAt: alt.EndsAt, Spaces: make([]string, 0, len(alt.Spaces))}
		for _, id := range alt.Spaces {
			wire.Spaces = append(wire.Spaces, id.String())
		}
		alternatives = append(alternatives, wire)
	}
	return f.With("alternatives", alternatives)
}
