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

// availabilityOutput is an availabilityWire as it is sent: the one document that
// may hold a thousand entries is written without looking each of their fields up
// by its name, and not read through again afterwards.
type availabilityOutput struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

func newAvailabilityOutput(answers []booking.Answer) *availabilityOutput {
	out := make([]byte, 0, 16+len(answers)*130)
	out = append(out, `{"spaces":[`...)
	for i := range answers {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendFree(out, &answers[i])
	}
	return &availabilityOutput{"application/json", append(out, "]}\n"...)}
}

// appendFree writes a freeWire; an id needs no escapes.
func appendFree(out []byte, a *booking.Answer) []byte {
	out = append(out, `{"space":"`...)
	out = append(out, a.Space.ID.String()...)
	out = append(out, `","free":`...)
	out = strconv.AppendBool(out, a.Free)
	out = append(out, `,"free_until":`...)
	out = appendInstant(out, a.FreeUntil)
	out = append(out, `,"next_free_at":`...)
	return append(appendInstant(out, a.NextFreeAt), '}')
}

func appendInstant(out []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(out, "null"...)
	}
	out = append(out, '"')
	return append(t.AppendFormat(out, time.RFC3339), '"')
}

func (a *API) registerAvailability() {
	add(a, operation{
		id: "get-availability", method: "GET", path: "/availability", who: people,
		faults: []*fault.Fault{models.ErrNotFound, models.ErrEndsBeforeStart, models.ErrOutOfRange},
		shape:  availabilityWire{},
	}, a.availability)
}

// availability serves GET /availability.
func (a *API) availability(ctx context.Context, in *availabilityInput) (*availabilityOutput, error) {
	answers, err := a.bookingService.Availability(ctx, auth.Principal(ctx), booking.Question{
		Site: in.Site, Kind: in.Kind, StartsAt: in.StartsAt.UTC(), EndsAt: in.EndsAt.UTC(),
		Capacity: in.Capacity, Equipment: words(in.Equipment),
	})
	if err != nil {
		return nil, err
	}
	return newAvailabilityOutput(answers), nil
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
