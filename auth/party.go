package auth

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"kyoten/internal/fault"
	"kyoten/internal/httpkit"
)

// ErrPasskeysUnavailable means that the server was reached by an address under
// which browsers keep no passkeys: a number instead of a name, or no TLS.
var ErrPasskeysUnavailable = fault.New(fault.Conflict, "passkeys_unavailable", "passkeys do not work under this address")

// At says by which address people reach the server, "" for whichever their
// requests name. Passkeys belong to it. It returns s.
func (s *Service) At(publicURL string) *Service {
	s.publicURL = publicURL
	return s
}

// PasskeysWork reports whether passkeys can be made and used where the request
// came to.
func (s *Service) PasskeysWork(r *http.Request) bool {
	_, err := s.party(r)
	return err == nil
}

// Origin is how people reach the server: by the public address, where one was set,
// since a proxy may name another host; else as the request says.
func (s *Service) Origin(r *http.Request) string {
	if s.publicURL != "" {
		return s.publicURL
	}
	if httpkit.Secure(r) {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// party is the relying party of a request, to which passkeys are bound: the host of
// its Origin. Devices look at the browser's own address, so a host that somebody
// made up is of no use to them.
func (s *Service) party(r *http.Request) (*webauthn.WebAuthn, error) {
	at, err := url.Parse(strings.ToLower(s.Origin(r)))
	if err != nil || !trustworthy(at) {
		return nil, ErrPasskeysUnavailable
	}
	// A passkey stands for a password and whatever would be asked beside it, so the
	// device must have seen its owner (a finger, a face, a PIN), not just somebody.
	party, err := webauthn.New(&webauthn.Config{
		RPID: at.Hostname(), RPDisplayName: "Kyoten", RPOrigins: []string{at.Scheme + "://" + at.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired,
		},
	})
	if err != nil {
		return nil, ErrPasskeysUnavailable.Because(err)
	}
	return party, nil
}

// trustworthy reports whether browsers keep passkeys for the address.
func trustworthy(at *url.URL) bool {
	host := at.Hostname()
	if _, err := netip.ParseAddr(host); err == nil || host == "" || net.ParseIP(host) != nil {
		return false
	}
	return at.Scheme == "https" || host == "localhost" || strings.HasSuffix(host, ".localhost")
}
