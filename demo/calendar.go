package demo

import (
	"time"

	"kyoten/models"
)

// pool is a group of spaces that the same people book: the seats anybody may
// have at a site, its rooms, the seats of an office.
type pool struct {
	site    *models.Site
	kind    models.Kind
	office  int // place in companies, 0 = anybody's
	spaces  []*models.Space
	holders []*models.Member
	demand  int // bookings a day for every hundred spaces
}

// demandOf is how sought the seats of each site are, and how often a room.
var demandOf = map[string]int{"shiojiri": 42, "colabo": 50, "knowers": 46}

const (
	officeDemand = 55
	roomDemand   = 230
)

// weekdayDemand is the shape of a week, in percent.
var weekdayDemand = [7]int{time.Monday: 90, time.Tuesday: 108, time.Wednesday: 115, time.Thursday: 104, time.Friday: 82, time.Saturday: 42}

// stay is a usual time to be there, in minutes after midnight.
type stay struct{ from, to int }

func hours(from, to int) stay { return stay{from * 60, to * 60} }

// seatStays come as often as they stand here.
var seatStays = []stay{
	hours(9, 18), hours(9, 18), hours(9, 17), hours(10, 18), hours(9, 13), hours(9, 12), hours(13, 18), hours(13, 17),
	hours(10, 15), hours(14, 20), hours(17, 21),
	{9*60 + 30, 12*60 + 30},
	{13*60 + 30, 17*60 + 30},
	{18*60 + 15, 21 * 60},
}

var roomLengths = []int{30, 60, 60, 60, 60, 90, 90, 120}

// addCalendar makes the bookings of each open day and what became of them.
func (b *builder) addCalendar() {
	pools := b.pools()
	today := models.DayOf(b.now, pools[0].site.Location())
	for offset := -pastDays; offset < comingDays; offset++ {
		day := &diary{builder: b, offset: offset, day: today.Add(offset), seated: map[models.ID]bool{*b.own.space.OwnerID: true}, busy: map[models.ID][]models.Period{}}
		day.meetTogether(pools)
		for _, p := range pools {
			day.fill(p)
		}
	}
}

// pools groups the spaces, always in the same order.
func (b *builder) pools() []*pool {
	var all []*pool
	for _, site := range b.cat.Sites() {
		seats := &pool{site: site, kind: models.KindSeat, holders: b.regulars[site.Slug], demand: demandOf[site.Slug]}
		rooms := &pool{site: site, kind: models.KindRoom, holders: b.regulars[site.Slug], demand: roomDemand}
		byOffice := map[int]*pool{}
		all = append(all, seats, rooms)
		for place := range companies {
			if b.cat.OfficeZone(b.companies[place].ID, site.Slug) != 0 {
				byOffice[place+1] = &pool{site: site, kind: models.KindSeat, office: place + 1, demand: officeDemand, holders: b.staffOf(place + 1)}
				all = append(all, byOffice[place+1])
			}
		}
		for _, s := range b.cat.SpacesAt(site.Slug, "") {
			switch {
			case s.ID == b.own.space.ID: // nobody else's, and its owner comes without a booking
			case s.Company() != 0 && s.Kind == models.KindSeat:
				p := byOffice[b.place(s.Company())]
				p.spaces = append(p.spaces, s)
			case s.Company() == 0 && s.Kind == models.KindRoom:
				rooms.spaces = append(rooms.spaces, s)
			case s.Company() == 0:
				seats.spaces = append(seats.spaces, s)
			}
		}
	}
	return all
}

// staffOf returns the people of a company, who use its office.
func (b *builder) staffOf(place int) []*models.Member {
	var out []*models.Member
	for _, m := range b.members {
		if m.Company() == b.companies[place-1].ID {
			out = append(out, m)
		}
	}
	return out
}

// place returns a company's place in companies, from 1.
func (b *builder) place(company int) int {
	for i, c := range b.companies {
		if c.ID == company {
			return i + 1
		}
	}
	return 0
}

// diary is one day as it fills.
type diary struct {
	*builder
	offset int // days from today
	day    models.Day
	seated map[models.ID]bool            // who has a seat that day
	busy   map[models.ID][]models.Period // of each space
	taken  map[*pool]*[24 * 4]int
}

// fill books what the demand for a pool asks for.
func (d *diary) fill(p *pool) {
	wanted := len(p.spaces) * p.demand * weekdayDemand[d.day.Weekday()] * d.eagerness() / 1_000_000
	for range wanted + d.dice.IntN(2) {
		if p.kind == models.KindRoom {
			d.tryRoom(p)
		} else {
			d.trySeat(p)
		}
	}
}

// eagerness is how much of a day is booked so far, in percent: people decide
// late.
func (d *diary) eagerness() int { return max(30, 100-6*max(d.offset, 0)) }

