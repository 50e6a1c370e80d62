package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"reflect"
	"regexp"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kyoten/auth"
	"kyoten/internal/locale"
	"kyoten/models"
)

// body is an answer without headers of its own.
type body[T any] struct{ Body T }

// created is the answer to what was made.
type created[T any] struct {
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     T
}

// versioned is the answer about what can be edited.
type versioned[T any] struct {
	ETag string `header:"ETag"`
	Body T
}

// nothing is an input or output without anything in it.
type nothing struct{}

// langOf is the language for answers to r: the client's choice, else the saved
// one of the person, else Japanese.
func langOf(r *http.Request) locale.Lang {
	if header := r.Header.Get("Accept-Language"); header != "" {
		return locale.Match(header)
	}
	if m := auth.Principal(r.Context()).Member; m != nil {
		lang, _ := locale.Parse(m.Locale)
		return lang
	}
	return locale.JA
}

// named returns the name in the reader's language.
func named(lang locale.Lang, ja, en string) string {
	if lang == locale.EN && en != "" {
		return en
	}
	return ja
}

// The instants that input may name; beyond them SQLite's and PostgreSQL's ways
// of writing time part.
var (
	firstInstant = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	lastInstant  = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// Instant is a point in time in the input: RFC 3339 with an offset. The zero
// value means that an optional one was not given.
type Instant struct {
	time.Time
	broken bool // what was given is no instant; Resolve says so, who knows where it stood
}

// Schema is a date-time in the document. Huma is not told: it would read the text
// as package time does, which is not quite RFC 3339.
func (Instant) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeString, Examples: []any{"2026-12-01T10:00:00+09:00"}, Extensions: map[string]any{"format": "date-time"},
	}
}

// rfc3339 is the form that package time is too generous about (a comma for the
// point, an offset of 24 hours) and not generous enough (a small t).
var rfc3339 = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$`)

// parseInstant reads an instant, and whether the text is one.
func parseInstant(text []byte) (time.Time, bool) {
	upper := string(bytes.ToUpper(text))
	t, err := time.Parse(time.RFC3339, upper)
	return t, err == nil && rfc3339.MatchString(upper)
}

// UnmarshalText reads a parameter.
func (i *Instant) UnmarshalText(text []byte) error {
	t, ok := parseInstant(text)
	i.Time, i.broken = t, !ok
	return nil
}

// UnmarshalJSON reads a field of a body.
func (i *Instant) UnmarshalJSON(raw []byte) error {
	var text *string
	if err := json.Unmarshal(raw, &text); err != nil || text == nil {
		return err
	}
	return i.UnmarshalText([]byte(*text))
}

// Resolve refuses what is no instant, and instants that no booking, list or report
// can be about.
func (i Instant) Resolve(_ huma.Context, prefix *huma.PathBuffer) []error {
	switch {
	case i.broken:
		return []error{models.ErrInvalidInput.On(pointer(prefix.String())).Saying("instant")}
	case i.IsZero(), !i.Before(firstInstant) && i.Before(lastInstant):
		return nil
	}
	return []error{models.ErrOutOfRange.On(pointer(prefix.String()))}
}

// UTC returns the instant as services take it.
func (i Instant) UTC() time.Time { return i.Time.UTC() }

// FarInstant is an Instant however far away: those of a booking, which its plan
// refuses with a better reason than "out of range".
type FarInstant struct{ Instant }

// Resolve refuses what is no instant.
func (i FarInstant) Resolve(_ huma.Context, prefix *huma.PathBuffer) []error {
	if !i.broken {
		return nil
	}
	return i.Instant.Resolve(nil, prefix)
}

// optional returns the instant as services take one that may be absent.
func (i *FarInstant) optional() *time.Time {
	if i == nil {
		return nil
	}
	t := i.UTC()
	return &t
}

// Change is a field of a PATCH: absent (nothing changes), null (cleared), or a
// value.
type Change[T any] struct {
	Set   bool // it was in the body
	Null  bool
	Value T
}

// UnmarshalJSON is called for a field that is in the body, null included.
func (c *Change[T]) UnmarshalJSON(raw []byte) error {
	c.Set = true
	if bytes.Equal(raw, []byte("null")) {
		c.Null = true
		return nil
	}
	return json.Unmarshal(raw, &c.Value)
}

// Schema is the value's, or null. Huma takes null for an optional object too,
// but knows no way to say so.
func (c Change[T]) Schema(r huma.Registry) *huma.Schema {
	s := *r.Schema(reflect.TypeFor[T](), true, "")
	s.Nullable = s.Ref == ""
	return &s
}

// toOptional applies the change to a field that may be absent.
func (c Change[T]) toOptional(field **T) {
	switch {
	case c.Null:
		*field = nil
	case c.Set:
		*field = &c.Value
	}
}

// timeOrNil leaves the zero instant out.
func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// parseIDs reads the ids of a list; one that cannot be an id names nothing.
func parseIDs(pointer string, texts []string) ([]models.ID, error) {
	ids := make([]models.ID, len(texts))
	for i, text := range texts {
		id, err := models.ParseID(text)
		if err != nil {
			return nil, models.ErrNotFound.On(pointer + "/" + strconv.Itoa(i))
		}
		ids[i] = id
	}
	return ids, nil
}

// parseOptionalID reads an id that may be absent.
func parseOptionalID(pointer, text string) (*models.ID, error) {
	if text == "" {
		return nil, nil
	}
	id, err := models.ParseID(text)
	if err != nil {
		return nil, models.ErrNotFound.On(pointer)
	}
	return &id, nil
}

// set applies a field of the input that was given.
func set[T any](field, given *T) {
	if given != nil {
		*field = *given
	}
}

// setNames applies names; name alone stands for both languages.
func setNames(ja, en *string, name, nameJA, nameEN *string) {
	set(ja, name)
	set(en, name)
	set(ja, nameJA)
	set(en, nameEN)
}

// requiring marks fields of a schema that a new thing must have and a change
// need not.
func requiring(s *huma.Schema, fields ...string) *huma.Schema {
	s.Required = append(s.Required, fields...)
	return s
}

// idOf reads an id that a field of the input names; what cannot be one is bad
// input there, unlike in a path.
func idOf(c Change[string], pointer string) (*models.ID, error) {
	if !c.Set || c.Null {
		return nil, nil
	}
	id, err := models.ParseID(c.Value)
	if err != nil {
		return nil, models.ErrInvalidInput.On(pointer).Saying("nothing_there")
	}
	return &id, nil
}

// idOrNil writes an id that may be absent.
func idOrNil(id *models.ID) *string {
	if id == nil {
		return nil
	}
	text := id.String()
	return &text
}
