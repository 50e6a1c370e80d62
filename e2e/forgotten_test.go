//go:build e2e

package e2e

import (
	"regexp"
	"strings"
	"testing"

	"kyoten/e2e/harness"
)

var mailedLink = regexp.MustCompile(`\S+/links/\S+`)

// TestAForgottenPasswordIsSetByMail goes from the sign-in page by way of the mailbox
// to a new password and a session, and finds the link of no more use.
func TestAForgottenPasswordIsSetByMail(t *testing.T) {
	browser := harness.StartBrowser(t)
	for _, database := range harness.Databases() {
		box := harness.StartMailbox(t)
		server := harness.StartDemo(t, database, "--smtp-url", box.URL)
		for who, tt := range map[string]struct {
			look                                harness.Look
			sent, subject, signedIn, said, dead string
		}{
			"m015@kyoten.example": {
				harness.Look{Screen: harness.Phone, Lang: "ja"},
				"リンクは1時間使えます", "新しいパスワードの設定", "パスワードを変更しました", "パスワードが設定されました", "このリンクは使えません",
			},
			"m016@kyoten.example": {
				harness.Look{Screen: harness.Desktop, Lang: "en", Dark: true},
				"works for an hour", "Set a new password", "Your password is changed", "password was set", "no longer works",
			},
		} {
			t.Run(database+"/"+tt.look.String(), func(t *testing.T) {
				page := browser.Page(t, server.Base, tt.look)
				speak(page.SignIn(who), tt.look.Lang) // mails are written in it
				signOut(page.Settle())
				page.Open("/sign-in").Settle().Go(`a[href="/forgot-password"]`).Settle().Inspect("forgot-password")
				page.Fill(`#email`, who).Go(`main [type=submit]`).Settle().WaitText(`.notice`, tt.sent).Inspect("forgot-password-sent")

				subject, text := box.Take(t, who)
				link := mailedLink.FindString(text)
				if !strings.Contains(subject, tt.subject) || !strings.HasPrefix(link, server.Base+"/links/") {
					t.Fatalf("the mail says %q:\n%s", subject, text)
				}
				page.Open(link).Settle().Inspect("set-password")
				page.Fill(`#password`, "quite another phrase").Go(`main [type=submit]`).Settle().WaitText(`.notice`, tt.signedIn).Inspect("password-set")
				if subject, text := box.Take(t, who); !strings.Contains(subject, tt.said) || !strings.Contains(text, server.Base+"/forgot-password") {
					t.Errorf("the mail says %q:\n%s", subject, text)
				}

				signOut(page)
				page.Allow(`status of 404`).Open(link).Settle().WaitText(`.notice`, tt.dead).Inspect("dead-link")
				page.Open("/sign-in").Settle().Fill(`#email`, who).Fill(`#password`, "quite another phrase").Go(`form.card [type=submit]`)
				page.Wait(`location.pathname === '/'`)
			})
		}
	}
}
