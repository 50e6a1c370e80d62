package gate

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"kyoten/access/entry"
)

// ask sends a request to the local API; headers come in pairs.
func ask(t *testing.T, method, url, body string, headers ...string) (int, map[string]any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if strings.Contains(answer.Header.Get("Content-Type"), "json") {
		if err := json.Unmarshal(raw, &v); err != nil {
			t.Fatalf("%s %s answered %q", method, url, raw)
		}
	}
	return answer.StatusCode, v
}

var asJSON = []string{"Content-Type", "application/json"}

func TestTheLocalScanAnswersAsTheServerDoes(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	r := h.run(t, h.config(t))
	settled(t, r)
	status, got := ask(t, "POST", r.base+"/scan", `{"code": "`+h.code(1, 0x11)+`", "direction": "entry"}`, asJSON...)
	if status != 200 || got["decision"] != "allow" || got["reason"] != "granted" || got["open"] != true || got["passage_id"] == "" {
		t.Fatalf("%d %v", status, got)
	}
	if m := got["message"].(map[string]any); m["ja"] != "ようこそ。どうぞお入りください。" || m["en"] != "Welcome. Please come in." {
		t.Errorf("message %v", m)
	}
	if holder := got["holder"].(map[string]any); holder["initials"] != "S.M." {
		t.Errorf("holder %v", holder)
	}
	_, bad := ask(t, "POST", r.base+"/scan", `{"code": "hello"}`, asJSON...)
	if bad["decision"] != "deny" || bad["reason"] != "bad_format" || bad["open"] != false || bad["holder"] != nil {
		t.Errorf("a foreign code: %v", bad)
	}
	_, out := ask(t, "POST", r.base+"/scan", `{"code": "hello", "direction": "exit"}`, asJSON...)
	if out["decision"] != "warn" || out["reason"] != "exit_unidentified" || out["open"] != true {
		t.Errorf("an exit nobody can be named for: %v", out)
	}
}

func TestARepeatedRequestIsNotASecondScan(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	r := h.run(t, h.config(t))
	settled(t, r)
	body := `{"code": "` + h.code(1, 0x11) + `"}`
	headers := append(asJSON, "Idempotency-Key", "key-1")
	_, first := ask(t, "POST", r.base+"/scan", body, headers...)
	r.door.mu.Lock()
	r.door.memory.Recent = nil // as if the debounce were long over
	r.door.mu.Unlock()
	_, again := ask(t, "POST", r.base+"/scan", body, headers...)
	if first["passage_id"] != again["passage_id"] || again["decision"] != "allow" {
		t.Errorf("first %v, again %v", first, again)
	}
	if status, got := ask(t, "POST", r.base+"/scan", `{"code": "other"}`, headers...); status != 422 || got["code"] != "idempotency_key_reused" {
		t.Errorf("another body under the key: %d %v", status, got)
	}
	if n := len(read(t, r.journal, place{})); n != 1 {
		t.Errorf("%d passages were written down, want 1", n)
	}
}

func TestTheLocalAPIRefusesStrangers(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	r := h.run(t, h.config(t))
	scan := `{"code": "x"}`
	for name, tt := range map[string]struct {
		method, path, body string
		headers            []string
		status             int
		code               string
	}{
		"another origin":      {"POST", "/scan", scan, append(asJSON, "Origin", "https://evil.example"), 403, "cross_origin"},
		"a site of its own":   {"POST", "/scan", scan, append(asJSON, "Sec-Fetch-Site", "cross-site"), 403, "cross_origin"},
		"a rebound name":      {"POST", "/scan", scan, append(asJSON, "Host", "evil.example"), 403, "cross_origin"},
		"a rebound name read": {"GET", "/presence", "", []string{"Host", "evil.example:8090"}, 403, "cross_origin"},
		"a form":              {"POST", "/scan", "code=x", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "unsupported_media_type"},
		"no type":             {"POST", "/scan", scan, nil, 415, "unsupported_media_type"},
		"broken JSON":         {"POST", "/scan", `{"code"`, asJSON, 400, "bad_request"},
		"an unknown field":    {"POST", "/scan", `{"code": "x", "open": true}`, asJSON, 400, "bad_request"},
		"no code":             {"POST", "/scan", `{}`, asJSON, 422, "invalid_input"},
		"no such direction":   {"POST", "/scan", `{"code": "x", "direction": "both"}`, asJSON, 422, "invalid_input"},
		"very large":          {"POST", "/scan", `{"code": "` + strings.Repeat("x", 1<<17) + `"}`, asJSON, 413, "body_too_large"},
		"nothing there":       {"GET", "/none", "", nil, 404, "not_found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status, got := ask(t, tt.method, r.base+tt.path, tt.body, tt.headers...)
			if status != tt.status || got["code"] != tt.code || got["instance"] == nil {
				t.Errorf("%d %v, want %d %s", status, got, tt.status, tt.code)
			}
		})
	}
	if status, _ := ask(t, "POST", r.base+"/scan", scan, append(asJSON, "Origin", r.base)...); status != 200 {
		t.Errorf("its own page gets %d", status)
	}
}

func TestTheStatusTellsHowTheGateIs(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	r := h.run(t, h.config(t))
	settled(t, r)
	_, got := ask(t, "GET", r.base+"/status", "")
	for name, want := range map[string]any{
		"online": true, "state_version": 1.0, "clock_state": "trusted", "queue_length": 0.0, "last_passage_at": nil,
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	if age, ok := got["state_age_seconds"].(float64); !ok || age < 0 || age > 60 {
		t.Errorf("state_age_seconds is %v", got["state_age_seconds"])
	}
	r.door.Scan(h.code(1, 0x11), entry.Entry)
	if _, got = ask(t, "GET", r.base+"/status", ""); got["last_passage_at"] == nil {
		t.Error("no last passage after one")
	}
	if _, list := ask(t, "GET", r.base+"/presence", ""); len(list["items"].([]any)) != 1 {
		t.Errorf("the evacuation list is %v", list)
	}
	if status, _ := ask(t, "GET", r.base+"/kiosk", ""); status != 200 {
		t.Errorf("the kiosk page: %d", status)
	}
}

func TestBeyondLoopbackTheLocalTokenIsAskedFor(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	cfg := h.config(t)
	cfg.Listen = "0.0.0.0:0"
	r := h.run(t, cfg)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(r.base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	base := "http://127.0.0.1:" + port
	if status, _ := ask(t, "GET", base+"/status", ""); status != 401 {
		t.Errorf("without a token: %d", status)
	}
	if status, _ := ask(t, "GET", base+"/status", "", "Authorization", "Bearer wrong"); status != 401 {
		t.Errorf("with a wrong token: %d", status)
	}
	if status, _ := ask(t, "GET", base+"/status", "", "Authorization", "Bearer "+r.local.token); status != 200 {
		t.Errorf("with the token: %d", status)
	}
	if !strings.HasSuffix(r.shown, "/kiosk#gate="+r.local.token) {
		t.Errorf("the link for the tablet is %s", r.shown)
	}
	again, err := localToken(cfg.Data)
	if err != nil || again != r.local.token {
		t.Errorf("the token changes with every start: %v", err)
	}
}
