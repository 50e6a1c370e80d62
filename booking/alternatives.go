package booking

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sort"
	"time"

	"kyoten/models"
)

const (
	// maxAlternatives is how many are offered.
	maxAlternatives = 3
	// searchSpan is how far from the wanted time another is looked for.
	searchSpan = 14 * 24 * time.Hour
	// standIns bounds how many spaces are looked at in place of a wanted one.
	standIns = 8
)

// search looks for what could be booked in place of a refused proposal. All it
// needs is read at the beginning, with a fixed number of queries.
type search struct {
	p        *proposal
	center   time.Time
	slots    [][]*models.Space // for each wanted space what could stand in for it, the space itself first
	busy     map[models.ID][]models.Period
	standing models.Standing
}

// alternatives returns up to three, the nearest in time first: the same time with
// other spaces, the same spaces at another time.
func (s *Service) alternatives(ctx context.Context, p *proposal) ([]Alternative, error) {
	if !p.canBeMoved() {
		return nil, nil
	}
	look := &search{p: p, center: p.nearestStart()}
	if err := look.read(ctx, s.store); err != nil {
		return nil, fmt.Errorf("look for alternatives: %w", err)
	}
	return look.run(), nil
}

// canBeMoved reports whether the proposal could stand at another time or place at
// all: its length and its number of guests stay what they are.
func (p *proposal) canBeMoved() bool {
	slots := p.slotSpaces()
	if len(slots) == 0 || seatsAmong(slots) > 1+p.guests {
		return false
	}
	for _, space := range slots {
		if p.shortEnough(space) != nil || p.longEnough(space) != nil || p.guestsAllowed(space) != nil {
			return false
		}
	}
	return p.period.Length()%step(slots) == 0
}

// slotSpaces is one space for each that was wanted, chosen or not.
func (p *proposal) slotSpaces() []*models.Space {
	if len(p.spaces) > 0 {
		return p.spaces
	}
	var out []*models.Space
	for _, c := range p.candidates {
		out = append(out, c[0])
	}
	return out
}

// step is the coarsest grain, which the others divide.
func step(spaces []*models.Space) time.Duration {
	coarsest := 0
	for _, s := range spaces {
		coarsest = max(coarsest, s.GrainMinutes)
	}
	return minutes(coarsest)
}

// nearestStart is the wanted start, moved to where the time limits of the rules
// leave room.
func (p *proposal) nearestStart() time.Time {
	start := p.period.StartsAt
	for _, s := range p.slotSpaces() {
		earliest := runningGrain(p.now, s.GrainMinutes, p.location(s))
		if notice := p.now.Add(minutes(p.rule(s).NoticeMinutes)); notice.After(earliest) {
			earliest = notice
		}
		if days := p.rule(s).HorizonDays; days > 0 {
			latest := p.now.Add(time.Duration(days)*24*time.Hour - p.period.Length())
			if start.After(latest) {
				start = latest
			}
		}
		if start.Before(earliest) {
			start = earliest
		}
	}
	first := p.slotSpaces()[0]
	return runningGrain(start, int(step(p.slotSpaces()).Minutes()), p.location(first))
}

// read fills in the slots, what is busy, and what the holder has.
func (l *search) read(ctx context.Context, store *models.Store) error {
	at := l.p.at(l.center)
	taken, err := store.BusySpaces(ctx, l.sites(), at.longestHold())
	if err != nil {
		return err
	}
	var ids []models.ID
	for i, space := range l.p.slotSpaces() {
		slot := l.standIns(i, space, taken)
		l.slots = append(l.slots, slot)
		for _, s := range slot {
			ids = append(ids, s.ID)
		}
	}
	window := models.Period{StartsAt: l.center.Add(-searchSpan), EndsAt: l.center.Add(searchSpan + at.period.Length())}
	whole := *l.p
	whole.period, whole.spaces = window, l.p.slotSpaces()
	claim := whole.claim()
	if l.busy, err = store.Holds(ctx, ids, window, claim.Booking); err != nil {
		return err
	}
	claim.Spaces = nil
	l.standing, err = store.StandingOf(ctx, claim)
	return err
}

// sites are those of the wanted spaces, and, for one space alone, all others: the
// same at another site is an alternative too.
func (l *search) sites() []string {
	var out []string
	for _, s := range l.p.slotSpaces() {
		if !slices.Contains(out, s.Site) {
			out = append(out, s.Site)
		}
	}
	if len(l.p.slotSpaces()) == 1 {
		for _, site := range l.p.cat.Sites() {
			if !slices.Contains(out, site.Slug) {
				out = append(out, site.Slug)
			}
		}
	}
	return out
}

