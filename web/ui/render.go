// Package ui is the design language as code: the parsed templates, the static
// files, the icons, and the models of the components that pages are made of. It
// knows no service and no route.
package ui

import (
	"bytes"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"kyoten/internal/locale"
)

// Renderer draws pages in one language. It is bound to the functions of the
// templates, so that a template says {{t "key"}} and never passes a language along.
type Renderer struct {
	set *template.Template
}

// NewRenderer parses every template below templates in fsys.
func NewRenderer(fsys fs.FS, lang locale.Lang, assets *Assets) (*Renderer, error) {
	icons, err := parseIcons(assets.Body("icons.svg"))
	if err != nil {
		return nil, err
	}
	set, err := parseAll(template.New("").Funcs(funcs(lang, assets, icons)), fsys)
	if err != nil {
		return nil, fmt.Errorf("parse templates: %w", err)
	}
	return &Renderer{set}, nil
}

func parseAll(set *template.Template, fsys fs.FS) (*template.Template, error) {
	err := fs.WalkDir(fsys, "templates", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".html") {
			return err
		}
		_, err = set.ParseFS(fsys, name)
		return err
	})
	return set, err
}

// Render draws the block name. It draws into memory first: a mistake in a
// template gives an error page, never half a page.
func (r *Renderer) Render(w io.Writer, name string, data any) error {
	var page bytes.Buffer
	if err := r.set.ExecuteTemplate(&page, name, data); err != nil {
		return fmt.Errorf("draw %s: %w", name, err)
	}
	_, err := page.WriteTo(w)
	return err
}

// funcs are what templates can say in one language.
func funcs(lang locale.Lang, assets *Assets, icons map[string]template.HTML) template.FuncMap {
	return template.FuncMap{
		"t":         func(key string, pairs ...any) (string, error) { return text(lang, key, pairs) },
		"lang":      func() string { return lang.String() },
		"otherlang": func() string { return lang.Other().String() },
		"asset":     assets.URL,
		"icon":      func(name string) (template.HTML, error) { return icon(icons, name) },
		"dict":      dict,
		"breaks":    breaks,
		"add":       func(a, b int) int { return a + b },
		"sub":       func(a, b int) int { return a - b },
		"date":      func(t time.Time, loc *time.Location) string { return locale.Date(lang, t, loc) },
		"shortdate": func(t time.Time, loc *time.Location) string { return locale.ShortDate(lang, t, loc) },
		"datetime":  func(t time.Time, loc *time.Location) string { return locale.DateTime(lang, t, loc) },
		"clock":     locale.Time,
		"hours":     func(from, to time.Time, loc *time.Location) string { return locale.TimeRange(lang, from, to, loc) },
		"duration":  func(d time.Duration) string { return locale.Duration(lang, d) },
		"instant":   func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	}
}

// text is the template function t: a key and pairs of names and values.
func text(lang locale.Lang, key string, pairs []any) (string, error) {
	if len(pairs) == 0 {
		return locale.T(lang, key), nil
	}
	data, err := dict(pairs...)
	if err != nil {
		return "", err
	}
	return locale.T(lang, key, data), nil
}

// dict makes a map of pairs, to hand several values to a block.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("dict: %d values do not make pairs", len(pairs))
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: %v is no name", pairs[i])
		}
		m[name] = pairs[i+1]
	}
	return m, nil
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
