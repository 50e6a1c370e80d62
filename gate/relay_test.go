package gate

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/autopaho"
	paket "github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"
	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"kyoten/access/entry"
)

// countingRelay is a lock that counts.
type countingRelay struct{ n atomic.Int64 }

func (c *countingRelay) open(pulse) error { c.n.Add(1); return nil }
func (c *countingRelay) close() error     { return nil }
func (c *countingRelay) count() int64     { return c.n.Load() }

var onePulse = pulse{ID: "0123", ExpiresAt: opening}

func relayFor(t *testing.T, setting string) relay {
	t.Helper()
	r, err := newRelay(setting)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.close() })
	return r
}

func TestRelaySettings(t *testing.T) {
	t.Parallel()
	for setting, ok := range map[string]bool{
		"": true, "none": true, "http:http://10.0.0.5/rpc/Switch.Set": true, "http://10.0.0.5/x": true, "exec:true": true,
		"http:": false, "http:nonsense": false, "mqtt://broker": false, "mqtt:": false, "exec:": false, "gpio:4": false,
	} {
		r, err := newRelay(setting)
		if (err == nil) != ok {
			t.Errorf("%q: %v, want ok %t", setting, err, ok)
		}
		if err == nil {
			_ = r.close()
		}
	}
}

func TestTheHTTPRelayIsAskedOnce(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	var how, body atomic.Value
	status := http.StatusOK
	device := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		asked.Add(1)
		how.Store(r.Method + " " + r.URL.RequestURI())
		body.Store(string(raw))
		w.WriteHeader(status)
	}))
	defer device.Close()
	if err := relayFor(t, "http:"+device.URL+"/rpc/Switch.Set?id=0&on=true&toggle_after=3").open(onePulse); err != nil {
		t.Fatal(err)
	}
	if got := how.Load(); got != "GET /rpc/Switch.Set?id=0&on=true&toggle_after=3" {
		t.Errorf("asked %s", got)
	}
	posted := relayFor(t, device.URL+"/rpc/Switch.Set")
	if err := posted.open(onePulse); err != nil {
		t.Fatal(err)
	}
	var order map[string]any
	if err := json.Unmarshal([]byte(body.Load().(string)), &order); err != nil || order["on"] != true || order["toggle_after"] != 3.0 {
		t.Errorf("the body is %s (%v)", body.Load(), err)
	}
	status = http.StatusInternalServerError
	if err := posted.open(onePulse); err == nil {
		t.Error("a failing device is not reported")
	}
	if n := asked.Load(); n != 3 {
		t.Errorf("asked %d times, want 3", n)
	}
}

func TestTheCommandRelayIsToldThePassage(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "opened")
	if err := relayFor(t, `exec:printf '%s' "$KYOTEN_PASSAGE" > `+file).open(onePulse); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != onePulse.ID {
		t.Errorf("the command saw %q (%v)", got, err)
	}
	if err := relayFor(t, "exec:echo jammed; exit 3").open(onePulse); err == nil || !strings.Contains(err.Error(), "jammed") {
		t.Errorf("a failing command: %v", err)
	}
}

// watcher lets everybody in and keeps what is published to a broker.
type watcher struct {
	mqtt.HookBase
	seen chan packets.Packet
}

func (w *watcher) ID() string { return "watcher" }
func (w *watcher) Provides(b byte) bool {
	return b == mqtt.OnPublished || b == mqtt.OnConnectAuthenticate || b == mqtt.OnACLCheck
}
func (w *watcher) OnConnectAuthenticate(*mqtt.Client, packets.Packet) bool { return true }
func (w *watcher) OnACLCheck(*mqtt.Client, string, bool) bool              { return true }
func (w *watcher) OnPublished(_ *mqtt.Client, p packets.Packet) {
	w.seen <- p
}

