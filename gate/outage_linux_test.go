package gate

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"kyoten/access/entry"
	"kyoten/internal/clock"
)

// outage is what one gate goes through while the server is away for 72 hours.
type outage struct{ passages, crashes, fullDisks int }

// outageSize is small unless OUTAGE=full asks for 10,000 passages and 200 deaths
// at four gates.
func outageSize() outage {
	if os.Getenv("OUTAGE") == "full" {
		return outage{2500, 50, 10}
	}
	return outage{120, 6, 2}
}

// TestThreeDaysAloneOnADiskThatFills lets four gates lose their server for 72
// hours by the clock. Each has a file system of its own that is full at times,
// and dies without warning, leaving torn lines. Afterwards the server has every
// green light once, in order and unchanged; and by the last hour nobody is let in
// any more on what was known three days before.
func TestThreeDaysAloneOnADiskThatFills(t *testing.T) {
	t.Parallel()
	for n := range 4 {
		t.Run(fmt.Sprint("gate ", n+1), func(t *testing.T) {
			t.Parallel()
			g := openLonely(t, uint64(n))
			g.hall.leave()
			soon(t, "the outage to be noticed", func() bool { return !g.agent.link.online.Load() })
			g.pass(outageSize())
			g.wantsNoEntryAfterThreeDays()
			g.comeBack()
			g.compare()
		})
	}
}

// lonely is a gate whose clock the test moves and whose disk it fills.
type lonely struct {
	t     *testing.T
	hall  *hall
	cfg   Config
	clock *clock.Fake
	dice  *rand.Rand
	agent *Agent
	stop  func()
	lit   []string // the passages whose light was green, in order
}

func openLonely(t *testing.T, seed uint64) *lonely {
	t.Helper()
	g := &lonely{t: t, hall: openHall(t), clock: clock.At(opening), dice: rand.New(rand.NewPCG(72, seed))}
	g.hall.now = g.clock.Now
	g.cfg = g.hall.config(t)
	g.cfg.Data = smallDisk(t)
	g.start()
	soon(t, "state, time and server", func() bool {
		site, _ := g.agent.knows.now()
		return site.State().Version > 0 && g.agent.clock.Read().State == entry.Trusted && g.agent.link.online.Load()
	})
	return g
}

