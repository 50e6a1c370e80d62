package ui

import (
	"net/url"

	"kyoten/internal/locale"
)

// Page is what every page has besides its own content. Page models embed it, so
// that the shell's templates find these fields on any of them.
type Page struct {
	Lang    locale.Lang
	Title   string  // what the window is called, and the heading in most pages
	Here    string  // the page's own address with its query: where a change of language returns to
	Section string  // the entry of the navigation that is current: "today", "book", ...
	Viewer  *Viewer // who is signed in, or nil
	Unknown bool    // Viewer says nothing: the page is kept for anybody, or who asks could not be told
	Notice  *Notice // what the last action did, or nil
	Scripts []string
	Follows bool // parts of it are drawn anew as the reader chooses (htmx)
	Refresh int  // seconds after which a screen nobody touches is read anew, 0 = never
}

// Viewer is the signed-in person as the shell shows them.
type Viewer struct {
	ID     string
	Name   string
	Manage string // where the staff pages they may see begin, or ""
}

// Notice is a message over the page's content.
type Notice struct {
	Kind    string // "ok", "warn", "danger" or "" for a plain hint
	Title   string
	Text    string
	Actions []Action
	Done    bool // Text is one of few and holds nothing of anybody: the page's title may say it
}

// Icon returns the sign that goes with the notice's colour.
func (n Notice) Icon() string {
	switch n.Kind {
	case "ok":
		return "check"
	case "warn", "danger":
		return "warning"
	}
	return "info"
}

// Action is a button that leads on: a link, or with Post a form of its own whose
// fields stand in Fields.
type Action struct {
	Label   string
	URL     string
	Post    bool
	Primary bool
	Fields  url.Values
}

// Form is the state of a form: what was typed, and what is wrong with it. A form
// that is refused is drawn again with both, so nothing typed is lost.
type Form struct {
	Values url.Values
	Errors map[string]string // field name to sentence
}

// NewForm returns a form that shows values and has no errors yet.
func NewForm(values url.Values) Form {
	if values == nil {
		values = url.Values{}
	}
	return Form{Values: values, Errors: map[string]string{}}
}

// Value returns what stands in the field.
func (f Form) Value(name string) string { return f.Values.Get(name) }

// Has reports whether value is among the field's values, for check boxes.
func (f Form) Has(name, value string) bool {
	for _, v := range f.Values[name] {
		if v == value {
			return true
		}
	}
	return false
}

// Error returns the sentence under the field, or "".
func (f Form) Error(name string) string { return f.Errors[name] }

// Option is one choice of a select or of a row of radio buttons.
type Option struct {
	Value string
	Label string
	Lang  string // of the label, where it is not the page's
}
