package entry

import "time"

// Site is a State made ready for deciding: every list is a map, every answer a
// look-up. It is never changed after NewSite, so many scans may share one.
type Site struct {
	state      State
	keys       map[KeyID]IssuerKey
	zones      map[ZoneID]Zone
	tree       Tree
	passes     map[PassID]time.Time
	subjects   map[Subject]time.Time
	companies  map[CompanyID]time.Time
	hosts      map[Subject][]GuestOf
	identities map[PassID][]Window
	initials   map[Subject]string
}

// NewSite prepares s.
func NewSite(s State) *Site {
	site := &Site{
		state: s, keys: map[KeyID]IssuerKey{}, zones: map[ZoneID]Zone{}, tree: Tree{},
		passes: map[PassID]time.Time{}, subjects: map[Subject]time.Time{}, companies: map[CompanyID]time.Time{},
		hosts: map[Subject][]GuestOf{}, identities: map[PassID][]Window{}, initials: map[Subject]string{},
	}
	for _, k := range s.IssuerKeys {
		site.keys[k.KID] = k
	}
	for _, z := range s.Zones {
		site.zones[z.ID], site.tree[z.ID] = z, Node{Parent: z.Parent, Site: s.Site}
	}
	for _, r := range s.Revocations {
		prolong(site.passes, r.Pass, r.Until)
		prolong(site.subjects, r.Subject, r.Until)
		prolong(site.companies, r.Company, r.Until)
	}
	for _, g := range s.Guests {
		site.hosts[g.Subject] = append(site.hosts[g.Subject], g)
	}
	for _, i := range s.Identities {
		site.identities[i.Pass] = i.Booked
	}
	for _, h := range s.Holders {
		site.initials[h.Subject] = h.Initials
	}
	return site
}

// prolong notes that id is revoked until then; of several revocations the one
// that lasts longest counts, and the zero time lasts for ever.
func prolong[ID comparable](m map[ID]time.Time, id ID, until time.Time) {
	var none ID
	if id == none {
		return
	}
	if old, known := m[id]; !known || until.IsZero() || (!old.IsZero() && until.After(old)) {
		m[id] = until
	}
}

// inForce reports whether id is revoked at now.
func inForce[ID comparable](m map[ID]time.Time, id ID, now time.Time) bool {
	until, known := m[id]
	return known && (until.IsZero() || now.Before(until))
}

// State returns the state the site was made from.
func (s *Site) State() State { return s.state }

// Zone returns the zone with that id.
func (s *Site) Zone(id ZoneID) (Zone, bool) {
	z, ok := s.zones[id]
	return z, ok
}

// Initials returns what a screen may show of a holder, or "".
func (s *Site) Initials(holder Subject) string { return s.initials[holder] }

// Tree returns how the site's zones nest. It must not be changed.
func (s *Site) Tree() Tree { return s.tree }
