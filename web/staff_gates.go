package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"kyoten/access"
	"kyoten/access/entry"
	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/web/ui"
)

const gatesPath = "/admin/gates"

// gates serves GET /admin/gates: the doors of a site and how they are.
func (p *Pages) gates(v *visit) error {
	page, _, err := p.gatesPage(v)
	if err != nil {
		return err
	}
	return p.showList(v, page)
}

func (p *Pages) gatesPage(v *visit) (listPage, *models.Site, error) {
	shell, site, err := v.staffPage("admin.gates")
	if err != nil {
		return listPage{}, nil, err
	}
	rows, err := p.Access.Gates(v.ctx(), v.who)
	if err != nil {
		return listPage{}, nil, err
	}
	page := listPage{staffPage: shell, Path: gatesPath, OfSite: true, Intro: shell.SiteName + " · " + v.t("gates.mode_"+string(site.Mode))}
	if v.who.Admin() {
		page.Actions = v.add("gates.add", gatesPath+"/new"+siteQuery(site.Slug))
	}
	list := ui.Listing{None: "gates.none", Columns: ui.Columns(v.t("reports.name"), v.t("presence.state"), v.t("gates.way"), v.t("gates.last_seen"), v.t("gates.clock"), "#"+v.t("gates.queue"))}
	for _, g := range rows {
		if g.Site == site.Slug {
			list.Lines = append(list.Lines, v.gateLine(p, g, site))
		}
	}
	page.Listings = []ui.Listing{list}
	page.Deeds = []ui.Deed{v.modeDeed(site)}
	return page, site, nil
}

func (v *visit) gateLine(p *Pages, g models.Gate, site *models.Site) ui.Line {
	return ui.Line{URL: gatesPath + "/" + g.ID.String(), Cells: []ui.Cell{
		{Text: g.Name, Typed: true},
		v.gateState(p, g),
		{Text: v.t("gates.direction_" + g.Direction), Small: v.wayOf(g)},
		{Text: v.lastSeen(g, site)},
		{Text: v.clockState(g)},
		{Text: strconv.Itoa(g.QueueLength), Number: true},
	}}
}

// gateState is how a gate is, as a badge.
func (v *visit) gateState(p *Pages, g models.Gate) ui.Cell {
	switch {
	case g.RevokedAt != nil:
		return ui.Cell{Text: v.t("gates.revoked"), Badge: "danger", Icon: "lock"}
	case !g.Enrolled():
		return ui.Cell{Text: v.t("gates.not_enrolled"), Badge: "plain", Icon: "wait"}
	case p.Access.Online(g) && len(p.Access.Problems(g)) > 0:
		return ui.Cell{Text: v.t("gates.trouble"), Badge: "danger", Icon: "warning"}
	case p.Access.Online(g):
		return ui.Cell{Text: v.t("gates.online"), Badge: "ok", Icon: "check"}
	}
	return ui.Cell{Text: v.t("gates.offline"), Badge: "warn", Icon: "offline"}
}

// troubles says what is wrong at a door and what to do about it, nil when there is
// nothing.
func (v *visit) troubles(p *Pages, g models.Gate) *ui.Notice {
	problems := p.Access.Problems(g)
	if len(problems) == 0 || !g.Active() {
		return nil
	}
	var told []string
	for _, name := range problems {
		switch name {
		case entry.ProblemJournal, entry.ProblemDisk, entry.ProblemRelay, entry.ProblemScanner, entry.ProblemSelfTest, entry.ProblemState,
			entry.ProblemClock, entry.ProblemDoubled, entry.ProblemRestarts:
			name = v.t("gates.problem_" + name)
		}
		told = append(told, name) // a newer agent's problem has no words here
	}
	return &ui.Notice{Kind: "danger", Title: v.t("gates.trouble"), Text: strings.Join(told, " ")}
}

// wayOf says from where to where a gate leads.
func (v *visit) wayOf(g models.Gate) string {
	from := v.t("zones.outside")
	if g.FromZone != nil {
		from = v.zoneName(*g.FromZone)
	}
	return from + " → " + v.zoneName(g.ToZone)
}

func (v *visit) lastSeen(g models.Gate, site *models.Site) string {
	if g.LastSeenAt == nil {
		return "–"
	}
	return locale.DateTime(v.lang, *g.LastSeenAt, site.Location())
}

