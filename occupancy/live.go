package occupancy

import (
	"context"
	"slices"
	"sync"
	"time"

	"kyoten/models"
)

const (
	// gatherFor is how long changes are gathered before readers are told: a series
	// of bookings is one change to look at.
	gatherFor = 50 * time.Millisecond
	// settingsEvery is how often the version of the settings is read while anybody
	// follows: closures and new spaces change what is free, too.
	settingsEvery = time.Second
	// countEvery is how often it is counted anew, since bookings begin and end
	// without anybody writing anything.
	countEvery = 30 * time.Second
)

// Live tells open pages what has changed. However many follow, a change costs
// one reading of the database; each reader is told as much of it as they may see.
type Live struct {
	service *Service
	woken   chan struct{}

	mu      sync.Mutex
	pending []models.Change
	readers map[chan news]bool
	version int64 // of the settings that the readers know
}

// news is what readers are woken with.
type news struct {
	changes []models.Change
	cat     *models.Catalogue
	now     snapshot
}

// LiveEvent is one thing a reader is told: that spaces are held anew or no more,
// or how a site is now.
type LiveEvent struct {
	Site   string
	Spaces []models.SpaceClaim // those the reader may see; nil = any may have changed
	Now    *SiteNow            // nil: it is about spaces
}

// NewLive returns a Live that tells once Run runs.
func NewLive(store *models.Store) *Live {
	return &Live{service: New(store, store.Now), woken: make(chan struct{}, 1), readers: map[chan news]bool{}}
}

// Run tells the readers until ctx ends, or the database fails it. What was
// committed before it listened was missed, so that anything may have changed.
func (l *Live) Run(ctx context.Context) error {
	defer l.service.store.OnChange(l.note)()
	l.note(models.Change{})
	settings, counts := time.NewTicker(settingsEvery), time.NewTicker(countEvery)
	defer settings.Stop()
	defer counts.Stop()
	for {
		count := false
		select {
		case <-ctx.Done():
			return nil
		case <-settings.C:
			changed, err := l.settingsChanged(ctx)
			if err != nil {
				return err
			}
			if changed {
				l.note(models.Change{})
			}
			continue
		case <-counts.C:
			count = true
		case <-l.woken:
			time.Sleep(gatherFor)
		}
		if err := l.tell(ctx, count); err != nil {
			return err
		}
	}
}

// settingsChanged reads the version while there is somebody to tell.
func (l *Live) settingsChanged(ctx context.Context) (bool, error) {
	if !l.followed() {
		return false, nil
	}
	cat, err := l.service.store.Catalogue(ctx)
	if err != nil {
		return false, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	changed := l.version != cat.Version
	l.version = cat.Version
	return changed, nil
}

// join adds a reader. The first one begins with the settings as they are.
func (l *Live) join(ctx context.Context) (reader chan news, leave func(), err error) {
	cat, err := l.service.store.Catalogue(ctx)
	if err != nil {
		return nil, nil, err
	}
	reader = make(chan news, 1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.readers) == 0 {
		l.version = cat.Version
	}
	l.readers[reader] = true
	return reader, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.readers, reader)
	}, nil
}

func (l *Live) followed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.readers) > 0
}

// note keeps a change until the readers are told.
func (l *Live) note(c models.Change) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.readers) == 0 {
		return
	}
	l.pending = append(l.pending, c)
	select {
	case l.woken <- struct{}{}:
	default: // it is awake already
	}
}

// tell reads what is now and hands it to everybody. A reader who is slow misses
// what came between, and is told that anything may have changed.
func (l *Live) tell(ctx context.Context, count bool) error {
	l.mu.Lock()
	changes := l.pending
	l.pending = nil
	l.mu.Unlock()
	if !l.followed() || len(changes) == 0 && !count {
		return nil
	}
	cat, err := l.service.store.Catalogue(ctx)
	if err != nil {
		return err
	}
	now, err := l.service.snapshot(ctx)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for reader := range l.readers {
		select {
		case reader <- news{changes, cat, now}:
		default:
			select {
			case <-reader:
			default: // it has just taken it
			}
			reader <- news{[]models.Change{{}}, cat, now}
		}
	}
	return nil
}

// Follow tells p what changes at the sites (none named = all) until ctx ends or
// tell fails, and first how they are now. Every so often it tells a LiveEvent
// without a site, which says only that the line stands.
func (l *Live) Follow(ctx context.Context, p models.Principal, sites []string, tell func(LiveEvent) error) error {
	f := &follower{p: p, sites: sites, tell: tell, last: map[string]SiteNow{}}
	return l.attend(ctx, f, func() error {
		now, err := l.service.Now(ctx, p)
		if err != nil {
			return err
		}
		return f.counts(now)
	})
}

// attend hands a reader all the news until ctx ends, after begin.
func (l *Live) attend(ctx context.Context, f *follower, begin func() error) error {
	reader, leave, err := l.join(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if err := begin(); err != nil {
		return err
	}
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-beat.C:
			err = f.tell(LiveEvent{})
		case n := <-reader:
			err = f.hear(n)
		}
		if err != nil {
			return err
		}
	}
}

// beatEvery keeps a silent line from being cut by what lies between.
const beatEvery = 20 * time.Second

// follower is one reader and what they were told last.
type follower struct {
	p     models.Principal
	sites []string
	tell  func(LiveEvent) error
	last  map[string]SiteNow
}

func (f *follower) hear(n news) error {
	for _, c := range n.changes {
		if err := f.spaces(n.cat, c); err != nil {
			return err
		}
	}
	return f.counts(n.now.seenBy(n.cat, f.p))
}

// spaces tells of a change as much as concerns spaces that exist for the reader.
func (f *follower) spaces(cat *models.Catalogue, c models.Change) error {
	if c.Site == "" {
		for _, site := range cat.Sites() {
			if err := f.say(LiveEvent{Site: site.Slug}); err != nil {
				return err
			}
		}
		return nil
	}
	visible := slices.DeleteFunc(slices.Clone(c.Holds), func(claim models.SpaceClaim) bool {
		space, err := cat.Space(claim.SpaceID)
		return err != nil || !f.p.SeesSpace(space)
	})
	if len(visible) == 0 {
		return nil
	}
	return f.say(LiveEvent{Site: c.Site, Spaces: visible})
}

// counts tells how the sites are, as far as that is not what was told last.
func (f *follower) counts(now []SiteNow) error {
	for _, n := range now {
		same := n
		same.At = f.last[n.Site].At
		if same == f.last[n.Site] {
			continue
		}
		f.last[n.Site] = n
		if err := f.say(LiveEvent{Site: n.Site, Now: &n}); err != nil {
			return err
		}
	}
	return nil
}

func (f *follower) say(e LiveEvent) error {
	if len(f.sites) > 0 && !slices.Contains(f.sites, e.Site) {
		return nil
	}
	return f.tell(e)
}
