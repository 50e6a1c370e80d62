package gate

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/eclipse/paho.golang/autopaho"
	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"

	"kyoten/internal/clock"
)

// mqttRelay sends orders to a topic of a broker (MQTT 5), as
// {"id", "expires_at", "seconds"}. Messages are never retained and expire in the
// broker too; they are acknowledged by it (quality of service 1), and a device
// that sees an id twice opens once.
type mqttRelay struct {
	topic  string
	client *autopaho.ConnectionManager
	wire   *wire
	stop   context.CancelFunc
}

// wire is the present connection to a broker.
type wire struct {
	mu  sync.Mutex
	now net.Conn
}

// dial connects to a broker. What it returns keeps the packets of several writers
// apart: one is written in pieces, and TLS holds only each piece together.
func (w *wire) dial(ctx context.Context, cfg autopaho.ClientConfig, broker *url.URL) (c net.Conn, err error) {
	ctx, cancel := context.WithTimeout(ctx, cfg.ConnectTimeout)
	defer cancel()
	if broker.Scheme == "mqtts" {
		c, err = (&tls.Dialer{Config: cfg.TlsCfg}).DialContext(ctx, "tcp", broker.Host)
	} else {
		c, err = (&net.Dialer{}).DialContext(ctx, "tcp", broker.Host)
	}
	if err != nil {
		return nil, err
	}
	dropUnsent(c, true)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = c
	if broker.Scheme == "mqtts" {
		return packets.NewThreadSafeConn(c), nil
	}
	return c, nil
}

// cut ends the connection, and what waits in it.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.now != nil {
		_ = w.now.Close()
	}
}

func brokerAddress(setting string) (*url.URL, error) {
	address, err := url.Parse(setting)
	if err != nil || address.Host == "" || strings.Trim(address.Path, "/") == "" {
		return nil, errors.New("relay: want mqtt://HOST/TOPIC") // without the setting, which may hold a password
	}
	return address, nil
}

// newMQTTRelay connects to mqtt://[USER:PASSWORD@]HOST[:PORT]/TOPIC, and again
// whenever the connection is lost.
func newMQTTRelay(setting string) (relay, error) {
	address, err := brokerAddress(setting)
	if err != nil {
		return nil, err
	}
	broker, line := &url.URL{Scheme: address.Scheme, Host: address.Host}, &wire{}
	if address.Port() == "" {
		broker.Host += map[string]string{"mqtts": ":8883"}[address.Scheme]
		if broker.Port() == "" {
			broker.Host += ":1883"
		}
	}
	cfg := autopaho.ClientConfig{
		ServerUrls: []*url.URL{broker}, KeepAlive: 20, CleanStartOnInitialConnection: true,
		ReconnectBackoff: pause,
		ConnectTimeout:   3 * time.Second, AttemptConnection: line.dial,
		ConnectUsername: address.User.Username(),
		ClientConfig:    paho.ClientConfig{ClientID: "kyoten-" + newEventID()[:12]},
	}
	if password, ok := address.User.Password(); ok {
		cfg.ConnectPassword = []byte(password)
	}
	ctx, stop := context.WithCancel(context.Background())
	client, err := autopaho.NewConnection(ctx, cfg)
	if err != nil {
		stop()
		return nil, fmt.Errorf("relay: %w", err)
	}
	return &mqttRelay{topic: strings.Trim(address.Path, "/"), client: client, wire: line, stop: stop}, nil
}

// pause is how long an attempt to connect is waited for: somebody may stand at the
// door when the first is made.
func pause(attempt int) time.Duration {
	if attempt == 0 {
		return 100 * time.Millisecond
	}
	return 2 * time.Second
}

// open publishes one order. A connection that is just being made is waited for as
// long as the order lives; what waited longer would come late, and fails. So does an
// order that the broker has not acknowledged by then: it is taken back with the
// connection it waits in.
func (m *mqttRelay) open(p pulse) error {
	took := clock.Stopwatch()
	ctx, cancel := context.WithTimeout(context.Background(), pulseExpires)
	defer cancel()
	if err := m.client.AwaitConnection(ctx); err != nil {
		return fmt.Errorf("relay: the broker is away: %w", err)
	}
	order, err := json.Marshal(struct {
		pulse
		Seconds int `json:"seconds"`
	}{p, pulseSeconds})
	if err != nil {
		return err
	}
	expiry := expiryAfter(took())
	_, err = m.client.Publish(ctx, &paho.Publish{
		Topic: m.topic, QoS: 1, Retain: false, Payload: order,
		Properties: &paho.PublishProperties{MessageExpiry: &expiry, ContentType: "application/json"},
	})
	if err != nil {
		m.wire.cut()
		return fmt.Errorf("relay: the broker does not answer: %w", err)
	}
	return nil
}

// expiryAfter returns how many seconds a broker may keep an order that has waited
// for so long already: one at least, the fewest there are.
func expiryAfter(waited time.Duration) uint32 {
	return uint32(max(1, math.Round((pulseExpires - waited).Seconds())))
}

func (m *mqttRelay) close() error {
	m.stop()
	<-m.client.Done()
	return nil
}
