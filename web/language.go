package web

import (
	"net/http"
	"net/url"
	"strings"

	"kyoten/auth"
	"kyoten/internal/httpkit"
	"kyoten/internal/locale"
	"kyoten/models"
)

// langCookie keeps the language somebody chose who is not signed in.
const langCookie = "kyoten_lang"

// langOf returns the language of the pages for a request: what the person saved,
// else what was chosen in this browser, else what the browser asks for.
func langOf(r *http.Request, who models.Principal) locale.Lang {
	if who.Member != nil {
		if lang, ok := locale.Parse(who.Member.Locale); ok {
			return lang
		}
	}
	if cookie, err := r.Cookie(langCookie); err == nil {
		if lang, ok := locale.Parse(cookie.Value); ok {
			return lang
		}
	}
	return locale.Match(r.Header.Get("Accept-Language"))
}

// setLanguage serves POST /language: the choice holds for this browser, and for
// whoever is signed in on every other, too.
func (p *Pages) setLanguage(v *visit) error {
	lang, ok := locale.Parse(v.r.FormValue("lang"))
	if !ok {
		return errBadForm.On("lang")
	}
	if v.who.Member != nil {
		tag := lang.String()
		if _, err := p.Auth.UpdateProfile(v.ctx(), v.who, auth.Profile{Locale: &tag}); err != nil {
			return err
		}
	}
	http.SetCookie(v.w, &http.Cookie{
		Name: langCookie, Value: lang.String(), Path: "/", MaxAge: 400 * 24 * 3600,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: httpkit.Secure(v.r),
	})
	return v.redirect(localPath(v.r.FormValue("next")))
}

// localPath returns next when it is an address of this server, else the front
// page: a link from elsewhere must not send people on to another site.
func localPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.Opaque != "" ||
		!strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "/"
	}
	return next
}
