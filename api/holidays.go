package api

import (
	"context"
	"net/http"

	"kyoten/auth"
	"kyoten/models"
)

// holidayWire overrides the national calendar on a day.
type holidayWire struct {
	Day       string `json:"day" format:"date"`
	NameJA    string `json:"name_ja"`
	NameEN    string `json:"name_en"`
	IsHoliday bool   `json:"is_holiday" doc:"A day off more, or a holiday on which the sites are open."`
}

func newHolidayWire(h models.Holiday) holidayWire {
	return holidayWire{h.Day, h.NameJA, h.NameEN, h.IsHoliday}
}

func (a *API) registerHolidays() {
	add(a, operation{id: "list-holidays", method: "GET", path: "/holidays", who: people}, a.holidays)
	add(a, operation{id: "set-holiday", method: "PUT", path: "/holidays/{day}", who: admins}, a.setHoliday)
	add(a, operation{id: "delete-holiday", method: "DELETE", path: "/holidays/{day}", who: admins, status: http.StatusNoContent}, a.deleteHoliday)
}

// holidays serves GET /holidays: the overrides, not the national calendar.
func (a *API) holidays(ctx context.Context, in *Paged) (*body[listOf[holidayWire]], error) {
	page, err := in.page("holidays")
	if err != nil {
		return nil, err
	}
	rows, err := a.store.Holidays(ctx)
	if err != nil {
		return nil, err
	}
	rows, next := models.PageOf(rows, page, func(h models.Holiday) string { return h.Day })
	return newList("holidays", rows, next, newHolidayWire), nil
}

// DayInput names a day in the path.
type DayInput struct {
	Day string `path:"day" example:"2026-12-29"`
}

// setHoliday serves PUT /holidays/{day}.
func (a *API) setHoliday(ctx context.Context, in *struct {
	DayInput
	Body struct {
		Name      string `json:"name,omitempty" maxLength:"100"`
		NameJA    string `json:"name_ja,omitempty" maxLength:"100"`
		NameEN    string `json:"name_en,omitempty" maxLength:"100"`
		IsHoliday bool   `json:"is_holiday"`
	}
},
) (*body[holidayWire], error) {
	day, err := models.ParseDay(in.Day)
	if err != nil {
		return nil, models.ErrNotFound
	}
	h := models.Holiday{Day: day.String(), IsHoliday: in.Body.IsHoliday}
	setNames(&h.NameJA, &h.NameEN, &in.Body.Name, orNull(in.Body.NameJA), orNull(in.Body.NameEN))
	h, err = a.places.SetHoliday(ctx, auth.Principal(ctx), h)
	return &body[holidayWire]{newHolidayWire(h)}, err
}

// deleteHoliday serves DELETE /holidays/{day}.
func (a *API) deleteHoliday(ctx context.Context, in *DayInput) (*nothing, error) {
	day, err := models.ParseDay(in.Day)
	if err != nil {
		return nil, models.ErrNotFound
	}
	return nil, a.places.DeleteHoliday(ctx, auth.Principal(ctx), day)
}
