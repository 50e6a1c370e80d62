package models

import (
	"encoding/json"
	"slices"
)

// View is how much of a booking somebody may see.
type View int

// The views, from nothing to all.
const (
	ViewNone View = iota // it does not exist for them
	ViewBusy             // that the space is taken, and when
	ViewFull             // title, people, guests
)

// SeesCompany reports whether what belongs to the company (0 = nobody's) exists
// for the principal at site: to its own people, to the site's staff and to
// administrators.
func (p Principal) SeesCompany(company int, site string) bool {
	return company == 0 || p.Company() == company || p.Runs(site)
}

// SeesSpace reports whether the space exists for the principal.
func (p Principal) SeesSpace(s *Space) bool { return p.SeesCompany(s.company, s.Site) }

// SeesZone reports whether the zone exists for the principal.
func (p Principal) SeesZone(c *Catalogue, z *Zone) bool {
	return p.SeesCompany(c.ZoneCompany(z.ID), z.Site)
}

// ViewOf says how much of the booking the principal may see when reading it as a
// booking. (That a space is busy is told by availability, without the booking.)
//
// Staff read the bookings at their sites with titles; where all the spaces there
// are a company's, only that they are busy.
func (p Principal) ViewOf(c *Catalogue, b *Booking) View {
	switch {
	case p.Member == nil:
		return ViewNone
	case p.Admin(), p.Is(b.OrganizerID), p.booked(b):
		return ViewFull
	case b.CompanyID != nil && p.Manages(*b.CompanyID):
		return ViewFull
	}
	view := ViewNone
	for _, bs := range b.Spaces {
		if !p.Runs(bs.Site) {
			continue
		}
		view = max(view, ViewBusy)
		if s, err := c.Space(bs.SpaceID); err == nil && s.company == 0 {
			return ViewFull
		}
	}
	return view
}

// booked reports whether the principal is the desk that booked it for its holder. Who
// is of no desk any more has no more to do with it.
func (p Principal) booked(b *Booking) bool { return p.Staff() && p.Is(b.CreatedBy) }

// MayChange reports whether the principal may change, cancel or check in the
// booking: who may read all of it, by this or by another's hand.
func (p Principal) MayChange(c *Catalogue, b *Booking) bool { return p.ViewOf(c, b) == ViewFull }

// SeesPass reports whether the principal may see a pass and so its code, which
// opens doors for whoever shows it: the holder; for a guest who invited them and
// the manager of that company; and the desk of the site, for members without a
// phone, where it may read the booking. booking is nil for a pass that is for none.
func (p Principal) SeesPass(c *Catalogue, pass *Pass, booking *Booking) bool {
	switch {
	case pass.MemberID != nil && p.Is(*pass.MemberID):
		return true
	case p.Runs(pass.Site):
		return booking == nil || p.ViewOf(c, booking) == ViewFull
	case pass.GuestID == nil || booking == nil:
		return false
	}
	return p.Is(booking.OrganizerID) || p.booked(booking) || booking.CompanyID != nil && p.Manages(*booking.CompanyID)
}

// MayBookFor reports whether the principal may book on behalf of m: themselves,
// staff, administrators, and a manager for the company's people.
func (p Principal) MayBookFor(m *Member) bool {
	return p.Is(m.ID) || p.Admin() || p.Staff() || p.Manages(m.Company())
}

// SeesMember reports whether the principal may look the member up. The desk of any
// site may: a member's plan is good for many sites, and whoever comes to one is
// found and booked for there. What it may change is less: LooksAfter.
func (p Principal) SeesMember(m *Member) bool {
	return p.Is(m.ID) || p.Admin() || p.Staff() || p.Manages(m.Company())
}

// LooksAfter reports whether the account of m is the principal's to look after:
// administrators everybody's, managers their company's, the desk that of members
// and managers. A way into the account of a company's people leads into its
// office and its bookings, so that they are looked after at the sites where the
// company has an office and, where it has none, at their home site.
func (p Principal) LooksAfter(c *Catalogue, m *Member) bool {
	switch {
	case p.Admin():
		return true
	case m.Role != RoleMember && m.Role != RoleManager:
		return false
	case !p.Staff():
		return p.Manages(m.Company())
	}
	offices := c.OfficeSites(m.Company())
	if len(offices) == 0 {
		return m.CompanyID == nil || m.HomeSite == nil || p.Runs(*m.HomeSite)
	}
	return p.RunsAny(offices)
}

// RunsAny reports whether the principal runs at least one of the sites.
func (p Principal) RunsAny(sites []string) bool { return slices.ContainsFunc(sites, p.Runs) }

// SeesTerms reports whether the principal may know what a company has agreed to:
// its plan and its allowance.
func (p Principal) SeesTerms(company int) bool { return p.Admin() || p.Staff() || p.Manages(company) }

// SeesClosure reports whether the closure exists for the principal: that of a
// company's zone or space does for its people alone.
func (p Principal) SeesClosure(c *Catalogue, cl Closure) bool {
	company := 0
	switch {
	case cl.SpaceID != nil:
		space, err := c.Space(*cl.SpaceID)
		if err != nil {
			return false
		}
		company = space.company
	case cl.ZoneID != nil:
		company = c.ZoneCompany(*cl.ZoneID)
	}
	return p.SeesCompany(company, cl.Site)
}

// VisibleShapes returns the shapes of a floor plan, as JSON, that exist for the
// principal: those that name no zone, and those whose zone they may know of. The
// name of an area would tell whose office it is, so this is asked wherever a
// floor plan is shown. A drawing that cannot be read shows nothing.
func (p Principal) VisibleShapes(c *Catalogue, f FloorPlan) string {
	var shapes []json.RawMessage
	if json.Unmarshal([]byte(f.Shapes), &shapes) != nil {
		return "[]"
	}
	shapes = slices.DeleteFunc(shapes, func(raw json.RawMessage) bool { return !p.seesShape(c, raw) })
	out, err := json.Marshal(shapes)
	if err != nil || shapes == nil {
		return "[]"
	}
	return string(out)
}

// SeesPicture reports whether the picture under a floor plan exists for the
// principal. Unlike the shapes it cannot leave out a company's offices, so only
// those who run the site see it until they say that everybody may.
func (p Principal) SeesPicture(f FloorPlan) bool {
	return f.Picture != "" && (f.PictureShown || p.Runs(f.Site))
}

func (p Principal) seesShape(c *Catalogue, raw json.RawMessage) bool {
	var shape struct {
		Zone int `json:"zone"`
	}
	if json.Unmarshal(raw, &shape) != nil {
		return p.Admin()
	}
	if shape.Zone == 0 {
		return true
	}
	zone, err := c.Zone(shape.Zone)
	if err != nil {
		return p.Admin()
	}
	return p.SeesZone(c, zone)
}
