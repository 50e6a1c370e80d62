package occupancy_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kyoten/models"
	"kyoten/models/modelstest"
	"kyoten/occupancy"
)

// seenInside is what a report says of people, counted minute by minute.
type seenInside struct {
	visitors, visits, peak int
	average                float64
}

// TestPeopleInsideEqualACountByTheMinute stores random visits to an entrance and
// to an office behind it, and compares the figures about people with those of
// somebody who looks into every zone once a minute.
func TestPeopleInsideEqualACountByTheMinute(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	rng := rand.New(rand.NewPCG(3, 4))
	visits := randomVisits(w, rng)
	if err := store.InTx(t.Context(), func(tx *models.Store) error { return tx.PutVisits(t.Context(), visits) }); err != nil {
		t.Fatal(err)
	}
	fake.Set(modelstest.At(6, 0, 0))
	s := occupancy.New(store, fake.Now)
	q := occupancy.Query{Site: "shiojiri", Period: models.Period{StartsAt: modelstest.At(0, 15, 0), EndsAt: modelstest.At(3, 11, 0)}}
	want := map[occupancy.By]map[string]seenInside{}
	for _, q.By = range occupancy.Groupings {
		want[q.By] = lookEveryMinute(visits, q)
	}
	inEachState(t, store, func(t *testing.T) {
		for _, q.By = range occupancy.Groupings {
			rows, err := s.Utilization(t.Context(), modelstest.As(t, store, w.Admin), q)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]seenInside{}
			for _, r := range rows {
				if seen := (seenInside{r.Visitors, r.Visits, r.PeakInside, r.AverageInside}); seen != (seenInside{}) {
					got[r.Key] = seen
				}
			}
			if diff := cmp.Diff(want[q.By], got, cmp.AllowUnexported(seenInside{})); diff != "" {
				t.Errorf("by %s (-want +got):\n%s", q.By, diff)
			}
		}
	})
}

// randomVisits lets eight people come and go for four days; every other stay is
// in the office too, for a part of it.
func randomVisits(w *modelstest.World, rng *rand.Rand) []models.Visit {
	var visits []models.Visit
	ms := func(minute int) int64 { return modelstest.At(0, 0, minute).UnixMilli() }
	for person := range 8 {
		for at := rng.IntN(600); at < 4*24*60; at += 1 + rng.IntN(900) {
			length := 2 + rng.IntN(500)
			left := ms(at + length)
			v := models.Visit{
				EntryID: fmt.Sprintf("%032x", len(visits)), ZoneID: w.Entrance["shiojiri"], Subject: fmt.Sprintf("%016x", person+1), Site: "shiojiri",
				EnteredMS: ms(at), LeftMS: &left, ClosedBy: "scan",
			}
			visits = append(visits, v)
			if rng.IntN(2) == 0 {
				v.ZoneID, v.EnteredMS = w.Office, ms(at+rng.IntN(length-1))
				visits = append(visits, v)
			}
			at += length
		}
	}
	return visits
}

// lookEveryMinute counts by looking at who is where in each minute.
func lookEveryMinute(visits []models.Visit, q occupancy.Query) map[string]seenInside {
	type cell struct {
		people                map[string]bool
		visits, peak          int
		insideMinutes, opened int
	}
	cells := map[string]*cell{}
	places := []string{"shiojiri"}
	if q.By == occupancy.ByZone {
		for _, v := range visits {
			if zone := strconv.Itoa(v.ZoneID); !slices.Contains(places, zone) {
				places = append(places, zone)
			}
		}
		places = places[1:]
	}
	for at := q.Period.StartsAt; at.Before(q.Period.EndsAt); at = at.Add(time.Minute) {
		local := at.In(time.FixedZone("JST", 9*3600))
		for _, place := range places {
			key := map[occupancy.By]string{
				occupancy.ByHour: local.Format("15"), occupancy.ByDay: local.Format("2006-01-02"), occupancy.ByMonth: local.Format("2006-01"),
				occupancy.ByWeekday: strconv.Itoa(int(local.Weekday())), occupancy.ByWeekdayHour: fmt.Sprintf("%d-%s", local.Weekday(), local.Format("15")),
				occupancy.BySite: place, occupancy.ByZone: place,
			}[q.By]
			if key == "" {
				return map[string]seenInside{} // people are not counted at doors there
			}
			c := cells[key]
			if c == nil {
				c = &cell{people: map[string]bool{}}
				cells[key] = c
			}
			now, before := peopleAt(visits, place, at), peopleAt(visits, place, at.Add(-time.Minute))
			for person := range now {
				c.people[person] = true
				if !before[person] && !at.Equal(q.Period.StartsAt) {
					c.visits++
				}
			}
			c.peak, c.insideMinutes = max(c.peak, len(now)), c.insideMinutes+len(now)
			if hour := local.Hour(); hour >= 9 && hour < 21 {
				c.opened++
			}
		}
	}
	out := map[string]seenInside{}
	for key, c := range cells {
		seen := seenInside{visitors: len(c.people), visits: c.visits, peak: c.peak}
		if c.opened > 0 {
			seen.average = math.Round(float64(c.insideMinutes)*10/float64(c.opened)) / 10
		}
		if seen != (seenInside{}) {
			out[key] = seen
		}
	}
	return out
}

// peopleAt returns who is at the site, or in the zone, in a minute.
func peopleAt(visits []models.Visit, place string, at time.Time) map[string]bool {
	people := map[string]bool{}
	for _, v := range visits {
		if (place == "shiojiri" || place == strconv.Itoa(v.ZoneID)) && v.EnteredMS <= at.UnixMilli() && at.UnixMilli() < *v.LeftMS {
			people[v.Subject] = true
		}
	}
	return people
}

// TestAReportIsComparedWithThePeriodBefore: each row beside its own of then.
func TestAReportIsComparedWithThePeriodBefore(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	day := func(n int) models.Period {
		return models.Period{StartsAt: modelstest.At(n, 0, 0), EndsAt: modelstest.At(n+1, 0, 0)}
	}
	storeUse(t, store, w.Ann, w.Room, modelstest.Hours(10, 12), models.BookingConfirmed, nil)
	next := models.Period{StartsAt: modelstest.At(1, 11, 0), EndsAt: modelstest.At(1, 12, 0)}
	storeUse(t, store, w.Worker, w.Room, next, models.BookingConfirmed, nil)
	fake.Set(modelstest.At(6, 0, 0))
	s := occupancy.New(store, fake.Now)
	by := []occupancy.By{occupancy.ByDay, occupancy.BySpace, occupancy.ByCompany, occupancy.ByHour}
	all, err := s.CompareUtilizations(t.Context(), modelstest.As(t, store, w.Admin), occupancy.Query{Site: "colabo", Period: day(1)}, by...)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []map[string][2]int{
		{"2026-12-08": {60, 120}},
		{w.Room.ID.String(): {60, 120}},
		{"0": {0, 120}, strconv.Itoa(w.Acme.ID): {60, 0}},
		{"10": {0, 60}, "11": {60, 60}},
	} {
		got := map[string][2]int{}
		for _, r := range all[i] {
			pair := [2]int{r.BookedMinutes, 0}
			if r.Before != nil {
				pair[1] = r.Before.BookedMinutes
			}
			if pair != [2]int{} {
				got[r.Key] = pair
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("by %s, booked now and before (-want +got):\n%s", by[i], diff)
		}
	}
}
