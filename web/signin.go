package web

import (
	"net/http"
	"net/url"
	"strings"

	"kyoten/auth"
	"kyoten/internal/fault"
	"kyoten/internal/httpkit"
	"kyoten/models"
	"kyoten/web/ui"
)

// signInPage asks who somebody is, and remembers where they wanted to go.
type signInPage struct {
	ui.Page
	Form   ui.Form
	Next   string
	Resume string // a form that was sent after the session had ended, packed
	Other  bool   // it is for somebody else than who was signed in until now

	Passkeys bool // work under this address
	Mails    bool // reach people, with a link for who forgot the password
}

// signInForm serves GET /sign-in. A browser that comes from signing in and has no
// session has not kept its cookie.
func (p *Pages) signInForm(v *visit) error {
	if v.who.SignedIn() {
		return v.redirect(localPath(v.query("next")))
	}
	page := p.signInPage(v, localPath(v.query("next")), "")
	if v.query("entered") != "" {
		page.Notice = &ui.Notice{Kind: "warn", Text: v.t("sign_in.no_cookies")}
	}
	return p.show(v, http.StatusOK, "sign-in", page)
}

func (p *Pages) signInPage(v *visit, next, resume string) signInPage {
	page := signInPage{Page: v.page("sign_in.title", "sign-in"), Form: ui.NewForm(nil), Next: next, Resume: resume, Mails: p.Auth.MailsLinks()}
	if page.Passkeys = p.Auth.PasskeysWork(v.r); page.Passkeys {
		page.Scripts = append(page.Scripts, passkeyScript)
	}
	page.Here = "/sign-in?next=" + url.QueryEscape(next)
	return page
}

// signIn serves POST /sign-in.
func (p *Pages) signIn(v *visit) error {
	next, resume := localPath(v.r.FormValue("next")), v.r.FormValue("resume")
	in, err := p.Auth.SignIn(v.ctx(), v.r.FormValue("email"), v.r.FormValue("password"), httpkit.RemoteIP(v.r), v.r.UserAgent())
	if err != nil {
		return p.refuseSignIn(v, next, resume, err)
	}
	return p.enter(v, in, next, resume)
}

func (p *Pages) refuseSignIn(v *visit, next, resume string, err error) error {
	page := p.signInPage(v, next, resume)
	page.Form.Values.Set("email", v.r.FormValue("email"))
	notice, status, err := v.refused(err, &page.Form)
	if err != nil {
		return err
	}
	page.Notice = notice
	return p.show(v, status, "sign-in", page)
}

// signOut serves POST /sign-out. A form that waits for the one who signs in next is
// kept for them.
func (p *Pages) signOut(v *visit) error {
	resume := v.r.PostFormValue("resume")
	if v.who.SignedIn() { // an old page's button says it again
		if err := p.Auth.SignOut(v.ctx(), v.who); err != nil {
			return err
		}
	}
	http.SetCookie(v.w, auth.NoCookie(v.r))
	v.w.Header().Set("Clear-Site-Data", `"cache"`)
	if _, ok := unpackForm(resume); ok {
		v.who = models.Principal{}
		page := p.signInPage(v, "/", resume)
		page.Other = true
		return p.show(v, http.StatusOK, "sign-in", page)
	}
	return v.redirect("/?done=signed_out")
}

// signInPath is where somebody is sent who has to sign in first.
func signInPath(r *http.Request) string {
	return "/sign-in?next=" + url.QueryEscape(r.URL.RequestURI())
}

// turnAway answers who may not be here. A form sent after the session ended is
// kept on the sign-in page and sent again from there; a file is not, and has to be
// chosen again on the page it came from.
func (p *Pages) turnAway(v *visit, err error) error {
	if faultOf(err).Kind != fault.Unauthenticated || v.r.Method != http.MethodPost {
		return err
	}
	if v.isUpload() {
		page := p.signInPage(v, cameFrom(v.r), "")
		page.Notice = &ui.Notice{Kind: "warn", Text: v.t("sign_in.file_again")}
		return p.show(v, http.StatusUnauthorized, "sign-in", page)
	}
	page := p.signInPage(v, "/", sentForm{Path: v.r.URL.RequestURI(), Values: v.r.PostForm, Whose: v.whose}.packed())
	return p.show(v, http.StatusUnauthorized, "sign-in", page)
}

// cameFrom is the page of ours that a form stood on, else the first one.
func cameFrom(r *http.Request) string {
	from, err := url.Parse(r.Referer())
	if err != nil || from.Host != r.Host {
		return "/"
	}
	return localPath(from.RequestURI())
}

// resumePage holds the form again, to be sent with one press (or by the script).
type resumePage struct {
	ui.Page
	Form sentForm
}

// resume shows the form that was interrupted, for the browser to send it again:
// it goes through its own route and its own checks. Somebody else's is not sent
// before whoever signed in says so.
func (p *Pages) resume(v *visit, next, packed string) error {
	form, ok := unpackForm(packed)
	switch {
	case !ok:
		return v.redirect(next)
	case v.drawnForAnother(form.Whose):
		return p.showAnothers(v, http.StatusOK, form)
	}
	page := resumePage{Page: v.page("sign_in.resume_title", ""), Form: form}
	page.Here = "/"
	page.Scripts = append(page.Scripts, "js/resume.js")
	return p.show(v, http.StatusOK, "resume", page)
}

// resumable reports whether path is a form of a member's or staff's pages.
func resumable(path string) bool {
	return localPath(path) == path && path != "/" && !strings.HasPrefix(path, "/sign-")
}
