//go:build e2e

package harness

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/chromedp"
)

//go:embed axe/axe.min.js
var axeSource string

// runAxe asks for every rule that is on by default (the best practices too) and
// for the target size of WCAG 2.2, which is not. Each line names the rule, the
// element and what is wrong with it.
const runAxe = `axe.run(document, {resultTypes: ['violations'], rules: {'target-size': {enabled: true}}})
	.then(r => r.violations.flatMap(v => v.nodes.map(n =>
		v.id + ' at ' + n.target.join(' ') + ': ' + v.help + '. ' + (n.failureSummary || '').replace(/\s+/g, ' '))))`

// Barriers returns what axe-core finds on the page as it is now. The script is
// evaluated by the browser itself, so the page's security policy neither stops
// it nor has to allow it.
func (p *Page) Barriers() []string {
	p.t.Helper()
	if !Eval[bool](p, `typeof axe === 'object'`) {
		p.Do(chromedp.Evaluate[chromedp.Void](axeSource + "\n;undefined"))
	}
	return Eval[[]string](p, runAxe)
}

// tooWide names the elements that stick out of a page one has to scroll
// sideways; boxes that scroll by themselves are fine.
const tooWide = `(() => {
	const root = document.scrollingElement, width = root.clientWidth;
	if (root.scrollWidth <= width) return [];
	const scrolls = e => { for (; e && e !== root && e !== document.body; e = e.parentElement)
		if (/auto|scroll|hidden|clip/.test(getComputedStyle(e).overflowX)) return true; return false; };
	const wide = [...document.body.querySelectorAll('*')]
		.filter(e => e.getBoundingClientRect().right > width + 0.5 && !scrolls(e.parentElement))
		.map(e => e.tagName.toLowerCase() + (e.id ? '#' + e.id : '') + (e.classList.length ? '.' + [...e.classList].join('.') : ''));
	return ['page ' + root.scrollWidth + ' px wide on a screen of ' + width + ' px', ...wide.slice(0, 5)];
})()`

// TooWide returns what makes the page wider than its screen.
func (p *Page) TooWide() []string {
	p.t.Helper()
	return Eval[[]string](p, tooWide)
}

// untranslated looks at the text a reader sees or hears. A catalogue key such as
// booking.cancel is never one; Japanese letters on an English page are only
// where the page says so (lang) or where people wrote them (translate="no", the
// text of a field); a name in both languages (入口 / Entrance) is understood in either.
const untranslated = `((lang) => {
	const found = [], key = /(^|\s)[a-z]+(_[a-z]+)*(\.[a-z_]+)+(\s|$)/, kana = /[\u3040-\u30ff\u4e00-\u9fff]/;
	const both = /[\u3040-\u30ff\u4e00-\u9fff] \/ [A-Za-z]/;
	const judge = (text, where) => {
		if (key.test(text) && !/@|:\/\//.test(text) && !where.closest('[translate=no]')) found.push('a key: ' + text.trim());
		if (lang === 'en' && kana.test(text) && !both.test(text) && !where.closest('[lang|=ja], [translate=no]')) found.push('Japanese: ' + text.trim());
	};
	if (document.documentElement.lang.slice(0, 2) !== lang) found.push('the page says lang=' + document.documentElement.lang);
	judge(document.title, document.documentElement.querySelector('title') || document.documentElement);
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walk.nextNode()) {
		const at = walk.currentNode.parentElement;
		if (!at.closest('script, style, template, noscript, code, textarea')) judge(walk.currentNode.data, at);
	}
	for (const e of document.body.querySelectorAll('[aria-label], [title], [placeholder], [alt]'))
		for (const name of ['aria-label', 'title', 'placeholder', 'alt']) judge(e.getAttribute(name) || '', e);
	return found.filter((t, i) => found.indexOf(t) === i).slice(0, 10).map(t => t.slice(0, 120));
})`

// Untranslated returns texts that are not in the page's language, and a wrong
// lang on the page itself.
func (p *Page) Untranslated() []string {
	p.t.Helper()
	return Eval[[]string](p, untranslated+`(`+quote(p.look.lang())+`)`)
}

// Inspect judges the page as it is now, as every page must be at any time: no
// barrier, nothing too wide, nothing untranslated. It takes a picture under the
// given name when pictures are wanted.
func (p *Page) Inspect(name string) *Page {
	p.t.Helper()
	p.picture(name)
	for what, findings := range map[string][]string{
		"barrier":      p.Barriers(),
		"too wide":     p.TooWide(),
		"untranslated": p.Untranslated(),
		"reported":     p.Problems(),
	} {
		for _, finding := range findings {
			p.t.Errorf("%s, %s, %s: %s", name, p.look, what, finding)
		}
	}
	return p
}

// picture writes the whole page as a PNG into the folder $E2E_SHOTS, if set.
func (p *Page) picture(name string) {
	folder := os.Getenv("E2E_SHOTS")
	if folder == "" {
		return
	}
	png, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.MkdirAll(folder, 0o755)
	}
	if err == nil {
		test := strings.NewReplacer("/", "_", "#", "_").Replace(p.t.Name())
		err = os.WriteFile(filepath.Join(folder, fmt.Sprintf("%s-%s-%s.png", test, name, p.look)), png, 0o644)
	}
	if err != nil {
		p.t.Logf("no picture of %s: %v", name, err)
	}
}

// quote writes a string as a JavaScript literal.
func quote(s string) string {
	literal, _ := json.Marshal(s)
	return string(literal)
}