// smallDisk mounts a file system of 8 MB, which takes a right that not everybody
// has.
func smallDisk(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=8m"); err != nil {
		t.Skipf("needs the right to mount a file system: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return folder
}

// start starts the agent on a machine that has been running all the time.
func (g *lonely) start() {
	g.t.Helper()
	m := machine{
		wall: g.clock.Now, bootID: "boot-1",
		monotonic: func() time.Duration { return g.clock.Now().Sub(opening) + time.Hour },
	}
	a, err := startOn(g.t.Context(), g.cfg, m)
	if err != nil {
		g.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var link sync.WaitGroup
	link.Go(func() { a.link.run(ctx) })
	g.agent = a
	g.stop = sync.OnceFunc(func() {
		cancel()
		link.Wait()
		a.close()
	})
	g.t.Cleanup(g.stop)
}

// pass spreads the passages over 71 hours, everybody in and then out.
func (g *lonely) pass(n outage) {
	g.t.Helper()
	pause := 71 * time.Hour / time.Duration(n.passages)
	for i := range n.passages {
		g.clock.Advance(pause)
		if g.falls(n.crashes, n.passages) {
			g.crash()
		}
		if g.falls(n.fullDisks, n.passages) {
			g.onAFullDisk()
		}
		got := g.scan(i)
		if !got.Open || got.PassageID == "" {
			g.t.Fatalf("passage %d: %s", i, got.Reason)
		}
		g.lit = append(g.lit, got.PassageID)
	}
}

// falls says whether one of n misfortunes, spread over so many passages, comes now.
func (g *lonely) falls(n, passages int) bool { return g.dice.IntN(passages) < n }

func (g *lonely) scan(i int) Scanned {
	who := i/2 + 1
	return g.agent.door.Scan(g.hall.code(entry.PassID(who), entry.Subject(who)), []entry.Direction{entry.Entry, entry.Exit}[i%2])
}

// crash ends the agent without a word and leaves half a line in the journal, or a
// block that was never written.
func (g *lonely) crash() {
	g.t.Helper()
	g.stop()
	files, err := filepath.Glob(filepath.Join(journalFolder(g.cfg.Data), "*.jsonl"))
	if err != nil || len(files) == 0 {
		g.t.Fatalf("no journal: %v", err)
	}
	slices.Sort(files)
	file, err := os.OpenFile(files[len(files)-1], os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		g.t.Fatal(err)
	}
	defer file.Close()
	torn := [][]byte{nil, []byte(`{"event_id":"0123456789abcdef0123456789abcdef","boo`), make([]byte, 300)}[g.dice.IntN(3)]
	if _, err := file.Write(torn); err != nil {
		g.t.Fatal(err)
	}
	g.start()
}

// onAFullDisk lets somebody try while nothing can be written down, before and
// after a start: nobody comes in unrecorded, and everybody can leave.
func (g *lonely) onAFullDisk() {
	g.t.Helper()
	filler := filepath.Join(g.cfg.Data, "filler")
	fill(g.t, filler)
	for range 50 { // the last block of the journal may have room for some
		g.clock.Advance(10 * time.Second)
		in := g.scan(1_000_000)
		if !in.Open {
			break
		}
		g.lit = append(g.lit, in.PassageID)
	}
	for round := range 2 {
		g.clock.Advance(10 * time.Second)
		if in := g.scan(1_000_000); in.Open || in.Reason != entry.LogUnavailable {
			g.t.Fatalf("an entry on a full disk: %s", in.Reason)
		}
		if out := g.scan(1_000_001); !out.Open {
			g.t.Fatalf("an exit on a full disk: %s", out.Reason)
		}
		if round == 0 {
			g.stop()
			g.start()
		}
	}
	if !slices.Contains(g.agent.problems.list(), entry.ProblemJournal) {
		g.t.Errorf("the agent says nothing of its journal: %v", g.agent.problems.list())
	}
	if err := os.Remove(filler); err != nil {
		g.t.Fatal(err)
	}
}

// TestADiskThatTakesNothingAnyMoreShutsNobodyIn: a worn-out disk is mounted for
// reading alone at the next start, and the door starts all the same.
func TestADiskThatTakesNothingAnyMoreShutsNobodyIn(t *testing.T) {
	t.Parallel()
	g := openLonely(t, 7)
	if in := g.scan(0); !in.Open {
		t.Fatalf("an entry: %s", in.Reason)
	}
	for _, takes := range []bool{false, true} {
		g.stop()
		how := uintptr(syscall.MS_REMOUNT)
		if !takes {
			how |= syscall.MS_RDONLY
		}
		if err := syscall.Mount("", g.cfg.Data, "", how, ""); err != nil {
			t.Fatal(err)
		}
		g.start()
		g.clock.Advance(time.Minute)
		if in := g.scan(2); in.Open != takes || !takes && in.Reason != entry.LogUnavailable {
			t.Errorf("an entry where the disk takes something (%t): %s", takes, in.Reason)
		}
		if out := g.scan(1); !out.Open {
			t.Errorf("an exit where the disk takes something (%t): %s", takes, out.Reason)
		}
		if said := slices.Contains(g.agent.problems.list(), entry.ProblemJournal); said == takes {
			t.Errorf("the disk takes something (%t), and the agent says: %v", takes, g.agent.problems.list())
		}
		if second, err := lockFolder(g.cfg.Data); err == nil {
			second.release()
			t.Errorf("a second agent is let into the folder")
		}
	}
}

// fill writes until the file system takes not one byte more.
func fill(t *testing.T, name string) {
	t.Helper()
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for chunk := make([]byte, 1<<16); len(chunk) > 0; {
		if _, err := file.Write(chunk); errors.Is(err, syscall.ENOSPC) {
			chunk = chunk[:len(chunk)/2]
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// wantsNoEntryAfterThreeDays: what is known is too old now to let anybody in.
func (g *lonely) wantsNoEntryAfterThreeDays() {
	g.t.Helper()
	site, _ := g.agent.knows.now()
	g.clock.Set(site.State().GeneratedAt.Add(72*time.Hour + time.Minute))
	if in := g.scan(2_000_000); in.Open || in.Reason != entry.StateStale {
		g.t.Errorf("an entry after 72 hours: %s", in.Reason)
	}
	if out := g.scan(2_000_001); !out.Open || out.PassageID == "" {
		g.t.Errorf("an exit after 72 hours: %s", out.Reason)
	} else {
		g.lit = append(g.lit, out.PassageID)
	}
}

// comeBack brings the server back, with a new state and two answers lost.
func (g *lonely) comeBack() {
	g.t.Helper()
	g.hall.do(func() {
		g.hall.state.Version, g.hall.state.GeneratedAt = 2, g.clock.Now()
		g.hall.loses = 2
	})
	g.hall.comeBack()
	soon(g.t, "the queue to drain", func() bool { return g.agent.link.queued.Load() == 0 && g.agent.link.online.Load() })
	soon(g.t, "the new state", func() bool { site, _ := g.agent.knows.now(); return site.State().Version == 2 })
	if in := g.scan(3_000_000); !in.Open {
		g.t.Errorf("an entry once the server is back: %s", in.Reason)
	} else {
		g.lit = append(g.lit, in.PassageID)
	}
	soon(g.t, "the last passage", func() bool { return g.agent.link.queued.Load() == 0 })
}

// compare holds what the server has against the journal and the green lights.
func (g *lonely) compare() {
	g.t.Helper()
	got := g.hall.events()
	unbroken(g.t, got)
	if written := read(g.t, g.agent.journal, place{}); !slices.EqualFunc(got, written, func(a, b entry.Event) bool { return a.Hash == b.Hash }) {
		g.t.Errorf("the server has %d events, the journal %d, or others", len(got), len(written))
	}
	green := slices.DeleteFunc(idsOf(got), func(id string) bool { return !slices.Contains(g.lit, id) })
	if !slices.Equal(green, g.lit) {
		g.t.Errorf("of %d green lights the server has %d, or in another order", len(g.lit), len(green))
	}
	var last time.Time
	for i, e := range got {
		if e.GateTime.Before(last) {
			g.t.Errorf("event %d happened before the one ahead of it", i)
		}
		last = e.GateTime
	}
	g.t.Logf("%d green lights, %d events, %d starts", len(g.lit), len(got), got[len(got)-1].Boot)
}
