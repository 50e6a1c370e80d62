package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"
)

// checksEach is the load at which an online check must still be quick: more than
// the doors of fifty sites make.
const checksEach = 200

// steadyChecks measures online checks that come at a fixed rate, whether the one
// before was answered or not: what waits in a queue counts as waiting. The server
// has been at it for a second, and the database has what it reuses.
func (b *bench) steadyChecks(ctx context.Context) error {
	p, codes, err := b.readyForScans(ctx)
	if err != nil {
		return err
	}
	defer p.stop()
	if err := b.db.checkpoint(ctx); err != nil {
		return err
	}
	var l load
	for _, lasting := range []time.Duration{time.Second, b.each} {
		first := b.scans
		l = drivePaced(checksEach, lasting, func(call int) error {
			call += first
			return b.check(p, codes[call%len(codes)], []string{"entry", "exit"}[call/len(codes)%2])
		})
		b.scans += len(l.calls)
		if err := l.complain(); err != nil {
			return err
		}
	}
	b.column.load("check-steady", l)
	return nil
}

// readyForScans starts the server and returns it with the codes for its gate. The
// mails of thousands of bookings that were just made are nobody's morning: they
// are taken away, so that doors alone are measured.
func (b *bench) readyForScans(ctx context.Context) (*program, []string, error) {
	p, _, err := b.startDemo()
	if err != nil {
		return nil, nil, err
	}
	if b.stock.codes == nil {
		b.stock.codes, err = b.entryCodes(p)
	}
	if err == nil {
		err = b.db.dropMails(ctx)
	}
	if err != nil {
		p.stop()
		return nil, nil, err
	}
	return p, b.stock.codes, nil
}

// scansAtADoor has people come and go at an agent: from the code at its local API
// to the order at its relay, with the passage flushed to the disk between them.
// Afterwards every one of them is at the server, and the agent holds what it held.
func (b *bench) scansAtADoor(ctx context.Context) error {
	p, codes, err := b.readyForScans(ctx)
	if err != nil {
		return err
	}
	defer p.stop()
	lock := newLock()
	defer lock.Close()
	door, err := b.startAgent(p, filepath.Join(b.folder, b.db.kind+"-door"), "--relay", "http:"+lock.URL+"/?on=1")
	if err != nil {
		return err
	}
	defer door.stop()
	before, err := b.recorded(ctx)
	if err != nil {
		return err
	}
	times, held, err := door.passages(codes[:min(b.soak/2, len(codes))], b.soak, lock)
	if err != nil {
		return err
	}
	if err := door.drained(time.Minute); err != nil {
		return err
	}
	after, err := b.recorded(ctx)
	if err != nil {
		return err
	}
	b.column.set("scan", fmt.Sprintf("p50 %s, p95 %s, p99 %s", ms(times.quantile(0.5)), ms(times.quantile(0.95)), ms(times.quantile(0.99))),
		times.quantile(0.95).Seconds())
	b.column.set("soak", fmt.Sprintf("%d of %d", after-before, len(times)), float64(len(times)-after+before))
	b.column.set("soak-held", held.String(), held.memory)
	return nil
}

// lock is the relay of the measured door: it notes when an order comes.
type lock struct {
	*httptest.Server
	opened chan time.Time
}

func newLock() *lock {
	l := &lock{opened: make(chan time.Time, 1)}
	l.Server = httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { l.opened <- time.Now() }))
	return l
}

// agent is a `kyoten gate` that runs as its own process.
type agent struct{ *program }

// startAgent starts an agent for the gate of the measurements, in a folder, and
// waits until it can be asked.
func (b *bench) startAgent(server *program, folder string, more ...string) (*agent, error) {
	args := append([]string{
		"gate", "--server", server.base, "--token", b.stock.gate, "--data", folder, "--listen", "127.0.0.1:0",
	}, more...)
	p, _, err := b.run(args)
	if err != nil {
		return nil, err
	}
	a := &agent{p}
	return a, a.await(30*time.Second, func(s agentStatus) bool { return s.StateVersion > 0 && s.ClockState == "trusted" })
}

// agentStatus is what an agent tells of itself.
type agentStatus struct {
	StateVersion int    `json:"state_version"`
	ClockState   string `json:"clock_state"`
	QueueLength  int    `json:"queue_length"`
	Online       bool   `json:"online"`
}

func (a *agent) await(within time.Duration, holds func(agentStatus) bool) error {
	var s agentStatus
	for began := time.Now(); time.Since(began) < within; time.Sleep(20 * time.Millisecond) {
		answer, err := client.Get(a.base + "/status")
		if err != nil {
			return err
		}
		err = json.NewDecoder(answer.Body).Decode(&s)
		_ = answer.Body.Close()
		if err != nil {
			return err
		}
		if holds(s) {
			return nil
		}
	}
	return fmt.Errorf("the agent stays at %+v:\n%s", s, a.log.String())
}

func (a *agent) drained(within time.Duration) error {
	return a.await(within, func(s agentStatus) bool { return s.Online && s.QueueLength == 0 })
}

// holding is what a process holds of the machine.
type holding struct {
	files  int
	memory float64 // MB
}

// growth is what a process held early in a soak and at its end.
type growth struct {
	early, late holding
	memory      float64
}

func (g growth) String() string {
	return fmt.Sprintf("%d to %d files, %.0f to %.0f MB", g.early.files, g.late.files, g.early.memory, g.late.memory)
}

func (a *agent) holds() (h holding, err error) {
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", a.cmd.Process.Pid))
	if err != nil {
		return h, err
	}
	h.files = len(files)
	h.memory, err = a.program.memory()
	return h, err
}

// passages lets people through so many times, everybody in and everybody out by turns,
// and measures each until the lock has its order.
func (a *agent) passages(codes []string, n int, l *lock) (times sample, g growth, err error) {
	for i := range n {
		if i == n/5 { // everything has been used once
			if g.early, err = a.holds(); err != nil {
				return nil, g, err
			}
		}
		took, err := a.pass(codes[i%len(codes)], []string{"entry", "exit"}[i/len(codes)%2], l)
		if err != nil {
			return nil, g, fmt.Errorf("scan %d: %w", i, err)
		}
		times = append(times, took)
	}
	g.late, err = a.holds()
	g.memory = g.late.memory - g.early.memory
	return times, g, err
}

func (a *agent) pass(code, direction string, l *lock) (time.Duration, error) {
	raw, err := json.Marshal(map[string]string{"code": code, "direction": direction})
	if err != nil {
		return 0, err
	}
	began := time.Now()
	answer, err := client.Post(a.base+"/scan", "application/json", bytes.NewReader(raw))
	if err != nil {
		return 0, err
	}
	defer func() { _ = answer.Body.Close() }()
	var said struct {
		Open   bool
		Reason string
	}
	if err := json.NewDecoder(answer.Body).Decode(&said); err != nil || !said.Open {
		return 0, fmt.Errorf("a good code was answered %q: %w", said.Reason, err)
	}
	select {
	case at := <-l.opened:
		return at.Sub(began), nil
	case <-time.After(10 * time.Second):
		return 0, fmt.Errorf("no order came to the relay")
	}
}
