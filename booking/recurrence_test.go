package booking

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kyoten/internal/clock"
	"kyoten/models"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// wall returns the instant that is written as "2026-12-07 10:00" in loc.
func wall(t testing.TB, text string, loc *time.Location) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", text, loc)
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC()
}

// expand returns the starts of a rule as they are read off the wall.
func expand(t testing.TB, rule, start string, length time.Duration, loc *time.Location) ([]string, error) {
	t.Helper()
	from := wall(t, start, loc)
	r, err := newRecurrence(rule, models.Period{StartsAt: from, EndsAt: from.Add(length)}, loc)
	if err != nil {
		return nil, err
	}
	periods, err := r.periods()
	var out []string
	for _, p := range periods {
		out = append(out, p.StartsAt.In(loc).Format("2006-01-02 15:04"))
	}
	return out, err
}

func TestARuleIsExpandedAsRFC5545Says(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		rule, start string
		want        []string
	}{
		"daily":                      {"FREQ=DAILY;COUNT=3", "2026-12-30 10:00", []string{"2026-12-30 10:00", "2026-12-31 10:00", "2027-01-01 10:00"}},
		"every other day":            {"FREQ=DAILY;INTERVAL=2;COUNT=3", "2026-12-30 10:00", []string{"2026-12-30 10:00", "2027-01-01 10:00", "2027-01-03 10:00"}},
		"working days":               {"FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;COUNT=3", "2026-12-10 10:00", []string{"2026-12-10 10:00", "2026-12-11 10:00", "2026-12-14 10:00"}},
		"weekly on the start's day":  {"FREQ=WEEKLY;COUNT=2", "2026-12-07 10:00", []string{"2026-12-07 10:00", "2026-12-14 10:00"}},
		"weekly on two days":         {"RRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=3", "2026-12-07 10:00", []string{"2026-12-07 10:00", "2026-12-09 10:00", "2026-12-14 10:00"}},
		"every second week":          {"FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=MO;COUNT=4", "1997-08-05 09:00", []string{"1997-08-05 09:00", "1997-08-10 09:00", "1997-08-19 09:00", "1997-08-24 09:00"}},
		"with weeks from Sunday on":  {"FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU;COUNT=4", "1997-08-05 09:00", []string{"1997-08-05 09:00", "1997-08-17 09:00", "1997-08-19 09:00", "1997-08-31 09:00"}},
		"to a day, that included":    {"FREQ=WEEKLY;UNTIL=20261221", "2026-12-07 10:00", []string{"2026-12-07 10:00", "2026-12-14 10:00", "2026-12-21 10:00"}},
		"to an instant of UTC":       {"FREQ=WEEKLY;UNTIL=20261221T005959Z", "2026-12-07 10:00", []string{"2026-12-07 10:00", "2026-12-14 10:00"}},
		"and to exactly then":        {"FREQ=WEEKLY;UNTIL=20261221T010000Z", "2026-12-07 10:00", []string{"2026-12-07 10:00", "2026-12-14 10:00", "2026-12-21 10:00"}},
		"by the day of the month":    {"FREQ=MONTHLY;BYMONTHDAY=15;COUNT=2", "2026-12-15 10:00", []string{"2026-12-15 10:00", "2027-01-15 10:00"}},
		"short months have no 31st":  {"FREQ=MONTHLY;COUNT=4", "2026-12-31 10:00", []string{"2026-12-31 10:00", "2027-01-31 10:00", "2027-03-31 10:00", "2027-05-31 10:00"}},
		"the last day of each month": {"FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=4", "2027-11-30 10:00", []string{"2027-11-30 10:00", "2027-12-31 10:00", "2028-01-31 10:00", "2028-02-29 10:00"}},
		"leap days alone":            {"FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=29;COUNT=2", "2028-02-29 10:00", []string{"2028-02-29 10:00", "2032-02-29 10:00"}},
		"the second Tuesday":         {"FREQ=MONTHLY;BYDAY=2TU;COUNT=3", "2026-12-08 10:00", []string{"2026-12-08 10:00", "2027-01-12 10:00", "2027-02-09 10:00"}},
		"the last Friday":            {"FREQ=MONTHLY;BYDAY=-1FR;COUNT=2", "2026-12-25 10:00", []string{"2026-12-25 10:00", "2027-01-29 10:00"}},
		"the last working day":       {"FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=2", "2026-12-31 10:00", []string{"2026-12-31 10:00", "2027-01-29 10:00"}},
		"without an excluded one":    {"FREQ=WEEKLY;COUNT=3\nEXDATE;TZID=Asia/Tokyo:20261214T100000", "2026-12-07 10:00", []string{"2026-12-07 10:00", "2026-12-21 10:00"}},
		"excluded in UTC":            {"FREQ=WEEKLY;COUNT=3\r\nEXDATE:20261214T010000Z,20261221T010000Z\r\n", "2026-12-07 10:00", []string{"2026-12-07 10:00"}},
		"a start that is none":       {"FREQ=WEEKLY;BYDAY=MO;COUNT=2", "2026-12-08 10:00", []string{"2026-12-14 10:00", "2026-12-21 10:00"}},
		"in small letters":           {"freq=daily;count=2", "2026-12-07 10:00", []string{"2026-12-07 10:00", "2026-12-08 10:00"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := expand(t, tt.rule, tt.start, time.Hour, zone(t, "Asia/Tokyo"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.rule, diff)
			}
		})
	}
}

