package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kyoten/internal/fault"
	"kyoten/internal/httpkit"
	"kyoten/models"
)

// echoInput is the input of a route made for these tests.
type echoInput struct {
	At    Instant `query:"at"`
	Count int     `query:"count" minimum:"1" maximum:"9"`
	Body  struct {
		StartsAt Instant           `json:"starts_at"`
		Name     string            `json:"name" minLength:"2" maxLength:"5"`
		Tags     []string          `json:"tags,omitempty" maxItems:"2"`
		Size     int               `json:"size,omitempty" minimum:"0" maximum:"100"`
		Deep     []struct{ A int } `json:"deep,omitempty"`
		Note     Change[string]    `json:"note,omitempty" required:"false"`
	}
}

type echoWire struct {
	At   time.Time `json:"at"`
	Name string    `json:"name"`
	Note string    `json:"note"`
}

// withEcho adds a route that anybody may use and that fails as fail says.
func withEcho(s *server, fail func(context.Context) error) {
	s.api.routes() // which it stands among
	add(s.api, operation{id: "get-time", method: "POST", path: "/echo", who: public, hidden: true},
		func(ctx context.Context, in *echoInput) (*body[echoWire], error) {
			note := fmt.Sprintf("%t %t %s", in.Body.Note.Set, in.Body.Note.Null, in.Body.Note.Value)
			return &body[echoWire]{echoWire{in.At.UTC(), in.Body.Name, note}}, fail(ctx)
		})
}

func succeed(context.Context) error { return nil }

var goodEcho = fields{"starts_at": "2026-12-01T10:00:00+09:00", "name": "abc"}

func with(f fields, name string, value any) fields {
	out := fields{name: value}
	for k, v := range f {
		if _, ok := out[k]; !ok {
			out[k] = v
		}
	}
	return out
}

func TestInputThatCannotBeRead(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	withEcho(s, succeed)
	c := s.nobody()
	c.post(t, "/echo", goodEcho).want(t, 200)
	for name, tt := range map[string]struct {
		body   string
		header string
		status int
		code   string
	}{
		"nothing":             {"", "", 400, "bad_request"},
		"cut off":             {`{"name":`, "", 400, "bad_request"},
		"two documents":       {`{} {}`, "", 400, "bad_request"},
		"array":               {`[]`, "", 422, "invalid_input"},
		"null":                {`null`, "", 422, "invalid_input"},
		"broken UTF-8":        {"{\"name\":\"a\xff\"}", "", 400, "bad_request"},
		"NUL":                 {`{"name":"a\u0000b"}`, "", 422, "invalid_input"},
		"control character":   {`{"name":"a\u001bb"}`, "", 422, "invalid_input"},
		"half a character":    {`{"name":"a\ud800b"}`, "", 422, "invalid_input"},
		"the wrong half":      {`{"name":"\udc00\ud800"}`, "", 422, "invalid_input"},
		"a name twice":        {`{"name":"abc","starts_at":"2026-12-01T10:00:00Z","name":"abc"}`, "", 422, "invalid_input"},
		"escaped backslash":   {`{"name":"a\\u0000","starts_at":"2026-12-01T10:00:00Z"}`, "", 422, "invalid_input"}, // too long, not NUL
		"deep":                {strings.Repeat("[", 200_000), "", 400, "bad_request"},
		"too large":           {strings.Repeat(" ", 1<<20) + "{}", "", 413, "body_too_large"},
		"form":                {"name=abc", "Content-Type: application/x-www-form-urlencoded", 415, "unsupported_media_type"},
		"text":                {`{}`, "Content-Type: text/plain", 415, "unsupported_media_type"},
		"compressed":          {`{}`, "Content-Encoding: gzip", 415, "unsupported_media_type"},
		"odd content type":    {`{}`, "Content-Type: application/cbor", 415, "unsupported_media_type"},
		"unknown field":       {`{"starts_at":"2026-12-01T10:00:00Z","name":"abc","x":1}`, "", 422, "invalid_input"},
		"field in capitals":   {`{"starts_at":"2026-12-01T10:00:00Z","Name":"abc"}`, "", 422, "invalid_input"},
		"huge number":         {`{"starts_at":"2026-12-01T10:00:00Z","name":"abc","size":1e999}`, "", 400, "bad_request"},
		"unreachable integer": {`{"starts_at":"2026-12-01T10:00:00Z","name":"abc","deep":[{"A":1e30}]}`, "", 422, "invalid_input"},
	} {
		var headers []string
		if tt.header != "" {
			headers = append(headers, tt.header)
		}
		got := c.post(t, "/echo", tt.body, headers...)
		if got.status != tt.status || got.text("code") != tt.code {
			t.Errorf("%s: %d %s, want %d %s: %s", name, got.status, got.text("code"), tt.status, tt.code, got.raw)
		}
		got.problem(t, tt.status, tt.code)
	}
}

