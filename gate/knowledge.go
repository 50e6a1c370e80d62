package gate

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"kyoten/access/entry"
)

// knowledge is what the agent knows about its site: the newest state it
// believes, on disk exactly as the server sealed it.
type knowledge struct {
	folder string

	mu   sync.RWMutex
	id   identity
	site *entry.Site // nil before the first state
	tag  string      // the server's name for the state held
}

func (k *knowledge) statePath() string { return filepath.Join(k.folder, "state.json") }

// errNotKept means that a state is used and could not be written down: a full
// disk must not keep a revocation from the door.
var errNotKept = errors.New("the state could not be kept")

// openKnowledge reads the state kept on the disk. One that is damaged, cannot be
// read or does not pass the self-test, is as good as none: entries wait for a new
// one.
func openKnowledge(folder string, id identity) (*knowledge, error) {
	k := &knowledge{folder: folder, id: id}
	sealed, err := os.ReadFile(k.statePath())
	if errors.Is(err, fs.ErrNotExist) {
		return k, nil
	}
	if err != nil {
		return k, fmt.Errorf("%w: %w", errNotKept, err)
	}
	site, _, err := k.judge(sealed)
	if err != nil {
		return k, fmt.Errorf("the state on the disk: %w", err)
	}
	k.site = site
	return k, nil
}

// judge opens a sealed state and makes sure that it may be used: signed by the
// pinned key or a successor, for this gate, not older than the one held, and
// deciding known codes as it should.
func (k *knowledge) judge(sealed []byte) (*entry.Site, ed25519.PublicKey, error) {
	state, key, err := entry.OpenState(sealed, ed25519.PublicKey(k.id.StateKey))
	if err != nil {
		return nil, nil, err
	}
	held := entry.State{Site: k.id.Site, Gate: entry.Gate{ID: k.id.GateID}}
	if k.site != nil {
		held = k.site.State()
	}
	if err := state.Succeeds(&held); err != nil {
		return nil, nil, err
	}
	site := entry.NewSite(state)
	return site, key, entry.SelfTest(site)
}

// take puts a state the server sent in the place of the one held. A refused one
// changes nothing. One that cannot be written down (errNotKept) counts until the
// agent ends.
func (k *knowledge) take(sealed []byte, tag string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	site, key, err := k.judge(sealed)
	if err != nil {
		return err
	}
	k.site, k.tag = site, tag
	if err := writeFile(k.statePath(), sealed); err != nil {
		return fmt.Errorf("%w: %w", errNotKept, err)
	}
	if bytes.Equal(key, k.id.StateKey) {
		return nil
	}
	k.id.StateKey = entry.Bytes(key) // the old key handed over to a new one
	if err := writeJSON(identityPath(k.folder), k.id); err != nil {
		return fmt.Errorf("%w: %w", errNotKept, err)
	}
	return nil
}

// now returns what is known, an empty site before the first state, and the gate
// it is known for.
func (k *knowledge) now() (*entry.Site, entry.Gate) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if k.site == nil {
		return entry.NewSite(entry.State{Site: k.id.Site, Gate: k.id.gate()}), k.id.gate()
	}
	return k.site, k.site.State().Gate
}

// resigned is how often the server signs even an unchanged state anew.
const resigned = 10 * time.Minute

// tagAt returns the name of the state held, to ask for a newer one only; none
// when the one held is so old that the server must have signed it anew.
func (k *knowledge) tagAt(now time.Time) string {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if k.site == nil || now.Sub(k.site.State().GeneratedAt) > resigned {
		return ""
	}
	return k.tag
}

// identity returns who this agent is.
func (k *knowledge) identity() identity {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.id
}