// standIns returns the spaces that may stand in for the i-th: itself, then those
// of its kind at its site, then elsewhere; those free at the wanted time first,
// the nearest in size first.
func (l *search) standIns(i int, wanted *models.Space, taken map[models.ID]bool) []*models.Space {
	var pool []*models.Space
	for _, site := range l.sites() {
		if site != wanted.Site && len(l.p.slotSpaces()) > 1 {
			continue
		}
		pool = append(pool, l.p.cat.SpacesAt(site, wanted.Kind)...)
	}
	pool = slices.DeleteFunc(pool, func(s *models.Space) bool { return s == wanted || !l.suits(i, s) })
	slices.SortStableFunc(pool, func(a, b *models.Space) int {
		return cmp.Or(
			before(a.Site == wanted.Site, b.Site == wanted.Site),
			before(!taken[a.ID], !taken[b.ID]),
			cmp.Compare(abs(a.Capacity-wanted.Capacity), abs(b.Capacity-wanted.Capacity)),
		)
	})
	out := pool[:min(len(pool), standIns)]
	if l.suits(i, wanted) {
		out = append([]*models.Space{wanted}, out...)
	}
	return out
}

// suits reports whether the space could be given at some time.
func (l *search) suits(i int, s *models.Space) bool {
	p := l.p
	if !p.by.SeesSpace(s) || p.bookable(s) != nil {
		return false
	}
	if len(p.slotSpaces()) == 1 && s.Kind == models.KindRoom && s.Capacity < p.guests+1 {
		return false
	}
	if i < len(p.wants) {
		return p.wants[i].fits(s) && s.Capacity >= p.wants[i].Capacity
	}
	return true
}

// before orders true ahead of false.
func before(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

func abs(n int) int { return max(n, -n) }

// run tries the times from the wanted one outwards.
func (l *search) run() []Alternative {
	if l.p.judgeOpen(l.standing) != nil {
		return nil
	}
	var found []Alternative
	add := func(start time.Time, skip int) {
		alt, ok := l.try(start, skip)
		if ok && !slices.ContainsFunc(found, func(f Alternative) bool {
			return f.StartsAt.Equal(alt.StartsAt) && slices.Equal(f.Spaces, alt.Spaces)
		}) {
			found = append(found, alt)
		}
	}
	add(l.center, 0)
	add(l.center, 1)
	grain := step(l.p.slotSpaces())
	for d := grain; d <= searchSpan && len(found) < maxAlternatives; d += grain {
		add(l.center.Add(d), 0)
		if len(found) < maxAlternatives {
			add(l.center.Add(-d), 0)
		}
	}
	if len(found) < maxAlternatives {
		add(l.center, 2)
	}
	slices.SortStableFunc(found, func(a, b Alternative) int {
		return cmp.Compare(l.distance(a), l.distance(b))
	})
	return found
}

func (l *search) distance(a Alternative) time.Duration {
	return a.StartsAt.Sub(l.p.period.StartsAt).Abs()
}

// try returns the alternative that begins at start, if there is one. skip leaves
// out the first so many spaces that would do, to offer different ones.
func (l *search) try(start time.Time, skip int) (Alternative, bool) {
	p := l.p.at(start)
	p.spaces = nil
	for i, slot := range l.slots {
		left := skip
		for _, s := range slot {
			if !slices.Contains(p.spaces, s) && l.free(p, s) {
				if left == 0 {
					p.spaces = append(p.spaces, s)
					break
				}
				left--
			}
		}
		if len(p.spaces) != i+1 {
			return Alternative{}, false
		}
	}
	if p.judgeAll() != nil || p.judgeCounts(l.standing) != nil || l.holderBusy(p) || p.sameAsOld() {
		return Alternative{}, false
	}
	alt := Alternative{StartsAt: p.period.StartsAt, EndsAt: p.period.EndsAt}
	for _, s := range p.spaces {
		alt.Spaces = append(alt.Spaces, s.ID)
	}
	return alt, true
}

// at returns the proposal moved to another start.
func (p *proposal) at(start time.Time) *proposal {
	moved := *p
	moved.period = p.period.Shift(start.Sub(p.period.StartsAt))
	return &moved
}

// sameAsOld reports whether the proposal would change nothing.
func (p *proposal) sameAsOld() bool {
	return p.old != nil && !p.movesStart() && !p.movesEnd() && !slices.ContainsFunc(p.spaces, p.adds)
}

// free reports whether nothing holds the space while the proposal would.
func (l *search) free(p *proposal, s *models.Space) bool {
	busy, hold := l.busy[s.ID], p.hold(s)
	// Holds do not overlap, so their ends are in order as their starts are.
	i := sort.Search(len(busy), func(i int) bool { return busy[i].EndsAt.After(hold.StartsAt) })
	return (i == len(busy) || !busy[i].Overlaps(hold)) && p.notClosed(s) == nil
}

// holderBusy reports whether the holder would sit on two seats.
func (l *search) holderBusy(p *proposal) bool {
	st := models.Standing{}
	for _, seat := range l.standing.Seats {
		if seat.Overlaps(p.period) {
			st.Seats = append(st.Seats, seat)
		}
	}
	if !slices.Contains(p.kinds(), models.KindSeat) {
		st.Seats = nil
	}
	return p.judgeClashes(st) != nil
}
