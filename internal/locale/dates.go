package locale

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Date returns the day of t in loc: 2026年12月1日(火) or Tue 1 Dec 2026.
func Date(lang Lang, t time.Time, loc *time.Location) string {
	t = t.In(loc)
	if lang == EN {
		return t.Format("Mon 2 Jan 2006")
	}
	return t.Format("2006年1月2日") + weekdayInBrackets(t)
}

// ShortDate returns the day without its year: 12月1日(火) or Tue 1 Dec.
func ShortDate(lang Lang, t time.Time, loc *time.Location) string {
	t = t.In(loc)
	if lang == EN {
		return t.Format("Mon 2 Jan")
	}
	return t.Format("1月2日") + weekdayInBrackets(t)
}

// Month returns 2026年12月 or December 2026.
func Month(lang Lang, t time.Time, loc *time.Location) string {
	if lang == EN {
		return t.In(loc).Format("January 2006")
	}
	return t.In(loc).Format("2006年1月")
}

// Time returns the time of day in loc, 09:05 in both languages.
func Time(t time.Time, loc *time.Location) string { return t.In(loc).Format("15:04") }

// DateTime returns 2026年12月1日(火) 10:00 or Tue 1 Dec 2026, 10:00.
func DateTime(lang Lang, t time.Time, loc *time.Location) string {
	return Date(lang, t, loc) + dayGap(lang) + Time(t, loc)
}

// TimeRange returns the hours from start to end in loc: 10:00〜12:00 or
// 10:00–12:00. A period that ends as its day does ends at 24:00, as people in
// Japan write it. A period over several days names the last day too, over New
// Year with its year.
func TimeRange(lang Lang, start, end time.Time, loc *time.Location) string {
	until := Time(end, loc)
	last := end.In(loc).Add(-time.Nanosecond) // an instant of the last day
	if until == "00:00" {
		until = "24:00"
	}
	if first := start.In(loc); first.Year() != last.Year() {
		until = Date(lang, last, loc) + dayGap(lang) + until
	} else if !sameDay(first, last) {
		until = ShortDate(lang, last, loc) + dayGap(lang) + until
	}
	return Span(lang, Time(start, loc), until)
}

// Span returns what lies between two things: 月〜土 or Mon–Sat.
func Span(lang Lang, first, last string) string {
	if lang == EN {
		return first + "–" + last
	}
	return first + "〜" + last
}

// Period returns the day and the hours of a period in loc:
// 2026年12月1日(火) 10:00〜12:00 or Tue 1 Dec 2026, 10:00–12:00.
func Period(lang Lang, start, end time.Time, loc *time.Location) string {
	return Date(lang, start, loc) + dayGap(lang) + TimeRange(lang, start, end, loc)
}

// Day returns the word for a day near now (今日, tomorrow, ...), else its short
// date, with the year when that is another one than now's.
func Day(lang Lang, t, now time.Time, loc *time.Location) string {
	if word, ok := RelativeDay(lang, t, now, loc); ok {
		return word
	}
	if t.In(loc).Year() != now.In(loc).Year() {
		return Date(lang, t, loc)
	}
	return ShortDate(lang, t, loc)
}

// RelativeDay returns the word for yesterday, today or tomorrow as seen from
// now, and whether t falls on one of them.
func RelativeDay(lang Lang, t, now time.Time, loc *time.Location) (string, bool) {
	t, now = t.In(loc), now.In(loc)
	for offset, key := range map[int]string{-1: "date.yesterday", 0: "date.today", 1: "date.tomorrow"} {
		if sameDay(t, time.Date(now.Year(), now.Month(), now.Day()+offset, 12, 0, 0, 0, loc)) {
			return T(lang, key), true
		}
	}
	return "", false
}

// Duration returns a length of time in its two largest units from days to
// minutes: 1時間30分, 2日3時間, 45秒 when under a minute.
func Duration(lang Lang, d time.Duration) string {
	if d < time.Minute {
		return count(lang, "date.seconds", int(d/time.Second))
	}
	units := []struct {
		key  string
		size time.Duration
	}{{"date.days", 24 * time.Hour}, {"date.hours", time.Hour}, {"date.minutes", time.Minute}}
	var parts []string
	for _, u := range units {
		if n := int(d / u.size); n > 0 && len(parts) < 2 {
			parts = append(parts, count(lang, u.key, n))
		}
		d %= u.size
	}
	if lang == EN {
		return strings.Join(parts, " ")
	}
	return strings.Join(parts, "")
}

// Weekday returns the short name of a weekday: 火 or Tue.
func Weekday(lang Lang, day time.Weekday) string {
	return T(lang, "date.weekday."+strconv.Itoa(int(day)))
}

func weekdayInBrackets(t time.Time) string {
	return fmt.Sprintf("(%s)", Weekday(JA, t.Weekday()))
}

func count(lang Lang, key string, n int) string {
	return T(lang, key, map[string]any{"count": n})
}

// dayGap is what stands between a day and a time.
func dayGap(lang Lang) string {
	if lang == EN {
		return ", "
	}
	return " "
}

func sameDay(a, b time.Time) bool {
	return a.Year() == b.Year() && a.YearDay() == b.YearDay()
}
