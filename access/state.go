package access

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"kyoten/access/entry"
	"kyoten/models"
)

const (
	// stateAhead is how far a gate must know what comes: the longest that it may go
	// without hearing from us (72 h), and a night more.
	stateAhead = 84 * time.Hour
	// stateLasts is how long an unchanged state is told again before it is signed
	// anew. Gates count its age from then; the contract says ten minutes at most.
	stateLasts = 5 * time.Minute
	// contentLasts is how long what was read for a state is used again, unless the
	// pulse of the site changes.
	contentLasts = 10 * time.Second
)

// Sealed is a signed state as a gate is told it.
type Sealed struct {
	Version int64
	JSON    []byte
}

// states keeps what was last made for each site and gate.
type states struct {
	mu      sync.Mutex
	content map[string]content   // by site
	sealed  map[models.ID]Sealed // by gate
}

// content is what the gates of a site are told, without what names one of them.
type content struct {
	state  entry.State
	view   *view // that it was made by
	digest string
	pulse  models.Pulse
	read   time.Time
}

func newStates() *states {
	return &states{content: map[string]content{}, sealed: map[models.ID]Sealed{}}
}

// State returns the signed state for a gate.
func (s *Service) State(ctx context.Context, gate models.Principal) (Sealed, error) {
	if gate.Gate == nil {
		return Sealed{}, models.ErrForbidden
	}
	s.Heard(ctx, gate.Gate)
	v, err := s.renewView(ctx)
	if err != nil {
		return Sealed{}, err
	}
	c, row, err := s.stateOf(ctx, v, gate.Gate.Site)
	if err != nil {
		return Sealed{}, err
	}
	return s.seal(ctx, gate.Gate, c, row)
}

// StateVersion returns the number of the state that a gate of the site would get
// now.
func (s *Service) StateVersion(ctx context.Context, site string) (int64, error) {
	v, err := s.renewView(ctx)
	if err != nil {
		return 0, err
	}
	_, row, err := s.stateOf(ctx, v, site)
	return row.Version, err
}

// stateOf returns the present content of a site's state and its number.
func (s *Service) stateOf(ctx context.Context, v *view, site string) (content, models.SiteState, error) {
	pulse, err := s.store.PulseOf(ctx, site)
	if err != nil {
		return content{}, models.SiteState{}, err
	}
	if pulse.Catalogue != v.Version { // settings changed since: nothing older goes under this pulse
		if v, err = s.renewView(ctx); err != nil {
			return content{}, models.SiteState{}, err
		}
	}
	pulse = settled(pulse)
	s.states.mu.Lock()
	c, known := s.states.content[site]
	s.states.mu.Unlock()
	now := s.now()
	if age := now.Sub(c.read); !known || c.pulse != pulse || age < 0 || age >= contentLasts {
		if c, err = s.readContent(ctx, v, site); err != nil {
			return content{}, models.SiteState{}, fmt.Errorf("read state of site %s: %w", site, err)
		}
		c.pulse, c.read = pulse, now
		s.states.mu.Lock()
		s.states.content[site] = c
		s.states.mu.Unlock()
	}
	row, err := s.store.AdvanceState(ctx, site, c.digest, stateLasts)
	return c, row, err
}

// settled leaves out of a pulse what is not in the state: who is inside.
func settled(p models.Pulse) models.Pulse {
	p.Heads, p.Since, p.Closed = 0, 0, 0
	return p
}

// seal signs the content for one gate, or returns what was signed for it before.
func (s *Service) seal(ctx context.Context, g *models.Gate, c content, row models.SiteState) (Sealed, error) {
	s.states.mu.Lock()
	last, known := s.states.sealed[g.ID]
	s.states.mu.Unlock()
	if known && last.Version == row.Version {
		return last, nil
	}
	state := c.state
	state.Version, state.GeneratedAt, state.Gate = row.Version, row.GeneratedAt, doorOf(g)
	var err error
	if state.Canary, err = s.canary(c.view); err != nil {
		return Sealed{}, err
	}
	if state.AuditHead, err = s.auditHead(ctx); err != nil {
		return Sealed{}, err
	}
	sealed, err := state.Seal(c.view.ring.state)
	if err != nil {
		return Sealed{}, err
	}
	out := Sealed{row.Version, sealed}
	s.states.mu.Lock()
	s.states.sealed[g.ID] = out
	s.states.mu.Unlock()
	return out, nil
}

