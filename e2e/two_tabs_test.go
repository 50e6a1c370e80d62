//go:build e2e

package e2e

import (
	"testing"

	"kyoten/e2e/harness"
)

// TestSomebodyElseSignsInInASecondTab leaves one member's pages open in a tab,
// signs another one in beside it, and goes on in the first.
func TestSomebodyElseSignsInInASecondTab(t *testing.T) {
	browser, server := harness.StartBrowser(t), harness.StartDemo(t, "sqlite")
	for _, look := range []harness.Look{{Screen: harness.Phone, Lang: "ja"}, {Screen: harness.Desktop, Lang: "en", Dark: true}} {
		t.Run(look.String(), func(t *testing.T) {
			first := speak(browser.Page(t, server.Base, look).Allow("409").SignIn("m021@kyoten.example"), look.Lang).Open("/account").Settle()
			kept := first.Beside(t).Open("/book?site=colabo&day=2026-12-02&from=10:00&to=12:00").Settle()
			if first.Has("#reader-changed:not([hidden])") {
				t.Error("a page says that it is out of date while its reader is still signed in")
			}

			second := first.Beside(t).Open("/").Settle()
			second.Go(`form[action="/sign-out"] button`).Settle()
			first.Wait(`!document.querySelector('#reader-changed').hidden`)
			speak(second.SignIn("m022@kyoten.example"), look.Lang).Settle()
			first.Wait(`!document.querySelector('#reader-changed').hidden`)
			first.Inspect("out-of-date")

			// What is drawn anew shows whose page it is now, and mixes nothing.
			kept.Set(`form[hx-get] [name=to]`, "13:00")
			kept.Wait(`location.search.includes('13') && document.querySelector('#reader-changed').hidden`).Settle()

			first.Fill(`input[name=name]`, "別の名前 <b>")
			first.Go(`form[action="/account"] [type=submit]`).Settle()
			first.Inspect("anothers")
			first.Go(`main form[action="/sign-out"] button`).Settle()
			first.Inspect("sign-in-as")
			first.Fill(`input[name=email]`, "m021@kyoten.example").Fill(`input[name=password]`, "kyoten-demo")
			first.Go(`form:has(input[name=password]) [type=submit]`)
			first.Wait(`location.search === '?done=saved'`).Settle()
			if got := harness.Eval[string](first, `document.querySelector('input[name=name]').value`); got != "別の名前 <b>" {
				t.Errorf("what was typed was stored as %q", got)
			}
			second.Wait(`!document.querySelector('#reader-changed').hidden`)
		})
	}
}
