//go:build e2e

package harness

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/tracing"
	"github.com/chromedp/chromedp"
)

// The phone that paints are measured on: a quarter of this machine's speed, and
// a line of 1.6 Mbit/s on which every request waits 150 ms.
const (
	slowDown   = 4
	lineSpeed  = 1.6e6 / 8
	lineDelays = 150
)

// FirstPaint opens a path as on a slow phone that was never here before, and
// returns when its first content was on the screen, counted from the beginning of
// the navigation, as the browser's own trace says.
func (p *Page) FirstPaint(path string) time.Duration {
	p.t.Helper()
	trace := &trace{done: make(chan struct{})}
	p.watch.also(trace.event)
	defer p.watch.also(nil)
	p.Do(
		chromedp.Navigate(p.base+"/api/v1/time"), // putting away a large page is not the next one's work, nor is starting a process for it
		send(emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: slowDown}),
		send(network.SetBypassServiceWorker, network.SetBypassServiceWorkerParams{Bypass: true}),
		slowLine(),
		chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, network.ClearBrowserCache, cdp.Empty{})
			return err
		}),
		send(tracing.Start, tracing.StartParams{TraceConfig: &tracing.TraceConfig{
			IncludedCategories: []string{"loading", "blink.user_timing"}, ExcludedCategories: []string{"*"},
		}}),
	)
	p.Open(path).Wait(`performance.getEntriesByName('first-contentful-paint').length > 0`)
	p.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, tracing.End, cdp.Empty{})
		return err
	}))
	select {
	case <-trace.done:
	case <-time.After(patience):
		p.t.Fatalf("the trace of %s never came", path)
	}
	return trace.paint(p)
}

func slowLine() chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
			MatchedNetworkConditions: []*network.Conditions{{Latency: lineDelays, DownloadThroughput: lineSpeed, UploadThroughput: lineSpeed}},
		})
		return err
	})
}

// trace collects what the browser traces.
type trace struct {
	mu     sync.Mutex
	events []traced
	done   chan struct{}
}

// traced is one entry; times are microseconds.
type traced struct {
	Name string `json:"name"`
	TS   int64  `json:"ts"`
	Args struct {
		Data struct {
			URL string `json:"documentLoaderURL"`
		} `json:"data"`
	} `json:"args"`
}

func (tr *trace) event(ev any) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	switch ev := ev.(type) {
	case *tracing.EventDataCollected:
		for _, value := range ev.Value {
			var entry traced
			if json.Unmarshal(value, &entry) == nil {
				tr.events = append(tr.events, entry)
			}
		}
	case *tracing.EventTracingComplete:
		close(tr.done)
	}
}

// paint is the time from the last navigation to the paint after it.
func (tr *trace) paint(p *Page) time.Duration {
	p.t.Helper()
	tr.mu.Lock()
	defer tr.mu.Unlock()
	slices.SortFunc(tr.events, func(a, b traced) int { return int(a.TS - b.TS) })
	var start, paint int64
	for _, e := range tr.events {
		switch {
		case e.Name == "navigationStart" && strings.HasPrefix(e.Args.Data.URL, p.base):
			start = e.TS
		case e.Name == "firstContentfulPaint" && start > 0:
			paint = e.TS
		}
	}
	if paint <= start || start == 0 {
		p.t.Fatalf("no first paint in a trace of %d entries", len(tr.events))
	}
	return time.Duration(paint-start) * time.Microsecond
}
