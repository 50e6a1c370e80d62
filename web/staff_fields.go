package web

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"kyoten/models"
	"kyoten/web/ui"
)

// fields reads the values of a form and keeps what is wrong with the first that
// cannot be what it stands for. What holds between them is the services' to say.
type fields struct {
	form ui.Form
	err  error
}

func (f *fields) fail(err error) {
	if f.err == nil {
		f.err = err
	}
}

// text reads a text of at most longest characters.
func (f *fields) text(name string, longest int) string {
	text := strings.TrimSpace(f.form.Value(name))
	if utf8.RuneCountInString(text) > longest {
		f.fail(models.ErrInvalidInput.On(name))
	}
	return text
}

// number reads a number; an empty field is the least.
func (f *fields) number(name string, least, most int) int {
	text := strings.TrimSpace(f.form.Value(name))
	if text == "" {
		return least
	}
	n, err := strconv.Atoi(text)
	switch {
	case err != nil:
		f.fail(models.ErrInvalidInput.On(name))
	case n < least || n > most:
		f.fail(models.ErrOutOfRange.On(name).With("min", least).With("max", most))
	}
	return n
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
	f.fail(models.ErrInvalidInput.On(name))
	return ""
}

// id reads the id of something, or nil for none.
func (f *fields) id(name string) *models.ID {
	if f.form.Value(name) == "" {
		return nil
	}
	id, err := models.ParseID(f.form.Value(name))
	if err != nil {
		f.fail(models.ErrInvalidInput.On(name))
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
		f.fail(models.ErrInvalidInput.On(name))
		return nil
	}
	return &n
}

// ticked is the value of a check box as forms keep it.
func ticked(on bool) []string {
	if on {
		return []string{"yes"}
	}
	return nil
}

// numeral is a number as forms keep it.
func numeral(n int) []string { return []string{strconv.Itoa(n)} }