// broker runs an MQTT broker at an address.
func broker(t *testing.T, addr string) (*mqtt.Server, chan packets.Packet) {
	t.Helper()
	b := mqtt.New(&mqtt.Options{Logger: quiet(t)})
	w := &watcher{seen: make(chan packets.Packet, 16)}
	if err := b.AddHook(w, nil); err != nil {
		t.Fatal(err)
	}
	if err := b.AddListener(listeners.NewTCP(listeners.Config{ID: "tcp", Address: addr})); err != nil {
		t.Fatal(err)
	}
	if err := b.Serve(); err != nil {
		t.Fatal(err)
	}
	return b, w.seen
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func TestTheMQTTRelaySendsAnOrderThatExpires(t *testing.T) {
	t.Parallel()
	addr := freePort(t)
	b, seen := broker(t, addr)
	r := relayFor(t, "mqtt://"+addr+"/doors/1")
	if err := r.open(onePulse); err != nil {
		t.Fatal(err)
	}
	p := <-seen
	var order struct {
		ID      string    `json:"id"`
		Expires time.Time `json:"expires_at"`
		Seconds int       `json:"seconds"`
	}
	if err := json.Unmarshal(p.Payload, &order); err != nil {
		t.Fatal(err)
	}
	if p.TopicName != "doors/1" || p.FixedHeader.Retain || p.Properties.MessageExpiryInterval != 3 ||
		order.ID != onePulse.ID || !order.Expires.Equal(opening) || order.Seconds != 3 {
		t.Errorf("published %s, retained %t, expiry %d, %+v", p.TopicName, p.FixedHeader.Retain, p.Properties.MessageExpiryInterval, order)
	}

	// An order for a broker that is away is lost, not late.
	_ = b.Close()
	if err := r.open(pulse{ID: "lost"}); err == nil {
		t.Error("an order without a broker is not reported")
	}
	b, seen = broker(t, addr)
	defer func() { _ = b.Close() }()
	soon(t, "the connection to come back", func() bool { return r.open(pulse{ID: "next"}) == nil })
	if p := <-seen; strings.Contains(string(p.Payload), "lost") {
		t.Error("an order from before the outage opened the door")
	}
}

// TestPacketsOfSeveralWritersStayApart: the client writes orders, answers and signs of
// life from several goroutines, each packet in pieces.
func TestPacketsOfSeveralWritersStayApart(t *testing.T) {
	t.Parallel()
	site := httptest.NewTLSServer(nil) // for its certificate
	defer site.Close()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: site.TLS.Certificates, MinVersion: tls.VersionTLS13})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	const writers, each = 4, 50
	body := bytes.Repeat([]byte("open"), 16<<10) // more than the network holds: the writers wait for each other
	read := make(chan error, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			read <- err
			return
		}
		defer func() { _ = c.Close() }()
		for n := 0; n < writers*each && err == nil; n++ {
			var p *paket.ControlPacket
			if p, err = paket.ReadPacket(c); err != nil {
				break
			}
			if order, ok := p.Content.(*paket.Publish); !ok || order.Topic != "doors/1" || !bytes.Equal(order.Payload, body) {
				err = errors.New("a packet that nobody wrote")
			}
		}
		read <- err
	}()
	line := &wire{}
	c, err := line.dial(t.Context(), autopaho.ClientConfig{
		ConnectTimeout: 3 * time.Second, TlsCfg: site.Client().Transport.(*http.Transport).TLSClientConfig,
	}, &url.URL{Scheme: "mqtts", Host: l.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	defer line.cut()
	var done sync.WaitGroup
	for range writers {
		done.Go(func() {
			for range each {
				p := paket.NewControlPacket(paket.PUBLISH)
				p.Content = &paket.Publish{Topic: "doors/1", Payload: body, Properties: &paket.Properties{}}
				if _, err := p.WriteTo(c); err != nil {
					return // the reader says why
				}
			}
		})
	}
	if err := <-read; err != nil {
		t.Error(err)
	}
	line.cut()
	done.Wait()
}

func TestTheBrokerKeepsAnOrderNoLongerThanItLives(t *testing.T) {
	t.Parallel()
	for waited, want := range map[time.Duration]uint32{
		0: 3, 400 * time.Millisecond: 3, 600 * time.Millisecond: 2, 2900 * time.Millisecond: 1, pulseExpires: 1, time.Hour: 1,
	} {
		if got := expiryAfter(waited); got != want {
			t.Errorf("after %s the broker keeps it for %d s, want %d", waited, got, want)
		}
	}
}

// stalled is a way to addr that carries nothing on from when it is told to, as a
// network whose switch starts anew, and says how the connection in it ended.
func stalled(t *testing.T, addr string) (at string, stall func(), ended chan error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	var down atomic.Bool
	ended = make(chan error, 16)
	carry := func(from, to net.Conn) error {
		for buf := make([]byte, 4096); ; {
			n, err := from.Read(buf)
			if err != nil {
				return err
			}
			if !down.Load() {
				_, _ = to.Write(buf[:n])
			}
		}
	}
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", addr)
			if err != nil {
				_ = near.Close()
				continue
			}
			go func() { _ = carry(far, near) }()
			go func() { ended <- carry(near, far); _, _ = near.Close(), far.Close() }()
		}
	}()
	return l.Addr().String(), func() { down.Store(!down.Load()) }, ended
}

