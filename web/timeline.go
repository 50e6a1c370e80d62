package web

import (
	"slices"
	"time"

	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/web/ui"
)

// quarter is the width of a column of the timeline.
const quarter = 15

// busyTime is a part of a room's day that somebody has, as the reader may know
// it: with a title and an address only where the booking is theirs to read.
type busyTime struct {
	models.Period
	Mine      bool
	Title     string
	BookingID string
}

// daySpan is the part of a day that a timeline shows, in minutes of wall time.
type daySpan struct{ from, to int }

// spanOf returns the hours that cover the openings of all the sites on a day,
// nine to six where none opens.
func (v *visit) spanOf(sites []*models.Site, day models.Day) daySpan {
	span := daySpan{24 * 60, 0}
	for _, site := range sites {
		if opens, closes, ok := opening(v.cat, site, day); ok {
			span.from, span.to = min(span.from, opens/60*60), max(span.to, (closes+59)/60*60)
		}
	}
	if span.from >= span.to {
		return daySpan{9 * 60, 18 * 60}
	}
	return span
}

func (s daySpan) quarters() int { return (s.to - s.from) / quarter }

// bar returns where a period lies on the timeline of a day, and false when it
// lies outside.
func (s daySpan) bar(p models.Period, day models.Day, loc *time.Location) (ui.Bar, bool) {
	parts := models.Clip([]models.Period{p}, models.Period{StartsAt: day.At(s.from, loc), EndsAt: day.At(s.to, loc)})
	if len(parts) == 0 {
		return ui.Bar{}, false
	}
	from := (minutesOf(parts[0].StartsAt, loc) - s.from) / quarter
	end := minutesOf(parts[0].EndsAt, loc)
	if models.DayOf(parts[0].EndsAt, loc) != day {
		end = 24 * 60
	}
	to := (end - s.from + quarter - 1) / quarter
	return ui.Bar{From: from, For: max(1, to-from)}, true
}

// timeline draws a day of the rooms of several sites. chosen is the room and the
// hours somebody is about to book, if any.
func (v *visit) timeline(sites []*models.Site, day models.Day, busy map[models.ID][]busyTime, chosen *choice) ui.Timeline {
	span := v.spanOf(sites, day)
	line := ui.Timeline{Quarters: span.quarters(), Now: -1}
	for m := span.from; m < span.to; m += 60 {
		line.Ticks = append(line.Ticks, ui.Tick{From: (m - span.from) / quarter, Text: clockTime(m)})
	}
	for _, site := range sites {
		loc := site.Location()
		if now := minutesOf(v.now, loc); models.DayOf(v.now, loc) == day && now >= span.from && now < span.to {
			line.Now = (now - span.from) / quarter
		}
		group := ui.TimelineGroup{Name: v.name(site.NameJA, site.NameEN)}
		for _, room := range v.cat.SpacesAt(site.Slug, models.KindRoom) {
			if v.who.SeesSpace(room) {
				group.Rows = append(group.Rows, v.timelineRow(span, day, room, busy[room.ID], chosen))
			}
		}
		if len(group.Rows) > 0 {
			line.Groups = append(line.Groups, group)
		}
	}
	return line
}

// choice is a room and a period on the timeline that is about to be booked.
type choice struct {
	space models.ID
	models.Period
}

func (v *visit) timelineRow(span daySpan, day models.Day, room *models.Space, busy []busyTime, chosen *choice) ui.TimelineRow {
	site, _ := v.cat.Site(room.Site) // the catalogue never holds a space without its site
	loc := site.Location()
	row := ui.TimelineRow{
		ID: room.ID.String(), Name: v.name(room.NameJA, room.NameEN),
		Note: v.t("rooms.people", map[string]any{"count": room.Capacity}),
	}
	whole := models.Period{StartsAt: day.At(span.from, loc), EndsAt: day.At(span.to, loc)}
	open := v.cat.OpenTimes(room, whole)
	closed := []models.Period{whole}
	for _, o := range open {
		closed = models.Subtract(closed, o)
	}
	for _, p := range closed {
		row.Bars = v.addBar(row.Bars, span, day, loc, p, ui.Bar{Kind: ui.BarClosed, Words: "rooms.closed_words"})
	}
	for _, b := range busy {
		row.Bars = v.addBar(row.Bars, span, day, loc, b.Period, v.busyBar(b))
		open = models.Subtract(open, b.Period)
	}
	if chosen != nil && chosen.space == room.ID {
		open = models.Subtract(open, chosen.Period)
	}
	row.Bars = append(row.Bars, v.openBars(span, day, loc, room, open)...)
	if chosen != nil && chosen.space == room.ID {
		row.Bars = v.addBar(row.Bars, span, day, loc, chosen.Period, ui.Bar{Kind: ui.BarChosen, Words: "rooms.chosen_words"})
	}
	slices.SortStableFunc(row.Bars, func(a, b ui.Bar) int { return a.From - b.From })
	return row
}

// busyBar says what the reader may know of a busy time.
func (v *visit) busyBar(b busyTime) ui.Bar {
	bar := ui.Bar{Kind: ui.BarBusy, Text: v.t("rooms.busy"), Words: "rooms.busy_words"}
	if b.Mine {
		bar.Kind, bar.Text = ui.BarMine, v.t("rooms.mine")
	}
	if b.Title != "" {
		bar.Text = b.Title
	}
	if b.BookingID != "" {
		bar.URL = "/bookings/" + b.BookingID
	}
	return bar
}

// addBar places bar, whose Words are still the key of its sentence, at p.
func (v *visit) addBar(bars []ui.Bar, span daySpan, day models.Day, loc *time.Location, p models.Period, bar ui.Bar) []ui.Bar {
	at, ok := span.bar(p, day, loc)
	if !ok {
		return bars
	}
	bar.From, bar.For = at.From, at.For
	bar.Words = v.t(bar.Words, map[string]any{"hours": locale.TimeRange(v.lang, p.StartsAt, p.EndsAt, loc)})
	if bar.Text != "" && bar.Kind != ui.BarOpen {
		bar.Words += " " + bar.Text
	}
	return append(bars, bar)
}

// openBars cuts free time into pieces of an hour that can be chosen, from the
// running quarter on.
func (v *visit) openBars(span daySpan, day models.Day, loc *time.Location, room *models.Space, open []models.Period) []ui.Bar {
	if !room.Bookable {
		return nil
	}
	var bars []ui.Bar
	begin := v.now.Truncate(quarter * time.Minute)
	for _, p := range open {
		for at := p.StartsAt; at.Before(p.EndsAt); {
			end := at.Truncate(time.Hour).Add(time.Hour)
			if end.After(p.EndsAt) {
				end = p.EndsAt
			}
			if !at.Before(begin) {
				bars = v.addBar(bars, span, day, loc, models.Period{StartsAt: at, EndsAt: end}, ui.Bar{
					Kind: ui.BarOpen, Words: "rooms.free_words",
					URL: "/rooms?" + roomQuery(room, day, minutesOf(at, loc), minutesOf(at, loc)+60),
				})
			}
			at = end
		}
	}
	return bars
}
