package web

import (
	"errors"
	"net/http"

	"kyoten/auth"
	"kyoten/models"
	"kyoten/web/ui"
)

// linkPage lets somebody with a one-time link choose a password.
type linkPage struct {
	ui.Page
	Form       ui.Form
	FirstAdmin bool
}

// linkForm serves GET /links/:token. Looking does not use the link up, since mail
// scanners look, too.
func (p *Pages) linkForm(v *visit) error {
	page, err := p.linkPage(v)
	if err != nil {
		return p.deadLink(v, err)
	}
	return p.show(v, http.StatusOK, "set-password", page)
}

func (p *Pages) linkPage(v *visit) (linkPage, error) {
	link, err := p.Auth.Link(v.ctx(), v.c.Param("token"))
	if err != nil {
		return linkPage{}, err
	}
	page := linkPage{Page: v.page("set_password.title", "sign-in"), Form: ui.NewForm(nil)}
	page.Here = v.r.URL.Path
	if page.FirstAdmin = link.Purpose == models.LinkFirstAdmin; page.FirstAdmin {
		page.Title = v.t("set_password.admin_title")
	}
	return page, nil
}

// useLink serves POST /links/:token and signs the person in.
func (p *Pages) useLink(v *visit) error {
	page, err := p.linkPage(v)
	if err != nil {
		return p.deadLink(v, err)
	}
	member, err := p.takeLink(v, page.FirstAdmin)
	switch {
	case errors.Is(err, auth.ErrLinkExpired):
		return p.deadLink(v, err)
	case err != nil:
		page.Form.Values = v.r.PostForm
		notice, status, err := v.refused(err, &page.Form)
		if err != nil {
			return err
		}
		page.Notice = notice
		return p.show(v, status, "set-password", page)
	}
	in, err := p.Auth.Start(v.ctx(), member, v.r.UserAgent())
	if err != nil {
		return err
	}
	http.SetCookie(v.w, auth.Cookie(v.r, in))
	if page.FirstAdmin {
		return v.redirect("/")
	}
	return v.redirect("/?done=password")
}

func (p *Pages) takeLink(v *visit, firstAdmin bool) (models.Member, error) {
	token, password := v.c.Param("token"), v.r.FormValue("password")
	if !firstAdmin {
		return p.Auth.UsePasswordLink(v.ctx(), token, password)
	}
	return p.Auth.CreateFirstAdmin(v.ctx(), token, models.Member{
		Name: v.r.FormValue("name"), Email: v.r.FormValue("email"), Locale: v.lang.String(),
	}, password)
}