// TestTheClockOnTheWallDecides: in Berlin clocks go forward on 2027-03-28 and
// back on 2026-10-25; 10:00 stays 10:00, and a night shift keeps its two ends.
func TestTheClockOnTheWallDecides(t *testing.T) {
	t.Parallel()
	berlin := zone(t, "Europe/Berlin")
	first := models.Period{StartsAt: wall(t, "2026-10-24 22:00", berlin), EndsAt: wall(t, "2026-10-25 06:00", berlin)}
	if first.Length() != 9*time.Hour {
		t.Fatalf("the night of the change lasts %v, want 9h", first.Length())
	}
	r, err := newRecurrence("FREQ=DAILY;COUNT=2", first, berlin)
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.periods()
	if err != nil {
		t.Fatal(err)
	}
	want := []models.Period{first, {StartsAt: wall(t, "2026-10-25 22:00", berlin), EndsAt: wall(t, "2026-10-26 06:00", berlin)}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	starts, err := expand(t, "FREQ=WEEKLY;COUNT=3", "2027-03-21 10:00", time.Hour, berlin)
	if diff := cmp.Diff([]string{"2027-03-21 10:00", "2027-03-28 10:00", "2027-04-04 10:00"}, starts); diff != "" || err != nil {
		t.Errorf("over the change in spring (-want +got):\n%s%v", diff, err)
	}
}

// TestAnHourTheClocksSkipOrShowTwice: what would begin at 02:30 on a day that has
// none begins at 03:30, as RFC 5545 (3.3.5) has it, on either side of UTC; of two
// 01:30 it is the first. Both last as long as ever.
func TestAnHourTheClocksSkipOrShowTwice(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		zone, first string
		length      time.Duration
		want        []string
	}{
		"Berlin in spring":   {"Europe/Berlin", "2027-03-27 02:30", time.Hour, []string{"03-27 02:30+01 1h0m0s", "03-28 03:30+02 1h0m0s", "03-29 02:30+02 1h0m0s"}},
		"for two hours":      {"Europe/Berlin", "2027-03-27 02:30", 2 * time.Hour, []string{"03-27 02:30+01 2h0m0s", "03-28 03:30+02 2h0m0s", "03-29 02:30+02 2h0m0s"}},
		"New York in spring": {"America/New_York", "2026-03-07 02:30", time.Hour, []string{"03-07 02:30-05 1h0m0s", "03-08 03:30-04 1h0m0s", "03-09 02:30-04 1h0m0s"}},
		"Berlin in autumn":   {"Europe/Berlin", "2026-10-24 02:30", time.Hour, []string{"10-24 02:30+02 1h0m0s", "10-25 02:30+02 1h0m0s", "10-26 02:30+01 1h0m0s"}},
		"New York in autumn": {"America/New_York", "2026-10-31 01:30", time.Hour, []string{"10-31 01:30-04 1h0m0s", "11-01 01:30-04 1h0m0s", "11-02 01:30-05 1h0m0s"}},
		"from the second":    {"Europe/Berlin", "2026-10-25 03:00", time.Hour, []string{"10-25 03:00+01 1h0m0s", "10-26 03:00+01 1h0m0s", "10-27 03:00+01 1h0m0s"}},
	} {
		loc := zone(t, tt.zone)
		start := wall(t, tt.first, loc)
		r, err := newRecurrence("FREQ=DAILY;COUNT=3", models.Period{StartsAt: start, EndsAt: start.Add(tt.length)}, loc)
		if err != nil {
			t.Fatal(err)
		}
		periods, err := r.periods()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range periods {
			got = append(got, p.StartsAt.In(loc).Format("01-02 15:04-07 ")+p.Length().String())
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestARuleThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]string{
		"nothing":                   "",
		"words":                     "every Monday",
		"no frequency":              "COUNT=3",
		"no end":                    "FREQ=DAILY",
		"two frequencies":           "FREQ=DAILY;FREQ=WEEKLY;COUNT=3",
		"two ends":                  "FREQ=DAILY;COUNT=3;UNTIL=20270101",
		"no occurrences":            "FREQ=DAILY;COUNT=0",
		"a negative count":          "FREQ=DAILY;COUNT=-1;UNTIL=20270101",
		"every zero days":           "FREQ=DAILY;INTERVAL=0;COUNT=3",
		"backwards":                 "FREQ=DAILY;INTERVAL=-1;COUNT=3",
		"beyond all reason":         "FREQ=DAILY;INTERVAL=9223372036854775807;COUNT=3",
		"an end before the start":   "FREQ=DAILY;UNTIL=20200101",
		"hourly":                    "FREQ=HOURLY;COUNT=3",
		"yearly":                    "FREQ=YEARLY;COUNT=3",
		"a month that never is":     "FREQ=MONTHLY;BYMONTH=13;COUNT=3",
		"the 32nd":                  "FREQ=MONTHLY;BYMONTHDAY=32;COUNT=3",
		"the 0th":                   "FREQ=MONTHLY;BYMONTHDAY=0;COUNT=3",
		"a sixth Monday":            "FREQ=MONTHLY;BYDAY=6MO;COUNT=3",
		"a numbered day of a week":  "FREQ=WEEKLY;BYDAY=2MO;COUNT=3",
		"a day that is none":        "FREQ=WEEKLY;BYDAY=XX;COUNT=3",
		"a 9th of four or five":     "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=9;COUNT=3",
		"no such part":              "FREQ=DAILY;COUNT=3;BYMOON=FULL",
		"a part without a value":    "FREQ=DAILY;COUNT=",
		"its own start":             "DTSTART=20261207T100000Z;FREQ=DAILY;COUNT=3",
		"two rules":                 "FREQ=DAILY;COUNT=3\nFREQ=DAILY;COUNT=3",
		"an exception that is none": "FREQ=DAILY;COUNT=3\nEXDATE:tomorrow",
		"not UTF-8":                 "FREQ=DAILY;COUNT=\xff",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := expand(t, rule, "2026-12-07 10:00", time.Hour, zone(t, "Asia/Tokyo")); !errors.Is(err, ErrInvalidRule) {
				t.Errorf("%q gives %v, %v, want ErrInvalidRule", rule, got, err)
			}
		})
	}
}

