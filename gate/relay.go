package gate

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"time"
)

// pulse is one order to open a door for a moment. It ends by itself and is never
// sent twice: a late or repeated order must open nothing.
type pulse struct {
	ID        string    `json:"id"` // of the passage
	ExpiresAt time.Time `json:"expires_at"`
}

const (
	pulseExpires = 3 * time.Second // from the decision on; whoever waited longer scans again
	pulseSeconds = 3               // how long a lock stays open
)

// errNotPassed is a relay's word, by the contact of the door, that it opened the
// lock and nobody went through.
var errNotPassed = errors.New("nobody went through")

// relay is the hardware that opens the door.
type relay interface {
	// open sends one order, and fails rather than send it late. errNotPassed is no
	// failure.
	open(pulse) error
	close() error
}

// newRelay makes the relay that a setting names: none, http:URL, mqtt:URL or
// exec:COMMAND.
func newRelay(setting string) (relay, error) {
	kind, rest, _ := strings.Cut(setting, ":")
	if strings.HasPrefix(rest, "//") { // http://... for http:http://...
		rest = setting
	}
	switch kind {
	case "", "none":
		return noRelay{}, nil
	case "http", "https":
		address, err := url.Parse(rest)
		if err != nil || address.Host == "" {
			return nil, errors.New("relay: not an HTTP address") // without the setting, which may hold a password
		}
		return httpRelay{address}, nil
	case "mqtt", "mqtts":
		return newMQTTRelay(rest)
	case "exec":
		if rest == "" {
			return nil, errors.New("relay exec: names no command")
		}
		return execRelay(rest), nil
	}
	return nil, fmt.Errorf("relay %q: want none, http:URL, mqtt:URL or exec:COMMAND", setting)
}

// CheckRelay says what is wrong with a setting, without connecting to anything.
func CheckRelay(setting string) error {
	if kind, rest, _ := strings.Cut(setting, ":"); kind == "mqtt" || kind == "mqtts" {
		if strings.HasPrefix(rest, "//") {
			rest = setting
		}
		_, err := brokerAddress(rest)
		return err
	}
	_, err := newRelay(setting)
	return err
}

// noRelay is a gate without a lock of its own: a kiosk beside a desk.
type noRelay struct{}

func (noRelay) open(pulse) error { return nil }
func (noRelay) close() error     { return nil }

// httpRelay is a relay in the house's network, such as a Shelly. An address with
// a query is asked for as it stands (.../rpc/Switch.Set?id=0&on=true&toggle_after=3);
// one without gets the same as a JSON body.
type httpRelay struct{ address *url.URL }

// relayClient never follows a redirect, and never tries twice: Go repeats only
// what it knows to be harmless, and a request with a body it cannot rewind is not.
var relayClient = &http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport:     &http.Transport{DisableKeepAlives: true, Proxy: nil},
}

func (h httpRelay) open(p pulse) error {
	ctx, cancel := context.WithTimeout(context.Background(), pulseExpires)
	defer cancel()
	ctx = takenBack(ctx)
	method, body := http.MethodGet, io.Reader(nil)
	if h.address.RawQuery == "" {
		order, err := json.Marshal(map[string]any{"id": 0, "on": true, "toggle_after": pulseSeconds})
		if err != nil {
			return err
		}
		method, body = http.MethodPost, bytes.NewReader(order)
	}
	r, err := http.NewRequestWithContext(ctx, method, h.address.String(), body)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Passage-Id", p.ID)
	answer, err := relayClient.Do(r)
	if err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode >= 300 {
		return fmt.Errorf("relay: it answered %s", answer.Status)
	}
	var said struct {
		Passed *bool `json:"passed"`
	}
	_ = json.NewDecoder(io.LimitReader(answer.Body, 1<<12)).Decode(&said) // most relays answer with something of their own
	if said.Passed != nil && !*said.Passed {
		return errNotPassed
	}
	return nil
}

func (httpRelay) close() error { return nil }

// takenBack has a request that is given up before an answer came taken back from
// the network.
func takenBack(ctx context.Context) context.Context {
	var wire net.Conn
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:              func(got httptrace.GotConnInfo) { wire = got.Conn; dropUnsent(wire, true) },
		GotFirstResponseByte: func() { dropUnsent(wire, false) }, // then the connection ends as others do
	})
}

// dropUnsent says whether what was not delivered by the end of a connection is
// thrown away. Else the system goes on trying to deliver it: an order given while a
// cable is out opens the door when it is back, for nobody.
func dropUnsent(c net.Conn, drop bool) {
	if secure, ok := c.(*tls.Conn); ok {
		c = secure.NetConn()
	}
	linger := -1
	if drop {
		linger = 0
	}
	if wire, ok := c.(*net.TCPConn); ok {
		_ = wire.SetLinger(linger) // it fails where the connection is gone
	}
}

// execRelay is a command that opens the door and lets it close again. It is told
// the passage in its environment and ended when it takes too long.
type execRelay string

const commandWithin = 10 * time.Second

// exitNotPassed is how a command ends that saw nobody go through.
const exitNotPassed = 10

func (e execRelay) open(p pulse) error {
	ctx, cancel := context.WithTimeout(context.Background(), commandWithin)
	defer cancel()
	c := exec.CommandContext(ctx, "/bin/sh", "-c", string(e))
	c.Env = append(os.Environ(), "KYOTEN_PASSAGE="+p.ID, "KYOTEN_EXPIRES="+p.ExpiresAt.UTC().Format(time.RFC3339))
	c.WaitDelay = time.Second
	out, err := c.CombinedOutput()
	if ended, ok := errors.AsType[*exec.ExitError](err); ok && ended.ExitCode() == exitNotPassed {
		return errNotPassed
	}
	if err != nil {
		return fmt.Errorf("relay: %w: %s", err, bytes.TrimSpace(out[:min(len(out), 200)]))
	}
	return nil
}

func (execRelay) close() error { return nil }
