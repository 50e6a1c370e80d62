//go:build e2e

package harness

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Opening is the instant at which a demo's clock starts here: a Tuesday morning
// on which every site is open, whatever the day of the test run.
const Opening = "2026-12-01T10:00:00+09:00"

const (
	startTimeout = time.Minute // far longer than it takes: the machine may be busy
	stopTimeout  = 30 * time.Second
)

// Server is the program, running as its own process.
type Server struct {
	Base string // such as http://127.0.0.1:41234, without a final slash

	Took time.Duration // from the start of the process until it was ready

	cmd  *exec.Cmd
	log  *output
	done chan struct{}
}

// StartDemo starts the sample consortium on a fresh database of the given kind
// ("sqlite" or "postgres"), with its clock at Opening unless more says --now.
func StartDemo(t testing.TB, database string, more ...string) *Server {
	t.Helper()
	args := []string{"demo", "--addr", "127.0.0.1:0"}
	if !strings.Contains(strings.Join(more, " "), "--seed") {
		args = append(args, "--seed", "1")
	}
	if !strings.Contains(strings.Join(more, " "), "--now") {
		args = append(args, "--now", Opening)
	}
	if url := FreshDatabase(t, database); url != "" {
		args = append(args, "--database-url", url)
	}
	return Start(t, append(args, more...)...)
}

// Start runs the program with the given arguments, waits until it is ready, and
// stops it when the test ends. It must stop by itself when asked to, and must
// not have logged an error.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	if binary == "" {
		t.Fatal("the program was not built: call harness.Main from TestMain")
	}
	s := &Server{log: &output{}, done: make(chan struct{})}
	s.cmd = exec.Command(binary, args...)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	s.cmd.Env = append(environment(), "TMPDIR="+t.TempDir())
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = s.cmd.Wait()
		close(s.done)
	}()
	t.Cleanup(func() {
		s.Stop(t)
		if t.Failed() {
			t.Logf("the server's log ends with\n%s", tail(s.log.String()))
		}
	})
	s.awaitReady(t)
	s.Took = time.Since(began)
	return s
}

// Again starts a program that was stopped once more, on the same data and at the
// same address; more arguments override those before.
func (s *Server) Again(t testing.TB, more ...string) *Server {
	t.Helper()
	args := slices.Clone(s.cmd.Args[1:])
	for i, arg := range args {
		if arg == "127.0.0.1:0" {
			args[i] = strings.TrimPrefix(s.Base, "http://")
		}
	}
	return Start(t, append(args, more...)...)
}

// environment is this process's, without what would configure the program.
func environment() []string {
	var env []string
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "KYOTEN_") && !strings.HasPrefix(entry, "DATABASE_URL=") {
			env = append(env, entry)
		}
	}
	return env
}

var printedAddress = regexp.MustCompile(`https?://(?:127\.0\.0\.1|localhost):\d+`)

// awaitReady reads the address the program prints and asks until it is ready.
func (s *Server) awaitReady(t testing.TB) {
	t.Helper()
	deadline := time.Now().Add(startTimeout)
	for time.Now().Before(deadline) {
		if s.Base == "" {
			s.Base = printedAddress.FindString(s.log.String())
		}
		if s.Base != "" && s.isReady() {
			return
		}
		select {
		case <-s.done:
			t.Fatalf("%v ended before it was ready:\n%s", s.cmd.Args, tail(s.log.String()))
		case <-time.After(20 * time.Millisecond):
		}
	}
	t.Fatalf("%v was not ready within %s:\n%s", s.cmd.Args, startTimeout, tail(s.log.String()))
}

func (s *Server) isReady() bool {
	answer, err := http.Get(s.Base + "/readyz")
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode == http.StatusOK
}

// Log returns everything the program has written so far.
func (s *Server) Log() string { return s.log.String() }

// Pid returns the program's process id.
func (s *Server) Pid() int { return s.cmd.Process.Pid }

// loggedError matches what a healthy server never writes.
var loggedError = regexp.MustCompile(`(?m)^.*(level=ERROR|"level":"ERROR"|panic:|DATA RACE|goroutine \d+ \[).*$`)

// Stop asks the program to end, waits, and complains about errors in its log.
// Stopping twice is fine.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	select {
	case <-s.done:
		return
	default:
	}
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.done:
	case <-time.After(stopTimeout):
		t.Errorf("the program did not end within %s of being asked", stopTimeout)
		s.Kill()
	}
	if line := loggedError.FindString(s.log.String()); line != "" {
		t.Errorf("the program logged an error: %s", line)
	}
}

// Kill ends the program at once, as a power cut would.
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill()
	<-s.done
}

// output keeps what a process writes; it may be read meanwhile.
type output struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// Run runs the program with the given arguments until it ends by itself, and
// returns what it wrote and its exit code.
func Run(t testing.TB, args ...string) (output string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env = append(environment(), "TMPDIR="+t.TempDir())
	raw, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		t.Fatalf("kyoten %v did not end within %s:\n%s", args, startTimeout, tail(string(raw)))
	}
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		t.Fatal(err)
	}
	return string(raw), cmd.ProcessState.ExitCode()
}