func TestMoreThanASeriesMayHave(t *testing.T) {
	t.Parallel()
	for _, rule := range []string{"FREQ=DAILY;COUNT=201", "FREQ=DAILY;COUNT=2000000000", "FREQ=DAILY;UNTIL=21991231"} {
		if _, err := expand(t, rule, "2026-12-07 10:00", time.Hour, time.UTC); !errors.Is(err, models.ErrOutOfRange) {
			t.Errorf("%s gives %v, want ErrOutOfRange", rule, err)
		}
	}
	if got, err := expand(t, "FREQ=DAILY;COUNT=200", "2026-12-07 10:00", time.Hour, time.UTC); len(got) != 200 || err != nil {
		t.Errorf("a count of 200 gives %d, %v", len(got), err)
	}
}

func TestARuleReadsBackAsItself(t *testing.T) {
	t.Parallel()
	tokyo := zone(t, "Asia/Tokyo")
	start := wall(t, "2026-12-07 10:00", tokyo)
	first := models.Period{StartsAt: start, EndsAt: start.Add(time.Hour)}
	for _, text := range []string{
		"FREQ=WEEKLY;INTERVAL=2;COUNT=5;BYDAY=MO,WE", "FREQ=DAILY;UNTIL=20261231",
		"freq=monthly;byday=-1fr;until=20270331T235959", "FREQ=WEEKLY;COUNT=4\nEXDATE;TZID=Asia/Tokyo:20261214T100000",
	} {
		once, err := newRecurrence(text, first, tokyo)
		if err != nil {
			t.Fatal(err)
		}
		again, err := newRecurrence(once.String(), first, tokyo)
		if err != nil {
			t.Fatalf("%s: %v", once.String(), err)
		}
		a, _ := once.periods()
		b, _ := again.periods()
		if diff := cmp.Diff(a, b); diff != "" || len(a) == 0 || again.String() != once.String() {
			t.Errorf("%q became %q, then %q:\n%s", text, once.String(), again.String(), diff)
		}
	}
}

func FuzzARuleNeverPanicsOrRunsAway(f *testing.F) {
	for _, seed := range []string{
		"FREQ=WEEKLY;BYDAY=MO;COUNT=3", "FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20270101", "FREQ=DAILY;COUNT=1\nEXDATE:20261207T010000Z",
		"FREQ=MONTHLY;BYMONTHDAY=-31,31;INTERVAL=366;COUNT=200",
	} {
		f.Add(seed)
	}
	tokyo := zone(f, "Asia/Tokyo")
	start := wall(f, "2026-12-07 10:00", tokyo)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := newRecurrence(text, models.Period{StartsAt: start, EndsAt: start.Add(time.Hour)}, tokyo)
		if err != nil {
			return
		}
		took := clock.Stopwatch()
		periods, err := r.periods()
		if d := took(); d > time.Second {
			t.Errorf("%q took %v", text, d)
		}
		for i, p := range periods {
			if i > 0 && !periods[i-1].StartsAt.Before(p.StartsAt) || p.StartsAt.Before(start) || len(periods) > maxOccurrences {
				t.Errorf("%q gives %v (%v)", text, periods, err)
			}
		}
	})
}
