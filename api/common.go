package api

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"time"

	"kyoten/auth"
	"kyoten/booking"
	"kyoten/internal/fault"
	"kyoten/models"
)

func (a *API) registerCommon() {
	add(a, operation{
		id: "get-common-availability", method: "GET", path: "/availability/common", who: people,
		faults: []*fault.Fault{
			models.ErrNotFound, models.ErrInvalidInput, models.ErrEndsBeforeStart, models.ErrOutOfRange,
			booking.ErrOffGrain, booking.ErrTooShort, booking.ErrTooLong,
		},
	}, a.commonAvailability)
}

// commonInput asks when rooms at several sites are free for the same time.
type commonInput struct {
	Sites     string  `query:"sites" required:"true" maxLength:"500" doc:"Two to ten sites: a,b"`
	Duration  string  `query:"duration" required:"true" maxLength:"20" doc:"60m, 1h30m or PT1H30M"`
	From      Instant `query:"from" required:"true"`
	To        Instant `query:"to" required:"true" doc:"At most 14 days after from."`
	Capacity  int     `query:"capacity" minimum:"0" maximum:"10000" doc:"Of each room."`
	Equipment string  `query:"equipment" maxLength:"500" doc:"Words joined by commas; each room must have all of them."`
}

// commonWire lists the times, the best first.
type commonWire struct {
	Slots []slotWire `json:"slots"`
}

// slotWire is a time for a linked meeting and the room to take at each site.
type slotWire struct {
	StartsAt time.Time      `json:"starts_at"`
	EndsAt   time.Time      `json:"ends_at"`
	Spaces   []slotRoomWire `json:"spaces"`
}

// slotRoomWire is one of its rooms.
type slotRoomWire struct {
	ID   string `json:"id"`
	Site string `json:"site"`
	Name string `json:"name"`
}

// commonAvailability serves GET /availability/common.
func (a *API) commonAvailability(ctx context.Context, in *commonInput) (*body[commonWire], error) {
	length, err := parseLength(in.Duration)
	if err != nil {
		return nil, err
	}
	slots, err := a.bookingService.Common(ctx, auth.Principal(ctx), booking.CommonQuestion{
		Sites: words(in.Sites), Duration: length, From: in.From.UTC(), To: in.To.UTC(), Capacity: in.Capacity, Equipment: words(in.Equipment),
	})
	if err != nil {
		return nil, err
	}
	lang := reader(ctx)
	out := commonWire{Slots: make([]slotWire, len(slots))}
	for i, s := range slots {
		out.Slots[i] = slotWire{s.StartsAt, s.EndsAt, make([]slotRoomWire, len(s.Spaces))}
		for j, room := range s.Spaces {
			out.Slots[i].Spaces[j] = slotRoomWire{room.ID.String(), room.Site, named(lang, room.NameJA, room.NameEN)}
		}
	}
	return &body[commonWire]{out}, nil
}

// isoLength is an ISO 8601 duration without years and months, which have no
// length of their own.
var isoLength = regexp.MustCompile(`^P(?:(\d{1,3})D)?(?:T(?:(\d{1,3})H)?(?:(\d{1,5})M)?(?:(\d{1,6})S)?)?$`)

// parseLength reads 60m, 1h30m or PT1H30M.
func parseLength(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if m := isoLength.FindStringSubmatch(strings.ToUpper(text)); m != nil {
		d, err = 0, nil
		for i, unit := range []time.Duration{24 * time.Hour, time.Hour, time.Minute, time.Second} {
			n, _ := strconv.Atoi(m[i+1]) // absent = 0
			d += time.Duration(n) * unit
		}
	}
	if err != nil || d <= 0 || d > models.LongestBooking {
		return 0, models.ErrInvalidInput.On("duration").Saying("length")
	}
	return d, nil
}
