package models

import (
	"context"
	"fmt"
	"sync"
	"time"

	"gorm.io/gorm"
)

// catalogueCache keeps the newest snapshot that this server has read.
type catalogueCache struct {
	mu      sync.RWMutex
	last    *Catalogue
	loading chan struct{} // holds whoever reads it anew for all
}

func newCatalogueCache() *catalogueCache { return &catalogueCache{loading: make(chan struct{}, 1)} }

// known returns the snapshot in memory, nil while there is none.
func (c *catalogueCache) known() *Catalogue {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.last
}

// Catalogue returns the present snapshot. It costs one small query, and several
// when something was changed since. Inside a transaction it is read through the
// transaction and so, after a lock, never older than the lock; what is read
// there is not shared, since it may never be committed. Call it once before the
// transaction to keep that rare.
func (s *Store) Catalogue(ctx context.Context) (*Catalogue, error) {
	version, err := s.catalogueVersion(ctx)
	if err != nil {
		return nil, err
	}
	return s.CatalogueAt(ctx, version)
}

// KnownCatalogue returns the snapshot in memory without asking whether it is
// still the present one, or nil when there is none yet. It is for callers who
// compare its version with what they read under their locks.
func (s *Store) KnownCatalogue() *Catalogue {
	if last := s.catalogue.known(); last.reaches(s.Now()) {
		return last
	}
	return nil
}

// longPast is how long ago closures and given-up times ended that a catalogue
// leaves out.
const longPast = 24 * time.Hour

// reaches reports whether there is a catalogue, and what is not long past at an
// instant is in it: not where the clock was ahead when it was read.
func (c *Catalogue) reaches(now time.Time) bool {
	return c != nil && !now.Before(c.read.Add(-longPast))
}

// CatalogueAt is Catalogue for a caller who has just read the version with
// something else (Standing) and so saves the query.
func (s *Store) CatalogueAt(ctx context.Context, version int64) (*Catalogue, error) {
	s = s.in(ctx)
	before := s.catalogue.known()
	if before.reaches(s.Now()) && before.Version == version {
		return before, nil
	}
	if s.tx != nil {
		return s.reloadCatalogue(ctx, version)
	}
	select { // one reads for all: after a change everybody who asks would
	case s.catalogue.loading <- struct{}{}:
		defer func() { <-s.catalogue.loading }()
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the catalogue: %w", ctx.Err())
	}
	// What was read meanwhile will do; what was there before will not, though its
	// version be greater: a standby that took over may not have it.
	if last := s.catalogue.known(); last != before && last.Version >= version {
		return last, nil
	}
	return s.reloadCatalogue(ctx, version)
}

func (s *Store) catalogueVersion(ctx context.Context) (version int64, err error) {
	err = s.r(ctx).Raw("SELECT version FROM catalogue").Find(&version).Error
	return version, err
}

// reloadCatalogue reads until nothing was changed meanwhile.
func (s *Store) reloadCatalogue(ctx context.Context, version int64) (*Catalogue, error) {
	for {
		c, err := s.loadCatalogue(ctx)
		if err != nil {
			return nil, fmt.Errorf("load catalogue: %w", err)
		}
		after, err := s.catalogueVersion(ctx)
		if err != nil {
			return nil, err
		}
		if after != version && s.tx == nil {
			version = after
			continue
		}
		c.Version = version
		if s.tx == nil {
			s.catalogue.mu.Lock()
			s.catalogue.last = c
			s.catalogue.mu.Unlock()
		}
		return c, nil
	}
}

// catalogueRows is a catalogue as its tables hold it.
type catalogueRows struct {
	read      time.Time
	sites     []*Site
	hours     []OpeningHours
	holidays  []Holiday
	zones     []*Zone
	floors    []FloorPlan
	spaces    []*Space
	companies []*Company
	plans     []*Plan
	rules     []PlanRule
	planSites []PlanSite
	closures  []Closure
	giveUps   []GiveUp
	webhooks  []Webhook
}

func (s *Store) loadCatalogue(ctx context.Context) (*Catalogue, error) {
	rows := catalogueRows{read: s.Now()}
	db, since := s.r(ctx), rows.read.Add(-longPast)
	for _, q := range []*gorm.DB{
		db.Order("position, slug").Find(&rows.sites),
		db.Order("site, weekday, opens").Find(&rows.hours),
		db.Find(&rows.holidays),
		db.Order("id").Find(&rows.zones),
		db.Order("site, position, id").Find(&rows.floors),
		db.Order("site, kind, position, id").Find(&rows.spaces),
		db.Find(&rows.companies),
		db.Find(&rows.plans),
		db.Find(&rows.rules),
		db.Find(&rows.planSites),
		db.Where("ends_at > ?", since).Order("starts_at").Find(&rows.closures),
		db.Where("ends_at > ?", since).Order("starts_at").Find(&rows.giveUps),
		db.Select("id", "events", "site").Where("enabled").Order("id").Find(&rows.webhooks),
	} {
		if q.Error != nil {
			return nil, q.Error
		}
	}
	return rows.join()
}

// join ties the rows together.
func (r *catalogueRows) join() (*Catalogue, error) {
	c := &Catalogue{
		sites: map[string]*Site{}, zones: map[int]*Zone{}, spaces: map[ID]*Space{}, spaceOrder: map[string][]*Space{},
		companies: map[int]*Company{}, plans: map[ID]*Plan{}, floors: map[string][]FloorPlan{},
		holidays: map[string]Holiday{}, closures: map[string][]Closure{},
		giveUps: map[ID][]GiveUp{}, webhooks: r.webhooks, read: r.read,
	}
	if err := c.addSites(r); err != nil {
		return nil, err
	}
	for _, z := range r.zones {
		c.zones[z.ID] = z
	}
	c.zoneOrder = r.zones
	for _, sp := range r.spaces {
		c.spaces[sp.ID] = sp
		c.spaceOrder[sp.Site] = append(c.spaceOrder[sp.Site], sp)
		sp.company = c.ZoneCompany(sp.ZoneID)
	}
	for _, co := range r.companies {
		c.companies[co.ID] = co
	}
	for _, g := range r.giveUps {
		c.giveUps[g.SpaceID] = append(c.giveUps[g.SpaceID], g)
	}
	c.addPlans(r)
	return c, nil
}

func (c *Catalogue) addSites(r *catalogueRows) error {
	for _, s := range r.sites {
		loc, err := time.LoadLocation(s.TimeZone)
		if err != nil {
			return fmt.Errorf("time zone of site %s: %w", s.Slug, err)
		}
		s.location = loc
		c.sites[s.Slug] = s
	}
	c.siteOrder = r.sites
	for _, h := range r.hours {
		c.sites[h.Site].Hours = append(c.sites[h.Site].Hours, h)
	}
	for _, h := range r.holidays {
		c.holidays[h.Day] = h
	}
	for _, f := range r.floors {
		c.floors[f.Site] = append(c.floors[f.Site], f)
	}
	for _, cl := range r.closures {
		c.closures[cl.Site] = append(c.closures[cl.Site], cl)
	}
	return nil
}

func (c *Catalogue) addPlans(r *catalogueRows) {
	for _, p := range r.plans {
		p.Rules = map[Kind]PlanRule{}
		c.plans[p.ID] = p
	}
	for _, rule := range r.rules {
		c.plans[rule.PlanID].Rules[rule.Kind] = rule
	}
	for _, ps := range r.planSites {
		c.plans[ps.PlanID].Sites = append(c.plans[ps.PlanID].Sites, ps.Site)
	}
}
