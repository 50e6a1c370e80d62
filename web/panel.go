package web

import (
	"net/http"
	"slices"
	"time"

	"kyoten/access/entry"
	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/web/ui"
)

// panelPage is the small screen beside the door of a room: whether it is free,
// until when, what comes today, and how to have it now. Like the board it is
// public and says only busy or free.
type panelPage struct {
	ui.Page
	Room     roomNow
	SiteName string
	TimeZone string
	At       string
	Now      time.Time
	Next     int // as on the board
	People   int
	Gear     []string
	Later    []string // hours at which it is in use today
	Book     []preset // lengths for which it can be had from now
	Code     string   // address of the picture that leads a phone here
	Site     string
}

// panelLengths are for how long a panel offers its room, in minutes.
var panelLengths = []int{30, 60, 90}

// panel serves GET /board/:site/:room.
func (p *Pages) panel(v *visit) error {
	v.who = models.Principal{} // whoever is signed in: everybody passes by
	room, site, err := v.publicRoom()
	if err != nil {
		return err
	}
	loc := site.Location()
	holds, err := p.Store.Holds(v.ctx(), []models.ID{room.ID}, models.DayOf(v.now, loc).In(loc), models.ID{})
	if err != nil {
		return err
	}
	page := panelPage{
		Page: v.page("board.panel", ""), Room: v.roomNow(room, holds[room.ID], loc), SiteName: v.siteName(site.Slug), Site: site.Slug,
		TimeZone: site.TimeZone, At: locale.Time(v.now, loc), Now: v.now, Next: v.toMinute(), People: room.Capacity, Gear: v.equipment(room),
		Code: v.r.URL.Path + "/code.svg",
	}
	v.onWall(&page.Page, page.Room.Name)
	for _, hold := range holds[room.ID] {
		if hold.EndsAt.After(v.now) {
			page.Later = append(page.Later, locale.TimeRange(v.lang, hold.StartsAt, hold.EndsAt, loc))
		}
	}
	page.Book = v.panelOffers(room, loc, holds[room.ID])
	return p.show(v, http.StatusOK, "panel", page)
}

// publicRoom is the room that the address names, as far as everybody may know it.
func (v *visit) publicRoom() (*models.Space, *models.Site, error) {
	site, err := v.cat.Site(v.c.Param("site"))
	if err != nil {
		return nil, nil, err
	}
	room := v.room(v.c.Param("room"))
	if room == nil || room.Site != site.Slug {
		return nil, nil, models.ErrNotFound
	}
	return room, site, nil
}

// panelOffers are the lengths for which the room is free from the running quarter
// of an hour on. Each leads to the page where a member confirms it.
func (v *visit) panelOffers(room *models.Space, loc *time.Location, holds []models.Period) []preset {
	if !room.Bookable {
		return nil
	}
	var offers []preset
	start := v.now.Truncate(step * time.Minute)
	for _, length := range panelLengths {
		p := models.Period{StartsAt: start, EndsAt: start.Add(time.Duration(length) * time.Minute)}
		taken := slices.ContainsFunc(holds, p.Overlaps)
		open := slices.ContainsFunc(v.cat.OpenTimes(room, p), func(o models.Period) bool { return o.Contains(p) })
		if taken || !open {
			break
		}
		from := minutesOf(start, loc)
		offers = append(offers, preset{
			Label: v.t("board.until", map[string]any{"time": locale.Time(p.EndsAt, loc)}),
			URL:   "/rooms?" + roomQuery(room, models.DayOf(start, loc), from, from+length) + "#confirm",
		})
	}
	return offers
}

// panelCode serves GET /board/:site/:room/code.svg: for a phone in the hand of
// whoever stands before the door.
func (p *Pages) panelCode(v *visit) error {
	v.who = models.Principal{}
	room, _, err := v.publicRoom()
	if err != nil {
		return err
	}
	picture, err := entry.QRSVG(p.Auth.Origin(v.r) + "/rooms?room=" + room.ID.String())
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "image/svg+xml")
	v.w.Header().Set("Cache-Control", "max-age=3600")
	_, err = v.w.Write(picture)
	return err
}
