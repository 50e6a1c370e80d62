// Package webhook tells other programs what happens here: who is to be told of
// what, and the delivery of what models has written to their outbox. The form is
// that of Standard Webhooks (https://www.standardwebhooks.com); docs/webhooks.md
// says how a receiver verifies it.
//
// Delivery is at least once, under one id for all attempts. Each webhook is
// served by itself, so that one whose receiver is away or slow holds up no other.
package webhook

import (
	"crypto/x509"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"

	"kyoten/internal/fault"
	"kyoten/models"
)

// ErrURL means that an address is not one that webhooks may be sent to.
var ErrURL = fault.New(fault.Invalid, "invalid_webhook_url", "the address must begin with https:// and lead to the public internet")

// Vault keeps secrets in the database in a form that the database alone cannot
// read; access.MasterKey is one.
type Vault interface {
	// Wrap returns a secret wrapped for the place called name.
	Wrap(name string, secret []byte) string
	// Unwrap returns what Wrap was given, and whether it should be wrapped anew.
	Unwrap(name, wrapped string) (secret []byte, old bool, err error)
}

// Config is what a Service needs.
type Config struct {
	Store *models.Store
	Vault Vault
	Log   *slog.Logger

	// Networks are those of the operator's own to which webhooks may be sent, also
	// without TLS. Otherwise they go to public addresses alone.
	Networks []netip.Prefix

	// Roots are the authorities whose certificates receivers may have; nil are
	// those of the system.
	Roots *x509.CertPool
}

// Service keeps webhooks and delivers to them.
type Service struct {
	Config
	owner  string
	client *http.Client
	lanes  chan struct{} // one for each webhook that may be served at a time

	mu     sync.Mutex
	served map[models.ID]bool // at this moment
}

// New returns a Service. Several may work on one database.
func New(c Config) *Service {
	return &Service{
		Config: c, owner: models.NewID().String(), client: newClient(c.Networks, c.Roots),
		lanes: make(chan struct{}, atOnce), served: map[models.ID]bool{},
	}
}
