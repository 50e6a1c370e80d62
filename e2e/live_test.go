//go:build e2e

package e2e

import (
	"testing"
	"time"

	"kyoten/e2e/harness"
)

// TestWhatOthersBookIsSeenAtOnce has one member book and cancel while another
// looks at the floor plan, the rooms and Today.
func TestWhatOthersBookIsSeenAtOnce(t *testing.T) {
	for _, database := range harness.Databases() {
		t.Run(database, func(t *testing.T) {
			browser, server := harness.StartBrowser(t), harness.StartDemo(t, database)
			look := harness.Look{Screen: harness.Desktop, Lang: "ja"}
			ann := browser.Page(t, server.Base, look).SignIn("m006@kyoten.example")
			bob := browser.Page(t, server.Base, look).SignIn("m007@kyoten.example").Open("/book?site=colabo&day=2026-12-02&from=10:00&to=14:00").Settle()
			bob.Wait(`document.documentElement.dataset.line === 'on'`)
			free := harness.Eval[string](bob, `document.querySelector('a.spot.free[href^="/book"]').dataset.space`)
			bob.Open("/book?site=colabo&day=2026-12-02&from=10:00&to=14:00&space=" + free).Wait(`document.documentElement.dataset.line === 'on'`)
			ann.Open("/book?site=colabo&day=2026-12-02&from=10:00&to=14:00&space=" + free).Settle()
			began := time.Now()
			ann.Go(`#confirm button`)
			bob.Wait(`document.querySelector('.spot[data-space="` + free + `"]').classList.contains('taken')`)
			t.Logf("seen taken %s after the press", time.Since(began).Round(10*time.Millisecond))
			bob.Inspect("taken")
			ann.Settle().Click(`details:has(form[action$="/cancel"]) summary`).Go(`form[action$="/cancel"] button`)
			bob.Wait(`document.querySelector('.spot[data-space="` + free + `"]').classList.contains('free')`)
		})
	}
}

// TestALiveChangeKeepsWhatWasTyped types a title while the timeline behind it
// changes.
func TestALiveChangeKeepsWhatWasTyped(t *testing.T) {
	browser, server := harness.StartBrowser(t), harness.StartDemo(t, "sqlite")
	look := harness.Look{Screen: harness.Desktop, Lang: "ja"}
	bob := browser.Page(t, server.Base, look).SignIn("m008@kyoten.example").Open("/rooms?day=2026-12-02").Settle()
	chosen := harness.Eval[string](bob, `document.querySelector('a.bar.open').getAttribute('href')`)
	bob.Open(chosen).Settle().Fill(`#title`, "わたしの会議").Wait(`document.documentElement.dataset.line === 'on'`)
	ann := browser.Page(t, server.Base, look).SignIn("m009@kyoten.example").Open(chosen).Settle()
	ann.Go(`#confirm button`)
	bob.WaitText(`#confirm button`, "空いていません")
	if got := harness.Eval[string](bob, `document.querySelector('#title').value`); got != "わたしの会議" {
		t.Errorf("the title is %q", got)
	}
	bob.Inspect("taken-room")
}

// TestABookingAndWhoIsInsideAreLive has the same booking open twice, and the list
// of people inside while somebody is let in by hand.
func TestABookingAndWhoIsInsideAreLive(t *testing.T) {
	browser, server := harness.StartBrowser(t), harness.StartDemo(t, "sqlite")
	look := harness.Look{Screen: harness.Desktop, Lang: "ja"}
	ann := browser.Page(t, server.Base, look).SignIn("m012@kyoten.example").Open("/book?site=knowers&day=2026-12-02&from=10:00&to=12:00").Settle()
	ann.Click(`.seats a.seat.free`).Settle().Wait(`document.querySelector('#confirm')`).Go(`#confirm button`).Settle()
	phone := browser.Page(t, server.Base, look).SignIn("m012@kyoten.example").Open(ann.Path()).Settle()
	phone.Wait(`document.documentElement.dataset.line === 'on'`)
	ann.Click(`details:has(form[action$="/cancel"]) summary`).Go(`form[action$="/cancel"] button`)
	phone.WaitText(`#status-now`, "取り消し")

	desk := browser.Page(t, server.Base, look).SignIn("staff@kyoten.example").Open("/admin/presence").Settle()
	desk.Wait(`document.documentElement.dataset.line === 'on'`)
	door := browser.Page(t, server.Base, look).SignIn("admin@kyoten.example").Open("/admin/presence?site=colabo").Settle()
	door.Click(`details:has(form[action$="/admissions"]) summary`)
	door.Fill(`input[name=name]`, "業者 太郎").Fill(`form[action$="/admissions"] input[name=reason]`, "エアコンの修理").Go(`form[action$="/admissions"] button`)
	desk.WaitText(`#inside-now`, "業者 太郎")
	desk.Inspect("presence-live")
}

// TestTheLobbySeesABookingAtOnce looks at the board and at a room's panel, which
// nobody is signed in at, while a member takes the room.
func TestTheLobbySeesABookingAtOnce(t *testing.T) {
	browser, server := harness.StartBrowser(t), harness.StartDemo(t, "sqlite")
	look := harness.Look{Screen: harness.Tablet, Lang: "ja"}
	board := browser.Page(t, server.Base, look).Open("/board/colabo").Settle().Wait(`document.documentElement.dataset.line === 'on'`)
	find := `[...document.querySelectorAll('section:has(.badge.ok) a.plain')].at(-1).getAttribute('href')`
	door := harness.Eval[string](board, find)
	panel := browser.Page(t, server.Base, look).Open(door).Settle().Wait(`document.documentElement.dataset.line === 'on'`)
	offer := harness.Eval[string](panel, `document.querySelector('.button.primary').getAttribute('href')`)
	ann := browser.Page(t, server.Base, look).SignIn("m013@kyoten.example").Open(offer).Settle()
	began := time.Now()
	ann.Go(`#confirm button.primary`)
	panel.Wait(`document.querySelector('.panel.busy')`)
	board.Wait(`document.querySelector('a.plain[href="` + door + `"]').closest('section').querySelector('.badge.danger')`)
	t.Logf("seen in the lobby %s after the press", time.Since(began).Round(10*time.Millisecond))
	board.Inspect("board-live")
	panel.Inspect("panel-live")
}
