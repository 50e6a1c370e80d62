package api

import (
	"net/http"
	"testing"
)

// unaudited are the calls that change something of nobody's concern but the
// caller's, or nothing at all, by method and path as they stand in the policy.
var unaudited = map[string]string{
	"POST /plans/{plan}/check":               "only asks",
	"POST /spaces/import?dry_run=true":       "only asks",
	"POST /members/import?dry_run=true":      "only asks",
	"POST /members/{ann}/merge?dry_run=true": "only asks",
	"POST /me/passkeys/options":              "only asks",
	"POST /sessions/passkey/options":         "only asks",
	"DELETE /sessions/current":               "a token has no session to end",
	"POST /password-resets":                  "audited when its mail is written, and there is an account",
}

// TestEveryChangeIsAudited makes every call of the policy that changes something,
// as an administrator, and looks for its row in the audit log.
func TestEveryChangeIsAudited(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	db, err := c.store.SQL()
	if err != nil {
		t.Fatal(err)
	}
	count := func() (n int) {
		t.Helper()
		if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM audit").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	changes := 0
	for _, r := range policy {
		if r.method == http.MethodGet {
			continue
		}
		before := count()
		got := c.callers["admin"].send(t, r.method, c.fill(r.path), c.body(r.body))
		if got.status >= 300 {
			continue
		}
		changes++
		name := r.method + " " + r.path
		if _, free := unaudited[name]; !free && count() == before {
			t.Errorf("%s %v = %d left no row in the audit log", name, r.body, got.status)
		}
	}
	if changes < 40 {
		t.Errorf("only %d calls of the policy changed something", changes)
	}
}
