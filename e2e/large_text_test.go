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

// TestAPageEnlargedFourTimesIsNotCoveredByItsTabs: a window of 1280 by 1024 pixels is
// then one of 320 by 256 (WCAG 2.2, 1.4.10).
func TestAPageEnlargedFourTimesIsNotCoveredByItsTabs(t *testing.T) {
	browser, server := harness.StartBrowser(t), harness.StartDemo(t, "sqlite")
	for _, lang := range []string{"ja", "en"} {
		low := harness.Screen{Name: "enlarged", Width: 320, Height: 256}
		page := browser.Page(t, server.Base, harness.Look{Screen: low, Lang: lang}).SignIn(member)
		speak(page, lang)
		page.Open("/").Settle().Inspect("enlarged")
		if covered := harness.Eval[float64](page, `(() => {
			scrollTo(0, document.documentElement.scrollHeight);
			const bar = document.querySelector('.tabs').getBoundingClientRect();
			return Math.max(0, Math.min(innerHeight, bar.bottom) - Math.max(0, bar.top));
		})()`); covered > 0 {
			t.Errorf("in %s the tabs cover %.0f px of a scrolled page", lang, covered)
		}
	}
}
