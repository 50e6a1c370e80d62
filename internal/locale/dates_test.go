package locale

import (
	"maps"
	"testing"
	"time"
	_ "time/tzdata" // the test runs where no zone database is installed, too
)

// tokyo is nine hours ahead of the instants below all year.
func tokyo(t *testing.T) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// at returns an instant of December 2026, given as Tokyo's wall clock has it.
func at(day, hour, minute int) time.Time {
	return time.Date(2026, 12, day, hour-9, minute, 0, 0, time.UTC)
}

func TestDatesAreWrittenAsEachLanguageWritesThem(t *testing.T) {
	t.Parallel()
	loc := tokyo(t)
	for _, tt := range []struct{ got, want string }{
		{DateTime(JA, at(1, 10, 0), loc), "2026年12月1日(火) 10:00"},
		{DateTime(EN, at(1, 10, 0), loc), "Tue 1 Dec 2026, 10:00"},
		{ShortDate(JA, at(5, 0, 30), loc), "12月5日(土)"},
		{ShortDate(EN, at(5, 0, 30), loc), "Sat 5 Dec"},
		{Month(JA, at(1, 0, 0), loc), "2026年12月"},
		{Month(EN, at(1, 0, 0), loc), "December 2026"},
		{Period(JA, at(1, 9, 5), at(1, 12, 0), loc), "2026年12月1日(火) 09:05〜12:00"},
		{Period(EN, at(1, 9, 5), at(1, 12, 0), loc), "Tue 1 Dec 2026, 09:05–12:00"},
		{TimeRange(JA, at(1, 22, 0), at(2, 0, 0), loc), "22:00〜24:00"},
		{TimeRange(JA, at(1, 22, 0), at(2, 6, 0), loc), "22:00〜12月2日(水) 06:00"},
		{TimeRange(EN, at(1, 22, 0), at(2, 6, 0), loc), "22:00–Wed 2 Dec, 06:00"},
		{TimeRange(JA, at(1, 0, 0), at(4, 0, 0), loc), "00:00〜12月3日(木) 24:00"},
		{Period(JA, at(29, 0, 0), at(35, 0, 0), loc), "2026年12月29日(火) 00:00〜2027年1月3日(日) 24:00"},
		{Period(EN, at(29, 0, 0), at(35, 9, 0), loc), "Tue 29 Dec 2026, 00:00–Mon 4 Jan 2027, 09:00"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestDayUsesAWordForDaysNearNow(t *testing.T) {
	t.Parallel()
	loc, now := tokyo(t), at(31, 23, 30)
	for _, tt := range []struct {
		lang Lang
		when time.Time
		want string
	}{
		{JA, at(31, 0, 0), "今日"},
		{JA, at(32, 0, 0), "明日"},
		{EN, at(30, 12, 0), "Yesterday"},
		{EN, at(28, 12, 0), "Mon 28 Dec"},
		{JA, at(35, 12, 0), "2027年1月4日(月)"},
	} {
		if got := Day(tt.lang, tt.when, now, loc); got != tt.want {
			t.Errorf("Day(%v, %v) = %q, want %q", tt.lang, tt.when, got, tt.want)
		}
	}
}

func TestDurationNamesItsTwoLargestUnits(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration][2]string{
		0:                            {"0秒", "0 s"},
		45 * time.Second:             {"45秒", "45 s"},
		15 * time.Minute:             {"15分", "15 min"},
		90 * time.Minute:             {"1時間30分", "1 h 30 min"},
		24 * time.Hour:               {"1日", "1 day"},
		51*time.Hour + 7*time.Minute: {"2日3時間", "2 days 3 h"},
	} {
		for _, lang := range Langs {
			if got := Duration(lang, d); got != want[lang] {
				t.Errorf("Duration(%v, %v) = %q, want %q", lang, d, got, want[lang])
			}
		}
	}
}

func TestTimesAmongTheValuesAreWrittenInTheirZone(t *testing.T) {
	t.Parallel()
	got := merge(JA, []map[string]any{{"at": at(1, 10, 0).In(tokyo(t)), "grain": 15 * time.Minute, "count": 3}})
	want := map[string]any{"at": "2026年12月1日(火) 10:00", "at_time": "10:00", "grain": "15分", "count": 3}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
