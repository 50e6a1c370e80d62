package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"kyoten/auth"
	"kyoten/models"
	"kyoten/web/ui"
)

const membersPath = "/admin/members"

// members serves GET /admin/members.
func (p *Pages) members(v *visit) error {
	page := listPage{
		staffPage: v.deskPage("admin.members"), Path: membersPath, Form: ui.NewForm(v.r.URL.Query()),
		Actions: v.add("members.add", membersPath+"/new"),
		Filter: []ui.Field{
			{Name: "q", Type: "search", Label: "desk.search", Hint: "members.search_hint", Longest: "100"},
			{Name: "role", Type: "select", Label: "members.role", Options: v.roleOptions("members.any_role")},
		},
	}
	if v.who.Admin() {
		page.Actions = append(page.Actions, v.link("members.import", membersPath+"/import"))
	}
	filter := models.MemberFilter{Text: strings.TrimSpace(page.Form.Value("q")), Role: models.Role(page.Form.Value("role"))}
	filter.Company, _ = strconv.Atoi(page.Form.Value("company")) // no number asks for everybody
	rows, next, err := p.Auth.Accounts(v.ctx(), v.who, filter, v.pageOf())
	if err != nil {
		return err
	}
	list := ui.Listing{
		None: "members.none", Pager: v.pager(next),
		Columns: ui.Columns(v.t("member.name"), v.t("sign_in.email"), v.t("members.role"), v.t("member.company"), v.t("presence.state")),
	}
	for _, a := range rows {
		list.Lines = append(list.Lines, v.memberLine(a))
	}
	page.Listings = []ui.Listing{list}
	return p.showList(v, page)
}

func (v *visit) memberLine(a auth.Account) ui.Line {
	state := ui.Cell{Text: v.t("members.active"), Badge: "ok", Icon: "check"}
	if a.Suspended {
		state = ui.Cell{Text: v.t("members.suspended"), Badge: "danger", Icon: "lock"}
	}
	return ui.Line{URL: membersPath + "/" + a.ID.String(), Cells: []ui.Cell{
		{Text: a.Name, Small: a.Kana, Typed: true},
		{Text: a.Email},
		{Text: v.t("role." + string(a.Role)), Small: strings.Join(v.siteNames(a.Sites), ", ")},
		{Text: v.companyName(a.Company())},
		state,
	}}
}

// roleOptions lists the roles; with a key for none of them before.
func (v *visit) roleOptions(none string) []ui.Option {
	var options []ui.Option
	if none != "" {
		options = append(options, ui.Option{Label: v.t(none)})
	}
	for _, role := range []models.Role{models.RoleMember, models.RoleManager, models.RoleStaff, models.RoleAdmin} {
		options = append(options, ui.Option{Value: string(role), Label: v.t("role." + string(role))})
	}
	return options
}

// memberPage is the page of a member; a is nil for a new one.
func (v *visit) memberPage(a *auth.Account) formPage {
	page := formPage{staffPage: v.deskPage("admin.members"), Back: v.link("admin.members", membersPath), Target: membersPath}
	page.Title, page.Sections = v.t("members.add"), v.memberSections()
	if a == nil {
		page.Form = ui.NewForm(url.Values{"locale": {"ja"}, "role": {string(models.RoleMember)}})
		return page
	}
	page.Title, page.Version, page.Target, page.Form = a.Name, a.Version, membersPath+"/"+a.ID.String(), memberForm(a)
	page.Here = page.Target
	if v.who.LooksAfter(v.cat, &a.Member) {
		page.Deeds = v.memberDeeds(a)
	} else {
		page.Sections, page.Facts = nil, v.memberFacts(a)
	}
	page.Actions = []ui.Action{v.link("statement.title", statementPath+"?member="+a.ID.String())}
	if staff.admits(v.who) == nil {
		page.Actions = append(page.Actions, v.link("members.bookings", deskBookingsPath+"?q="+url.QueryEscape(a.Email)))
	}
	return page
}

