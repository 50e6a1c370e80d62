package webhook

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
	"time"
)

// errAddress means that an address is not one to which we may connect.
var errAddress = errors.New("not an address of the public internet")

// guard decides to which addresses we connect: whoever may name an address must
// not reach what is reachable from this machine alone. It is asked when a
// connection is made, of the address itself, so that no name can lead elsewhere
// then than when it was looked at.
type guard struct {
	allowed []netip.Prefix
	public  bool
}

// Control is for a net.Dialer.
func (g guard) control(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !g.admits(to.Addr()) {
		return errAddress
	}
	return nil
}

func (g guard) admits(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return within(g.allowed, a) || g.public && public(a)
}

// public reports whether an address is one of the public internet.
func public(a netip.Addr) bool { return a.IsGlobalUnicast() && !a.IsPrivate() && !within(special, a) }

func within(networks []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(a) })
}

// special are networks that look public and are not (IANA's registries of special
// addresses), and those that hide an IPv4 address within.
var special = func() (out []netip.Prefix) {
	for _, text := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "240.0.0.0/4",
		"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10",
	} {
		out = append(out, netip.MustParsePrefix(text))
	}
	return out
}()

// longestURL bounds addresses.
const longestURL = 2000

// checkURL refuses an address that can be seen to be wrong. What a name leads to
// is seen only when a connection is made.
func (s *Service) checkURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || len(text) > longestURL || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return ErrURL.On("url")
	}
	g := guard{allowed: s.Networks, public: u.Scheme == "https"}
	if u.Scheme != "https" && (u.Scheme != "http" || len(s.Networks) == 0) {
		return ErrURL.On("url")
	}
	if a, err := netip.ParseAddr(u.Hostname()); err == nil && !g.admits(a) {
		return ErrURL.On("url")
	}
	return nil
}

// How long a receiver has.
const (
	dialLimit = 5 * time.Second
	sendLimit = 10 * time.Second
)

// newClient returns a client that reaches only what it may, follows no redirect,
// knows no proxy (which would connect in our place) and trusts the given
// authorities.
func newClient(networks []netip.Prefix, roots *x509.CertPool) *http.Client {
	transport := func(g guard) *http.Transport {
		dialer := &net.Dialer{Timeout: dialLimit, Control: g.control}
		return &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: sendLimit, ForceAttemptHTTP2: true,
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
			MaxIdleConns:    20, IdleConnTimeout: 30 * time.Second, MaxResponseHeaderBytes: 16 << 10, DisableCompression: true,
		}
	}
	return &http.Client{
		Timeout:       sendLimit,
		Transport:     byScheme{transport(guard{networks, true}), transport(guard{networks, false})},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// byScheme goes to public addresses by TLS alone.
type byScheme struct{ https, http http.RoundTripper }

// RoundTrip is for http.Client.
func (b byScheme) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme == "https" {
		return b.https.RoundTrip(r)
	}
	return b.http.RoundTrip(r)
}
