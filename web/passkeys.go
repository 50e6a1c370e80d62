package web

import (
	"net/http"
	"net/url"

	"kyoten/auth"
	"kyoten/models"
	"kyoten/web/ui"
)

// passkeyScript asks the device; without it, and where passkeys do not work, the
// pages are as they are with a password alone.
const passkeyScript = "js/passkeys.js"

type passkeyView struct {
	ID, Name, Used string
}

// passkeysPart is what the account's page shows of passkeys.
type passkeysPart struct {
	Work bool // under this address
	Keys []passkeyView
	Form ui.Form
}

func (p *Pages) passkeysPart(v *visit) (passkeysPart, error) {
	part := passkeysPart{Work: p.Auth.PasskeysWork(v.r), Form: ui.NewForm(nil)}
	part.Form.Values.Set("name", v.device(v.r.UserAgent()))
	keys, err := p.Store.PasskeysOf(v.ctx(), v.who.Member.ID)
	for _, k := range keys {
		view := passkeyView{ID: k.ID.String(), Name: k.Name, Used: v.t("account.never_used")}
		if k.LastUsedAt != nil {
			when := v.moment(*k.LastUsedAt)
			view.Used = v.t("account.last_used", map[string]any{"when": when})
		}
		part.Keys = append(part.Keys, view)
	}
	return part, err
}

// signInByPasskey serves POST /sign-in/passkey.
func (p *Pages) signInByPasskey(v *visit) error {
	next, resume := localPath(v.r.FormValue("next")), v.r.FormValue("resume")
	in, err := p.Auth.SignInByPasskey(v.ctx(), v.r, []byte(v.r.FormValue("credential")))
	if err != nil {
		return p.refuseSignIn(v, next, resume, err)
	}
	return p.enter(v, in, next, resume)
}

// addPasskey serves POST /account/passkeys.
func (p *Pages) addPasskey(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	_, err = p.Auth.AddPasskey(v.ctx(), v.r, v.who, form.Value("name"), []byte(form.Value("credential")))
	if err != nil {
		return p.refuseAccount(v, err, form, func(page *accountPage) *ui.Form { return &page.Passkeys.Form })
	}
	return v.redirect("/account?done=passkey_added")
}

// renamePasskey serves POST /account/passkeys/:id.
func (p *Pages) renamePasskey(v *visit) error {
	return p.changePasskey(v, "passkey_renamed", func(id models.ID, form ui.Form) error {
		_, err := p.Auth.RenamePasskey(v.ctx(), v.who, id, form.Value("name"), nil)
		return err
	})
}

// removePasskey serves POST /account/passkeys/:id/remove.
func (p *Pages) removePasskey(v *visit) error {
	return p.changePasskey(v, "passkey_removed", func(id models.ID, _ ui.Form) error {
		return p.Auth.RemovePasskey(v.ctx(), v.who, id)
	})
}

func (p *Pages) changePasskey(v *visit, done string, change func(models.ID, ui.Form) error) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	form, err := v.form()
	if err != nil {
		return err
	}
	if err := change(id, form); err != nil {
		notice, status, err := v.refused(err, nil)
		if err != nil {
			return err
		}
		return p.showAccount(v, status, func(page *accountPage) { page.Notice = notice })
	}
	return v.redirect("/account?done=" + done)
}

// enter gives the browser its session and leads on.
func (p *Pages) enter(v *visit, in auth.SignIn, next, resume string) error {
	http.SetCookie(v.w, auth.Cookie(v.r, in))
	if resume != "" {
		v.who, v.lang = in.Principal, langOf(v.r, in.Principal)
		return p.resume(v, next, resume)
	}
	if len(v.r.Cookies()) == 0 { // it may keep none: whether it has kept this one shows there
		return v.redirect("/sign-in?entered=1&next=" + url.QueryEscape(next))
	}
	return v.redirect(next)
}
