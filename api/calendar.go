package api

import (
	"context"

	"kyoten/auth"
	"kyoten/booking"
	"kyoten/models"
	"kyoten/notify"
)

// calendarOutput is an iCalendar object.
type calendarOutput struct {
	ContentType        string `header:"Content-Type"`
	ContentDisposition string `header:"Content-Disposition"`
	Body               []byte
}

// bookingCalendar serves GET /bookings/{id}.ics.
func (a *API) bookingCalendar(ctx context.Context, in *IDInput) (*calendarOutput, error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	r, err := a.bookingService.Booking(ctx, auth.Principal(ctx), id)
	if err != nil {
		return nil, err
	}
	organizer := r.Organizer
	if organizer == nil {
		organizer = &models.Member{} // only that it is busy is shown
	}
	file := notify.CalendarFile(reader(ctx), a.mailFrom, calendarEvent(r, organizer))
	return &calendarOutput{"text/calendar; charset=utf-8", `attachment; filename="` + r.Reference + `.ics"`, []byte(file)}, nil
}

// calendarEvent is a booking as an entry of a calendar. One that was released does
// not take place, as its mail says.
func calendarEvent(r booking.Record, organizer *models.Member) notify.Event {
	return notify.Event{
		BookingNotice: models.NewBookingNotice(r.Catalogue, &r.Booking, organizer), ID: r.ID, Stamp: r.UpdatedAt,
		Cancelled: r.Status == models.BookingCancelled || r.Status == models.BookingRejected || r.Status == models.BookingNoShow,
		Tentative: r.Status == models.BookingPending,
	}
}
