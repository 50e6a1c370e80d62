package ui

import (
	"html/template"
	"strings"
	"unicode"
)

// Two katakana that are read, and broken, like the kanji around them.
const smallKa, smallKe rune = 0x30f5, 0x30f6

// breaks writes a proper name so that a line may end in it only between its
// words, as far as they show: where katakana end. Browsers break between phrases
// they know from texts, and do not know names.
func breaks(name string) template.HTML {
	var out strings.Builder
	katakana := false
	for _, r := range name {
		is := unicode.In(r, unicode.Katakana) && r != smallKa && r != smallKe || r == 'ー' || r == '・'
		if katakana && !is && !unicode.IsSpace(r) {
			out.WriteString("<wbr>")
		}
		out.WriteString(template.HTMLEscapeString(string(r)))
		katakana = is
	}
	return template.HTML(out.String()) //nolint:gosec // every character was escaped
}
