//go:build e2e

package contract

import (
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// writes are the routes that read a body, each with a good one.
func writes(d *demo, t *testing.T) map[string]fields {
	from, to := iso(at(friday, 10, 0)), iso(at(friday, 11, 0))
	return map[string]fields{
		"POST /sessions":      {"email": "m062@kyoten.example", "password": "kyoten-demo"},
		"PATCH /me":           {"locale": "ja"},
		"POST /me/tokens":     {"name": "a token"},
		"POST /bookings":      {"starts_at": from, "ends_at": to, "spaces": []any{"nonsense"}, "title": "x", "guests": []any{}},
		"POST /access/checks": {"code": "hello", "direction": "entry"},
		"POST /closures":      {"site": "colabo", "starts_at": from, "ends_at": to, "reason": "x"},
	}
}

// hostileBodies throws everything a broken or hostile client may send at every
// route with a body. Whatever comes back is the client's fault, never a 500.
func hostileBodies(t *testing.T, d *demo) {
	me := d.as(t, "m016")
	for route, good := range writes(d, t) {
		method, path, _ := strings.Cut(route, " ")
		caller := me
		switch path {
		case "/access/checks":
			caller = d.gate("knowers-entrance")
		case "/closures":
			caller = d.as(t, "staff")
		}
		t.Run(strings.ReplaceAll(route, "/", " "), func(t *testing.T) {
			for name, body := range brokenBodies(good) {
				caller.send(t, method, path, body).judgeRefusal(t, name)
			}
			caller.send(t, method, path, good.with("surprise", 1)).problem(t, 422, "invalid_input")
			caller.send(t, method, path, strings.Repeat(" ", 1<<20)+"{}").problem(t, 413, "body_too_large")
			caller.send(t, method, path, `{"a":1}`, "Content-Type: application/xml").problem(t, 415, "unsupported_media_type")
			for name := range good {
				for what, value := range oddValues {
					caller.send(t, method, path, string(must(json.Marshal(good.with(name, value))))).judgeOdd(t, name+" = "+what)
				}
			}
		})
	}
	d.anonymous().get(t, "//readyz").want(t, 200)
}

// brokenBodies are no JSON objects of the right form at all.
func brokenBodies(good fields) map[string]string {
	whole := string(must(json.Marshal(good)))
	return map[string]string{
		"nothing":           " ",
		"cut off":           whole[:len(whole)/2],
		"array":             "[]",
		"string":            `"hello"`,
		"number":            "7",
		"null":              "null",
		"broken UTF-8":      strings.Replace(whole, `"x"`, "\"\xff\xfe\"", 1) + "\xff",
		"two documents":     whole + whole,
		"deep":              strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000),
		"deep arrays":       strings.Repeat("[", 200_000),
		"binary":            "\x00\x01\x02\x03",
		"byte order mark":   "\xef\xbb\xbf[]",
		"huge number":       `{"starts_at":` + strings.Repeat("9", 400) + `}`,
		"exponent":          `{"starts_at":1e999999}`,
		"percent encoded":   "a=1&b=2",
		"lone surrogate":    `{"\ud800":"\ud800"}`,
		"many unknown keys": `{` + strings.TrimSuffix(strings.Repeat(`"k":1,`, 50_000), ",") + `}`,
	}
}

// oddValues are put in place of each good value in turn.
var oddValues = map[string]any{
	"null":            nil,
	"empty":           "",
	"nul byte":        "a\x00b",
	"long":            strings.Repeat("長", 100_000),
	"number":          7,
	"huge":            json.Number("123456789012345678901234567890"),
	"negative":        -1,
	"fraction":        0.5,
	"true":            true,
	"array":           []any{},
	"nested array":    []any{[]any{[]any{}}},
	"array of null":   []any{nil, nil},
	"object":          fields{},
	"impossible date": "2026-02-30T10:00:00+09:00",
	"no offset":       "2026-12-18T10:00:00",
	"year 0":          "0000-01-01T00:00:00Z",
	"year 9999":       "9999-12-31T23:59:59Z",
	"year 10000":      "10000-01-01T00:00:00Z",
	"leap second":     "2026-12-31T23:59:60Z",
	"hour 24":         "2026-12-18T24:00:00Z",
	"offset +99":      "2026-12-18T10:00:00+99:00",
	"sql":             "'; DROP TABLE bookings; --",
	"html":            "<script>alert(1)</script>",
	"template":        "{{.Secret}} ${7*7} %s%n",
	"control":         "\u0001\u001b[31m\u202e",
	"emoji":           "👩‍👩‍👧‍👦🏳️‍🌈",
	"path":            "../../etc/passwd",
	"many ids":        slicesOf("nonsense", 10_000),
	"same id twice":   []any{"nonsense", "nonsense"},
}

func slicesOf(value any, n int) []any {
	all := make([]any, n)
	for i := range all {
		all[i] = value
	}
	return all
}

