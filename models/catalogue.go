package models

import (
	"bytes"
	"cmp"
	"slices"
	"time"
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
	read       time.Time
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
