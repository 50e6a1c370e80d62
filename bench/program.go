package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// program is the server, or the agent at a door, running as its own process.
type program struct {
	base string
	line lines
	cmd  *exec.Cmd
	log  *lockedBuffer
	done chan struct{} // closed when the process has ended
}

var printedAddress = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// start runs the server and waits until it answers /readyz. It also returns how
// long that took from the start of the process.
func (b *bench) start(args ...string) (*program, time.Duration, error) {
	return b.run(append(append(args, "--addr", "127.0.0.1:0"), b.db.arguments()...))
}

// run runs the program and waits until it answers /readyz.
func (b *bench) run(args []string) (*program, time.Duration, error) {
	p := &program{log: &lockedBuffer{}, done: make(chan struct{})}
	p.cmd = exec.Command(b.binary, args...)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	began := time.Now()
	if err := p.cmd.Start(); err != nil {
		return nil, 0, err
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.done)
	}()
	for time.Since(began) < 30*time.Second && !p.ended() {
		if p.base == "" {
			p.base = printedAddress.FindString(p.log.String())
		}
		if p.base != "" && ready(p.base) {
			return p, time.Since(began), nil
		}
		time.Sleep(time.Millisecond)
	}
	p.stop()
	return nil, 0, fmt.Errorf("%s did not become ready:\n%s", strings.Join(p.cmd.Args, " "), p.log.String())
}

func ready(base string) bool {
	answer, err := http.Get(base + "/readyz")
	if err != nil {
		return false
	}
	_ = answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// stop asks the program to end and waits for it.
func (p *program) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(15 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

func (p *program) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// memory is what the program holds of the machine's memory, in MB.
func (p *program) memory() (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	match := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindSubmatch(status)
	if match == nil {
		return 0, errors.New("no VmRSS in /proc")
	}
	kb, err := strconv.ParseFloat(string(match[1]), 64)
	return kb / 1024, err
}

var client = &http.Client{
	Timeout:   30 * time.Second,
	Transport: &http.Transport{MaxIdleConns: 256, MaxIdleConnsPerHost: 256},
}

// call sends JSON as the bearer of token, wants that status, and returns the
// answer's body.
func (p *program) call(method, path, token string, body any, want int) ([]byte, error) {
	var reader io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		reader = bytes.NewReader(raw)
	}
	request, err := http.NewRequest(method, p.base+"/api/v1"+path, reader)
	if err != nil {
		return nil, err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, line, err := p.line.do(request)
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err == nil {
		p.line.give(line, response)
	}
	if err == nil && response.StatusCode != want {
		err = fmt.Errorf("%s: status %d, want %d: %.300s", method, response.StatusCode, want, raw)
	}
	return raw, err
}

// lockedBuffer keeps what a process writes while others read it.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
