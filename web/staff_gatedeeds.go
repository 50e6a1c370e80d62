package web

import (
	"kyoten/models"
	"kyoten/web/ui"
)

// gateDeeds are what can be done with a gate. Where none was enrolled, nothing
// would hear that the door is to open.
func (v *visit) gateDeeds(g models.Gate, path string) []ui.Deed {
	var deeds []ui.Deed
	if g.Enrolled() {
		deeds = append(deeds, ui.Deed{
			Icon: "lock", Label: "gates.open", Text: v.t("gates.open_text"), URL: path + "/open", Form: ui.NewForm(nil),
			Fields: []ui.Field{{Name: "reason", Label: "presence.reason", Required: true, Longest: "300", Wide: true}},
		})
	}
	if !v.who.Admin() {
		return deeds
	}
	return append(deeds,
		ui.Deed{Icon: "key", Label: "gates.renew", Text: v.t("gates.renew_text"), URL: path + "/renew"},
		ui.Deed{Icon: "cross", Label: "gates.revoke", Text: v.t("gates.revoke_text"), URL: path + "/revoke", Danger: true},
		ui.Deed{Icon: "bin", Label: "form.delete", Text: v.t("gates.delete_text"), URL: path + "/delete", Danger: true},
	)
}

// onGate does something to the gate of the address and shows it again.
func (p *Pages) onGate(v *visit, next string, do func(models.Gate, *fields) error) error {
	g, site, err := p.gate(v)
	if err != nil {
		return err
	}
	form, err := v.form()
	if err != nil {
		return err
	}
	if err := do(g, &fields{form: form}); err != nil {
		page, unknown := p.gatePage(v, g, site, nil)
		if unknown != nil {
			return unknown
		}
		return p.refuseForm(v, page, form, err)
	}
	if next == "" {
		next = gatesPath + siteQuery(site.Slug) + "&done=deleted"
	} else {
		next = gatesPath + "/" + g.ID.String() + "?done=" + next
	}
	return v.redirect(next)
}

// openGate serves POST /admin/gates/:id/open.
func (p *Pages) openGate(v *visit) error {
	return p.onGate(v, "opened", func(g models.Gate, f *fields) error {
		reason, err := f.needed("reason", 300), f.err
		if err == nil {
			_, err = p.Access.OpenGate(v.ctx(), v.who, g.ID, reason)
		}
		return err
	})
}

// revokeGate serves POST /admin/gates/:id/revoke.
func (p *Pages) revokeGate(v *visit) error {
	return p.onGate(v, "stored", func(g models.Gate, _ *fields) error {
		_, err := p.Access.RevokeGate(v.ctx(), v.who, g.ID)
		return err
	})
}

// deleteGate serves POST /admin/gates/:id/delete.
func (p *Pages) deleteGate(v *visit) error {
	return p.onGate(v, "", func(g models.Gate, _ *fields) error { return p.Access.DeleteGate(v.ctx(), v.who, g.ID) })
}

// renewGate serves POST /admin/gates/:id/renew: another enrolment code.
func (p *Pages) renewGate(v *visit) error {
	g, site, err := p.gate(v)
	if err != nil {
		return err
	}
	made, err := p.Access.RenewEnrolment(v.ctx(), v.who, g.ID)
	if err != nil {
		return err
	}
	return p.showGate(v, g, site, &made)
}