// TestTypesOfJSON: the case of a media type means nothing, and neither does charset.
func TestTypesOfJSON(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	withEcho(s, succeed)
	for _, kind := range []string{"application/json", "Application/JSON", "APPLICATION/JSON; charset=UTF-8"} {
		if got := s.nobody().post(t, "/echo", `{"name":"abc","starts_at":"2026-12-01T11:00:00Z"}`, "Content-Type: "+kind); got.status != http.StatusOK {
			t.Errorf("%s: %d, want 200: %s", kind, got.status, got.raw)
		}
	}
}

// TestTextsThatCanBeKept: what looks like the flaws above and is none.
func TestTextsThatCanBeKept(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"a":"\ud83d\ude00","b":"\\ud800","c":"line\r\n\tline","d":[{"a":1},{"a":2}],"e":{"a":{"a":[]}}}`, `"\\\\"`, `[]`, `{"a":`, `]`, ``,
	} {
		if err := checkTexts([]byte(body)); err != nil {
			t.Errorf("%s: %v, want no complaint", body, err)
		}
	}
	err := checkTexts([]byte(`{"guests":[{"name":"a"},{"name":"b","name":"\ud800"}]}`))
	if f := fault.From(err); f.Pointer != "guests/1/name" || f.Why != "repeated" {
		t.Errorf("%v, want guests/1/name to be repeated", err)
	}
}

// TestInstantsAreThoseOfRFC3339: no more and no less.
func TestInstantsAreThoseOfRFC3339(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	withEcho(s, succeed)
	c := s.nobody()
	for text, want := range map[string]int{
		"2026-12-01T11:00:00Z": 200, "2026-12-01t11:00:00z": 200, "2026-12-01T11:00:00.250+09:00": 200, "2026-12-01T11:00:00-23:59": 200,
		"2026-12-01T11:00:00,0Z": 422, "2026-12-01T11:00:00+24:00": 422, "2026-12-01T11:00:00+09:60": 422, "2026-12-01T1:00:00Z": 422,
		"2026-12-01 11:00:00Z": 422, "2026-12-01T11:00:00": 422, "2026-02-30T11:00:00Z": 422, "": 422,
	} {
		got := c.post(t, "/echo", fields{"name": "abc", "starts_at": text})
		if got.status != want {
			t.Errorf("%q: %d, want %d: %s", text, got.status, want, got.raw)
		}
		if want == 422 && !strings.Contains(string(got.raw), `"pointer":"#/starts_at"`) {
			t.Errorf("%q: %s, want it to name starts_at", text, got.raw)
		}
	}
}

// TestInstantsOfBookingsAreThoseOfRFC3339: what package time reads generously would
// book another hour than was meant.
func TestInstantsOfBookingsAreThoseOfRFC3339(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	ann := s.as(t, s.Ann)
	seat, id := s.space(t, models.KindSeat, nil).ID.String(), models.NewID().String()
	for _, text := range []string{"2026-12-01T11:00:00+09:60", "2026-12-01T11:00:00+24:00", "2026-12-01T11:00:00,0+09:00", "2026-12-01T1:00:00+09:00"} {
		for path, body := range map[string]fields{
			"POST /bookings":        {"starts_at": text, "ends_at": "2026-12-01T12:00:00+09:00", "spaces": []string{seat}},
			"POST /series":          {"starts_at": text, "ends_at": "2026-12-01T12:00:00+09:00", "spaces": []string{seat}, "rule": "FREQ=DAILY;COUNT=2"},
			"POST /holds":           {"starts_at": text, "ends_at": "2026-12-01T12:00:00+09:00", "spaces": []string{seat}},
			"POST /waitlist":        {"starts_at": text, "ends_at": "2026-12-01T12:00:00+09:00", "site": "colabo", "kind": "seat"},
			"PATCH /bookings/" + id: {"starts_at": text},
			"PATCH /series/" + id:   {"starts_at": text},
			"POST /series/x/cancel": {"from": text},
			"POST /series/x/extend": {"until": text},
		} {
			method, path, _ := strings.Cut(path, " ")
			got := ann.send(t, method, path, body).problem(t, 422, "invalid_input")
			if !strings.Contains(got.text("errors.0.detail"), "with its offset") {
				t.Errorf("%s %s %s: %s", method, path, text, got.raw)
			}
		}
	}
	// What is written small or to the nanosecond is an instant all the same, and so is
	// what lies beyond every horizon.
	ann.post(t, "/bookings", fields{"starts_at": "2026-12-07t11:00:00.000000000+09:00", "ends_at": "2026-12-07t03:00:00z", "spaces": []string{seat}}).want(t, 201)
	ann.post(t, "/bookings", fields{"starts_at": "9999-12-30T00:00:00Z", "ends_at": "9999-12-30T01:00:00Z", "spaces": []string{seat}}).problem(t, 422, "too_far_ahead")
}

func TestInvalidInputNamesItsParts(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	withEcho(s, succeed)
	c := s.nobody()
	for name, tt := range map[string]struct {
		query         string
		body          fields
		code, pointer string
		detail        string
	}{
		"missing":           {"", fields{"starts_at": "2026-12-01T10:00:00Z"}, "invalid_input", "#/name", "This field is required."},
		"too short":         {"", with(goodEcho, "name", "a"), "invalid_input", "#/name", "at least this many characters: 2"},
		"too many":          {"", with(goodEcho, "tags", []string{"a", "b", "c"}), "invalid_input", "#/tags", "at most this many: 2"},
		"wrong type inside": {"", with(goodEcho, "tags", []any{"a", 7}), "invalid_input", "#/tags/1", "must be a text"},
		"beyond the bound":  {"", with(goodEcho, "size", 101), "out_of_range", "#/size", "100 or less"},
		"bound and type":    {"", with(with(goodEcho, "size", 101), "name", 3), "invalid_input", "#/name", "must be a text"},
		"query bound":       {"?count=10", goodEcho, "out_of_range", "#/count", "9 or less"},
		"query type":        {"?count=x", goodEcho, "invalid_input", "#/count", "whole number"},
		"query instant":     {"?at=2026-12-01", goodEcho, "invalid_input", "#/at", "with its offset"},
		"impossible day":    {"", with(goodEcho, "starts_at", "2026-02-30T10:00:00Z"), "invalid_input", "#/starts_at", "that exists"},
		"no offset":         {"", with(goodEcho, "starts_at", "2026-02-03T10:00:00"), "invalid_input", "#/starts_at", "with its offset"},
		"year 0":            {"", with(goodEcho, "starts_at", "0000-01-01T00:00:00Z"), "out_of_range", "#/starts_at", ""},
		"year 9999":         {"", with(goodEcho, "starts_at", "9999-12-31T23:59:59-11:00"), "out_of_range", "#/starts_at", ""},
		"unknown field":     {"", with(goodEcho, "surprise", 1), "invalid_input", "#/surprise", "no such field"},
	} {
		got := c.post(t, "/echo"+tt.query, tt.body).problem(t, 422, tt.code)
		if got.text("errors.0.pointer") != tt.pointer || !strings.Contains(got.text("errors.0.detail"), tt.detail) {
			t.Errorf("%s: errors = %v, want %s %q", name, got.doc["errors"], tt.pointer, tt.detail)
		}
	}
}

// TestWhatIsNoObjectIsNamedAsTheWhole: "#" is the whole of a body.
func TestWhatIsNoObjectIsNamedAsTheWhole(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	withEcho(s, succeed)
	for _, body := range []string{`[]`, `null`, `"text"`} {
		got := s.nobody().post(t, "/echo", body).problem(t, 422, "invalid_input")
		if got.text("errors.0.pointer") != "#" {
			t.Errorf("%s: %v, want it to point at the whole", body, got.doc["errors"])
		}
	}
}

func TestInstantsOfAnyOffsetAreTaken(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	withEcho(s, succeed)
	for _, at := range []string{"2026-12-01T10:00:00%2B09:00", "2026-12-01T10:00:00+09:00", "2026-12-01T01%3A00%3A00Z", "2026-12-01T10%3A00%3A00+09%3A00"} {
		if got := s.nobody().post(t, "/echo?at="+at, goodEcho).want(t, 200); got.text("at") != "2026-12-01T01:00:00Z" {
			t.Errorf("at=%s read as %s", at, got.text("at"))
		}
	}
}

func TestChangeTellsAbsentFromNull(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	withEcho(s, succeed)
	for name, tt := range map[string]struct {
		body fields
		want string
	}{
		"absent": {goodEcho, "false false "},
		"null":   {with(goodEcho, "note", nil), "true true "},
		"value":  {with(goodEcho, "note", "x"), "true false x"},
	} {
		if got := s.nobody().post(t, "/echo", tt.body).want(t, 200); got.text("note") != tt.want {
			t.Errorf("%s: %q, want %q", name, got.text("note"), tt.want)
		}
	}
	s.nobody().post(t, "/echo", with(goodEcho, "note", 7)).problem(t, 422, "invalid_input")
}

func TestEveryKindOfFailureHasItsStatus(t *testing.T) {
	t.Parallel()
	for kind := fault.Internal; kind <= fault.Unavailable; kind++ {
		if httpkit.StatusOf(kind) < 400 {
			t.Errorf("kind %d has status %d", kind, httpkit.StatusOf(kind))
		}
	}
	taken := models.ErrSpaceTaken.With("conflicts", []string{"a"}).With("wait", 90*time.Second)
	for name, tt := range map[string]struct {
		err    error
		status int
		code   string
		member string
	}{
		"fault":            {taken, 409, "space_taken", `"conflicts":["a"]`},
		"lengths of time":  {taken, 409, "space_taken", `"wait":90`},
		"wrapped":          {fmt.Errorf("reserve: %w", models.ErrEndsBeforeStart.On("ends_at")), 422, "ends_before_start", `"pointer":"#/ends_at"`},
		"nobody's":         {errors.New("pq: secret table is missing"), 500, "internal", ""},
		"out of time":      {fmt.Errorf("query: %w", context.DeadlineExceeded), 503, "unavailable", ""},
		"database is away": {models.ErrUnavailable, 503, "unavailable", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			withEcho(s, func(context.Context) error { return tt.err })
			got := s.nobody().post(t, "/echo", goodEcho).problem(t, tt.status, tt.code)
			if !strings.Contains(string(got.raw), tt.member) || strings.Contains(string(got.raw), "secret") {
				t.Errorf("%s, want %s and no secret", got.raw, tt.member)
			}
			if (got.header.Get("Retry-After") != "") != (tt.status == 503) {
				t.Errorf("Retry-After = %q with %d", got.header.Get("Retry-After"), tt.status)
			}
			if logged := strings.Contains(s.log.String(), "secret"); logged != (tt.code == "internal") {
				t.Errorf("cause in the log = %t: %s", logged, s.log)
			}
		})
	}
}

func TestPanicsAndTheRouterAnswerProblems(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	withEcho(s, func(context.Context) error { panic("lost my keys") })
	c := s.nobody()
	c.post(t, "/echo", goodEcho).problem(t, 500, "internal")
	c.get(t, "/nothing-here").problem(t, 404, "not_found")
	c.get(t, "/%ff%00").problem(t, 404, "not_found")
	c.send(t, "PUT", "/time", nil).problem(t, 405, "method_not_allowed")
	c.get(t, "/time?x=%ff").problem(t, 400, "bad_request")
	c.get(t, "/time?x=%zz").problem(t, 400, "bad_request")
	c.get(t, "/time", "Authorization: Bearer nonsense").problem(t, 401, "unauthenticated")
	if got := c.get(t, "/me").problem(t, 401, "unauthenticated"); got.header.Get("Www-Authenticate") == "" {
		t.Error("401 without WWW-Authenticate")
	}
	if got := c.send(t, "OPTIONS", "/me", nil).want(t, 204); !strings.Contains(got.header.Get("Allow"), "PATCH") {
		t.Errorf("Allow = %q", got.header.Get("Allow"))
	}
	s.as(t, s.Ann).patch(t, "/me", fields{}, "Authorization: ", "Origin: https://evil.example", "Cookie: kyoten_session=x").problem(t, 403, "cross_origin")
}

func TestProblemsSpeakTheReadersLanguage(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	me := s.as(t, s.Ann) // whose saved language is Japanese
	const en, ja = "Please check your input", "入力内容をご確認ください"
	for header, want := range map[string]string{
		"en": en, "ja": ja, "en-US,en;q=0.9,ja;q=0.1": en, "": ja, "\x7f;;q=,*;q=9": ja,
	} {
		got := me.patch(t, "/me", fields{"x": 1}, "Accept-Language: "+header).problem(t, 422, "invalid_input")
		if got.text("title") != want {
			t.Errorf("%q: title = %q, want %q", header, got.text("title"), want)
		}
	}
	me.patch(t, "/me", fields{"locale": "en"}).want(t, 200)
	if got := me.get(t, "/nothing", "Accept-Language: "); got.text("title") == "" || strings.ContainsRune(got.text("title"), 'し') {
		t.Errorf("an English reader got %s", got.raw)
	}
}

func TestHeadIsGetWithoutABody(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	srv := httptest.NewServer(httpkit.HeadAsGet(s))
	t.Cleanup(srv.Close)
	resp, err := http.Head(srv.URL + prefix + "/time")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/json" {
		t.Errorf("HEAD = %d %s", resp.StatusCode, resp.Header.Get("Content-Type"))
	}
}

func TestProblemIsOneObject(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(&Problem{Code: "x", members: map[string]any{"conflicts": []int{1}}})
	var back map[string]any
	if err != nil || json.Unmarshal(raw, &back) != nil || back["code"] != "x" || back["conflicts"] == nil {
		t.Errorf("problem = %s, %v", raw, err)
	}
}
