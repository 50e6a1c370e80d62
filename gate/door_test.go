package gate

import (
	"testing"
	"time"

	"kyoten/access/entry"
)

// doorOn is a door of the hall at a machine whose clocks the test moves.
func (h *hall) doorOn(b *box) *Door {
	h.t.Helper()
	d := doorFor(h.t, entry.Input{Memory: entry.NewMemory()})
	d.clock, d.knows.site = b.clock(h.t, h.t.TempDir()), entry.NewSite(h.state)
	return d
}

// wantsInside fails the test unless so many are on the door's list.
func wantsInside(t *testing.T, d *Door, n int, when string) {
	t.Helper()
	if got := d.Roll().Items; len(got) != n {
		t.Errorf("%s: inside are %+v, want %d", when, got, n)
	}
}

// TestAWrongClockKeepsNobodyInside: what was seen while the clock was a day ahead
// is no news when it has been put right.
func TestAWrongClockKeepsNobodyInside(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	b := newBox()
	b.chip = true
	b.wall.Advance(24 * time.Hour)
	d := h.doorOn(b)
	if got := d.Scan(h.code(1, 0x11), entry.Entry); !got.Open {
		t.Fatalf("entry: %s", got.Reason)
	}
	synchronise(t, d.clock, opening, b.mono)
	d.setPresence(entry.PresenceList{At: opening})
	wantsInside(t, d, 1, "by a list from before")
	b.run(listLag + time.Second)
	d.setPresence(entry.PresenceList{At: d.clock.Now()})
	wantsInside(t, d, 0, "by a list from after they left elsewhere")
}

// TestWhoLeftByAnotherDoorMayComeBackAtOnce: what the server had before it wrote
// its list is not put on top of it.
func TestWhoLeftByAnotherDoorMayComeBackAtOnce(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	h.state.Zones[0].AntiPassback = entry.PassbackHard
	b := newBox()
	d := h.doorOn(b)
	synchronise(t, d.clock, opening, b.mono)
	d.Scan(h.code(1, 0x11), entry.Entry)
	b.run(time.Second)
	d.acknowledged(placeOf(d.journal.Newest()))
	d.setPresence(entry.PresenceList{At: d.clock.Now()})
	wantsInside(t, d, 1, "by a list that may be from before")
	b.run(30 * time.Second)
	d.setPresence(entry.PresenceList{At: d.clock.Now()})
	if got := d.Scan(h.code(1, 0x11), entry.Entry); got.Reason != entry.Granted {
		t.Errorf("the next entry: %s", got.Reason)
	}
}

// TestADoorThatIsAloneEndsTheDay: who was not seen leaving comes in again in the
// morning, and one who stayed is on the list.
func TestADoorThatIsAloneEndsTheDay(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	h.state.Zones[0].AntiPassback = entry.PassbackHard
	h.state.Closings = []time.Time{opening.Add(4 * time.Hour)}
	b := newBox()
	d := h.doorOn(b)
	synchronise(t, d.clock, opening, b.mono)
	d.Scan(h.code(1, 0x11), entry.Entry)
	d.Scan(h.code(2, 0x12), entry.Entry)
	b.run(3 * time.Hour)
	if got := d.Scan(h.code(1, 0x11), entry.Entry); got.Reason != entry.AlreadyInside {
		t.Fatalf("before the end of the day: %s", got.Reason)
	}
	b.run(8 * time.Hour)
	if got := d.Scan(h.code(1, 0x11), entry.Entry); got.Reason != entry.Granted {
		t.Errorf("after it: %s", got.Reason)
	}
	if list := d.Roll().Items; len(list) != 2 || list[0].Unconfirmed == list[1].Unconfirmed {
		t.Errorf("the list is %+v, want one of two unconfirmed", list)
	}
}

// TestARepeatedScanIsToldItsOwnPassage, not the one that could not be written down
// a moment before.
func TestARepeatedScanIsToldItsOwnPassage(t *testing.T) {
	t.Parallel()
	h := openHall(t)
	b := newBox()
	d := h.doorOn(b)
	synchronise(t, d.clock, opening, b.mono)
	good := d.journal
	d.journal = open(t, t.TempDir())
	d.journal.folder = "/nowhere"
	if got := d.Scan(h.code(1, 0x11), entry.Entry); got.Reason != entry.LogUnavailable {
		t.Fatalf("on a broken disk: %s", got.Reason)
	}
	d.journal = good
	first := d.Scan(h.code(1, 0x11), entry.Entry)
	if again := d.Scan(h.code(1, 0x11), entry.Entry); !again.Repeat || first.PassageID == "" || again.PassageID != first.PassageID {
		t.Errorf("again: %+v, want the passage %s", again, first.PassageID)
	}
}
