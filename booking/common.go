package booking

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"kyoten/models"
)

// longestSearch is how much time the finder looks through at once.
const longestSearch = 14 * 24 * time.Hour

// CommonQuestion asks when rooms at two to ten sites are free for the same time.
type CommonQuestion struct {
	Sites     []string
	Duration  time.Duration
	From      time.Time
	To        time.Time
	Capacity  int      // of each room
	Equipment []string // of each room, all of it
}

// Slot is a time for a linked meeting, with the room to take at each site, in the
// order in which the sites were asked for.
type Slot struct {
	models.Period
	Spaces []*models.Space
}

// Common returns every start on the grain at which each of the sites has a free
// room, the earliest first. Of the free rooms of a site it takes the smallest
// that is large enough, and among equals the one the caller has met in before.
// At most three queries a site and one more, however many rooms, bookings and slots
// there are; most of the time one, which asks what has changed.
func (s *Service) Common(ctx context.Context, by models.Principal, q CommonQuestion) ([]Slot, error) {
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	window, err := models.NewPeriod(q.From, q.To)
	switch {
	case err != nil:
		return nil, models.ErrEndsBeforeStart.On("to")
	case window.Length() > longestSearch:
		return nil, models.ErrOutOfRange.On("to").With("max", longestSearch)
	}
	plan, err := cat.PlanOf(by.Member)
	if err != nil {
		return nil, fmt.Errorf("find plan of member: %w", err)
	}
	f := &finder{
		proposal: proposal{
			cat: cat, by: by, organizer: by.Member, plan: plan, now: s.present(),
			period: models.Period{StartsAt: window.StartsAt, EndsAt: window.StartsAt.Add(q.Duration)},
		},
		window: window, length: q.Duration, sites: q.Sites,
	}
	if err := f.gather(q); err != nil {
		return nil, err
	}
	if err := f.read(ctx, s.store); err != nil {
		return nil, fmt.Errorf("find common times: %w", err)
	}
	return f.slots(), nil
}

// finder looks for times that several sites have in common. It counts starts in
// steps from the beginning of its window, which all grains and all time zones'
// midnights are multiples of.
type finder struct {
	proposal
	window models.Period
	length time.Duration
	step   time.Duration
	first  time.Time
	starts int // how many there are
	sites  []string
	rooms  [][]*models.Space // of each site those that would do
	busy   []map[models.ID][]models.Span
	met    map[models.ID]int // how often the caller has met in a room
}

// mostSites is how many sites may meet.
const mostSites = 10

