//go:build e2e

package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"kyoten/e2e/harness"
)

// TestTheCodeAndTodayAreThereWithoutANetwork books, enrols the phone, and then
// loses the server: the code goes on changing, Today says when it was loaded, and
// what was not kept says so in words.
func TestTheCodeAndTodayAreThereWithoutANetwork(t *testing.T) {
	browser := harness.StartBrowser(t)
	for _, lang := range []string{"ja", "en"} {
		t.Run(lang, func(t *testing.T) {
			server := harness.StartDemo(t, "sqlite")
			page := speak(browser.Page(t, server.Base, harness.Look{Screen: harness.Phone, Lang: lang}).SignIn("m010@kyoten.example"), lang)
			page.Go(`main a[href="/book?site=colabo"]`).Settle()
			page.Click(`.seats a.seat.free`).Settle().Wait(`document.querySelector('#confirm')`)
			page.Go(`#confirm button`)
			page.Go(`a[href^="/code"]`).Settle().Click(`[data-enrol]`)
			page.Wait(`document.querySelector('[data-live] svg').dataset.text`)
			before := shown(page)
			page.Open("/").Wait(`navigator.serviceWorker.controller`)
			awaitTrue(t, page, `caches.open('pages').then(c => Promise.all(['/', '/code'].map(p => c.match(p)))).then(all => all.every(Boolean))`)
			awaitTrue(t, page, `caches.open('pages').then(c => c.match('/offline')).then(kept => kept ?? caches.match('/offline')).then(kept => kept?.headers.get('Content-Language') === "`+lang+`")`)

			page.Allow(`ERR_CONNECTION|ERR_FAILED|Failed to (load|fetch)|ERR_NETWORK`)
			server.Stop(t)
			page.Open("/code")
			page.WaitLong(`(document.querySelector('[data-live] svg').dataset.text || "`+before+`") !== "`+before+`"`, 2*stepLength)
			page.Wait(`!document.querySelector('#kept').hidden && document.querySelector('[data-when]').textContent`)
			page.Inspect("code-offline")
			page.Open("/").Wait(`!document.querySelector('#kept').hidden`)
			if !page.Has(`.card.mine a[href^="/code"]`) {
				t.Error("Today has lost the booking")
			}
			page.Inspect("today-offline")
			page.Open("/rooms").WaitText(`h1`, map[string]string{"ja": "通信できません", "en": "No connection"}[lang])
			page.Inspect("nothing-kept")
		})
	}
}

// reserve books any seat of a site, hours after the demo has begun.
const reserve = `(site, hours) => fetch('/api/v1/bookings', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify({
	starts_at: new Date(Date.parse('` + harness.Opening + `') + hours * 36e5).toISOString(),
	ends_at: new Date(Date.parse('` + harness.Opening + `') + (hours + 2) * 36e5).toISOString(), any: [{site, kind: 'seat'}]})}).then((r) => r.json()).then((b) => b.id)`

