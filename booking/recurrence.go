package booking

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/teambition/rrule-go"

	"kyoten/internal/fault"
	"kyoten/models"
)

// ErrInvalidRule means that a rule for repeating cannot be used: it is not one of
// RFC 5545, it has no end, or it repeats otherwise than by days, weeks or months.
var ErrInvalidRule = fault.New(fault.Invalid, "invalid_rule", "the rule for repeating is not valid")

const (
	// maxOccurrences is how many bookings a series has at most.
	maxOccurrences = 200
	// maxInterval keeps the arithmetic of a rule small.
	maxInterval = 366

	exdate = "EXDATE"
)

// recurrence is an RFC 5545 rule with its first start. Rules speak of days and
// the clock on the wall, so they are expanded in floating time (wall time written
// as if it were UTC) and only what comes out is made an instant: 10:00 stays
// 10:00 when the clocks change. This file alone knows the library.
type recurrence struct {
	option rrule.ROption // floating
	except []time.Time   // EXDATE, floating
	first  models.Period // the period the rule starts from
	loc    *time.Location
}

// newRecurrence reads a rule: RRULE as RFC 5545 has it, with or without its name,
// and EXDATE on lines of their own. The first occurrence is the first day from
// the start of first on that the rule names.
func newRecurrence(text string, first models.Period, loc *time.Location) (recurrence, error) {
	r := recurrence{first: first, loc: loc}
	var rule string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(strings.ToUpper(line), exdate):
			if err := r.addExdates(line[len(exdate):]); err != nil {
				return r, invalidRule(err)
			}
		case line != "" && rule == "":
			rule = strings.TrimPrefix(strings.ToUpper(line), "RRULE:")
		case line != "":
			return r, invalidRule(errors.New("more than one rule"))
		}
	}
	if err := partsOnce(rule); err != nil {
		return r, invalidRule(err)
	}
	option, err := rrule.StrToROptionInLocation(rule, loc)
	if err != nil {
		return r, invalidRule(err)
	}
	r.option = *option
	r.option.Dtstart = float(first.StartsAt, loc)
	if err := r.readUntil(rule); err != nil {
		return r, err
	}
	return r, r.check(rule)
}

// partsOnce refuses a rule that says something twice: of two FREQ the library
// takes the last one, unseen.
func partsOnce(rule string) error {
	seen := map[string]bool{}
	for part := range strings.SplitSeq(rule, ";") {
		name, _, _ := strings.Cut(part, "=")
		if name = strings.TrimSpace(name); seen[name] {
			return fmt.Errorf("%s stands in it twice", name)
		}
		seen[name] = true
	}
	return nil
}

// readUntil makes the end of the rule floating. An end that is a day includes
// the whole day.
func (r *recurrence) readUntil(rule string) error {
	if r.option.Until.IsZero() {
		return nil
	}
	until := float(r.option.Until, r.loc)
	for part := range strings.SplitSeq(rule, ";") {
		if day, ok := strings.CutPrefix(part, "UNTIL="); ok && len(day) == len(rrule.DateFormat) {
			until = until.Add(24*time.Hour - time.Second)
		}
	}
	r.option.Until = until
	if until.Before(r.option.Dtstart) {
		return ErrInvalidRule.On("rule")
	}
	return nil
}

// addExdates reads what follows the name in EXDATE;TZID=Asia/Tokyo:20261214T100000
// or EXDATE:20261214T010000Z. A date without a zone is wall time of the site.
func (r *recurrence) addExdates(line string) error {
	dates, err := rrule.StrToDatesInLoc(strings.TrimLeft(line, ";:"), r.loc)
	if err != nil {
		return err
	}
	for _, d := range dates {
		r.except = append(r.except, float(d, r.loc))
	}
	return nil
}

// check refuses what RFC 5545 forbids, what has no end, and the parts of rules
// that no booking needs.
func (r *recurrence) check(rule string) error {
	o := &r.option
	rare := len(o.Bymonth) + len(o.Byyearday) + len(o.Byweekno) + len(o.Byhour) + len(o.Byminute) + len(o.Bysecond) + len(o.Byeaster)
	switch {
	case o.Freq != rrule.DAILY && o.Freq != rrule.WEEKLY && o.Freq != rrule.MONTHLY, rare > 0, strings.Contains(rule, "DTSTART"):
		return invalidRule(errors.New("only FREQ, INTERVAL, COUNT, UNTIL, BYDAY, BYMONTHDAY, BYSETPOS and WKST are used"))
	case (o.Count > 0) == !o.Until.IsZero(), o.Count < 0:
		return invalidRule(errors.New("one of COUNT and UNTIL is needed"))
	case o.Interval < 0, o.Interval > maxInterval, strings.Contains(";"+rule+";", ";INTERVAL=0;"):
		return invalidRule(errors.New("INTERVAL is out of bounds"))
	case o.Count > maxOccurrences:
		return tooManyOccurrences()
	}
	if err := r.checkDays(); err != nil {
		return invalidRule(err)
	}
	_, err := rrule.NewRRule(*o)
	return invalidRule(err)
}

