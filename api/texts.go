package api

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"

	"kyoten/models"
)

// checkTexts refuses in a body of JSON what would not be stored as it was sent:
// names that stand in an object twice (readers differ in which one counts), half
// characters, and characters that are no text. What is no JSON at all is left to
// those who read it for its meaning.
func checkTexts(raw []byte) error {
	c := &textCheck{Decoder: json.NewDecoder(bytes.NewReader(raw)), raw: raw}
	why := c.value()
	switch {
	case c.deep:
		return errBadRequest
	case why != "":
		return models.ErrInvalidInput.On(strings.Join(c.path, "/")).Saying(why)
	}
	return nil
}

// maxDepth is how many objects and lists a body may have within each other.
const maxDepth = 64

// textCheck goes through a body. When it finds something its path stays there.
type textCheck struct {
	*json.Decoder
	raw  []byte
	path []string
	over bool // it is no JSON from here on, or need not be looked at
	deep bool // it goes deeper than any body does
}

// value reads the next value and returns what is wrong with it, "" for nothing.
func (c *textCheck) value() (why string) {
	token, why := c.token()
	if why != "" || token != json.Delim('{') && token != json.Delim('[') {
		return why
	}
	if len(c.path) == maxDepth {
		c.over, c.deep = true, true
		return ""
	}
	var names map[string]bool // of an object
	if token == json.Delim('{') {
		names = map[string]bool{}
	}
	for i := 0; c.More() && !c.over; i++ {
		if why := c.part(i, names); why != "" {
			return why
		}
	}
	_, _ = c.token() // the closing one
	return ""
}

// part reads the i-th part of a list or an object.
func (c *textCheck) part(i int, names map[string]bool) (why string) {
	part := strconv.Itoa(i)
	if names != nil {
		name, why := c.token()
		if part, _ = name.(string); why != "" {
			return why
		}
	}
	c.path = append(c.path, part)
	if names[part] {
		return "repeated"
	}
	if names != nil {
		names[part] = true
	}
	why = c.value()
	if why == "" {
		c.path = c.path[:len(c.path)-1]
	}
	return why
}

// token reads the next token and looks at it where it is a text.
func (c *textCheck) token() (token json.Token, why string) {
	before := c.InputOffset()
	token, err := c.Token()
	c.over = c.over || err != nil
	text, ok := token.(string)
	switch {
	case c.over, !ok:
		return token, ""
	case strings.ContainsFunc(text, isNoText):
		return token, "control"
	case hasHalfCharacter(c.raw[before:c.InputOffset()]):
		return token, "surrogate"
	}
	return token, ""
}

// isNoText finds control characters; those that begin a line or a column are text.
func isNoText(r rune) bool { return unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r' }

// hasHalfCharacter finds an escaped surrogate without its other half, which would
// be read as another character.
func hasHalfCharacter(literal []byte) bool {
	for i := 0; i < len(literal); i++ {
		if literal[i] != '\\' {
			continue
		}
		first := escaped(literal[i:])
		if first < 0 {
			i++ // what is escaped may be a backslash
			continue
		}
		i += 5
		if !utf16.IsSurrogate(first) {
			continue
		}
		if utf16.DecodeRune(first, escaped(literal[i+1:])) == unicode.ReplacementChar {
			return true
		}
		i += 6
	}
	return false
}

// escaped reads \uXXXX, -1 where there is none.
func escaped(s []byte) rune {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return -1
	}
	n, err := strconv.ParseUint(string(s[2:6]), 16, 16)
	if err != nil {
		return -1
	}
	return rune(n)
}
