//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"kyoten/e2e/harness"
)

// TestWhatIsTakenBackReachesTheDoor: a pass, a member, a company and a gate are
// revoked while an agent is online, and it refuses at once. Without its stream it
// would find out after half a minute; the time that it took is in the log.
func TestWhatIsTakenBackReachesTheDoor(t *testing.T) {
	for _, database := range harness.Databases() {
		t.Run(database, func(t *testing.T) {
			server := harness.StartDemo(t, database)
			admin := signIn(t, server, "admin")
			for what, tt := range map[string]struct {
				gate, who, site, reason string
				revoke                  func(v visitor, booking, gate string)
			}{
				"pass": {"colabo-entrance", "m051", "colabo", "revoked", func(v visitor, booking, _ string) {
					var passes struct{ Items []struct{ ID string } }
					v.ask("GET", "/bookings/"+booking+"/passes", nil, &passes)
					admin.ask("POST", "/access/revocations", map[string]any{"pass": passes.Items[0].ID, "reason": "lost"}, nil)
				}},
				"member": {"knowers-entrance", "m052", "knowers", "subject_blocked", func(v visitor, _, _ string) {
					var me struct{ ID string }
					v.ask("GET", "/me", nil, &me)
					admin.ask("POST", "/access/revocations", map[string]any{"member": me.ID, "reason": "left"}, nil)
				}},
				"company": {"shiojiri-office", "worker", "shiojiri", "company_suspended", func(v visitor, _, _ string) {
					var me struct{ Company struct{ ID int } }
					v.ask("GET", "/me", nil, &me)
					admin.ask("POST", "/access/revocations", map[string]any{"company": me.Company.ID, "reason": "unpaid"}, nil)
				}},
				"gate": {"shiojiri-entrance", "m053", "shiojiri", "state_stale", func(_ visitor, _, gate string) {
					admin.ask("POST", "/gates/"+gate+"/revoke", nil, nil)
				}},
			} {
				t.Run(what, func(t *testing.T) {
					visitor := signIn(t, server, tt.who)
					booking, code := visitor.arrive(tt.site)
					agent := harness.Start(t, "gate", "--server", server.Base, "--token", "demo-gate-"+tt.gate, "--data", t.TempDir(), "--listen", "127.0.0.1:0")
					awaitStatus(t, agent.Base, func(s status) bool { return s.Online && s.StateVersion > 0 && s.ClockState == "trusted" })
					if got := scanAt(t, agent.Base, code, "entry"); got != "granted" {
						t.Fatalf("before: %s", got)
					}
					began := time.Now()
					tt.revoke(visitor, booking, gateOf(t, agent.Base))
					got := awaitRefusal(t, agent.Base, code, began)
					t.Logf("refused after %s", time.Since(began).Round(time.Millisecond))
					if got != tt.reason {
						t.Errorf("refused as %s, want %s", got, tt.reason)
					}
					if got := scanAt(t, agent.Base, code, "exit"); got != "exit_ok" {
						t.Errorf("the way out: %s", got)
					}
				})
			}
		})
	}
}

// pollsEvery is the least after which an agent looks for a new state by itself.
const pollsEvery = 24 * time.Second

// awaitRefusal shows the code again and again and returns why it is refused. A
// scan within three seconds of the one before gets its answer again.
func awaitRefusal(t *testing.T, base, code string, began time.Time) string {
	t.Helper()
	for time.Since(began) < pollsEvery {
		time.Sleep(3100 * time.Millisecond)
		if got := scanAt(t, base, code, "entry"); got != "granted" && got != "apb_soft" {
			return got
		}
	}
	t.Fatal("the door goes on admitting")
	return ""
}

// scanAt shows a code at an agent and returns the reason of its answer.
func scanAt(t *testing.T, base, code, direction string) string {
	t.Helper()
	raw, err := json.Marshal(map[string]string{"code": code, "direction": direction})
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.Post(base+"/scan", "application/json", bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var said struct{ Reason string }
	if err := json.NewDecoder(answer.Body).Decode(&said); err != nil {
		t.Fatal(err)
	}
	return said.Reason
}
