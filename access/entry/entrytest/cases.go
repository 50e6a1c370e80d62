// Package entrytest reads the vector file of the entrance, so that the core, the
// server and the agent run one and the same set of cases.
package entrytest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kyoten/access/entry"
)

// Case is one case of testdata/decide.json, ready to decide. The file's format
// is described in access/entry/testdata/README.md.
type Case struct {
	Name     string
	Input    entry.Input
	Earlier  []entry.Input // decided and remembered first; they share Input's memory
	Unlogged bool
	Want     Want
}

// Want is the answer a case expects.
type Want struct {
	Decision  entry.Verdict  `json:"decision"`
	Reason    entry.Reason   `json:"reason"`
	Open      bool           `json:"open"`
	Warnings  []entry.Reason `json:"warnings"`
	NotBefore time.Time      `json:"not_before"`
	Repeat    bool           `json:"repeat"`
}

// Of returns what a case compares of d.
func Of(d entry.Decision) Want {
	return Want{d.Verdict, d.Reason, d.Open, d.Warnings, d.NotBefore, d.Repeat}
}

// Decide runs the case as a gate would: the earlier scans are decided and
// remembered, then the one in question is decided.
func (c Case) Decide() entry.Decision {
	for _, in := range c.Earlier {
		in.Memory.Apply(in, entry.Decide(in))
	}
	d := entry.Decide(c.Input)
	if c.Unlogged {
		return d.Unlogged()
	}
	return d
}

type file struct {
	Now   time.Time             `json:"now"`
	Gates map[string]entry.Gate `json:"gates"`
	State json.RawMessage       `json:"state"`
	Cases []fileCase            `json:"cases"`
}

type scan struct {
	Scan  string          `json:"scan"`
	Lower bool            `json:"lower"`
	Gate  string          `json:"gate"`
	Asked entry.Direction `json:"asked"`
	At    float64         `json:"at"`
}

type fileCase struct {
	scan
	Name    string           `json:"name"`
	Clock   entry.ClockState `json:"clock"`
	Widen   int              `json:"widen"`
	Offline bool             `json:"offline"`
	State   json.RawMessage  `json:"state"`
	Memory  struct {
		Inside map[entry.Subject]entry.Stay `json:"inside"`
		Heads  map[entry.ZoneID]int         `json:"heads"`
	} `json:"memory"`
	Fresh struct {
		Revocations []entry.Revocation `json:"revocations"`
		Guests      []entry.GuestOf    `json:"guests"`
		HasBooking  *bool              `json:"has_booking"`
	} `json:"fresh"`
	Earlier  []scan `json:"earlier"`
	Unlogged bool   `json:"unlogged"`
	Want     Want   `json:"want"`
}

// Cases reads the cases from the folder that holds decide.json and codes.json.
func Cases(t testing.TB, dir string) []Case {
	t.Helper()
	var f file
	read(t, filepath.Join(dir, "decide.json"), &f)
	codes := Codes(t, dir)
	cases := make([]Case, 0, len(f.Cases))
	for _, c := range f.Cases {
		cases = append(cases, f.ready(t, c, codes))
	}
	return cases
}

// Codes reads the texts of codes.json by name.
func Codes(t testing.TB, dir string) map[string]string {
	t.Helper()
	var list []struct{ Name, Text string }
	read(t, filepath.Join(dir, "codes.json"), &list)
	codes := map[string]string{}
	for _, c := range list {
		codes[c.Name] = c.Text
	}
	return codes
}

func read(t testing.TB, path string, into any) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// ready turns a case of the file into inputs.
func (f file) ready(t testing.TB, c fileCase, codes map[string]string) Case {
	t.Helper()
	var state entry.State
	if err := json.Unmarshal(merge(t, f.State, c.State), &state); err != nil {
		t.Fatalf("%s: state: %v", c.Name, err)
	}
	memory := entry.NewMemory()
	memory.SetPresence(c.Memory.Inside)
	for zone, heads := range c.Memory.Heads {
		memory.Heads[zone] = heads
	}
	common := entry.Input{
		Clock: c.Clock, Widen: c.Widen, Offline: c.Offline, Site: entry.NewSite(state), Memory: memory,
		Fresh: entry.Fresh{Revocations: c.Fresh.Revocations, Guests: c.Fresh.Guests, HasBooking: c.Fresh.HasBooking},
	}
	ready := Case{Name: c.Name, Input: f.scanned(t, common, c.scan, codes), Unlogged: c.Unlogged, Want: c.Want}
	for _, s := range c.Earlier {
		ready.Earlier = append(ready.Earlier, f.scanned(t, common, s, codes))
	}
	return ready
}

// scanned returns in with what the scan s says.
func (f file) scanned(t testing.TB, in entry.Input, s scan, codes map[string]string) entry.Input {
	t.Helper()
	if s.Gate == "" {
		s.Gate = "entrance"
	}
	gate, known := f.Gates[s.Gate]
	if !known {
		t.Fatalf("no gate %q in the file", s.Gate)
	}
	in.Text = s.Scan
	for name, text := range codes {
		if s.Lower {
			text = strings.ToLower(text)
		}
		in.Text = strings.ReplaceAll(in.Text, "{"+name+"}", text)
	}
	if strings.Contains(in.Text, "{") {
		t.Fatalf("no such code: %q", s.Scan)
	}
	in.Gate, in.Asked, in.Now = gate, s.Asked, f.Now.Add(time.Duration(s.At*1000)*time.Millisecond)
	return in
}

// merge applies a JSON merge patch (RFC 7396) to a document.
func merge(t testing.TB, document, patch json.RawMessage) json.RawMessage {
	t.Helper()
	if patch == nil {
		return document
	}
	var d, p map[string]json.RawMessage
	if json.Unmarshal(document, &d) != nil || json.Unmarshal(patch, &p) != nil {
		return patch // not both objects: the patch replaces
	}
	for key, value := range p {
		if string(value) == "null" {
			delete(d, key)
		} else {
			d[key] = merge(t, d[key], value)
		}
	}
	merged, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return merged
}
