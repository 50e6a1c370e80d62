package models

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync/atomic"
	"time"
)

// heldCopy is what is held at the sites on the days that people ask about, kept
// in memory so that the database need not say thousands of holds again for each
// of them. It is never behind: every look first asks which spaces have changed
// since the last one, by a mark that no commit can slip under (holdNews).
type heldCopy struct {
	turn  chan struct{} // whoever has put something in may touch what follows
	days  map[siteDay]*heldDay
	holds int // in all days
	looks int64
	news  holdNews  // the last
	at    time.Time // when it was asked for
	known int64     // the last asking that was answered

	asked  atomic.Int64 // how often news was asked for
	purged atomic.Int64 // the mark when PurgeHoldsGone was last called
}

func newHeldCopy() *heldCopy {
	return &heldCopy{turn: make(chan struct{}, 1), days: map[siteDay]*heldDay{}}
}

// siteDay is a day of Unix time at a site.
type siteDay struct {
	site string
	day  int64
}

const daySeconds = 24 * 60 * 60

func (d siteDay) span() Span { return Span{d.day * daySeconds, (d.day + 1) * daySeconds} }

func (d siteDay) period() Period {
	return Period{time.Unix(d.day*daySeconds, 0).UTC(), time.Unix((d.day+1)*daySeconds, 0).UTC()}
}

// heldDay is what is held on it, by space.
type heldDay struct {
	spaces map[ID][]hold
	looked int64 // the last look at it
}

// Bounds: of the days one look may cover, of the holds in memory (24 bytes each,
// and as much again around them), of the changes that are taken one by one, and of
// the age of the last news (PurgeHoldsGone keeps what is younger by far).
const (
	heldDays    = 16 // the finder's two weeks and both their ends
	heldMost    = 150_000
	heldChanges = 200
	heldAge     = 10 * time.Minute
)

// eachHeld hands to each what is held at a site, in no order, space by space; the
// same space may come again, and so may a hold. It holds everything that touches
// p, and more.
func (s *Store) eachHeld(ctx context.Context, site string, p Span, each func(space ID, holds []hold)) error {
	days := daysOf(site, p)
	if s.held != nil && !s.Enclosed(ctx) && len(days) <= heldDays {
		if done, err := s.held.look(ctx, s, days, each); done || err != nil {
			return err
		}
	}
	return s.eachHold(ctx, "site = ?", site, Period{instant(p.From), instant(p.To)}, func(space ID, h hold) { each(space, []hold{h}) })
}

func daysOf(site string, p Span) []siteDay {
	var days []siteDay
	for day := p.From / daySeconds; day*daySeconds < p.To; day++ {
		days = append(days, siteDay{site, day})
	}
	return days
}

// look reads the days that are missing, brings all of them up to date and hands
// them on. It is not done where so much is changing that no copy can be had.
func (c *heldCopy) look(ctx context.Context, s *Store, days []siteDay, each func(space ID, holds []hold)) (done bool, err error) {
	began := c.asked.Load()
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	defer func() { <-c.turn }()
	if done, err = c.bring(ctx, s, days, began); !done || err != nil {
		return false, err
	}
	for _, day := range days {
		for space, holds := range c.days[day].spaces {
			each(space, holds)
		}
	}
	return true, nil
}

// bring makes the copy of the days at least as new as the asking that came after
// began: whoever had to wait for the turn may find that others have asked meanwhile.
func (c *heldCopy) bring(ctx context.Context, s *Store, days []siteDay, began int64) (done bool, err error) {
	c.looks++
	if c.at.IsZero() {
		if err := c.catchUp(ctx, s); err != nil {
			return false, err
		}
	}
	for range 2 {
		read, err := c.readMissing(ctx, s, days)
		if err != nil {
			return false, err
		}
		if read || c.known <= began {
			if err := c.catchUp(ctx, s); err != nil {
				return false, err
			}
		}
		if c.hasAll(days) {
			return true, nil
		}
	}
	return false, nil
}

func (c *heldCopy) hasAll(days []siteDay) bool {
	return !slices.ContainsFunc(days, func(d siteDay) bool { return c.days[d] == nil })
}

