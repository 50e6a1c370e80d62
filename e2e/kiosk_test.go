//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"kyoten/e2e/harness"
)

// visitor is one of the demo's people, over the API.
type visitor struct {
	t     *testing.T
	base  string
	token string
}

// signIn returns a visitor.
func signIn(t *testing.T, s *harness.Server, name string) visitor {
	t.Helper()
	v := visitor{t: t, base: s.Base + "/api/v1"}
	var session struct {
		Token string `json:"token"`
	}
	v.ask("POST", "/sessions", map[string]string{"email": name + "@kyoten.example", "password": "kyoten-demo"}, &session)
	v.token = session.Token
	return v
}

// ask sends one request and fails the test unless it succeeds.
func (v visitor) ask(method, path string, in, out any) {
	v.t.Helper()
	raw, err := json.Marshal(in)
	if err != nil {
		v.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(v.t.Context(), method, v.base+path, bytes.NewReader(raw))
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if v.token != "" {
		r.Header.Set("Authorization", "Bearer "+v.token)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		var problem bytes.Buffer
		_, _ = problem.ReadFrom(answer.Body)
		v.t.Fatalf("%s %s: %s: %s", method, path, answer.Status, problem.String())
	}
	if out != nil {
		if err := json.NewDecoder(answer.Body).Decode(out); err != nil {
			v.t.Fatal(err)
		}
	}
}

// arrive books any seat of a site from the demo's opening on, and returns its
// code: the booking begins now.
func (v visitor) arrive(site string) (booking, code string) {
	v.t.Helper()
	opening, err := time.Parse(time.RFC3339, harness.Opening)
	if err != nil {
		v.t.Fatal(err)
	}
	var made struct {
		ID string `json:"id"`
	}
	v.ask("POST", "/bookings", map[string]any{
		"starts_at": opening, "ends_at": opening.Add(2 * time.Hour),
		"any": []map[string]string{{"site": site, "kind": "seat"}},
	}, &made)
	var passes struct {
		Items []struct {
			Code string `json:"code"`
		} `json:"items"`
	}
	v.ask("GET", "/bookings/"+made.ID+"/passes", nil, &passes)
	if len(passes.Items) == 0 {
		v.t.Fatalf("booking %s has no pass", made.ID)
	}
	return made.ID, passes.Items[0].Code
}

// inside returns how many people a site counts.
func (v visitor) inside(site string) int {
	v.t.Helper()
	var list struct {
		Items []struct {
			Site   string `json:"site"`
			Inside int    `json:"inside"`
		} `json:"items"`
	}
	v.ask("GET", "/occupancy", nil, &list)
	for _, item := range list.Items {
		if item.Site == site {
			return item.Inside
		}
	}
	v.t.Fatalf("%s is not among the sites", site)
	return 0
}

// flipped turns one bit of a code, within its alphabet.
func flipped(code string) string {
	const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	return code[:100] + string(alphabet[strings.IndexByte(alphabet, code[100])^1]) + code[101:]
}

// TestTheEntrance: a member books, the code is filmed at the kiosk, the door
// opens and the member is inside; on the way out the same.
func TestTheEntrance(t *testing.T) {
	for _, database := range []string{"sqlite", "postgres"} {
		t.Run(database, func(t *testing.T) {
			server := harness.StartDemo(t, database)
			member := signIn(t, server, "m040")
			_, code := member.arrive("colabo")
			before := member.inside("colabo")
			// On the screen of a phone held up, then nobody, then again: in and out.
			film := harness.FilmAt(t, 30, harness.Take{Picture: picture(t, code), Seconds: 2, Scale: 0.75, Rotate: -6, Noise: 5},
				harness.Take{Seconds: 4})
			browser := harness.StartBrowser(t, harness.Camera(film))
			p := browser.Page(t, server.Base, tablet).Open("/kiosk#gate=demo-gate-colabo-entrance")
			waitDecision(p, "allow")
			p.Inspect("allowed")
			if got := member.inside("colabo"); got != before+1 {
				t.Errorf("%d people inside after the entry, %d before", got, before)
			}
			waitIdle(p)
			p.Click(`input[value="exit"]`)
			p.Wait(`document.querySelector('#answer').innerText.includes('ありがとうございました')`)
			if got := member.inside("colabo"); got != before {
				t.Errorf("%d people inside after the exit, %d before", got, before)
			}
		})
	}
}

// TestWrongCodesStayOutside: what is not today's code for this door is refused
// with its reason, and the next scan works.
func TestWrongCodesStayOutside(t *testing.T) {
	server := harness.StartDemo(t, "sqlite")
	member := signIn(t, server, "m041")
	booking, code := member.arrive("colabo")
	p := harness.StartBrowser(t, harness.Camera(empty(t))).Page(t, server.Base, tablet)
	p.Open("/kiosk#gate=demo-gate-knowers-entrance").WaitText("#site", "ノウアーズ")
	scan(p, code)
	waitDecision(p, "deny")
	p.WaitText("#answer", "別の拠点のコードです").WaitText("#answer", "site")
	p.Open("/kiosk#gate=demo-gate-colabo-entrance").WaitText("#site", "コラボ")
	for text, says := range map[string]string{
		flipped(code):                 "無効なコードです",
		"https://example.com/tickets": "無効なコードです",
	} {
		scan(p, text)
		waitDecision(p, "deny")
		p.WaitText("#answer", says)
		waitIdle(p)
	}
	member.ask("POST", "/bookings/"+booking+"/cancel", map[string]any{}, nil)
	scan(p, code)
	waitDecision(p, "deny")
	p.WaitText("#answer", "取り消された").WaitText("#answer", "withdrawn").Inspect("revoked")
	_, fresh := member.arrive("colabo")
	scan(p, fresh)
	waitDecision(p, "allow")
}

// TestAWalkIn: a member without a booking is offered a free seat, and one touch
// books it and opens the door; at the kiosk of the server and at an agent's.
func TestAWalkIn(t *testing.T) {
	for _, database := range harness.Databases() {
		t.Run(database, func(t *testing.T) {
			server := harness.StartDemo(t, database)
			p := harness.StartBrowser(t, harness.Camera(empty(t))).Page(t, server.Base, tablet)
			p.Open("/kiosk#gate=demo-gate-colabo-entrance").WaitText("#site", "コラボ")
			walkIn(t, server, p, "m043")

			agent := harness.Start(t, "gate", "--server", server.Base, "--token", "demo-gate-colabo-entrance", "--data", t.TempDir(), "--listen", "127.0.0.1:0")
			awaitStatus(t, agent.Base, func(s status) bool { return s.Online && s.StateVersion > 0 && s.ClockState == "trusted" })
			p = harness.StartBrowser(t, harness.Camera(empty(t))).Page(t, agent.Base, tablet)
			p.Open("/kiosk").WaitText("#site", "コラボ").WaitText("#net", "接続中")
			walkIn(t, server, p, "m044")
		})
	}
}

// walkIn lets somebody without a booking take a seat at a kiosk of Colabo.
func walkIn(t *testing.T, server *harness.Server, kiosk *harness.Page, who string) {
	t.Helper()
	member := signIn(t, server, who)
	var passes struct {
		Items []struct{ Kind, Site, Code string }
	}
	member.ask("GET", "/me/passes", nil, &passes)
	code := ""
	for _, p := range passes.Items {
		if p.Kind == "identity" && p.Site == "colabo" {
			code = p.Code
		}
	}
	before := member.inside("colabo")
	const offered = `document.querySelector("#answer").hasAttribute("data-offer")`
	for try := 0; try < 5 && !harness.Eval[bool](kiosk, offered); try++ { // an agent offers only what its server finds within a second
		scan(kiosk, code)
		for wait := 0; wait < 40 && !harness.Eval[bool](kiosk, offered); wait++ {
			time.Sleep(100 * time.Millisecond)
		}
	}
	kiosk.WaitText("#answer", "この席を使う").Inspect("walk-in")
	kiosk.Click("#answer .offer")
	waitDecision(kiosk, "allow")
	inside := before
	for range 100 { // an agent says so in its next upload
		if inside = member.inside("colabo"); inside > before {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if inside != before+1 {
		t.Errorf("%d people inside, %d before", inside, before)
	}
	var mine struct {
		Items []struct{ Status string }
	}
	member.ask("GET", "/bookings?mine=true&from="+url.QueryEscape(harness.Opening), nil, &mine)
	if len(mine.Items) != 1 || mine.Items[0].Status != "checked_in" {
		t.Errorf("bookings %+v, want one that is checked in", mine.Items)
	}
}

// TestTheAgentsKioskGoesOnWithoutTheServer: the page at `kyoten gate` reads codes
// while the server is down, and afterwards the server knows what happened.
func TestTheAgentsKioskGoesOnWithoutTheServer(t *testing.T) {
	for _, database := range harness.Databases() {
		t.Run(database, func(t *testing.T) {
			server := harness.StartDemo(t, database, "--data", t.TempDir())
			member := signIn(t, server, "m042")
			_, code := member.arrive("colabo")
			before := member.inside("colabo")
			agent := harness.Start(t, "gate", "--server", server.Base, "--token", "demo-gate-colabo-entrance",
				"--data", t.TempDir(), "--listen", "127.0.0.1:0")
			awaitStatus(t, agent.Base, func(s status) bool { return s.Online && s.StateVersion > 0 && s.ClockState == "trusted" })

			film := harness.FilmAt(t, 30, harness.Take{Seconds: 6}, harness.Take{Picture: picture(t, code), Seconds: 3, Scale: 0.75})
			p := harness.StartBrowser(t, harness.Camera(film)).Page(t, agent.Base, tablet).Open("/kiosk")
			p.WaitText("#site", "コラボ").WaitText("#net", "接続中")
			server.Stop(t)
			waitDecision(p, "allow")
			p.WaitText("#net", "単独で稼働中").Inspect("alone")
			if s := statusOf(t, agent.Base); s.Online || s.QueueLength == 0 {
				t.Errorf("while the server is down: %+v, want an event waiting", s)
			}
			again := server.Again(t)
			awaitStatus(t, agent.Base, func(s status) bool { return s.Online && s.QueueLength == 0 })
			if got := signIn(t, again, "m042").inside("colabo"); got != before+1 {
				t.Errorf("%d people inside, %d before: the passage did not arrive", got, before)
			}
		})
	}
}

// status is the agent's GET /status.
type status struct {
	Online       bool   `json:"online"`
	StateVersion int64  `json:"state_version"`
	ClockState   string `json:"clock_state"`
	QueueLength  int    `json:"queue_length"`
}

func statusOf(t *testing.T, base string) (s status) {
	t.Helper()
	answer, err := http.Get(base + "/status")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&s); err != nil {
		t.Fatal(err)
	}
	return s
}

func awaitStatus(t *testing.T, base string, holds func(status) bool) {
	t.Helper()
	last := status{}
	for range 2400 { // two minutes: the machine may be busy
		if last = statusOf(t, base); holds(last) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("the agent's status stays %s", fmt.Sprintf("%+v", last))
}
