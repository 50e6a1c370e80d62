package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"kyoten/models"
	"kyoten/web/ui"
)

const companiesPath = "/admin/companies"

// companies serves GET /admin/companies.
func (p *Pages) companies(v *visit) error {
	page := listPage{staffPage: v.deskPage("admin.companies"), Path: companiesPath}
	if v.who.Admin() {
		page.Actions = v.add("companies.add", companiesPath+"/new")
	}
	list := ui.Listing{
		None: "companies.none", Columns: ui.Columns(v.t("reports.name"), v.t("member.plan"), "#"+v.t("companies.month"), v.t("companies.standing"), v.t("presence.state")),
	}
	for _, c := range v.cat.Companies() {
		list.Lines = append(list.Lines, v.companyLine(c))
	}
	page.Listings = []ui.Listing{list}
	return p.showList(v, page)
}

func (v *visit) companyLine(c *models.Company) ui.Line {
	plan := v.t("members.usual_plan")
	if c.PlanID != nil {
		if own, err := v.cat.Plan(*c.PlanID); err == nil {
			plan = v.name(own.NameJA, own.NameEN)
		}
	}
	state := ui.Cell{Text: v.t("members.active"), Badge: "ok", Icon: "check"}
	if c.SuspendedAt != nil {
		state = ui.Cell{Text: v.t("members.suspended"), Badge: "danger", Icon: "lock"}
	}
	return ui.Line{URL: companiesPath + "/" + strconv.Itoa(c.ID), Cells: []ui.Cell{
		{Text: v.name(c.NameJA, c.NameEN), Small: c.Kana, Typed: true}, {Text: plan}, {Text: v.limit(c.MinutesPerMonth), Number: true}, {Text: v.yesNo(c.StandingAccess)}, state,
	}}
}

// limit writes an allowance in hours, a dash for none.
func (v *visit) limit(minutes int) string {
	if minutes == 0 {
		return "–"
	}
	return v.hoursWords(minutes)
}

func (v *visit) yesNo(yes bool) string {
	if yes {
		return v.t("common.yes")
	}
	return v.t("common.no")
}

// companyPage is the page of a company; c is nil for a new one.
func (v *visit) companyPage(c *models.Company) formPage {
	page := formPage{staffPage: v.deskPage("admin.companies"), Back: v.link("admin.companies", companiesPath), Target: companiesPath}
	page.Title = v.t("companies.add")
	if v.who.Admin() {
		page.Sections = v.companySections()
	}
	if c == nil {
		return page
	}
	id := strconv.Itoa(c.ID)
	page.Title, page.Version, page.Target, page.Form = v.name(c.NameJA, c.NameEN), c.Version, companiesPath+"/"+id, companyForm(c)
	page.Here = page.Target
	page.Actions = []ui.Action{v.link("companies.members", membersPath+"?company="+id), v.link("statement.title", statementPath+"?company="+id)}
	if v.who.Admin() {
		page.Deeds = v.companyDeeds(c, page.Target)
	}
	return page
}

func (v *visit) companySections() []ui.Section {
	return []ui.Section{
		{Fields: []ui.Field{
			{Name: "name_ja", Label: "form.name_ja", Required: true, Longest: "100"},
			{Name: "name_en", Label: "form.name_en", Optional: true, Longest: "100"},
			{Name: "kana", Label: "member.kana", Optional: true, Longest: "100"},
		}},
		{Title: "members.terms", Fields: []ui.Field{
			{Name: "plan", Type: "select", Label: "member.plan", Options: v.planOptions()},
			{Name: "minutes_per_week", Type: "number", Label: "companies.minutes_week", Hint: "plans.zero_none", Min: "0"},
			{Name: "minutes_per_month", Type: "number", Label: "companies.minutes_month", Hint: "plans.zero_none", Min: "0"},
			{Name: "standing_access", Type: "checkbox", Label: "plans.standing", Wide: true},
		}},
	}
}

func companyForm(c *models.Company) ui.Form {
	values := url.Values{
		"name_ja": {c.NameJA}, "name_en": {c.NameEN}, "kana": {c.Kana}, "standing_access": ticked(c.StandingAccess),
		"minutes_per_week": numeral(c.MinutesPerWeek), "minutes_per_month": numeral(c.MinutesPerMonth),
	}
	if c.PlanID != nil {
		values.Set("plan", c.PlanID.String())
	}
	return ui.NewForm(values)
}

