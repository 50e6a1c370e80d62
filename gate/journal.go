package gate

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"kyoten/access/entry"
)

// Journal is the append-only record of what a door did: one event a line, in
// files of segmentSize events. Each event names the hash of the one before.
//
// An event is on the disk when Append returns. What a crash leaves half written
// at the end is cut off when the journal is opened again; the light of such an
// event never turned green.
type Journal struct {
	folder string

	mu       sync.Mutex
	file     *os.File // of the newest segment, open for appending
	size     int64    // of its good part
	count    int      // events in it
	segments []segment
	last     entry.Link // the newest event
	boot     int64
	broken   bool // the newest segment could not be cut back after a failed write
	newest   entry.Event

	wrong     error // what failed when it was opened
	uncounted bool  // only the name of a file can tell this boot
	refuses   error // why no event may be appended, nil mostly
}

// segment is one file. Its first event names it, so that files sort by age.
type segment struct {
	name  string
	first place
	end   int64 // of what can be read; negative: of the file
}

// place is the position of an event: boot, then sequence.
type place struct {
	Boot int64 `json:"boot"`
	Seq  int64 `json:"seq"`
}

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.Boot, q.Boot), cmp.Compare(p.Seq, q.Seq))
}

func placeOf(e entry.Event) place { return place{e.Boot, e.Seq} }

// segmentSize is how many events a file holds: about 2 MB.
const segmentSize = 5000

// OpenJournal opens the journal in folder, making it when it is not there, and
// begins a new boot: a count of the agent's starts that never comes again.
func OpenJournal(folder string) (*Journal, error) {
	return openJournal(folder, func(entry.Event) {})
}

// openJournal opens a journal and calls each with every event in it, oldest
// first: reading 100,000 of them takes a while, so a start does it once.
func openJournal(folder string, each func(entry.Event)) (*Journal, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make the journal: %w", err)
	}
	j := &Journal{folder: folder}
	if err := j.list(); err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	j.recover(each)
	j.begin()
	return j, nil
}

// list finds the segments, oldest first.
func (j *Journal) list() error {
	names, err := filepath.Glob(filepath.Join(j.folder, "*.jsonl"))
	if err != nil {
		return err
	}
	for _, name := range names {
		boot, seq, ok := strings.Cut(strings.TrimSuffix(filepath.Base(name), ".jsonl"), "-")
		b, err1 := strconv.ParseInt(boot, 10, 64)
		s, err2 := strconv.ParseInt(seq, 10, 64)
		if !ok || err1 != nil || err2 != nil {
			continue // not ours
		}
		j.segments = append(j.segments, segment{name, place{b, s}, -1})
	}
	slices.SortFunc(j.segments, func(a, b segment) int { return a.first.compare(b.first) })
	return nil
}

// recover reads what there is, finds the newest event and cuts the torn tail off
// the newest segment. What cannot be read, and a disk that takes nothing any more,
// are noted and gone around: a door that did not start would let nobody out.
func (j *Journal) recover(each func(entry.Event)) {
	for i := range j.segments {
		s := &j.segments[i]
		if err := j.readThrough(s.name, each); err != nil {
			s.end, j.wrong = j.size, fmt.Errorf("read the journal: %w", err)
		}
	}
	if j.newest.EventID != "" {
		j.last = entry.Link{Boot: j.newest.Boot, Seq: j.newest.Seq, Hash: j.newest.Hash}
	}
	if n := len(j.segments); n > 0 && j.segments[n-1].end < 0 {
		j.reopen(j.segments[n-1].name)
	}
}

// reopen opens the newest segment for the events to come. One that takes none is
// left as it is; the next event begins another.
func (j *Journal) reopen(name string) {
	file, err := os.OpenFile(name, os.O_RDWR, 0o600)
	if err != nil {
		j.wrong = err
		return
	}
	j.file = file
	if err = file.Truncate(j.size); err == nil {
		err = file.Sync()
	}
	if err != nil {
		j.broken, j.wrong = true, err
	}
}

// readThrough reads a segment and notes how much of it is good: up to the end of
// its last intact line. Damage further up is left where it is: what follows it
// still counts, and the server sees the gap in the chain.
func (j *Journal) readThrough(name string, each func(entry.Event)) error {
	offset := int64(0)
	j.size, j.count = 0, 0
	return eachLine(name, 0, -1, func(line []byte, whole bool) error {
		offset += int64(len(line))
		e, intact := readLine(line)
		if intact && whole {
			j.newest, j.size = e, offset
			j.count++
			each(e)
		}
		return nil
	})
}

// kept is what stands beside the events: the count of starts.
type kept struct {
	Boot int64 `json:"boot"`
}

func bootPath(folder string) string { return filepath.Join(folder, "boot.json") }

// seedBoot has a journal that is about to be made count its starts from one on
// that the server knows: the box at a door may be another than last year, and an
// event in the place of an old one would not be taken.
func seedBoot(folder string, boot int64) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("make the journal: %w", err)
	}
	return writeJSON(bootPath(folder), kept{boot})
}

