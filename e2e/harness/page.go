//go:build e2e

package harness

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// patience is how long a page may take for one step before the test fails.
const patience = 20 * time.Second

// Page is a tab with cookies of its own, looked at in one way. Its methods fail
// the test themselves. When the test ends it complains about every error,
// breach of the security policy and foreign host the browser reported.
type Page struct {
	t     testing.TB
	ctx   context.Context
	base  string
	look  Look
	watch *watch
}

// Page opens a tab on the server at base. Paths given to its methods are below
// base.
func (b *Browser) Page(t testing.TB, base string, look Look) *Page {
	t.Helper()
	return openTab(t, b.ctx, base, look, chromedp.WithNewBrowserContext())
}

// Beside opens a second tab, which shares the cookies and storage of the first.
func (p *Page) Beside(t testing.TB) *Page {
	t.Helper()
	return openTab(t, p.ctx, p.base, p.look)
}

func openTab(t testing.TB, parent context.Context, base string, look Look, more ...chromedp.ContextOption) *Page {
	t.Helper()
	w := newWatch(base)
	ctx, cancel := chromedp.NewContext(parent, append(more, chromedp.WithListener(w.event))...)
	p := &Page{t, ctx, base, look, w}
	t.Cleanup(func() {
		if t.Failed() {
			p.picture("failed")
		}
		cancel()
		for _, problem := range w.take() {
			t.Errorf("%s: %s", look, problem)
		}
	})
	if err := look.apply(ctx); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	return p
}

// Do runs chromedp actions on the page, for what the methods here do not offer.
func (p *Page) Do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("%s on %s: %v", p.look, p.where(), err)
	}
}

// Get runs one action of the page and returns its value.
func Get[T any](p *Page, action chromedp.Action[T]) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		p.t.Fatalf("%s on %s: %v", p.look, p.where(), err)
	}
	return value
}

// Eval evaluates a JavaScript expression, awaiting a promise.
func Eval[T any](p *Page, expression string) T {
	p.t.Helper()
	return Get(p, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// where is the address of the page, for messages.
func (p *Page) where() string {
	ctx, cancel := context.WithTimeout(p.ctx, time.Second)
	defer cancel()
	address, err := chromedp.Run(ctx, chromedp.Location())
	if err != nil {
		return "a page that does not answer"
	}
	return strings.TrimPrefix(address, p.base)
}

// Open goes to a path (or a whole address) and waits until it is loaded.
func (p *Page) Open(path string) *Page {
	p.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = p.base + path
	}
	p.Do(chromedp.Navigate(path))
	return p
}

// Settle waits until the page has loaded what it asks for and nothing has been
// on its way for a quarter of a second; live event streams do not count.
func (p *Page) Settle() *Page {
	p.t.Helper()
	p.Wait(`document.readyState === 'complete'`)
	for deadline := time.Now().Add(patience); !p.watch.idle(250 * time.Millisecond); {
		if time.Now().After(deadline) {
			p.t.Fatalf("%s on %s: after %s still loading %v", p.look, p.where(), patience, p.watch.waitingFor())
		}
		time.Sleep(20 * time.Millisecond)
	}
	return p
}

// Path returns the path and query of the page shown now.
func (p *Page) Path() string {
	p.t.Helper()
	return Eval[string](p, `location.pathname + location.search`)
}

// Click waits for the element and clicks it.
func (p *Page) Click(css string) *Page {
	p.t.Helper()
	p.Do(chromedp.Click(chromedp.CSS(css), chromedp.NodeVisible))
	return p
}

// Go clicks the element and waits until another page is loaded.
func (p *Page) Go(css string) *Page {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	_, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(css), chromedp.NodeVisible))
	if err != nil {
		p.t.Fatalf("%s on %s: click on %s leads nowhere: %v", p.look, p.where(), css, err)
	}
	return p
}

// Fill replaces the text of a field as a person typing would.
func (p *Page) Fill(css, text string) *Page {
	p.t.Helper()
	p.Do(
		chromedp.WaitVisible(chromedp.CSS(css)),
		chromedp.Clear(chromedp.CSS(css)),
		chromedp.SendKeys(chromedp.CSS(css), text),
	)
	return p
}

// Set gives a field a value it is hard to type, such as a date, and tells the
// page that it changed.
func (p *Page) Set(css, value string) *Page {
	p.t.Helper()
	p.Do(chromedp.WaitReady(chromedp.CSS(css)))
	Eval[bool](p, `((field, value) => {
		field.value = value;
		for (const kind of ['input', 'change']) field.dispatchEvent(new Event(kind, {bubbles: true}));
		return true;
	})(document.querySelector(`+quote(css)+`), `+quote(value)+`)`)
	return p
}

// Text waits for the element and returns the text a person sees in it.
func (p *Page) Text(css string) string {
	p.t.Helper()
	return strings.TrimSpace(Get(p, chromedp.Text(chromedp.CSS(css), chromedp.NodeVisible)))
}

// Wait waits until the JavaScript expression is true on the page, also over a
// change of pages.
func (p *Page) Wait(expression string) *Page {
	p.t.Helper()
	p.WaitLong(expression, patience)
	return p
}

// WaitLong is Wait with its own patience.
func (p *Page) WaitLong(expression string, within time.Duration) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, within)
	defer cancel()
	for {
		met, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`!!(`+expression+`)`))
		if err == nil && met {
			return
		}
		select {
		case <-ctx.Done():
			p.t.Fatalf("%s on %s: waited %s in vain for %s (%v)", p.look, p.where(), within, expression, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// WaitText waits until the element shows the text.
func (p *Page) WaitText(css, text string) *Page {
	p.t.Helper()
	return p.Wait(`[...document.querySelectorAll(` + quote(css) + `)].some(e => e.innerText.includes(` + quote(text) + `))`)
}

// Has reports whether the page has such an element now.
func (p *Page) Has(css string) bool {
	p.t.Helper()
	return Eval[bool](p, `!!document.querySelector(`+quote(css)+`)`)
}

// Allow says that the test expects problems matching the pattern, such as the
// browser's note about an answer with status 409.
func (p *Page) Allow(pattern string) *Page {
	p.watch.allow(pattern)
	return p
}

// Problems returns what the browser complained about so far and forgets it.
func (p *Page) Problems() []string { return p.watch.take() }

// Wire returns how many bytes came over the wire since the tab was opened,
// pictures and films aside. What a service worker fetches by itself is not in it.
func (p *Page) Wire() int { return p.watch.wire() }

// SignIn signs in as one of the demo's people, all of whom share one password.
func (p *Page) SignIn(email string) *Page {
	p.t.Helper()
	p.Open("/sign-in")
	p.Fill(`input[name=email]`, email)
	p.Fill(`input[name=password]`, "kyoten-demo")
	return p.Go(`form:has(input[name=password]) [type=submit]`)
}
