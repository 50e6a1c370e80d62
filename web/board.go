package web

import (
	"net/http"
	"time"

	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/web/ui"
)

// boardPage is the screen in the lobby of a site: free seats, the rooms now and
// next. It is public, so it knows neither names nor titles nor company zones.
type boardPage struct {
	ui.Page
	Slug       string
	SiteName   string
	TimeZone   string
	At         string
	Now        time.Time
	Next       int // seconds to the next full minute
	Today      string
	FreeSeats  int
	TotalSeats int
	Rooms      []roomNow
}

// roomNow is a room on the board.
type roomNow struct {
	ID        string
	Name      string
	Free      bool
	NowWords  string
	NextWords string
}

// board serves GET /board/:site.
func (p *Pages) board(v *visit) error {
	site, err := v.cat.Site(v.c.Param("site"))
	if err != nil {
		return err
	}
	v.who = models.Principal{} // whoever is signed in: everybody passes by
	loc := site.Location()
	page := boardPage{
		Page: v.page("board.title", ""), Slug: site.Slug, SiteName: v.siteName(site.Slug), TimeZone: site.TimeZone,
		At: locale.Time(v.now, loc), Now: v.now, Next: v.toMinute(), Today: v.openToday(site),
	}
	v.onWall(&page.Page, page.SiteName)
	if err := p.countSeats(v, site, &page); err != nil {
		return err
	}
	if page.Rooms, err = p.roomsNow(v, site); err != nil {
		return err
	}
	return p.show(v, http.StatusOK, "board", page)
}

// onWall makes the page a screen that nobody touches: it follows its site's line,
// and without script it is read anew every half minute.
func (v *visit) onWall(page *ui.Page, title string) {
	page.Title, page.Refresh = title, 30
	page.Scripts = []string{"js/app.js", "js/live.js"}
}

// toMinute is how many seconds there are to the next full minute, when bookings
// may begin and end without anybody doing anything.
func (v *visit) toMinute() int { return 60 - v.now.Second() }

func (p *Pages) countSeats(v *visit, site *models.Site, page *boardPage) error {
	busy, err := p.Store.BusySpaces(v.ctx(), []string{site.Slug}, models.Period{StartsAt: v.now, EndsAt: v.now.Add(time.Second)})
	if err != nil {
		return err
	}
	open := v.cat.OpenAt(site, v.now)
	for _, seat := range v.cat.SpacesAt(site.Slug, models.KindSeat) {
		if !v.who.SeesSpace(seat) || !seat.Bookable {
			continue
		}
		page.TotalSeats++
		if open && !busy[seat.ID] {
			page.FreeSeats++
		}
	}
	return nil
}

func (p *Pages) roomsNow(v *visit, site *models.Site) ([]roomNow, error) {
	loc := site.Location()
	day := models.DayOf(v.now, loc).In(loc)
	var rooms []*models.Space
	var ids []models.ID
	for _, room := range v.cat.SpacesAt(site.Slug, models.KindRoom) {
		if v.who.SeesSpace(room) {
			rooms, ids = append(rooms, room), append(ids, room.ID)
		}
	}
	holds, err := p.Store.Holds(v.ctx(), ids, day, models.ID{})
	if err != nil {
		return nil, err
	}
	var out []roomNow
	for _, room := range rooms {
		out = append(out, v.roomNow(room, holds[room.ID], loc))
	}
	return out, nil
}

// roomNow says of a room whether it is in use, until when, and what comes next.
// holds are those of the day, in order.
func (v *visit) roomNow(room *models.Space, holds []models.Period, loc *time.Location) roomNow {
	now := roomNow{ID: room.ID.String(), Name: v.name(room.NameJA, room.NameEN), Free: true, NowWords: v.t("board.free_today")}
	busyUntil := v.now
	for _, hold := range holds {
		switch {
		case !hold.EndsAt.After(v.now):
		case !hold.StartsAt.After(busyUntil): // one after the other is one use
			busyUntil = hold.EndsAt
		default:
			if now.NextWords == "" {
				now.NextWords = v.t("board.next", map[string]any{"hours": locale.TimeRange(v.lang, hold.StartsAt, hold.EndsAt, loc)})
				now.NowWords = v.t("board.now_free", map[string]any{"time": locale.Time(hold.StartsAt, loc)})
			}
		}
	}
	if busyUntil.After(v.now) {
		now.Free, now.NowWords = false, v.t("board.now_busy", map[string]any{"time": locale.Time(busyUntil, loc)})
	}
	return now
}
