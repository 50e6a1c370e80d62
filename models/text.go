package models

import (
	"strings"
	"unicode"
)

// OneLine makes a title or a name of what somebody sent: the ends of lines and
// other control characters become blanks, of which none stand at its ends.
func OneLine(text string) string {
	return strings.TrimSpace(strings.Join(strings.FieldsFunc(text, unicode.IsControl), " "))
}
