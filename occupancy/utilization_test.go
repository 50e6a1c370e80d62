package occupancy_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kyoten/models"
	"kyoten/models/modelstest"
	"kyoten/occupancy"
)

// storeUse books a space and leaves the booking in the given state.
func storeUse(t *testing.T, store *models.Store, m *models.Member, space models.Space, p models.Period, status models.BookingStatus, in *time.Time) models.Booking {
	t.Helper()
	return storeUseUntil(t, store, m, space, p, p.EndsAt, status, in)
}

// storeUseUntil is storeUse where the space was held until another instant.
func storeUseUntil(t *testing.T, store *models.Store, m *models.Member, space models.Space, p models.Period, until time.Time, status models.BookingStatus, in *time.Time) models.Booking {
	t.Helper()
	b := models.Booking{
		Status: status, StartsAt: p.StartsAt, EndsAt: p.EndsAt, OrganizerID: m.ID, CreatedBy: m.ID, CompanyID: m.CompanyID,
		Spaces: []models.BookingSpace{{
			SpaceID: space.ID, Site: space.Site, Kind: space.Kind, StartsAt: p.StartsAt, EndsAt: until,
			Active: status.Holds(), Status: status, CheckedInAt: in,
		}},
	}
	if err := store.InTx(t.Context(), func(tx *models.Store) error { return tx.InsertBooking(t.Context(), &b) }); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestUtilizationCountsWhatWasBookedAndWhoCame(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	in := modelstest.At(0, 10, 20)
	storeUse(t, store, w.Ann, w.Room, modelstest.Hours(10, 12), models.BookingCheckedIn, &in)
	storeUse(t, store, w.Bob, w.Seats[0], modelstest.Hours(11, 12), models.BookingNoShow, nil)
	storeUse(t, store, w.Bob, w.Seats[1], modelstest.Hours(11, 12), models.BookingCancelled, nil)
	fake.Set(modelstest.At(0, 20, 0))
	s := occupancy.New(store, fake.Now)
	rows, err := s.Utilization(t.Context(), modelstest.As(t, store, w.Desk), occupancy.Query{
		Site: "colabo", Period: modelstest.Hours(0, 24), By: occupancy.ByHour,
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][4]int{}
	for _, r := range rows {
		got[r.Key] = [4]int{r.AvailableMinutes, r.BookedMinutes, r.UsedMinutes, r.Bookings}
	}
	if len(got) != 12 {
		t.Errorf("%d hours, want the 12 opening hours", len(got))
	}
	for hour, want := range map[string][4]int{"09": {300, 0, 0, 0}, "10": {300, 60, 40, 1}, "11": {300, 120, 60, 1}} {
		if got[hour] != want {
			t.Errorf("%s: available, booked, used, bookings = %v, want %v", hour, got[hour], want)
		}
	}
}

func TestReportsAreForThoseWhoRunTheSite(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	s := occupancy.New(store, fake.Now)
	storeUse(t, store, w.Worker, w.OfficeSeat, modelstest.Hours(10, 12), models.BookingConfirmed, nil)
	storeUse(t, store, w.Ann, w.FarRoom, modelstest.Hours(10, 12), models.BookingConfirmed, nil)
	q := occupancy.Query{Site: "shiojiri", Period: modelstest.Hours(0, 24), By: occupancy.ByCompany}
	for _, tt := range []struct {
		who  *models.Member
		want error
	}{{w.Ann, models.ErrForbidden}, {w.Desk, models.ErrForbidden}, {w.Admin, nil}, {w.Manager, nil}} {
		if _, err := s.Utilization(t.Context(), modelstest.As(t, store, tt.who), q); !errors.Is(err, tt.want) {
			t.Errorf("%s got %v, want %v", tt.who.Role, err, tt.want)
		}
	}
	rows, err := s.Utilization(t.Context(), modelstest.As(t, store, w.Manager), q)
	if err != nil || len(rows) != 1 || rows[0].Key != strconv.Itoa(w.Acme.ID) {
		t.Errorf("a manager reads %+v (%v), want the company's row alone", rows, err)
	}
	q.Period.EndsAt = q.Period.StartsAt.Add(367 * 24 * time.Hour)
	if _, err := s.Utilization(t.Context(), modelstest.As(t, store, w.Admin), q); !errors.Is(err, models.ErrOutOfRange) {
		t.Errorf("a report of 367 days: %v, want ErrOutOfRange", err)
	}
}

// TestUtilizationEqualsACountByTheMinute asks for reports over random bookings and
// compares each figure with one counted minute by minute.
func TestUtilizationEqualsACountByTheMinute(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	rng := rand.New(rand.NewPCG(1, 2))
	spaces := append([]models.Space{w.Room}, w.Seats...)
	people := []*models.Member{w.Ann, w.Bob, w.Worker}
	other := giveOtherPlan(t, store, w)
	var uses []models.Booking
	for _, space := range spaces {
		for at := 0; at < 5*24*4; {
			length := 1 + rng.IntN(12)
			p := models.Period{StartsAt: modelstest.At(0, 0, at*15), EndsAt: modelstest.At(0, 0, (at+length)*15)}
			at += length + rng.IntN(20)
			status := []models.BookingStatus{models.BookingConfirmed, models.BookingCompleted, models.BookingNoShow, models.BookingCancelled}[rng.IntN(4)]
			var in *time.Time
			if status == models.BookingCompleted {
				t := p.StartsAt.Add(time.Duration(rng.IntN(length*15)-5) * time.Minute)
				in = &t
			}
			held := p
			if in != nil && length > 1 && rng.IntN(3) == 0 {
				held.EndsAt = p.EndsAt.Add(-10 * time.Minute) // left early
			}
			uses = append(uses, storeUseUntil(t, store, people[rng.IntN(len(people))], space, p, held.EndsAt, status, in))
		}
	}
	fake.Set(modelstest.At(6, 0, 0))
	s := occupancy.New(store, fake.Now)
	q := occupancy.Query{Site: "colabo", Period: models.Period{StartsAt: modelstest.At(0, 15, 0), EndsAt: modelstest.At(3, 11, 0)}}
	want := map[occupancy.By][]occupancy.Row{}
	for _, q.By = range occupancy.Groupings {
		want[q.By] = countByTheMinute(w, other, uses, q)
	}
	inEachState(t, store, func(t *testing.T) {
		for _, q.By = range occupancy.Groupings {
			got, err := s.Utilization(t.Context(), modelstest.As(t, store, w.Admin), q)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want[q.By], got, cmpopts.IgnoreFields(occupancy.Row{}, "Visitors")); diff != "" {
				t.Errorf("by %s (-want +got):\n%s", q.By, diff)
			}
		}
	})
}

// giveOtherPlan gives Bob a plan that the others do not have.
func giveOtherPlan(t *testing.T, store *models.Store, w *modelstest.World) models.ID {
	t.Helper()
	plan := *w.Plan
	plan.ID, plan.IsDefault = models.ID{}, false
	err := store.InTx(t.Context(), func(tx *models.Store) error {
		if err := tx.InsertPlan(t.Context(), &plan); err != nil {
			return err
		}
		w.Bob.PlanID = &plan.ID
		return tx.UpdateMember(t.Context(), w.Bob, nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	return plan.ID
}

// countByTheMinute is the report, computed without anything it is made of.
func countByTheMinute(w *modelstest.World, other models.ID, uses []models.Booking, q occupancy.Query) []occupancy.Row {
	rows := map[string]*occupancy.Row{}
	tokyo := time.FixedZone("JST", 9*3600)
	row := func(at time.Time, b *models.Booking, space models.Space) *occupancy.Row {
		local := at.In(tokyo)
		key := map[occupancy.By]string{
			occupancy.ByHour: fmt.Sprintf("%02d", local.Hour()), occupancy.ByDay: local.Format("2006-01-02"), occupancy.ByWeekday: strconv.Itoa(int(local.Weekday())), occupancy.ByWeekdayHour: fmt.Sprintf("%d-%02d", local.Weekday(), local.Hour()),
			occupancy.BySpace: space.ID.String(), occupancy.ByKind: string(space.Kind), occupancy.BySite: space.Site, occupancy.ByMonth: local.Format("2006-01"), occupancy.ByZone: strconv.Itoa(space.ZoneID), occupancy.ByCompany: "0", occupancy.ByPlan: w.Plan.ID.String(),
		}[q.By]
		if q.By == occupancy.ByCompany && b != nil && b.CompanyID != nil {
			key = strconv.Itoa(*b.CompanyID)
		}
		if q.By == occupancy.ByPlan && b != nil && b.OrganizerID == w.Bob.ID {
			key = other.String()
		}
		if rows[key] == nil {
			rows[key] = &occupancy.Row{Key: key}
		}
		return rows[key]
	}
	all := map[models.ID]models.Space{w.Room.ID: w.Room}
	for _, s := range w.Seats {
		all[s.ID] = s
	}
	for at := q.Period.StartsAt; at.Before(q.Period.EndsAt); at = at.Add(time.Minute) {
		if hour := at.In(tokyo).Hour(); hour >= 9 && hour < 21 && q.By != occupancy.ByCompany && q.By != occupancy.ByPlan {
			for _, s := range all {
				row(at, nil, s).AvailableMinutes++
			}
		}
		for i := range uses {
			b := &uses[i]
			if b.Status == models.BookingCancelled || at.Before(b.StartsAt) || !at.Before(b.Spaces[0].EndsAt) {
				continue
			}
			r := row(at, b, all[b.Spaces[0].SpaceID])
			r.BookedMinutes++
			if in := b.Spaces[0].CheckedInAt; in != nil && !at.Before(*in) {
				r.UsedMinutes++
			}
			if at.Equal(b.StartsAt) {
				r.Bookings++
				if b.Status == models.BookingNoShow {
					r.NoShows++
				}
				if b.Spaces[0].CheckedInAt != nil && b.Spaces[0].EndsAt.Before(b.EndsAt) {
					r.EarlyLeaves++
				}
			}
		}
	}
	out := []occupancy.Row{}
	for _, r := range rows {
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b occupancy.Row) int {
		if a.Key < b.Key {
			return -1
		}
		return 1
	})
	return out
}