// memberFacts say who it is, to those who may look the member up and no more.
func (v *visit) memberFacts(a *auth.Account) []ui.Fact {
	facts := []ui.Fact{
		{Name: v.t("member.kana"), Value: a.Kana, Typed: true},
		{Name: v.t("sign_in.email"), Value: a.Email},
		{Name: v.t("members.role"), Value: v.t("role." + string(a.Role))},
		{Name: v.t("member.company"), Value: v.companyName(a.Company()), Typed: true},
	}
	return slices.DeleteFunc(facts, func(f ui.Fact) bool { return f.Value == "" })
}

// memberSections are the fields that the reader may change: what a company has
// agreed to is for the desk, who runs what for administrators.
func (v *visit) memberSections() []ui.Section {
	languages := []ui.Option{{Value: "ja", Label: v.t("language.ja"), Lang: "ja"}, {Value: "en", Label: v.t("language.en"), Lang: "en"}}
	sections := []ui.Section{{Fields: []ui.Field{
		{Name: "name", Label: "member.name", Required: true, Longest: "100"},
		{Name: "kana", Label: "member.kana", Optional: true, Longest: "100"},
		{Name: "email", Type: "email", Label: "sign_in.email", Required: true, Longest: "254"},
		{Name: "locale", Type: "choices", Label: "account.language", Options: languages},
		{Name: "home_site", Type: "select", Label: "member.home_site", Options: v.homeSites()},
	}}}
	if staff.admits(v.who) != nil {
		return sections
	}
	sections = append(sections, ui.Section{Title: "members.terms", Fields: []ui.Field{
		{Name: "company", Type: "select", Label: "member.company", Options: v.companyOptions()},
		{Name: "plan", Type: "select", Label: "member.plan", Hint: "members.plan_hint", Options: v.planOptions()},
	}})
	if !v.who.Admin() {
		return sections
	}
	return append(sections, ui.Section{Title: "members.role", Hint: "members.role_hint", Fields: []ui.Field{
		{Name: "role", Type: "choices", Label: "members.role", Options: v.roleOptions("")},
		{Name: "sites", Type: "checks", Label: "members.sites", Options: v.siteOptions(), Wide: true},
	}})
}

// companyOptions are the companies whose people the reader looks after, and none.
func (v *visit) companyOptions() []ui.Option {
	options := []ui.Option{{Label: v.t("members.no_company")}}
	for _, c := range v.cat.Companies() {
		if v.who.LooksAfter(v.cat, &models.Member{Role: models.RoleMember, CompanyID: &c.ID}) {
			options = append(options, ui.Option{Value: strconv.Itoa(c.ID), Label: v.name(c.NameJA, c.NameEN)})
		}
	}
	return options
}

func (v *visit) planOptions() []ui.Option {
	options := []ui.Option{{Label: v.t("members.usual_plan")}}
	for _, p := range v.cat.Plans() {
		options = append(options, ui.Option{Value: p.ID.String(), Label: v.name(p.NameJA, p.NameEN)})
	}
	return options
}

func memberForm(a *auth.Account) ui.Form {
	values := url.Values{"name": {a.Name}, "kana": {a.Kana}, "email": {a.Email}, "locale": {a.Locale}, "role": {string(a.Role)}, "sites": a.Sites}
	if a.HomeSite != nil {
		values.Set("home_site", *a.HomeSite)
	}
	if a.CompanyID != nil {
		values.Set("company", strconv.Itoa(*a.CompanyID))
	}
	if a.PlanID != nil {
		values.Set("plan", a.PlanID.String())
	}
	return ui.NewForm(values)
}

