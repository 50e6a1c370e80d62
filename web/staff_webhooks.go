package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/web/ui"
	"kyoten/webhook"
)

const webhooksPath = "/admin/webhooks"

// webhooks serves GET /admin/webhooks: who else is told of what happens.
func (p *Pages) webhooks(v *visit) error {
	rows, err := p.Webhooks.List(v.ctx(), v.who)
	if err != nil {
		return err
	}
	page := listPage{
		staffPage: v.deskPage("admin.webhooks"), Path: webhooksPath, Intro: v.t("webhooks.intro"), Actions: v.add("webhooks.add", webhooksPath+"/new"),
	}
	list := ui.Listing{None: "webhooks.none", Columns: ui.Columns(
		v.t("webhooks.receiver"), v.t("presence.state"), v.t("book.site"), v.t("webhooks.events"), "#"+v.t("webhooks.waiting"), "#"+v.t("webhooks.given_up"))}
	for _, r := range rows {
		list.Lines = append(list.Lines, ui.Line{URL: webhooksPath + "/" + r.ID.String(), Cells: []ui.Cell{
			{Text: hostOf(r.URL), Small: r.Description, Typed: true},
			v.webhookState(r),
			{Text: v.webhookSite(r.Site)},
			{Text: strconv.Itoa(len(r.Events)), Number: true},
			{Text: strconv.Itoa(r.Waiting), Number: true},
			{Text: strconv.Itoa(r.GivenUp), Number: true},
		}})
	}
	page.Listings = []ui.Listing{list}
	return p.showList(v, page)
}

// hostOf is what a list shows of an address: the rest may hold a secret.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

func (v *visit) webhookSite(site *string) string {
	if site == nil {
		return v.t("admin.all_sites")
	}
	return v.siteName(*site)
}

// webhookState is how a webhook is, as a badge.
func (v *visit) webhookState(r webhook.Record) ui.Cell {
	switch {
	case r.GoneAt != nil:
		return ui.Cell{Text: v.t("webhooks.gone"), Badge: "danger", Icon: "cross"}
	case !r.Enabled:
		return ui.Cell{Text: v.t("webhooks.off"), Badge: "plain", Icon: "lock"}
	case r.Failing > 0:
		return ui.Cell{Text: v.t("webhooks.failing"), Badge: "warn", Icon: "warning"}
	}
	return ui.Cell{Text: v.t("webhooks.on"), Badge: "ok", Icon: "check"}
}

// webhookPage is the form of a webhook.
func (v *visit) webhookPage(form ui.Form) formPage {
	events := make([]ui.Option, len(models.HookEvents))
	for i, e := range models.HookEvents {
		events[i] = ui.Option{Value: string(e), Label: v.t("webhooks.event." + string(e))}
	}
	page := formPage{staffPage: v.deskPage("admin.webhooks"), Back: v.link("admin.webhooks", webhooksPath), Target: webhooksPath, Form: form}
	page.Title = v.t("webhooks.add")
	page.Sections = []ui.Section{{Fields: []ui.Field{
		{Name: "url", Type: "url", Label: "webhooks.url", Hint: "webhooks.url_hint", Required: true, Longest: "2000", Wide: true},
		{Name: "description", Label: "webhooks.description", Optional: true, Longest: "200", Wide: true},
		{Name: "events", Type: "checks", Label: "webhooks.events", Options: events, Wide: true},
		{Name: "site", Type: "select", Label: "book.site", Options: append([]ui.Option{{Label: v.t("admin.all_sites")}}, v.siteOptions()...)},
		{Name: "enabled", Type: "checkbox", Label: "webhooks.enabled", Wide: true},
	}}}
	return page
}

func webhookForm(w *models.Webhook) ui.Form {
	values := url.Values{"url": {w.URL}, "description": {w.Description}, "events": w.Events, "enabled": ticked(w.Enabled)}
	if w.Site != nil {
		values.Set("site", *w.Site)
	}
	return ui.NewForm(values)
}

