//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"kyoten/e2e/harness"
)

// TestFirstPaintOnASlowPhone measures and prints; how long a paint takes on a
// shared machine says nothing that a test could fail by. PAINT=1 (make paint)
// runs it, since it keeps a machine busy for a minute.
func TestFirstPaintOnASlowPhone(t *testing.T) {
	if os.Getenv("PAINT") == "" {
		t.Skip("make paint measures")
	}
	browser, server := harness.StartBrowser(t), harness.StartDemo(t, "sqlite")
	page := browser.Page(t, server.Base, harness.Look{Screen: harness.Phone}).SignIn("m012@kyoten.example")
	bookSomething(page)
	table := []string{"| page | first contentful paint, median | slowest of seven |", "| --- | ---: | ---: |"}
	for _, path := range []string{"/", "/book?site=colabo", "/rooms", "/rooms/common", "/bookings", "/code", "/account"} {
		var took []time.Duration
		for range 7 {
			took = append(took, page.FirstPaint(path))
		}
		slices.Sort(took)
		table = append(table, fmt.Sprintf("| `%s` | %.2f s | %.2f s |", path, took[3].Seconds(), took[6].Seconds()))
	}
	fmt.Println(strings.Join(table, "\n"))
}
