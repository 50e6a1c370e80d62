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

// seriesWire is a series and its bookings.
type seriesWire struct {
	ID        string         `json:"id"`
	Rule      string         `json:"rule" doc:"RFC 5545, in the wall clock of time_zone."`
	TimeZone  string         `json:"time_zone"`
	Organizer *organizerWire `json:"organizer"`
	Bookings  []bookingWire  `json:"bookings" doc:"By start. Of a new series, and of what was added to one, those that were booked now."`
	Skipped   []skippedWire  `json:"skipped" doc:"Occurrences that were refused and passed over; always a list."`
	Version   int            `json:"version"`
	CreatedAt time.Time      `json:"created_at"`
}

// skippedWire is an occurrence that was refused.
type skippedWire struct {
	StartsAt time.Time `json:"starts_at"`
	Code     string    `json:"code" doc:"The rule that refused it."`
}

func (a *API) seriesWire(ctx context.Context, r booking.SeriesRecord) seriesWire {
	out := seriesWire{
		ID: r.ID.String(), Rule: r.Rule, TimeZone: r.TimeZone, Bookings: []bookingWire{}, Skipped: []skippedWire{},
		Version: r.Version, CreatedAt: r.CreatedAt,
	}
	if r.Organizer != nil {
		out.Organizer = &organizerWire{r.Organizer.ID.String(), r.Organizer.Name}
	}
	for _, b := range r.Bookings {
		out.Bookings = append(out.Bookings, a.bookingWire(ctx, b))
	}
	for _, s := range r.Skipped {
		out.Skipped = append(out.Skipped, skippedWire{s.StartsAt.UTC(), s.Code})
	}
	return out
}

func (a *API) registerSeries() {
	rules := append([]*fault.Fault{booking.ErrInvalidRule, models.ErrOutOfRange}, bookingFaults...)
	gone := []*fault.Fault{booking.ErrTooLateToCancel, models.ErrBookingOver}
	add(a, operation{id: "create-series", method: "POST", path: "/series", who: people, status: http.StatusCreated, faults: rules}, a.createSeries)
	add(a, operation{id: "get-series", method: "GET", path: "/series/{id}", who: people}, a.series)
	add(a, operation{id: "update-series", method: "PATCH", path: "/series/{id}", who: people, faults: append(gone, bookingFaults...)}, a.updateSeries)
	add(a, operation{id: "cancel-series", method: "POST", path: "/series/{id}/cancel", who: people, faults: gone}, a.cancelSeries)
	add(a, operation{id: "extend-series", method: "POST", path: "/series/{id}/extend", who: people, status: http.StatusCreated, faults: rules}, a.extendSeries)
}

// createSeriesInput is a booking and how it repeats.
type createSeriesInput struct {
	Body struct {
		BookingBody
		Rule       string             `json:"rule" minLength:"1" maxLength:"2000" doc:"RRULE of RFC 5545 with COUNT or UNTIL: FREQ=WEEKLY;BYDAY=MO;COUNT=8. EXDATE may follow on a line of its own."`
		OnConflict booking.OnConflict `json:"on_conflict,omitempty" enum:"fail,skip" default:"fail" doc:"skip passes over what is refused; when all of it is, the answer is the first refusal."`
	}
}

// createSeries serves POST /series.
func (a *API) createSeries(ctx context.Context, in *createSeriesInput) (*created[seriesWire], error) {
	req, err := in.Body.request()
	if err != nil {
		return nil, err
	}
	r, err := a.bookingService.ReserveSeries(ctx, auth.Principal(ctx), booking.SeriesRequest{
		Request: req, Rule: in.Body.Rule, OnConflict: in.Body.OnConflict,
	})
	return a.madeSeries(ctx, r, err)
}

func (a *API) madeSeries(ctx context.Context, r booking.SeriesRecord, err error) (*created[seriesWire], error) {
	if err != nil {
		return nil, refusal(err)
	}
	return &created[seriesWire]{
		Location: prefix + "/series/" + r.ID.String(), ETag: etag(r.Version), Body: a.seriesWire(ctx, r),
	}, nil
}

