package web

import (
	"net/http"
	"net/url"
	"strings"

	"kyoten/booking"
	"kyoten/models"
	"kyoten/web/ui"
)

const plansPath = "/admin/plans"

// ruleFields are the numbers of a plan's rule, by the name of their field.
var ruleFields = []struct {
	name string
	most int
	of   func(*models.PlanRule) *int
}{
	{"horizon_days", 3650, func(r *models.PlanRule) *int { return &r.HorizonDays }},
	{"notice_minutes", 525600, func(r *models.PlanRule) *int { return &r.NoticeMinutes }},
	{"min_minutes", 525600, func(r *models.PlanRule) *int { return &r.MinMinutes }},
	{"max_minutes", 525600, func(r *models.PlanRule) *int { return &r.MaxMinutes }},
	{"max_open", 100000, func(r *models.PlanRule) *int { return &r.MaxOpen }},
	{"minutes_per_week", 10080, func(r *models.PlanRule) *int { return &r.MinutesPerWeek }},
	{"minutes_per_month", 44640, func(r *models.PlanRule) *int { return &r.MinutesPerMonth }},
	{"buffer_minutes", 1440, func(r *models.PlanRule) *int { return &r.BufferMinutes }},
	{"cancel_notice_minutes", 525600, func(r *models.PlanRule) *int { return &r.CancelNoticeMinutes }},
	{"grace_minutes", 1440, func(r *models.PlanRule) *int { return &r.GraceMinutes }},
}

// planKinds are the kinds of space a plan has rules for.
var planKinds = []models.Kind{models.KindSeat, models.KindRoom}

// plans serves GET /admin/plans.
func (p *Pages) plans(v *visit) error {
	page := listPage{staffPage: v.deskPage("admin.plans"), Path: plansPath, Actions: v.add("plans.add", plansPath+"/new")}
	list := ui.Listing{Columns: ui.Columns(v.t("reports.name"), v.t("plans.sites"), v.t("site.seats"), v.t("site.rooms"), "")}
	for _, plan := range v.cat.Plans() {
		sites := v.t("admin.all_sites")
		if !plan.AllSites {
			sites = strings.Join(v.siteNames(plan.Sites), ", ")
		}
		usual := ui.Cell{}
		if plan.IsDefault {
			usual = ui.Cell{Text: v.t("plans.default"), Badge: "accent", Icon: "check"}
		}
		list.Lines = append(list.Lines, ui.Line{URL: plansPath + "/" + plan.ID.String(), Cells: []ui.Cell{
			{Text: v.name(plan.NameJA, plan.NameEN), Typed: true}, {Text: sites}, {Text: v.ruleWords(plan, models.KindSeat)}, {Text: v.ruleWords(plan, models.KindRoom)}, usual,
		}})
	}
	page.Listings = []ui.Listing{list}
	return p.showList(v, page)
}

// ruleWords sums up what a plan allows.
func (v *visit) ruleWords(plan *models.Plan, kind models.Kind) string {
	rule, ok := plan.Rules[kind]
	if !ok {
		return v.t("plans.not_bookable")
	}
	return v.t("plans.rule_words", map[string]any{"days": rule.HorizonDays, "hours": v.limit(rule.MaxMinutes)})
}

// planPage is the page of a plan; plan is nil for a new one.
func (v *visit) planPage(plan *models.Plan) formPage {
	page := formPage{
		staffPage: v.deskPage("admin.plans"), Back: v.link("admin.plans", plansPath), Target: plansPath, Sections: v.planSections(),
		Form: ui.NewForm(url.Values{"all_sites": {"yes"}, "max_guests": {"10"}, "rules/seat": {"yes"}, "rules/room": {"yes"}}),
	}
	page.Title = v.t("plans.add")
	if plan == nil {
		return page
	}
	page.Title, page.Version, page.Target, page.Form = v.name(plan.NameJA, plan.NameEN), plan.Version, plansPath+"/"+plan.ID.String(), planForm(plan)
	page.Here = page.Target
	page.Try = &ui.Option{Value: "try", Label: v.t("plans.try")}
	page.Deeds = []ui.Deed{{Icon: "bin", Label: "form.delete", Text: v.t("plans.delete_text"), URL: page.Target + "/delete", Danger: true}}
	return page
}

func (v *visit) planSections() []ui.Section {
	sections := []ui.Section{{Fields: []ui.Field{
		{Name: "name_ja", Label: "form.name_ja", Required: true, Longest: "100"},
		{Name: "name_en", Label: "form.name_en", Optional: true, Longest: "100"},
		{Name: "is_default", Type: "checkbox", Label: "plans.is_default", Wide: true},
		{Name: "all_sites", Type: "checkbox", Label: "plans.all_sites", Wide: true},
		{Name: "sites", Type: "checks", Label: "plans.sites", Hint: "plans.sites_hint", Options: v.siteOptions(), Wide: true},
		{Name: "standing_access", Type: "checkbox", Label: "plans.standing", Wide: true},
		{Name: "max_guests", Type: "number", Label: "plans.max_guests", Min: "0"},
		{Name: "no_show_limit", Type: "number", Label: "plans.no_show_limit", Hint: "plans.zero_never", Min: "0"},
		{Name: "no_show_pause_days", Type: "number", Label: "plans.no_show_pause_days", Min: "0"},
	}}}
	for _, kind := range planKinds {
		at := "rules/" + string(kind)
		rule := ui.Section{Title: "plans.rules_" + string(kind), Hint: "plans.zero_none", Fields: []ui.Field{{Name: at, Type: "checkbox", Label: "plans.bookable", Wide: true}}}
		for _, number := range ruleFields {
			rule.Fields = append(rule.Fields, ui.Field{Name: at + "/" + number.name, Type: "number", Label: "plans." + number.name, Min: "0"})
		}
		sections = append(sections, rule)
	}
	return sections
}

