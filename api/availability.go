package api

import (
	"context"
	"strconv"
	"strings"
	"time"

	"kyoten/auth"
	"kyoten/booking"
	"kyoten/internal/fault"
	"kyoten/models"
)

// availabilityInput asks what is free at a site.
type availabilityInput struct {
	Site      string      `query:"site" required:"true" maxLength:"64"`
	Kind      models.Kind `query:"kind" enum:"seat,room" doc:"Both when absent."`
	StartsAt  Instant     `query:"starts_at" required:"true"`
	EndsAt    Instant     `query:"ends_at" required:"true"`
	Capacity  int         `query:"capacity" minimum:"0" maximum:"10000"`
	Equipment string      `query:"equipment" maxLength:"500" doc:"Words joined by commas; all of them are asked for."`
}

// freeWire says whether a space can be had for all of the period.
type freeWire struct {
	Space      string     `json:"space"`
	Free       bool       `json:"free"`
	FreeUntil  *time.Time `json:"free_until" doc:"Start of what comes next, closing time included."`
	NextFreeAt *time.Time `json:"next_free_at" doc:"End of what is in the way."`
}

// availabilityWire is every space the caller may see.
type availabilityWire struct {
	Spaces []freeWire `json:"spaces"`
}

// MarshalJSON writes the one document that may hold a thousand entries without
// looking each of their fields up by its name.
func (w availabilityWire) MarshalJSON() ([]byte, error) {
	out := make([]byte, 0, 16+len(w.Spaces)*130)
	out = append(out, `{"spaces":[`...)
	for i := range w.Spaces {
		if i > 0 {
			out = append(out, ',')
		}
		out = w.Spaces[i].append(out)
	}
	return append(out, "]}"...), nil
}

// append writes the entry; an id needs no escapes.
func (w *freeWire) append(out []byte) []byte {
	out = append(out, `{"space":"`...)
	out = append(out, w.Space...)
	out = append(out, `","free":`...)
	out = strconv.AppendBool(out, w.Free)
	out = append(out, `,"free_until":`...)
	out = appendInstant(out, w.FreeUntil)
	out = append(out, `,"next_free_at":`...)
	return append(appendInstant(out, w.NextFreeAt), '}')
}

func appendInstant(out []byte, t *time.Time) []byte {
	if t == nil {
		return append(out, "null"...)
	}
	out = append(out, '"')
	return append(t.AppendFormat(out, time.RFC3339), '"')
}

func (a *API) registerAvailability() {
	add(a, operation{
		id: "get-availability", method: "GET", path: "/availability", who: people,
		faults: []*fault.Fault{models.ErrNotFound, models.ErrEndsBeforeStart, models.ErrOutOfRange},
	}, a.availability)
}

// availability serves GET /availability.
func (a *API) availability(ctx context.Context, in *availabilityInput) (*body[availabilityWire], error) {
	answers, err := a.bookingService.Availability(ctx, auth.Principal(ctx), booking.Question{
		Site: in.Site, Kind: in.Kind, StartsAt: in.StartsAt.UTC(), EndsAt: in.EndsAt.UTC(),
		Capacity: in.Capacity, Equipment: words(in.Equipment),
	})
	if err != nil {
		return nil, err
	}
	out := availabilityWire{Spaces: make([]freeWire, len(answers))}
	for i, answer := range answers {
		out.Spaces[i] = freeWire{answer.Space.ID.String(), answer.Free, timeOrNil(answer.FreeUntil), timeOrNil(answer.NextFreeAt)}
	}
	return &body[availabilityWire]{out}, nil
}

// words splits a list written with commas; blanks and empty entries say nothing.
func words(list string) []string {
	var out []string
	for word := range strings.SplitSeq(list, ",") {
		if word = strings.TrimSpace(word); word != "" {
			out = append(out, word)
		}
	}
	return out
}
