//go:build e2e

package harness

import (
	"context"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Picture is what the screen shows now, as WebP.
func (p *Page) Picture() []byte {
	p.t.Helper()
	var picture []byte
	p.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		shot, err := cdp.Call(ctx, t, page.CaptureScreenshot, page.CaptureScreenshotParams{
			Format: page.CaptureScreenshotFormatWebp, Quality: new(int64(80)),
		})
		picture = shot.Data
		return err
	}))
	return picture
}
