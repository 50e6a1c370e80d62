package gate

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"kyoten/access/entry"
)

// server is the way to the server: HTTP and nothing else.
type server struct {
	base   string
	client *http.Client
	token  atomic.Value // string
}

const (
	answerWithin = 4 * time.Second // of an ordinary question: a lost server is noticed soon
	uploadWithin = 30 * time.Second
	mostBody     = 64 << 20 // a state of a very large site
)

// clientOn judges the server's certificate by the door's own clock: where the
// machine's says 1970, no certificate is in force and nothing would ever tell the
// door the time.
func clientOn(c *Clock) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{Time: c.ForCertificates}
	return &http.Client{Transport: doubting{transport, c}}
}

// doubting tells the door's clock of a certificate that has run out by it: what is
// asked next may be judged otherwise.
type doubting struct {
	*http.Transport
	clock *Clock
}

func (d doubting) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := d.Transport.RoundTrip(r)
	if bad, ok := errors.AsType[x509.CertificateInvalidError](err); ok && bad.Reason == x509.Expired {
		d.clock.RanOut(bad.Cert.NotBefore, bad.Cert.NotAfter)
	}
	return answer, err
}

func newServer(base string, client *http.Client) *server {
	s := &server{base: strings.TrimSuffix(base, "/"), client: client}
	s.token.Store("")
	return s
}

// refusal is an answer that is not a success.
type refusal struct {
	status int
	code   string // "" where something else answered, such as a proxy or a network's sign-in page
}

func (r *refusal) Error() string {
	if r.code == "" {
		return fmt.Sprintf("something else answered in the server's place, with %d", r.status)
	}
	return fmt.Sprintf("the server answered %d %s", r.status, r.code)
}

// errForeign means that what answered is no server of ours: a network that wants
// somebody to sign in, or another address.
var errForeign = errors.New("something else answered in the server's place")

// refusedWith reports whether the server itself answered err's request with a
// status: a proxy's word is not the server's.
func refusedWith(err error, status int) bool {
	r, ok := errors.AsType[*refusal](err)
	return ok && r.code != "" && r.status == status
}

// call sends one request and reads its JSON answer into out, unless that is nil.
func (s *server) call(ctx context.Context, within time.Duration, method, path string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	answer, err := s.send(ctx, method, path, in, nil)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode >= 300 {
		return refused(answer)
	}
	if out == nil {
		if answer.StatusCode != http.StatusNoContent {
			return errForeign
		}
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, mostBody)).Decode(out); err != nil {
		if _, spelt := errors.AsType[*json.SyntaxError](err); spelt {
			return errForeign
		}
		return err
	}
	return nil
}

// send sends one request; the caller reads and closes the answer.
func (s *server) send(ctx context.Context, method, path string, in any, headers map[string]string) (*http.Response, error) {
	var body io.Reader
	if in != nil {
		raw, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(raw)
	}
	r, err := http.NewRequestWithContext(ctx, method, s.base+"/api/v1"+path, body)
	if err != nil {
		return nil, err
	}
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if token, _ := s.token.Load().(string); token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	return s.client.Do(r)
}

// refused reads the problem the server answered with.
func refused(answer *http.Response) error {
	var problem struct {
		Code string `json:"code"`
	}
	// A proxy in between may answer with anything; the status says enough then.
	_ = json.NewDecoder(io.LimitReader(answer.Body, 1<<16)).Decode(&problem)
	return &refusal{answer.StatusCode, problem.Code}
}

// gateAnswer is GET /gate.
type gateAnswer struct {
	ID        string          `json:"id"`
	Site      string          `json:"site"`
	Name      string          `json:"name"`
	FromZone  entry.ZoneID    `json:"from_zone"`
	ToZone    entry.ZoneID    `json:"to_zone"`
	Direction entry.Direction `json:"direction"`
	ExitOpens entry.ExitOpens `json:"exit_opens"`
	StateKey  entry.Bytes     `json:"state_key"`
	LastBoot  int64           `json:"last_boot"` // the newest start of this gate that the server knows of
	SiteName  names           `json:"site_name"`
	TimeZone  string          `json:"time_zone"`
}

// names is what people call something.
type names struct {
	JA string `json:"ja"`
	EN string `json:"en"`
}

// self asks what the server knows of this gate.
func (s *server) self(ctx context.Context) (who gateAnswer, err error) {
	err = s.call(ctx, answerWithin, http.MethodGet, "/gate", nil, &who)
	return who, err
}

// who asks which gate the token belongs to, and uses it from now on.
func (s *server) who(ctx context.Context, token string) (who gateAnswer, err error) {
	s.token.Store(token)
	return s.self(ctx)
}

// enrol exchanges an enrolment code for a token.
func (s *server) enrol(ctx context.Context, code string) (token string, err error) {
	var answer struct {
		Token string `json:"token"`
	}
	err = s.call(ctx, answerWithin, http.MethodPost, "/gates/enrol", map[string]string{"enrolment_code": code}, &answer)
	if err == nil && answer.Token == "" {
		err = errors.New("the server gave no token")
	}
	return answer.Token, err
}

// time asks for the server's time.
func (s *server) time(ctx context.Context) (time.Time, error) {
	var answer struct {
		Now time.Time `json:"now"`
	}
	err := s.call(ctx, answerWithin, http.MethodGet, "/time", nil, &answer)
	if err == nil && answer.Now.IsZero() {
		err = errors.New("the server told no time")
	}
	return answer.Now, err
}

// state asks for the sealed state, and returns nothing when it is the one that
// tag names.
func (s *server) state(ctx context.Context, tag string) (sealed []byte, newTag string, err error) {
	ctx, cancel := context.WithTimeout(ctx, uploadWithin)
	defer cancel()
	headers := map[string]string{}
	if tag != "" {
		headers["If-None-Match"] = tag
	}
	answer, err := s.send(ctx, http.MethodGet, "/gate/state", nil, headers)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = answer.Body.Close() }()
	switch {
	case answer.StatusCode == http.StatusNotModified:
		return nil, tag, nil
	case answer.StatusCode >= 300:
		return nil, "", refused(answer)
	}
	sealed, err = io.ReadAll(io.LimitReader(answer.Body, mostBody))
	return sealed, answer.Header.Get("ETag"), err
}

// upload hands events over.
func (s *server) upload(ctx context.Context, events []json.RawMessage) (done entry.Uploaded, err error) {
	err = s.call(ctx, uploadWithin, http.MethodPost, "/gate/events", entry.Upload{Events: events}, &done)
	return done, err
}

// presence asks who is inside.
func (s *server) presence(ctx context.Context) (list entry.PresenceList, err error) {
	err = s.call(ctx, uploadWithin, http.MethodGet, "/gate/presence", nil, &list)
	return list, err
}

// beat tells the server how the agent is.
func (s *server) beat(ctx context.Context, h entry.Heartbeat) error {
	return s.call(ctx, answerWithin, http.MethodPost, "/gate/heartbeat", h, nil)
}
