package web

import (
	"strings"
	"time"

	"kyoten/booking"
	"kyoten/internal/locale"
	"kyoten/models"
)

// slotView is a common time as the finder shows it.
type slotView struct {
	Value    string // what its button sends: both instants and the rooms
	StartsAt time.Time
	Day      string
	Hours    string
	Start    string
	Places   []placeView
}

// slotDay is the common times of one day.
type slotDay struct {
	Day   string
	Slots []slotView
}

// mostBest is how many times are put in front of the reader.
const mostBest = 3

// onTheHalfHour leaves the starts that people agree on; where there is none, all
// of them.
func onTheHalfHour(slots []booking.Slot) []booking.Slot {
	var even []booking.Slot
	for _, s := range slots {
		if s.StartsAt.Truncate(30 * time.Minute).Equal(s.StartsAt) {
			even = append(even, s)
		}
	}
	if len(even) == 0 {
		return slots
	}
	return even
}

// best returns the earliest times that do not overlap: three to choose from, not
// one in three shapes.
func best(slots []booking.Slot) []booking.Slot {
	var chosen []booking.Slot
	for _, s := range slots {
		if n := len(chosen); n == mostBest {
			break
		} else if n == 0 || !chosen[n-1].Overlaps(s.Period) {
			chosen = append(chosen, s)
		}
	}
	return chosen
}

func (v *visit) slotViews(slots []booking.Slot) []slotView {
	views := make([]slotView, len(slots))
	for i, s := range slots {
		views[i] = v.slotView(s)
	}
	return views
}

func (v *visit) slotView(s booking.Slot) slotView {
	loc := v.home().Location()
	view := slotView{Value: slotValue(s), StartsAt: s.StartsAt, Start: locale.Time(s.StartsAt, loc)}
	view.Day, view.Hours = v.words(s.Period, loc)
	for _, room := range s.Spaces {
		view.Places = append(view.Places, v.spacePlace(room))
	}
	return view
}

// spacePlace words a space that is not booked yet.
func (v *visit) spacePlace(s *models.Space) placeView {
	return placeView{
		Site: s.Site, SiteName: v.siteName(s.Site), ID: s.ID.String(), Name: v.name(s.NameJA, s.NameEN),
		Kind: string(s.Kind), VideoAddress: s.VideoAddress,
	}
}

// slotDays groups the times by day.
func (v *visit) slotDays(slots []booking.Slot) []slotDay {
	var days []slotDay
	for _, view := range v.slotViews(slots) {
		if n := len(days); n == 0 || days[n-1].Day != view.Day {
			days = append(days, slotDay{Day: view.Day})
		}
		days[len(days)-1].Slots = append(days[len(days)-1].Slots, view)
	}
	return days
}

func slotValue(s booking.Slot) string {
	words := []string{s.StartsAt.UTC().Format(time.RFC3339), s.EndsAt.UTC().Format(time.RFC3339)}
	for _, room := range s.Spaces {
		words = append(words, room.ID.String())
	}
	return strings.Join(words, " ")
}

// parseSlot reads what slotValue wrote.
func parseSlot(value string) (booking.Request, error) {
	words := strings.Fields(value)
	if len(words) < 3 {
		return booking.Request{}, errBadForm
	}
	start, errStart := time.Parse(time.RFC3339, words[0])
	end, errEnd := time.Parse(time.RFC3339, words[1])
	if errStart != nil || errEnd != nil {
		return booking.Request{}, errBadForm
	}
	req := booking.Request{StartsAt: start, EndsAt: end}
	for _, word := range words[2:] {
		id, err := models.ParseID(word)
		if err != nil {
			return booking.Request{}, models.ErrNotFound.On("spaces")
		}
		req.Spaces = append(req.Spaces, id)
	}
	return req, nil
}
