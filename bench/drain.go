package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"kyoten/access/entry"
	"kyoten/gate"
)

// drain measures how long a gate that was alone for days takes to hand over what
// it did: from the start of its agent until the server has acknowledged the last
// event.
//
// The journal is written by the agent's own code, in a folder in memory: a flush
// for each of 100,000 events is not what is measured here.
func (b *bench) drain(ctx context.Context) error {
	p, codes, err := b.readyForScans(ctx)
	if err != nil {
		return err
	}
	defer p.stop()
	folder, err := os.MkdirTemp(inMemory(), "kyoten-bench")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	a, err := b.startAgent(p, folder) // learns which gate it is
	if err != nil {
		return err
	}
	a.stop()
	if err := writeJournal(filepath.Join(folder, "journal"), codes[:min(400, len(codes))], b.kept); err != nil {
		return err
	}
	before, err := b.recorded(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	if a, err = b.startAgent(p, folder); err != nil {
		return err
	}
	defer a.stop()
	if err := a.drained(10 * time.Minute); err != nil {
		return err
	}
	took := time.Since(began)
	after, err := b.recorded(ctx)
	if err != nil {
		return err
	}
	if after-before != b.kept {
		return fmt.Errorf("%d events arrived as %d passages", b.kept, after-before)
	}
	b.column.set("drain", fmt.Sprintf("%.0f s for %d, %.0f/s", took.Seconds(), b.kept, float64(b.kept)/took.Seconds()), took.Seconds())
	return nil
}

// inMemory is a folder that no disk is behind, where there is one.
func inMemory() string {
	const folder = "/dev/shm"
	if _, err := os.Stat(folder); err != nil {
		return ""
	}
	return folder
}

// writeJournal writes what a door does while people come and go by turns, up to
// the opening.
func writeJournal(folder string, codes []string, n int) error {
	people := make([]entry.Body, len(codes))
	for i, text := range codes {
		code, reason := entry.Parse(text)
		if reason != "" {
			return fmt.Errorf("code %d: %s", i, reason)
		}
		people[i] = code.Body
	}
	j, err := gate.OpenJournal(folder)
	if err != nil {
		return err
	}
	for i := range n {
		who := people[i%len(people)]
		e := entry.Event{
			EventID: fmt.Sprintf("%032x", i+1), GateTime: opening.Add(time.Duration(i-n) * 5 * time.Millisecond), ClockState: entry.Holdover,
			Decision: entry.Allow, Reason: entry.Granted, Direction: entry.Entry,
			PassID: who.Pass, Subject: who.Subject, Zone: who.Zones[0], StateVersion: 1,
		}
		if i/len(people)%2 == 1 {
			e.Reason, e.Direction = entry.ExitOK, entry.Exit
		}
		if _, err := j.Append(e); err != nil {
			return err
		}
	}
	return j.Close()
}

// recorded is how many passages the server has of the measured gate's site, asked
// of the database beside the program.
func (b *bench) recorded(ctx context.Context) (n int, err error) {
	db, err := b.db.open()
	if err != nil {
		return 0, err
	}
	defer func() { _ = db.Close() }()
	err = db.QueryRowContext(ctx, "SELECT count(*) FROM passages WHERE site = 'bench-gate'").Scan(&n)
	return n, err
}
