//go:build e2e

package e2e

import (
	"testing"

	"kyoten/e2e/harness"
)

// lightest is what a member's page may weigh over the wire, pictures aside.
const lightest = 150_000

// TestPublicPagesInEveryLook inspects what a person sees before signing in, on
// every device, in both languages, light and dark.
func TestPublicPagesInEveryLook(t *testing.T) {
	server := harness.Start(t, "serve", "--addr", "127.0.0.1:0", "--data", t.TempDir())
	browser := harness.StartBrowser(t)
	for _, look := range harness.Looks(harness.Phone, harness.Tablet, harness.Desktop) {
		t.Run(look.String(), func(t *testing.T) {
			for name, path := range map[string]string{"today": "/", "sign-in": "/sign-in", "forgot-password": "/forgot-password", "not-found": "/no-such-page"} {
				p := browser.Page(t, server.Base, look)
				p.Allow(`status of 404`)
				p.Open(path).Settle().Inspect(name)
				if got := p.Wire(); got > lightest {
					t.Errorf("%s weighs %d bytes, want at most %d", path, got, lightest)
				}
			}
		})
	}
}
