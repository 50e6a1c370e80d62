package entry

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// twoSites: site a is an entrance (1) with a lounge (2) and an office (3) in it
// and a store room (4) in the office; site b is an entrance (10) with a room (11).
var twoSites = Tree{
	1: {0, "a"}, 2: {1, "a"}, 3: {1, "a"}, 4: {3, "a"},
	10: {0, "b"}, 11: {10, "b"},
}

// nine is nine o'clock of the day the stories below happen on.
var nine = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

// story reads passages of one person from words such as "0:in 1", "15:out 3":
// minutes after nine, what happened, the zone.
func story(t testing.TB, lines ...string) []Passage {
	t.Helper()
	var passages []Passage
	for i, line := range lines {
		var minute int
		var what string
		var zone ZoneID
		at, rest, _ := strings.Cut(line, ":")
		if _, err := fmt.Sscan(at, &minute); err != nil {
			t.Fatal(err)
		}
		if n, _ := fmt.Sscan(rest, &what, &zone); n == 0 {
			t.Fatalf("no deed in %q", line)
		}
		p := Passage{
			ID: fmt.Sprintf("p%d", i), Subject: 7, Zone: zone, Site: "a", Gate: "g",
			Boot: 1, Seq: int64(i + 1), At: nine.Add(time.Duration(minute) * time.Minute),
		}
		if zone >= 10 {
			p.Site = "b"
		}
		p.Reason, p.Direction = deed(t, what)
		passages = append(passages, p)
	}
	return passages
}

// deed translates a word of a story.
func deed(t testing.TB, what string) (Reason, Direction) {
	t.Helper()
	reasons := map[string]Reason{
		"in": Granted, "out": ExitOK, "admit": Admitted, "close": EndOfDay, "safe": MarkedSafe, "unsafe": SafeUndone,
		"setin": SetIn, "setout": SetOut, "refused": Expired, "orphan": ExitOrphan, "stray": ExitUnidentified,
		"in-again": PassbackSoft, "letout": Admitted,
	}
	r, ok := reasons[what]
	if !ok {
		t.Fatalf("unknown deed %q", what)
	}
	if strings.Contains(what, "out") || what == "orphan" || what == "stray" {
		return r, Exit
	}
	return r, Entry
}

// told writes visits in short: "zone 0-30 scan [flags]".
func told(h History) []string {
	var lines []string
	minute := func(at time.Time) string { return fmt.Sprint(int(at.Sub(nine).Minutes())) }
	for _, v := range h.Visits {
		line := fmt.Sprintf("%d %s-", v.Zone, minute(v.EnteredAt))
		if !v.Open() {
			line += minute(v.LeftAt) + " " + string(v.ClosedBy)
		}
		for _, f := range v.Flags {
			line += " " + string(f)
		}
		lines = append(lines, line)
	}
	return lines
}

