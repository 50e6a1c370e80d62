package web

import (
	"net/http"
	"net/url"

	"kyoten/booking"
	"kyoten/models"
	"kyoten/web/ui"
)

// roomsPage is a day of the rooms of all sites.
type roomsPage struct {
	ui.Page
	Form     ui.Form
	Site     string // of the chosen room
	Days     []dayOption
	Rooms    []ui.Option
	Froms    []ui.Option
	Tos      []ui.Option
	Refused  *ui.Notice
	Day      string
	Hours    string
	Timeline ui.Timeline
	Chosen   *roomChoice
	Repeat   string // address of the form that books it again and again
	Linkable bool   // there are rooms at several sites
	From, To int64
}

// roomChoice is the room about to be booked.
type roomChoice struct {
	ID, Site, Name string
	Free           bool
	Wait           ui.Action // for when it is not
}

// rooms serves GET /rooms.
func (p *Pages) rooms(v *visit) error {
	return p.showRooms(v, http.StatusOK, ui.NewForm(v.r.URL.Query()), nil)
}

// showRooms draws the day that the form asks for, with the chosen room and hours
// on it.
func (p *Pages) showRooms(v *visit, status int, form ui.Form, refused *ui.Notice) error {
	if form.Value("room") == "" {
		form.Values.Set("room", form.Value("space"))
	}
	room := v.room(form.Value("room"))
	if room != nil {
		form.Values.Set("site", room.Site)
	}
	h, err := v.hoursOf(form)
	if err != nil {
		return err
	}
	if form.Value("to") == "" {
		h.to = min(h.from+60, 24*60) // rooms go by the hour
	}
	h.put(form.Values)
	page := roomsPage{
		Page: v.page("nav.rooms", "rooms"), Form: form, Site: h.site.Slug, Days: v.dayOptions(h.site, h.day),
		Rooms: v.roomOptions(), Froms: h.fromOptions(v.cat), Tos: h.toOptions(v.cat), Refused: refused,
	}
	page.Linkable = len(v.roomSites(v.visibleRooms())) > 1
	page.Here, page.Follows = "/rooms?"+h.query("room", form.Value("room")), true
	if err := p.fillTimeline(v, h, room, &page); err != nil {
		return err
	}
	return p.show(v, status, "rooms", page)
}

// room returns the room with this id as far as it exists for the reader, else nil.
func (v *visit) room(id string) *models.Space {
	parsed, err := models.ParseID(id)
	if err != nil {
		return nil
	}
	space, err := v.cat.Space(parsed)
	if err != nil || space.Kind != models.KindRoom || !v.who.SeesSpace(space) {
		return nil
	}
	return space
}

func (v *visit) roomOptions() []ui.Option {
	options := []ui.Option{{Label: v.t("rooms.choose")}}
	for _, room := range v.visibleRooms() {
		options = append(options, ui.Option{
			Value: room.ID.String(), Label: v.siteName(room.Site) + " " + v.name(room.NameJA, room.NameEN),
		})
	}
	return options
}

func (v *visit) visibleRooms() []*models.Space {
	var rooms []*models.Space
	for _, site := range v.cat.Sites() {
		for _, room := range v.cat.SpacesAt(site.Slug, models.KindRoom) {
			if v.who.SeesSpace(room) {
				rooms = append(rooms, room)
			}
		}
	}
	return rooms
}

func (p *Pages) fillTimeline(v *visit, h hours, room *models.Space, page *roomsPage) error {
	busy, err := p.busyOn(v, h.day)
	if err != nil {
		return err
	}
	whole := v.everywhere(h.day)
	page.From, page.To = whole.StartsAt.Unix(), whole.EndsAt.Unix()
	var chosen *choice
	period, err := h.period()
	if err == nil {
		page.Day, page.Hours = v.words(period, h.site.Location())
		if room != nil {
			page.Repeat = repeatURL(page.Form, room.ID.String())
			chosen = &choice{space: room.ID, Period: period}
			page.Chosen = &roomChoice{
				ID: room.ID.String(), Site: v.siteName(room.Site), Name: v.name(room.NameJA, room.NameEN),
				Free: v.isFree(room, period, busy[room.ID]), Wait: v.waitForSpace(room, period),
			}
		}
	} else if page.Refused == nil {
		if page.Refused, _, err = v.refused(err, &page.Form); err != nil {
			return err
		}
	}
	page.Timeline = v.timeline(v.cat.Sites(), h.day, busy, chosen)
	page.Timeline.Label = v.t("rooms.timeline", map[string]any{"day": page.Day})
	return nil
}

// isFree says whether the room can be had for the period, as far as the timeline
// knows; the service has the last word.
func (v *visit) isFree(room *models.Space, p models.Period, busy []busyTime) bool {
	for _, b := range busy {
		if b.Overlaps(p) {
			return false
		}
	}
	for _, open := range v.cat.OpenTimes(room, p) {
		if open.Contains(p) {
			return true
		}
	}
	return false
}

// busyOn returns when the rooms the reader may know of are held on a day, and of
// whose bookings they may know more.
func (p *Pages) busyOn(v *visit, day models.Day) (map[models.ID][]busyTime, error) {
	rooms := v.visibleRooms()
	if len(rooms) == 0 {
		return nil, nil
	}
	ids := make([]models.ID, len(rooms))
	for i, room := range rooms {
		ids[i] = room.ID
	}
	whole := v.everywhere(day)
	holds, err := p.Store.Holds(v.ctx(), ids, whole, models.ID{})
	if err != nil {
		return nil, err
	}
	known, err := p.knownOn(v, whole)
	if err != nil {
		return nil, err
	}
	busy := map[models.ID][]busyTime{}
	for id, periods := range holds {
		for _, period := range periods {
			b := busyTime{Period: period}
			if r, ok := known[holdKey{id, period.StartsAt.Unix()}]; ok {
				b.Title, b.BookingID, b.Mine = r.Title, r.ID.String(), v.who.Is(r.OrganizerID)
			}
			busy[id] = append(busy[id], b)
		}
	}
	return busy, nil
}

// holdKey names what holds a space: two holds of one space never begin at once.
type holdKey struct {
	space models.ID
	start int64
}

// knownOn returns the bookings within a period that the reader may read.
func (p *Pages) knownOn(v *visit, period models.Period) (map[holdKey]booking.Record, error) {
	known := map[holdKey]booking.Record{}
	filter := booking.Filter{Range: models.Range{From: period.StartsAt, To: period.EndsAt}, Page: models.Page{Limit: mostComing}}
	records, _, err := p.Booking.List(v.ctx(), v.who, filter)
	for _, r := range records {
		for _, bs := range r.Spaces {
			if r.View == models.ViewFull && bs.Active {
				known[holdKey{bs.SpaceID, bs.StartsAt.Unix()}] = r
			}
		}
	}
	return known, err
}

// everywhere is the time for which it is the day at some site.
func (v *visit) everywhere(day models.Day) models.Period {
	whole := day.In(v.home().Location())
	for _, site := range v.cat.Sites() {
		at := day.In(site.Location())
		if at.StartsAt.Before(whole.StartsAt) {
			whole.StartsAt = at.StartsAt
		}
		if at.EndsAt.After(whole.EndsAt) {
			whole.EndsAt = at.EndsAt
		}
	}
	return whole
}

// roomQuery is the address of a choice on the timeline.
func roomQuery(room *models.Space, day models.Day, from, to int) string {
	return url.Values{
		"room": {room.ID.String()}, "day": {day.String()}, "from": {clockTime(from)}, "to": {clockTime(min(to, 24*60))},
	}.Encode()
}
