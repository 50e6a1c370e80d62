package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"kyoten/booking"
	"kyoten/models"
	"kyoten/web/ui"
)

// listPage is a page of the desk that lists things.
type listPage struct {
	staffPage
	Path     string // its own address without the query
	OfSite   bool   // it is about one site, which can be chosen
	Intro    string
	Actions  []ui.Action
	Form     ui.Form // what Filter narrows by
	Filter   []ui.Field
	Refused  *ui.Notice
	Listings []ui.Listing
	Deeds    []ui.Deed
}

// formPage is a page of the desk about one thing: its form, what belongs to it,
// and what else can be done with it.
type formPage struct {
	staffPage
	Back     ui.Action
	Intro    string
	Facts    []ui.Fact
	Actions  []ui.Action
	Form     ui.Form
	Target   string // where the form is posted to
	Upload   bool   // it holds a file
	Sections []ui.Section
	Save     string // key of the button
	Also     *ui.Option
	Try      *ui.Option // a button that only shows what saving would do
	Version  int        // what the form was filled in from; 0 for a new thing
	Above    []ui.Listing
	Listings []ui.Listing
	Deeds    []ui.Deed
}

// showList draws a list.
func (p *Pages) showList(v *visit, page listPage) error {
	status := http.StatusOK
	if page.Refused != nil {
		status = http.StatusUnprocessableEntity
	}
	return p.show(v, status, "desk-list", page)
}

// refuseList draws a list again after one of its deeds was refused, with the form
// of that as it was typed.
func (p *Pages) refuseList(v *visit, page listPage, form ui.Form, err error) error {
	notice, status, err := v.refused(err, &form)
	if err != nil {
		return err
	}
	page.Notice, page.Here = notice, page.Path+siteQuery(page.Site)
	refuseDeed(page.Deeds, v.r.URL.Path, form)
	return p.show(v, status, "desk-list", page)
}

// showForm draws the page of a thing.
func (p *Pages) showForm(v *visit, status int, page formPage) error {
	if page.Save == "" {
		page.Save = "form.save"
	}
	if page.Form.Values == nil {
		page.Form = ui.NewForm(nil)
	}
	return p.show(v, status, "desk-form", page)
}

// refuseForm draws the page again with what is wrong at its field and all that
// was typed: in the form itself, or in the one of the deed that was sent.
func (p *Pages) refuseForm(v *visit, page formPage, form ui.Form, err error) error {
	notice, status, err := v.refused(err, &form)
	if err != nil {
		return err
	}
	page.Notice, page.Here = notice, page.Back.URL
	if !refuseDeed(page.Deeds, v.r.URL.Path, form) {
		page.Form = form
	}
	return p.showForm(v, status, page)
}

// refuseDeed puts the form into the deed that is sent to path, unfolded, and
// reports whether there is one.
func refuseDeed(deeds []ui.Deed, path string, form ui.Form) bool {
	i := slices.IndexFunc(deeds, func(d ui.Deed) bool {
		to, _, _ := strings.Cut(d.URL, "?")
		return to == path
	})
	if i >= 0 {
		deeds[i].Form, deeds[i].Open = form, true
	}
	return i >= 0
}

// deskPage returns the shell of a staff page that is about no single site.
func (v *visit) deskPage(name string) staffPage {
	page := staffPage{Page: v.page(name, "admin"), Now: v.now}
	page.Menu = v.staffMenu(name, "")
	return page
}

// siteQuery is the end of an address about a site.
func siteQuery(site string) string { return "?" + url.Values{"site": {site}}.Encode() }

// matchOf reads the version that a form was filled in from.
func matchOf(form ui.Form) models.Match {
	version, err := strconv.Atoi(form.Value("version"))
	if err != nil {
		return nil
	}
	return models.Match{version}
}

// localTime is how forms write an instant in a site's time.
const localTime = "2006-01-02T15:04"

// localInstant reads what an input of that type holds.
func localInstant(form ui.Form, name string, loc *time.Location) (time.Time, error) {
	t, err := time.ParseInLocation(localTime, form.Value(name), loc)
	if err != nil {
		return t, models.ErrInvalidInput.On(name).Saying("moment")
	}
	return t.UTC(), nil
}

// link is a button that leads to a page.
func (v *visit) link(key, to string) ui.Action { return ui.Action{Label: v.t(key), URL: to} }

// add is the button over a list that makes another of what it lists.
func (v *visit) add(key, to string) []ui.Action {
	return []ui.Action{{Label: v.t(key), URL: to, Primary: true}}
}

// create reads the form of a new thing, stores it by do, and goes to its page; or
// draws the form again.
func (p *Pages) create(v *visit, page formPage, do func(ui.Form) (string, error)) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	next, err := do(form)
	if err != nil {
		return p.refuseForm(v, page, form, err)
	}
	return v.redirect(next + "?done=stored")
}

// save stores a thing by do and shows it; or draws its form again.
func (p *Pages) save(v *visit, page formPage, do func(ui.Form) error) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	if err := do(form); err != nil {
		if len(form.Values) == 0 {
			form = page.Form // it was no form of its own, but a button under it
		}
		v.nameInTheWay(&page, err, "zones")
		return p.refuseForm(v, page, form, err)
	}
	return v.redirect(page.Target + "?done=stored")
}

// nameInTheWay lists the bookings that a change was refused for, with a button that
// cancels them; texts is where their words stand.
func (v *visit) nameInTheWay(page *formPage, err error, texts string) {
	if blocked, ok := errors.AsType[*booking.InTheWay](err); ok {
		page.Above = append(page.Above, v.bookingListing(blocked.Bookings, v.t(texts+".in_the_way")))
		page.Also = &ui.Option{Value: "cancel", Label: v.t(texts+".cancel", map[string]any{"count": len(blocked.Bookings)})}
	}
}

// remove takes a thing away by do and goes back to the list; or shows why not.
func (p *Pages) remove(v *visit, page formPage, do func() error) error {
	if err := do(); err != nil {
		return p.refuseForm(v, page, page.Form, err)
	}
	return v.redirect(page.Back.URL + doneAfter(page.Back.URL) + "done=deleted")
}

// doneAfter joins what was done to an address that may have a query.
func doneAfter(address string) string {
	if strings.Contains(address, "?") {
		return "&"
	}
	return "?"
}