// checkDays refuses days that the frequency cannot have, among them all that
// would never come: they would be looked for until the year 9999.
func (r *recurrence) checkDays() error {
	o := &r.option
	monthly := o.Freq == rrule.MONTHLY
	for _, day := range o.Byweekday {
		if n := day.N(); n != 0 && !monthly || n < -5 || n > 5 {
			return errors.New("BYDAY with a number is for months, from 1 to 5")
		}
	}
	switch {
	case len(o.Bymonthday) > 0 && !monthly:
		return errors.New("BYMONTHDAY is for months")
	case o.Freq == rrule.DAILY && len(o.Byweekday) > 0 && o.Interval > 1:
		return errors.New("BYDAY every so many days is not used")
	}
	for _, n := range o.Bysetpos {
		if !monthly || len(o.Bymonthday) > 0 || max(n, -n) > 4*len(o.Byweekday) {
			return errors.New("BYSETPOS chooses among the BYDAY of a month")
		}
	}
	return nil
}

// periods returns the occurrences, EXDATE left out. ErrOutOfRange when there are
// more than a series may have.
func (r *recurrence) periods() ([]models.Period, error) {
	rule, err := rrule.NewRRule(r.option)
	if err != nil {
		return nil, invalidRule(err)
	}
	length := lengthOf(r.first, r.loc)
	var out []models.Period
	next := rule.Iterator()
	for n := 0; ; n++ {
		start, more := next()
		if !more {
			return out, nil
		}
		if n == maxOccurrences {
			return nil, tooManyOccurrences()
		}
		if !slices.Contains(r.except, start) {
			out = append(out, occurrence(start, length, r.loc))
		}
	}
}

// extended returns the rule with so many occurrences more, or with another end.
func (r recurrence) extended(ext SeriesExtension) (recurrence, error) {
	switch {
	case (ext.Count > 0) == (ext.Until != nil), ext.Count < 0:
		return r, models.ErrInvalidInput.On("count").Saying("count_or_until")
	case ext.Until != nil:
		until := float(*ext.Until, r.loc)
		if until.Before(r.option.Dtstart) {
			return r, models.ErrOutOfRange.On("until")
		}
		r.option.Count, r.option.Until = 0, until
		return r, nil
	case r.option.Count > 0:
		r.option.Count += ext.Count
	default: // an UNTIL becomes as many as it gave, and more
		given, err := r.given()
		if err != nil {
			return r, err
		}
		r.option.Count, r.option.Until = given+ext.Count, time.Time{}
	}
	if r.option.Count > maxOccurrences {
		return r, tooManyOccurrences()
	}
	return r, nil
}

// given is how many occurrences the rule gives, those that EXDATE takes out
// included.
func (r *recurrence) given() (int, error) {
	rule, err := rrule.NewRRule(r.option)
	if err != nil {
		return 0, invalidRule(err)
	}
	n, next := 0, rule.Iterator()
	for _, more := next(); more; _, more = next() {
		if n++; n > maxOccurrences {
			return 0, tooManyOccurrences()
		}
	}
	return n, nil
}

// String returns the rule in one spelling, with EXDATE on a line of its own.
func (r *recurrence) String() string {
	o := r.option
	if !o.Until.IsZero() {
		o.Until = land(o.Until, r.loc)
	}
	text := o.RRuleString()
	var days []string
	for _, d := range r.except {
		days = append(days, land(d, r.loc).Format(rrule.DateTimeFormat))
	}
	if len(days) > 0 {
		text += "\n" + exdate + ":" + strings.Join(days, ",")
	}
	return text
}

// float writes the wall time of an instant as if it were UTC.
func float(t time.Time, loc *time.Location) time.Time {
	t = t.In(loc)
	y, m, d := t.Date()
	return time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// land returns the instant at which clocks in loc show a floating time.
func land(t time.Time, loc *time.Location) time.Time {
	h, m, s := t.Clock()
	return models.DayOf(t, time.UTC).At(h*60+m, loc).Add(time.Duration(s) * time.Second)
}

// occurrence is the time from a floating start for a length on the clock. A night
// from 22:00 to 06:00 keeps its two ends when the clocks change in it. What begins
// at a time that they skip or show twice has no such ends, and keeps its length.
func occurrence(start time.Time, length time.Duration, loc *time.Location) models.Period {
	p := models.Period{StartsAt: land(start, loc), EndsAt: land(start.Add(length), loc)}
	if !shownOnce(start, loc) {
		p.EndsAt = p.StartsAt.Add(length)
	}
	return p
}

// lengthOf is the length that occurrence makes a period of again.
func lengthOf(p models.Period, loc *time.Location) time.Duration {
	start := float(p.StartsAt, loc)
	if !shownOnce(start, loc) {
		return p.Length()
	}
	return float(p.EndsAt, loc).Sub(start)
}

// shownOnce reports whether clocks in loc show a floating time, and only once.
func shownOnce(t time.Time, loc *time.Location) bool {
	at := land(t, loc)
	_, before := at.Add(-24 * time.Hour).In(loc).Zone()
	_, after := at.Add(24 * time.Hour).In(loc).Zone()
	again := at.Add(time.Duration(before-after) * time.Second)
	return float(at, loc).Equal(t) && (before == after || !float(again, loc).Equal(t))
}

func invalidRule(why error) error {
	if why == nil {
		return nil
	}
	return ErrInvalidRule.On("rule").Because(fmt.Errorf("read rule: %w", why))
}

func tooManyOccurrences() error { return models.ErrOutOfRange.On("rule").With("max", maxOccurrences) }
