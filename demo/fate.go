package demo

import (
	"fmt"
	"time"

	"kyoten/models"
)

// movement is one person's way through the doors because of a booking.
type movement struct {
	subject string
	pass    string
	booking models.ID
	site    string
	office  int // the office zone they go on to, 0 = none
	guest   bool
	times   []coming
}

// coming is one stay; an end in the future has not happened yet.
type coming struct{ in, out time.Time }

// fate is what becomes of a booking, drawn when it is made.
type fate struct {
	created   time.Time
	cancelled time.Time // zero = never
	noShow    bool
	forgets   bool // to scan on the way out
	arrives   time.Time
	leaves    time.Time
	pause     []coming // out and in again in between
}

// draw decides what becomes of a booking.
func (b *builder) draw(p models.Period, kind models.Kind) fate {
	f := fate{created: p.StartsAt.Add(-b.dice.minutes(2*60, 12*24*60))}
	lately := b.now.Add(-b.dice.minutes(5, 600))
	if f.created.After(lately) {
		f.created = lately
	}
	cancels, misses := b.dice.chance(6), b.dice.chance(4)
	f.forgets = b.dice.chance(3)
	early, late := 12, 18
	if kind == models.KindRoom {
		early, late = 9, 6
	}
	f.arrives = p.StartsAt.Add(b.dice.minutes(-early, late))
	f.leaves = p.EndsAt.Add(-b.dice.minutes(-9, 40))
	away, back := b.dice.minutes(-25, 25), b.dice.minutes(35, 65)
	if p.Length() > 6*time.Hour && b.dice.chance(40) {
		noon := p.StartsAt.Add(p.Length()/3 + away)
		f.pause = []coming{{noon, noon.Add(back)}}
	}
	if !f.leaves.After(f.arrives.Add(5 * time.Minute)) {
		f.leaves = p.EndsAt
	}
	switch {
	case cancels:
		f.cancelled = f.created.Add(p.StartsAt.Sub(f.created) / 2).Truncate(time.Second)
	case misses:
		f.noShow = true
	}
	return f
}

// graces are those of the plan everybody has.
var graces = map[models.Kind]time.Duration{models.KindSeat: time.Hour, models.KindRoom: 15 * time.Minute}

// book adds a booking as it stands now, with its passes, and remembers the ways
// of its holder.
func (b *builder) book(holder *models.Member, title string, p models.Period, spaces ...*models.Space) {
	f := b.draw(p, spaces[0].Kind)
	row := models.Booking{
		ID: b.dice.id(f.created), Reference: b.dice.reference(), Title: title, StartsAt: p.StartsAt, EndsAt: p.EndsAt,
		OrganizerID: holder.ID, CreatedBy: holder.ID, CompanyID: holder.CompanyID, Version: 1, CreatedAt: f.created, UpdatedAt: f.created,
	}
	b.judge(&row, f, p, spaces[0].Kind)
	for i, s := range spaces {
		row.Spaces = append(row.Spaces, models.BookingSpace{
			BookingID: row.ID, SpaceID: s.ID, Site: s.Site, Kind: s.Kind, StartsAt: p.StartsAt, EndsAt: p.EndsAt,
			Active: row.Status.Holds(), Status: row.Status, Position: i,
		})
	}
	b.settle(&row, f)
	b.rows.bookings = append(b.rows.bookings, row)
	b.rows.spaces = append(b.rows.spaces, row.Spaces...)
	b.addPasses(&row, holder, f)
}

// judge gives the booking the status it has by now.
func (b *builder) judge(row *models.Booking, f fate, p models.Period, kind models.Kind) {
	released := p.StartsAt.Add(graces[kind])
	ended := func(status models.BookingStatus, at time.Time) {
		row.Status, row.EndedAt, row.UpdatedAt, row.Version = status, &at, at, row.Version+1
	}
	switch {
	case !f.cancelled.IsZero() && !b.now.Before(f.cancelled):
		row.Sequence++
		ended(models.BookingCancelled, f.cancelled)
	case f.noShow && !b.now.Before(released):
		ended(models.BookingNoShow, released)
	case f.noShow || !f.cancelled.IsZero() || b.now.Before(f.arrives):
		row.Status = models.BookingConfirmed
	case b.now.Before(p.EndsAt):
		row.Status, row.Version, row.UpdatedAt = models.BookingCheckedIn, 2, f.arrives
	default:
		row.Version = 2
		ended(models.BookingCompleted, p.EndsAt)
	}
}

