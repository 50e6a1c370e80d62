package models_test

import (
	"testing"

	"kyoten/models"
)

// TestAbsorbTakesTheRoleThatMayMore: but nobody becomes the manager of a company by
// having managed another one.
func TestAbsorbTakesTheRoleThatMayMore(t *testing.T) {
	t.Parallel()
	acme, rival := 1, 2
	for name, tt := range map[string]struct {
		kept, gone models.Member
		role       models.Role
		company    int
	}{
		"a member and a manager":             {models.Member{Role: models.RoleMember}, models.Member{Role: models.RoleManager, CompanyID: &acme}, models.RoleManager, acme},
		"a colleague and the manager":        {models.Member{Role: models.RoleMember, CompanyID: &acme}, models.Member{Role: models.RoleManager, CompanyID: &acme}, models.RoleManager, acme},
		"a manager and a member":             {models.Member{Role: models.RoleManager, CompanyID: &acme}, models.Member{Role: models.RoleMember, CompanyID: &rival}, models.RoleManager, acme},
		"the manager of another company":     {models.Member{Role: models.RoleMember, CompanyID: &rival}, models.Member{Role: models.RoleManager, CompanyID: &acme}, models.RoleMember, rival},
		"staff who are of a company as well": {models.Member{Role: models.RoleManager, CompanyID: &acme}, models.Member{Role: models.RoleStaff}, models.RoleStaff, acme},
	} {
		m := tt.kept
		m.Absorb(&tt.gone, nil, nil)
		if m.Role != tt.role || m.Company() != tt.company {
			t.Errorf("%s: %s of company %d, want %s of %d", name, m.Role, m.Company(), tt.role, tt.company)
		}
	}
}

// TestWhoSaidNoIsNotAskedAgain by whichever of their accounts.
func TestWhoSaidNoIsNotAskedAgain(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ kept, gone, want bool }{{false, false, false}, {true, false, true}, {false, true, true}} {
		m := models.Member{RemindersOff: tt.kept}
		m.Absorb(&models.Member{RemindersOff: tt.gone}, nil, nil)
		if m.RemindersOff != tt.want {
			t.Errorf("%+v: reminders are off = %t", tt, m.RemindersOff)
		}
	}
}
