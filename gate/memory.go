package gate

import (
	"path/filepath"

	"kyoten/access/entry"
)

// seen is a presence list as it is kept on the disk, with how far the journal was
// uploaded when it came: what happened at this door after that is not in it.
type seen struct {
	List entry.PresenceList `json:"list"`
	At   place              `json:"at"`
}

func seenPath(folder string) string { return filepath.Join(folder, "presence.json") }

// recollection is a door's memory while it is made from its disk: who used what,
// from the journal; who is inside, from the newest list of the server and the
// journal after it.
type recollection struct {
	memory *entry.Memory
	site   *entry.Site
	kept   *seen // until the journal has come as far
}

func recollect(folder string, site *entry.Site) *recollection {
	r := &recollection{memory: entry.NewMemory(), site: site}
	if err := readJSON(seenPath(folder), &r.kept); err != nil {
		r.kept = nil // the journal alone is a good beginning
	}
	return r
}

// event takes the next event of the journal.
func (r *recollection) event(e entry.Event) {
	if r.kept != nil && placeOf(e).compare(r.kept.At) > 0 {
		r.list()
	}
	r.memory.Replay(r.site, e)
}

// list takes who was inside when the kept list came.
func (r *recollection) list() {
	inside := map[entry.Subject]entry.Stay{}
	for _, p := range r.kept.List.Items {
		inside[p.Subject] = p.Stay
	}
	r.memory.SetPresence(inside)
	r.kept = nil
}

// whole returns the memory after the last event.
func (r *recollection) whole() *entry.Memory {
	if r.kept != nil {
		r.list()
	}
	return r.memory
}
