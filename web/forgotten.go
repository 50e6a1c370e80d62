package web

import (
	"errors"
	"net/http"

	"kyoten/auth"
	"kyoten/internal/httpkit"
	"kyoten/internal/locale"
	"kyoten/web/ui"
)

// forgottenPage asks by which address to send a link to set a password with.
type forgottenPage struct {
	ui.Page
	Form  ui.Form
	Mails bool // reach people; else the desk makes links
	Sent  bool // the form was: what follows is said to everybody
}

// forgottenForm serves GET /forgot-password.
func (p *Pages) forgottenForm(v *visit) error {
	return p.show(v, http.StatusOK, "forgotten", p.forgottenPage(v))
}

func (p *Pages) forgottenPage(v *visit) forgottenPage {
	page := forgottenPage{Page: v.page("forgotten.title", "sign-in"), Form: ui.NewForm(nil), Mails: p.Auth.MailsLinks()}
	if page.Sent = v.query("done") == "link_asked"; page.Sent {
		page.Title = v.t("forgotten.sent_title")
	}
	if v.who.Member != nil {
		page.Form.Values.Set("email", v.who.Member.Email)
	}
	return page
}

// forgotten serves POST /forgot-password.
func (p *Pages) forgotten(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	if err := p.Auth.MailLink(v.ctx(), form.Value("email"), httpkit.RemoteIP(v.r)); err != nil {
		notice, status, err := v.refused(err, &form)
		if err != nil {
			return err
		}
		page := p.forgottenPage(v)
		page.Form, page.Notice = form, notice
		return p.show(v, status, "forgotten", page)
	}
	return v.redirect("/forgot-password?done=link_asked")
}

// deadLink says that a link works no longer, where another can be asked for.
func (p *Pages) deadLink(v *visit, err error) error {
	if !errors.Is(err, auth.ErrLinkExpired) {
		return err
	}
	page := p.forgottenPage(v)
	page.Here = "/forgot-password"
	title, text := locale.Fault(v.lang, auth.ErrLinkExpired)
	page.Notice = &ui.Notice{Kind: "danger", Title: title, Text: text}
	return p.show(v, httpkit.StatusOf(auth.ErrLinkExpired.Kind), "forgotten", page)
}
