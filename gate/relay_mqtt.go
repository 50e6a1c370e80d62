package gate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/eclipse/paho.golang/autopaho"
	"github.com/eclipse/paho.golang/paho"
)

// mqttRelay sends orders to a topic of a broker (MQTT 5), as
// {"id", "expires_at", "seconds"}. Messages are never retained and expire in the
// broker too; they are acknowledged by it (quality of service 1), and a device
// that sees an id twice opens once.
type mqttRelay struct {
	topic  string
	client *autopaho.ConnectionManager
	stop   context.CancelFunc
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
	broker := &url.URL{Scheme: address.Scheme, Host: address.Host}
	if address.Port() == "" {
		broker.Host += map[string]string{"mqtts": ":8883"}[address.Scheme]
		if broker.Port() == "" {
			broker.Host += ":1883"
		}
	}
	cfg := autopaho.ClientConfig{
		ServerUrls: []*url.URL{broker}, KeepAlive: 20, CleanStartOnInitialConnection: true,
		ReconnectBackoff: func(int) time.Duration { return 2 * time.Second },
		ConnectTimeout:   3 * time.Second,
		ConnectUsername:  address.User.Username(),
		ClientConfig:     paho.ClientConfig{ClientID: "kyoten-" + newEventID()[:12]},
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
	return &mqttRelay{topic: strings.Trim(address.Path, "/"), client: client, stop: stop}, nil
}

// open publishes one order. A connection that is just being made is waited for as
// long as the order lives; what waited longer would come late, and fails.
func (m *mqttRelay) open(p pulse) error {
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
	expiry := uint32(pulseExpires / time.Second)
	_, err = m.client.Publish(ctx, &paho.Publish{
		Topic: m.topic, QoS: 1, Retain: false, Payload: order,
		Properties: &paho.PublishProperties{MessageExpiry: &expiry, ContentType: "application/json"},
	})
	if err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	return nil
}

func (m *mqttRelay) close() error {
	m.stop()
	<-m.client.Done()
	return nil
}
