package models

import (
	"context"
	"slices"
)

// Principal is who is asking: a member, a gate, or nobody (the zero value). The
// services take it as an argument. What it may see and do is decided by the
// methods in this file and in visibility.go, and nowhere else.
type Principal struct {
	Member *Member  // nil unless a member is asking
	Sites  []string // the sites a staff member works for
	Gate   *Gate    // nil unless a gate is asking

	// SessionID is the session or personal token that was shown.
	SessionID ID

	// Confirm looks up who is asking. It is nil where that was done; else the
	// principal is who they were when they showed the same before. Whoever acts for
	// such a one asks in the same transaction whether they still are (Claim.Shown), and
	// refuses nothing before Confirm.
	Confirm func(context.Context) (Principal, error)
}

// Believed reports whether nobody has looked yet who is asking.
func (p Principal) Believed() bool { return p.Confirm != nil }

// System is the principal of what Kyoten does by itself, for the audit log.
var System = Principal{}

// String names the principal for the audit log, without personal data.
func (p Principal) String() string {
	switch {
	case p.Member != nil:
		return "member:" + p.Member.ID.String()
	case p.Gate != nil:
		return "gate:" + p.Gate.ID.String()
	}
	return "system"
}

// SignedIn reports whether a member is asking.
func (p Principal) SignedIn() bool { return p.Member != nil }

// Is reports whether the principal is the member with this id.
func (p Principal) Is(id ID) bool { return p.Member != nil && p.Member.ID == id }

// Admin reports whether the principal runs the consortium.
func (p Principal) Admin() bool { return p.Member != nil && p.Member.Role == RoleAdmin }

// Staff reports whether the principal works at the desk of some site.
func (p Principal) Staff() bool { return p.Member != nil && p.Member.Role == RoleStaff }

// Runs reports whether the principal may do at site what its desk does:
// its staff, and administrators everywhere.
func (p Principal) Runs(site string) bool {
	return p.Admin() || p.Staff() && slices.Contains(p.Sites, site)
}

// Company returns the id of the principal's company, or 0.
func (p Principal) Company() int {
	if p.Member == nil {
		return 0
	}
	return p.Member.Company()
}

// Manages reports whether the principal manages the company.
func (p Principal) Manages(company int) bool {
	return company != 0 && p.Member != nil && p.Member.Role == RoleManager && p.Member.Company() == company
}
