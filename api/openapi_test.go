package api

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"kyoten/internal/fault"
	"kyoten/internal/httpkit"
	"kyoten/internal/locale"
	"kyoten/models"
	"kyoten/models/modelstest"
)

func (s *server) page(t *testing.T, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), "GET", path, nil)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func TestDocumentIsGolden(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	got := s.page(t, "/openapi.json")
	if got.Code != http.StatusOK || got.Header().Get("Content-Type") != "application/json" {
		t.Fatalf("document = %d %s", got.Code, got.Header().Get("Content-Type"))
	}
	modelstest.Golden(t, "testdata/openapi.json", got.Body.String()+"\n")
	if again := s.page(t, "/openapi.json", "If-None-Match: "+got.Header().Get("ETag")); again.Code != http.StatusNotModified {
		t.Errorf("with its ETag = %d, want 304", again.Code)
	}
}

func TestDocumentListsEveryCode(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	var doc struct {
		OpenAPI    string
		Components struct {
			Schemas map[string]struct {
				Properties map[string]struct{ Enum []string }
			}
		}
	}
	if err := json.Unmarshal(s.page(t, "/openapi.json").Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Errorf("openapi = %s", doc.OpenAPI)
	}
	codes := doc.Components.Schemas["Problem"].Properties["code"].Enum
	for _, f := range fault.All() {
		if !slices.Contains(codes, f.Code) {
			t.Errorf("code %s is not in the document", f.Code)
		}
		if httpkit.StatusOf(f.Kind) == 0 {
			t.Errorf("code %s has no status", f.Code)
		}
		if !locale.Has("fault."+f.Code+".title") || !locale.Has("fault."+f.Code+".detail") {
			t.Errorf("code %s has no texts", f.Code)
		}
	}
}

// TestDocumentSaysWhatCanBeStale: whoever may say which version they have seen is
// told that it may be an old one.
func TestDocumentSaysWhatCanBeStale(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters []struct{ Name string }
			Codes      []string `json:"x-codes"`
		}
	}
	if err := json.Unmarshal(s.page(t, "/openapi.json").Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	for path, operations := range doc.Paths {
		for method, o := range operations {
			conditional := slices.ContainsFunc(o.Parameters, func(p struct{ Name string }) bool { return p.Name == "If-Match" })
			if conditional != slices.Contains(o.Codes, models.ErrStale.Code) {
				t.Errorf("%s %s takes If-Match: %t, answers with %v", method, path, conditional, o.Codes)
			}
		}
	}
}

// TestDocumentListsTheCodesOfInput: who reads which codes a route has finds those of
// a query and a body that do not fit, too.
func TestDocumentListsTheCodesOfInput(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	var doc struct {
		Paths map[string]map[string]struct {
			Codes []string `json:"x-codes"`
		}
	}
	if err := json.Unmarshal(s.page(t, "/openapi.json").Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	const backwards = "from=2026-12-02T00:00:00Z&to=2026-12-01T00:00:00Z"
	for path, queries := range map[string]map[string]string{
		"/sites":               {"limit=0": "out_of_range", "limit=x": "invalid_input", "cursor=x": "invalid_input"},
		"/bookings":            {backwards: "ends_before_start", "mine=x": "invalid_input"},
		"/closures":            {backwards: "ends_before_start"},
		"/passages":            {"site=colabo&" + backwards: "ends_before_start", "": "invalid_input"},
		"/visits":              {"site=colabo&" + backwards: "ends_before_start"},
		"/reports/utilization": {backwards: "ends_before_start", "by=x": "invalid_input"},
	} {
		for query, code := range queries {
			s.as(t, s.Admin).get(t, path+"?"+query).problem(t, http.StatusUnprocessableEntity, code)
			if got := doc.Paths[prefix+path]["get"].Codes; !slices.Contains(got, code) {
				t.Errorf("GET %s has codes %v, want %s among them", path, got, code)
			}
		}
	}
	s.as(t, s.Admin).patch(t, "/sites/colabo", fields{"capacity": -1}).problem(t, http.StatusUnprocessableEntity, "out_of_range")
	if got := doc.Paths[prefix+"/sites/{slug}"]["patch"].Codes; !slices.Contains(got, "out_of_range") {
		t.Errorf("PATCH /sites/{slug} has codes %v, want out_of_range among them", got)
	}
}

func TestDocsAreReadableWithoutScriptOrOtherHosts(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for header, want := range map[string]string{"en": "Signs out.", "ja": "サインアウトします。"} {
		got := s.page(t, "/docs", "Accept-Language: "+header)
		text := got.Body.String()
		if got.Code != http.StatusOK || !strings.Contains(text, want) || !strings.Contains(text, `lang="`+header+`"`) {
			t.Errorf("%s: %d, want a page that says %q", header, got.Code, want)
		}
		for _, bad := range []string{"<script", "style=", "http://", "https://", ">fault.", ">api.", ">docs."} {
			if i := strings.Index(text, bad); i >= 0 {
				t.Errorf("%s: the page holds %q: %s", header, bad, text[max(0, i-40):min(len(text), i+40)])
			}
		}
		for _, f := range fault.All() {
			if !strings.Contains(text, `id="`+f.Code+`"`) {
				t.Errorf("%s: no place for code %s, where problems point", header, f.Code)
			}
		}
	}
	if got := s.page(t, "/docs?lang=en", "Accept-Language: ja").Body.String(); !strings.Contains(got, `lang="en"`) {
		t.Error("?lang=en did not choose English")
	}
	if got := s.page(t, "/docs/style.css"); got.Code != http.StatusOK || !strings.HasPrefix(got.Header().Get("Content-Type"), "text/css") {
		t.Errorf("style = %d %s", got.Code, got.Header().Get("Content-Type"))
	}
}

func TestMetricsCountByPattern(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	me := s.as(t, s.Ann)
	me.send(t, "DELETE", "/me/tokens/0190a5d0-0000-7000-8000-000000000000", nil)
	me.send(t, "BREW", "/coffee", nil)
	text := s.page(t, "/metrics").Body.String()
	for _, want := range []string{
		`route="/api/v1/me/tokens/{id}",status="404"`, `method="other",route="none"`, "go_sql_open_connections",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
	if strings.Contains(text, "0190a5d0") {
		t.Error("metrics hold an id")
	}
}

func BenchmarkOverhead(b *testing.B) {
	s := newServer(b)
	s.log.Grow(64 << 20)
	c := s.nobody()
	for b.Loop() {
		c.get(b, "/time").want(b, 200)
	}
}

func BenchmarkBearer(b *testing.B) {
	s := newServer(b)
	s.log.Grow(64 << 20)
	me := s.as(b, s.Ann)
	for b.Loop() {
		me.get(b, "/me").want(b, 200)
	}
}
