package locale

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"time"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/nicksnyder/go-i18n/v2/i18n/template"
	"golang.org/x/text/language"
)

//go:embed ja/*.json en/*.json
var files embed.FS

// parser has no functions, so go-i18n keeps each parsed template.
var parser = &template.TextParser{}

// catalogue is one language's texts. Those without a placeholder, nearly all,
// are kept apart: reading one is a map lookup.
type catalogue struct {
	plain     map[string]string
	templated map[string]bool
	localizer *i18n.Localizer
}

// catalogues is indexed by Lang. Each is read when its language is first asked
// for: a command that says nothing needs none of them.
var catalogues = [2]func() *catalogue{
	JA: sync.OnceValue(func() *catalogue { return mustLoad(files, JA) }),
	EN: sync.OnceValue(func() *catalogue { return mustLoad(files, EN) }),
}

// mustLoad reads the embedded catalogue of a language. It is part of the program,
// so a broken one is a mistake of ours that every test would show.
func mustLoad(fsys fs.FS, lang Lang) *catalogue {
	tag := language.Make(lang.String())
	bundle := i18n.NewBundle(tag)
	c := &catalogue{plain: map[string]string{}, templated: map[string]bool{}}
	names, err := fs.Glob(fsys, lang.String()+"/*.json")
	if err != nil {
		panic(fmt.Errorf("locale: %w", err))
	}
	for _, name := range names {
		if err := c.load(bundle, tag, fsys, name); err != nil {
			panic(fmt.Errorf("locale: %s: %w", name, err))
		}
	}
	c.localizer = i18n.NewLocalizer(bundle, lang.String())
	return c
}

// load adds the file name, such as ja/faults.json, to the catalogue. Only texts
// with something to fill in are given to go-i18n, which makes a template of each.
func (c *catalogue) load(bundle *i18n.Bundle, tag language.Tag, fsys fs.FS, name string) error {
	raw, err := fs.ReadFile(fsys, name)
	if err != nil {
		return err
	}
	var texts map[string]any // strings, or plural forms
	if err := json.Unmarshal(raw, &texts); err != nil {
		return err
	}
	for key, text := range texts {
		if _, twice := c.plain[key]; twice || c.templated[key] {
			return fmt.Errorf("key %s stands twice", key)
		}
		if plain, ok := text.(string); ok && !strings.Contains(plain, "{{") {
			c.plain[key] = plain
			continue
		}
		m, err := i18n.NewMessage(text)
		if err != nil {
			return fmt.Errorf("key %s: %w", key, err)
		}
		m.ID = key
		if err := bundle.AddMessages(tag, m); err != nil {
			return err
		}
		c.templated[key] = true
	}
	return nil
}

// merge joins the maps of one call of T and puts times and lengths into words.
// An instant stands under its name as day and time, and under name_time as the
// time alone; both in the zone it carries.
func merge(lang Lang, data []map[string]any) map[string]any {
	values := map[string]any{}
	for _, d := range data {
		for key, value := range d {
			switch v := value.(type) {
			case time.Time:
				values[key] = DateTime(lang, v, v.Location())
				values[key+"_time"] = Time(v, v.Location())
			case time.Duration:
				values[key] = Duration(lang, v)
			default:
				values[key] = value
			}
		}
	}
	return values
}
