package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"kyoten/auth"
	"kyoten/internal/httpkit"
	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/web/ui"
)

// accountPage is what members keep about themselves.
type accountPage struct {
	ui.Page
	Person       personView
	Form         ui.Form // the profile
	MailsForm    ui.Form // which optional mails come
	PasswordForm ui.Form
	TokenForm    ui.Form
	Passkeys     passkeysPart
	Sites        []ui.Option
	Languages    []ui.Option
	Sessions     []sessionView
	Tokens       []tokenView
	FixedSeats   []seatLine
	NewToken     string // shown once, right after it was made
	Mails        bool   // reach people, with a link for who forgot the password
}

type personView struct {
	Name, Email, Plan, Company string
}

type sessionView struct {
	ID, Device, LastUsed string
	Current              bool
}

type tokenView struct {
	ID, Name, Used string
}

// account serves GET /account.
func (p *Pages) account(v *visit) error { return p.showAccount(v, http.StatusOK, nil) }

// showAccount draws the page after change has put into it what is special now: a
// form with its errors, a new token.
func (p *Pages) showAccount(v *visit, status int, change func(*accountPage)) error {
	member, err := p.Store.Member(v.ctx(), v.who.Member.ID)
	if err != nil {
		return err
	}
	sessions, err := p.Store.SessionsOf(v.ctx(), member.ID)
	if err != nil {
		return err
	}
	tokens, err := p.Store.TokensOf(v.ctx(), member.ID)
	if err != nil {
		return err
	}
	passkeys, err := p.passkeysPart(v)
	if err != nil {
		return err
	}
	page := accountPage{
		Page: v.page("nav.account", "account"), Person: v.personView(&member), Form: profileForm(&member),
		MailsForm: mailsForm(&member), PasswordForm: ui.NewForm(nil), TokenForm: ui.NewForm(nil), Sites: v.homeSites(),
		Languages: []ui.Option{{Value: "ja", Label: v.t("language.ja"), Lang: "ja"}, {Value: "en", Label: v.t("language.en"), Lang: "en"}},
		Sessions:  v.sessionViews(sessions), Tokens: v.tokenViews(tokens), FixedSeats: v.seatLines(),
		Passkeys: passkeys, Mails: p.Auth.MailsLinks(),
	}
	if passkeys.Work {
		page.Scripts = append(page.Scripts, passkeyScript)
	}
	page.Here = "/account" // a form's own address cannot be opened
	if change != nil {
		change(&page)
	}
	return p.show(v, status, "account", page)
}

func profileForm(m *models.Member) ui.Form {
	form := ui.NewForm(url.Values{"name": {m.Name}, "kana": {m.Kana}, "locale": {m.Locale}})
	if m.HomeSite != nil {
		form.Values.Set("home_site", *m.HomeSite)
	}
	return form
}

func (v *visit) personView(m *models.Member) personView {
	person := personView{Name: m.Name, Email: m.Email}
	if plan, err := v.cat.PlanOf(m); err == nil {
		person.Plan = v.name(plan.NameJA, plan.NameEN)
	}
	if company, err := v.cat.Company(m.Company()); err == nil {
		person.Company = v.name(company.NameJA, company.NameEN)
	}
	return person
}

func (v *visit) homeSites() []ui.Option {
	options := []ui.Option{{Label: v.t("member.no_home_site")}}
	for _, site := range v.cat.Sites() {
		options = append(options, ui.Option{Value: site.Slug, Label: v.name(site.NameJA, site.NameEN)})
	}
	return options
}

// moment is when something was last used, with a word for days near now.
func (v *visit) moment(at time.Time) string {
	loc := v.home().Location()
	return locale.Day(v.lang, at, v.now, loc) + " " + locale.Time(at, loc)
}

func (v *visit) sessionViews(sessions []models.Session) []sessionView {
	var views []sessionView
	for _, s := range sessions {
		views = append(views, sessionView{
			ID: s.ID.String(), Device: v.device(s.UserAgent), Current: s.ID == v.who.SessionID,
			LastUsed: v.moment(s.LastUsedAt),
		})
	}
	return views
}