func (d *diary) trySeat(p *pool) {
	holder, st := pick(d.dice, p.holders), pick(d.dice, seatStays)
	if d.seated[holder.ID] || d.absent(holder) {
		return
	}
	if space, period := d.place(p, st); space != nil {
		d.seated[holder.ID] = true
		d.book(holder, "", period, space)
	}
}

func (d *diary) tryRoom(p *pool) {
	holder, from := pick(d.dice, p.holders), 9*60+30*d.dice.IntN(22)
	st := stay{from, min(from+pick(d.dice, roomLengths), 21*60)}
	title, guests := pick(d.dice, titles), d.dice.IntN(3)
	if d.absent(holder) {
		return
	}
	if space, period := d.place(p, st); space != nil {
		d.book(holder, title, period, space)
		d.invite(min(guests, space.Capacity-1))
	}
}

// absent reports whether the holder is one of the fixed people, who have booked
// nothing from today on.
func (d *diary) absent(holder *models.Member) bool {
	for _, m := range d.fixed {
		if m == holder {
			return d.offset >= -1
		}
	}
	return false
}

// place finds a space of the pool that is free for the stay and leaves at least
// half of the pool free all the time; nil when there is none.
func (d *diary) place(p *pool, st stay) (*models.Space, models.Period) {
	loc := p.site.Location()
	period := models.Period{StartsAt: d.day.At(st.from, loc), EndsAt: d.day.At(st.to, loc)}
	space := p.spaces[min(d.dice.IntN(len(p.spaces)), d.dice.IntN(len(p.spaces)))] // some seats are dearer than others
	if !d.allows(p, space, period) {
		return nil, period
	}
	d.take(p, space, period)
	return space, period
}

func (d *diary) allows(p *pool, space *models.Space, period models.Period) bool {
	for _, other := range d.busy[space.ID] {
		if other.Overlaps(period) {
			return false
		}
	}
	open := d.cat.OpenTimes(space, period)
	if len(open) != 1 || open[0] != period {
		return false
	}
	count := d.counts(p)
	for q := d.quarter(p, period.StartsAt); q < d.quarter(p, period.EndsAt); q++ {
		if count[q] >= len(p.spaces)/2 {
			return false
		}
	}
	return true
}

func (d *diary) take(p *pool, space *models.Space, period models.Period) {
	d.busy[space.ID] = append(d.busy[space.ID], period)
	count := d.counts(p)
	for q := d.quarter(p, period.StartsAt); q < d.quarter(p, period.EndsAt); q++ {
		count[q]++
	}
}

// counts is how many spaces of the pool are taken in each quarter of an hour.
func (d *diary) counts(p *pool) *[24 * 4]int {
	if d.taken == nil {
		d.taken = map[*pool]*[24 * 4]int{}
	}
	if d.taken[p] == nil {
		d.taken[p] = &[24 * 4]int{}
	}
	return d.taken[p]
}

func (d *diary) quarter(p *pool, t time.Time) int {
	return int(t.Sub(d.day.At(0, p.site.Location())) / (15 * time.Minute))
}

// meetTogether books the linked meetings of the day: rooms at several sites for
// the same time.
func (d *diary) meetTogether(pools []*pool) {
	for _, m := range linkedMeetings {
		if m.day != d.day.Weekday() {
			continue
		}
		holder := pick(d.dice, d.regulars[m.sites[0]])
		var spaces []*models.Space
		var period models.Period
		for _, slug := range m.sites {
			for _, p := range pools {
				if p.kind != models.KindRoom || p.site.Slug != slug {
					continue
				}
				period = models.Period{StartsAt: d.day.At(m.stay.from, p.site.Location()), EndsAt: d.day.At(m.stay.to, p.site.Location())}
				if d.allows(p, p.spaces[0], period) {
					d.take(p, p.spaces[0], period)
					spaces = append(spaces, p.spaces[0])
				}
			}
		}
		if len(spaces) == len(m.sites) {
			d.book(holder, m.title, period, spaces...)
		}
	}
}

var linkedMeetings = []struct {
	day   time.Weekday
	title string
	stay  stay
	sites []string
}{
	{time.Tuesday, "拠点間定例会議", hours(10, 11), []string{"colabo", "shiojiri", "knowers"}},
	{time.Thursday, "コラボ×ノウアーズ 合同勉強会", stay{15 * 60, 16*60 + 30}, []string{"colabo", "knowers"}},
}

var titles = []string{
	"定例ミーティング", "顧客打ち合わせ", "採用面接", "勉強会", "1on1", "デザインレビュー", "週次報告", "商談", "読書会", "進捗確認",
	"Design review", "Weekly sync", "企画会議", "オンライン面談", "研修",
}
