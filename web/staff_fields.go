package web

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"kyoten/models"
	"kyoten/web/ui"
)

// fields reads the values of a form and keeps what is wrong with each that cannot
// be what it stands for. What holds between them is the services' to say.
type fields struct {
	form ui.Form
	all  mistakes
	err  error // nil, or all of them
}

// mistakes are what is wrong with several fields of one form, in their order. To
// whoever wants one error it is the first.
type mistakes []error

func (m mistakes) Error() string { return m[0].Error() }
func (m mistakes) Unwrap() error { return m[0] }

func (f *fields) fail(err error) {
	f.all = append(f.all, err)
	f.err = f.all
}

// text reads a text of at most longest characters.
func (f *fields) text(name string, longest int) string {
	text := strings.TrimSpace(f.form.Value(name))
	if utf8.RuneCountInString(text) > longest {
		f.fail(models.ErrInvalidInput.On(name).Saying("max_length").With("value", longest))
	}
	return text
}

// needed reads a text that has to be there.
func (f *fields) needed(name string, longest int) string {
	text := f.text(name, longest)
	if text == "" {
		f.fail(models.ErrInvalidInput.On(name).Saying("required"))
	}
	return text
}

// number reads a number; an empty field is the least.
func (f *fields) number(name string, least, most int) int {
	text := strings.TrimSpace(models.PlainWidth(f.form.Value(name)))
	if text == "" {
		return least
	}
	n, err := strconv.Atoi(text)
	switch {
	case err != nil:
		f.fail(models.ErrInvalidInput.On(name).Saying("integer"))
	case n < least || n > most:
		f.fail(models.ErrOutOfRange.On(name).Saying("between").With("min", least).With("max", most))
	}
	return n
}

// count reads a number that has to be there.
func (f *fields) count(name string, least, most int) int {
	if strings.TrimSpace(f.form.Value(name)) == "" {
		f.fail(models.ErrInvalidInput.On(name).Saying("required"))
		return least
	}
	return f.number(name, least, most)
}

// yes reads a check box.
func (f *fields) yes(name string) bool { return f.form.Value(name) != "" }

// one reads a choice among values.
func (f *fields) one(name string, values ...string) string {
	chosen := f.form.Value(name)
	for _, value := range values {
		if chosen == value {
			return chosen
		}
	}
	f.fail(notOffered(name))
	return ""
}

// id reads the id of something, or nil for none.
func (f *fields) id(name string) *models.ID {
	if f.form.Value(name) == "" {
		return nil
	}
	id, err := models.ParseID(f.form.Value(name))
	if err != nil {
		f.fail(notOffered(name))
		return nil
	}
	return &id
}

// key reads the number that names something, or nil for none.
func (f *fields) key(name string) *int {
	if f.form.Value(name) == "" {
		return nil
	}
	n, err := strconv.Atoi(f.form.Value(name))
	if err != nil {
		f.fail(notOffered(name))
		return nil
	}
	return &n
}

// notOffered means that a field holds none of what there was to choose from.
func notOffered(name string) error { return models.ErrInvalidInput.On(name).Saying("choice") }

// ticked is the value of a check box as forms keep it.
func ticked(on bool) []string {
	if on {
		return []string{"yes"}
	}
	return nil
}

// numeral is a number as forms keep it.
func numeral(n int) []string { return []string{strconv.Itoa(n)} }

// memberAt returns the member whose mail address stands in the field.
func (p *Pages) memberAt(v *visit, field, email string) (models.Member, error) {
	m, err := p.Store.MemberByEmail(v.ctx(), strings.TrimSpace(email))
	if errors.Is(err, models.ErrNotFound) {
		return m, errNobody.On(field)
	}
	return m, err
}
