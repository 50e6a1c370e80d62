package models

import (
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

// hiragana returns the text with its katakana in hiragana: サトウ as さとう.
func hiragana(text string) string {
	return strings.Map(func(r rune) rune {
		if 0x30a1 <= r && r <= 0x30f6 {
			return r - betweenKana
		}
		return r
	}, text)
}

// katakana is hiragana the other way round.
func katakana(text string) string {
	return strings.Map(func(r rune) rune {
		if 0x3041 <= r && r <= 0x3096 {
			return r + betweenKana
		}
		return r
	}, text)
}
