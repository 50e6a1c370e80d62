package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"kyoten/models"
)

// FuzzRequest sends requests nobody thought of, as every kind of caller. The
// answer may be a success or the client's fault, told as a problem; it is never
// the server's.
func FuzzRequest(f *testing.F) {
	s := newServer(f)
	for _, seed := range seeds(s) {
		for who := range uint8(6) {
			f.Add(who, seed.method, seed.path, seed.body, "")
		}
	}
	f.Add(uint8(1), "POST", "/bookings", `{"starts_at":"2026-02-30T10:00:00Z","spaces":["\u0000"]}`, "Idempotency-Key: \x00")
	f.Add(uint8(1), "POST", "/bookings", `{"spaces":[[[]]]}`, "") // huma's uniqueItems panics here, hence we do not use it
	f.Add(uint8(1), "GET", "/bookings?limit=99999999999999999999&cursor=%00", "", "Accept-Language: ,;q=x")
	f.Add(uint8(4), "PATCH", "/bookings/%ff", `[[[[`, `If-Match: W/"`)
	callers := []caller{s.nobody(), s.as(f, s.Ann), s.as(f, s.Manager), s.as(f, s.Desk), s.as(f, s.Admin), s.gate(f)}
	people := []*models.Member{nil, s.Ann, s.Manager, s.Desk, s.Admin}

	f.Fuzz(func(t *testing.T, who uint8, method, path, body, header string) {
		who %= uint8(len(callers))
		r := strangeRequest(t, method, path, body, header)
		if token := callers[who].token; token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		s.log.Reset()
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		judge(t, s, r, w)
		if w.Code == http.StatusUnauthorized && int(who) < len(people) && people[who] != nil {
			callers[who] = s.as(t, people[who]) // the request before ended the session
		}
	})
}

// strangeRequest builds what can be built; net/http itself refuses the rest
// before the program sees it.
func strangeRequest(t *testing.T, method, path, body, header string) *http.Request {
	t.Helper()
	address, err := url.ParseRequestURI("http://kyoten.example" + prefix + path)
	streams := strings.HasSuffix(path, "/live") || strings.HasSuffix(path, "/stream")
	if err != nil || streams || strings.ContainsAny(path, " \r\n") {
		t.Skip()
	}
	r, err := http.NewRequestWithContext(t.Context(), method, address.String(), strings.NewReader(body))
	if err != nil {
		t.Skip()
	}
	r.RemoteAddr = "192.0.2.1:1234"
	r.RequestURI = address.RequestURI()
	r.Header.Set("Content-Type", "application/json")
	if name, value, ok := strings.Cut(header, ": "); ok && name != "" {
		r.Header[http.CanonicalHeaderKey(name)] = []string{value}
	}
	return r
}

// judge complains about an answer no client may ever get.
func judge(t *testing.T, s *server, r *http.Request, w *httptest.ResponseRecorder) {
	t.Helper()
	if w.Code >= 500 || bytes.Contains(s.log.Bytes(), []byte(`"level":"ERROR"`)) {
		t.Errorf("%s %s = %d: %s\n%.2000s", r.Method, r.URL, w.Code, w.Body, s.log)
	}
	if w.Code < 400 || r.Method == http.MethodHead {
		return
	}
	var problem struct {
		Code, Instance, Title, Detail string
		Status                        int
	}
	if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil {
		t.Fatalf("%s %s = %d and no problem (%v): %s", r.Method, r.URL, w.Code, err, w.Body)
	}
	if problem.Code == "" || problem.Instance == "" || problem.Title == "" || problem.Detail == "" || problem.Status != w.Code {
		t.Errorf("%s %s = %d with an incomplete problem: %s", r.Method, r.URL, w.Code, w.Body)
	}
}

// seed is a request to start from.
type seed struct{ method, path, body string }

// seeds are one request for each route of the document, with an example for
// each field of its body.
func seeds(s *server) []seed {
	var all []seed
	fill := strings.NewReplacer("{slug}", "colabo", "{id}", s.Seats[0].ID.String(), "{guest}", s.Ann.ID.String(), "{subject}", "0123456789abcdef")
	body := `{"starts_at":"2026-12-01T10:00:00+09:00","ends_at":"2026-12-01T11:00:00+09:00","spaces":["` + s.Seats[0].ID.String() +
		`"],"site":"colabo","kind":"seat","name":"x","email":"ann@example.com","password":"x","code":"K1","direction":"entry","reason":"x","locale":"ja"}`
	for path, item := range s.api.routes().doc.spec.Paths {
		path = fill.Replace(strings.TrimPrefix(path, prefix))
		for method, operation := range map[string]bool{
			"GET": item.Get != nil, "POST": item.Post != nil, "PUT": item.Put != nil, "PATCH": item.Patch != nil, "DELETE": item.Delete != nil,
		} {
			if operation {
				all = append(all, seed{method, path, body})
			}
		}
	}
	slices.SortFunc(all, func(a, b seed) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return all
}