func (v *visit) clockState(g models.Gate) string {
	if g.ClockState == "" {
		return "–"
	}
	return v.t("gates.clock_" + g.ClockState)
}

// modeDeed changes how the doors of a site behave.
func (v *visit) modeDeed(site *models.Site) ui.Deed {
	var modes []ui.Option
	for _, mode := range []models.SiteMode{models.ModeNormal, models.ModeLockdown, models.ModeEvacuation} {
		modes = append(modes, ui.Option{Value: string(mode), Label: v.t("gates.mode_" + string(mode))})
	}
	return ui.Deed{
		Icon: "shield", Label: "gates.mode", Button: "gates.mode_set", Text: v.t("gates.mode_text"), URL: gatesPath + "/mode" + siteQuery(site.Slug), Danger: true,
		Form: ui.NewForm(url.Values{"mode": {string(site.Mode)}}),
		Fields: []ui.Field{
			{Name: "mode", Type: "choices", Label: "gates.mode", Options: modes, Wide: true}, {Name: "reason", Label: "presence.reason", Required: true, Longest: "300", Wide: true},
		},
	}
}

// setMode serves POST /admin/gates/mode.
func (p *Pages) setMode(v *visit) error {
	page, site, err := p.gatesPage(v)
	if err != nil {
		return err
	}
	form, err := v.form()
	if err != nil {
		return err
	}
	f := &fields{form: form}
	reason, mode := f.needed("reason", 300), f.one("mode", string(models.ModeNormal), string(models.ModeLockdown), string(models.ModeEvacuation))
	if err = f.err; err == nil {
		err = p.Access.SetMode(v.ctx(), v.who, site.Slug, models.SiteMode(mode), reason)
	}
	if err != nil {
		return p.refuseList(v, page, form, err)
	}
	return v.redirect(gatesPath + siteQuery(site.Slug) + "&done=mode_set")
}

// newGate serves GET /admin/gates/new.
func (p *Pages) newGate(v *visit) error {
	page, _, err := v.newGatePage()
	if err != nil {
		return err
	}
	return p.showForm(v, http.StatusOK, page)
}

func (v *visit) newGatePage() (formPage, *models.Site, error) {
	shell, site, err := v.staffPage("admin.gates")
	if err != nil {
		return formPage{}, nil, err
	}
	shell.Title = v.t("gates.add")
	page := formPage{
		staffPage: shell, Intro: shell.SiteName, Target: gatesPath, Save: "gates.make", Back: v.link("admin.gates", gatesPath+siteQuery(site.Slug)),
		Form: ui.NewForm(url.Values{"direction": {"both"}, "exit_opens": {"always"}, "to_zone": numeral(v.cat.OuterZone(site.Slug))}),
	}
	var zones []ui.Option
	for _, z := range v.cat.ZonesAt(site.Slug) {
		zones = append(zones, ui.Option{Value: strconv.Itoa(z.ID), Label: v.name(z.NameJA, z.NameEN)})
	}
	var ways, opens []ui.Option
	for _, way := range []string{"entry", "exit", "both"} {
		ways = append(ways, ui.Option{Value: way, Label: v.t("gates.direction_" + way)})
	}
	for _, open := range []string{"always", "authentic"} {
		opens = append(opens, ui.Option{Value: open, Label: v.t("gates.exit_" + open)})
	}
	page.Sections = []ui.Section{{Fields: []ui.Field{
		{Name: "name", Label: "reports.name", Required: true, Longest: "100"},
		{Name: "from_zone", Type: "select", Label: "gates.from", Options: append([]ui.Option{{Label: v.t("zones.outside")}}, zones...)},
		{Name: "to_zone", Type: "select", Label: "gates.to", Options: zones},
		{Name: "direction", Type: "choices", Label: "gates.way", Options: ways, Wide: true},
		{Name: "exit_opens", Type: "choices", Label: "gates.exit_opens", Options: opens, Wide: true},
	}}}
	return page, site, nil
}

