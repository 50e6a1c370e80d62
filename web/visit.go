package web

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"kyoten/auth"
	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/web/ui"
)

// visit is one request as the handlers see it: who asks, in which language, at
// what instant, and over which catalogue. A handler gets it complete.
type visit struct {
	c    echo.Context // nil on the page of a failure
	w    http.ResponseWriter
	r    *http.Request
	who  models.Principal
	lang locale.Lang
	cat  *models.Catalogue
	now  time.Time

	whose string // for whom a form was drawn that reached us without a session
}

// handler answers one visit. It returns an error for Pages.HandleError to turn
// into a page; what a person can mend it shows in the form itself.
type handler func(v *visit) error

func (p *Pages) visit(c echo.Context) (*visit, error) {
	if !areTexts(c.QueryParams()) {
		return nil, errBadForm
	}
	cat, err := p.Store.Catalogue(c.Request().Context())
	if err != nil {
		return nil, err
	}
	v := newVisit(c.Response(), c.Request())
	v.c, v.cat, v.now = c, cat, p.Store.Now()
	return v, nil
}

// newVisit knows what the request alone tells.
func newVisit(w http.ResponseWriter, r *http.Request) *visit {
	who := auth.Principal(r.Context())
	return &visit{w: w, r: r, who: who, lang: langOf(r, who)}
}

// ctx is the request's context, for the services.
func (v *visit) ctx() context.Context { return v.r.Context() }

// query returns a value of the address.
func (v *visit) query(name string) string { return v.r.URL.Query().Get(name) }

// redirect sends the browser on with GET.
func (v *visit) redirect(path string) error {
	http.Redirect(v.w, v.r, path, http.StatusSeeOther)
	return nil
}

// t returns a text in the visit's language.
func (v *visit) t(key string, data ...map[string]any) string { return locale.T(v.lang, key, data...) }

// page returns the shell of a page with its title under titleKey, in the section
// of the navigation it belongs to.
func (v *visit) page(titleKey, section string) ui.Page {
	page := ui.Page{
		Lang: v.lang, Title: v.t(titleKey), Section: section,
		Here: v.r.URL.RequestURI(), Scripts: []string{"js/app.js", "js/offline.js"},
	}
	if v.who.SignedIn() {
		page.Scripts = append(page.Scripts, "js/live.js")
	}
	if m := v.who.Member; m != nil {
		page.Viewer = &ui.Viewer{ID: m.ID.String(), Name: m.Name, Manage: v.manageURL()}
	}
	page.Notice = v.done()
	return page
}

// manageURL is where the reader's staff pages begin, "" for who has none.
func (v *visit) manageURL() string {
	switch {
	case staff.admits(v.who) == nil:
		return "/admin"
	case managers.admits(v.who) == nil:
		return "/admin/reports"
	}
	return ""
}

// doneNotices are the messages a page may open with after an action was done and
// the browser sent on: ?done=booked. Only what stands here is ever shown.
var doneNotices = map[string]string{
	"booked": "booking.done_booked", "changed": "booking.done_changed", "cancelled": "booking.done_cancelled",
	"checked_in": "booking.done_checked_in", "checked_out": "booking.done_checked_out",
	"invited": "booking.done_invited", "removed": "booking.done_removed",
	"waiting": "waitlist.done_waiting", "left": "waitlist.done_left",
	"saved": "account.saved", "password": "account.password_changed", "session": "account.session_ended",
	"passkey_added": "passkey.added", "passkey_renamed": "passkey.renamed", "passkey_removed": "passkey.removed",
	"stored": "form.stored", "deleted": "form.deleted", "imported": "import.done", "erased": "members.erased", "merged": "members.merged",
	"member_created": "members.created", "colleague_created": "members.created_colleague",
	"handed_over": "booking.done_handed_over", "repeated": "series.done_repeated", "given_up": "seat.done_given_up", "taken_back": "seat.done_taken_back",
	"gone": "privacy.gone", "mode_set": "gates.mode_done", "opened": "gates.opened", "hook_sent": "webhooks.sent",
	"closed": "closures.done", "reopened": "closures.reopened", "approved": "approvals.done", "rejected": "approvals.rejected",
	"token_deleted": "account.token_deleted", "recorded": "presence.done", "signed_out": "sign_in.signed_out",
	"link_asked": "forgotten.sent",
}

// done returns the notice that ?done= names, or nil.
func (v *visit) done() *ui.Notice {
	key, ok := doneNotices[v.query("done")]
	if !ok {
		return nil
	}
	return &ui.Notice{Kind: "ok", Text: v.t(key), Done: true}
}

// show answers with a page.
func (p *Pages) show(v *visit, status int, block string, model any) error {
	h := v.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", v.lang.String())
	h.Set("Cache-Control", "no-store") // pages know who is signed in
	h.Add("Link", "<"+p.assets().URL(ui.StyleSheet)+">; rel=preload; as=style")
	var page bytes.Buffer
	if err := p.renderers[v.lang]().Render(&page, block, model); err != nil {
		return err
	}
	v.w.WriteHeader(status)
	if v.who.Member != nil {
		_, _ = v.w.Write(signed(page.Bytes(), v.who.Member.ID))
		return nil
	}
	_, _ = page.WriteTo(v.w) // the reader may be gone; there is nobody to tell
	return nil
}

// form reads the form that was posted.
func (v *visit) form() (ui.Form, error) {
	if err := v.r.ParseForm(); err != nil {
		return ui.Form{}, errBadForm.Because(err)
	}
	if !areTexts(v.r.PostForm) {
		return ui.Form{}, errBadForm
	}
	return ui.NewForm(v.r.PostForm), nil
}

// areTexts reports whether all values can be stored as text on both databases.
func areTexts(form url.Values) bool {
	for _, values := range form {
		for _, value := range values {
			if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
				return false
			}
		}
	}
	return true
}

// id reads an id of the address. What is no id names nothing.
func (v *visit) id(name string) (models.ID, error) {
	id, err := models.ParseID(v.c.Param(name))
	if err != nil {
		return models.ID{}, models.ErrNotFound
	}
	return id, nil
}

// number reads the number that names something in the address, 0 for none.
func (v *visit) number(name string) int {
	n, err := strconv.Atoi(v.c.Param(name))
	if err != nil || n < 0 {
		return 0
	}
	return n
}
