package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"kyoten/internal/fault"
	"kyoten/internal/locale"
)

// TestWhatOnlyPagesSaySaysItInBothLanguages reaches the codes that no answer of
// the API holds but a page does; api has a test of the others.
func TestWhatOnlyPagesSaySaysItInBothLanguages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	admin := h.as(t, h.Admin)
	seat := "/seats/" + h.Seats[0].ID.String()
	form := "/admin/spaces/" + h.Seats[0].ID.String()
	h.as(t, h.Desk).post(form, url.Values{"bookable": {"yes"}, "owner": {h.Ann.Email}}).has(t, http.StatusOK)
	for code, call := range map[string]func() page{
		"bad_form":     func() page { return admin.post("/account", url.Values{"name": {"a\xff"}}) },
		"link_expired": func() page { return admin.get("/links/nonsense") },
		"invalid_day":  func() page { return admin.post(seat+"/give-up", url.Values{"from": {"soon"}, "to": {"later"}}) },
		"nobody_meant": func() page {
			return h.as(t, h.Desk).post(form, url.Values{"bookable": {"yes"}, "owner": {"nobody@kyoten.example"}})
		},
		"several_meant": func() page {
			return admin.post("/admin/bookings", url.Values{"site": {"colabo"}, "member": {"kyoten.example"}, "reason": {"x"}})
		},
	} {
		for _, lang := range locale.Langs {
			speakTo(t, h, lang)
			title, _ := locale.Fault(lang, faultNamed(t, code))
			if got := call(); !strings.Contains(got.text(), title) || got.status < 400 {
				t.Errorf("%s in %s: %d, want %q on the page:\n%s", code, lang, got.status, title, got.text())
			}
		}
	}
}

// speakTo changes the language in which the desk and the administrator read.
func speakTo(t *testing.T, h *house, lang locale.Lang) {
	t.Helper()
	db, err := h.store.SQL()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), "UPDATE members SET locale = '"+lang.String()+"', version = version + 1"); err != nil {
		t.Fatal(err)
	}
}

func faultNamed(t *testing.T, code string) *fault.Fault {
	t.Helper()
	for _, f := range fault.All() {
		if f.Code == code {
			return f
		}
	}
	t.Fatalf("no code %s", code)
	return nil
}
