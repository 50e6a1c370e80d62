//go:build e2e

package e2e

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"kyoten/e2e/harness"
)

var choiceLink = regexp.MustCompile(`\S+/mails/\S+`)

// TestARemindedMemberTurnsRemindersOff by the link in the mail, without signing in, on
// again, off by a mail program, and on at last on the account's page, by keyboard.
func TestARemindedMemberTurnsRemindersOff(t *testing.T) {
	browser := harness.StartBrowser(t)
	people := map[string]struct {
		look                          harness.Look
		subject, on, off, label, dead string
	}{
		"m017@kyoten.example": {harness.Look{Screen: harness.Phone, Lang: "ja"}, "まもなくご利用の時間です", "届く設定です", "停止しています", "利用前のお知らせ", "使えません"},
		"m018@kyoten.example": {harness.Look{Screen: harness.Desktop, Lang: "en", Dark: true}, "Coming up", "Reminders are on", "Reminders are off", "Remind me", "does not work"},
	}
	for _, database := range harness.Databases() {
		box := harness.StartMailbox(t)
		server := harness.StartDemo(t, database, "--smtp-url", box.URL, "--data", t.TempDir())
		for who, tt := range people {
			t.Run(database+"/books/"+tt.look.String(), func(t *testing.T) { // and closes the page, before its server stops
				page := browser.Page(t, server.Base, tt.look)
				speak(page.SignIn(who), tt.look.Lang) // mails are written in it
				page.Open("/book?site=colabo&day=2026-12-01&from=14:00&to=15:00").Settle().Click(`.seats a.seat.free`).Settle().Wait(`document.querySelector('#confirm')`)
				page.Go(`#confirm button`).Settle()
				if _, text := box.Take(t, who); choiceLink.MatchString(text) {
					t.Errorf("a confirmation can be turned off:\n%s", text)
				}
			})
		}
		server.Stop(t)
		server = server.Again(t, "--now", "2026-12-01T13:00:05+09:00")
		for who, tt := range people {
			t.Run(database+"/"+tt.look.String(), func(t *testing.T) {
				subject, text := box.Take(t, who)
				link := choiceLink.FindString(text)
				if !strings.Contains(subject, tt.subject) || !strings.HasPrefix(link, server.Base+"/mails/") {
					t.Fatalf("the mail says %q:\n%s", subject, text)
				}
				page := browser.Page(t, server.Base, tt.look) // nobody's, as on another device
				page.Open(link).Settle().WaitText(`h1`, tt.on).Inspect("mails-on")
				page.Go(`main [type=submit]`).Settle().WaitText(`h1`, tt.off).Inspect("mails-off")
				page.Go(`main [type=submit]`).Settle().WaitText(`h1`, tt.on)
				unsubscribe(t, link)
				page.Open(link).Settle().WaitText(`h1`, tt.off)
				page.Allow(`status of 404`).Open(link+"x").Settle().WaitText(`h1`, tt.dead).Inspect("mails-dead")

				page.SignIn(who).Open("/account").Settle().WaitText(`form[action="/account/mails"]`, tt.label).Inspect("account-mails")
				if page.Has(`[name=reminders]:checked`) {
					t.Error("the account's page says that reminders come")
				}
				tabTo(t, page, `[name=reminders]`)
				page.Do(chromedp.KeyEvent(" "))
				enter(t, page, `form[action="/account/mails"] button`, `location.search === '?done=saved'`)
				if !page.Settle().Has(`[name=reminders]:checked`) {
					t.Error("they cannot be turned on again there")
				}
				page.Open(link).Settle().WaitText(`h1`, tt.on)
			})
		}
	}
}

// unsubscribe does what a webmail program does whose reader presses "unsubscribe".
func unsubscribe(t *testing.T, link string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, link, strings.NewReader("List-Unsubscribe=One-Click"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "https://mail.example")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK || res.Request.Method != http.MethodPost {
		t.Errorf("a mail program is answered %s, after %s", res.Status, res.Request.Method)
	}
}
