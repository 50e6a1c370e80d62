package locale

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
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

// catalogues is indexed by Lang.
var catalogues = mustLoad(files)

// mustLoad reads the embedded catalogues. They are part of the program, so a
// broken one stops it at once.
func mustLoad(fsys fs.FS) [2]*catalogue {
	bundle := i18n.NewBundle(language.Japanese)
	var all [2]*catalogue
	for _, lang := range Langs {
		c := &catalogue{plain: map[string]string{}, templated: map[string]bool{}}
		names, err := fs.Glob(fsys, lang.String()+"/*.json")
		if err != nil {
			panic(fmt.Errorf("locale: %w", err))
		}
		for _, name := range names {
			if err := c.load(bundle, fsys, name); err != nil {
				panic(fmt.Errorf("locale: %s: %w", name, err))
			}
		}
		c.localizer = i18n.NewLocalizer(bundle, lang.String())
		all[lang] = c
	}
	return all
}

// load adds the file name, such as ja/faults.json, to the catalogue.
func (c *catalogue) load(bundle *i18n.Bundle, fsys fs.FS, name string) error {
	raw, err := fs.ReadFile(fsys, name)
	if err != nil {
		return err
	}
	file, err := bundle.ParseMessageFileBytes(raw, path.Dir(name)+".json") // go-i18n reads the language from the file's name
	if err != nil {
		return err
	}
	for _, m := range file.Messages {
		if _, twice := c.plain[m.ID]; twice || c.templated[m.ID] {
			return fmt.Errorf("key %s stands twice", m.ID)
		}
		if m.One == "" && !strings.Contains(m.Other, "{{") {
			c.plain[m.ID] = m.Other
		} else {
			c.templated[m.ID] = true
		}
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
