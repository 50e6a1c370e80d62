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

// rebuild makes a door's memory from its disk: who used what, from the journal;
// who is inside, from the newest list of the server and the journal after it.
func rebuild(folder string, j *Journal, site *entry.Site) (*entry.Memory, error) {
	var kept *seen
	if err := readJSON(seenPath(folder), &kept); err != nil {
		kept = nil // the journal alone is a good beginning
	}
	m := entry.NewMemory()
	listed := kept == nil
	list := func() {
		inside := map[entry.Subject]entry.Stay{}
		for _, p := range kept.List.Items {
			inside[p.Subject] = p.Stay
		}
		m.SetPresence(inside)
		listed = true
	}
	err := j.After(place{}, func(e entry.Event, _ []byte) bool {
		if !listed && placeOf(e).compare(kept.At) > 0 {
			list()
		}
		m.Replay(site, e)
		return true
	})
	if !listed {
		list()
	}
	return m, err
}
