package gate

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"kyoten/access/entry"
)

// batch is events of a journal as they are written, and where they stand in it.
type batch struct {
	events []json.RawMessage
	places []place
}

// last returns the place of the newest event; the batch is not empty.
func (b batch) last() place { return b.places[len(b.places)-1] }

// upTo counts the events that stand at or before a place.
func (b batch) upTo(p place) (n int) {
	for _, at := range b.places {
		if at.compare(p) <= 0 {
			n++
		}
	}
	return n
}

// mark is where in the files of a journal the events behind a place begin.
type mark struct {
	after  place
	file   string // "" before anything was read
	offset int64
}

// reader goes through a journal batch by batch. It keeps where the batch at hand
// began and where it ended, so that neither the next one nor the same again has
// to be searched for. Any other place, and a file that is no longer what it was,
// is looked up from the files' names. It is not safe for concurrent use.
type reader struct {
	journal    *Journal
	begin, end mark
}

// batch returns the oldest events behind a place, at most n. Lines that are
// damaged are passed over.
func (r *reader) batch(from place, n int) (b batch, err error) {
	r.begin = r.find(from)
	r.end = r.begin
	err = r.journal.follow(r.begin, func(e entry.Event, raw []byte, behind mark) bool {
		b.events, b.places = append(b.events, raw), append(b.places, placeOf(e))
		r.end = behind
		return len(b.events) < n
	})
	return b, err
}

// find returns a mark for a place: one that is kept, or one that says nothing.
func (r *reader) find(from place) mark {
	for _, m := range []mark{r.end, r.begin} {
		if m.after == from && m.file != "" {
			return m
		}
	}
	return mark{after: from}
}

// After calls each with the stored events behind a place, oldest first, as they
// are written. It stops when each returns false. Lines that are damaged are
// passed over.
func (j *Journal) After(from place, each func(e entry.Event, raw []byte) bool) error {
	return j.follow(mark{after: from}, func(e entry.Event, raw []byte, _ mark) bool { return each(e, raw) })
}

var errEnough = errors.New("gate: enough read")

// follow is After from a mark on. It tells each what stands behind the event, too.
func (j *Journal) follow(from mark, each func(e entry.Event, raw []byte, behind mark) bool) error {
	for _, s := range j.from(from) {
		offset := s.offset
		err := eachLine(s.name, s.offset, s.end, func(line []byte, whole bool) error {
			offset += int64(len(line))
			e, intact := readLine(line)
			if !whole || !intact || placeOf(e).compare(from.after) <= 0 {
				return nil
			}
			if !each(e, bytes.TrimSuffix(line, []byte("\n")), mark{placeOf(e), s.name, offset}) {
				return errEnough
			}
			return nil
		})
		if errors.Is(err, errEnough) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the journal: %w", err)
		}
	}
	return nil
}

// stretch is the part of a segment that is read.
type stretch struct {
	name        string
	offset, end int64 // end is everything where it is negative
}

// from returns the stretches that may hold events behind a mark. The newest ends
// with what is flushed: of what is being written now nobody knows yet whether it
// stays.
func (j *Journal) from(m mark) (out []stretch) {
	j.mu.Lock()
	defer j.mu.Unlock()
	first := slices.IndexFunc(j.segments, func(s segment) bool { return s.name == m.file })
	if first < 0 {
		m.offset, first = 0, 0
		for i, s := range j.segments {
			if s.first.compare(m.after) <= 0 {
				first = i
			}
		}
	}
	for i, s := range j.segments[first:] {
		part := stretch{name: s.name, end: s.end}
		if i == 0 {
			part.offset = m.offset
		}
		if first+i == len(j.segments)-1 {
			part.end = j.size
		}
		out = append(out, part)
	}
	return out
}

// eachLine calls f with each line of a part of a file, its end included; whole is
// false for a last line without one. A negative end is that of the file. A part that
// is empty is not opened: the file may be one that nobody can open.
func eachLine(name string, offset, end int64, f func(line []byte, whole bool) error) error {
	if end >= 0 && offset >= end {
		return nil
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if _, err := file.Seek(offset, io.SeekStart); err != nil {
		return err
	}
	var part io.Reader = file
	if end >= 0 {
		part = io.LimitReader(file, max(end-offset, 0))
	}
	lines := bufio.NewReaderSize(part, 64<<10)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			if err := f(line, err == nil); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
