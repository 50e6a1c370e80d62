package httpkit

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// client is who is at the other end, as a trusted proxy says.
type client struct {
	ip     string
	secure bool
}

type clientKey struct{}

// Behind believes X-Forwarded-For and X-Forwarded-Proto where the connection
// comes from one of the trusted networks, and from nobody else: whoever may
// choose their own address escapes every throttle.
func Behind(trusted []netip.Prefix) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if peer := peerIP(r); within(trusted, peer) {
				c := client{ip: forwardedFor(r, trusted, peer), secure: r.Header.Get("X-Forwarded-Proto") == "https"}
				r = r.WithContext(context.WithValue(r.Context(), clientKey{}, c))
			}
			next.ServeHTTP(w, r)
		})
	}
}

// RemoteIP returns the client's address without a port.
func RemoteIP(r *http.Request) string {
	if c, ok := r.Context().Value(clientKey{}).(client); ok {
		return c.ip
	}
	return peerIP(r)
}

// Secure reports whether the client came by TLS, to us or to a trusted proxy.
func Secure(r *http.Request) bool {
	c, _ := r.Context().Value(clientKey{}).(client)
	return r.TLS != nil || c.secure
}

func peerIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// forwardedFor walks the chain of proxies from the nearest one and stops at the
// first address that is not trusted: what stands before it anybody may write.
func forwardedFor(r *http.Request, trusted []netip.Prefix, peer string) string {
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		addr, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		peer = addr.Unmap().String()
		if !within(trusted, peer) {
			break
		}
	}
	return peer
}

func within(networks []netip.Prefix, ip string) bool {
	addr, err := netip.ParseAddr(ip)
	return err == nil && slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(addr.Unmap()) })
}
