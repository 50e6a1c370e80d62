package locale

import (
	"strings"
	"testing"

	"kyoten/internal/fault"
)

// Fault returns the title and the sentence that tell a person what went wrong
// and what to do. They stand under fault.CODE.title and fault.CODE.detail and may
// name the fault's Data; each such sentence also reads well without it. A fault
// that says what is wrong with the input is told by the sentence for that.
//
// A fault that has no text is reported by its English message alone, so that a
// new rule never hides behind a raw key; under go test it panics.
func Fault(lang Lang, f *fault.Fault) (title, detail string) {
	key := "fault." + f.Code
	if !testing.Testing() && !(Has(key+".title") && Has(key+".detail")) {
		return f.Message, f.Message
	}
	title, detail = T(lang, key+".title", f.Data), T(lang, key+".detail", f.Data)
	if f.Why != "" {
		detail = T(lang, "input."+f.Why, f.Data)
	}
	return title, detail
}

// BadCell is the sentence for what is wrong with one cell of a file that people
// bring: what the column wants, where the fault says no more than that it is wrong.
func BadCell(lang Lang, f *fault.Fault) string {
	_, column, _ := strings.Cut(f.Pointer, "/")
	if key := "import." + column; f.Code == "invalid_input" && Has(key) {
		return T(lang, key)
	}
	_, detail := Fault(lang, f)
	return detail
}
