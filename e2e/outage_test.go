//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kyoten/e2e/harness"
)

// size is how much happens during an outage: at each of the four doors so many
// passages, so many sudden deaths of the agent, and so many people.
type size struct{ passages, kills, people int }

// outageSize is small unless OUTAGE=full asks for 10,000 passages and 200 kills
// in all, which takes some ten minutes on each database (make outage).
func outageSize() size {
	if os.Getenv("OUTAGE") == "full" {
		return size{2500, 50, 15}
	}
	return size{30, 3, 6}
}

// TestAnOutageLosesNothing: four agents go on while the server is gone, die
// without warning again and again, also while they upload, and find torn tails in
// their journals. Afterwards the server has every green light once, in order and
// unchanged, and everything else that the journals hold.
func TestAnOutageLosesNothing(t *testing.T) {
	for _, database := range harness.Databases() {
		t.Run(database, func(t *testing.T) {
			began := time.Now()
			server := harness.StartDemo(t, database, "--data", t.TempDir())
			admin := signIn(t, server, "admin")
			before := map[string]int{"colabo": admin.inside("colabo"), "knowers": admin.inside("knowers")}
			n := outageSize()
			doors := openDoors(t, server, n.people)

			server.Kill()
			passAt(doors, size{passages: n.passages * 2 / 3, kills: n.kills * 2 / 3})
			opening, _ := time.Parse(time.RFC3339, harness.Opening)
			server.Again(t, "--now", opening.Add(time.Since(began)).Format(time.RFC3339))
			passAt(doors, size{passages: n.passages - n.passages*2/3, kills: n.kills - n.kills*2/3}) // while they upload

			for _, d := range doors {
				d.drained()
				d.compare(admin)
			}
			for i, site := range []string{"colabo", "knowers"} {
				if got, want := admin.inside(site), before[site]+doors[i].inside(); got != want {
					t.Errorf("%d people are inside %s, want %d", got, site, want)
				}
			}
		})
	}
}

// gatehouse is one gate of the demo with its agent and the people who pass it.
type gatehouse struct {
	t      *testing.T
	site   string
	args   []string
	folder string
	codes  []string
	dice   *rand.Rand
	agent  *harness.Server
	turn   int
	lit    []string // the passages whose light was green, in order
}

// openDoors starts the agents and lets them learn who may come.
func openDoors(t *testing.T, server *harness.Server, people int) []*gatehouse {
	t.Helper()
	var doors []*gatehouse
	for i, gate := range []string{"colabo-entrance", "knowers-entrance", "shiojiri-entrance", "shiojiri-office"} {
		site, _, _ := strings.Cut(gate, "-")
		d := &gatehouse{t: t, site: site, folder: t.TempDir(), dice: rand.New(rand.NewPCG(11, uint64(i)))}
		d.args = []string{"gate", "--server", server.Base, "--token", "demo-gate-" + gate, "--data", d.folder, "--listen", "127.0.0.1:0"}
		for n := range people {
			_, code := signIn(t, server, fmt.Sprintf("m%03d", people*i+n+1)).arrive(site)
			d.codes = append(d.codes, code)
		}
		doors = append(doors, d)
	}
	for _, d := range doors {
		d.agent = harness.Start(t, d.args...)
		awaitStatus(t, d.agent.Base, func(s status) bool { return s.Online && s.StateVersion > 0 && s.ClockState == "trusted" })
	}
	return doors
}

// passAt has people pass at all doors at once.
func passAt(doors []*gatehouse, n size) {
	var wg sync.WaitGroup
	for _, d := range doors {
		wg.Go(func() { d.pass(n) })
	}
	wg.Wait()
}

// pass has people come and go by turns, and kills the agent at moments nobody
// chose: while it reads a code, writes, flushes, answers, uploads.
func (d *gatehouse) pass(n size) {
	var doomed *harness.Server
	var deaths sync.WaitGroup
	last, kills := "", n.kills
	for done := 0; done < n.passages; {
		if kills > 0 && d.dice.IntN(n.passages-done) < kills {
			kills--
			agent, moment := d.agent, time.Duration(d.dice.IntN(8000))*time.Microsecond
			doomed = agent
			deaths.Go(func() { time.Sleep(moment); agent.Kill() })
		}
		a, err := d.scan()
		if err != nil { // it is dead
			d.startAnew()
			continue
		}
		if a.PassageID == nil || *a.PassageID == last {
			time.Sleep(50 * time.Millisecond) // the same code again within three seconds
			d.turn++
			continue
		}
		if last = *a.PassageID; a.Open && !slices.Contains(d.lit, last) {
			d.lit = append(d.lit, last)
			done++
		}
		d.turn++
	}
	if deaths.Wait(); doomed == d.agent { // it died after the last passage
		d.startAnew()
	}
}

// startAnew is what systemd does: the agent is dead, and comes back.
func (d *gatehouse) startAnew() {
	d.agent.Kill()
	d.tear()
	d.agent = harness.Start(d.t, d.args...)
}

// lightShown is what an agent says of a scan.
type lightShown struct {
	Open      bool    `json:"open"`
	PassageID *string `json:"passage_id"`
}

