package gate

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"kyoten/access/entry"
)

// sample is an event as a door hands it to the journal.
func sample(n int) entry.Event {
	return entry.Event{
		EventID: fmt.Sprintf("%032x", n), GateTime: opening.Add(time.Duration(n) * time.Second), ClockState: entry.Trusted,
		Decision: entry.Allow, Reason: entry.Granted, PassID: entry.PassID(n + 1), Subject: entry.Subject(n + 1),
		Zone: entrance, Direction: entry.Entry, StateVersion: 1,
	}
}

func open(t *testing.T, folder string) *Journal {
	t.Helper()
	j, err := OpenJournal(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

// appendAll writes events from n on and returns their ids.
func appendAll(t *testing.T, j *Journal, from, to int) (ids []string) {
	t.Helper()
	for n := from; n < to; n++ {
		e, err := j.Append(sample(n))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, e.EventID)
	}
	return ids
}

func read(t *testing.T, j *Journal, from place) (events []entry.Event) {
	t.Helper()
	if err := j.After(from, func(e entry.Event, _ []byte) bool { events = append(events, e); return true }); err != nil {
		t.Fatal(err)
	}
	return events
}

// unbroken fails unless the events are one chain.
func unbroken(t *testing.T, events []entry.Event) {
	t.Helper()
	var last entry.Link
	for i, e := range events {
		next, joins := last.Next(e, true)
		if !joins {
			t.Fatalf("event %d (%d/%d) does not join the chain", i, e.Boot, e.Seq)
		}
		last = next
	}
}

func TestTheJournalGoesOnWhereItWas(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	var want []string
	for start := range 3 {
		j := open(t, folder)
		want = append(want, appendAll(t, j, start*10, start*10+10)...)
		if got := j.Newest(); got.Boot != int64(start+1) || got.Seq != 10 {
			t.Errorf("start %d ends at %d/%d", start, got.Boot, got.Seq)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	got := read(t, open(t, folder), place{})
	unbroken(t, got)
	if !slices.Equal(idsOf(got), want) {
		t.Errorf("read %d events, want %d", len(got), len(want))
	}
	if later := read(t, open(t, folder), place{2, 4}); len(later) != 16 || later[0].Boot != 2 || later[0].Seq != 5 {
		t.Errorf("behind 2/4 stand %d events, want 16 from 2/5", len(later))
	}
}

// TestACorrectedClockTurnsNoOrderAround: a clock that is put back a little, also
// over a restart, makes no event earlier than the one ahead of it; one that was
// wrong by more than that is written down as it shows.
func TestACorrectedClockTurnsNoOrderAround(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		back  time.Duration
		clock entry.ClockState
		want  time.Duration // before the first event
	}{
		"on time":            {0, entry.Trusted, 0},
		"a little back":      {700 * time.Millisecond, entry.Trusted, 0},
		"back by the most":   {entry.Tolerance, entry.Holdover, 0},
		"back by far":        {time.Hour, entry.Trusted, time.Hour},
		"not to be believed": {time.Second, entry.Untrusted, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			j := open(t, folder)
			appendAll(t, j, 0, 1)
			_ = j.Close()
			second := sample(1)
			second.GateTime, second.ClockState = opening.Add(-tt.back), tt.clock
			if _, err := open(t, folder).Append(second); err != nil {
				t.Fatal(err)
			}
			got := read(t, open(t, folder), place{})
			unbroken(t, got)
			if want := opening.Add(-tt.want); !got[1].GateTime.Equal(want) {
				t.Errorf("the second event happened at %s, want %s", got[1].GateTime, want)
			}
		})
	}
}

// TestATornTailIsCutOff cuts the file at every byte of its last two events, as a
// power cut might: what was flushed before stays, and the chain goes on.
func TestATornTailIsCutOff(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	j := open(t, folder)
	appendAll(t, j, 0, 3)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	name := j.segments[0].name
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(whole, []byte("\n"))
	for cut := len(lines[0]); cut <= len(whole); cut++ {
		torn := slices.Clone(whole[:cut])
		if cut%3 == 0 { // a block that was allocated and never written
			torn = append(torn, make([]byte, 100)...)
		}
		if err := os.WriteFile(name, torn, 0o600); err != nil {
			t.Fatal(err)
		}
		j := open(t, folder)
		appendAll(t, j, 100, 101)
		got := read(t, j, place{})
		unbroken(t, got)
		want := bytes.Count(whole[:cut], []byte("\n")) + 1
		if len(got) != want {
			t.Fatalf("cut at byte %d: %d events, want %d", cut, len(got), want)
		}
		_ = j.Close()
	}
}

func TestDamageInTheMiddleCostsOneEvent(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	j := open(t, folder)
	appendAll(t, j, 0, 5)
	_ = j.Close()
	name := j.segments[0].name
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(raw, []byte("\n"))
	lines[2][40] ^= 1
	if err := os.WriteFile(name, bytes.Join(lines, nil), 0o600); err != nil {
		t.Fatal(err)
	}
	j = open(t, folder)
	appendAll(t, j, 5, 6)
	if got := idsOf(read(t, j, place{})); len(got) != 5 || got[2] != sample(3).EventID {
		t.Errorf("after damage to the third event: %v", got)
	}
}

func TestAFullDiskKeepsNoHalves(t *testing.T) {
	t.Parallel()
	j := open(t, t.TempDir())
	appendAll(t, j, 0, 2)
	good := j.file
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Skip("needs /dev/full")
	}
	j.file = full
	if _, err := j.Append(sample(2)); err == nil {
		t.Fatal("a full disk took an event")
	}
	j.file, j.broken = good, false
	_ = full.Close()
	appendAll(t, j, 3, 4)
	got := read(t, j, place{})
	unbroken(t, got)
	if len(got) != 3 || got[2].Seq != 3 {
		t.Errorf("after the disk had room again: %d events", len(got))
	}
}

