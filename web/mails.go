package web

import (
	"errors"
	"net/http"
	"net/url"

	"kyoten/auth"
	"kyoten/internal/httpkit"
	"kyoten/models"
	"kyoten/web/ui"
)

// mailChoicePage is where the reader of a mail turns mails like it off and on, whoever
// is signed in, if anybody. It says nothing of whose they are: mails are passed on.
type mailChoicePage struct {
	ui.Page
	Text, Press string // Press is "" where there is nothing to choose
	URL         string // to which a press is sent
}

// mailChoice serves GET /mails/:token.
func (p *Pages) mailChoice(v *visit) error {
	choice, err := p.Auth.MailChoice(v.ctx(), v.c.Param("token"))
	return p.showChoice(v, choice, err)
}

// Unsubscribe is the one request that may come from another origin's page: a webmail
// program sends it when its reader presses "unsubscribe" (RFC 8058). What it may do is
// in the token of its address; no cookie counts.
const Unsubscribe = "POST /mails/{token}"

// mostUnsubscribe is more than an Unsubscribe in parts can have.
const mostUnsubscribe = 4 << 10

// unsubscribe serves POST /mails/:token. It answers with a page at once, since mail
// programs follow no redirect.
func (p *Pages) unsubscribe(v *visit) error {
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, mostUnsubscribe)
	if v.r.PostFormValue("List-Unsubscribe") != "One-Click" {
		return errBadForm
	}
	choice, err := p.Auth.ChooseMail(v.ctx(), v.c.Param("token"), false)
	return p.showChoice(v, choice, err)
}

// chooseMail serves POST /mails/:token/off and on.
func (p *Pages) chooseMail(on bool) handler {
	return func(v *visit) error {
		choice, err := p.Auth.ChooseMail(v.ctx(), v.c.Param("token"), on)
		if err != nil {
			return p.showChoice(v, choice, err)
		}
		return v.redirect(choicePath(v))
	}
}

func choicePath(v *visit) string { return "/mails/" + url.PathEscape(v.c.Param("token")) }

// showChoice draws the page of a choice as it stands, or says that the link is none.
func (p *Pages) showChoice(v *visit, choice auth.MailChoice, err error) error {
	page := mailChoicePage{Page: v.page("mails.dead_title", "account"), Text: v.t("mails.dead")}
	page.Here = choicePath(v) // where a form was sent to cannot be opened
	if errors.Is(err, auth.ErrLinkExpired) {
		return p.show(v, httpkit.StatusOf(auth.ErrLinkExpired.Kind), "mail-choice", page)
	}
	if err != nil {
		return err
	}
	is, other := "off", "on"
	if choice.On {
		is, other = other, is
	}
	about := "mails." + string(choice.Kind) + "."
	page.Title, page.Text, page.Press = v.t(about+is+"_title"), v.t(about+is+"_text"), v.t(about+"turn_"+other)
	page.URL = page.Here + "/" + other
	return p.show(v, http.StatusOK, "mail-choice", page)
}

func mailsForm(m *models.Member) ui.Form {
	form := ui.NewForm(url.Values{})
	if m.Wants(models.NoticeReminder) {
		form.Values.Set("reminders", "yes")
	}
	return form
}

// saveMails serves POST /account/mails.
func (p *Pages) saveMails(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	reminders := form.Value("reminders") != ""
	if _, err := p.Auth.UpdateProfile(v.ctx(), v.who, auth.Profile{Reminders: &reminders}); err != nil {
		return p.refuseAccount(v, err, form, func(page *accountPage) *ui.Form { return &page.MailsForm })
	}
	return v.redirect("/account?done=saved")
}
