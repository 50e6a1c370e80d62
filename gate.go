package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"kyoten/gate"
)

// gateCommand runs the agent at a door. A first start names the gate by an
// enrolment code or a token; later ones know it from the data folder.
type gateCommand struct {
	Server    string  `placeholder:"URL" help:"Address of the server."`
	Enrol     string  `placeholder:"CODE" help:"Enrolment code of this gate, for the first start."`
	EnrolFile string  `placeholder:"FILE" help:"File that holds the enrolment code."`
	Token     string  `placeholder:"TOKEN" help:"Token of this gate, in place of a code; also to renew it."`
	TokenFile string  `placeholder:"FILE" help:"File that holds the token, so that it stands in no process list."`
	Data      string  `default:"kyoten-gate" placeholder:"DIR" help:"Folder of the journal, the state and the gate's token."`
	Listen    string  `default:"127.0.0.1:8090" placeholder:"HOST:PORT" help:"Address of the kiosk page and the local API. Beyond this machine they ask for a local token."`
	Relay     string  `default:"none" placeholder:"RELAY" help:"What opens the door: none, http:URL, mqtt:URL or exec:COMMAND."`
	Scanner   string  `default:"none" placeholder:"SCANNER" help:"Reader beside the kiosk page: none, stdin or serial:DEVICE."`
	ClockChip string  `default:"auto" placeholder:"CHIP" help:"Whether a battery keeps this machine's clock while it is off: auto, yes or no."`
	GateTLS   tlsPair `embed:""`
	GateLog   logging `embed:""`
}

// tlsPair is a certificate to serve HTTPS with.
type tlsPair struct {
	TLSCert string `name:"tls-cert" env:"KYOTEN_TLS_CERT" placeholder:"FILE" help:"Certificate (PEM) to serve HTTPS with: a tablet's camera needs it."`
	TLSKey  string `name:"tls-key" env:"KYOTEN_TLS_KEY" placeholder:"FILE" help:"Private key (PEM) of the certificate."`
}

// Run decides at the door until ctx ends.
func (c gateCommand) Run(ctx context.Context, con console) error {
	var m mistakes
	cfg := gate.Config{
		Server: m.address("server", c.Server), Data: c.Data, Listen: c.Listen, Relay: c.Relay, Scanner: c.Scanner,
		Enrol: m.secret("enrol", c.Enrol, c.EnrolFile), Token: m.secret("token", c.Token, c.TokenFile),
		TLSCert: c.GateTLS.TLSCert, TLSKey: c.GateTLS.TLSKey,
		Log: m.logger(c.GateLog, con), Stdin: os.Stdin,
		Ready: func(kiosk string) { con.printf("The gate is ready: %s\n", kiosk) },
	}
	if c.Server == "" {
		m.note("server", errors.New("say where the server is"))
	}
	m.hostPort("listen", c.Listen)
	m.certificate(cfg.TLSCert, cfg.TLSKey)
	m = append(m, gate.CheckRelay(c.Relay), gate.CheckScanner(c.Scanner))
	switch c.ClockChip {
	case "auto":
	case "yes", "no":
		has := c.ClockChip == "yes"
		cfg.HasChip = &has
	default:
		m.note("clock-chip", fmt.Errorf("%q is none of auto, yes and no", c.ClockChip))
	}
	if err := m.err(); err != nil {
		return err
	}
	return gate.Run(ctx, cfg)
}