// TestEachCodeIsThereWithoutANetwork books for today and for tomorrow at another
// site: without the server both codes are shown, each for what it is, and when the
// first is over the phone shows the second by itself and says so of the first.
func TestEachCodeIsThereWithoutANetwork(t *testing.T) {
	browser, server := harness.StartBrowser(t), harness.StartDemo(t, "sqlite")
	page := browser.Page(t, server.Base, harness.Look{Screen: harness.Phone}).SignIn("m012@kyoten.example")
	today := harness.Eval[string](page, `(`+reserve+`)('colabo', 0)`)
	tomorrow := harness.Eval[string](page, `(`+reserve+`)('knowers', 24)`)
	if today == "" || tomorrow == "" {
		t.Fatal("nothing was booked")
	}
	page.Open("/").Wait(`navigator.serviceWorker.controller`)
	page.Open("/code").Settle()
	code := harness.Eval[string](page, `document.querySelectorAll('a[data-pass]')[1].dataset.pass`)
	awaitTrue(t, page, `caches.open('pages').then(async (c) => Boolean(await c.match('/code') && await c.match('/api/v1/passes/`+code+`/qr.svg')))`)

	page.Allow(`ERR_CONNECTION|ERR_FAILED|Failed to (load|fetch)|ERR_NETWORK`)
	server.Stop(t)
	shows := func(path, site, picture string) {
		t.Helper()
		page.Open(path).Wait(`document.querySelector('[data-code]').dataset.site === "` + site + `"`)
		page.Wait(`document.querySelector('[data-code] img').complete && document.querySelector('[data-code] img').naturalWidth > 0`)
		if got := harness.Eval[string](page, `document.querySelector('[data-code] img').src`); !strings.Contains(got, picture) {
			t.Errorf("%s shows %s, want %s", path, got, picture)
		}
	}
	shows("/code", "colabo", "")
	shows("/code?pass="+code, "knowers", code)
	page.Inspect("the-other-code-offline")
	shows("/code?booking="+tomorrow, "knowers", code)
	page.Open("/code?booking=another").Wait(`!document.querySelector('[data-missing]').hidden`)

	later := `window.Date = class extends Date {
		constructor(...all) { if (all.length) super(...all); else super(Date.now()); }
		static now() { return super.now() + 24 * 36e5; }
	}`
	page.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{Source: later})
		return err
	}))
	shows("/code", "knowers", code)
	page.Wait(`document.querySelector('[data-over]').hidden && !document.querySelector('[data-other-day]').hidden`)
	page.Open("/code?booking=" + today).Wait(`!document.querySelector('[data-over]').hidden`)
	page.Inspect("a-code-that-is-over")
}

// TestSigningOutLeavesNothingBehind sees that the pages of one member are not
// shown to whoever holds the phone next.
func TestSigningOutLeavesNothingBehind(t *testing.T) {
	browser, server := harness.StartBrowser(t), harness.StartDemo(t, "sqlite")
	page := browser.Page(t, server.Base, harness.Look{Screen: harness.Phone}).SignIn("m011@kyoten.example")
	page.Wait(`navigator.serviceWorker.controller`)
	awaitTrue(t, page, `caches.open('pages').then(c => c.match('/code')).then(Boolean)`)
	page.Go(`form[action="/sign-out"] button`)
	awaitTrue(t, page, `caches.has('pages').then(has => has ? caches.open('pages').then(c => c.match('/code')).then(m => !m) : true)`)
}

// TestWhoComesInByALinkFindsNothingOfAnothers: somebody else was signed in here.
func TestWhoComesInByALinkFindsNothingOfAnothers(t *testing.T) {
	browser, box := harness.StartBrowser(t), harness.StartMailbox(t)
	server := harness.StartDemo(t, "sqlite", "--smtp-url", box.URL)
	page := browser.Page(t, server.Base, harness.Look{Screen: harness.Phone}).SignIn("m011@kyoten.example")
	page.Wait(`navigator.serviceWorker.controller`)
	page.Open("/bookings").Settle()
	awaitTrue(t, page, `caches.open('pages').then(c => c.match('/bookings')).then(Boolean)`)
	page.Open("/forgot-password").Settle().Fill(`#email`, "m012@kyoten.example").Go(`main [type=submit]`)
	_, text := box.Take(t, "m012@kyoten.example")
	page.Open(mailedLink.FindString(text)).Settle().Fill(`#password`, "quite another phrase").Go(`main [type=submit]`).Settle()
	if harness.Eval[bool](page, `caches.open('pages').then(c => c.match('/bookings')).then(Boolean)`) {
		t.Error("the bookings of whoever was here before are kept")
	}
}

// awaitTrue waits until a promise of the page comes true.
func awaitTrue(t *testing.T, page *harness.Page, promise string) {
	t.Helper()
	for range 100 {
		if harness.Eval[bool](page, promise) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("it never comes true: %s", promise)
}
