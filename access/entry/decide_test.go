package entry

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// vectorSite is a site whose zones the vectors grant: an entrance with an office in it.
func vectorSite(t testing.TB) *Site {
	t.Helper()
	kid, public := vectorIssuer(t).Key()
	return NewSite(State{
		Version: 1, GeneratedAt: vectorNow.Add(-time.Minute), Site: "shiojiri", Mode: Normal,
		IssuerKeys: []IssuerKey{{KID: kid, PublicKey: Bytes(public)}},
		Zones: []Zone{
			{ID: 201, AntiPassback: PassbackWarns},
			{ID: 210, Parent: 201, Company: 42, AntiPassback: PassbackOff},
		},
	})
}

// atEntrance is a scan of text at the vectors' entrance at their time.
func atEntrance(t testing.TB, text string) Input {
	t.Helper()
	return Input{
		Text: text, Gate: Gate{ID: "g1", ToZone: 201, Direction: Both}, Now: vectorNow,
		Site: vectorSite(t), Memory: NewMemory(),
	}
}

func TestBothVectorsAreGranted(t *testing.T) {
	t.Parallel()
	for _, text := range []string{vectorK1, vectorK2} {
		got := Decide(atEntrance(t, text))
		if got.Reason != Granted || got.Verdict != Allow || !got.Open {
			t.Errorf("decision = %+v, want granted", got)
		}
	}
}

// TestWhoWalksInIsAskedAgainForEveryRight: rows 1 to 8 were answered a moment ago,
// the others were not.
func TestWhoWalksInIsAskedAgainForEveryRight(t *testing.T) {
	t.Parallel()
	body := staticVector()
	for want, change := range map[Reason]func(*State){
		Granted:          func(*State) {},
		InLockdown:       func(s *State) { s.Mode = Lockdown },
		InEvacuation:     func(s *State) { s.Mode = Evacuation },
		Revoked:          func(s *State) { s.Revocations = []Revocation{{Pass: body.Pass}} },
		SubjectBlocked:   func(s *State) { s.Revocations = []Revocation{{Subject: body.Subject}} },
		CompanySuspended: func(s *State) { s.Revocations = []Revocation{{Company: body.Company}} },
	} {
		in := atEntrance(t, "walk-in")
		in.Proven = &Proven{Body: body}
		state := in.Site.State()
		change(&state)
		in.Site = NewSite(state)
		if got := Decide(in); got.Reason != want || got.Subject != body.Subject {
			t.Errorf("%s for %s, want %s for %s", got.Reason, got.Subject, want, body.Subject)
		}
	}
}

