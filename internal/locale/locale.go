// Package locale holds every text people read, in Japanese and English, and the
// way dates, times and lengths of time are written in both.
//
// The catalogues are JSON files, one per language and area (ja/faults.json,
// en/faults.json, ...), flat maps from key to text. A text may name values as
// {{.name}}; one that depends on a number has CLDR plural forms and reads the
// number from "count". Code and templates hold keys only.
package locale

import (
	"strings"
	"testing"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// Lang is a language of the product. The zero value is Japanese, the default.
type Lang uint8

// The languages.
const (
	JA Lang = iota
	EN
)

// Langs lists the languages in the order in which a page offers them.
var Langs = []Lang{JA, EN}

// String returns the language's BCP 47 tag, as stored and as written in lang="".
func (l Lang) String() string {
	if l == EN {
		return "en"
	}
	return "ja"
}

// Other returns the language that is not l.
func (l Lang) Other() Lang {
	if l == EN {
		return JA
	}
	return EN
}

// Parse returns the language a stored tag names, and whether it names one.
func Parse(tag string) (Lang, bool) {
	switch tag {
	case "ja":
		return JA, true
	case "en":
		return EN, true
	}
	return JA, false
}

var matcher = language.NewMatcher([]language.Tag{language.Japanese, language.English})

// maxAcceptLanguage bounds what Match parses: browsers send under 100 bytes.
const maxAcceptLanguage = 256

// Match returns the language to answer in for an Accept-Language header.
// Whoever asks for neither language, or sends nothing we can read, gets Japanese.
func Match(acceptLanguage string) Lang {
	if acceptLanguage == "" || len(acceptLanguage) > maxAcceptLanguage {
		return JA
	}
	tags, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil {
		return JA
	}
	_, i, confidence := matcher.Match(tags...)
	if confidence == language.No {
		return JA
	}
	return Langs[i]
}

// T returns the text under key in lang. Later maps of data win over earlier
// ones; a time.Time or time.Duration among the values is written as the language
// writes it, an instant in the zone it carries.
//
// A missing key is a mistake in the program: it panics under go test and shows
// the key in production, where a page with one raw key beats no page.
func T(lang Lang, key string, data ...map[string]any) string {
	c := catalogues[lang]()
	if text, ok := c.plain[key]; ok {
		return text
	}
	if !c.templated[key] {
		if testing.Testing() {
			panic("locale: no text " + key + " in " + lang.String())
		}
		return key
	}
	values := merge(lang, data)
	text, err := c.localizer.Localize(&i18n.LocalizeConfig{
		MessageID: key, TemplateData: values, PluralCount: values["count"], TemplateParser: parser,
	})
	if err != nil && testing.Testing() {
		panic("locale: " + key + " in " + lang.String() + ": " + err.Error())
	}
	return text
}

// Has reports whether key has a text.
func Has(key string) bool {
	c := catalogues[JA]()
	_, plain := c.plain[key]
	return plain || c.templated[key]
}

// Texts returns every plain text whose key begins with prefix, under the key
// without it: what a page hands to its script.
func Texts(lang Lang, prefix string) map[string]string {
	texts := map[string]string{}
	for key, text := range catalogues[lang]().plain {
		if rest, ok := strings.CutPrefix(key, prefix); ok {
			texts[rest] = text
		}
	}
	return texts
}