// TestAnOrderThatWasNotDeliveredIsTakenBack: what waits in a connection would be
// delivered when the network is back, and the door would open for nobody.
func TestAnOrderThatWasNotDeliveredIsTakenBack(t *testing.T) {
	t.Parallel()
	t.Run("http", func(t *testing.T) {
		t.Parallel()
		device := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		defer device.Close()
		at, stall, ended := stalled(t, device.Listener.Addr().String())
		r := relayFor(t, "http://"+at+"/open")
		if err := r.open(onePulse); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; !errors.Is(err, io.EOF) {
			t.Errorf("the connection of an order that was answered ended with %v", err)
		}
		stall()
		if err := r.open(onePulse); err == nil {
			t.Error("an order that was not delivered is not reported")
		}
		if err := <-ended; !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the connection ended with %v: what was in it may still arrive", err)
		}
	})
	t.Run("mqtt", func(t *testing.T) {
		t.Parallel()
		addr := freePort(t)
		b, seen := broker(t, addr)
		defer func() { _ = b.Close() }()
		at, stall, ended := stalled(t, addr)
		r := relayFor(t, "mqtt://"+at+"/doors/1")
		if err := r.open(onePulse); err != nil {
			t.Fatal(err)
		}
		<-seen
		stall()
		if err := r.open(pulse{ID: "lost"}); err == nil {
			t.Error("an order that was not delivered is not reported")
		}
		if err := <-ended; !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the connection ended with %v: what was in it may still arrive", err)
		}
		stall()
		soon(t, "the next order", func() bool { return r.open(pulse{ID: "next"}) == nil })
		if p := <-seen; !strings.Contains(string(p.Payload), "next") {
			t.Errorf("%s opened the door", p.Payload)
		}
	})
}

// keeps is a relay that keeps its orders.
type keeps struct{ orders chan pulse }

func (k keeps) open(p pulse) error { k.orders <- p; return nil }
func (keeps) close() error         { return nil }

// TestAnOrderLivesFromTheGreenLightOn: on a disk that takes its time the light turns
// green late, and the door must open then.
func TestAnOrderLivesFromTheGreenLightOn(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	a := h.run(t, h.config(t))
	settled(t, a)
	k := keeps{make(chan pulse, 1)}
	a.door.relay = k
	slow := a.door.recorded
	var lit time.Time
	a.door.recorded = func() { time.Sleep(500 * time.Millisecond); slow(); lit = a.clock.Now() }
	if s := a.door.Scan(h.code(1, 0x11), entry.Entry); !s.Open {
		t.Fatal(s.Reason)
	}
	if p := <-k.orders; p.ExpiresAt.Before(lit.Truncate(time.Millisecond).Add(pulseExpires)) {
		t.Errorf("the order ends %s after the light turned green", p.ExpiresAt.Sub(lit))
	}
}

func TestASlowRelayDelaysNobodyAndAFailingOneIsReported(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	cfg := h.config(t)
	cfg.Relay = "exec:sleep 1; exit 1"
	r := h.run(t, cfg)
	settled(t, r)
	began := time.Now()
	if got := r.door.Scan(h.code(1, 0x11), entry.Entry); !got.Open || time.Since(began) > 500*time.Millisecond {
		t.Errorf("%+v after %s", got, time.Since(began))
	}
	soon(t, "the problem to reach the server", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		last := h.beats[len(h.beats)-1]
		return len(last.Problems) == 1 && last.Problems[0] == entry.ProblemRelay
	})
}