// auditHead returns the end of the audit log, which every gate keeps with its
// state, under our signature and out of our reach: what is cut off the log later
// shows by it.
func (s *Service) auditHead(ctx context.Context) (string, error) {
	head, err := s.store.AuditHead(ctx)
	if err != nil || head.Seq == 0 {
		return "", err
	}
	return head.String(), nil
}

// canary returns a code by which a gate finds out that it decides rightly.
func (s *Service) canary(v *view) (string, error) {
	issuer, err := v.ring.signer(s.store.Now())
	if err != nil {
		return "", err
	}
	return issuer.Canary()
}

// readContent reads what the gates of a site must know. Every list is in a fixed
// order, so that two servers make the same of the same rows.
func (s *Service) readContent(ctx context.Context, v *view, slug string) (content, error) {
	site, err := v.Site(slug)
	if err != nil {
		return content{}, err
	}
	now := s.store.Now()
	passes, err := s.store.ComingPasses(ctx, slug, now.Add(stateAhead))
	if err != nil {
		return content{}, err
	}
	revocations, err := s.store.RevocationsInForce(ctx)
	if err != nil {
		return content{}, err
	}
	hosts, err := s.store.SubjectsOf(ctx, hostsOf(passes))
	if err != nil {
		return content{}, err
	}
	state := v.settings(site)
	state.IssuerKeys = v.ring.publicKeys(now)
	state.Guests, state.Holders = []entry.GuestOf{}, []entry.Holder{}
	for _, closed := range v.closings(site, now, now.Add(stateAhead)) {
		state.Closings = append(state.Closings, closed.Add(closingGrace))
	}
	know := knowledge{view: v, state: &state, passes: passes, hosts: hosts, now: now}
	know.fill(revocations)
	raw, err := json.Marshal(state)
	if err != nil {
		return content{}, err
	}
	return content{state: state, view: v, digest: hashOf(raw)}, nil
}

func hostsOf(passes []models.ComingPass) []models.ID {
	var ids []models.ID
	for _, p := range passes {
		if p.HostID != nil {
			ids = append(ids, *p.HostID)
		}
	}
	slices.SortFunc(ids, func(a, b models.ID) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(ids)
}

// knowledge is a state on its way from the rows.
type knowledge struct {
	view   *view
	state  *entry.State
	passes []models.ComingPass // by id
	hosts  map[models.ID][]string
	now    time.Time
}

func (k *knowledge) fill(revocations []models.Revocation) {
	k.revoke(revocations)
	booked := k.windows()
	seen := map[entry.Subject]bool{}
	for i := range k.passes {
		p := &k.passes[i]
		subject, err := entry.ParseSubject(p.Subject)
		if err != nil || k.over(p) {
			continue
		}
		if !seen[subject] {
			seen[subject] = true
			k.state.Holders = append(k.state.Holders, entry.Holder{Subject: subject, Initials: models.Initials(p.Name)})
			k.addGuest(p, subject)
		}
		if p.Kind == models.PassIdentity && p.MemberID != nil {
			if id, err := entry.ParsePassID(p.ID); err == nil {
				windows := append([]entry.Window{}, booked[*p.MemberID]...)
				k.state.Identities = append(k.state.Identities, entry.Identity{Pass: id, Booked: windows})
			}
		}
	}
	slices.SortFunc(k.state.Holders, func(a, b entry.Holder) int { return cmp.Compare(a.Subject, b.Subject) })
	slices.SortFunc(k.state.Guests, func(a, b entry.GuestOf) int {
		return cmp.Or(cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Host, b.Host))
	})
}

