package occupancy_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kyoten/models"
	"kyoten/models/modelstest"
	"kyoten/occupancy"
)

// TestDaysOfClockChangesHaveTheHoursTheyHave asks about a site that is open
// around the clock where clocks go back on 1 November 2026 and forward on 14
// March 2027, with a booking over each night and a closure over part of one.
func TestDaysOfClockChangesHaveTheHoursTheyHave(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	site := &models.Site{Slug: "ny", NameJA: "紐育", NameEN: "New York", TimeZone: "America/New_York", Mode: models.ModeNormal}
	for day := time.Sunday; day <= time.Saturday; day++ {
		site.Hours = append(site.Hours, models.OpeningHours{Weekday: day, Opens: 0, Closes: 24 * 60})
	}
	zone := &models.Zone{Site: "ny", NameJA: "入口", NameEN: "Entrance", OfflineHours: 72}
	spaces := []models.Space{{Site: "ny", Kind: models.KindRoom, NameJA: "部屋", NameEN: "Room", Capacity: 4, Bookable: true, GrainMinutes: 15}}
	err = store.InTx(t.Context(), func(tx *models.Store) error {
		if err := tx.InsertSite(t.Context(), site); err != nil {
			return err
		}
		if err := tx.InsertZone(t.Context(), zone); err != nil {
			return err
		}
		spaces[0].ZoneID = zone.ID
		if err := tx.InsertSpaces(t.Context(), spaces); err != nil {
			return err
		}
		return tx.Load(t.Context(), []models.Closure{{
			ID: models.NewID(), Site: "ny", Reason: "cleaning", Version: 1,
			StartsAt: time.Date(2026, 11, 1, 22, 0, 0, 0, newYork).UTC(), EndsAt: time.Date(2026, 11, 2, 2, 0, 0, 0, newYork).UTC(),
		}})
	})
	if err != nil {
		t.Fatal(err)
	}
	night := models.Period{StartsAt: time.Date(2026, 10, 31, 23, 0, 0, 0, newYork).UTC(), EndsAt: time.Date(2026, 11, 1, 3, 0, 0, 0, newYork).UTC()}
	storeUse(t, store, w.Ann, spaces[0], night, models.BookingCompleted, &night.StartsAt)
	fake.Set(time.Date(2027, 4, 1, 0, 0, 0, 0, time.UTC))
	s := occupancy.New(store, fake.Now)
	for _, tt := range []struct {
		by       occupancy.By
		from, to time.Time
		want     map[string][2]int // available, booked
	}{
		{occupancy.ByDay, time.Date(2026, 10, 31, 0, 0, 0, 0, newYork), time.Date(2026, 11, 3, 0, 0, 0, 0, newYork), map[string][2]int{
			"2026-10-31": {24 * 60, 60}, "2026-11-01": {23 * 60, 4 * 60}, "2026-11-02": {22 * 60, 0}, // 25 hours less two of cleaning
		}},
		{occupancy.ByHour, time.Date(2026, 11, 1, 0, 0, 0, 0, newYork), time.Date(2026, 11, 1, 4, 0, 0, 0, newYork), map[string][2]int{
			"00": {60, 60}, "01": {120, 120}, "02": {60, 60}, "03": {60, 0},
		}},
		{occupancy.ByDay, time.Date(2027, 3, 14, 0, 0, 0, 0, newYork), time.Date(2027, 3, 15, 0, 0, 0, 0, newYork), map[string][2]int{
			"2027-03-14": {23 * 60, 0},
		}},
	} {
		rows, err := s.Utilization(t.Context(), modelstest.As(t, store, w.Admin), occupancy.Query{
			Site: "ny", By: tt.by, Period: models.Period{StartsAt: tt.from.UTC(), EndsAt: tt.to.UTC()},
		})
		if err != nil {
			t.Fatal(err)
		}
		got := map[string][2]int{}
		for _, r := range rows {
			got[r.Key] = [2]int{r.AvailableMinutes, r.BookedMinutes}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("by %s (-want +got):\n%s", tt.by, diff)
		}
	}
}