// readMissing reads the days that are not there, after the mark: all at once, in a
// statement that is planned for as wide a window as it is.
func (c *heldCopy) readMissing(ctx context.Context, s *Store, days []siteDay) (read bool, err error) {
	var missing []siteDay
	for _, key := range days {
		if day := c.days[key]; day != nil {
			day.looked = c.looks
		} else {
			missing = append(missing, key)
		}
	}
	if len(missing) == 0 {
		return false, nil
	}
	reach := Period{missing[0].period().StartsAt, missing[len(missing)-1].period().EndsAt}
	var found map[siteDay]*heldDay
	err = s.PlannedAnew(ctx, func(tx *Store) error {
		found = make(map[siteDay]*heldDay, len(missing))
		for _, key := range missing {
			found[key] = &heldDay{spaces: map[ID][]hold{}, looked: c.looks}
		}
		return tx.eachHold(ctx, "site = ?", missing[0].site, reach, func(space ID, h hold) {
			for _, key := range daysOf(missing[0].site, h.Span.within(reach.span())) {
				if day := found[key]; day != nil {
					day.spaces[space] = append(day.spaces[space], h)
				}
			}
		})
	})
	if err != nil {
		return false, err
	}
	for key, day := range found {
		c.days[key] = day
		c.holds += day.count()
	}
	c.shrink()
	return true, nil
}

func (d *heldDay) count() (n int) {
	for _, holds := range d.spaces {
		n += len(holds)
	}
	return n
}

// shrink drops the days that nobody has looked at for longest.
func (c *heldCopy) shrink() {
	for c.holds > heldMost {
		var oldest siteDay
		last := c.looks
		for key, day := range c.days {
			if day.looked < last {
				oldest, last = key, day.looked
			}
		}
		if last == c.looks {
			return // what is looked at now stays, however large
		}
		c.holds -= c.days[oldest].count()
		delete(c.days, oldest)
	}
}

// catchUp asks which spaces have changed since the last news, and reads what holds
// those spaces now. Where that is too much, or the numbers are not those of before,
// all days are read anew when they are looked at.
func (c *heldCopy) catchUp(ctx context.Context, s *Store) error {
	asking, now := c.asked.Add(1), s.Now()
	news, err := s.holdsChanged(ctx, c.news.mark)
	if err != nil {
		return err
	}
	age := now.Sub(c.at)
	if news.more || news.server != c.news.server || news.mark < c.news.mark || age < 0 || age > heldAge {
		c.holds = 0
		clear(c.days)
	}
	if err := c.take(ctx, s, news.spaces); err != nil {
		return err
	}
	c.news, c.at, c.known = news, now, asking
	c.news.spaces = nil
	return nil
}

// take puts what holds the spaces now in place of what held them. Each is given
// with its site.
func (c *heldCopy) take(ctx context.Context, s *Store, spaces map[ID]string) error {
	if len(spaces) == 0 || len(c.days) == 0 {
		return nil
	}
	all := slices.Collect(maps.Keys(c.days))
	slices.SortFunc(all, func(a, b siteDay) int { return cmp.Compare(a.day, b.day) })
	reach := Period{all[0].period().StartsAt, all[len(all)-1].period().EndsAt}
	held := map[ID][]hold{}
	err := s.eachHold(ctx, "space_id IN ?", slices.Collect(maps.Keys(spaces)), reach, func(space ID, h hold) { held[space] = append(held[space], h) })
	if err != nil {
		return err
	}
	for key, day := range c.days {
		for space, site := range spaces {
			if site == key.site {
				c.holds -= len(day.spaces[space])
				day.put(space, held[space], key.span())
				c.holds += len(day.spaces[space])
			}
		}
	}
	return nil
}

// put keeps those of the holds that touch the day.
func (d *heldDay) put(space ID, holds []hold, day Span) {
	var on []hold
	for _, h := range holds {
		if h.touches(day) {
			on = append(on, h)
		}
	}
	if len(on) == 0 {
		delete(d.spaces, space)
		return
	}
	d.spaces[space] = on
}
