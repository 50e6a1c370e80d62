package web

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kyoten/access"
	"kyoten/access/entry"
	"kyoten/booking"
	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// control is one control of a form on a page, as a browser knows it.
type control struct {
	tag, kind, name string
	attrs           map[string]string
	values          []string // of a select or of radio buttons: those to choose from
}

// postedForm is a form on a page: where it is sent to, and as what.
type postedForm struct {
	action   string
	upload   bool
	controls []control
	filled   url.Values
}

// outline is what there is on a page to press.
type outline struct {
	forms []postedForm
	links []string
}

// parse reads a page as a browser does, as far as forms and links go.
func (p page) parse(t *testing.T) outline {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(p.body))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var o outline
	var form *postedForm
	var text *strings.Builder
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return o
		}
		if err != nil {
			t.Fatalf("%s: %v", p.path, err)
		}
		switch el := token.(type) {
		case xml.StartElement:
			attrs := map[string]string{}
			for _, a := range el.Attr {
				attrs[a.Name.Local] = a.Value
			}
			switch name := el.Name.Local; {
			case name == "a":
				o.links = append(o.links, attrs["href"])
			case name == "form" && attrs["method"] == "post":
				form = &postedForm{action: attrs["action"], upload: attrs["enctype"] != "", filled: url.Values{}}
			case form != nil:
				text = form.start(name, attrs, text)
			}
		case xml.CharData:
			if text != nil {
				text.Write(el)
			}
		case xml.EndElement:
			switch {
			case el.Name.Local == "textarea" && form != nil:
				form.filled.Add(form.controls[len(form.controls)-1].name, strings.TrimPrefix(text.String(), "\n"))
				text = nil
			case el.Name.Local == "form" && form != nil:
				o.forms = append(o.forms, *form)
				form = nil
			}
		}
	}
}

// formTo returns the form of the page that is sent to an address.
func (o outline) formTo(t *testing.T, address string) postedForm {
	t.Helper()
	for _, form := range o.forms {
		if form.action == address {
			return form
		}
	}
	t.Fatalf("no form is sent to %s", address)
	return postedForm{}
}

// start takes in one element of the form.
func (f *postedForm) start(tag string, attrs map[string]string, text *strings.Builder) *strings.Builder {
	c := control{tag: tag, kind: attrs["type"], name: attrs["name"], attrs: attrs}
	_, on := attrs["checked"]
	switch tag {
	case "input":
		if c.name == "" {
			return text
		}
		choice := c.kind == "radio" || c.kind == "checkbox"
		if !choice || on {
			f.filled.Add(c.name, attrs["value"])
		}
		if c.kind == "radio" && len(f.controls) > 0 && f.controls[len(f.controls)-1].name == c.name {
			return text
		}
	case "select":
	case "option":
		last := &f.controls[len(f.controls)-1]
		last.values = append(last.values, attrs["value"])
		if _, chosen := attrs["selected"]; chosen || len(last.values) == 1 {
			f.filled.Set(last.name, attrs["value"])
		}
		return text
	case "textarea":
		text = &strings.Builder{}
	default:
		return text
	}
	f.controls = append(f.controls, c)
	return text
}

var errorsAtFields = regexp.MustCompile(`-error">.*?<span>([^<]*)</span>`)

const longAgo = "long ago"

// wrong are values that the control would not take, or that nobody can have
// meant by it.
func (c control) wrong() map[string]string {
	wrong := map[string]string{}
	if _, required := c.attrs["required"]; required && c.kind != "file" {
		wrong["nothing"] = ""
	}
	if most, err := strconv.Atoi(c.attrs["maxlength"]); err == nil {
		wrong["too long"] = strings.Repeat("あ", most+1)
	}
	switch c.kind {
	case "number":
		wrong["no number"], wrong["far too much"], wrong["below nothing"] = "abc", "999999999", "-5"
	case "date":
		wrong["no day"], wrong[longAgo] = "2026-13-45", "1999-01-01"
	case "time":
		wrong["no time"] = "25:99"
	case "datetime-local":
		wrong["no instant"] = "2026-13-45T25:99"
	case "email":
		wrong["no address"] = "nobody"
	case "url":
		wrong["no link"] = "ftp://x"
	case "", "text", "tel", "search":
		if c.tag != "select" {
			wrong["a book"] = strings.Repeat("長", 5000)
		}
	case "radio":
		wrong["no choice"] = "nonsense"
	}
	if c.tag == "select" {
		wrong["no choice"] = "nonsense"
	}
	if c.tag == "textarea" {
		wrong["a book"] = strings.Repeat("長", 5000)
	}
	return wrong
}

