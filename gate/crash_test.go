package gate

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"kyoten/access/entry"
)

// childOf is set in the environment of an agent that a test starts as a process
// of its own, in order to kill it.
const childOf = "KYOTEN_TEST_AGENT"

// kills is how often the agent dies. Each takes a third of a second:
// go test ./gate -run Killed -kills 200
var kills = flag.Int("kills", 20, "how often TestKilledAtRandom kills the agent")

func TestMain(m *testing.M) {
	if given := os.Getenv(childOf); given != "" {
		runChild(given)
		return
	}
	flag.Parse()
	os.Exit(m.Run())
}

// runChild is an agent that scans every line of its input and prints the passage
// whose light is green. It ends when it is killed.
func runChild(given string) {
	var cfg Config
	if err := json.Unmarshal([]byte(given), &cfg); err != nil {
		panic(err)
	}
	cfg.Log, cfg.Ready = slog.New(slog.DiscardHandler), func(string) {}
	a, err := start(context.Background(), cfg)
	if err != nil {
		panic(err)
	}
	go a.link.run(context.Background())
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		s := a.door.Scan(lines.Text(), entry.Entry)
		fmt.Println(s.Reason, s.PassageID)
	}
	select {}
}

// TestKilledAtRandomNoGreenLightIsLost kills an agent, without warning, again and
// again while people pass and the server comes and goes. In the end the server
// has every passage whose light was green, once, in order, in one chain.
func TestKilledAtRandomNoGreenLightIsLost(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	cfg := h.config(t)
	cfg.Log, cfg.Ready = nil, nil
	first := h.run(t, withLog(t, cfg))
	settled(t, first)
	first.stop()

	dice := rand.New(rand.NewPCG(7, 3))
	var lit []string
	for i := range *kills {
		h.do(func() { h.away = dice.IntN(2) == 0; h.loses = dice.IntN(2) })
		lit = append(lit, passUntilKilled(t, h, cfg, dice, i*1000)...)
	}
	h.do(func() { h.away, h.loses = false, 0 })
	last := h.run(t, withLog(t, cfg))
	soon(t, "the queue to drain", func() bool { return last.link.queued.Load() == 0 && last.link.online.Load() })

	stored := h.events()
	unbroken(t, stored)
	place := map[string]int{}
	for i, e := range stored {
		if _, twice := place[e.EventID]; twice {
			t.Fatalf("passage %s is stored twice", e.EventID)
		}
		place[e.EventID] = i
	}
	before := -1
	for n, id := range lit {
		at, known := place[id]
		if !known || at < before {
			t.Fatalf("green light %d of %d: stored %t, at %d after %d", n, len(lit), known, at, before)
		}
		before = at
	}
	t.Logf("%d kills, %d green lights, %d passages at the server", *kills, len(lit), len(stored))
	if len(lit) < *kills {
		t.Errorf("only %d people passed between %d kills", len(lit), *kills)
	}
}

func withLog(t *testing.T, cfg Config) Config {
	cfg.Log = quiet(t)
	return cfg
}

// passUntilKilled starts an agent, lets people pass and kills it at a moment
// nobody chose. It returns the passages that were shown a green light.
func passUntilKilled(t *testing.T, h *hall, cfg Config, dice *rand.Rand, from int) (lit []string) {
	t.Helper()
	given, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(os.Args[0], "-test.run=^$")
	c.Env = append(os.Environ(), childOf+"="+string(given))
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		for n := range 400 {
			if _, err := io.WriteString(in, h.code(entry.PassID(from+n+1), entry.Subject(from+n+1))+"\n"); err != nil {
				return // killed
			}
		}
	}()
	answers := bufio.NewScanner(out)
	if answers.Scan() { // it works; now the moment is chance
		lit = append(lit, greenOf(t, answers.Text())...)
		time.AfterFunc(time.Duration(dice.IntN(12_000))*time.Microsecond, func() { _ = c.Process.Kill() })
	}
	for answers.Scan() {
		lit = append(lit, greenOf(t, answers.Text())...)
	}
	_ = c.Wait() // killed, as it should be
	return lit
}

// greenOf reads one line of a child: what the light said.
func greenOf(t *testing.T, line string) []string {
	t.Helper()
	reason, id, whole := strings.Cut(line, " ")
	if !whole || len(id) != 32 {
		return nil // the kill tore the line
	}
	if entry.Reason(reason) != entry.Granted {
		t.Fatalf("a child answered %q", line)
	}
	return []string{id}
}
