package models

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"gorm.io/gorm"
)

// Catalogue is what is there, at one version: sites with their hours, zones,
// spaces, companies, plans, coming closures, and who is told of events. It is a snapshot kept in memory and
// must not be changed; every change of a settings table raises the version in
// the database (a trigger), and the next call of Store.Catalogue reads anew.
type Catalogue struct {
	Version int64

	sites      map[string]*Site
	siteOrder  []*Site
	zones      map[int]*Zone
	zoneOrder  []*Zone
	spaces     map[ID]*Space
	spaceOrder map[string][]*Space
	companies  map[int]*Company
	plans      map[ID]*Plan
	floors     map[string][]FloorPlan
	holidays   map[string]Holiday
	closures   map[string][]Closure
	giveUps    map[ID][]GiveUp
	webhooks   []Webhook // those that are on: who they are and what they hear, no secrets
}

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
func (s *Store) KnownCatalogue() *Catalogue { return s.catalogue.known() }

// CatalogueAt is Catalogue for a caller who has just read the version with
// something else (Standing) and so saves the query.
func (s *Store) CatalogueAt(ctx context.Context, version int64) (*Catalogue, error) {
	s = s.in(ctx)
	if last := s.catalogue.known(); last != nil && last.Version == version {
		return last, nil
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
	if last := s.catalogue.known(); last != nil && last.Version >= version {
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
	var rows catalogueRows
	db := s.r(ctx)
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
		db.Where("ends_at > ?", s.Now().Add(-24*time.Hour)).Order("starts_at").Find(&rows.closures),
		db.Where("ends_at > ?", s.Now().Add(-24*time.Hour)).Order("starts_at").Find(&rows.giveUps),
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
		giveUps: map[ID][]GiveUp{}, webhooks: r.webhooks,
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

// Sites returns all sites in their order.
func (c *Catalogue) Sites() []*Site { return c.siteOrder }

// Site returns the site called slug, or ErrNotFound.
func (c *Catalogue) Site(slug string) (*Site, error) {
	if s, ok := c.sites[slug]; ok {
		return s, nil
	}
	return nil, ErrNotFound
}

// HomeOf returns the site by whose clocks a member's days and months begin: their
// home, else the first one. m may be nil.
func (c *Catalogue) HomeOf(m *Member) *Site {
	if m != nil && m.HomeSite != nil {
		if site, err := c.Site(*m.HomeSite); err == nil {
			return site
		}
	}
	if len(c.siteOrder) > 0 {
		return c.siteOrder[0]
	}
	return &Site{}
}

// EarlyGrace is the shortest of the sites: before it nobody is let in at one of them.
func (c *Catalogue) EarlyGrace(sites []string) time.Duration {
	grace := time.Duration(-1)
	for _, slug := range sites {
		if site, err := c.Site(slug); err == nil && (grace < 0 || site.EarlyGrace() < grace) {
			grace = site.EarlyGrace()
		}
	}
	return max(grace, 0)
}

// Space returns a space, or ErrNotFound.
func (c *Catalogue) Space(id ID) (*Space, error) {
	if s, ok := c.spaces[id]; ok {
		return s, nil
	}
	return nil, ErrNotFound
}

// SpacesAt returns the spaces of a site in their order: seats or rooms, or both
// when kind is "".
func (c *Catalogue) SpacesAt(site string, kind Kind) []*Space {
	if kind == "" {
		return c.spaceOrder[site]
	}
	var out []*Space
	for _, s := range c.spaceOrder[site] {
		if s.Kind == kind {
			out = append(out, s)
		}
	}
	return out
}

// FloorPlans returns the floor plans of a site in their order.
func (c *Catalogue) FloorPlans(site string) []FloorPlan { return c.floors[site] }

// FloorPlan returns the floor plan with the id, or ErrNotFound.
func (c *Catalogue) FloorPlan(id ID) (FloorPlan, error) {
	for _, plans := range c.floors {
		if i := slices.IndexFunc(plans, func(f FloorPlan) bool { return f.ID == id }); i >= 0 {
			return plans[i], nil
		}
	}
	return FloorPlan{}, ErrNotFound
}

// ClosuresAt returns the closures of a site that are not long past, by start.
func (c *Catalogue) ClosuresAt(site string) []Closure { return c.closures[site] }

// Zone returns a zone, or ErrNotFound.
func (c *Catalogue) Zone(id int) (*Zone, error) {
	if z, ok := c.zones[id]; ok {
		return z, nil
	}
	return nil, ErrNotFound
}

// ZonesAt returns the zones of a site by id.
func (c *Catalogue) ZonesAt(site string) []*Zone {
	var out []*Zone
	for _, z := range c.zoneOrder {
		if z.Site == site {
			out = append(out, z)
		}
	}
	return out
}

// ZonePath returns a zone and those around it, the innermost first.
func (c *Catalogue) ZonePath(id int) []int {
	var path []int
	for z := c.zones[id]; z != nil && len(path) <= len(c.zones); {
		path = append(path, z.ID)
		if z.ParentID == nil {
			break
		}
		z = c.zones[*z.ParentID]
	}
	return path
}

// OuterZone returns the outermost zone of a site (the one behind its entrance),
// or 0 for a site without zones.
func (c *Catalogue) OuterZone(site string) int {
	for _, z := range c.ZonesAt(site) {
		if z.ParentID == nil && z.CompanyID == nil {
			return z.ID
		}
	}
	return 0
}

// ZoneCompany returns the company that owns a zone or one around it, or 0.
func (c *Catalogue) ZoneCompany(id int) int {
	for _, z := range c.ZonePath(id) {
		if owner := c.zones[z].CompanyID; owner != nil {
			return *owner
		}
	}
	return 0
}

// OfficeZone returns the zone that a company owns at a site, or 0.
func (c *Catalogue) OfficeZone(company int, site string) int {
	for _, z := range c.ZonesAt(site) {
		if z.CompanyID != nil && *z.CompanyID == company {
			return z.ID
		}
	}
	return 0
}

// OfficeSites returns the sites at which a company owns a zone.
func (c *Catalogue) OfficeSites(company int) []string {
	var out []string
	for _, site := range c.siteOrder {
		if c.OfficeZone(company, site.Slug) != 0 {
			out = append(out, site.Slug)
		}
	}
	return out
}

// Company returns a company, or ErrNotFound.
func (c *Catalogue) Company(id int) (*Company, error) {
	if co, ok := c.companies[id]; ok {
		return co, nil
	}
	return nil, ErrNotFound
}

// Companies returns all companies by id.
func (c *Catalogue) Companies() []*Company {
	out := make([]*Company, 0, len(c.companies))
	for _, co := range c.companies {
		out = append(out, co)
	}
	slices.SortFunc(out, func(a, b *Company) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// Plans returns all plans, the oldest first.
func (c *Catalogue) Plans() []*Plan {
	out := make([]*Plan, 0, len(c.plans))
	for _, p := range c.plans {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b *Plan) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	return out
}

// Plan returns a plan, or ErrNotFound.
func (c *Catalogue) Plan(id ID) (*Plan, error) {
	if p, ok := c.plans[id]; ok {
		return p, nil
	}
	return nil, ErrNotFound
}

// PlanOf returns the plan of a member: their own, else their company's, else the
// default one; ErrNotFound when there is none at all.
func (c *Catalogue) PlanOf(m *Member) (*Plan, error) {
	if m.PlanID != nil {
		return c.Plan(*m.PlanID)
	}
	if co, ok := c.companies[m.Company()]; ok && co.PlanID != nil {
		return c.Plan(*co.PlanID)
	}
	for _, p := range c.plans {
		if p.IsDefault {
			return p, nil
		}
	}
	return nil, ErrNotFound
}