func readCompany(form ui.Form) (func(*models.Company), error) {
	f := &fields{form: form}
	ja, en, kana := f.needed("name_ja", 100), f.text("name_en", 100), f.text("kana", 100)
	week, month, plan := f.number("minutes_per_week", 0, 10_000_000), f.number("minutes_per_month", 0, 10_000_000), f.id("plan")
	return func(c *models.Company) {
		c.NameJA, c.NameEN, c.Kana, c.PlanID = ja, en, kana, plan
		c.MinutesPerWeek, c.MinutesPerMonth, c.StandingAccess = week, month, f.yes("standing_access")
	}, f.err
}

func (v *visit) companyDeeds(c *models.Company, path string) []ui.Deed {
	suspension := ui.Deed{Icon: "lock", Label: "companies.suspend", Text: v.t("companies.suspend_text"), URL: path + "/suspend", Danger: true, Fields: withdrawFields, Form: withdrawForm()}
	if c.SuspendedAt != nil {
		suspension = ui.Deed{Icon: "undo", Label: "companies.restore", Text: v.t("companies.restore_text"), URL: path + "/restore"}
	}
	return []ui.Deed{suspension, {Icon: "bin", Label: "form.delete", Text: v.t("companies.delete_text"), URL: path + "/delete", Danger: true}}
}

// newCompany serves GET /admin/companies/new.
func (p *Pages) newCompany(v *visit) error { return p.showForm(v, http.StatusOK, v.companyPage(nil)) }

// createCompany serves POST /admin/companies.
func (p *Pages) createCompany(v *visit) error {
	var c models.Company
	return p.create(v, v.companyPage(nil), func(form ui.Form) (string, error) {
		change, err := readCompany(form)
		if err != nil {
			return "", err
		}
		change(&c)
		err = p.Places.CreateCompany(v.ctx(), v.who, &c)
		return companiesPath + "/" + strconv.Itoa(c.ID), err
	})
}

// company returns the company that the address names.
func (v *visit) company() (*models.Company, error) {
	c, err := v.cat.Company(v.number("id"))
	if err != nil || !v.who.SeesTerms(c.ID) {
		return nil, models.ErrNotFound
	}
	return c, nil
}

// companyDetail serves GET /admin/companies/:id.
func (p *Pages) companyDetail(v *visit) error {
	c, err := v.company()
	if err != nil {
		return err
	}
	page := v.companyPage(c)
	people, err := p.Store.PeopleOf(v.ctx(), c.ID)
	if err != nil {
		return err
	}
	if page.Listings, err = p.comingListing(v, page.Target, people...); err != nil {
		return err
	}
	return p.showForm(v, http.StatusOK, page)
}

// saveCompany serves POST /admin/companies/:id.
func (p *Pages) saveCompany(v *visit) error {
	c, err := v.company()
	if err != nil {
		return err
	}
	return p.save(v, v.companyPage(c), func(form ui.Form) error {
		change, err := readCompany(form)
		if err == nil {
			_, err = p.Places.UpdateCompany(v.ctx(), v.who, c.ID, matchOf(form), change)
		}
		return err
	})
}

// suspendCompany serves POST /admin/companies/:id/suspend and /restore.
func (p *Pages) suspendCompany(on bool) handler {
	return func(v *visit) error {
		c, err := v.company()
		if err != nil {
			return err
		}
		return p.save(v, v.companyPage(c), func(form ui.Form) error {
			return p.Store.Enclose(v.ctx(), func(ctx context.Context) error {
				_, err := p.Places.UpdateCompany(ctx, v.who, c.ID, nil, func(c *models.Company) { c.Suspend(on, v.now) })
				if err != nil || !on {
					return err
				}
				people, err := p.Store.PeopleOf(ctx, c.ID)
				if err != nil {
					return err
				}
				return p.withdraw(ctx, v, form, people...)
			})
		})
	}
}

// deleteCompany serves POST /admin/companies/:id/delete.
func (p *Pages) deleteCompany(v *visit) error {
	c, err := v.company()
	if err != nil {
		return err
	}
	return p.remove(v, v.companyPage(c), func() error { return p.Places.DeleteCompany(v.ctx(), v.who, c.ID) })
}
