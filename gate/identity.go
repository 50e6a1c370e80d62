package gate

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"kyoten/access/entry"
)

// identity is which gate this agent is, as learnt at its first contact. The state
// key is pinned here: only states that it signed, or a key it handed over to, are
// believed.
type identity struct {
	GateID    string          `json:"gate_id"`
	Token     string          `json:"token"`
	StateKey  entry.Bytes     `json:"state_key"`
	Site      string          `json:"site"`
	Name      string          `json:"name"`
	FromZone  entry.ZoneID    `json:"from_zone"`
	ToZone    entry.ZoneID    `json:"to_zone"`
	Direction entry.Direction `json:"direction"`
	ExitOpens entry.ExitOpens `json:"exit_opens"`
}

// gate is the gate as decisions need it, until a state says so.
func (id identity) gate() entry.Gate {
	return entry.Gate{ID: id.GateID, FromZone: id.FromZone, ToZone: id.ToZone, Direction: id.Direction, ExitOpens: id.ExitOpens}
}

func identityPath(folder string) string { return filepath.Join(folder, "gate.json") }

// errStrange means that a folder was begun for another gate.
var errStrange = errors.New("this data folder belongs to another gate; give each gate a folder of its own")

// loadIdentity returns what is known of this gate, the zero identity at a first
// start.
func loadIdentity(folder string) (identity, error) {
	var id identity
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return id, fmt.Errorf("make the data folder: %w", err)
	}
	err := readJSON(identityPath(folder), &id)
	if _, unread := errors.AsType[*fs.PathError](err); err != nil && !unread {
		return id, fmt.Errorf("%w: take that file out of %s and start with --enrol and a new enrolment code of this same gate; what it has yet to upload stays", err, folder)
	}
	return id, err
}

// join makes this agent a gate: with an enrolment code, with a token, or with
// what it kept. A given token takes the place of the kept one (it was rotated).
// It asks the server unless everything is known.
func join(ctx context.Context, cfg Config, id identity, s *server) (identity, error) {
	fresh := id.GateID == ""
	switch {
	case cfg.Token != "" && cfg.Token != id.Token:
		id.Token = cfg.Token
		if cfg.Enrol != "" {
			cfg.Log.InfoContext(ctx, "the enrolment code is not used: a token was given with it, which says which gate this is")
		}
	case id.Token == "" && cfg.Enrol != "":
		token, err := s.enrol(ctx, cfg.Enrol)
		if err != nil {
			return id, fmt.Errorf("enrol: %w", err)
		}
		id.Token = token
		// The code is used up: what it gave must not be lost with a failing
		// question after it.
		if err := writeJSON(identityPath(cfg.Data), id); err != nil {
			return id, err
		}
	case id.Token == "":
		return id, errors.New("say which gate this is: --enrol CODE or --token TOKEN")
	case !fresh:
		if cfg.Enrol != "" {
			cfg.Log.InfoContext(ctx, "the enrolment code is not used: this folder knows its gate; to enrol anew give an empty one")
		}
		return id, nil
	}
	who, err := s.who(ctx, id.Token)
	if err != nil {
		return id, fmt.Errorf("ask which gate this is: %w", err)
	}
	if !fresh && who.ID != id.GateID {
		return id, errStrange
	}
	if fresh {
		id.StateKey = who.StateKey
		if err := seedBoot(journalFolder(cfg.Data), who.LastBoot); err != nil {
			return id, err
		}
	}
	if len(id.StateKey) != ed25519.PublicKeySize {
		return id, errors.New("the server names no state key that could be pinned")
	}
	id.GateID, id.Site, id.Name = who.ID, who.Site, who.Name
	id.FromZone, id.ToZone, id.Direction, id.ExitOpens = who.FromZone, who.ToZone, who.Direction, who.ExitOpens
	return id, writeJSON(identityPath(cfg.Data), id)
}
