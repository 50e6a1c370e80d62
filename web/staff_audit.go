package web

import (
	"strconv"
	"strings"
	"time"

	"kyoten/internal/fault"
	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/web/ui"
)

const auditPath = "/admin/audit"

// audit serves GET /admin/audit: who did what, and whether the log is whole.
func (p *Pages) audit(v *visit) error {
	page := listPage{
		staffPage: v.deskPage("admin.audit"), Path: auditPath, Form: ui.NewForm(v.r.URL.Query()),
		Filter: []ui.Field{
			{Name: "action", Label: "audit.action", Hint: "audit.action_hint", Longest: "100"},
			{Name: "who", Label: "audit.actor", Hint: "audit.actor_hint", Longest: "254"},
			{Name: "entity_id", Label: "audit.entity", Longest: "100"},
			{Name: "from", Type: "date", Label: "common.first"},
			{Name: "to", Type: "date", Label: "common.last"},
		},
	}
	filter, err := p.auditFilter(v, page.Form)
	if err != nil {
		notice, _, other := v.refused(err, &page.Form)
		if other != nil {
			return other
		}
		page.Refused = notice
		return p.showList(v, page)
	}
	rows, next, err := p.Store.AuditLog(v.ctx(), filter, v.pageOf())
	if err != nil {
		return err
	}
	list, err := p.auditListing(v, rows)
	if err != nil {
		return err
	}
	list.Pager = v.pager(next)
	page.Listings = []ui.Listing{list}
	page.Intro, err = p.auditHead(v)
	if err != nil {
		return err
	}
	page.Deeds = []ui.Deed{{Icon: "shield", Label: "audit.verify", Text: v.t("audit.verify_text"), URL: auditPath + "/verify"}}
	return p.showList(v, page)
}

func (p *Pages) auditHead(v *visit) (string, error) {
	head, err := p.Store.AuditHead(v.ctx())
	if err != nil || head.Seq == 0 {
		return v.t("audit.no_head"), err
	}
	return v.t("audit.head", map[string]any{"seq": head.Seq, "hash": head.Hash[:16]}), nil
}

// auditFilter reads what is searched for; a member is named by mail address.
func (p *Pages) auditFilter(v *visit, form ui.Form) (models.AuditFilter, error) {
	f := models.AuditFilter{Action: strings.TrimSpace(form.Value("action")), EntityID: strings.TrimSpace(form.Value("entity_id"))}
	loc := v.home().Location()
	for name, to := range map[string]*time.Time{"from": &f.Period.StartsAt, "to": &f.Period.EndsAt} {
		text := form.Value(name)
		if text == "" {
			continue
		}
		day, err := models.ParseDay(text)
		if err != nil {
			return f, fieldError(err, name)
		}
		if name == "to" {
			day = day.Add(1)
		}
		*to = day.At(0, loc)
	}
	who := strings.TrimSpace(form.Value("who"))
	if !strings.Contains(who, "@") {
		f.Actor = who
		return f, nil
	}
	m, err := p.memberAt(v, "who", who)
	if err != nil {
		return f, err
	}
	f.Actor = models.Principal{Member: &m}.String()
	return f, nil
}

func (p *Pages) auditListing(v *visit, rows []models.AuditEntry) (ui.Listing, error) {
	list := ui.Listing{None: "audit.none", Columns: ui.Columns(v.t("audit.when"), v.t("audit.action"), v.t("audit.actor"), v.t("audit.entity"), "#"+v.t("audit.seq"))}
	var ids []models.ID
	for _, e := range rows {
		if id, err := models.ParseID(strings.TrimPrefix(e.Actor, "member:")); err == nil {
			ids = append(ids, id)
		}
	}
	people, err := p.Store.Members(v.ctx(), ids)
	for _, e := range rows {
		seq := v.t("audit.unsealed")
		if e.Seq != nil {
			seq = strconv.FormatInt(*e.Seq, 10)
		}
		list.Lines = append(list.Lines, ui.Line{Cells: []ui.Cell{
			{Text: locale.DateTime(v.lang, e.At, v.home().Location())},
			{Text: e.Action, Typed: true},
			{Text: actorName(people, e.Actor), Typed: true},
			{Text: strings.TrimSpace(e.Entity + " " + e.EntityID), Small: strings.TrimPrefix(e.Data, "null"), Typed: true},
			{Text: seq, Number: true},
		}})
	}
	return list, err
}

// actorName names a member who did something; others by what they are.
func actorName(people map[models.ID]models.Member, actor string) string {
	id, err := models.ParseID(strings.TrimPrefix(actor, "member:"))
	if m, known := people[id]; err == nil && known && m.Name != "" {
		return m.Name
	}
	return actor
}

// verifyAudit serves POST /admin/audit/verify: the whole chain is walked.
func (p *Pages) verifyAudit(v *visit) error {
	page := listPage{staffPage: v.deskPage("admin.audit"), Path: auditPath}
	page.Here = auditPath
	head, err := p.Store.VerifyAudit(v.ctx(), models.AuditHead{})
	f := fault.From(err)
	switch {
	case err == nil:
		page.Notice = &ui.Notice{Kind: "ok", Title: v.t("audit.whole", map[string]any{"seq": head.Seq}), Text: head.Hash}
	case f.Is(models.ErrAuditBroken):
		page.Notice = &ui.Notice{Kind: "danger", Title: v.t("audit.broken", map[string]any{"seq": f.Data["seq"]}), Text: v.t("audit.broken_text")}
	default:
		return err
	}
	page.Listings = []ui.Listing{{Add: v.link("admin.audit", auditPath), Title: v.t("audit.log")}}
	return p.showList(v, page)
}
