package gate

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"kyoten/access/entry"
)

// idsIn returns the ids of a batch.
func idsIn(t *testing.T, b batch) (ids []string) {
	t.Helper()
	for i, raw := range b.events {
		e, intact, err := entry.ParseEvent(raw)
		if err != nil || !intact || placeOf(e) != b.places[i] {
			t.Fatalf("event %d of the batch: %v, intact %t, at %v: %s", i, err, intact, b.places[i], raw)
		}
		ids = append(ids, e.EventID)
	}
	return ids
}

// TestRandomLifeOfAReader: while a journal is written, rolled, forgotten and
// opened again, each batch is what stands behind the place it was asked for:
// after all of the batch before, a part of it, nothing of it, or any other.
func TestRandomLifeOfAReader(t *testing.T) {
	t.Parallel()
	dice := rand.New(rand.NewPCG(11, 5))
	folder := t.TempDir()
	j := open(t, folder)
	r := reader{journal: j}
	var acked place
	for n := range 400 {
		if dice.IntN(4) > 0 {
			appendAll(t, j, n*10, n*10+dice.IntN(10))
		}
		switch dice.IntN(12) {
		case 0:
			j.count = segmentSize // the next event begins a file
		case 1:
			if err := j.Forget(acked, 1+dice.IntN(3)); err != nil {
				t.Fatal(err)
			}
		case 2:
			_ = j.Close()
			j = open(t, folder)
			r = reader{journal: j}
		case 3:
			r.begin, r.end = mark{}, mark{} // as after a start
		}
		most := 1 + dice.IntN(12)
		b, err := r.batch(acked, most)
		if err != nil {
			t.Fatal(err)
		}
		want := idsOf(read(t, j, acked))
		if want = want[:min(most, len(want))]; !slices.Equal(idsIn(t, b), want) {
			t.Fatalf("round %d: read %d events behind %v, want %d", n, len(b.events), acked, len(want))
		}
		if len(b.places) > 0 && dice.IntN(5) > 0 { // else the answer was lost
			acked = b.places[len(b.places)-1-dice.IntN(min(2, len(b.places)))]
		}
	}
}

// TestAReaderGoesOnWhereItWas: the second batch is read from where the first
// ended, also when the first is asked for once more.
func TestAReaderGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	j := open(t, t.TempDir())
	ids := appendAll(t, j, 0, 30)
	r := reader{journal: j}
	for _, from := range []int{0, 10, 10, 20} {
		b, err := r.batch(place{1, int64(from)}, 10)
		if err != nil || !slices.Equal(idsIn(t, b), ids[from:from+10]) {
			t.Fatalf("behind %d: %v, %v", from, b.places, err)
		}
		if from > 0 && (r.begin.offset == 0 || r.end.offset <= r.begin.offset) {
			t.Errorf("behind %d: read from the beginning of the file: %+v", from, r.begin)
		}
	}
}

// TestAReaderSeesNothingUnflushed: what is being written may be taken back.
func TestAReaderSeesNothingUnflushed(t *testing.T) {
	t.Parallel()
	j := open(t, t.TempDir())
	appendAll(t, j, 0, 2)
	e := sample(2)
	e.Boot, e.Seq = 1, 3
	e, err := e.Chained(j.last.Hash)
	if err != nil {
		t.Fatal(err)
	}
	line, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(j.segments[0].name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	fmt.Fprintf(file, "%s\n", line)
	r := reader{journal: j}
	if b, err := r.batch(place{}, 10); err != nil || len(b.events) != 2 {
		t.Errorf("read %v (%v), want the two that are flushed", b.places, err)
	}
}

// TestAPartOfABatchMayBeAcknowledged: the rest goes on waiting.
func TestAPartOfABatchMayBeAcknowledged(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	l := newLink(folder)
	l.log, l.journal = quiet(t), open(t, t.TempDir())
	l.reader = reader{journal: l.journal}
	l.door = openHall(t).doorOn(newBox())
	appendAll(t, l.journal, 0, 10)
	l.queued.Store(10)
	for _, tt := range []struct {
		ack, want place
		waiting   int64
	}{
		{place{1, 4}, place{1, 4}, 6},
		{place{1, 4}, place{1, 4}, 6}, // nothing new
		{place{1, 3}, place{1, 4}, 6},
		{place{7, 99}, place{1, 10}, 0}, // more than there is
	} {
		before := l.ack()
		b, err := l.reader.batch(before, entry.MaxEvents)
		if err != nil {
			t.Fatal(err)
		}
		err = l.acknowledged(b, entry.Uploaded{Ack: entry.Ack(tt.ack)})
		if (err == nil) != (tt.want != before) || l.ack() != tt.want || newLink(folder).ack() != tt.want || l.queued.Load() != tt.waiting {
			t.Errorf("acknowledged up to %v: %v, at %v, %d wait; want %v, %d", tt.ack, err, l.ack(), l.queued.Load(), tt.want, tt.waiting)
		}
	}
}