func (v *visit) tokenViews(tokens []models.Token) []tokenView {
	var views []tokenView
	for _, token := range tokens {
		view := tokenView{ID: token.ID.String(), Name: token.Name, Used: v.t("account.never_used")}
		if token.LastUsedAt != nil {
			when := v.moment(*token.LastUsedAt)
			view.Used = v.t("account.last_used", map[string]any{"when": when})
		}
		views = append(views, view)
	}
	return views
}

// home returns the reader's home site, else the first one: whose clock is meant
// where a time belongs to no site.
func (v *visit) home() *models.Site { return v.cat.HomeOf(v.who.Member) }

// device names what a User-Agent header comes from, as far as it is plain.
func (v *visit) device(agent string) string {
	var parts []string
	for _, list := range [][]string{{"Edg", "Firefox", "Chrome", "Safari", "curl"}, {"iPhone", "iPad", "Android", "Windows", "Mac OS", "Linux"}} {
		for _, word := range list {
			if strings.Contains(agent, word) {
				parts = append(parts, strings.Replace(word, "Edg", "Edge", 1))
				break
			}
		}
	}
	if len(parts) == 0 {
		return v.t("account.unknown_device")
	}
	return strings.Join(parts, " · ")
}

// saveAccount serves POST /account.
func (p *Pages) saveAccount(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	name, kana, lang, home := form.Value("name"), form.Value("kana"), form.Value("locale"), form.Value("home_site")
	_, err = p.Auth.UpdateProfile(v.ctx(), v.who, auth.Profile{Name: &name, Kana: &kana, Locale: &lang, HomeSite: &home})
	if err != nil {
		return p.refuseAccount(v, err, form, func(page *accountPage) *ui.Form { return &page.Form })
	}
	return v.redirect("/account?done=saved")
}

// refuseAccount draws the page again with form in the place that pick names.
func (p *Pages) refuseAccount(v *visit, err error, form ui.Form, pick func(*accountPage) *ui.Form) error {
	notice, status, err := v.refused(err, &form)
	if err != nil {
		return err
	}
	return p.showAccount(v, status, func(page *accountPage) {
		page.Notice = notice
		*pick(page) = form
	})
}

// changePassword serves POST /account/password.
func (p *Pages) changePassword(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	err = p.Auth.ChangePassword(v.ctx(), v.who, httpkit.RemoteIP(v.r), form.Value("current"), form.Value("password"))
	if errors.Is(err, auth.ErrBadCredentials) {
		err = auth.ErrBadCredentials.On("current").Saying("wrong_password")
	}
	if err != nil {
		return p.refuseAccount(v, err, form, func(page *accountPage) *ui.Form { return &page.PasswordForm })
	}
	return v.redirect("/account?done=password")
}

// endSession serves POST /account/sessions/:id/end.
func (p *Pages) endSession(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	if err := p.Auth.EndSession(v.ctx(), v.who, id); err != nil {
		return err
	}
	return v.redirect("/account?done=session")
}

// makeToken serves POST /account/tokens. The token stands on the answer itself
// and nowhere else; it is in no address.
func (p *Pages) makeToken(v *visit) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	f := &fields{form: form}
	name, token, err := f.needed("name", 100), "", f.err
	if err == nil {
		_, token, err = p.Auth.CreateToken(v.ctx(), v.who, name)
	}
	if err != nil {
		return p.refuseAccount(v, err, form, func(page *accountPage) *ui.Form { return &page.TokenForm })
	}
	return p.showAccount(v, http.StatusOK, func(page *accountPage) { page.NewToken = token })
}

// deleteToken serves POST /account/tokens/:id/delete.
func (p *Pages) deleteToken(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	if err := p.Auth.RevokeToken(v.ctx(), v.who, id); err != nil {
		return err
	}
	return v.redirect("/account?done=token_deleted")
}
