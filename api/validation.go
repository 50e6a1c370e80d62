package api

import (
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"kyoten/internal/fault"
	"kyoten/internal/locale"
	"kyoten/models"
)

// maxInputErrors bounds how many complaints one answer lists.
const maxInputErrors = 20

// Huma's messages are package variables, in English. They are replaced by keys
// of the catalogue, with the value a text names behind a bar, before any schema
// is made; problemOf reads them.
func init() {
	for key, messages := range map[string][]*string{
		"unknown":       {&validation.MsgUnexpectedProperty},
		"instant":       {&validation.MsgExpectedRFC3339DateTime},
		"day":           {&validation.MsgExpectedRFC3339Date},
		"email":         {&validation.MsgExpectedRFC5322Email},
		"boolean":       {&validation.MsgExpectedBoolean},
		"number":        {&validation.MsgExpectedNumber},
		"integer":       {&validation.MsgExpectedInteger},
		"string":        {&validation.MsgExpectedString},
		"array":         {&validation.MsgExpectedArray},
		"object":        {&validation.MsgExpectedObject},
		"unique":        {&validation.MsgExpectedArrayItemsUnique},
		"one_of|%s":     {&validation.MsgExpectedOneOf},
		"min|%v":        {&validation.MsgExpectedMinimumNumber, &validation.MsgExpectedExclusiveMinimumNumber},
		"max|%v":        {&validation.MsgExpectedMaximumNumber, &validation.MsgExpectedExclusiveMaximumNumber},
		"min_length|%d": {&validation.MsgExpectedMinLength},
		"max_length|%d": {&validation.MsgExpectedMaxLength},
		"min_items|%d":  {&validation.MsgExpectedMinItems},
		"max_items|%d":  {&validation.MsgExpectedMaxItems},
		"required|%s":   {&validation.MsgExpectedRequiredProperty},
		"pattern|%s":    {&validation.MsgExpectedMatchPattern, &validation.MsgExpectedBePattern},
	} {
		for _, message := range messages {
			*message = key
		}
	}
	huma.ValidateStrictCasing = true // "Email" is not "email": an unknown field
	huma.NewError = func(status int, _ string, _ ...error) huma.StatusError { return &Problem{Status: status} }
	huma.NewErrorWithContext = problemOf
}

// bounds are the complaints that make a problem out_of_range.
var bounds = map[string]bool{"min": true, "max": true}

// problemOf turns what huma found, or what a handler returned, into a problem
// and sets its headers.
func problemOf(ctx huma.Context, status int, _ string, errs ...error) huma.StatusError {
	r := requestOf(ctx)
	var p *Problem
	switch status {
	case http.StatusUnprocessableEntity:
		p = invalidInput(r, errs)
	case http.StatusInternalServerError:
		p = newProblem(r, errors.Join(errs...))
	case http.StatusUnsupportedMediaType:
		p = newProblem(r, errMediaType)
	case http.StatusRequestEntityTooLarge:
		p = newProblem(r, errTooLarge)
	default:
		p = newProblem(r, errBadRequest.Because(errors.Join(errs...)))
	}
	h := http.Header{}
	setProblemHeaders(h, p)
	for name := range h {
		ctx.SetHeader(name, h.Get(name))
	}
	return p
}

// invalidInput lists what is wrong with the input. It is out_of_range when that
// is all there is to say.
func invalidInput(r *http.Request, errs []error) *Problem {
	lang := langOf(r)
	var list []InputError
	outside := 0
	for _, err := range errs {
		if len(list) == maxInputErrors {
			break
		}
		entry, beyond := inputError(lang, err)
		if beyond {
			outside++
		}
		list = append(list, entry)
	}
	var p *Problem
	if outside == len(list) && outside > 0 {
		p = newProblem(r, models.ErrOutOfRange)
	} else {
		p = newProblem(r, models.ErrInvalidInput)
	}
	p.Errors = list
	return p
}

// inputError puts one complaint into words and says whether it is about a bound.
func inputError(lang locale.Lang, err error) (entry InputError, beyond bool) {
	if f, ok := errors.AsType[*fault.Fault](err); ok {
		_, detail := locale.Fault(lang, f)
		return InputError{"#/" + f.Pointer, detail}, errors.Is(f, models.ErrOutOfRange)
	}
	detailer, ok := err.(huma.ErrorDetailer)
	if !ok {
		return InputError{"#", locale.T(lang, "input.invalid")}, false
	}
	d := detailer.ErrorDetail()
	key, value := complaint(d.Message)
	where := pointer(d.Location)
	if key == "required" && value != "" {
		where = strings.TrimPrefix(where+"/"+value, "/")
	}
	if where != "" {
		where = "/" + where // "#" is the whole body, and "#/" a field without a name
	}
	return InputError{"#" + where, locale.T(lang, "input."+key, map[string]any{"value": value})}, bounds[key]
}

// complaint splits a message into its key and the value the text names. What
// huma says in words of its own (about parameters) is sorted in.
func complaint(message string) (key, value string) {
	key, value, _ = strings.Cut(message, "|")
	switch {
	case locale.Has("input." + key):
		return key, value
	case key == "invalid integer":
		return "integer", ""
	case key == "invalid float":
		return "number", ""
	case key == "invalid boolean":
		return "boolean", ""
	case strings.HasPrefix(key, "required "):
		return "required", ""
	case strings.HasPrefix(key, "invalid value: parsing time"), strings.HasPrefix(key, "parsing time"):
		return "instant", ""
	}
	return "invalid", ""
}

// pointer turns huma's "body.spaces[0].id" into "spaces/0/id", and
// "query.limit" into "limit".
func pointer(location string) string {
	_, path, _ := strings.Cut(location, ".")
	return strings.NewReplacer(".", "/", "[", "/", "]", "").Replace(path)
}