// TestABrokenFileIsLeftBehind: a file that could not be cut back after a failure
// is not written to again.
func TestABrokenFileIsLeftBehind(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	j := open(t, folder)
	appendAll(t, j, 0, 2)
	if err := j.file.Close(); err != nil { // from now on everything fails, cutting back too
		t.Fatal(err)
	}
	if _, err := j.Append(sample(2)); !errors.Is(err, os.ErrClosed) {
		t.Fatalf("writing to a closed file: %v", err)
	}
	appendAll(t, j, 3, 5)
	_ = j.Close()
	got := read(t, open(t, folder), place{})
	unbroken(t, got)
	if len(got) != 4 || len(j.segments) != 2 {
		t.Errorf("%d events in %d files, want 4 in 2", len(got), len(j.segments))
	}
}

// TestOnlyAFileThatWasBegunInVainIsBegunAgain: no other is emptied, whatever its name.
func TestOnlyAFileThatWasBegunInVainIsBegunAgain(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	j := open(t, folder)
	if err := j.roll(place{1, 1}); err != nil {
		t.Fatal(err)
	}
	_ = j.file.Close()
	if _, err := j.Append(sample(0)); !errors.Is(err, os.ErrClosed) {
		t.Fatalf("writing to a closed file: %v", err)
	}
	appendAll(t, j, 0, 2)
	if len(j.segments) != 1 {
		t.Errorf("%d files for two events, want 1", len(j.segments))
	}
	other := filepath.Join(folder, "00000001-000000000003.jsonl")
	if err := os.WriteFile(other, []byte("a passage"), 0o600); err != nil {
		t.Fatal(err)
	}
	j.count = segmentSize // the next event begins a file of that name
	if _, err := j.Append(sample(2)); !errors.Is(err, os.ErrExist) {
		t.Errorf("an event in the place of another: %v", err)
	}
	if got, err := os.ReadFile(other); err != nil || string(got) != "a passage" {
		t.Errorf("a file that was there holds %q now (%v)", got, err)
	}
}

// TestAFileThatCannotBeReadStopsNoStart: a bad block costs what stands behind it in
// its file, and the count of starts goes on.
func TestAFileThatCannotBeReadStopsNoStart(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	j := open(t, folder)
	appendAll(t, j, 0, 2)
	_ = j.Close()
	if err := os.Mkdir(filepath.Join(folder, "00000001-000000000003.jsonl"), 0o700); err != nil { // reading it fails, whoever asks
		t.Fatal(err)
	}
	unopenable(t, filepath.Join(folder, "00000001-000000000004.jsonl"))
	j = open(t, folder)
	if j.wrong == nil {
		t.Error("nothing is said of a file that cannot be read")
	}
	appendAll(t, j, 2, 4)
	if got := read(t, j, place{}); len(got) != 4 || got[2].Boot != 2 {
		t.Errorf("%d events after a start with a file that cannot be read", len(got))
	}
	_ = j.Close()
	if err := os.Remove(bootPath(folder)); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, folder).Append(sample(4)); err == nil {
		t.Error("an event was numbered though no count of starts is left")
	}
}

// unopenable puts something in the place of a file that nobody can open.
func unopenable(t *testing.T, name string) {
	t.Helper()
	_ = os.Remove(name)
	if err := os.Symlink(filepath.Join(t.TempDir(), "gone", "gone"), name); err != nil {
		t.Fatal(err)
	}
}

