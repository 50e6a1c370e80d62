package entry

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// usedGate returns the memory of a gate that let in both vectors, and the
// journal of that.
func usedGate(t testing.TB) (*Memory, []Event) {
	t.Helper()
	in := atEntrance(t, vectorK1)
	var journal []Event
	for i, text := range []string{vectorK1, vectorK2, "https://example.com/"} {
		in.Text, in.Now = text, vectorNow.Add(time.Duration(i)*time.Second)
		d := Decide(in)
		journal = append(journal, NewEvent("", in, d))
		in.Memory.Apply(in, d)
	}
	return in.Memory, journal
}

func TestMemorySurvivesADisk(t *testing.T) {
	t.Parallel()
	want, _ := usedGate(t)
	got := NewMemory()
	if err := json.Unmarshal(marshal(t, want), got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Decision{}, "Body")); diff != "" {
		t.Errorf("memory (-written +read):\n%s", diff)
	}
}

func TestNothingAGateKeepsIsACode(t *testing.T) {
	t.Parallel()
	memory, journal := usedGate(t)
	disk := string(marshal(t, memory)) + string(marshal(t, journal))
	for _, text := range []string{vectorK1, vectorK2} {
		if strings.Contains(strings.ToUpper(disk), text[2:60]) {
			t.Errorf("the gate's disk holds a piece of %s", text)
		}
	}
}

func TestMemoryIsRebuiltFromTheJournal(t *testing.T) {
	t.Parallel()
	want, journal := usedGate(t)
	got, site := NewMemory(), vectorSite(t)
	for _, e := range journal {
		got.Replay(site, e)
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Memory{}, "Recent")); diff != "" {
		t.Errorf("memory (-lived +rebuilt):\n%s", diff)
	}
}

// TestWhatWasUsedStaysUsedWhoeverComesInBetween: an entry forgets the uses that no
// longer matter, and no others.
func TestWhatWasUsedStaysUsedWhoeverComesInBetween(t *testing.T) {
	t.Parallel()
	once, other := staticVector(), staticVector()
	once.Flags = OneEntry
	other.Pass, other.Subject, other.Lifetime = 77, 78, once.Lifetime+time.Hour
	end := once.End()
	for name, tt := range map[string]struct {
		text                   string
		first, between, second time.Time
		want                   Reason
	}{
		"a pass for one entry":            {signed(t, once), vectorNow, vectorNow.Add(time.Minute), vectorNow.Add(2 * time.Minute), OneEntryUsed},
		"within the tolerance at its end": {signed(t, once), vectorNow, end.Add(29 * time.Second), end.Add(29 * time.Second), OneEntryUsed},
		"a live code":                     {vectorK2, vectorNow, vectorNow.Add(5 * time.Second), vectorNow.Add(10 * time.Second), Replayed},
	} {
		in := atEntrance(t, tt.text)
		for _, step := range []struct {
			text string
			at   time.Time
			want Reason
		}{{tt.text, tt.first, Granted}, {signed(t, other), tt.between, Granted}, {tt.text, tt.second, tt.want}} {
			in.Text, in.Now = step.text, step.at
			d := Decide(in)
			in.Memory.Apply(in, d)
			if d.Reason != step.want {
				t.Errorf("%s: at %s %s, want %s", name, step.at, d.Reason, step.want)
			}
			in.Memory.SetPresence(nil) // everybody has gone out elsewhere
		}
	}
}

