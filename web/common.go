package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"kyoten/booking"
	"kyoten/internal/fault"
	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/web/ui"
)

// commonPage finds a time at which rooms at several sites are free together. Like
// the floor plan it follows from its address alone.
type commonPage struct {
	ui.Page
	Form      ui.Form
	Sites     []ui.Option
	Lengths   []ui.Option
	Equipment []ui.Option
	Search    string // the address's query, to come back to
	Refused   *ui.Notice
	Searched  bool
	Count     int
	Best      []slotView
	Days      []slotDay
}

// The search that a reader finds filled in: an hour within a week, in rooms with
// a video system where every site has one.
const (
	usualMeeting = 60 // minutes
	usualSpan    = 7  // days
	linkingGear  = "video"
)

// meetingLengths are the lengths that can be chosen, in minutes.
var meetingLengths = []int{30, 45, 60, 90, 120, 180, 240}

// common serves GET /rooms/common.
func (p *Pages) common(v *visit) error {
	return p.showCommon(v, http.StatusOK, v.r.URL.Query(), nil)
}

// showCommon draws the finder for a search, with what it finds.
func (p *Pages) showCommon(v *visit, status int, search url.Values, refused *ui.Notice) error {
	form := ui.NewForm(search)
	rooms := v.visibleRooms()
	v.usualSearch(form, rooms)
	page := commonPage{
		Page: v.page("common.title", "rooms"), Form: form, Sites: v.roomSites(rooms),
		Lengths: v.lengthOptions(), Equipment: v.gearOptions(rooms), Search: form.Values.Encode(), Refused: refused,
	}
	page.Here, page.Follows = "/rooms/common?"+page.Search, true
	err := p.fillSlots(v, &page)
	if err == nil || refused != nil {
		return p.show(v, status, "common", page)
	}
	if page.Refused, status, err = v.refused(fieldError(err, searchField(err)), &page.Form); err != nil {
		return err
	}
	return p.show(v, status, "common", page)
}

// usualSearch fills in what a first visit leaves open.
func (v *visit) usualSearch(form ui.Form, rooms []*models.Space) {
	if form.Value("asked") == "" {
		if len(form.Values["site"]) == 0 {
			for _, site := range v.roomSites(rooms) {
				form.Values.Add("site", site.Value)
			}
		}
		if everySiteHas(rooms, linkingGear) {
			form.Values.Set("equipment", linkingGear)
		}
		form.Values.Set("asked", "1")
	}
	if _, err := strconv.Atoi(form.Value("length")); err != nil {
		form.Values.Set("length", strconv.Itoa(usualMeeting))
	}
	first, err := models.ParseDay(form.Value("first"))
	if err != nil {
		first = models.DayOf(v.now, v.home().Location())
		form.Values.Set("first", first.String())
	}
	if _, err := models.ParseDay(form.Value("last")); err != nil {
		form.Values.Set("last", first.Add(usualSpan-1).String())
	}
}

// everySiteHas reports whether each site with rooms has one with the equipment.
func everySiteHas(rooms []*models.Space, gear string) bool {
	has := map[string]bool{}
	for _, room := range rooms {
		has[room.Site] = has[room.Site] || room.Has([]string{gear})
	}
	for _, ok := range has {
		if !ok {
			return false
		}
	}
	return len(has) > 0
}

// roomSites are the sites with a room that the reader may know of.
func (v *visit) roomSites(rooms []*models.Space) []ui.Option {
	return slices.DeleteFunc(v.siteOptions(), func(o ui.Option) bool {
		return !slices.ContainsFunc(rooms, func(r *models.Space) bool { return r.Site == o.Value })
	})
}

func (v *visit) lengthOptions() []ui.Option {
	var options []ui.Option
	for _, m := range meetingLengths {
		options = append(options, ui.Option{Value: strconv.Itoa(m), Label: locale.Duration(v.lang, time.Duration(m)*time.Minute)})
	}
	return options
}

// gearOptions lists what rooms have.
func (v *visit) gearOptions(rooms []*models.Space) []ui.Option {
	var options []ui.Option
	for _, room := range rooms {
		for _, e := range room.Equipment {
			if !slices.ContainsFunc(options, func(o ui.Option) bool { return o.Value == e }) {
				options = append(options, ui.Option{Value: e, Label: v.equipmentName(e)})
			}
		}
	}
	return options
}

// question reads the search. Whether it can be answered is the service's to say.
func (v *visit) question(form ui.Form) booking.CommonQuestion {
	loc := v.home().Location()
	first, _ := models.ParseDay(form.Value("first")) // usualSearch has seen to all of them
	last, _ := models.ParseDay(form.Value("last"))
	length, _ := strconv.Atoi(form.Value("length"))
	people, _ := strconv.Atoi(form.Value("people")) // none = rooms of any size
	return booking.CommonQuestion{
		Sites: form.Values["site"], Duration: time.Duration(length) * time.Minute, Capacity: people,
		From: first.At(0, loc), To: last.Add(1).At(0, loc), Equipment: form.Values["equipment"],
	}
}

// fillSlots asks for the common times. One site alone is nothing to link: the
// form says so, and nothing is asked.
func (p *Pages) fillSlots(v *visit, page *commonPage) error {
	q := v.question(page.Form)
	if len(q.Sites) < 2 {
		page.Form.Errors["site"] = v.t("common.need_two")
		return nil
	}
	slots, err := p.Booking.Common(v.ctx(), v.who, q)
	if err != nil {
		return err
	}
	slots = onTheHalfHour(slots)
	page.Searched, page.Count = true, len(slots)
	page.Best = v.slotViews(best(slots))
	page.Days = v.slotDays(slots)
	return nil
}

// searchField is the field of the search that a refusal is about.
func searchField(err error) string {
	switch fieldOf(fault.From(err).Pointer) {
	case "duration":
		return "length"
	case "sites":
		return "site"
	case "from":
		return "first"
	}
	return "last"
}