func (a *API) shownSeries(ctx context.Context, r booking.SeriesRecord, err error) (*versioned[seriesWire], error) {
	if err != nil {
		return nil, refusal(err)
	}
	return &versioned[seriesWire]{etag(r.Version), a.seriesWire(ctx, r)}, nil
}

// series serves GET /series/{id}.
func (a *API) series(ctx context.Context, in *IDInput) (*versioned[seriesWire], error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	r, err := a.bookingService.Series(ctx, auth.Principal(ctx), id)
	return a.shownSeries(ctx, r, err)
}

// seriesChangeInput is what of many bookings can be changed at once.
type seriesChangeInput struct {
	ID string `path:"id"`
	Conditional
	Body struct {
		From       *FarInstant        `json:"from,omitempty" doc:"The bookings that begin then or later; without it all that have not begun."`
		StartsAt   *FarInstant        `json:"starts_at,omitempty" doc:"The new start of the first of them; the others move as far on the wall clock."`
		EndsAt     *FarInstant        `json:"ends_at,omitempty" doc:"The new end of the first of them; the others become as long."`
		Spaces     []string           `json:"spaces,omitempty" minItems:"1" maxItems:"50"`
		Title      *string            `json:"title,omitempty" maxLength:"200"`
		JoinURL    Change[string]     `json:"join_url,omitempty" required:"false" maxLength:"2000"`
		OnConflict booking.OnConflict `json:"on_conflict,omitempty" enum:"fail,skip" default:"fail" doc:"skip leaves what is refused as it is."`
	}
}

// updateSeries serves PATCH /series/{id}.
func (a *API) updateSeries(ctx context.Context, in *seriesChangeInput) (*versioned[seriesWire], error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	change := booking.Change{StartsAt: in.Body.StartsAt.optional(), EndsAt: in.Body.EndsAt.optional(), Title: in.Body.Title, Match: in.match()}
	if err := addPlaces(&change, in.Body.Spaces, in.Body.JoinURL); err != nil {
		return nil, err
	}
	r, err := a.bookingService.RescheduleSeries(ctx, auth.Principal(ctx), id, booking.SeriesChange{
		Change: change, From: in.Body.From.optional(), OnConflict: in.Body.OnConflict,
	})
	return a.shownSeries(ctx, r, err)
}

// cancelSeriesInput says from when on.
type cancelSeriesInput struct {
	ID   string `path:"id"`
	Body *struct {
		From *FarInstant `json:"from,omitempty" doc:"Inclusive: the bookings that begin then or later; without it all that have not begun."`
	} `required:"false"`
}

// cancelSeries serves POST /series/{id}/cancel.
func (a *API) cancelSeries(ctx context.Context, in *cancelSeriesInput) (*versioned[seriesWire], error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	var from *time.Time
	if in.Body != nil {
		from = in.Body.From.optional()
	}
	r, err := a.bookingService.CancelSeries(ctx, auth.Principal(ctx), id, from)
	return a.shownSeries(ctx, r, err)
}

// extendSeriesInput says how much longer.
type extendSeriesInput struct {
	ID   string `path:"id"`
	Body struct {
		Count      int                `json:"count,omitempty" minimum:"1" maximum:"200" doc:"So many occurrences more."`
		Until      *FarInstant        `json:"until,omitempty" doc:"In place of count: all that begin until then."`
		OnConflict booking.OnConflict `json:"on_conflict,omitempty" enum:"fail,skip" default:"fail"`
	}
}

// extendSeries serves POST /series/{id}/extend.
func (a *API) extendSeries(ctx context.Context, in *extendSeriesInput) (*created[seriesWire], error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	r, err := a.bookingService.ExtendSeries(ctx, auth.Principal(ctx), id, booking.SeriesExtension{
		Count: in.Body.Count, Until: in.Body.Until.optional(), OnConflict: in.Body.OnConflict,
	})
	return a.madeSeries(ctx, r, err)
}