func readWebhook(form ui.Form) (func(*models.Webhook), error) {
	f := &fields{form: form}
	address, description := f.text("url", 2000), f.text("description", 200)
	return func(w *models.Webhook) {
		w.URL, w.Description, w.Events, w.Enabled, w.Site = address, description, slices.Clone(form.Values["events"]), f.yes("enabled"), nil
		if site := form.Value("site"); site != "" {
			w.Site = &site
		}
	}, f.err
}

// newWebhook serves GET /admin/webhooks/new.
func (p *Pages) newWebhook(v *visit) error {
	return p.showForm(v, http.StatusOK, v.webhookPage(ui.NewForm(url.Values{"enabled": ticked(true)})))
}

// createWebhook serves POST /admin/webhooks. The secret stands on the answer and
// nowhere else.
func (p *Pages) createWebhook(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	change, err := readWebhook(form)
	var w models.Webhook
	var secret string
	if err == nil {
		change(&w)
		secret, err = p.Webhooks.Create(v.ctx(), v.who, &w)
	}
	if err != nil {
		return p.refuseForm(v, v.webhookPage(form), form, err)
	}
	return p.showWebhook(v, w.ID, secret)
}

// webhookDetail serves GET /admin/webhooks/:id.
func (p *Pages) webhookDetail(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	return p.showWebhook(v, id, "")
}

// showWebhook draws a webhook with what it was told; secret is its new one where
// it was just made.
func (p *Pages) showWebhook(v *visit, id models.ID, secret string) error {
	page, err := p.aboutWebhook(v, id)
	if err != nil {
		return err
	}
	if secret != "" {
		page.Notice = &ui.Notice{Kind: "ok", Title: v.t("webhooks.secret", map[string]any{"secret": secret}), Text: v.t("webhooks.secret_text")}
	}
	rows, next, err := p.Webhooks.Deliveries(v.ctx(), v.who, id, v.pageOf())
	if err != nil {
		return err
	}
	page.Listings = []ui.Listing{v.deliveryListing(page.Target, rows)}
	page.Listings[0].Pager = v.pager(next)
	return p.showForm(v, http.StatusOK, page)
}

// aboutWebhook is the page of a webhook as it is.
func (p *Pages) aboutWebhook(v *visit, id models.ID) (formPage, error) {
	r, err := p.Webhooks.Webhook(v.ctx(), v.who, id)
	if err != nil {
		return formPage{}, err
	}
	page := v.webhookPage(webhookForm(&r.Webhook))
	page.Title, page.Version, page.Target = v.t("webhooks.one"), r.Version, webhooksPath+"/"+id.String()
	page.Here = page.Target
	page.Facts = []ui.Fact{
		{Name: v.t("webhooks.receiver"), Value: hostOf(r.URL), Typed: true},
		{Name: v.t("presence.state"), Value: v.webhookState(r).Text},
		{Name: v.t("webhooks.made_by"), Value: v.makerOf(r), Typed: true},
		{Name: v.t("webhooks.waiting"), Value: strconv.Itoa(r.Waiting)},
		{Name: v.t("webhooks.given_up"), Value: strconv.Itoa(r.GivenUp)},
	}
	page.Deeds = []ui.Deed{
		{Icon: "go", Label: "webhooks.test", Text: v.t("webhooks.test_text"), URL: page.Target + "/test"},
		{Icon: "key", Label: "webhooks.rotate", Text: v.t("webhooks.rotate_text"), URL: page.Target + "/rotate"},
		{Icon: "bin", Label: "form.delete", Text: v.t("webhooks.delete_text"), URL: page.Target + "/delete", Danger: true},
	}
	return page, nil
}

// makerOf names who made a webhook, and says where that account is suspended: the
// others then decide whether what it sends where is still wanted.
func (v *visit) makerOf(r webhook.Record) string {
	switch {
	case r.Creator == nil || r.Creator.Name == "":
		return "–"
	case !r.Creator.Active():
		return r.Creator.Name + " (" + v.t("members.suspended") + ")"
	}
	return r.Creator.Name
}

