//go:build e2e

package e2e

import (
	"testing"

	"kyoten/e2e/harness"
)

// TestLargeTextFitsAPhone: whoever has doubled the size of letters reads
// pages without moving it sideways, and reaches the last of the five buttons
// (WCAG 2.2, 1.4.4).
func TestLargeTextFitsAPhone(t *testing.T) {
	browser, server := harness.StartBrowser(t), harness.StartDemo(t, "sqlite")
	for _, lang := range []string{"ja", "en"} {
		look := harness.Look{Screen: harness.Phone, Lang: lang}
		for who, paths := range map[string][]string{
			member: {"/", "/book", "/rooms", "/account"},
			admin:  {"/admin", "/admin/presence", "/admin/members"},
		} {
			page := browser.Page(t, server.Base, look).SignIn(who)
			speak(page, lang)
			for _, path := range paths {
				page.Open(path).Settle()
				over := harness.Eval[int](page, `(() => {
					document.documentElement.style.fontSize = '200%';
					return document.documentElement.scrollWidth - document.documentElement.clientWidth;
				})()`)
				if over > 0 {
					t.Errorf("%s in %s: the page is %d px wider than the screen", path, lang, over)
				}
			}
		}
	}
}
