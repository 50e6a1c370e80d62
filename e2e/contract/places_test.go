//go:build e2e

package contract

import (
	"fmt"
	"net/url"
	"testing"
	"time"
)

// tokyo is where the sites are. It has no clock changes, so a fixed offset does.
var tokyo = time.FixedZone("JST", 9*60*60)

// The demo's clock starts at opening and runs on. Sample bookings end with the
// 15th day, so that the quiet days are free of them.
var opening = must(time.Parse(time.RFC3339, "2026-12-01T10:00:00+09:00"))

const (
	friday  = 17 // 18 December
	monday  = 20 // 21 December
	tuesday = 21
)

// at is a wall time at the sites, some days after the demo's first.
func at(day, hour, minute int) time.Time {
	return time.Date(2026, 12, 1+day, hour, minute, 0, 0, tokyo)
}

// iso writes an instant with the sites' offset, as a client in Japan would.
func iso(at time.Time) string { return at.Format(time.RFC3339) }

// z writes an instant as the server answers it.
func z(at time.Time) string { return at.UTC().Format(time.RFC3339) }

// asked is an availability query.
func asked(site, kind string, from, to time.Time, more ...string) string {
	query := url.Values{"site": {site}, "kind": {kind}, "starts_at": {iso(from)}, "ends_at": {iso(to)}}
	for i := 0; i+1 < len(more); i += 2 {
		query.Set(more[i], more[i+1])
	}
	return "/availability?" + query.Encode()
}

// free returns n spaces that are free then, and ends the test when fewer are.
func (c client) free(t *testing.T, n int, site, kind string, from, to time.Time) []string {
	t.Helper()
	var found []string
	got := c.get(t, asked(site, kind, from, to)).want(t, 200)
	for i := range got.list(t, "spaces") {
		if len(found) < n && got.at(fmt.Sprintf("spaces.%d.free", i)) == true {
			found = append(found, got.text(t, fmt.Sprintf("spaces.%d.space", i)))
		}
	}
	if len(found) < n {
		t.Fatalf("%d free spaces of kind %s at %s from %s to %s, want %d", len(found), kind, site, from, to, n)
	}
	return found
}

// book reserves and returns the booking.
func (c client) book(t *testing.T, from, to time.Time, spaces ...string) answer {
	t.Helper()
	return c.post(t, "/bookings", request(from, to, spaces...)).want(t, 201)
}

// request is the body of a reservation.
func request(from, to time.Time, spaces ...string) fields {
	return fields{"starts_at": iso(from), "ends_at": iso(to), "spaces": spaces}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