// furnish puts something of everything into the house.
func (h *house) furnish(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	ann, admin := modelstest.As(t, h.store, h.Ann), modelstest.As(t, h.store, h.Admin)
	service := h.pages.Booking
	if _, err := service.Reserve(ctx, ann, booking.Request{Spaces: []models.ID{h.Seats[0].ID}, StartsAt: modelstest.At(1, 10, 0), EndsAt: modelstest.At(1, 12, 0)}); err != nil {
		t.Fatal(err)
	}
	if _, err := service.ReserveSeries(ctx, ann, booking.SeriesRequest{
		Request: booking.Request{
			Spaces: []models.ID{h.Room.ID}, StartsAt: modelstest.At(2, 10, 0), EndsAt: modelstest.At(2, 12, 0),
			Guests: []booking.Invitation{{Name: "客", Email: "guest@example.jp"}},
		},
		Rule: "FREQ=WEEKLY;COUNT=3", OnConflict: booking.OnConflictFail,
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.pages.Places.UpdateSpace(ctx, admin, h.Seats[3].ID, nil, func(s *models.Space) { s.OwnerID = &h.Ann.ID }); err != nil {
		t.Fatal(err)
	}
	if _, err := h.pages.Webhooks.Create(ctx, admin, &models.Webhook{URL: "https://hooks.example.jp/x", Events: []string{"booking.created"}}); err != nil {
		t.Fatal(err)
	}
	h.letIn(t, "見学者")
}

// letIn lets somebody without an account in.
func (h *house) letIn(t *testing.T, name string) {
	t.Helper()
	admin := modelstest.As(t, h.store, h.Admin)
	made, err := h.pages.Access.CreateGate(t.Context(), admin, access.GateRequest{
		Site: "colabo", Name: "正面", ToZone: h.Entrance["colabo"], Direction: "both", ExitOpens: "always",
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.pages.Access.Admit(t.Context(), admin, access.Admission{Gate: made.Gate.ID, Name: name, Direction: entry.Entry, Reason: "見学"}); err != nil {
		t.Fatal(err)
	}
}

var ids = regexp.MustCompile(`[0-9a-f-]{36}|\d+|\?.*`)

// pagesOf walks the pages that lead from one another for the reader of b, two of
// each sort.
func (b *browser) pagesOf(starts ...string) []page {
	b.t.Helper()
	seen, sorts := map[string]bool{}, map[string]int{}
	var pages []page
	for queue := starts; len(queue) > 0; {
		path := queue[0]
		queue = queue[1:]
		sort := ids.ReplaceAllString(path, "*")
		if seen[path] || sorts[sort] >= 2 || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "/api/") || strings.HasPrefix(path, "/docs") || strings.HasPrefix(path, "/kiosk") || strings.HasPrefix(path, "/board") {
			continue
		}
		seen[path] = true
		got := b.get(path)
		if !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") || got.status != http.StatusOK {
			continue
		}
		sorts[sort]++
		pages = append(pages, got)
		queue = append(queue, got.parse(b.t).links...)
	}
	return pages
}

func TestEveryFormSaysAtItsFieldWhatIsWrong(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.furnish(t)
	general := map[string]string{}
	for _, code := range []string{"invalid_input", "bad_form"} {
		for _, lang := range []locale.Lang{locale.JA, locale.EN} {
			_, general[code+" "+lang.String()] = locale.Fault(lang, faultNamed(t, code))
		}
	}
	readers := []struct {
		name string
		*models.Member
		lang string
	}{{"member", h.Ann, "ja"}, {"manager", h.Manager, "en"}, {"staff", h.Desk, "ja"}, {"administrator", h.Admin, "ja"}, {"member", h.Ann, "en"}, {"administrator", h.Admin, "en"}}
	for _, reader := range readers {
		b := h.as(t, reader.Member)
		b.post("/language", url.Values{"lang": {reader.lang}})
		tried := 0
		b.forms(func(from page, form postedForm) {
			for _, c := range form.controls {
				for what, value := range c.wrong() {
					b.tryWrong(fmt.Sprintf("%s %s → %s %s: %s", reader.name, from.path, form.action, c.name, what), form, c, value, general)
				}
			}
			tried++
		})
		if tried < 10 {
			t.Errorf("the %s has %d forms, want more", reader.name, tried)
		}
	}
}

// forms calls do for each form, one of each sort, of the pages that the reader of
// b finds.
func (b *browser) forms(do func(page, postedForm)) {
	b.t.Helper()
	done := map[string]bool{}
	for _, from := range b.pagesOf("/", "/account", "/bookings", "/rooms", "/book", "/rooms/common", "/admin", "/admin/reports") {
		for _, form := range from.parse(b.t).forms {
			sort := ids.ReplaceAllString(form.action, "*")
			if form.upload || done[sort] || form.action == "/language" || form.action == "/sign-out" {
				continue
			}
			done[sort] = true
			do(from, form)
		}
	}
}

// tryWrong sends the form with value in place of what the control should hold.
func (b *browser) tryWrong(what string, form postedForm, c control, value string, general map[string]string) {
	b.t.Helper()
	values := url.Values{}
	for name, v := range form.filled {
		values[name] = slices.Clone(v)
	}
	typed := map[string]string{}
	for _, other := range form.controls {
		if (other.kind == "" || other.kind == "text") && other.tag == "input" && other.name != c.name {
			values.Set(other.name, cmpOr(values.Get(other.name), "書いたもの"))
			typed[other.name] = values.Get(other.name)
		}
	}
	values.Set(c.name, value)
	got := b.post(form.action, values)
	if got.status < 400 {
		if !strings.HasSuffix(what, longAgo) { // holidays of the past may be told
			b.t.Errorf("%s: it was taken", what)
		}
		return // it was taken: there is nothing to say
	}
	for _, said := range errorsAtFields.FindAllStringSubmatch(got.body, -1) {
		if foreign := strings.ContainsFunc(said[1], func(r rune) bool { return r >= 0x3040 }); foreign != strings.Contains(got.body, `<html lang="ja"`) {
			b.t.Errorf("%s: %q is in the wrong language", what, said[1])
		}
	}
	for code, sentence := range general {
		if strings.Contains(got.body, sentence) {
			b.t.Errorf("%s: only %s is said (%d)", what, code, got.status)
			return
		}
	}
	if !strings.Contains(got.body, `-error">`) || strings.Contains(got.body, `class="failure`) {
		b.t.Errorf("%s: %d, and no field has an error: %s", what, got.status, first(got.text(), 400))
		return
	}
	for name, text := range typed {
		if !strings.Contains(got.body, text) {
			b.t.Errorf("%s: what was typed into %s is lost", what, name)
		}
	}
}

func TestEveryFormSurvivesTheEndOfItsSession(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.furnish(t)
	h.as(t, h.Admin).forms(func(from page, form postedForm) {
		sent := url.Values{}
		for _, c := range form.controls {
			sent[c.name] = []string{"<書いた> & 'もの'"}
		}
		sent[whoseField] = form.filled[whoseField]
		gone := h.visitor(t)
		asked := gone.post(form.action, sent).has(t, http.StatusUnauthorized, "入力した内容は残っています").parse(t).forms[1] // after the language
		in := asked.filled
		in.Set("email", h.Admin.Email)
		in.Set("password", password)
		again := gone.post(asked.action, in).has(t, http.StatusOK, "続ける").parse(t)
		last := again.formTo(t, form.action)
		if !reflect.DeepEqual(last.filled, sent) {
			t.Errorf("%s: %s with %v is sent again as %s with %v", from.path, form.action, sent, last.action, last.filled)
		}
	})
}

func TestAFileIsChosenAgainAfterTheSessionHasEnded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for lang, words := range map[string]string{"ja": "ファイルは、もう一度選んでください", "en": "choose the file again"} {
		gone := h.visitor(t)
		gone.lang = lang
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.url+"/admin/members/import", strings.NewReader("--x--"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		r.Header.Set("Referer", h.url+"/admin/members/import?from=here")
		gone.do(r).has(t, http.StatusUnauthorized, words, `name="next" value="/admin/members/import?from=here"`)
		if r.Body, err = r.GetBody(); err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Referer", "https://evil.example/")
		gone.do(r).has(t, http.StatusUnauthorized, `name="next" value="/"`)
	}
}

func cmpOr(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

func first(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
