package gate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"kyoten/access/entry"
)

// Config is what an agent is told at its start.
type Config struct {
	Server  string // address of the server
	Enrol   string // one-time code of an administrator, for the first start
	Token   string // or the gate's token
	Data    string // folder of everything it keeps
	Listen  string // address of the kiosk page and the local API
	Relay   string // none, http:URL, mqtt:URL or exec:COMMAND
	Scanner string // none, stdin or serial:DEVICE
	TLSCert string // for a tablet that is not on the same machine
	TLSKey  string
	// HasChip overrides what the machine says about a clock with a battery.
	HasChip *bool
	Log     *slog.Logger `json:"-"`
	Stdin   io.Reader    `json:"-"`
	// Ready is told the address of the kiosk page once it can be opened.
	Ready func(kiosk string) `json:"-"`
}

// Agent is one gate's agent: everything of it, put together by hand.
type Agent struct {
	cfg      Config
	lock     *folderLock
	clock    *Clock
	journal  *Journal
	knows    *knowledge
	door     *Door
	link     *link
	relay    relay
	scanner  *scanner
	problems *problems
	local    *local
}

// Run runs an agent until ctx ends.
func Run(ctx context.Context, cfg Config) error {
	a, err := start(ctx, cfg)
	if err != nil {
		return err
	}
	defer a.close()
	return a.run(ctx)
}

// start puts an agent together. Only a first start needs the server.
func start(ctx context.Context, cfg Config) (*Agent, error) { return startOn(ctx, cfg, thisMachine()) }

// startOn is start on a machine whose clocks may be another's.
func startOn(ctx context.Context, cfg Config, m machine) (_ *Agent, err error) {
	if cfg.HasChip != nil {
		m.hasChip = *cfg.HasChip
	}
	a := &Agent{cfg: cfg, problems: newProblems(cfg.Log)}
	defer func() {
		if err != nil {
			a.close()
		}
	}()
	id, err := loadIdentity(cfg.Data)
	if err != nil {
		return nil, err
	}
	if a.lock, err = lockFolder(cfg.Data); err != nil {
		return nil, err
	}
	if a.relay, err = newRelay(cfg.Relay); err != nil {
		return nil, err
	}
	if a.scanner, err = newScanner(cfg.Scanner, cfg.Stdin); err != nil {
		return nil, err
	}
	a.clock = openClock(cfg.Data, m)
	remote := newServer(cfg.Server, clientOn(a.clock))
	remote.token.Store(id.Token)
	if id, err = joinPatiently(ctx, cfg, id, remote); err != nil {
		return nil, err
	}
	remote.token.Store(id.Token)
	a.know(id)
	a.link = newLink(cfg.Data)
	memory, err := a.recall()
	if err != nil {
		return nil, err
	}
	a.assemble(remote, memory)
	a.local, err = newLocal(a, remote)
	return a, err
}

func journalFolder(data string) string { return filepath.Join(data, "journal") }

// know reads the state on the disk, and what it says about time. Without one
// entries wait for the server; everything else goes on.
func (a *Agent) know(id identity) {
	var err error
	a.knows, err = openKnowledge(a.cfg.Data, id)
	if errors.Is(err, errNotKept) {
		a.problems.set(entry.ProblemDisk, err)
	} else {
		a.problems.set(entry.ProblemState, err)
	}
	site, _ := a.knows.now()
	a.clock.Vouch(site.State().GeneratedAt)
}

// recall reads the journal, once: what the door remembers, how much of it the
// server has not acknowledged, and what it says about time.
func (a *Agent) recall() (*entry.Memory, error) {
	site, _ := a.knows.now()
	past, acked := recollect(a.cfg.Data, site), a.link.ack()
	var err error
	a.journal, err = openJournal(journalFolder(a.cfg.Data), func(e entry.Event) {
		past.event(e)
		if placeOf(e).compare(acked) > 0 {
			a.link.queued.Add(1)
		}
	})
	if err != nil {
		return nil, err
	}
	a.problems.set(entry.ProblemJournal, a.journal.wrong)
	if e := a.journal.Newest(); e.ClockState != entry.Untrusted {
		a.clock.Raise(e.GateTime)
	}
	return past.whole(), nil
}

// assemble joins door and link, which need each other.
func (a *Agent) assemble(remote *server, memory *entry.Memory) {
	a.door = &Door{
		log: a.cfg.Log, clock: a.clock, journal: a.journal, knows: a.knows, relay: a.relay, problems: a.problems,
		online: a.link.online.Load, memory: memory,
		recorded: func() { a.link.queued.Add(1); nudge(a.link.pending) },
	}
	l := a.link
	l.log, l.server, l.clock, l.journal = a.cfg.Log, remote, a.clock, a.journal
	l.reader = reader{journal: a.journal}
	l.knows, l.door, l.problems = a.knows, a.door, a.problems
}

// joinPatiently tries to join until the server answers: at a first start the
// network may come up after the agent. A refusal ends it.
func joinPatiently(ctx context.Context, cfg Config, id identity, s *server) (identity, error) {
	for pause := retryFirst; ; pause = min(pause*2, retryMost) {
		joined, err := join(ctx, cfg, id, s)
		if err == nil || !couldChange(err) {
			return joined, err
		}
		cfg.Log.Warn("the server does not answer yet", "error", err)
		wait(ctx, pause, nil)
		if ctx.Err() != nil {
			return id, ctx.Err()
		}
		id = joined
	}
}

// couldChange reports whether asking again may help: nobody answered, or the
// server was not ready.
func couldChange(err error) bool {
	if answer, ok := errors.AsType[*refusal](err); ok {
		return answer.status >= http.StatusInternalServerError || answer.status == http.StatusTooManyRequests
	}
	_, network := errors.AsType[net.Error](err)
	return network
}

// run serves the page, the scanner and the link until ctx ends.
func (a *Agent) run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var wg sync.WaitGroup
	wg.Go(func() { a.link.run(ctx) })
	wg.Go(func() { a.local.place.learn(ctx, a.local.remote) })
	if a.scanner != nil {
		wg.Go(func() { a.read(ctx) })
	}
	err := a.local.serve(ctx)
	stop()
	wg.Wait()
	a.door.stillOpen.Wait()
	return err
}

// read hands what the scanner reads to the door, and tells the person who feeds
// standard input what came of it.
func (a *Agent) read(ctx context.Context) {
	report := func(err error) { a.problems.set(entry.ProblemScanner, err) }
	a.scanner.run(ctx, a.cfg.Log, report, func(line string) {
		report(nil)
		began := a.clock.m.monotonic()
		text, way := a.scanner.direct(line)
		s := a.door.Scan(text, way)
		a.cfg.Log.Info("scan", "decision", s.Verdict, "reason", s.Reason, "direction", s.Direction,
			"passage_id", s.PassageID, "took", (a.clock.m.monotonic() - began).Round(10*time.Microsecond))
	})
}

// close gives back what start took, in the other order.
func (a *Agent) close() {
	if a.relay != nil {
		_ = a.relay.close()
	}
	if a.journal != nil {
		if err := a.journal.Close(); err != nil {
			a.cfg.Log.Error("close the journal", "error", err)
		}
	}
	a.lock.release()
}

// folderLock keeps two agents out of one folder.
type folderLock struct{ held io.Closer }

func (l *folderLock) release() {
	if l != nil {
		_ = l.held.Close()
	}
}

var errLocked = fmt.Errorf("another agent is using this data folder")
