package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"kyoten/auth"
	"kyoten/booking"
	"kyoten/models"
	"kyoten/web/ui"
)

// mergeDeed asks for the account that is to go into the one of the page.
func (v *visit) mergeDeed(path string) ui.Deed {
	return ui.Deed{
		Icon: "people", Label: "members.merge", Button: "members.merge_look", Text: v.t("members.merge_text"), URL: path + "/merge",
		Fields: []ui.Field{{Name: "merge", Type: "email", Label: "members.merge_address", Required: true, Longest: "254"}}, Form: ui.NewForm(nil),
	}
}

// mergeMember serves POST /admin/members/:id/merge: the account that the form
// names goes into this one. What would move is shown first, with a button that
// moves it; it says for which account, since addresses change hands.
func (p *Pages) mergeMember(v *visit) error {
	a, form, err := p.formOn(v)
	if err != nil {
		return err
	}
	gone, err := p.memberAt(v, "merge", form.Value("merge"))
	if err != nil {
		return p.refuseForm(v, v.memberPage(&a), form, err)
	}
	confirmed := form.Value("confirmed") == gone.ID.String()
	merge := p.Booking.PreviewMerge
	if confirmed {
		merge = p.Booking.Merge
	}
	merged, err := merge(v.ctx(), v.who, a.ID, gone.ID)
	switch {
	case err != nil:
		return p.refuseForm(v, v.memberPage(&a), form, err)
	case confirmed:
		return v.redirect(membersPath + "/" + a.ID.String() + "?done=merged")
	}
	return p.showMerge(v, &a, &gone, merged)
}

// showMerge draws what merging would do.
func (p *Pages) showMerge(v *visit, kept *auth.Account, gone *models.Member, merged booking.Merged) error {
	path := membersPath + "/" + kept.ID.String()
	page := formPage{staffPage: v.deskPage("admin.members"), Back: ui.Action{Label: kept.Name, URL: path}, Target: path + "/merge", Save: "members.merge_confirm"}
	page.Title, page.Here = v.t("members.merge"), path
	page.Intro = v.t("members.merge_seen")
	page.Facts = append([]ui.Fact{
		{Name: v.t("members.merge_kept"), Value: kept.Name + " " + kept.Email, Typed: true},
		{Name: v.t("members.merge_gone"), Value: gone.Name + " " + gone.Email, Typed: true},
	}, v.movedFacts(merged)...)
	page.Facts = append(page.Facts, v.gainedFacts(&kept.Member, &merged)...)
	page.Sections = []ui.Section{{Hint: "members.merge_ends", Fields: []ui.Field{{Name: "merge", Type: "hidden"}, {Name: "confirmed", Type: "hidden"}}}}
	page.Form = ui.NewForm(url.Values{"merge": {gone.Email}, "confirmed": {gone.ID.String()}})
	if len(merged.Misfits) > 0 {
		page.Notice = &ui.Notice{Kind: "warn", Text: v.t("members.merge_misfits", map[string]any{"number": len(merged.Misfits)})}
		page.Above = []ui.Listing{v.misfitListing(merged.Misfits)}
	}
	return p.showForm(v, http.StatusOK, page)
}

// movedFacts counts what moves, and leaves out what there is none of.
func (v *visit) movedFacts(m booking.Merged) []ui.Fact {
	var facts []ui.Fact
	for _, of := range []struct {
		name string
		n    int
	}{
		{"bookings", len(m.Moved.Bookings)},
		{"series", len(m.Moved.Series)},
		{"wishes", len(m.Moved.Wishes)},
		{"passes", len(m.Moved.Passes)},
		{"visits", m.Moved.Visits},
		{"seats", len(m.Moved.Seats)},
		{"tokens", len(m.Moved.Tokens)},
		{"revocations", len(m.Moved.Blocks)},
	} {
		if of.n == 0 {
			continue
		}
		fact := ui.Fact{Name: v.t("members.moves_" + of.name), Value: strconv.Itoa(of.n)}
		if of.name == "bookings" {
			fact.Value = v.t("members.moves_coming", map[string]any{"number": of.n, "coming": m.Coming})
		}
		facts = append(facts, fact)
	}
	if len(facts) == 0 {
		return []ui.Fact{{Name: v.t("members.moves"), Value: v.t("members.moves_nothing")}}
	}
	return facts
}

// gainedFacts says what the account that is kept has afterwards and has not now.
func (v *visit) gainedFacts(before *models.Member, m *booking.Merged) []ui.Fact {
	var facts []ui.Fact
	if after := m.Member; after.Role != before.Role || len(m.Sites) > 0 {
		role := v.t("role." + string(after.Role))
		if sites := v.siteNames(m.Sites); len(sites) > 0 {
			role += " (" + strings.Join(sites, ", ") + ")"
		}
		facts = append(facts, ui.Fact{Name: v.t("members.merge_then", map[string]any{"what": v.t("members.role")}), Value: role})
	}
	if company := m.Member.Company(); company != before.Company() {
		facts = append(facts, ui.Fact{Name: v.t("members.merge_then", map[string]any{"what": v.t("member.company")}), Value: v.companyName(company), Typed: true})
	}
	if before.PlanID == nil && m.Member.PlanID != nil {
		if plan, err := v.cat.Plan(*m.Member.PlanID); err == nil {
			facts = append(facts, ui.Fact{Name: v.t("members.merge_then", map[string]any{"what": v.t("member.plan")}), Value: v.name(plan.NameJA, plan.NameEN), Typed: true})
		}
	}
	return facts
}