func planForm(plan *models.Plan) ui.Form {
	values := url.Values{
		"name_ja": {plan.NameJA}, "name_en": {plan.NameEN}, "is_default": ticked(plan.IsDefault), "all_sites": ticked(plan.AllSites), "sites": plan.Sites,
		"standing_access": ticked(plan.StandingAccess), "max_guests": numeral(plan.MaxGuests), "no_show_limit": numeral(plan.NoShowLimit),
		"no_show_pause_days": numeral(plan.NoShowPauseDays),
	}
	for kind, rule := range plan.Rules {
		values["rules/"+string(kind)] = ticked(true)
		for _, number := range ruleFields {
			values["rules/"+string(kind)+"/"+number.name] = numeral(*number.of(&rule))
		}
	}
	return ui.NewForm(values)
}

func readPlan(form ui.Form) (func(*models.Plan), error) {
	f := &fields{form: form}
	ja, en := f.needed("name_ja", 100), f.text("name_en", 100)
	guests, limit, pause := f.number("max_guests", 0, 1000), f.number("no_show_limit", 0, 1000), f.number("no_show_pause_days", 0, 3650)
	rules := map[models.Kind]models.PlanRule{}
	for _, kind := range planKinds {
		at := "rules/" + string(kind)
		if !f.yes(at) {
			continue
		}
		var rule models.PlanRule
		for _, number := range ruleFields {
			*number.of(&rule) = f.number(at+"/"+number.name, 0, number.most)
		}
		rules[kind] = rule
	}
	return func(p *models.Plan) {
		p.NameJA, p.NameEN, p.IsDefault, p.AllSites, p.Sites = ja, en, f.yes("is_default"), f.yes("all_sites"), form.Values["sites"]
		p.StandingAccess, p.MaxGuests, p.NoShowLimit, p.NoShowPauseDays, p.Rules = f.yes("standing_access"), guests, limit, pause, rules
	}, f.err
}

// newPlan serves GET /admin/plans/new.
func (p *Pages) newPlan(v *visit) error { return p.showForm(v, http.StatusOK, v.planPage(nil)) }

// createPlan serves POST /admin/plans.
func (p *Pages) createPlan(v *visit) error {
	return p.create(v, v.planPage(nil), func(form ui.Form) (string, error) {
		change, err := readPlan(form)
		if err != nil {
			return "", err
		}
		var plan models.Plan
		change(&plan)
		err = p.Places.CreatePlan(v.ctx(), v.who, &plan)
		return plansPath + "/" + plan.ID.String(), err
	})
}

func (v *visit) plan() (*models.Plan, error) {
	id, err := v.id("id")
	if err != nil {
		return nil, err
	}
	return v.cat.Plan(id)
}

// planDetail serves GET /admin/plans/:id.
func (p *Pages) planDetail(v *visit) error {
	plan, err := v.plan()
	if err != nil {
		return err
	}
	return p.showForm(v, http.StatusOK, v.planPage(plan))
}

// savePlan serves POST /admin/plans/:id. With the other button it is only tried
// out.
func (p *Pages) savePlan(v *visit) error {
	plan, err := v.plan()
	if err != nil {
		return err
	}
	if v.r.PostFormValue("try") != "" {
		return p.tryPlan(v, plan)
	}
	return p.save(v, v.planPage(plan), func(form ui.Form) error {
		change, err := readPlan(form)
		if err == nil {
			_, err = p.Places.UpdatePlan(v.ctx(), v.who, plan.ID, matchOf(form), change)
		}
		return err
	})
}

// tryPlan shows which coming bookings the plan of the form would refuse. Nothing
// is stored, and what was typed stays.
func (p *Pages) tryPlan(v *visit, plan *models.Plan) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	page := v.planPage(plan)
	change, err := readPlan(form)
	if err != nil {
		return p.refuseForm(v, page, form, err)
	}
	changed := *plan // the catalogue's own is everybody's
	change(&changed)
	misfits, err := p.Booking.Misfits(v.ctx(), v.who, &changed)
	if err != nil {
		return err
	}
	page.Form, page.Notice = form, &ui.Notice{Kind: "ok", Text: v.t("plans.try_none")}
	if len(misfits) > 0 {
		page.Notice = &ui.Notice{Kind: "warn", Text: v.t("plans.try_some", map[string]any{"number": len(misfits)})}
		page.Above = []ui.Listing{v.misfitListing(misfits)}
	}
	return p.showForm(v, http.StatusOK, page)
}

// misfitListing lists bookings, each with the rule that would refuse it.
func (v *visit) misfitListing(misfits []booking.Misfit) ui.Listing {
	list := v.bookingListing(nil, v.t("plans.try_list"))
	list.Columns = append(list.Columns, ui.Column{Label: v.t("plans.try_rule")})
	for _, m := range misfits {
		line := v.bookingLine(m.Record)
		line.Cells = append(line.Cells, ui.Cell{Text: v.t("fault." + m.Code + ".title"), Badge: "warn", Icon: "warning"})
		list.Lines = append(list.Lines, line)
	}
	return list
}

// deletePlan serves POST /admin/plans/:id/delete.
func (p *Pages) deletePlan(v *visit) error {
	plan, err := v.plan()
	if err != nil {
		return err
	}
	return p.remove(v, v.planPage(plan), func() error { return p.Places.DeletePlan(v.ctx(), v.who, plan.ID) })
}