// TestNoNumberOfAStartIsUsedTwice: a start whose count the disk did not take is known
// by its events, and by the name of their file where nobody can read them.
func TestNoNumberOfAStartIsUsedTwice(t *testing.T) {
	t.Parallel()
	for _, readable := range []bool{true, false} {
		folder := t.TempDir()
		j := open(t, folder)
		appendAll(t, j, 0, 2)
		_ = j.Close()
		count, aside := bootPath(folder), filepath.Join(folder, "aside")
		if err := errors.Join(os.Rename(count, aside), os.Mkdir(count, 0o700)); err != nil { // what no file can take the place of
			t.Fatal(err)
		}
		j = open(t, folder)
		if j.wrong == nil {
			t.Fatal("the disk took the count of starts")
		}
		appendAll(t, j, 2, 4)
		if len(j.segments) != 2 {
			t.Errorf("%d files, want one more for the start that was not counted", len(j.segments))
		}
		_ = j.Close()
		if err := errors.Join(os.Remove(count), os.Rename(aside, count)); err != nil {
			t.Fatal(err)
		}
		if !readable {
			unopenable(t, j.segments[len(j.segments)-1].name)
		}
		j = open(t, folder)
		if e, err := j.Append(sample(4)); err != nil || e.Boot != 3 {
			t.Errorf("readable %t: the third start writes %d/%d (%v)", readable, e.Boot, e.Seq, err)
		}
	}
}

// TestForgettingPutsAsideWhatNobodyRead: what a bad block hides was never sent.
func TestForgettingPutsAsideWhatNobodyRead(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	j := open(t, folder)
	appendAll(t, j, 0, 2)
	_ = j.Close()
	name := j.segments[0].name
	unopenable(t, name)
	j = open(t, folder)
	appendAll(t, j, 2, 4)
	if err := j.Forget(place{2, 2}, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(name + ".unread"); err != nil || len(j.segments) != 1 {
		t.Errorf("a file that nobody read: %v; %d files are left, want 1", err, len(j.segments))
	}
	_ = j.Close()
	if again := open(t, folder); again.wrong != nil || len(again.segments) != 1 {
		t.Errorf("the next start finds %d files (%v), want 1", len(again.segments), again.wrong)
	}
}

func TestForgettingKeepsWhatIsNotAcknowledgedAndTheNewest(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	j := open(t, folder)
	for n := range 6 {
		appendAll(t, j, n*3, n*3+3)
		j.count = segmentSize // begin a new file
	}
	if err := j.Forget(place{1, 10}, 1); err != nil {
		t.Fatal(err)
	}
	if got := read(t, j, place{1, 10}); len(got) != 8 || got[0].Seq != 11 {
		t.Errorf("%d events are left behind the acknowledged ones, want 8", len(got))
	}
	if files, _ := filepath.Glob(filepath.Join(folder, "*.jsonl")); len(files) != 3 {
		t.Errorf("%d files are left, want 3", len(files))
	}
	if err := j.Forget(place{1, 18}, 1); err != nil {
		t.Fatal(err)
	}
	if got := read(t, j, place{}); len(got) != 3 {
		t.Errorf("%d events are left, want the newest file's 3", len(got))
	}
	_ = j.Close()
	again := open(t, folder)
	e, err := again.Append(sample(99))
	if err != nil || e.PrevHash == "" {
		t.Errorf("the chain did not go on: %+v, %v", e, err)
	}
}

// TestRandomLifeOfAJournal writes, cuts, tears and reopens at random; whatever
// Append returned for is there, in order.
func TestRandomLifeOfAJournal(t *testing.T) {
	t.Parallel()
	dice := rand.New(rand.NewPCG(4, 2))
	folder := t.TempDir()
	var want []string
	n := 0
	for range 60 {
		j := open(t, folder)
		step := dice.IntN(12)
		want = append(want, appendAll(t, j, n, n+step)...)
		n += step
		name := ""
		if len(j.segments) > 0 {
			name = j.segments[len(j.segments)-1].name
		}
		if dice.IntN(5) == 0 {
			j.count = segmentSize
		}
		_ = j.Close()
		if name != "" && dice.IntN(2) == 0 { // the beginning of a line whose light never turned green
			file, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = file.WriteString(`{"event_id":"0123456789`[:dice.IntN(22)+1])
			_ = file.Close()
		}
	}
	got := read(t, open(t, folder), place{})
	unbroken(t, got)
	if !slices.Equal(idsOf(got), want) {
		t.Errorf("%d events are there, want %d", len(got), len(want))
	}
}

func TestANewBoxAtADoorCountsOn(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := seedBoot(folder, 7); err != nil {
		t.Fatal(err)
	}
	for want := int64(8); want < 10; want++ {
		j, err := OpenJournal(folder)
		if err != nil {
			t.Fatal(err)
		}
		if j.boot != want {
			t.Errorf("boot = %d, want %d: the server knows seven starts of this gate", j.boot, want)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
