package gate

import (
	"log/slog"
	"slices"
	"sync"
)

// problems is what needs somebody's hand, by the names that heartbeats use.
type problems struct {
	log *slog.Logger

	mu   sync.Mutex
	open map[string]string // name -> what went wrong
}

func newProblems(log *slog.Logger) *problems { return &problems{log: log, open: map[string]string{}} }

// set notes that something failed, or works again when err is nil. The log tells
// of each change once: a relay that is gone for a night is one line, not a
// thousand.
func (p *problems) set(name string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	was, failing := p.open[name]
	switch {
	case err != nil && (!failing || was != err.Error()):
		p.open[name] = err.Error()
		p.log.Error("something is wrong", "with", name, "error", err)
	case err == nil && failing:
		delete(p.open, name)
		p.log.Info("works again", "what", name)
	}
}

// list returns the names of what is wrong now.
func (p *problems) list() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	names := make([]string, 0, len(p.open))
	for name := range p.open {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
