package access

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"kyoten/access/entry"
	"kyoten/internal/clock"
	"kyoten/internal/gather"
	"kyoten/models"
)

// Service is the database side of the entrance. It is safe for concurrent use,
// and any number of servers may run one on the same database.
type Service struct {
	store *models.Store
	doors *models.Store // the same, for people who stand before a door
	now   clock.Func
	keys  *Keys

	looks   *gather.Group[*asking]
	records *gather.Group[*recording]

	mu   sync.RWMutex
	last *view

	sequence atomic.Int64
	counters *counters
	hub      *hub
	states   *states
	verified entry.Verified
	seen     sync.Map // gate id -> when its last sign of life was written
}

// New returns the service.
func New(store *models.Store, now clock.Func, keys *Keys) *Service {
	s := &Service{
		store: store, doors: store.Doors(), now: now, keys: keys, counters: newCounters(), hub: newHub(), states: newStates(),
	}
	s.looks = gather.New(togetherSize, s.askTogether)
	s.records = gather.New(togetherSize, s.recordTogether)
	return s
}

// millis returns the present instant as passages keep it.
func (s *Service) millis() time.Time { return s.now().UTC().Truncate(time.Millisecond) }

// newPassageID returns the id of a new passage: 32 hex digits, sortable by time.
func newPassageID() string {
	id := models.NewID()
	return hex.EncodeToString(id[:])
}

// nextSeq counts the passages this server writes. The count begins with the time,
// so that it goes on where it was after a start; two servers that count the same
// for one gate are told apart by the database, and the later one counts on (countOn).
func (s *Service) nextSeq(at time.Time) int64 {
	const perMilli = 1 << 10 // keeps the sequence exact in JSON, below 2^53, for two centuries
	for {
		last := s.sequence.Load()
		next := max(last+1, at.UnixMilli()*perMilli)
		if s.sequence.CompareAndSwap(last, next) {
			return next
		}
	}
}

// countOn counts on from the last passage that any server has written of a gate:
// this one has used a number again, since its clock was put back or the other's is
// ahead.
func (s *Service) countOn(ctx context.Context, gate models.ID) error {
	last, err := s.store.LastSeq(ctx, gate)
	if err != nil {
		return fmt.Errorf("find the last passage of a gate: %w", err)
	}
	for {
		seq := s.sequence.Load()
		if seq >= last || s.sequence.CompareAndSwap(seq, last) {
			return nil
		}
	}
}

// counting does what writes a passage of a gate, and does it once more where its
// number was used before.
func (s *Service) counting(ctx context.Context, gate models.ID, do func() error) error {
	err := do()
	if !errors.Is(err, models.ErrConflict) {
		return err
	}
	if err := s.countOn(ctx, gate); err != nil {
		return err
	}
	return do()
}

// view is what a check knows without asking: settings and keys at one version of
// the catalogue, made ready for entry.Decide.
type view struct {
	*models.Catalogue
	ring  *ring
	tree  entry.Tree             // the zones of all sites
	sites map[string]*entry.Site // by slug
}

// view returns the newest view this server has, which another server may have
// made old; whoever reads facts compares the versions.
func (s *Service) view(ctx context.Context) (*view, error) {
	s.mu.RLock()
	last := s.last
	s.mu.RUnlock()
	if last != nil {
		return last, nil
	}
	return s.renewView(ctx)
}

// renewView returns the view of the present version.
func (s *Service) renewView(ctx context.Context) (*view, error) {
	c, err := s.store.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	last := s.last
	s.mu.RUnlock()
	if last != nil && last.Catalogue == c {
		return last, nil
	}
	r, err := s.keys.ring(ctx, c.Version)
	if err != nil {
		return nil, err
	}
	v := &view{Catalogue: c, ring: r, tree: treeOf(c), sites: map[string]*entry.Site{}}
	for _, site := range c.Sites() {
		v.sites[site.Slug] = entry.NewSite(v.settings(site))
		s.counters.begin(site.Slug)
	}
	s.mu.Lock()
	s.last = v
	s.mu.Unlock()
	return v, nil
}

// settings returns the part of a site's state that settings alone decide.
func (v *view) settings(site *models.Site) entry.State {
	state := entry.State{
		Site: site.Slug, Mode: entry.Mode(site.Mode), Handovers: v.ring.handovers,
		Zones: []entry.Zone{}, Revocations: []entry.Revocation{},
	}
	for _, k := range v.ring.issuers {
		state.IssuerKeys = append(state.IssuerKeys, k.IssuerKey)
	}
	for _, z := range v.ZonesAt(site.Slug) {
		state.Zones = append(state.Zones, entry.Zone{
			ID: entry.ZoneID(z.ID), Parent: entry.ZoneID(orZero(z.ParentID)), Company: entry.CompanyID(v.ZoneCompany(z.ID)),
			LiveRequired: z.LiveRequired, AntiPassback: entry.Passback(z.AntiPassback), TimedMinutes: z.AntiPassbackMinutes,
			Capacity: z.Capacity, OfflineHours: z.OfflineHours,
		})
	}
	for _, co := range v.Companies() {
		if co.SuspendedAt != nil {
			state.Revocations = append(state.Revocations, entry.Revocation{Company: entry.CompanyID(co.ID)})
		}
	}
	return state
}

// treeOf returns how the zones of all sites nest.
func treeOf(c *models.Catalogue) entry.Tree {
	tree := entry.Tree{}
	for _, site := range c.Sites() {
		for _, z := range c.ZonesAt(site.Slug) {
			tree[entry.ZoneID(z.ID)] = entry.Node{Parent: entry.ZoneID(orZero(z.ParentID)), Site: site.Slug}
		}
	}
	return tree
}

// zonesWithin returns the ids of a zone and of all zones inside it.
func (v *view) zonesWithin(outer entry.ZoneID) []int {
	var ids []int
	for id := range v.tree {
		if v.tree.Within(id, outer) {
			ids = append(ids, int(id))
		}
	}
	return ids
}

func orZero(p *int) int {
	if p == nil {
		return 0
	}
	return *p
}