// createGate serves POST /admin/gates. The enrolment code stands on the answer
// and nowhere else.
func (p *Pages) createGate(v *visit) error {
	page, site, err := v.newGatePage()
	if err != nil {
		return err
	}
	form, err := v.form()
	if err != nil {
		return err
	}
	f := &fields{form: form}
	req := access.GateRequest{
		Site: site.Slug, Name: f.needed("name", 100), FromZone: f.key("from_zone"), Direction: f.one("direction", "entry", "exit", "both"), ExitOpens: f.one("exit_opens", "always", "authentic"),
	}
	if to := f.key("to_zone"); to != nil {
		req.ToZone = *to
	}
	var made access.Enrolment
	if err = f.err; err == nil {
		made, err = p.Access.CreateGate(v.ctx(), v.who, req)
	}
	if err != nil {
		return p.refuseForm(v, page, form, err)
	}
	return p.showGate(v, made.Gate, site, &made)
}

// gate returns the gate of the address, which is at a site the reader runs.
func (p *Pages) gate(v *visit) (models.Gate, *models.Site, error) {
	id, err := v.id("id")
	if err != nil {
		return models.Gate{}, nil, err
	}
	g, err := p.Store.Gate(v.ctx(), id)
	if err == nil && !v.who.Runs(g.Site) {
		err = models.ErrNotFound
	}
	if err != nil {
		return g, nil, err
	}
	site, err := v.cat.Site(g.Site)
	return g, site, err
}

// gateDetail serves GET /admin/gates/:id.
func (p *Pages) gateDetail(v *visit) error {
	g, site, err := p.gate(v)
	if err != nil {
		return err
	}
	return p.showGate(v, g, site, nil)
}

// showGate draws a gate; made is its enrolment where it was just made.
func (p *Pages) showGate(v *visit, g models.Gate, site *models.Site, made *access.Enrolment) error {
	page, err := p.gatePage(v, g, site, made)
	if err != nil {
		return err
	}
	return p.showForm(v, http.StatusOK, page)
}

// quarantinedShown is how many events that were set aside stand on a gate's page,
// and quarantinedLength how many characters of each. The API has the rest.
const quarantinedShown, quarantinedLength = 20, 300

// quarantined lists what a gate sent and could not be stored.
func (v *visit) quarantined(events []models.QuarantinedEvent, site *models.Site) ui.Listing {
	list := ui.Listing{
		Title: v.t("gates.quarantined"), Prose: true,
		Columns: ui.Columns(v.t("audit.when"), v.t("gates.quarantined_why"), v.t("gates.quarantined_event")),
	}
	for _, e := range events[:min(len(events), quarantinedShown)] {
		text := []rune(e.Body)
		if len(text) > quarantinedLength {
			text = append(text[:quarantinedLength], '…')
		}
		list.Lines = append(list.Lines, ui.Line{Cells: []ui.Cell{
			{Text: locale.DateTime(v.lang, e.ReceivedAt, site.Location())}, {Text: v.t("gates.quarantined_" + e.Result)}, {Text: string(text), Typed: true},
		}})
	}
	return list
}

func (p *Pages) gatePage(v *visit, g models.Gate, site *models.Site, made *access.Enrolment) (formPage, error) {
	page := formPage{staffPage: v.deskPage("admin.gates"), Back: v.link("admin.gates", gatesPath+siteQuery(site.Slug)), Target: gatesPath + "/" + g.ID.String()}
	page.Title, page.Intro, page.Here = g.Name, v.siteName(site.Slug), page.Target
	page.Facts = []ui.Fact{
		{Name: v.t("presence.state"), Value: v.gateState(p, g).Text},
		{Name: v.t("gates.way"), Value: v.t("gates.direction_"+g.Direction) + " · " + v.wayOf(g), Typed: true},
		{Name: v.t("gates.last_seen"), Value: v.lastSeen(g, site)},
		{Name: v.t("gates.clock"), Value: v.clockState(g)},
		{Name: v.t("gates.queue"), Value: strconv.Itoa(g.QueueLength)},
	}
	if page.Notice == nil { // what was just done comes first
		page.Notice = v.troubles(p, g)
	}
	if made != nil {
		page.Notice = &ui.Notice{Kind: "ok", Title: v.t("gates.code", map[string]any{"code": made.Code}), Text: v.t("gates.code_text", map[string]any{
			"time": locale.Time(made.ExpiresAt, site.Location()), "page": v.r.Host + "/kiosk",
		})}
	}
	if g.Active() {
		page.Deeds = v.gateDeeds(g, page.Target)
	}
	aside, err := p.Access.Quarantined(v.ctx(), v.who, g.ID)
	if len(aside) > 0 {
		page.Listings = append(page.Listings, v.quarantined(aside, site))
	}
	return page, err
}