// gather finds the rooms, and refuses sites that cannot meet and a length that could
// not be booked at all.
func (f *finder) gather(q CommonQuestion) error {
	distinct := slices.Compact(slices.Sorted(slices.Values(q.Sites)))
	if len(q.Sites) < 2 || len(q.Sites) > mostSites || len(distinct) != len(q.Sites) {
		return models.ErrInvalidInput.On("sites").Saying("common_sites")
	}
	grain := 15 // minutes; no zone's midnight lies between quarters of an hour
	for i, slug := range q.Sites {
		if _, err := f.cat.Site(slug); err != nil {
			return models.ErrNotFound.On("sites")
		}
		f.rooms = append(f.rooms, nil)
		for _, s := range f.cat.SpacesAt(slug, models.KindRoom) {
			if f.by.SeesSpace(s) && s.Capacity >= q.Capacity && s.Has(q.Equipment) && f.bookable(s) == nil {
				f.rooms[i] = append(f.rooms[i], s)
				grain = gcd(grain, s.GrainMinutes)
			}
		}
	}
	f.step = minutes(grain)
	f.first = f.window.StartsAt.Truncate(f.step)
	f.starts = int(f.window.EndsAt.Sub(f.first)/f.step) + 1
	rule := f.plan.Rules[models.KindRoom]
	switch {
	case f.length > longest(rule):
		return ErrTooLong.On("duration").With("max", longest(rule))
	case f.length <= 0, f.length < minutes(rule.MinMinutes):
		return ErrTooShort.On("duration").With("min", minutes(rule.MinMinutes))
	case f.length%f.step != 0:
		return ErrOffGrain.On("duration").With("grain", f.step)
	}
	return nil
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// read finds what is booked at each of the sites, and where the caller has met
// before.
func (f *finder) read(ctx context.Context, store *models.Store) error {
	within := f.window
	within.EndsAt = within.EndsAt.Add(minutes(f.plan.Rules[models.KindRoom].BufferMinutes))
	var all []models.ID
	asked, ctx := errgroup.WithContext(ctx)
	f.busy = make([]map[models.ID][]models.Span, len(f.rooms))
	for i, rooms := range f.rooms {
		ids := make([]models.ID, len(rooms))
		for j, s := range rooms {
			ids[j] = s.ID
		}
		all = append(all, ids...)
		asked.Go(func() (err error) {
			f.busy[i], err = store.HeldAt(ctx, f.sites[i], ids, within)
			return err
		})
	}
	asked.Go(func() error {
		return store.PlannedAnew(ctx, func(tx *models.Store) (err error) {
			f.met, err = tx.RoomsMetIn(ctx, f.by.Member.ID, all)
			return err
		})
	})
	return asked.Wait()
}

// slots joins what each site has.
func (f *finder) slots() []Slot {
	best := make([][]*models.Space, len(f.rooms))
	for i, rooms := range f.rooms {
		best[i] = f.bestAt(rooms, f.busy[i])
	}
	var out []Slot
	for i := range f.starts {
		slot := Slot{Spaces: make([]*models.Space, 0, len(best))}
		for _, site := range best {
			if site[i] == nil {
				break
			}
			slot.Spaces = append(slot.Spaces, site[i])
		}
		if len(slot.Spaces) == len(best) {
			start := f.first.Add(time.Duration(i) * f.step)
			slot.Period = models.Period{StartsAt: start, EndsAt: start.Add(f.length)}
			out = append(out, slot)
		}
	}
	return out
}

// bestAt returns, for each start, the best room of a site, nil where none is free.
func (f *finder) bestAt(rooms []*models.Space, busy map[models.ID][]models.Span) []*models.Space {
	slices.SortStableFunc(rooms, func(a, b *models.Space) int {
		return cmp.Or(cmp.Compare(a.Capacity, b.Capacity), cmp.Compare(f.met[b.ID], f.met[a.ID]), cmp.Compare(a.Position, b.Position))
	})
	best := make([]*models.Space, f.starts)
	var shared []models.Period // the times of all rooms without closures of their own
	fits := map[int][]bool{}   // by grain
	for _, s := range rooms {
		open := shared
		if f.hasOwnClosures(s) {
			open = f.cat.OpenTimes(s, f.window)
		} else if shared == nil {
			shared = f.cat.OpenTimes(s, f.window)
			open = shared
		}
		if fits[s.GrainMinutes] == nil {
			fits[s.GrainMinutes] = f.onGrainAt(s)
		}
		f.mark(best, s, models.Clip(open, f.bounds(s)), busy[s.ID], fits[s.GrainMinutes])
	}
	return best
}

// hasOwnClosures reports whether the space is closed at times at which others of
// its site are open.
func (f *finder) hasOwnClosures(s *models.Space) bool {
	return slices.ContainsFunc(f.cat.ClosuresAt(s.Site), func(c models.Closure) bool {
		return (c.SpaceID != nil || c.ZoneID != nil) && c.Period().Overlaps(f.window)
	})
}

// bounds is the time in which the plan lets the caller book the space: neither
// past nor sooner than the notice, nor beyond the horizon.
func (f *finder) bounds(s *models.Space) models.Period {
	rule := f.rule(s)
	p := models.Period{StartsAt: runningGrain(f.now, s.GrainMinutes, f.location(s)), EndsAt: f.window.EndsAt}
	if notice := f.now.Add(minutes(rule.NoticeMinutes)); rule.NoticeMinutes > 0 && notice.After(p.StartsAt) {
		p.StartsAt = notice
	}
	if horizon := f.now.Add(time.Duration(rule.HorizonDays) * 24 * time.Hour); rule.HorizonDays > 0 && horizon.Before(p.EndsAt) {
		p.EndsAt = horizon
	}
	return p
}

// onGrainAt says for each start whether both ends of its slot lie on the grain of
// the space.
func (f *finder) onGrainAt(s *models.Space) []bool {
	loc := f.location(s)
	out := make([]bool, f.starts)
	for i := range out {
		start := f.first.Add(time.Duration(i) * f.step)
		out[i] = isOnGrain(start, s.GrainMinutes, loc) && isOnGrain(start.Add(f.length), s.GrainMinutes, loc)
	}
	return out
}

// mark enters the space at every start at which it is free and no better one is.
// Holds are in order and do not overlap, and neither do openings. It works with
// seconds since the first start: there may be very many holds.
func (f *finder) mark(best []*models.Space, s *models.Space, open []models.Period, holds []models.Span, fits []bool) {
	first, length := f.first.Unix(), int64(f.length.Seconds())
	buffer := int64(f.rule(s).BufferMinutes) * 60
	for _, o := range open {
		from, to := o.StartsAt.Unix()-first, o.EndsAt.Unix()-first
		for len(holds) > 0 && holds[0].To-first <= from {
			holds = holds[1:]
		}
		for _, h := range holds {
			if h.From-first-buffer >= to {
				break
			}
			f.markGap(best, s, fits, from, h.From-first-buffer-length)
			from = max(from, h.To-first)
		}
		f.markGap(best, s, fits, from, to-length)
	}
}

// markGap enters the space at every start from one second to another, inclusive.
func (f *finder) markGap(best []*models.Space, s *models.Space, fits []bool, from, to int64) {
	if from > to || to < 0 {
		return
	}
	step := int64(f.step.Seconds())
	for i := (max(from, 0) + step - 1) / step; i*step <= to && i < int64(len(best)); i++ {
		if best[i] == nil && fits[i] {
			best[i] = s
		}
	}
}