func TestVisitsTellWhatHappened(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		story []string
		want  []string
	}{
		"in and out":                          {[]string{"0:in 1", "30:out 1"}, []string{"1 0-30 scan"}},
		"still in":                            {[]string{"0:in 1"}, []string{"1 0-"}},
		"inner zone, outer one inferred":      {[]string{"0:in 4"}, []string{"1 0- inferred_entry", "3 0- inferred_entry", "4 0-"}},
		"leaving takes the inner zones along": {[]string{"0:in 1", "5:in 3", "30:out 1"}, []string{"1 0-30 scan", "3 5-30 inferred"}},
		"leaving an inner zone only":          {[]string{"0:in 1", "5:in 3", "30:out 3"}, []string{"1 0-", "3 5-30 scan"}},
		"entry while in":                      {[]string{"0:in 1", "9:in-again 1"}, []string{"1 0- entered_again"}},
		"entry outside while further in":      {[]string{"0:in 1", "5:in 3", "9:in-again 1"}, []string{"1 0- entered_again", "3 5-"}},
		"from one inner zone to another":      {[]string{"0:in 1", "5:in 3", "9:in 2"}, []string{"1 0-", "3 5-9 inferred", "2 9-"}},
		"exit while out":                      {[]string{"0:out 1"}, nil},
		"exit twice":                          {[]string{"0:in 1", "9:out 1", "10:out 1"}, []string{"1 0-9 scan"}},
		"a gate that thought it an orphan":    {[]string{"0:in 1", "9:orphan 1"}, []string{"1 0-9 scan"}},
		"unidentified exit":                   {[]string{"0:in 1", "9:stray 1"}, []string{"1 0-"}},
		"refusal":                             {[]string{"0:refused 1"}, nil},
		"other site":                          {[]string{"0:in 3", "60:in 10"}, []string{"1 0-60 inferred inferred_entry", "3 0-60 inferred", "10 60-"}},
		"closing time":                        {[]string{"0:in 3", "720:close"}, []string{"1 0-720 auto inferred_entry", "3 0-720 auto"}},
		"next day after closing":              {[]string{"0:in 1", "720:close", "1440:in 1"}, []string{"1 0-720 auto", "1 1440-"}},
		"late upload of the real exit":        {[]string{"0:in 1", "720:close", "600:out 1"}, []string{"1 0-600 scan"}},
		"really left after closing":           {[]string{"0:in 3", "720:close", "750:out 1"}, []string{"1 0-750 scan inferred_entry late_exit", "3 0-750 inferred late_exit"}},
		"inner zone left after closing":       {[]string{"0:in 3", "720:close", "750:out 3"}, []string{"1 0-720 auto inferred_entry", "3 0-750 scan late_exit"}},
		"left a day after closing":            {[]string{"0:in 1", "720:close", "1500:out 1"}, []string{"1 0-720 auto"}},
		"closing the other site":              {[]string{"0:in 10", "720:close"}, []string{"10 0-"}},
		"staff set in and out":                {[]string{"0:setin 1", "30:setout"}, []string{"1 0-30 staff entered_by_hand"}},
		"admitted and let out by hand":        {[]string{"0:admit 1", "30:letout 1"}, []string{"1 0-30 staff entered_by_hand"}},
		"set out when out":                    {[]string{"0:setout"}, nil},
		"safe changes no visit":               {[]string{"0:in 1", "5:safe"}, []string{"1 0-"}},
		"a zone that is gone":                 {[]string{"0:in 9", "720:close"}, []string{"9 0-720 auto"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, told(Fold(twoSites, story(t, tt.story...))), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("visits (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhoWasNotSeenLeavingStaysUnconfirmedForTwelveHours(t *testing.T) {
	t.Parallel()
	h := Fold(twoSites, story(t, "0:in 3", "720:close"))
	closing := nine.Add(12 * time.Hour)
	if h.Stay.Inside() || !h.Stay.Unconfirmed(closing.Add(12*time.Hour)) || h.Stay.Unconfirmed(closing.Add(12*time.Hour+1)) {
		t.Errorf("stay = %+v, want unconfirmed until 12 h after closing", h.Stay)
	}
	if corrected := Fold(twoSites, story(t, "0:in 3", "720:close", "600:out 1")); corrected.Stay.Zone != 0 {
		t.Errorf("after the late upload of the exit: %+v, want outside", corrected.Stay)
	}
	if said := Fold(twoSites, story(t, "0:in 3", "720:close", "721:setout")); said.Stay.Zone != 0 {
		t.Errorf("after staff said out: %+v, want outside", said.Stay)
	}
}

// TestSafeMarkLastsUntilTheNextEntry, or until whoever pressed the wrong line takes
// it back.
// TestWhoLeavesARoomIsInTheOneAroundIt with all that is known of them.
func TestWhoLeavesARoomIsInTheOneAroundIt(t *testing.T) {
	t.Parallel()
	at := func(m int) time.Time { return nine.Add(time.Duration(m) * time.Minute) }
	was := Stay{Zone: 3, Since: at(0), LastEntry: at(1), SafeAt: at(2)}
	unseen := was
	unseen.ClosedAt = at(60)
	for name, tt := range map[string]struct {
		stay, want Stay
		zone       ZoneID
		minute     int
	}{
		"the room":                 {was, Stay{Zone: 1, Since: at(5), LastEntry: at(1), SafeAt: at(2)}, 3, 5},
		"the site":                 {was, Stay{}, 1, 5},
		"another room":             {was, was, 2, 5},
		"the room, still in doubt": {unseen, Stay{Zone: 1, Since: at(70), LastEntry: at(1), ClosedAt: at(60), SafeAt: at(2)}, 3, 70},
		"at the end of the doubt":  {unseen, Stay{}, 1, 60 + 12*60},
		"when nobody doubts it":    {unseen, unseen, 1, 61 + 12*60},
		"who was not there":        {Stay{}, Stay{}, 1, 5},
	} {
		got := tt.stay.After(twoSites, Passage{Reason: ExitOK, Direction: Exit, Subject: 1, Zone: tt.zone, Site: "a", At: at(tt.minute)})
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s is left (-want +got):\n%s", name, diff)
		}
	}
	if (Stay{ClosedAt: at(0)}).Unconfirmed(at(1)) || was.Unconfirmed(at(1)) {
		t.Error("who is outside, or known to be in, counts as unconfirmed")
	}
}

func TestSafeMarkLastsUntilTheNextEntry(t *testing.T) {
	t.Parallel()
	marked := story(t, "0:in 1", "5:safe", "10:out 1")
	if h := Fold(twoSites, marked); h.SafeAt != nine.Add(5*time.Minute) {
		t.Errorf("safe at %v, want 9:05", h.SafeAt)
	}
	if h := Fold(twoSites, append(marked, story(t, "20:in 1")...)); !h.SafeAt.IsZero() {
		t.Errorf("safe at %v after the next entry, want unmarked", h.SafeAt)
	}
	undone := story(t, "0:in 1", "5:safe", "6:unsafe")
	if h := Fold(twoSites, undone); !h.SafeAt.IsZero() || h.Stay.Zone != 1 {
		t.Errorf("safe at %v in zone %d after that was taken back, want unmarked where they were", h.SafeAt, h.Stay.Zone)
	}
	if h := Fold(twoSites, append(undone, story(t, "7:safe")...)); h.SafeAt != nine.Add(7*time.Minute) {
		t.Errorf("safe at %v, want 9:07", h.SafeAt)
	}
}

func TestOrphansAreNamed(t *testing.T) {
	t.Parallel()
	h := Fold(twoSites, story(t, "0:out 1", "1:in 1", "2:out 3", "3:out 1", "4:out 1"))
	if diff := cmp.Diff([]string{"p0", "p2", "p4"}, h.Orphans); diff != "" {
		t.Errorf("orphans (-want +got):\n%s", diff)
	}
}

func TestClosingTimeConcernsEverybodyAtTheSite(t *testing.T) {
	t.Parallel()
	passages := story(t, "0:in 1", "1:in 3", "2:in 10", "720:close")
	for i := range passages {
		passages[i].Subject = Subject(i + 1)
	}
	passages[3].Subject = 0
	all := FoldAll(twoSites, passages)
	if len(all) != 3 || all[1].Stay.Inside() || all[2].Stay.Inside() || !all[3].Stay.Inside() {
		t.Errorf("all = %+v, want the two at a unconfirmed and the one at b inside", all)
	}
}

func TestTheRollNamesGuestsAfterTheirHost(t *testing.T) {
	t.Parallel()
	site := NewSite(State{
		Site: "a", Zones: []Zone{{ID: 1}, {ID: 3, Parent: 1}},
		Guests: []GuestOf{{Subject: 5, Host: 2}}, Holders: []Holder{{2, "TH"}},
	})
	at := func(m int) time.Time { return nine.Add(time.Duration(m) * time.Minute) }
	inside := map[Subject]Stay{
		1: {Zone: 3, Since: at(0)},
		2: {Zone: 1, Since: at(1)},
		5: {Zone: 3, Since: at(9)},
		6: {Zone: 1, Since: at(2)},
		7: {Zone: 1, Since: at(-900), ClosedAt: at(-60)},
		8: {Zone: 1, Since: at(-900), ClosedAt: at(-800)},
	}
	var got []string
	for _, p := range Roll(site, inside, at(10)) {
		got = append(got, fmt.Sprintf("%d %t %s", uint64(p.Subject), p.Unconfirmed, p.Initials))
	}
	want := []string{"7 true ", "2 false TH", "5 false ", "6 false ", "1 false "}
	if !slices.Equal(got, want) {
		t.Errorf("roll = %q, want %q", got, want)
	}
}

func BenchmarkFold(b *testing.B) {
	for _, n := range []int{20, 300} {
		var lines []string
		for i := range n / 4 {
			lines = append(lines, fmt.Sprintf("%d:in 1", i*60), fmt.Sprintf("%d:in 3", i*60+1),
				fmt.Sprintf("%d:out 3", i*60+30), fmt.Sprintf("%d:out 1", i*60+31))
		}
		passages := story(b, lines...)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Fold(twoSites, passages)
			}
		})
	}
}