func (v *visit) deliveryListing(path string, rows []models.Delivery) ui.Listing {
	list := ui.Listing{Title: v.t("webhooks.deliveries"), None: "webhooks.no_deliveries", Columns: ui.Columns(
		v.t("audit.when"), v.t("webhooks.event"), v.t("presence.state"), v.t("webhooks.answer"), "#"+v.t("webhooks.attempts"), "")}
	loc := v.home().Location()
	for _, d := range rows {
		list.Lines = append(list.Lines, ui.Line{
			Cells: []ui.Cell{
				{Text: locale.DateTime(v.lang, d.CreatedAt, loc)},
				{Text: d.Event, Typed: true},
				v.deliveryState(&d),
				v.deliveryAnswer(&d),
				{Text: strconv.Itoa(d.Attempts), Number: true},
			},
			Actions: []ui.Action{{Label: v.t("webhooks.again"), URL: path + "/deliveries/" + d.ID.String(), Post: true}},
		})
	}
	return list
}

func (v *visit) deliveryState(d *models.Delivery) ui.Cell {
	switch d.State() {
	case models.DeliveryDelivered:
		return ui.Cell{Text: v.t("webhooks.delivered"), Badge: "ok", Icon: "check"}
	case models.DeliveryGivenUp:
		return ui.Cell{Text: v.t("webhooks.gave_up"), Badge: "danger", Icon: "cross"}
	}
	return ui.Cell{Text: v.t("webhooks.is_waiting"), Badge: "plain", Icon: "wait", Small: locale.DateTime(v.lang, d.RunAt, v.home().Location())}
}

// deliveryAnswer is what the receiver said last, or why nothing could be heard.
func (v *visit) deliveryAnswer(d *models.Delivery) ui.Cell {
	words, ours := d.Answer, slices.Contains(webhook.Reasons, d.Answer)
	if ours {
		words = v.t("webhooks.why_" + d.Answer)
	}
	if d.Status == 0 {
		return ui.Cell{Text: words, Typed: !ours}
	}
	return ui.Cell{Text: strconv.Itoa(d.Status), Small: words, Typed: !ours}
}

// saveWebhook serves POST /admin/webhooks/:id.
func (p *Pages) saveWebhook(v *visit) error {
	return p.onWebhook(v, func(page formPage, id models.ID) error {
		return p.save(v, page, func(form ui.Form) error {
			change, err := readWebhook(form)
			if err == nil {
				_, err = p.Webhooks.Update(v.ctx(), v.who, id, matchOf(form), change)
			}
			return err
		})
	})
}

// onWebhook does something to the webhook of the address.
func (p *Pages) onWebhook(v *visit, do func(formPage, models.ID) error) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	page, err := p.aboutWebhook(v, id)
	if err != nil {
		return err
	}
	return do(page, id)
}

// testWebhook serves POST /admin/webhooks/:id/test.
func (p *Pages) testWebhook(v *visit) error {
	return p.onWebhook(v, func(page formPage, id models.ID) error {
		if _, err := p.Webhooks.Test(v.ctx(), v.who, id); err != nil {
			return err
		}
		return v.redirect(page.Target + "?done=hook_sent")
	})
}

// redeliver serves POST /admin/webhooks/:id/deliveries/:delivery.
func (p *Pages) redeliver(v *visit) error {
	return p.onWebhook(v, func(page formPage, id models.ID) error {
		delivery, err := v.id("delivery")
		if err != nil {
			return err
		}
		if _, err := p.Webhooks.Redeliver(v.ctx(), v.who, id, delivery); err != nil {
			return err
		}
		return v.redirect(page.Target + "?done=hook_sent")
	})
}

// rotateWebhook serves POST /admin/webhooks/:id/rotate.
func (p *Pages) rotateWebhook(v *visit) error {
	return p.onWebhook(v, func(_ formPage, id models.ID) error {
		_, secret, err := p.Webhooks.Rotate(v.ctx(), v.who, id)
		if err != nil {
			return err
		}
		return p.showWebhook(v, id, secret)
	})
}

// deleteWebhook serves POST /admin/webhooks/:id/delete.
func (p *Pages) deleteWebhook(v *visit) error {
	return p.onWebhook(v, func(page formPage, id models.ID) error {
		return p.remove(v, page, func() error { return p.Webhooks.Delete(v.ctx(), v.who, id) })
	})
}
