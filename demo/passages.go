package demo

import (
	"cmp"
	"slices"
	"time"

	"kyoten/access"
	"kyoten/access/entry"
	"kyoten/models"
)

// addPassages makes the passages of all ways up to now, the ends of the days,
// and the visits that follow from them.
func (b *builder) addPassages() {
	for _, m := range b.joined() {
		b.walk(m)
	}
	b.closeDays()
	rows := &b.rows
	slices.SortStableFunc(rows.passages, func(p, q models.Passage) int { return cmp.Compare(p.AtMS, q.AtMS) })
	for i := range rows.passages {
		p := &rows.passages[i]
		p.Seq = p.AtMS<<10 | int64(i&0x3ff) // as the server counts online checks
	}
	rows.visits, rows.presences = access.Fold(b.cat, rows.passages)
}

// joined returns the ways of everybody, those of one person that run into each
// other made one: who has a seat and a room walks in once.
func (b *builder) joined() []movement {
	var order []string
	of := map[string][]movement{}
	for _, m := range b.moves {
		if of[m.subject] == nil {
			order = append(order, m.subject)
		}
		for _, t := range m.times {
			one := m
			one.times = []coming{t}
			of[m.subject] = append(of[m.subject], one)
		}
	}
	var out []movement
	for _, subject := range order {
		ways := of[subject]
		slices.SortStableFunc(ways, func(a, c movement) int { return a.times[0].in.Compare(c.times[0].in) })
		for _, m := range ways {
			if n := len(out); n > 0 && out[n-1].runsInto(m) {
				out[n-1].extend(m)
				continue
			}
			out = append(out, m)
		}
	}
	return out
}

// runsInto reports whether next begins while m lasts, or so soon after it that
// nobody would have left.
func (m movement) runsInto(next movement) bool {
	stay, in := m.times[0], next.times[0].in
	if m.subject != next.subject || m.site != next.site {
		return false
	}
	if stay.out.IsZero() { // until the house closed
		return in.Sub(stay.in) < 14*time.Hour
	}
	return in.Before(stay.out.Add(10 * time.Minute))
}

func (m *movement) extend(next movement) {
	stay := &m.times[0]
	if stay.out.IsZero() || next.times[0].out.IsZero() || next.times[0].out.After(stay.out) {
		stay.out = next.times[0].out
	}
}

// walk scans somebody in and out, through the office behind the entrance where
// they have one. What lies in the future does not happen.
func (b *builder) walk(m movement) {
	stay := m.times[0]
	slow, tooEarly := b.dice.minutes(1, 2), b.dice.chance(2)
	door := b.entrance[m.site]
	if tooEarly && !m.guest {
		b.scan(m, door, "", stay.in.Add(-b.dice.minutes(32, 50)), entry.TooEarly)
	}
	b.scan(m, door, entry.Entry, stay.in, entry.Granted)
	if m.office != 0 {
		b.scan(m, m.office, entry.Entry, stay.in.Add(slow), entry.Granted)
	}
	if stay.out.IsZero() {
		return
	}
	if m.office != 0 {
		b.scan(m, m.office, entry.Exit, stay.out.Add(-slow), entry.ExitOK)
	}
	b.scan(m, door, entry.Exit, stay.out, entry.ExitOK)
}

// scan records what the gate into a zone decided, if that has happened yet.
func (b *builder) scan(m movement, zone int, way entry.Direction, at time.Time, reason entry.Reason) {
	id := b.dice.passageID()
	if at.After(b.now) {
		return
	}
	at = at.Truncate(time.Millisecond)
	booking := m.booking
	b.rows.passages = append(b.rows.passages, models.Passage{
		ID: id, GateID: b.gateInto(zone), Site: m.site, ZoneID: zone, Direction: string(cmp.Or(way, entry.Entry)),
		Decision: string(reason.Verdict()), Reason: string(reason), Opened: reason.Opens(), PassID: m.pass, Subject: m.subject,
		BookingID: &booking, AtMS: at.UnixMilli(), GateTimeMS: at.UnixMilli(), ReceivedMS: at.UnixMilli(),
		ClockState: string(entry.Trusted), Online: true, Flags: models.Strings{},
	})
}

func (b *builder) gateInto(zone int) *models.ID {
	for i := range b.gates {
		if b.gates[i].ToZone == zone {
			return &b.gates[i].ID
		}
	}
	return nil
}

// closeDays writes the end of each day at each site: whoever forgot to scan on
// the way out is no longer counted as inside.
func (b *builder) closeDays() {
	for _, site := range b.cat.Sites() {
		today := models.DayOf(b.now, site.Location())
		for day := today.Add(-pastDays); !today.Before(day); day = day.Add(1) {
			open := b.cat.SiteOpenTimes(site, day.In(site.Location()))
			id := b.dice.passageID()
			if len(open) == 0 || open[len(open)-1].EndsAt.After(b.now) {
				continue
			}
			at := open[len(open)-1].EndsAt.UnixMilli()
			b.rows.passages = append(b.rows.passages, models.Passage{
				ID: id, Site: site.Slug, ZoneID: b.entrance[site.Slug], Direction: string(entry.Exit), Decision: string(entry.EndOfDay.Verdict()),
				Reason: string(entry.EndOfDay), AtMS: at, GateTimeMS: at, ReceivedMS: at, ClockState: string(entry.Trusted), Online: true, Flags: models.Strings{},
			})
		}
	}
}
