package models

import (
	"cmp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// OneLine makes a title or a name of what somebody sent: the ends of lines and
// other control characters become blanks, of which none stand at its ends.
func OneLine(text string) string {
	return strings.TrimSpace(strings.Join(strings.FieldsFunc(text, unicode.IsControl), " "))
}

// PlainWidth returns the text as most people write it: full-width letters and
// digits (１０), which a Japanese keyboard types as easily, become plain ones, and
// half-width kana (ｻﾄｳ) full ones.
func PlainWidth(text string) string { return norm.NFKC.String(text) }

// katakana and its equal in hiragana lie this far apart.
const betweenKana = 0x30a1 - 0x3041

// allHiragana has every letter that katakana changes.
var allHiragana = func() string {
	var all strings.Builder
	for r := rune(0x3041); r <= 0x3096; r++ {
		all.WriteRune(r)
	}
	return all.String()
}()

// hiragana returns the text with its katakana in hiragana: サトウ as さとう.
func hiragana(text string) string {
	return strings.Map(func(r rune) rune {
		if 0x30a1 <= r && r <= 0x30f6 {
			return r - betweenKana
		}
		return r
	}, text)
}

// SortedBy returns what a person is sorted by: the reading of the name, else the
// name, in one kana. Some write さとう and others サトウ, and all of hiragana comes
// before all of katakana.
func SortedBy(kana, name string) string { return katakana(cmp.Or(kana, name)) }

// katakana is hiragana the other way round.
func katakana(text string) string {
	return strings.Map(func(r rune) rune {
		if 0x3041 <= r && r <= 0x3096 {
			return r + betweenKana
		}
		return r
	}, text)
}
