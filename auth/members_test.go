package auth_test

import (
	"errors"
	"testing"

	"kyoten/auth"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// TestTheDeskLooksAfterThePeopleOfItsSites: whoever gets into the account of a
// company's people gets into its office, so that the desk of another site makes no
// link to it, changes nothing about it, and puts nobody into the company.
func TestTheDeskLooksAfterThePeopleOfItsSites(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	w := h.world
	guild := &models.Company{NameJA: "組合", NameEN: "Guild"} // has no office
	far, farDesk := "shiojiri", &models.Member{Email: "far@kyoten.example", Name: "遠い受付", Role: models.RoleStaff}
	err := errors.Join(h.store.InsertCompany(t.Context(), guild), h.store.InsertMember(t.Context(), farDesk, far))
	if err != nil {
		t.Fatal(err)
	}
	here, there := modelstest.As(t, h.store, w.Desk), modelstest.As(t, h.store, farDesk)
	for name, tt := range map[string]struct {
		who   models.Member
		here  bool // at Colabo
		there bool // at Shiojiri, where Acme has its office
	}{
		"of no company":                   {models.Member{Role: models.RoleMember, HomeSite: &far}, true, true},
		"of a company with an office":     {models.Member{Role: models.RoleMember, CompanyID: &w.Acme.ID, HomeSite: w.Ann.HomeSite}, false, true},
		"manager of one":                  {models.Member{Role: models.RoleManager, CompanyID: &w.Acme.ID, HomeSite: w.Ann.HomeSite}, false, true},
		"of a company without, at home":   {models.Member{Role: models.RoleMember, CompanyID: &guild.ID, HomeSite: w.Ann.HomeSite}, true, false},
		"of a company without, elsewhere": {models.Member{Role: models.RoleManager, CompanyID: &guild.ID, HomeSite: &far}, false, true},
		"of a company without, homeless":  {models.Member{Role: models.RoleMember, CompanyID: &guild.ID}, true, true},
		"staff":                           {models.Member{Role: models.RoleStaff}, false, false},
		"administrator":                   {models.Member{Role: models.RoleAdmin}, false, false},
	} {
		m := tt.who
		m.Email, m.Name = models.NewID().String()+"@kyoten.example", name
		if err := h.store.InsertMember(t.Context(), &m); err != nil {
			t.Fatal(err)
		}
		for desk, may := range map[*models.Principal]bool{&here: tt.here, &there: tt.there} {
			_, byLink := h.LinkFor(t.Context(), *desk, m.ID)
			_, byChange := h.UpdateAccount(t.Context(), *desk, m.ID, nil, func(a *auth.Account) { a.Kana = "かな" })
			fresh := auth.Account{Member: m}
			fresh.Email = models.NewID().String() + "@kyoten.example"
			byMaking := h.CreateAccount(t.Context(), *desk, &fresh, "")
			wantMay(t, name+": link at "+desk.Sites[0], byLink, may)
			wantMay(t, name+": change at "+desk.Sites[0], byChange, may)
			wantMay(t, name+": new one at "+desk.Sites[0], byMaking, may && m.Role == models.RoleMember)
		}
	}
	join := func(a *auth.Account) { a.CompanyID = &w.Acme.ID }
	_, err = h.UpdateAccount(t.Context(), here, w.Ann.ID, nil, join)
	wantMay(t, "put into a company elsewhere", err, false)
	_, err = h.UpdateAccount(t.Context(), there, w.Ann.ID, nil, join)
	wantMay(t, "put into the company", err, true)
	_, err = h.UpdateAccount(t.Context(), here, w.Ann.ID, nil, func(a *auth.Account) { a.CompanyID = nil })
	wantMay(t, "taken out of a company elsewhere", err, false)
}

func wantMay(t *testing.T, what string, err error, may bool) {
	t.Helper()
	if may && err != nil || !may && !errors.Is(err, models.ErrForbidden) {
		t.Errorf("%s: %v, want allowed %t", what, err, may)
	}
}