// over reports whether the pass opens nothing any more, as a check would find.
func (k *knowledge) over(p *models.ComingPass) bool {
	if p.RevokedAt != nil || p.RemovedAt != nil || p.Kind == models.PassBooking && !p.BookedHere {
		return true
	}
	return p.MemberID != nil && k.view.lapsed(
		&models.Pass{Kind: p.Kind, Site: k.state.Site, CompanyID: p.CompanyID, Flags: p.Flags},
		&models.Member{Role: p.MemberRole, CompanyID: p.MemberCompany, PlanID: p.MemberPlan})
}

// windows returns when the holders of identity passes have a booking here.
func (k *knowledge) windows() map[models.ID][]entry.Window {
	out := map[models.ID][]entry.Window{}
	for i := range k.passes {
		p := &k.passes[i]
		if p.Kind != models.PassBooking || p.MemberID == nil || k.over(p) {
			continue
		}
		w := entry.Window{From: p.NotBefore, Until: p.NotAfter}
		if !slices.Contains(out[*p.MemberID], w) { // printed and live passes of one booking
			out[*p.MemberID] = append(out[*p.MemberID], w)
		}
	}
	for _, all := range out {
		slices.SortFunc(all, func(a, b entry.Window) int { return cmp.Or(a.From.Compare(b.From), a.Until.Compare(b.Until)) })
	}
	return out
}

// addGuest says whose guest the holder is: under each subject the host has, since
// the host may be inside under any of them.
func (k *knowledge) addGuest(p *models.ComingPass, guest entry.Subject) {
	if p.HostID == nil {
		return
	}
	of := entry.GuestOf{Subject: guest, Company: entry.CompanyID(orZero(p.HostCompany))}
	for _, text := range k.hosts[*p.HostID] {
		if host, err := entry.ParseSubject(text); err == nil {
			of.Host = host
			k.state.Guests = append(k.state.Guests, of)
		}
	}
}

// revoke lists what opens nothing: passes that ended before their time, holders
// who may not enter, companies.
func (k *knowledge) revoke(said []models.Revocation) {
	until := map[models.ID]time.Time{}
	blocked := map[models.ID]bool{}
	for _, r := range said {
		switch {
		case r.PassID != nil:
			if id, err := entry.ParsePassID(*r.PassID); err == nil {
				k.add(entry.Revocation{Pass: id, Until: orNone(r.Until)})
			}
		case r.CompanyID != nil:
			k.add(entry.Revocation{Company: entry.CompanyID(*r.CompanyID), Until: orNone(r.Until)})
		case r.MemberID != nil:
			if old, known := until[*r.MemberID]; !known || !old.IsZero() && (r.Until == nil || r.Until.After(old)) {
				until[*r.MemberID] = orNone(r.Until)
			}
			blocked[*r.MemberID] = true
		}
	}
	for i := range k.passes {
		p := &k.passes[i]
		if id, err := entry.ParsePassID(p.ID); err == nil && k.over(p) {
			k.add(entry.Revocation{Pass: id})
		}
		subject, err := entry.ParseSubject(p.Subject)
		switch {
		case err != nil || p.MemberID == nil:
		case p.SuspendedAt != nil || p.ErasedAt != nil:
			k.add(entry.Revocation{Subject: subject})
		case blocked[*p.MemberID]:
			k.add(entry.Revocation{Subject: subject, Until: until[*p.MemberID]})
		}
	}
	slices.SortFunc(k.state.Revocations, func(a, b entry.Revocation) int {
		return cmp.Or(cmp.Compare(a.Pass, b.Pass), cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Company, b.Company), a.Until.Compare(b.Until))
	})
	k.state.Revocations = slices.Compact(k.state.Revocations)
}

func (k *knowledge) add(r entry.Revocation) { k.state.Revocations = append(k.state.Revocations, r) }

func orNone(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