// judgeRefusal wants a 4xx problem.
func (a answer) judgeRefusal(t *testing.T, what string) {
	t.Helper()
	if a.status < 400 || a.status > 499 {
		t.Errorf("%s with %s = %d, want a 4xx: %s", a.call, what, a.status, a.excerpt())
		return
	}
	for _, complaint := range a.judgeProblem(a.status, "") {
		t.Errorf("%s with %s: %s: %s", a.call, what, complaint, a.excerpt())
	}
}

// judgeOdd wants anything but a failure of the server: some odd values are fine.
func (a answer) judgeOdd(t *testing.T, what string) {
	t.Helper()
	if a.status >= 400 {
		a.judgeRefusal(t, what)
	}
}

// hostileAddresses does the same with paths, queries and headers.
func hostileAddresses(t *testing.T, d *demo) {
	me := d.as(t, "m015")
	odd := []string{
		"%00", "%ff%fe", "..%2f..%2fetc%2fpasswd", "%27%20OR%201=1--", strings.Repeat("a", 4000), "a%0d%0aSet-Cookie:x=1",
		"00000000-0000-0000-0000-000000000000", "-1", "9223372036854775808", "%E5%85%A5%E9%A4%A8", "{}", "%7B%7B.%7D%7D",
	}
	for _, value := range odd {
		for _, path := range []string{
			"/bookings/" + value, "/bookings/" + value + "/passes", "/bookings/" + value + ".ics", "/sites/" + value,
			"/sites/" + value + "/spaces", "/passes/" + value + "/qr.png", "/passes/" + value + "/qr.svg", "/" + value,
		} {
			me.get(t, path).judgeRefusal(t, "a path")
		}
		for _, path := range []string{
			"/availability?kind=seat&starts_at=" + z(at(friday, 10, 0)) + "&ends_at=" + z(at(friday, 11, 0)) + "&site=" + value,
			"/availability?site=colabo&kind=" + value + "&starts_at=" + z(at(friday, 10, 0)) + "&ends_at=" + z(at(friday, 11, 0)),
			"/availability?site=colabo&kind=seat&starts_at=" + value + "&ends_at=" + value,
			"/bookings?from=" + value, "/bookings?to=" + value, "/bookings?cursor=" + value, "/bookings?mine=" + value,
			"/sites/colabo/spaces?kind=" + value,
		} {
			me.get(t, path).judgeRefusal(t, "a query")
		}
		for _, path := range []string{"/bookings?site=" + value, "/passages?site=colabo&holder=" + value, "/passages?site=colabo&from=" + value} {
			d.as(t, "staff").get(t, path).judgeOdd(t, "a query")
		}
		me.get(t, "/passes/"+value+"/qr.png?size="+value).judgeRefusal(t, "a size")
	}
	headers(t, d, me)
	slowAndTorn(t, d)
}

// headers with nonsense in them.
func headers(t *testing.T, d *demo, me client) {
	t.Helper()
	long := strings.Repeat("x", 5000)
	from, to := at(friday, 10, 0), at(friday, 11, 0)
	for _, header := range []string{
		"Idempotency-Key: " + long, "If-Match: " + long, "If-None-Match: W/\"x", "Accept-Language: " + long, "Accept: text/html;q=bad",
		"Range: bytes=0-1", "X-Forwarded-For: ' OR 1=1", "X-HTTP-Method-Override: DELETE", "Content-Encoding: gzip",
		"X-Request-Id: " + long, "Cookie: a=b; __Host-sid=%00; sid=" + long,
	} {
		me.post(t, "/bookings", request(to, from, "nonsense"), header).judgeRefusal(t, header[:min(20, len(header))])
		me.get(t, "/me").want(t, 200)
	}
	d.bearer(long).get(t, "/me").problem(t, 401, "unauthenticated")
	d.bearer("' OR 1=1 --").get(t, "/me").problem(t, 401, "unauthenticated")
	c := d.anonymous()
	c.send(t, "GET", "/me", nil, "Authorization: Bearer").problem(t, 401, "unauthenticated")
	c.send(t, "GET", "/me", nil, "Authorization: Bearer \xff\xfe").refused(t)
	got := me.get(t, "/bookings?limit=1&limit=2&site=&unknown=1")
	if got.status >= 500 {
		t.Errorf("%s = %d", got.call, got.status)
	}
}

// slowAndTorn connections neither break nor block the server.
func slowAndTorn(t *testing.T, d *demo) {
	t.Helper()
	host := strings.TrimPrefix(d.server.Base, "http://")
	for _, start := range []string{
		"POST /api/v1/bookings HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
		"GET /api/v1/sites HTTP/1.1\r\nHost: x\r\n",
		"\x16\x03\x01\x02\x00",
	} {
		conn, err := net.DialTimeout("tcp", host, 5*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(conn, start)
		conn.Close()
	}
	d.anonymous().get(t, "/sites").want(t, 200)
}
