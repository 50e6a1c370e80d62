package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"kyoten/auth"
	"kyoten/internal/fault"
	"kyoten/internal/httpkit"
	"kyoten/internal/locale"
	"kyoten/web/ui"
)

// errBadForm means that a form was sent with something it cannot have held.
var errBadForm = fault.New(fault.BadRequest, "bad_form", "the form cannot be read")

// codeOfStatus names the faults the router itself reports.
var codeOfStatus = map[int]*fault.Fault{
	http.StatusNotFound:              {Kind: fault.NotFound, Code: "not_found"},
	http.StatusMethodNotAllowed:      {Kind: fault.NotAllowed, Code: "method_not_allowed"},
	http.StatusRequestEntityTooLarge: {Kind: fault.TooLarge, Code: "body_too_large"},
	http.StatusUnsupportedMediaType:  {Kind: fault.Unsupported, Code: "unsupported_media_type"},
	http.StatusForbidden:             {Kind: fault.Forbidden, Code: "forbidden"},
	http.StatusBadRequest:            {Kind: fault.BadRequest, Code: "bad_request"},
	http.StatusServiceUnavailable:    {Kind: fault.Unavailable, Code: "unavailable"},
}

// faultOf returns what went wrong as a fault, Echo's own errors included.
func faultOf(err error) *fault.Fault {
	if routing, ok := errors.AsType[*echo.HTTPError](err); ok {
		if f := codeOfStatus[routing.Code]; f != nil {
			return f.Because(err)
		}
	}
	return fault.From(err)
}

// errorPage is the page of a request that failed.
type errorPage struct {
	ui.Page
	Detail    string
	RequestID string
}

// HandleError answers what a handler of the pages returned; serve.go hands it to
// Echo for every address that is not the API's.
func (p *Pages) HandleError(err error, c echo.Context) {
	if !c.Response().Committed {
		p.Fail(c.Response(), c.Request(), err)
	}
}

// Fail answers a failed request with a page. It needs nothing that may have
// failed: the principal comes from the request, the texts from memory. Who is
// not signed in is asked to sign in and comes back.
func (p *Pages) Fail(w http.ResponseWriter, r *http.Request, err error) {
	f := faultOf(err)
	if f.Kind == fault.Unauthenticated && r.Method == http.MethodGet {
		http.Redirect(w, r, signInPath(r), http.StatusSeeOther)
		return
	}
	v := newVisit(w, r)
	page := errorPage{Page: v.page("app.name", "")}
	page.Unknown = page.Viewer == nil // what is refused early was not asked who sends it
	page.Title, page.Detail = locale.Fault(v.lang, f)
	if f.Kind == fault.Internal || f.Kind == fault.Unavailable {
		httpkit.NoteError(r.Context(), err)
		page.RequestID = httpkit.RequestID(r.Context())
	}
	if err := p.show(v, httpkit.StatusOf(f.Kind), "error", page); err != nil {
		httpkit.NoteError(r.Context(), err)
		http.Error(w, page.Title, http.StatusInternalServerError)
	}
}

// refused turns err into what the form it came from can show: a sentence at each
// field it names, and a notice. It returns the status to show the form with.
// Errors nobody can mend by typing (and those about things that do not exist)
// are handed back.
func (v *visit) refused(err error, form *ui.Form) (*ui.Notice, int, error) {
	f := fault.From(err)
	switch f.Kind {
	case fault.Invalid, fault.Conflict, fault.Stale, fault.TooMany, fault.BadRequest:
	case fault.NotFound:
		if f.Pointer == "" {
			return nil, 0, err // the page itself; what a field names is mended there
		}
	case fault.Unauthenticated:
		if errors.Is(err, auth.ErrUnauthenticated) { // the session has ended; bad credentials are a mistake in the form
			return nil, 0, err
		}
	default:
		return nil, 0, err
	}
	several, ok := errors.AsType[mistakes](err)
	if !ok {
		several = mistakes{f}
	}
	for _, one := range slices.Backward(several) { // where two are about one field, the first is said
		f := fault.From(one)
		if field := fieldOf(f.Pointer); field != "" && form != nil {
			_, form.Errors[field] = locale.Fault(v.lang, f)
		}
	}
	title, detail := locale.Fault(v.lang, f)
	if form != nil && f.Why != "" && form.Errors[fieldOf(f.Pointer)] != "" {
		detail = v.t("form.see_fields") // what is wrong with one of them reads oddly over all
	}
	return &ui.Notice{Kind: "danger", Title: title, Text: detail}, httpkit.StatusOf(f.Kind), nil
}

// fieldError names the field that err is about.
func fieldError(err error, field string) error { return fault.From(err).On(field) }

// fieldOf returns the form field that a fault's pointer names: /body/ends_at and
// ends_at are the field "to" of our forms.
func fieldOf(pointer string) string {
	name := strings.TrimPrefix(strings.TrimPrefix(pointer, "/"), "body/")
	if list, number, ok := strings.Cut(name, "/"); ok && number != "" && strings.Trim(number, "0123456789") == "" {
		return list // one of several under that name
	}
	switch name {
	case "starts_at":
		return "from"
	case "ends_at":
		return "to"
	}
	return name
}

var (
	// errNobody means that no member was found by what was typed.
	errNobody = fault.New(fault.Invalid, "nobody_meant", "no member was found by that")
	// errSeveral means that several members were.
	errSeveral = fault.New(fault.Invalid, "several_meant", "several members were found by that")
)
