package api

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"kyoten/internal/fault"
	"kyoten/models"
)

// refused is a call that is answered with a problem.
type refused struct {
	who          caller
	method, path string
	in           any
	headers      []string
}

func refusedPost(who caller, path string, in any, headers ...string) refused {
	return refused{who, "POST", path, in, headers}
}

// codeRow is one way to a code: call makes the state that it needs on a server
// that the rows of its group share, one after the other.
type codeRow struct {
	name   string
	status int
	code   string
	call   func(t *testing.T, s *server) refused
	offers bool // alternatives stand in the answer
}

// alone are rows that move the clock or break the server; each has one of its own.
var codeGroups = map[string]struct {
	rows  []codeRow
	alone bool
}{
	"http":     {rows: httpCodes},
	"accounts": {rows: accountCodes},
	"places":   {rows: placeCodes},
	"doors":    {rows: doorCodes},
	"requests": {rows: requestCodes},
	"policy":   {rows: policyCodes},
	"changes":  {rows: changeCodes},
	"later":    {rows: laterCodes, alone: true},
}

// notOverHTTP are the codes that no answer of the API holds, and why.
var notOverHTTP = map[string]string{
	"audit_broken":       "kyoten audit verify says it",
	"backup_broken":      "kyoten restore says it",
	"backup_version":     "kyoten restore says it",
	"database_not_empty": "kyoten restore says it",
	"invalid_day":        "forms of the pages hold days; in an address of the API it is not_found",
	"link_expired":       "one-time links lead to pages",
}

// TestEveryCodeOverHTTPInBothLanguages makes every refusal happen, and looks at
// its status, its code, its words, and at what it offers instead.
func TestEveryCodeOverHTTPInBothLanguages(t *testing.T) {
	t.Parallel()
	for name, group := range codeGroups {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s *server
			for _, row := range group.rows {
				if s == nil || group.alone {
					s = newServer(t)
				}
				t.Run(row.code+" "+row.name, func(t *testing.T) { row.check(t, s) })
			}
		})
	}
}

func TestEveryDeclaredCodeHasARow(t *testing.T) {
	t.Parallel()
	reached := map[string]bool{}
	for _, group := range codeGroups {
		for _, row := range group.rows {
			reached[row.code] = true
		}
	}
	for _, f := range fault.All() {
		if reason := notOverHTTP[f.Code]; reached[f.Code] == (reason != "") {
			t.Errorf("code %s: reached over HTTP %t; reason why not: %q", f.Code, reached[f.Code], reason)
		}
	}
}

func (row codeRow) check(t *testing.T, s *server) {
	call := row.call(t, s)
	answers := map[string]answer{}
	for _, lang := range []string{"en", "ja"} {
		headers := append(slices.Clone(call.headers), "Accept-Language: "+lang)
		answers[lang] = call.who.send(t, call.method, call.path, call.in, headers...).problem(t, row.status, row.code)
	}
	en, ja := answers["en"], answers["ja"]
	for _, member := range []string{"title", "detail"} {
		wellWritten(t, en.text(member), false)
		wellWritten(t, ja.text(member), true)
	}
	if got := en.text("alternatives.0.starts_at") != ""; got != row.offers {
		t.Errorf("offers alternatives %t, want %t: %s", got, row.offers, en.raw)
	}
	for _, alt := range en.alternatives(t) {
		bookable(t, call, alt)
	}
}

var unfilled = regexp.MustCompile(`\{\{|\}\}|<no value>|%!|%[sdv]|\bfault\.|\binput\.`)

// wellWritten checks that a text is in its language and holds neither keys nor
// places that nothing was put into.
func wellWritten(t *testing.T, text string, japanese bool) {
	t.Helper()
	if strings.ContainsFunc(text, isJapanese) != japanese || unfilled.MatchString(text) {
		t.Errorf("%q: want Japanese %t, and nothing left to fill in", text, japanese)
	}
}

func isJapanese(r rune) bool { return unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han) }

// alternatives returns what a refusal offers.
func (a answer) alternatives(t *testing.T) []alternativeWire {
	t.Helper()
	var doc struct {
		Alternatives []alternativeWire `json:"alternatives"`
	}
	if err := json.Unmarshal(a.raw, &doc); err != nil {
		t.Fatal(err)
	}
	return doc.Alternatives
}

// bookable asks for an alternative as it was offered, and gives it back. A refused
// change is made to what it offers, a refused series begun there.
func bookable(t *testing.T, call refused, alt alternativeWire) {
	t.Helper()
	in := fields{}
	if asked, ok := call.in.(fields); ok {
		for _, name := range []string{"title", "guests", "on_behalf_of"} {
			if asked[name] != nil {
				in[name] = asked[name]
			}
		}
	}
	in["starts_at"], in["ends_at"], in["spaces"] = alt.StartsAt, alt.EndsAt, alt.Spaces
	if call.method == "PATCH" {
		tried := call.who.patch(t, call.path, in)
		if tried.status != 200 {
			t.Errorf("offered %v, but a change to it = %d: %s", alt, tried.status, tried.raw)
		}
		return
	}
	made := call.who.post(t, "/bookings", in)
	if made.status != 201 {
		t.Errorf("offered %v, but booking it = %d: %s", alt, made.status, made.raw)
		return
	}
	call.who.post(t, "/bookings/"+made.text("id")+"/cancel", nil).want(t, 200)
}

// member adds a member with a plan of their own; nil = the common plan.
func (s *server) member(t *testing.T, plan *models.Plan) (*models.Member, caller) {
	t.Helper()
	m := &models.Member{Email: models.NewID().String() + "@kyoten.example", Name: "組 立子", Role: models.RoleMember}
	if plan != nil {
		plan.NameJA, plan.NameEN, plan.AllSites = "特別", "Special", true
		if err := s.store.InsertPlan(t.Context(), plan); err != nil {
			t.Fatal(err)
		}
		m.PlanID = &plan.ID
	}
	if err := s.store.InsertMember(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	return m, s.as(t, m)
}

// busy is a new member who may have any number of bookings.
func (s *server) busy(t *testing.T) caller {
	t.Helper()
	_, who := s.member(t, &models.Plan{MaxGuests: 10, Rules: map[models.Kind]models.PlanRule{
		models.KindRoom: {HorizonDays: 30, MaxMinutes: 240}, models.KindSeat: {HorizonDays: 30, MaxMinutes: 720},
	}})
	return who
}

// space adds a room for six, or a seat, at Colabo, as change wants it.
func (s *server) space(t *testing.T, kind models.Kind, change func(*models.Space)) models.Space {
	t.Helper()
	rows := []models.Space{{
		Site: "colabo", ZoneID: s.Entrance["colabo"], Kind: kind, NameJA: "新", NameEN: "New", Capacity: 1, Bookable: true, GrainMinutes: 15,
	}}
	if kind == models.KindRoom {
		rows[0].Capacity = 6
	}
	if change != nil {
		change(&rows[0])
	}
	if err := s.store.InsertSpaces(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	return rows[0]
}

// room is a room that no other row knows of.
func (s *server) room(t *testing.T) models.Space { return s.space(t, models.KindRoom, nil) }

// guests adds so many guests to a request.
func guests(in fields, n int) fields {
	list := make([]fields, n)
	for i := range list {
		list[i] = fields{"name": fmt.Sprint("G", i), "email": fmt.Sprintf("g%d@example.com", i)}
	}
	in["guests"] = list
	return in
}
