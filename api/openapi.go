package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"kyoten/access/entry"
	"kyoten/internal/locale"
	"kyoten/models"
)

// newHumaConfig is huma's configuration without what we have of our own: the
// documentation page, which would load scripts from elsewhere, and links to
// schemas.
func newHumaConfig(version string) huma.Config {
	config := huma.DefaultConfig("Kyoten", version)
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.CreateHooks = nil
	config.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	config.Info.Description = "Bookings, entrances and occupancy of linked coworking sites. Conventions that hold for all routes are in docs/api.md."
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", Description: "A session, personal or gate token."},
		"cookie": {Type: "apiKey", In: "cookie", Name: "kyoten_session", Description: "What signing in sets in a browser; over TLS its name begins with __Host-."},
	}
	return config
}

// schemaName names a wire type in the document: bookingWire is Booking there, and
// the Body of signInInput is SignInInput. What the doors' core defines for gates
// is called after them: its Zone is another than the API's.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	if t.Name() != "" && t.PkgPath() == reflect.TypeFor[entry.State]().PkgPath() {
		name = "Gates" + name
	}
	return strings.NewReplacer("Wire", "", "putBody", "put").Replace(name)
}

// document is the OpenAPI document. Its forms are written when first asked for.
type document struct {
	spec  *huma.OpenAPI
	json  func() ([]byte, string) // and its ETag
	pages map[locale.Lang]func() []byte
}

func newDocument(spec *huma.OpenAPI) *document {
	for name, schema := range spec.Components.Schemas.Map() {
		sayNull(schema, spec.Components.Schemas.TypeFromRef("#/components/schemas/"+name))
	}
	sayInputCodes(spec)
	d := &document{spec: spec, pages: map[locale.Lang]func() []byte{}}
	d.json = sync.OnceValues(d.text)
	for _, lang := range locale.Langs {
		d.pages[lang] = sync.OnceValue(func() []byte { return d.page(lang) })
	}
	return d
}

// text writes the document as JSON and names that content.
func (d *document) text() ([]byte, string) {
	text, err := json.MarshalIndent(d.spec, "", " ")
	if err != nil {
		panic(fmt.Errorf("write the OpenAPI document: %w", err)) // it is part of the program
	}
	sum := sha256.Sum256(text)
	return text, `"` + hex.EncodeToString(sum[:8]) + `"`
}

// sayNull says of the objects and the listed values in an answer that may be null
// that they may be. Huma says so of other plain values alone. Types of input are left as they are, since
// they are what input is checked against; their optional fields have omitempty.
func sayNull(s *huma.Schema, t reflect.Type) {
	if t == nil || t.Kind() != reflect.Struct {
		return
	}
	for i := range t.NumField() {
		name, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		field := s.Properties[name]
		if field != nil && field.Nullable && len(field.Enum) > 0 {
			field.Enum = append(slices.Clip(field.Enum), nil) // or the list would shut it out again
		}
		if field == nil || field.Ref == "" || t.Field(i).Type.Kind() != reflect.Pointer || strings.Contains(options, "omitempty") {
			continue
		}
		s.Properties[name] = &huma.Schema{Description: field.Description, AnyOf: []*huma.Schema{{Ref: field.Ref}, {Type: "null"}}}
	}
}

// sayInputCodes lists, with the codes of each route, those of input that its schema
// turns away. What a query may hold is known once the route is registered.
func sayInputCodes(spec *huma.OpenAPI) {
	for _, item := range spec.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op == nil {
				continue
			}
			codes, _ := op.Extensions["x-codes"].([]string)
			op.Extensions["x-codes"] = slices.Compact(slices.Sorted(slices.Values(append(codes, inputCodes(op, spec.Components.Schemas)...))))
		}
	}
}

func inputCodes(op *huma.Operation, schemas huma.Registry) (codes []string) {
	bounded := false
	for _, p := range op.Parameters {
		if p.In == "query" {
			codes = append(codes, models.ErrInvalidInput.Code)
			bounded = bounded || hasBounds(p.Schema, schemas)
		}
	}
	if op.RequestBody != nil {
		for _, media := range op.RequestBody.Content {
			bounded = bounded || hasBounds(media.Schema, schemas)
		}
	}
	if bounded {
		codes = append(codes, models.ErrOutOfRange.Code)
	}
	return codes
}

// hasBounds reports whether a number or an instant stands in what s describes:
// either may be too small or too large.
func hasBounds(s *huma.Schema, schemas huma.Registry) bool {
	switch {
	case s == nil:
		return false
	case s.Ref != "":
		return hasBounds(schemas.SchemaFromRef(s.Ref), schemas)
	case s.Minimum != nil, s.Maximum != nil, s.Format == "date-time":
		return true
	}
	for _, field := range s.Properties {
		if hasBounds(field, schemas) {
			return true
		}
	}
	return hasBounds(s.Items, schemas)
}

// openAPI serves /openapi.json.
func (a *API) openAPI(w http.ResponseWriter, r *http.Request) {
	text, etag := a.routes().doc.json()
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(text) // a reader that is gone needs nothing
}
