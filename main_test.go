package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"kyoten/internal/clock"
	"kyoten/models/modelstest"
)

// running is the whole program, serving in this process.
type running struct {
	base    string // http://127.0.0.1:PORT
	printed *transcript
	logged  *transcript
	stop    func() int // asks it to stop and returns the exit status
}

// start runs the program with a free port and waits until it says it is ready.
func start(t *testing.T, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := &running{printed: &transcript{}, logged: &transcript{}}
	out, in := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, append(args, "--addr", "127.0.0.1:0"), io.MultiWriter(in, r.printed), r.logged)
		_ = in.Close()
	}()
	r.stop = sync.OnceValue(func() int { cancel(); return <-ended })
	t.Cleanup(func() { r.stop() })
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if _, base, found := strings.Cut(lines.Text(), "Kyoten is ready at "); found {
			r.base = base
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return r
		}
	}
	t.Fatalf("%v ended with %d before it was ready:\n%s%s", args, r.stop(), r.printed, r.logged)
	return nil
}

// status asks for a path and returns the status of the answer.
func (r *running) status(t *testing.T, path string) int {
	t.Helper()
	resp, err := http.Get(r.base + path)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// transcript collects what a program writes from several goroutines.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (t *transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(p)
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// once runs a command that ends by itself.
func once(t *testing.T, args ...string) (status int, output string) {
	t.Helper()
	var out transcript
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	status = run(ctx, args, &out, &out)
	return status, out.String()
}

// stored returns the flags that keep a program's data in a fresh database and a
// folder that goes with the test.
func stored(t *testing.T) []string {
	t.Helper()
	return []string{"--data", t.TempDir(), "--database-url", modelstest.URL(t)}
}

func TestServeOnAnEmptyDatabaseMakesTheSitesAndAFirstLink(t *testing.T) {
	t.Parallel()
	flags := stored(t)
	r := start(t, append([]string{"serve"}, flags...)...)
	for _, path := range []string{"/healthz", "/readyz"} {
		if got := r.status(t, path); got != http.StatusOK {
			t.Errorf("GET %s = %d, want 200", path, got)
		}
	}
	if !strings.Contains(r.printed.String(), r.base+"/links/") {
		t.Errorf("printed %q, want a link for the first administrator", r.printed)
	}
	if status := r.stop(); status != 0 {
		t.Errorf("stopped with status %d, want 0:\n%s", status, r.logged)
	}
	if strings.Contains(r.logged.String(), "ERROR") {
		t.Errorf("logged an error:\n%s", r.logged)
	}
	if status, out := once(t, append([]string{"user", "add", "ann@kyoten.example", "--name", "Ann", "--role", "admin"}, flags...)...); status != 0 || !strings.Contains(out, "/links/") {
		t.Errorf("user add = %d %q, want a link", status, out)
	}
	if status, out := once(t, append([]string{"user", "add", "ann@kyoten.example", "--name", "Ann"}, flags...)...); status == 0 || !strings.Contains(out, "has an account already") {
		t.Errorf("user add once more = %d %q, want to be told that there is one", status, out)
	}
	again := start(t, append([]string{"serve"}, flags...)...)
	if strings.Contains(again.printed.String(), "/links/") {
		t.Errorf("printed %q at the second start, want no link: somebody has an account", again.printed)
	}
}

func TestMigrateApartFromServing(t *testing.T) {
	t.Parallel()
	url := "sqlite:" + filepath.Join(t.TempDir(), "k.db")
	data := []string{"--data", t.TempDir(), "--database-url", url}
	if status, out := once(t, append([]string{"serve", "--migrate=false", "--addr", "127.0.0.1:0"}, data...)...); status == 0 || !strings.Contains(out, "kyoten migrate first") {
		t.Errorf("serve before it = %d %q, want it to say what to do", status, out)
	}
	if status, out := once(t, append([]string{"migrate"}, data...)...); status != 0 || strings.HasPrefix(out, "0 ") {
		t.Errorf("first migrate = %d %q, want some migrations run", status, out)
	}
	if status, out := once(t, append([]string{"migrate"}, data...)...); status != 0 || !strings.HasPrefix(out, "0 ") {
		t.Errorf("second migrate = %d %q, want none run", status, out)
	}
	r := start(t, append([]string{"serve", "--migrate=false"}, data...)...)
	if got := r.status(t, "/readyz"); got != http.StatusOK {
		t.Errorf("GET /readyz = %d, want 200", got)
	}
}

func TestDemoGoesOnAndKeepsItsDatabase(t *testing.T) {
	t.Parallel()
	flags := stored(t)
	first := start(t, append([]string{"demo", "--now", "2026-12-01T10:00:00+09:00"}, flags...)...)
	for _, want := range []string{"admin@kyoten.example", "/kiosk#gate=demo-gate-colabo-entrance", "invented", "Tue 1 Dec 2026, 10:00"} {
		if !strings.Contains(first.printed.String(), want) {
			t.Errorf("printed %q, want %q in it", first.printed, want)
		}
	}
	first.stop()
	if status, out := once(t, append([]string{"serve", "--addr", "127.0.0.1:0"}, flags...)...); status == 0 || !strings.Contains(out, "demo") {
		t.Errorf("serve on a demo's database = %d %q, want a refusal", status, out)
	}
	again := start(t, append([]string{"demo"}, flags...)...)
	if !strings.Contains(again.printed.String(), "Tue 1 Dec 2026, 10:0") {
		t.Errorf("the second start printed %q, want the clock to have run on", again.printed)
	}
}

func TestDemoRefusesAConsortium(t *testing.T) {
	t.Parallel()
	flags := stored(t)
	start(t, append([]string{"serve"}, flags...)...).stop()
	if status, out := once(t, append([]string{"demo", "--addr", "127.0.0.1:0"}, flags...)...); status == 0 || !strings.Contains(out, "neither empty") {
		t.Errorf("demo on a consortium's database = %d %q, want a refusal", status, out)
	}
}

func TestADemoAtNightSaysHowToSeeTheDay(t *testing.T) {
	t.Parallel()
	r := start(t, append([]string{"demo", "--now", "2026-11-22T23:00:00+09:00"}, stored(t)...)...)
	// The 22nd is a Sunday, the 23rd a holiday.
	if want := "kyoten demo --now 2026-11-24T10:00:00+09:00"; !strings.Contains(r.printed.String(), want) {
		t.Errorf("printed %q, want %q in it", r.printed, want)
	}
}

func TestAuditVerifyNamesTheFirstBadRow(t *testing.T) {
	t.Parallel()
	flags := stored(t)
	r := start(t, append([]string{"demo", "--now", "2026-12-01T10:00:00+09:00"}, flags...)...)
	for range 3 {
		resp, err := http.Post(r.base+"/api/v1/sessions", "application/json", strings.NewReader(`{"email":"admin@kyoten.example","password":"kyoten-demo"}`))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	}
	verify := append([]string{"audit", "verify"}, flags...)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		status, out := once(t, verify...)
		if status == 0 && !strings.Contains(out, " 0 rows") {
			break // sealed
		}
		if time.Now().After(deadline) {
			t.Fatalf("audit verify = %d %q after 10 s, want some sealed rows", status, out)
		}
	}
	r.stop()
	execute(t, flags[3], "DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)")
	if status, out := once(t, verify...); status == 0 || !strings.Contains(out, "broken at row") {
		t.Errorf("audit verify = %d %q after the last row was cut off, want the row named", status, out)
	}
	execute(t, flags[3], "UPDATE audit SET actor = 'somebody else' WHERE seq = 1")
	if status, out := once(t, verify...); status == 0 || !strings.Contains(out, "broken at row 1;") {
		t.Errorf("audit verify = %d %q after row 1 was changed, want it named", status, out)
	}
}

