package web

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
)

// unaudited are the forms that change nothing, or nothing of anybody's concern but
// the sender's.
var unaudited = map[string]bool{
	"/language":                       true,
	"/forgot-password":                true, // audited when its mail is written, and there is an account
	"/rooms/common/holds/:id/release": true,
}

// elsewhere are the forms that these tests cannot fill in, or that store nothing.
var elsewhere = map[string]bool{
	"/sign-in/passkey":    true, // takes an authenticator: e2e/passkey_test.go
	"/account/passkeys":   true, // the same
	"/admin/audit/verify": true, // only asks
}

// worked holds the targets of forms that some test has sent a form to which was
// accepted.
var worked sync.Map

// TestMain sees, after a run of every test, that no form was left out: each was
// accepted somewhere, and then left its row in the audit log (see browser.do).
func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if code == 0 && flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.skip").Value.String() == "" {
		for _, r := range (&Pages{}).routes() {
			if _, ok := worked.Load(r.path); r.method == http.MethodPost && !ok && !elsewhere[r.path] {
				fmt.Printf("no test sends a good form to %s\n", r.path)
				code = 1
			}
		}
	}
	os.Exit(code)
}

// audited counts the rows of the audit log.
func (h *house) audited(t *testing.T) (n int) {
	t.Helper()
	db, err := h.store.SQL()
	if err != nil {
		t.Fatal(err)
	}
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM audit").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// seeForm notes that a form was accepted, which is that the browser was sent on or
// something was written, and fails the test when nothing says so in the audit log.
func (b *browser) seeForm(path string, answer *http.Response, rows int) {
	b.t.Helper()
	accepted := answer.Request.Response != nil && answer.Request.URL.Path != "/sign-in"
	for _, r := range b.house.pages.routes() {
		if r.method != http.MethodPost || !fits(r.path, path) {
			continue
		}
		if accepted || rows > 0 {
			worked.Store(r.path, true)
		}
		if accepted && rows == 0 && !b.repeats && !unaudited[r.path] {
			b.t.Errorf("the form sent to %s left no row in the audit log", path)
		}
		break
	}
	b.repeats = false
}

// fits reports whether a path is one of a route's.
func fits(route, path string) bool {
	want, got := strings.Split(route, "/"), strings.Split(path, "/")
	for i := range want {
		if len(want) != len(got) || (want[i] != got[i] && !strings.HasPrefix(want[i], ":")) {
			return false
		}
	}
	return true
}