// settle completes the spaces: who came, and until when a space waits for
// somebody. In a linked meeting the holder comes to the first site, and others
// of the meeting to the rest.
func (b *builder) settle(row *models.Booking, f fate) {
	for i := range row.Spaces {
		s := &row.Spaces[i]
		switch row.Status {
		case models.BookingConfirmed:
			at := s.StartsAt.Add(graces[s.Kind])
			if at.After(row.EndsAt) {
				at = row.EndsAt
			}
			s.ReleaseAt = &at
		case models.BookingCheckedIn, models.BookingCompleted:
			at := f.arrives
			s.CheckedInAt = &at
		}
	}
}

// addPasses gives the holder the passes of the booking, and their ways.
func (b *builder) addPasses(row *models.Booking, holder *models.Member, f fate) {
	subject := b.subjectOf(holder)
	for i, pass := range models.PassesFor(b.cat, row, holder, subject) {
		pass.ID, pass.CreatedAt = b.dice.handle(), row.CreatedAt
		if row.Status == models.BookingCancelled {
			pass.RevokedAt = row.EndedAt
		}
		b.rows.passes = append(b.rows.passes, pass)
		if i == 0 && (row.Status == models.BookingCheckedIn || row.Status == models.BookingCompleted) {
			b.moves = append(b.moves, b.way(row, pass, f))
		}
	}
}

// way is how the holder of a pass came and went.
func (b *builder) way(row *models.Booking, pass models.Pass, f fate) movement {
	m := movement{subject: pass.Subject, pass: pass.ID, booking: row.ID, site: pass.Site, times: []coming{{f.arrives, f.leaves}}}
	if zone := b.cat.OfficeZone(pass.CompanyID, pass.Site); zone != 0 && (pass.ZoneA == zone || pass.ZoneB == zone) {
		m.office = zone
	}
	for _, p := range f.pause {
		m.times = []coming{{f.arrives, p.in}, {p.out, f.leaves}}
	}
	if f.forgets {
		m.times[len(m.times)-1].out = time.Time{}
	}
	return m
}

// subjectOf returns the handle of a member, making it where there is none yet.
func (b *builder) subjectOf(m *models.Member) string {
	if b.subjects == nil {
		b.subjects = map[models.ID]string{}
	}
	if b.subjects[m.ID] == "" {
		made := b.now.AddDate(0, 0, -pastDays-7)
		row := models.Subject{Subject: b.dice.handle(), MemberID: &m.ID, CreatedAt: made, ExpiresAt: made.Add(models.SubjectLife)}
		b.subjects[m.ID] = row.Subject
		b.rows.subjects = append(b.rows.subjects, row)
	}
	return b.subjects[m.ID]
}

// invite gives the last booking guests, who have passes of their own.
func (b *builder) invite(n int) {
	row := &b.rows.bookings[len(b.rows.bookings)-1]
	host := b.rows.passes[len(b.rows.passes)-1]
	for range n {
		name, _ := b.name()
		delay := b.dice.minutes(-8, 4)
		g := models.Guest{
			ID: b.dice.id(row.CreatedAt), BookingID: row.ID, Name: name,
			Email: fmt.Sprintf("guest%d@guests.kyoten.example", len(b.rows.guests)+1), CreatedAt: row.CreatedAt,
		}
		s := models.Subject{Subject: b.dice.handle(), GuestID: &g.ID, CreatedAt: row.CreatedAt, ExpiresAt: row.CreatedAt.Add(models.SubjectLife)}
		pass := host
		pass.ID, pass.Subject, pass.MemberID, pass.GuestID = b.dice.handle(), s.Subject, nil, &g.ID
		pass.CompanyID, pass.Flags, pass.ZoneA, pass.ZoneB = 0, models.FlagGuest, b.entrance[host.Site], 0
		if in := row.StartsAt.Add(delay); row.Status == models.BookingCompleted || row.Status == models.BookingCheckedIn && in.Before(b.now) {
			g.ArrivedAt = &in
			b.moves = append(b.moves, movement{
				subject: s.Subject, pass: pass.ID, booking: row.ID, site: host.Site, guest: true, times: []coming{{in, row.EndsAt.Add(2 * time.Minute)}},
			})
		}
		b.rows.guests = append(b.rows.guests, g)
		b.rows.subjects = append(b.rows.subjects, s)
		b.rows.passes = append(b.rows.passes, pass)
	}
}
