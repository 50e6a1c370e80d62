package booking

import "kyoten/models"

// mayDecide reports whether the principal decides about requests for the space:
// the desk of its site, administrators, and for a company's own space its
// managers.
func mayDecide(by models.Principal, s *models.Space) bool {
	return by.Runs(s.Site) || by.Manages(s.Company())
}