// TestTheMQTTRelayWorksWithMosquitto is the same with the broker people run.
func TestTheMQTTRelayWorksWithMosquitto(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("mosquitto")
	if err != nil {
		if program = "/usr/sbin/mosquitto"; !exists(program) {
			t.Skip("needs Mosquitto (scripts/setup installs it)")
		}
	}
	addr := freePort(t)
	host, port, _ := net.SplitHostPort(addr)
	conf := filepath.Join(t.TempDir(), "mosquitto.conf")
	if err := os.WriteFile(conf, []byte("listener "+port+" "+host+"\nallow_anonymous true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), program, "-c", conf)
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = run.Process.Kill(); _ = run.Wait() }()
	heard := listenTo(t, addr, "doors/2")
	r := relayFor(t, "mqtt://"+addr+"/doors/2")
	if err := r.open(onePulse); err != nil {
		t.Fatal(err)
	}
	p := <-heard
	if !strings.Contains(string(p.Payload), onePulse.ID) || p.Retain || p.Properties.MessageExpiry == nil || *p.Properties.MessageExpiry > 3 {
		t.Errorf("the door hears %s, retained %t", p.Payload, p.Retain)
	}
	late := listenTo(t, addr, "doors/2") // a device that connects later
	select {
	case p := <-late:
		t.Errorf("an old order is told again: %s", p.Payload)
	case <-time.After(300 * time.Millisecond):
	}
}

func exists(name string) bool { _, err := os.Stat(name); return err == nil }

// listenTo subscribes to a topic, as a lock does.
func listenTo(t *testing.T, addr, topic string) chan *paho.Publish {
	t.Helper()
	heard, ready := make(chan *paho.Publish, 16), make(chan struct{}, 1)
	cfg := autopaho.ClientConfig{
		ServerUrls:       []*url.URL{{Scheme: "mqtt", Host: addr}},
		ReconnectBackoff: func(int) time.Duration { return 50 * time.Millisecond },
		OnConnectionUp: func(c *autopaho.ConnectionManager, _ *paho.Connack) {
			if _, err := c.Subscribe(t.Context(), &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: topic, QoS: 1}}}); err == nil {
				ready <- struct{}{}
			}
		},
		ClientConfig: paho.ClientConfig{ClientID: "lock-" + newEventID()[:8], OnPublishReceived: []func(paho.PublishReceived) (bool, error){
			func(p paho.PublishReceived) (bool, error) { heard <- p.Packet; return true, nil },
		}},
	}
	if _, err := autopaho.NewConnection(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	<-ready
	return heard
}

func TestADoorThatNobodyWentThroughIsWrittenDown(t *testing.T) {
	t.Parallel()
	device := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"was_on": false, "passed": false}`)
	}))
	defer device.Close()
	for _, setting := range []string{device.URL + "/open", "exec:exit 10"} {
		h := openHall(t)
		cfg := h.config(t)
		cfg.Relay = setting
		a := h.run(t, cfg)
		settled(t, a)
		s := a.door.Scan(h.code(1, 0x11), entry.Entry)
		if s.Reason != entry.Granted {
			t.Fatalf("%s: %s", setting, s.Reason)
		}
		soon(t, "the event to be uploaded", func() bool { return len(h.events()) == 2 })
		e := h.events()[1]
		if e.Reason != entry.NotPassed || e.Decision != entry.Warn || e.Subject != 0x11 || e.PrevHash != h.events()[0].Hash {
			t.Errorf("%s: %+v", setting, e)
		}
		if list := a.door.Roll().Items; len(list) != 1 || list[0].Subject != 0x11 {
			t.Errorf("%s: who may be inside is left off the list: %+v", setting, list)
		}
		if problems := a.problems.list(); len(problems) != 0 {
			t.Errorf("%s: problems %v; nothing failed", setting, problems)
		}
	}
}
