package web

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"

	"kyoten/internal/fault"
	"kyoten/models"
	"kyoten/web/ui"
)

// whoseField is the hidden field in which every form of a signed-in reader says for
// whom it was drawn. A browser has one session for all its tabs: when somebody else
// signs in in a second one, the forms of the first would be sent in their name.
const whoseField = "whose"

// errAnothers means that a file was sent by a form that was drawn for somebody else.
var errAnothers = fault.New(fault.Conflict, "drawn_for_another", "the form was drawn for somebody else than who is signed in now")

var (
	formTag   = []byte("<form ")
	postedTag = []byte(`method="post"`)
)

// signed returns a page whose posted forms say that they were drawn for the member.
// It is done to the finished page, so that no template can forget it; what people
// typed holds no tag there, since the templates have escaped it.
func signed(page []byte, member models.ID) []byte {
	field := []byte(`<input type="hidden" name="` + whoseField + `" value="` + member.String() + `">`)
	out := make([]byte, 0, len(page)+8*len(field))
	for {
		at := bytes.Index(page, formTag)
		if at < 0 {
			return append(out, page...)
		}
		end := at + bytes.IndexByte(page[at:], '>') + 1
		out = append(out, page[:end]...)
		if bytes.Contains(page[at:end], postedTag) {
			out = append(out, field...)
		}
		page = page[end:]
	}
}

// takeWhose returns for whom the form that was sent was drawn, "" where it does not
// say, and takes that out of it: no handler meets it.
func (v *visit) takeWhose() string {
	whose := v.r.PostForm.Get(whoseField)
	v.r.PostForm.Del(whoseField)
	v.r.Form.Del(whoseField)
	return whose
}

// drawnForAnother reports whether the form was drawn for somebody else than who is
// signed in now. A form without a name (an older page, a program) is its sender's.
func (v *visit) drawnForAnother(whose string) bool {
	return whose != "" && v.who.Member != nil && whose != v.who.Member.ID.String()
}

// isUpload reports whether a form brings a file: what it says of itself is read with it.
func (v *visit) isUpload() bool {
	return strings.HasPrefix(v.r.Header.Get("Content-Type"), "multipart/")
}

// handOff keeps the form of a route from being sent in the name of whoever has
// signed in since it was drawn. It reports whether it has answered. The forms that
// anyone may send, signing out among them, mean nobody.
func (p *Pages) handOff(v *visit, r route) (bool, error) {
	if r.method != http.MethodPost || v.isUpload() {
		return false, nil
	}
	if err := v.r.ParseForm(); err != nil {
		return false, errBadForm.Because(err)
	}
	whose := v.takeWhose()
	if !v.who.SignedIn() {
		v.whose = whose // it is kept until somebody signs in
		return false, nil
	}
	if r.open == anyone || !v.drawnForAnother(whose) {
		return false, nil
	}
	return true, p.showAnothers(v, http.StatusConflict, sentForm{Path: v.r.URL.RequestURI(), Values: v.r.PostForm, Whose: whose})
}

// anothersPage says that a form was not sent because it was another person's, and
// leaves its reader the choice whose it is to be.
type anothersPage struct {
	ui.Page
	Form     sentForm
	Packed   string
	Sendable bool // in the reader's own name, too
}

func (p *Pages) showAnothers(v *visit, status int, form sentForm) error {
	page := anothersPage{Page: v.page("anothers.title", ""), Form: form, Packed: form.packed()}
	page.Here, page.Notice = "/", nil
	// What is about a person, not about a booking, is never meant for another one.
	page.Sendable = !strings.HasPrefix(form.Path, "/account")
	return p.show(v, status, "anothers", page)
}

// sentForm is a form that reached us after its session had ended, or in somebody
// else's. It travels through the sign-in page so that nothing typed is lost.
type sentForm struct {
	Path   string              `json:"path"` // with the query, which may say what the form is about
	Values map[string][]string `json:"values"`
	Whose  string              `json:"whose,omitempty"` // for whom it was drawn, where it says
}

// packed returns the form as one value of another.
func (f sentForm) packed() string {
	raw, err := json.Marshal(f)
	if err != nil {
		return "" // strings cannot fail
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// unpackForm returns a form that was packed, false for what is none or leads to no
// page of members or staff.
func unpackForm(packed string) (sentForm, bool) {
	var form sentForm
	raw, err := base64.RawURLEncoding.DecodeString(packed)
	if err != nil || json.Unmarshal(raw, &form) != nil || !resumable(form.Path) {
		return sentForm{}, false
	}
	return form, true
}
