//go:build e2e

package harness

import (
	"context"
	"testing"

	"github.com/chromedp/chromedp"
)

// Browser is one Chromium. Its pages do not share cookies or storage.
type Browser struct {
	ctx context.Context
}

// Camera is an option for StartBrowser: the film, made by Film, that every page
// sees as its camera. It runs in a loop.
func Camera(film string) chromedp.ExecAllocatorOption {
	return chromedp.Flag("use-file-for-fake-video-capture", film)
}

// StartBrowser starts a Chromium that ends with the test. The test is skipped
// where there is no Chromium, unless E2E=1.
func StartBrowser(t testing.TB, more ...chromedp.ExecAllocatorOption) *Browser {
	t.Helper()
	if chromium == "" {
		t.Skip("needs Chromium, which is not here (scripts/setup installs it)")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium),
		chromedp.NoSandbox, // containers lack what the sandbox needs; the pages are our own
		chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("use-fake-ui-for-media-stream", true),
		chromedp.Flag("use-fake-device-for-media-stream", true),
		chromedp.Flag("hide-scrollbars", false), // a scrollbar is part of the width that a page has
	)
	allocator, release := chromedp.NewExecAllocator(context.Background(), append(options, more...)...)
	t.Cleanup(release)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // starts it, without a deadline that would end it
		t.Fatalf("start Chromium: %v", err)
	}
	return &Browser{ctx}
}