// begin raises the count of starts and keeps it on the disk. On a full disk it
// goes on without: people must be able to leave, and a start that wrote no event
// may share its number with the next. One that did begins a file of its own, whose
// name tells the number also where the events in it cannot be read. Where the count
// itself is lost and some events cannot be read no event gets a number: it might be
// that of an old one, in whose place the server would not take it.
func (j *Journal) begin() {
	var count kept
	if err := readJSON(bootPath(j.folder), &count); err != nil {
		count.Boot = 0 // the events know it too
	}
	if count.Boot == 0 && j.unread() {
		j.refuses = fmt.Errorf("the count of starts is lost: %w", j.wrong)
		return
	}
	known := max(count.Boot, j.last.Boot)
	if n := len(j.segments); n > 0 {
		known = max(known, j.segments[n-1].first.Boot)
	}
	j.boot = known + 1
	if err := writeJSON(bootPath(j.folder), kept{j.boot}); err != nil {
		j.uncounted, j.wrong = true, fmt.Errorf("keep the count of starts: %w", err)
	}
}

// unread reports whether some of the journal could not be read.
func (j *Journal) unread() bool {
	return slices.ContainsFunc(j.segments, func(s segment) bool { return s.end >= 0 })
}

// Newest returns the newest event, the zero one in an empty journal.
func (j *Journal) Newest() entry.Event {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.newest
}

// Append numbers the event, joins it to the chain, writes it and flushes it. It
// returns the event as it is stored. When it fails nothing of the event stays.
func (j *Journal) Append(e entry.Event) (entry.Event, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.refuses != nil {
		return entry.Event{}, j.refuses
	}
	e.GateTime = inOrder(e, j.newest)
	e.Boot, e.Seq = j.boot, 1
	if j.last.Boot == j.boot {
		e.Seq = j.last.Seq + 1
	}
	e, err := e.Chained(j.last.Hash)
	if err != nil {
		return entry.Event{}, err
	}
	line, err := json.Marshal(e)
	if err != nil {
		return entry.Event{}, err
	}
	if err := j.roll(placeOf(e)); err != nil {
		return entry.Event{}, fmt.Errorf("begin a journal file: %w", err)
	}
	if err := j.write(append(line, '\n')); err != nil {
		return entry.Event{}, fmt.Errorf("write the journal: %w", err)
	}
	j.last, j.newest = entry.Link{Boot: e.Boot, Seq: e.Seq, Hash: e.Hash}, e
	return e, nil
}

// inOrder returns when an event counts as having happened: not before the one
// ahead of it only because the clock was corrected by less than matters. Else an
// entry and an exit soon after it would change places, and whoever left would be
// inside for good.
func inOrder(e, ahead entry.Event) time.Time {
	back := ahead.GateTime.Sub(e.GateTime)
	believed := e.ClockState != entry.Untrusted && ahead.ClockState != entry.Untrusted
	if believed && back > 0 && back <= entry.Tolerance {
		return ahead.GateTime
	}
	return e.GateTime
}

// roll begins a new segment when the newest is full, cannot be trusted after a
// failure, or has a name that does not tell what nothing else does. It empties no
// file but the one that it began for the same event before.
func (j *Journal) roll(first place) error {
	if j.file != nil && j.count < segmentSize && !j.broken && !j.uncounted {
		return nil
	}
	name := filepath.Join(j.folder, fmt.Sprintf("%08d-%012d.jsonl", first.Boot, first.Seq))
	how := os.O_EXCL
	if j.file != nil && j.file.Name() == name {
		how = os.O_TRUNC
	}
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|how, 0o600)
	if err != nil {
		return err
	}
	if j.file != nil {
		_ = j.file.Close() // everything in it is flushed
	}
	if n := len(j.segments); n == 0 || j.segments[n-1].name != name {
		j.segments = append(j.segments, segment{name, first, -1})
	}
	j.file, j.size, j.count, j.broken = file, 0, 0, true
	if err := syncFolder(j.folder); err != nil {
		return err
	}
	j.broken, j.uncounted = false, false
	return nil
}

// write appends one line and flushes it. After a failure (a full disk) the file
// is cut back to what was good.
func (j *Journal) write(line []byte) error {
	_, err := j.file.WriteAt(line, j.size)
	if err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		j.broken = j.file.Truncate(j.size) != nil
		return err
	}
	j.size += int64(len(line))
	j.count++
	return nil
}

// Forget deletes whole segments that hold nothing behind p and are not among the
// newest `keep`. The newest always stays: the chain goes on from it. One that could
// not be read to its end is put aside instead: what is behind that was never sent.
func (j *Journal) Forget(p place, keep int) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for len(j.segments) > max(keep, 1) && j.segments[1].first.compare(place{p.Boot, p.Seq + 1}) <= 0 {
		oldest, err := j.segments[0], error(nil)
		if oldest.end < 0 {
			err = os.Remove(oldest.name)
		} else {
			err = os.Rename(oldest.name, oldest.name+".unread")
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		j.segments = j.segments[1:]
	}
	return nil
}

// Close closes the newest segment.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return nil
	}
	return j.file.Close()
}

// readLine returns the event of a line and whether it is intact: its hash is
// that of its content.
func readLine(line []byte) (entry.Event, bool) {
	e, intact, err := entry.ParseEvent(bytes.TrimSuffix(line, []byte("\n")))
	return e, err == nil && intact
}
