package models_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kyoten/models"
	"kyoten/models/modelstest"
)

func TestPeriodsAreHalfOpen(t *testing.T) {
	t.Parallel()
	nineToTen := modelstest.Hours(9, 10)
	for name, tt := range map[string]struct {
		from, to int
		want     bool
	}{
		"same":            {9, 10, true},
		"touching after":  {10, 11, false},
		"touching before": {8, 9, false},
		"inside out":      {8, 11, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			other := modelstest.Hours(tt.from, tt.to)
			if got := nineToTen.Overlaps(other); got != tt.want {
				t.Errorf("[9,10) overlaps [%d,%d) = %t, want %t", tt.from, tt.to, got, tt.want)
			}
			if got := other.Overlaps(nineToTen); got != tt.want {
				t.Errorf("[%d,%d) overlaps [9,10) = %t, want %t", tt.from, tt.to, got, tt.want)
			}
		})
	}
}

func TestNewPeriodRefusesTheEmptyOne(t *testing.T) {
	t.Parallel()
	at := modelstest.At(0, 9, 0)
	for _, end := range []time.Time{at, at.Add(-time.Hour), at.Add(500 * time.Millisecond)} {
		if _, err := models.NewPeriod(at, end); !errors.Is(err, models.ErrEndsBeforeStart) {
			t.Errorf("NewPeriod(%v, %v) = %v, want ErrEndsBeforeStart", at, end, err)
		}
	}
}

func TestSubtractAndClip(t *testing.T) {
	t.Parallel()
	h := modelstest.Hours
	for name, tt := range map[string]struct {
		cut  models.Period
		want []models.Period
	}{
		"middle":  {h(11, 12), []models.Period{h(9, 11), h(12, 17)}},
		"all":     {h(8, 18), nil},
		"start":   {h(8, 10), []models.Period{h(10, 17)}},
		"outside": {h(17, 18), []models.Period{h(9, 17)}},
	} {
		if diff := cmp.Diff(tt.want, models.Subtract([]models.Period{h(9, 17)}, tt.cut)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if diff := cmp.Diff([]models.Period{h(10, 11)}, models.Clip([]models.Period{h(9, 11), h(12, 13)}, h(10, 12))); diff != "" {
		t.Errorf("Clip (-want +got):\n%s", diff)
	}
}

func TestADayCanLast23Or25Hours(t *testing.T) {
	t.Parallel()
	york, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for day, want := range map[string]time.Duration{
		"2026-03-08": 23 * time.Hour, "2026-11-01": 25 * time.Hour, "2026-12-01": 24 * time.Hour,
	} {
		d, err := models.ParseDay(day)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.In(york).Length(); got != want {
			t.Errorf("%s lasts %v in New York, want %v", day, got, want)
		}
	}
	if _, err := models.ParseDay("2026-02-30"); !errors.Is(err, models.ErrBadDay) {
		t.Errorf("ParseDay of 30 February = %v, want ErrBadDay", err)
	}
	if got := (models.Day{Year: 2028, Month: 2, Day: 28}).Add(1).String(); got != "2028-02-29" {
		t.Errorf("the day after 2028-02-28 = %s", got)
	}
}

func TestInitialsShowNoMoreThanTwoLetters(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"山田 太郎": "山太", "Ann Lee": "AL", "ann marie lee": "AL", "太郎": "太", "": "", "  ": "",
	} {
		if got := models.Initials(name); got != want {
			t.Errorf("Initials(%q) = %q, want %q", name, got, want)
		}
	}
}
