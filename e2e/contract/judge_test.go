//go:build e2e

package contract

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// problem checks that the answer is a complete problem document (RFC 9457) with
// that status and code, and returns it.
func (a answer) problem(t *testing.T, status int, code string) answer {
	t.Helper()
	for _, complaint := range a.judgeProblem(status, code) {
		t.Errorf("%s: %s: %s", a.call, complaint, a.excerpt())
	}
	return a
}

// judgeProblem returns what is wrong with a problem; code "" means any.
func (a answer) judgeProblem(status int, code string) []string {
	var wrong []string
	if a.status != status {
		wrong = append(wrong, fmt.Sprintf("status %d, want %d %s", a.status, status, code))
	}
	if kind := a.header.Get("Content-Type"); !strings.HasPrefix(kind, "application/problem+json") {
		wrong = append(wrong, "content type "+kind)
	}
	for _, name := range []string{"type", "title", "detail", "instance", "code"} {
		if s, _ := a.at(name).(string); s == "" {
			wrong = append(wrong, "no "+name)
		}
	}
	if got := fmt.Sprint(a.at("status")); got != fmt.Sprint(a.status) {
		wrong = append(wrong, "member status "+got)
	}
	if got := a.at("code"); code != "" && got != code {
		wrong = append(wrong, fmt.Sprintf("code %v, want %s", got, code))
	}
	return wrong
}

// refused checks that the answer is some problem a client caused (4xx), and
// never the server's own failure.
func (a answer) refused(t *testing.T) {
	t.Helper()
	if a.status < 400 || a.status > 499 {
		t.Errorf("%s = %d, want a 4xx: %s", a.call, a.status, a.excerpt())
		return
	}
	a.problem(t, a.status, "")
}

// Shapes of values, for the fields of documents.
const (
	text    = "text"    // a string that says something
	words   = "words"   // a string, perhaps empty
	instant = "instant" // RFC 3339 in UTC
	integer = "integer"
	truth   = "bool"
	array   = "array"
	object  = "object"
	maybe   = "maybe " // prefix: may be null or missing
)

var utc = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$`)

// shape checks that the document has all the named fields with their shapes.
// More fields are allowed: the contract says that they may be added.
func (a answer) shape(t *testing.T, want map[string]string) answer {
	t.Helper()
	for path, shape := range want {
		value := a.at(path)
		bare, optional := strings.CutPrefix(shape, maybe)
		if value == nil && optional {
			continue
		}
		if !hasShape(value, bare) {
			t.Errorf("%s: %s = %v, want %s in %s", a.call, path, value, shape, a.excerpt())
		}
	}
	return a
}

func hasShape(value any, shape string) bool {
	switch shape {
	case text:
		s, ok := value.(string)
		return ok && s != ""
	case words:
		_, ok := value.(string)
		return ok
	case instant:
		s, ok := value.(string)
		return ok && utc.MatchString(s)
	case integer:
		n, ok := value.(json.Number)
		_, err := n.Int64()
		return ok && err == nil
	case truth:
		_, ok := value.(bool)
		return ok
	case array:
		_, ok := value.([]any)
		return ok
	case object:
		_, ok := value.(map[string]any)
		return ok
	}
	return false
}

// equal compares one field.
func (a answer) equal(t *testing.T, path string, want any) answer {
	t.Helper()
	if got := fmt.Sprint(a.at(path)); got != fmt.Sprint(want) {
		t.Errorf("%s: %s = %s, want %v in %s", a.call, path, got, want, a.excerpt())
	}
	return a
}

var japanese = regexp.MustCompile(`[\x{3040}-\x{30ff}\x{4e00}-\x{9fff}]`)
