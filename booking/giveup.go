package booking

import "kyoten/models"

// mayGiveUp reports whether the principal may give up a fixed seat for a while:
// its owner, the desk of its site, administrators, and the managers of its
// company.
func mayGiveUp(by models.Principal, s *models.Space) bool {
	return s.OwnerID != nil && (by.Is(*s.OwnerID) || by.Runs(s.Site) || by.Manages(s.Company()))
}