// signed returns the static code of a body.
func signed(t *testing.T, b Body) string {
	t.Helper()
	text, err := vectorIssuer(t).Static(b)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestWhoWasNotIdentifiedMovesNobody: subject 0 is everybody where a day ends, and
// nobody at a door.
func TestWhoWasNotIdentifiedMovesNobody(t *testing.T) {
	t.Parallel()
	in := atEntrance(t, "some menu")
	inside := map[Subject]Stay{1: {Zone: 201, Since: vectorNow, LastEntry: vectorNow}}
	in.Memory.SetPresence(inside)
	in.Asked = Exit
	in.Memory.Apply(in, Decide(in))
	for _, reason := range []Reason{EndOfDay, ExitOK, Granted, SetOut} {
		in.Memory.Replay(in.Site, Event{Reason: reason, Direction: Exit, Zone: 201, GateTime: vectorNow.Add(time.Minute)})
	}
	if diff := cmp.Diff(inside, in.Memory.Inside); diff != "" {
		t.Errorf("inside (-want +got):\n%s", diff)
	}
}

func TestMemoryForgetsWhatNoLongerMatters(t *testing.T) {
	t.Parallel()
	in := atEntrance(t, "")
	for i := range 200 {
		in.Text = vectorK1 + strings.Repeat(" ", i) // the same scan
		in.Now = vectorNow.Add(time.Duration(i) * time.Minute)
		in.Memory.Apply(in, Decision{
			Reason: Granted, Direction: Entry, Zone: 201, Pass: PassID(i + 1), Subject: 5, Step: StepAt(in.Now),
		})
	}
	if got := len(in.Memory.Recent); got != 1 {
		t.Errorf("%d recent answers, want 1", got)
	}
	if got, most := len(in.Memory.Uses), int(replayMatters/time.Minute)+1; got > most {
		t.Errorf("%d uses, want at most %d", got, most)
	}
}

func TestAnEntryThatWasNotJournaledMayBeTriedAgain(t *testing.T) {
	t.Parallel()
	in := atEntrance(t, vectorK2)
	in.Memory.Apply(in, Decide(in).Unlogged())
	if d := Decide(in); d.Reason != Granted || d.Repeat {
		t.Errorf("second try: %+v, want granted", d)
	}
}

func TestUsesHaveOneSpelling(t *testing.T) {
	t.Parallel()
	var u Use
	if err := u.UnmarshalText([]byte("00000000000000ff/119698800/201")); err != nil || u != (Use{255, 119698800, 201}) {
		t.Errorf("use = %+v, %v", u, err)
	}
	for _, text := range []string{"", "ff/1/2", "00000000000000ff", "00000000000000ff/x/1", "00000000000000ff/1"} {
		if err := u.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was read as %+v", text, u)
		}
	}
}

func TestAGateAloneClosesTheDayItself(t *testing.T) {
	t.Parallel()
	state := vectorSite(t).State()
	closing := vectorNow.Add(11 * time.Hour)
	state.Closings = []time.Time{closing, closing.Add(24 * time.Hour)}
	site, m := NewSite(state), NewMemory()
	late := Stay{Zone: 201, Since: closing.Add(time.Minute), LastEntry: closing.Add(time.Minute)}
	m.SetPresence(map[Subject]Stay{1: {Zone: 210, Since: vectorNow, LastEntry: vectorNow}, 2: late})
	for subject, entry := range map[Subject]Stay{3: {Zone: 201, Since: closing, LastEntry: closing}, 4: {Zone: 201, Since: vectorNow, LastEntry: closing}} {
		of := NewMemory()
		of.SetPresence(map[Subject]Stay{subject: entry})
		if of.CloseDays(site, closing.Add(time.Hour)); of.Inside[subject] != entry {
			t.Errorf("whose last entry was at the very closing: %+v, want as before", of.Inside[subject])
		}
	}

	m.CloseDays(site, closing.Add(-time.Second))
	if m.HeadsIn(site.Tree(), 201) != 2 {
		t.Errorf("before closing: %+v", m.Inside)
	}
	if m.CloseDays(site, closing); m.Inside[1].ClosedAt != closing {
		t.Errorf("at closing: %+v, want unconfirmed", m.Inside[1])
	}
	m.CloseDays(site, closing.Add(time.Hour))
	if got := m.Inside[1]; !got.Unconfirmed(closing.Add(time.Hour)) || got.ClosedAt != closing {
		t.Errorf("who did not leave: %+v, want unconfirmed since closing", got)
	}
	if got := m.Inside[2]; got != late || m.HeadsIn(site.Tree(), 201) != 1 {
		t.Errorf("who came after closing: %+v, heads %v, want still inside", got, m.Heads)
	}
}