// TestOfSeveralRevocationsTheOneThatLastsLongestCounts, in whatever order they are told.
func TestOfSeveralRevocationsTheOneThatLastsLongestCounts(t *testing.T) {
	t.Parallel()
	past, soon, forever := vectorNow, vectorNow.Add(time.Hour), time.Time{}
	for name, tt := range map[string]struct {
		untils []time.Time
		want   Reason
	}{
		"one that is over":                 {[]time.Time{past}, Granted},
		"one that lasts":                   {[]time.Time{soon}, Revoked},
		"one over, one that lasts":         {[]time.Time{past, soon}, Revoked},
		"one that lasts, one over":         {[]time.Time{soon, past}, Revoked},
		"one over, one until it is lifted": {[]time.Time{past, forever}, Revoked},
		"one until it is lifted, one over": {[]time.Time{forever, past}, Revoked},
	} {
		in := atEntrance(t, vectorK1)
		state := in.Site.State()
		for _, until := range tt.untils {
			state.Revocations = append(state.Revocations, Revocation{Pass: staticVector().Pass, Until: until})
		}
		in.Site = NewSite(state)
		if got := Decide(in).Reason; got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

// TestTimedAntiPassbackEndsWithItsTime: from that instant on the holder may enter again.
func TestTimedAntiPassbackEndsWithItsTime(t *testing.T) {
	t.Parallel()
	for minutes, lasts := range map[int]time.Duration{0: DefaultTimedMinutes * time.Minute, 1: time.Minute, 7: 7 * time.Minute} {
		in := atEntrance(t, vectorK1)
		state := in.Site.State()
		state.Zones = []Zone{{ID: 201, AntiPassback: PassbackTimed, TimedMinutes: minutes}}
		in.Site = NewSite(state)
		for since, want := range map[time.Duration]Reason{lasts - time.Millisecond: AlreadyInside, lasts: Granted} {
			in.Memory.SetPresence(map[Subject]Stay{staticVector().Subject: {Zone: 201, Since: vectorNow.Add(-time.Hour), LastEntry: vectorNow.Add(-since)}})
			if got := Decide(in).Reason; got != want {
				t.Errorf("%d minutes, %s after the last entry: %s, want %s", minutes, since, got, want)
			}
		}
	}
}

func TestARepeatedScanGetsTheFirstAnswerForThreeSeconds(t *testing.T) {
	t.Parallel()
	in := atEntrance(t, vectorK1)
	first := Decide(in)
	in.Memory.Apply(in, first)
	in.Now = vectorNow.Add(2900 * time.Millisecond)
	again := Decide(in)
	if !again.Repeat || again.Reason != Granted {
		t.Errorf("after 2.9 s: %+v, want the first answer again", again)
	}
	in.Now = vectorNow.Add(3 * time.Second)
	if later := Decide(in); later.Repeat || later.Reason != PassbackSoft {
		t.Errorf("after 3 s: %+v, want a decision of its own, apb_soft", later)
	}
}

func TestDecideChangesNothingItWasGiven(t *testing.T) {
	t.Parallel()
	in := atEntrance(t, vectorK2)
	in.Memory.Apply(in, Decide(in))
	in.Now = in.Now.Add(time.Minute)
	before := *in.Memory
	before.Recent = append([]Recent(nil), in.Memory.Recent...)
	Decide(in)
	if diff := cmp.Diff(before, *in.Memory); diff != "" {
		t.Errorf("memory changed (-before +after):\n%s", diff)
	}
}

func TestTheTableIsInOrderAndEveryRowKeepsToItsReasons(t *testing.T) {
	t.Parallel()
	given := map[int]bool{}
	for i, r := range table {
		if i > 0 && r.step <= table[i-1].step {
			t.Errorf("row %d stands after row %d", r.step, table[i-1].step)
		}
		given[r.step] = true
	}
	// Rows 1 and 2 are one check; 9 is the exit itself, 20 the caller's.
	given[2], given[9], given[20] = true, true, true
	for _, r := range Reasons() {
		if step := r.Step(); step > 0 && r != Granted && !given[step] {
			t.Errorf("%s belongs to step %d, which no row decides", r, step)
		}
	}
}

func TestWhatIsKeptOfAScan(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text            string
		asked           Direction
		recorded, alarm bool
	}{
		"a code":                         {vectorK1, Entry, true, false},
		"garbage at an entry":            {"https://example.com/", Entry, false, false},
		"garbage that opened an exit":    {"https://example.com/", Exit, true, false},
		"what no issuer should sign":     {codeNamed(t, "flag-32"), Entry, true, true},
		"the same, leaving":              {codeNamed(t, "flag-32"), Exit, true, true},
		"signed by somebody else's key":  {codeNamed(t, "foreign"), Entry, false, false},
		"a refusal of an authentic code": {codeNamed(t, "other-site"), Entry, true, false},
	} {
		in := atEntrance(t, tt.text)
		in.Asked = tt.asked
		d := Decide(in)
		if d.Recorded() != tt.recorded || d.Alarm() != tt.alarm {
			t.Errorf("%s (%s): recorded %t, alarm %t", name, d.Reason, d.Recorded(), d.Alarm())
		}
		if (d.Pass != 0) != (tt.recorded && tt.text != "https://example.com/") {
			t.Errorf("%s: pass id %s", name, d.Pass)
		}
	}
}

// codeNamed returns a code of the vector file.
func codeNamed(t testing.TB, name string) string {
	t.Helper()
	for _, c := range allCodes(t) {
		if c.Name == name {
			return c.Text
		}
	}
	t.Fatalf("no code %q", name)
	return ""
}

func TestAStoredPassageIsTheDecisionAgain(t *testing.T) {
	t.Parallel()
	in := atEntrance(t, "https://example.com/")
	first := Decide(in)
	if got := Decided(first.Reason, first.Direction, first.Zone); !cmp.Equal(got, first) {
		t.Errorf("decided again: %+v, want %+v", got, first)
	}
}

func TestWithoutASiteNothingOpens(t *testing.T) {
	t.Parallel()
	if d := Decide(Input{Text: vectorK1, Now: vectorNow}); d.Open || d.Reason != UnknownKey {
		t.Errorf("decision = %+v, want unknown_key", d)
	}
}

func TestZonesThatContainEachOtherHarmOnlyThemselves(t *testing.T) {
	t.Parallel()
	s := vectorSite(t).State()
	s.Zones = append(s.Zones, Zone{ID: 500, Parent: 501}, Zone{ID: 501, Parent: 500})
	in := atEntrance(t, vectorK1)
	in.Site = NewSite(s)
	if d := Decide(in); d.Reason != Granted {
		t.Errorf("a proper zone: %+v", d)
	}
	in.Gate.ToZone = 500
	if d := Decide(in); d.Reason != ZoneNotAllowed {
		t.Errorf("a broken zone: %+v", d)
	}
	if path := in.Site.Tree().Path(500); len(path) > deepest {
		t.Errorf("path of %d zones", len(path))
	}
}

func TestEffectiveTimeIsTheGatesWhenItsClockCanBeBelieved(t *testing.T) {
	t.Parallel()
	received := vectorNow.Add(time.Hour)
	for name, tt := range map[string]struct {
		clock   ClockState
		gate    time.Time
		want    time.Time
		suspect bool
	}{
		"trusted":                 {Trusted, vectorNow, vectorNow, false},
		"holdover":                {Holdover, vectorNow, vectorNow, false},
		"untrusted":               {Untrusted, vectorNow, received, true},
		"the future":              {Trusted, received.Add(time.Hour), received.Add(time.Hour), true},
		"two minutes ahead":       {Trusted, received.Add(2 * time.Minute), received.Add(2 * time.Minute), false},
		"a moment more than that": {Trusted, received.Add(2*time.Minute + 1), received.Add(2*time.Minute + 1), true},
	} {
		at, suspect := EffectiveTime(Event{ClockState: tt.clock, GateTime: tt.gate}, received)
		if !at.Equal(tt.want) || suspect != tt.suspect {
			t.Errorf("%s: %v, suspect %t, want %v, %t", name, at, suspect, tt.want, tt.suspect)
		}
	}
}
