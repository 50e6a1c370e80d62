package api

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"kyoten/internal/fault"
	"kyoten/internal/httpkit"
	"kyoten/internal/locale"
)

var (
	//go:embed docs.html
	docsHTML string
	//go:embed docs.css
	docsCSS []byte
)

var docsTemplate = template.Must(template.New("docs").Funcs(template.FuncMap{"t": locale.T}).Parse(docsHTML))

// docsPage is the readable form of the document: drawn here, without a script
// and without another host, so that it works wherever the server does.
type docsPage struct {
	Lang, Other locale.Lang
	Groups      []docsGroup
	Schemas     []docsSchema
	Faults      []docsFault
}

// docsGroup is the routes about one noun.
type docsGroup struct {
	Name   string
	Routes []docsRoute
}

// docsRoute is one route.
type docsRoute struct {
	ID, Method, Path, Summary string
	Who                       string
	Params                    []docsField
	Input                     *docsType
	Output                    *docsType
	Status                    string
	Codes                     []string
}

// docsField is a parameter or a field of an object.
type docsField struct {
	Name, In string
	Type     docsType
	Required bool
	Doc      string
}

// docsType is a type in few words, and the schema it names.
type docsType struct{ Text, Schema string }

// docsSchema is an object and its fields.
type docsSchema struct {
	Name   string
	Fields []docsField
}

// docsFault is a code and what it means.
type docsFault struct {
	Code, Title, Detail string
	Status              int
}

// docs serves GET /docs.
func (a *API) docs(w http.ResponseWriter, r *http.Request) {
	lang := langOf(r)
	if chosen, ok := locale.Parse(r.URL.Query().Get("lang")); ok {
		lang = chosen
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", lang.String())
	w.Header().Set("Vary", "Accept-Language, Cookie")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(a.routes().doc.pages[lang]()) // a reader that is gone needs nothing
}

func serveDocsCSS(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(docsCSS) // a reader that is gone needs nothing
}

// page draws the page in one language.
func (d *document) page(lang locale.Lang) []byte {
	page := docsPage{Lang: lang, Other: lang.Other(), Groups: d.groups(lang), Schemas: d.schemas()}
	for _, f := range fault.All() {
		title, detail := locale.Fault(lang, f)
		page.Faults = append(page.Faults, docsFault{f.Code, title, detail, httpkit.StatusOf(f.Kind)})
	}
	var out bytes.Buffer
	if err := docsTemplate.Execute(&out, page); err != nil {
		panic(fmt.Errorf("draw the documentation: %w", err)) // it is part of the program
	}
	return out.Bytes()
}

func (d *document) groups(lang locale.Lang) []docsGroup {
	byTag := map[string][]docsRoute{}
	for _, path := range slices.Sorted(maps.Keys(d.spec.Paths)) {
		item := d.spec.Paths[path]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil {
				byTag[op.Tags[0]] = append(byTag[op.Tags[0]], newDocsRoute(lang, op))
			}
		}
	}
	var groups []docsGroup
	for _, tag := range slices.Sorted(maps.Keys(byTag)) {
		groups = append(groups, docsGroup{tag, byTag[tag]})
	}
	return groups
}

func newDocsRoute(lang locale.Lang, op *huma.Operation) docsRoute {
	o, _ := op.Metadata[operationMeta].(operation)
	r := docsRoute{
		ID: op.OperationID, Method: op.Method, Path: op.Path, Codes: o.codes(),
		Summary: locale.T(lang, "api."+op.OperationID+".summary"), Who: locale.T(lang, "docs.who."+o.who.String()),
		Status: fmt.Sprint(max(op.DefaultStatus, http.StatusOK)),
	}
	for _, p := range op.Parameters {
		r.Params = append(r.Params, docsField{p.Name, p.In, newDocsType(p.Schema), p.Required, p.Description})
	}
	if op.RequestBody != nil {
		r.Input = bodyType(op.RequestBody.Content)
	}
	if answer := op.Responses[r.Status]; answer != nil {
		r.Output = bodyType(answer.Content)
	}
	return r
}

func bodyType(content map[string]*huma.MediaType) *docsType {
	if len(content) == 0 {
		return nil
	}
	kind := slices.Min(slices.Collect(maps.Keys(content)))
	t := newDocsType(content[kind].Schema)
	if kind != "application/json" {
		t.Text = kind
	}
	return &t
}

func (d *document) schemas() []docsSchema {
	all := d.spec.Components.Schemas.Map()
	var out []docsSchema
	for _, name := range slices.Sorted(maps.Keys(all)) {
		s := docsSchema{Name: name}
		for _, field := range slices.Sorted(maps.Keys(all[name].Properties)) {
			p := all[name].Properties[field]
			required := slices.Contains(all[name].Required, field)
			s.Fields = append(s.Fields, docsField{Name: field, Type: newDocsType(p), Required: required, Doc: p.Description})
		}
		out = append(out, s)
	}
	return out
}

// newDocsType puts a schema into a few words: "string date-time", "Booking[]".
func newDocsType(s *huma.Schema) docsType {
	switch {
	case s == nil:
		return docsType{}
	case s.Ref != "":
		name := s.Ref[strings.LastIndex(s.Ref, "/")+1:]
		return docsType{name, name}
	case len(s.AnyOf) == 2:
		first := newDocsType(s.AnyOf[0])
		return docsType{first.Text + ", null", first.Schema}
	case s.Type == huma.TypeArray:
		item := newDocsType(s.Items)
		return docsType{item.Text + "[]", item.Schema}
	}
	text := s.Type
	if s.Format != "" {
		text += " " + s.Format
	}
	if s.Nullable {
		text += ", null"
	}
	for i, value := range s.Enum {
		text += []string{" ", " | "}[min(i, 1)] + fmt.Sprint(value)
	}
	return docsType{Text: text}
}