// scan shows the code whose turn it is: everybody enters, then everybody leaves.
func (d *gatehouse) scan() (a lightShown, err error) {
	direction := []string{"entry", "exit"}[d.turn/len(d.codes)%2]
	raw, err := json.Marshal(map[string]string{"code": d.codes[d.turn%len(d.codes)], "direction": direction})
	if err != nil {
		return a, err
	}
	got, err := http.Post(d.agent.Base+"/scan", "application/json", bytes.NewReader(raw))
	if err != nil {
		return a, err
	}
	defer got.Body.Close()
	return a, json.NewDecoder(got.Body).Decode(&a)
}

// tear leaves behind what a power cut does: half an event at the end of the
// journal, every other time.
func (d *gatehouse) tear() {
	files := d.journal()
	if len(files) == 0 || d.dice.IntN(2) == 0 {
		return
	}
	file, err := os.OpenFile(files[len(files)-1], os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = file.WriteString(`{"event_id":"0123456789abcdef0123456789abcdef","boot":1,"se`)
	}
	if err != nil {
		d.t.Errorf("tear the journal: %v", err)
		return
	}
	_ = file.Close()
}

func (d *gatehouse) journal() []string {
	files, _ := filepath.Glob(filepath.Join(d.folder, "journal", "*.jsonl"))
	slices.Sort(files)
	return files
}

// drained waits until the agent has handed everything over.
func (d *gatehouse) drained() {
	d.t.Helper()
	awaitStatus(d.t, d.agent.Base, func(s status) bool { return s.Online && s.QueueLength == 0 })
}

// event is a line of a journal, and what the server tells of a passage.
type event struct {
	EventID   string    `json:"event_id"`
	GateTime  time.Time `json:"gate_time"`
	Decision  string    `json:"decision"`
	Reason    string    `json:"reason"`
	Direction string    `json:"direction"`
	PassID    string    `json:"pass_id"`
	Subject   string    `json:"subject"`
	Flags     []string  `json:"flags"`
}

// written returns what stands in the journal, in order.
func (d *gatehouse) written() (all []event) {
	d.t.Helper()
	for _, name := range d.journal() {
		raw, err := os.ReadFile(name)
		if err != nil {
			d.t.Fatal(err)
		}
		for line := range bytes.Lines(raw) {
			var e event
			if err := json.Unmarshal(line, &e); err != nil {
				d.t.Fatalf("%s: %v in %s", name, err, line)
			}
			all = append(all, e)
		}
	}
	return all
}

// compare holds the server's passages of this gate against the journal and the
// green lights.
func (d *gatehouse) compare(admin visitor) {
	d.t.Helper()
	got := admin.passages(d.site, gateOf(d.t, d.agent.Base))
	written := d.written()
	place := map[string]int{}
	for i, want := range written {
		place[want.EventID] = i
		if i > 0 && want.GateTime.Before(written[i-1].GateTime) {
			d.t.Errorf("event %d at %s happened before the one ahead of it, at %s", i, d.site, want.GateTime)
		}
		e, there := got[want.EventID]
		same := e.Decision == want.Decision && e.Reason == want.Reason && e.Direction == want.Direction &&
			e.PassID == want.PassID && e.Subject == want.Subject && e.GateTime.Equal(want.GateTime)
		if !there || !same || slices.Contains(e.Flags, "chain_gap") {
			d.t.Fatalf("event %d of %d at %s: the server has %+v, the journal %+v", i, len(written), d.site, e, want)
		}
	}
	if len(got) != len(written) {
		d.t.Errorf("the server has %d passages of a gate at %s, the journal %d", len(got), d.site, len(written))
	}
	before := -1
	for n, id := range d.lit {
		at, known := place[id]
		if !known || at <= before {
			d.t.Fatalf("green light %d of %d at %s: written %t, at %d after %d", n, len(d.lit), d.site, known, at, before)
		}
		before = at
	}
	d.t.Logf("%s: %d green lights, %d passages", d.site, len(d.lit), len(written))
}

// inside counts the people whose last passage was an entry.
func (d *gatehouse) inside() (n int) {
	last := map[string]string{}
	for _, e := range d.written() {
		if e.Decision != "deny" {
			last[e.Subject] = e.Direction
		}
	}
	for _, direction := range last {
		if direction == "entry" {
			n++
		}
	}
	return n
}

func gateOf(t *testing.T, base string) string {
	t.Helper()
	answer, err := http.Get(base + "/status")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var s struct {
		Gate struct{ ID string } `json:"gate"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&s); err != nil {
		t.Fatal(err)
	}
	return s.Gate.ID
}

// passages returns what a gate has done since the demo's start, by id.
func (v visitor) passages(site, gate string) map[string]event {
	v.t.Helper()
	all := map[string]event{}
	path := "/passages?limit=200&site=" + site + "&from=2026-12-01T01:00:00Z&to=2026-12-02T00:00:00Z"
	for next := "first"; next != ""; {
		var page struct {
			Items []struct {
				event
				ID     string    `json:"id"`
				At     time.Time `json:"at"`
				Gate   string    `json:"gate"`
				Holder struct{ Subject string }
			} `json:"items"`
			NextCursor string `json:"next_cursor"`
		}
		v.ask("GET", path+strings.TrimSuffix("&cursor="+next, "&cursor=first"), nil, &page)
		for _, p := range page.Items {
			if p.Gate == gate {
				p.EventID, p.GateTime, p.Subject = p.ID, p.At, p.Holder.Subject
				all[p.ID] = p.event
			}
		}
		next = page.NextCursor
	}
	return all
}