// readMember returns what puts the form into an account.
func (v *visit) readMember(form ui.Form) (func(*auth.Account), error) {
	f := &fields{form: form}
	name, kana, email := f.needed("name", 100), f.text("kana", 100), f.needed("email", 254)
	lang, home := f.one("locale", "ja", "en"), f.form.Value("home_site")
	company, plan, role := f.key("company"), f.id("plan"), models.RoleMember
	if v.who.Admin() {
		role = models.Role(f.one("role", string(models.RoleMember), string(models.RoleManager), string(models.RoleStaff), string(models.RoleAdmin)))
	}
	return func(a *auth.Account) {
		a.Name, a.Kana, a.Email, a.Locale, a.HomeSite = name, kana, email, lang, nil
		if home != "" {
			a.HomeSite = &home
		}
		if staff.admits(v.who) == nil {
			a.CompanyID, a.PlanID = company, plan
		}
		if v.who.Admin() {
			a.Role, a.Sites = role, form.Values["sites"]
		}
	}, f.err
}

// memberDeeds are what can be done about an account.
func (v *visit) memberDeeds(a *auth.Account) []ui.Deed {
	path := membersPath + "/" + a.ID.String()
	var deeds []ui.Deed
	if staff.admits(v.who) == nil {
		deeds = append(deeds, ui.Deed{Icon: "key", Label: "members.link", Text: v.t("members.link_text"), URL: path + "/link"})
	}
	if a.Suspended {
		deeds = append(deeds, ui.Deed{Icon: "undo", Label: "members.restore", Text: v.t("members.restore_text"), URL: path + "/restore"})
	} else {
		deeds = append(deeds, ui.Deed{
			Icon: "lock", Label: "members.suspend", Text: v.t("members.suspend_text"), URL: path + "/suspend", Danger: true,
			Fields: withdrawFields, Form: withdrawForm(),
		})
	}
	if v.who.Admin() {
		deeds = append(deeds, v.mergeDeed(path))
		deeds = append(deeds, ui.Deed{Icon: "bin", Label: "members.erase", Text: v.t("members.erase_text"), URL: path + "/erase", Danger: true})
	}
	return deeds
}

// newMember serves GET /admin/members/new.
func (p *Pages) newMember(v *visit) error { return p.showForm(v, http.StatusOK, v.memberPage(nil)) }

// createMember serves POST /admin/members. A manager's new member is of the
// company.
func (p *Pages) createMember(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	account := auth.Account{Member: models.Member{Role: models.RoleMember}}
	if v.who.Manages(v.who.Company()) {
		account.CompanyID = v.who.Member.CompanyID
	}
	change, err := v.readMember(form)
	if err == nil {
		change(&account)
		err = p.Auth.CreateAccount(v.ctx(), v.who, &account, "")
	}
	if err != nil {
		return p.refuseForm(v, v.memberPage(nil), form, err)
	}
	done := "member_created"
	if staff.admits(v.who) != nil {
		done = "colleague_created" // only the desk makes the link to sign in with
	}
	return v.redirect(membersPath + "/" + account.ID.String() + "?done=" + done)
}

// account returns the account that the address names.
func (p *Pages) accountOf(v *visit) (auth.Account, error) {
	id, err := v.id("id")
	if err != nil {
		return auth.Account{}, err
	}
	return p.Auth.Account(v.ctx(), v.who, id)
}

// member serves GET /admin/members/:id.
func (p *Pages) member(v *visit) error {
	a, err := p.accountOf(v)
	if err != nil {
		return err
	}
	page := v.memberPage(&a)
	if page.Listings, err = p.comingListing(v, page.Target, a.ID); err != nil {
		return err
	}
	return p.showForm(v, http.StatusOK, page)
}

// saveMember serves POST /admin/members/:id.
func (p *Pages) saveMember(v *visit) error {
	return p.onMember(v, "", func(a auth.Account, form ui.Form) error {
		change, err := v.readMember(form)
		if err == nil {
			_, err = p.Auth.UpdateAccount(v.ctx(), v.who, a.ID, matchOf(form), change)
		}
		return err
	})
}
