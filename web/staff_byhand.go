package web

import (
	"kyoten/access"
	"kyoten/access/entry"
	"kyoten/models"
	"kyoten/web/ui"
)

// correctPresence serves POST /admin/presence: somebody is out, or safe or not
// after all, whatever the gates have seen.
func (p *Pages) correctPresence(v *visit) error {
	return p.onPresence(v, func(page *presencePage) *ui.Form { return &page.Form }, func(f *fields, site *models.Site) error {
		reason, state := f.text("reason", 300), f.one("state", "in", "out", "safe", "not_safe")
		if said := map[string]string{"safe": "presence.is_safe", "not_safe": "presence.undo_safe"}[state]; reason == "" && said != "" {
			reason = v.t(said) // in an evacuation there is no time to type
		}
		if reason == "" {
			f.fail(models.ErrInvalidInput.On("reason").Saying("required"))
		}
		if f.err != nil {
			return f.err
		}
		_, err := p.Access.Correct(v.ctx(), v.who, site.Slug, f.form.Value("subject"), state, reason)
		return err
	})
}

// admit serves POST /admin/presence/admissions: somebody without a code is let
// through a gate.
func (p *Pages) admit(v *visit) error {
	return p.onPresence(v, func(page *presencePage) *ui.Form { return &page.AdmitForm }, func(f *fields, site *models.Site) error {
		a := access.Admission{Name: f.text("name", 100), Subject: f.text("subject", 16), Direction: entry.Direction(f.one("direction", "entry", "exit")), Reason: f.needed("reason", 300)}
		if gate := f.id("gate"); gate != nil {
			a.Gate = *gate
		}
		if a.Name == "" && a.Subject == "" {
			f.fail(models.ErrInvalidInput.On("name").Saying("required"))
		}
		if f.err != nil {
			return f.err
		}
		if a.Subject == "" { // a member or guest without their code is no stranger
			known, err := p.Access.KnownAs(v.ctx(), v.who, site.Slug, a.Name)
			if err != nil {
				return err
			}
			if known != "" {
				a.Subject, a.Name = known, ""
			}
		}
		_, err := p.Access.Admit(v.ctx(), v.who, a)
		return err
	})
}

// onPresence does something about who is inside and shows the page again, with
// the form that pick names where it is refused.
func (p *Pages) onPresence(v *visit, pick func(*presencePage) *ui.Form, do func(*fields, *models.Site) error) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	_, site, err := v.staffPage("admin.presence")
	if err != nil {
		return err
	}
	if err := do(&fields{form: form}, site); err != nil {
		notice, status, other := v.refused(err, &form)
		if other != nil {
			return other
		}
		return p.showPresence(v, status, func(page *presencePage) { page.Notice, *pick(page) = notice, form })
	}
	return v.redirect("/admin/presence" + siteQuery(site.Slug) + "&done=recorded")
}