func TestBackupAndRestoreOfAServingConsortium(t *testing.T) {
	t.Parallel()
	flags := stored(t)
	r := start(t, append([]string{"demo", "--now", "2026-12-01T10:00:00+09:00"}, flags...)...)
	file := filepath.Join(t.TempDir(), "kyoten.backup")
	if status, out := once(t, append([]string{"backup", file}, flags...)...); status != 0 || !strings.Contains(out, "master key") {
		t.Fatalf("backup = %d %q", status, out)
	}
	r.stop()
	elsewhere := stored(t)
	if status, out := once(t, append([]string{"restore", file}, elsewhere...)...); status != 0 {
		t.Fatalf("restore = %d %q", status, out)
	}
	if status, out := once(t, append([]string{"restore", file}, elsewhere...)...); status == 0 || !strings.Contains(out, "empty") {
		t.Errorf("a second restore = %d %q, want a refusal", status, out)
	}
	secret, err := os.ReadFile(filepath.Join(flags[1], "secret.key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(elsewhere[1], "secret.key"), secret, 0o600); err != nil {
		t.Fatal(err)
	}
	again := start(t, append([]string{"demo"}, elsewhere...)...)
	resp, err := http.Post(again.base+"/api/v1/sessions", "application/json", strings.NewReader(`{"email":"member@kyoten.example","password":"kyoten-demo"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		t.Errorf("sign-in after the restore = %d, want 201", resp.StatusCode)
	}
}

// TestMailsThatCannotBeKeptEndTheStart: who finds out by the mails has lost them.
func TestMailsThatCannotBeKeptEndTheStart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "a-file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	flags := []string{
		"serve", "--addr", "127.0.0.1:0", "--data", filepath.Join(file, "data"), "--database-url", modelstest.URL(t),
		"--secret-file", filepath.Join(t.TempDir(), "secret.key"),
	}
	if status, out := once(t, flags...); status == 0 || !strings.Contains(out, "--data") {
		t.Errorf("serve = %d %q, want it to ask for a folder", status, out)
	}
}

// TestTheDatabaseIsForItsOwnersEyes, also in a folder that everybody may look into.
func TestTheDatabaseIsForItsOwnersEyes(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	start(t, "serve", "--data", folder, "--database-url", "sqlite:"+filepath.Join(folder, "kyoten.db"))
	for _, name := range []string{"kyoten.db", "kyoten.db-wal", "kyoten.db-shm", "secret.key"} {
		info, err := os.Stat(filepath.Join(folder, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v (%v), want mode 0600", name, info, err)
		}
	}
}

// TestADatabaseOfAnotherVersionIsLeftAlone: a backup of it could not be restored, or
// would lack what this program does not know of; so would what it changes.
func TestADatabaseOfAnotherVersionIsLeftAlone(t *testing.T) {
	t.Parallel()
	flags := stored(t)
	file := filepath.Join(t.TempDir(), "kyoten.backup")
	if status, out := once(t, append([]string{"migrate"}, flags...)...); status != 0 {
		t.Fatalf("migrate = %d %q", status, out)
	}
	if status, out := once(t, append([]string{"backup", file}, flags...)...); status != 0 {
		t.Fatalf("backup = %d %q", status, out)
	}
	refused := func(want string, commands ...[]string) {
		t.Helper()
		for _, command := range commands {
			if status, out := once(t, append(command, flags...)...); status == 0 || !strings.Contains(out, want) {
				t.Errorf("%v = %d %q, want a refusal: %s", command, status, out, want)
			}
		}
	}
	backup, restore, list := []string{"backup", file + ".2"}, []string{"restore", file}, []string{"user", "list"}
	execute(t, flags[3], "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)")
	refused("newer kyoten", []string{"serve", "--addr", "127.0.0.1:0"}, []string{"serve", "--migrate=false", "--addr", "127.0.0.1:0"}, []string{"migrate"}, backup, restore, list)
	execute(t, flags[3], "DELETE FROM goose_db_version WHERE version_id >= (SELECT max(version_id) FROM goose_db_version WHERE version_id < 99999)")
	refused("older version", backup, restore, list)
}

// TestALostMasterKeyIsReplaced as docs/operations.md says.
func TestALostMasterKeyIsReplaced(t *testing.T) {
	t.Parallel()
	flags := stored(t)
	start(t, append([]string{"serve"}, flags...)...).stop()
	if err := os.Remove(filepath.Join(flags[1], "secret.key")); err != nil {
		t.Fatal(err)
	}
	if status, out := once(t, append([]string{"serve", "--addr", "127.0.0.1:0"}, flags...)...); status == 0 || !strings.Contains(out, "docs/operations.md") {
		t.Errorf("serve without it = %d %q, want it to say where to read on", status, out)
	}
	guide, err := os.ReadFile("docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	statements := regexp.MustCompile("(?s)run the SQL `([^`]*)`").FindSubmatch(guide)
	if statements == nil {
		t.Fatal("docs/operations.md names no SQL")
	}
	execute(t, flags[3], string(statements[1]))
	start(t, append([]string{"serve"}, flags...)...)
}

// execute runs SQL on the database at a URL.
func execute(t *testing.T, url, statements string) {
	t.Helper()
	store, err := openStore(t.Context(), url, clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	db, err := store.SQL()
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range strings.Split(statements, ";") {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNoDatabaseIsMadeToBeRead(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, command := range [][]string{{"audit", "verify"}, {"backup", filepath.Join(t.TempDir(), "x")}, {"user", "list"}, {"user", "suspend", "ann@kyoten.example"}} {
		if status, out := once(t, append(command, "--data", folder)...); status == 0 || !strings.Contains(out, "there is no database at") {
			t.Errorf("%v in an empty folder = %d %q, want it to say that nothing is there", command, status, out)
		}
	}
	if left, err := os.ReadDir(folder); len(left) > 0 || err != nil {
		t.Errorf("%v (%v) was made", left, err)
	}
}
