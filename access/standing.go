package access

import (
	"context"
	"slices"
	"time"

	"kyoten/models"
)

// How long passes last that are for no booking, and when they are made anew: a
// phone or a page that looks at least every few days always has a good one.
const (
	passLife  = 7 * 24 * time.Hour
	passFresh = 4 * 24 * time.Hour // less than this left: a new one is made
)

// MyPasses returns the printable passes of the member who asks, those for coming
// bookings and those that need none, which are made here when they are missing
// or about to end; those of a company that is the member's no more are made anew.
func (s *Service) MyPasses(ctx context.Context, p models.Principal) ([]Issued, error) {
	if p.Member == nil {
		return nil, models.ErrForbidden
	}
	v, err := s.renewView(ctx)
	if err != nil {
		return nil, err
	}
	passes, err := s.currentPasses(ctx, v, p)
	if err != nil {
		return nil, err
	}
	return s.issue(ctx, v, slices.DeleteFunc(passes, func(p models.Pass) bool { return p.Live }))
}

// currentPasses returns the member's passes that are not over, with what they may
// have beside bookings brought up to date.
func (s *Service) currentPasses(ctx context.Context, v *view, p models.Principal) ([]models.Pass, error) {
	passes, err := s.store.PassesOfMember(ctx, p.Member.ID)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(passes, ofAnotherCompany(p.Member)) {
		if err := s.renewBookingPasses(ctx, v, p.Member.ID); err != nil {
			return nil, err
		}
		if passes, err = s.store.PassesOfMember(ctx, p.Member.ID); err != nil {
			return nil, err
		}
	}
	missing, undue := s.compare(v, p, passes)
	if len(missing)+len(undue) == 0 {
		return passes, nil
	}
	err = s.store.InTx(ctx, func(tx *models.Store) error {
		m, err := tx.LockMember(ctx, p.Member.ID)
		if err != nil {
			return err
		}
		p.Member = &m
		if passes, err = tx.PassesOfMember(ctx, m.ID); err != nil {
			return err
		}
		missing, undue := s.compare(v, p, passes)
		if err := tx.RevokePasses(ctx, undue); err != nil {
			return err
		}
		if err := tx.InsertPasses(ctx, &m, missing); err != nil {
			return err
		}
		passes, err = tx.PassesOfMember(ctx, m.ID)
		return err
	})
	return passes, err
}

// compare returns the passes that the member should have and has not, and the ids
// of those that the member should have no longer.
func (s *Service) compare(v *view, p models.Principal, have []models.Pass) (missing []models.Pass, undue []string) {
	now := s.store.Now()
	due := v.rights(p, now)
	for _, want := range due {
		if !slices.ContainsFunc(have, func(h models.Pass) bool {
			return sameRight(h, want) && !h.Live && h.NotAfter.After(now.Add(passFresh))
		}) {
			missing = append(missing, want)
		}
	}
	for _, h := range have {
		if h.Kind != models.PassBooking && !slices.ContainsFunc(due, func(want models.Pass) bool { return sameRight(h, want) }) {
			undue = append(undue, h.ID)
		}
	}
	return missing, undue
}

func sameRight(a, b models.Pass) bool {
	return a.Kind == b.Kind && a.Site == b.Site && a.ZoneA == b.ZoneA && a.ZoneB == b.ZoneB &&
		a.Flags == b.Flags && a.CompanyID == b.CompanyID
}

// rights returns the passes that a member should have beside those for bookings:
// at each site of their plan or their work one that opens by itself, or one that
// says who they are and opens together with a booking.
func (v *view) rights(p models.Principal, now time.Time) []models.Pass {
	m := p.Member
	if !m.Active() {
		return nil
	}
	var out []models.Pass
	for _, site := range v.Sites() {
		outer := v.OuterZone(site.Slug)
		if outer == 0 || !p.Runs(site.Slug) && !v.planReaches(m, site.Slug) {
			continue
		}
		pass := models.Pass{
			Kind: models.PassIdentity, Site: site.Slug, CompanyID: m.Company(), NotBefore: now, NotAfter: now.Add(passLife),
		}
		zones := []int{outer}
		if office := v.OfficeZone(m.Company(), site.Slug); office != 0 {
			zones = append(zones, office)
		}
		if v.entersWithoutBooking(m, site.Slug) {
			pass.Kind = models.PassStanding
		}
		if p.Runs(site.Slug) {
			pass.Kind, pass.Flags, zones = models.PassStanding, models.FlagStaff, v.zonesOf(site.Slug, outer)
		}
		out = append(out, pass.SpreadZones(zones)...)
	}
	return out
}

// planReaches reports whether the member's plan is good for the site.
func (v *view) planReaches(m *models.Member, site string) bool {
	plan, err := v.PlanOf(m)
	return err == nil && plan.GoodFor(site)
}

// entersWithoutBooking reports whether plan or company let the member in at the
// site as they come: a company with an office of its own, where the office is.
func (v *view) entersWithoutBooking(m *models.Member, site string) bool {
	if plan, err := v.PlanOf(m); err == nil && plan.StandingAccess {
		return true
	}
	co, err := v.Company(m.Company())
	if err != nil || !co.StandingAccess {
		return false
	}
	return v.OfficeZone(co.ID, site) != 0 || !v.hasOffice(co.ID)
}

func (v *view) hasOffice(company int) bool {
	return slices.ContainsFunc(v.Sites(), func(s *models.Site) bool { return v.OfficeZone(company, s.Slug) != 0 })
}

// zonesOf returns the zones of a site, first first.
func (v *view) zonesOf(site string, first int) []int {
	zones := []int{first}
	for _, z := range v.ZonesAt(site) {
		if z.ID != first {
			zones = append(zones, z.ID)
		}
	}
	return zones
}

// lapsed reports whether a pass says what is no longer so of its member: another
// company, no work at a desk, no right to come without a booking.
func (v *view) lapsed(pass *models.Pass, m *models.Member) bool {
	switch {
	case pass.CompanyID != m.Company():
		return true
	case pass.Flags&models.FlagStaff != 0:
		return m.Role != models.RoleStaff && m.Role != models.RoleAdmin
	case pass.Kind == models.PassStanding:
		return !v.entersWithoutBooking(m, pass.Site)
	}
	return false
}
