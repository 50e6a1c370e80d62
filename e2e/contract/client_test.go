//go:build e2e

package contract

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"kyoten/e2e/harness"
)

// demo is the running program and the tokens of those who have signed in.
type demo struct {
	server *harness.Server
	mu     sync.Mutex
	tokens map[string]string
}

// client is one caller. Its fields may be changed for a single call on a copy.
type client struct {
	base     string
	token    string
	language string
}

// anonymous is a caller without credentials.
func (d *demo) anonymous() client { return client{base: d.server.Base, language: "en"} }

// bearer is a caller with the given token.
func (d *demo) bearer(token string) client {
	c := d.anonymous()
	c.token = token
	return c
}

// gate is the reader at the entrance of a site, or another one of the demo's.
func (d *demo) gate(name string) client { return d.bearer("demo-gate-" + name) }

// as signs a person of the demo in, once, and returns a client with that token.
func (d *demo) as(t *testing.T, person string) client {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.tokens[person] == "" {
		got := d.anonymous().post(t, "/sessions", fields{"email": person + "@kyoten.example", "password": "kyoten-demo"})
		got.want(t, http.StatusCreated)
		d.tokens[person] = got.text(t, "token")
	}
	return d.bearer(d.tokens[person])
}

// fields is a JSON object to send.
type fields map[string]any

// with returns a copy with one more field, or another value of it.
func (f fields) with(name string, value any) fields {
	c := maps.Clone(f)
	c[name] = value
	return c
}

func (c client) get(t *testing.T, path string) answer { return c.send(t, "GET", path, nil) }
func (c client) post(t *testing.T, path string, body any, headers ...string) answer {
	return c.send(t, "POST", path, body, headers...)
}

func (c client) patch(t *testing.T, path string, body any, headers ...string) answer {
	return c.send(t, "PATCH", path, body, headers...)
}
func (c client) delete(t *testing.T, path string) answer { return c.send(t, "DELETE", path, nil) }

// send makes a call below /api/v1 (or anywhere, for paths that begin with "//")
// and reads the whole answer. Headers come as "Name: value".
func (c client) send(t *testing.T, method, path string, body any, headers ...string) answer {
	t.Helper()
	got, err := c.try(method, path, body, headers...)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return got
}

var transport = &http.Client{
	Timeout:       30 * time.Second,
	Transport:     &http.Transport{MaxIdleConnsPerHost: 64},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// try is send for callers that are not the test's own goroutine.
func (c client) try(method, path string, body any, headers ...string) (answer, error) {
	url := c.base + "/api/v1" + path
	if strings.HasPrefix(path, "//") {
		url = c.base + path[1:]
	}
	raw, isRaw := body.(string)
	if body != nil && !isRaw {
		encoded, err := json.Marshal(body)
		if err != nil {
			return answer{}, err
		}
		raw = string(encoded)
	}
	request, err := http.NewRequest(method, url, strings.NewReader(raw))
	if err != nil {
		return answer{}, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	if c.language != "" {
		request.Header.Set("Accept-Language", c.language)
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Set(name, value)
	}
	response, err := transport.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	got := answer{call: method + " " + path, status: response.StatusCode, header: response.Header}
	if got.raw, err = io.ReadAll(response.Body); err != nil {
		return got, err
	}
	got.parse()
	return got, nil
}

// answer is what came back.
type answer struct {
	call   string
	status int
	header http.Header
	raw    []byte
	doc    any // the decoded JSON, if it is JSON
}

func (a *answer) parse() {
	if strings.Contains(a.header.Get("Content-Type"), "json") {
		decoder := json.NewDecoder(bytes.NewReader(a.raw))
		decoder.UseNumber()
		_ = decoder.Decode(&a.doc)
	}
}

// want ends the test unless the answer has that status.
func (a answer) want(t *testing.T, status int) answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("%s = %d, want %d: %s", a.call, a.status, status, a.excerpt())
	}
	return a
}

func (a answer) excerpt() string { return string(a.raw[:min(len(a.raw), 600)]) }

// at follows a path such as "items.0.id" into the document; nil when there is
// nothing.
func (a answer) at(path string) any {
	here := a.doc
	for step := range strings.SplitSeq(path, ".") {
		switch parent := here.(type) {
		case map[string]any:
			here = parent[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(parent) {
				return nil
			}
			here = parent[i]
		default:
			return nil
		}
	}
	return here
}

// text returns the string at path and complains when it is none.
func (a answer) text(t *testing.T, path string) string {
	t.Helper()
	s, ok := a.at(path).(string)
	if !ok || s == "" {
		t.Fatalf("%s: %s = %v, want a string in %s", a.call, path, a.at(path), a.excerpt())
	}
	return s
}

// number returns the integer at path and complains when it is none.
func (a answer) number(t *testing.T, path string) int {
	t.Helper()
	n, ok := a.at(path).(json.Number)
	i, err := n.Int64()
	if !ok || err != nil {
		t.Fatalf("%s: %s = %v, want an integer in %s", a.call, path, a.at(path), a.excerpt())
	}
	return int(i)
}

// list returns the array at path and complains when it is none.
func (a answer) list(t *testing.T, path string) []any {
	t.Helper()
	l, ok := a.at(path).([]any)
	if !ok {
		t.Fatalf("%s: %s = %v, want an array in %s", a.call, path, a.at(path), a.excerpt())
	}
	return l
}

// items returns the documents of a list answer.
func (a answer) items(t *testing.T) []answer {
	t.Helper()
	var all []answer
	for _, item := range a.want(t, http.StatusOK).list(t, "items") {
		raw, _ := json.Marshal(item)
		all = append(all, answer{call: a.call, status: a.status, header: a.header, raw: raw, doc: item})
	}
	return all
}
