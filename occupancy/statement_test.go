package occupancy_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kyoten/models"
	"kyoten/models/modelstest"
	"kyoten/occupancy"
)

// TestStatementsOfTheDemoEqualARecount compares every company's November with
// figures counted from the raw bookings, second by second.
func TestStatementsOfTheDemoEqualARecount(t *testing.T) {
	t.Parallel()
	store, s, admin := demoStore(t)
	want := map[string]counted{}
	for _, b := range bookingsOf(t, store) {
		if b.CompanyID == nil {
			continue
		}
		for _, space := range b.Spaces {
			one, part := map[string]counted{}, b
			part.Spaces = []models.BookingSpace{space}
			count(one, part)
			key := fmt.Sprintf("%d %s %s", *b.CompanyID, space.Site, space.Kind)
			w, c := want[key], one[space.Site]
			want[key] = counted{booked: w.booked + c.booked, used: w.used + c.used, bookings: w.bookings + c.bookings, noShows: w.noShows + c.noShows}
		}
	}
	got := map[string]counted{}
	cat, err := store.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, company := range cat.Companies() {
		st, err := s.Statement(t.Context(), admin, occupancy.StatementQuery{Company: company.ID, Year: 2026, Month: time.November})
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range st.Lines {
			got[fmt.Sprintf("%d %s %s", company.ID, line.Site, line.Kind)] = counted{
				booked: line.BookedMinutes * 60, used: line.UsedMinutes * 60, bookings: line.Bookings, noShows: line.NoShows,
			}
		}
	}
	for key, w := range want {
		w.booked, w.used = w.booked/60*60, w.used/60*60
		want[key] = w
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(counted{})); diff != "" || len(want) == 0 {
		t.Errorf("statements differ from the recount (-want +got):\n%s", diff)
	}
}

// TestEveryGroupingOfRandomDataEqualsARecount books at random and counts each
// grouping again, minute by minute, from the rows alone.
func TestEveryGroupingOfRandomDataEqualsARecount(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	random := rand.New(rand.NewPCG(7, 11))
	people := []*models.Member{w.Ann, w.Bob, w.Worker}
	statuses := []models.BookingStatus{models.BookingConfirmed, models.BookingCheckedIn, models.BookingCompleted, models.BookingNoShow, models.BookingCancelled}
	for day := range 12 {
		for _, space := range append([]models.Space{w.Room, w.FarRoom}, w.Seats...) {
			from := 9*60 + 15*random.IntN(20)
			start := modelstest.At(day, from/60, from%60)
			period := models.Period{StartsAt: start, EndsAt: start.Add(time.Duration(1+random.IntN(24)) * 15 * time.Minute)}
			var came *time.Time
			if at := start.Add(time.Duration(random.IntN(40)-10) * time.Minute); random.IntN(3) > 0 {
				came = &at
			}
			storeUse(t, store, people[random.IntN(len(people))], space, period, statuses[random.IntN(len(statuses))], came)
		}
	}
	report := models.Period{StartsAt: modelstest.At(1, 10, 0), EndsAt: modelstest.At(9, 17, 30)}
	bookings, err := store.BookingsBetween(t.Context(), models.Period{StartsAt: modelstest.At(-1, 0, 0), EndsAt: modelstest.At(14, 0, 0)})
	if err != nil {
		t.Fatal(err)
	}
	s, admin := occupancy.New(store, fake.Now), modelstest.As(t, store, w.Admin)
	fake.Set(modelstest.At(9, 20, 0))
	inEachState(t, store, func(t *testing.T) {
		for _, by := range []occupancy.By{occupancy.ByHour, occupancy.ByWeekday, occupancy.ByDay, occupancy.BySpace, occupancy.ByCompany, occupancy.ByKind, occupancy.BySite, occupancy.ByWeekdayHour} {
			rows, err := s.Utilization(t.Context(), admin, occupancy.Query{Period: report, By: by})
			if err != nil {
				t.Fatal(err)
			}
			got, want := map[string]counted{}, recount(bookings, report, by)
			for _, r := range rows {
				if r.BookedMinutes+r.Bookings > 0 {
					got[r.Key] = counted{booked: r.BookedMinutes, used: r.UsedMinutes, bookings: r.Bookings, noShows: r.NoShows}
				}
			}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(counted{})); diff != "" || len(want) == 0 {
				t.Errorf("by %s (-want +got):\n%s", by, diff)
			}
		}
	})
}

// recount walks every minute of every booking.
func recount(bookings []models.Booking, report models.Period, by occupancy.By) map[string]counted {
	out := map[string]counted{}
	seen := map[string]bool{}
	for _, b := range bookings {
		for _, space := range b.Spaces {
			if space.Status == models.BookingCancelled || space.Status == models.BookingPending {
				continue
			}
			key := func(at time.Time) string { return recountKey(b, space, at.In(japan), by) }
			for at := b.StartsAt; at.Before(b.EndsAt) && at.Before(space.EndsAt); at = at.Add(time.Minute) {
				if !report.Has(at) {
					continue
				}
				c := out[key(at)]
				c.booked++
				if space.CheckedInAt != nil && !at.Before(*space.CheckedInAt) {
					c.used++
				}
				out[key(at)] = c
			}
			if !report.Has(b.StartsAt) {
				continue
			}
			c := out[key(b.StartsAt)]
			if once := key(b.StartsAt) + b.ID.String(); !seen[once] {
				seen[once] = true
				c.bookings++
			}
			if space.Status == models.BookingNoShow {
				c.noShows++
			}
			out[key(b.StartsAt)] = c
		}
	}
	return out
}

func recountKey(b models.Booking, space models.BookingSpace, at time.Time, by occupancy.By) string {
	weekday := strconv.Itoa((int(at.Weekday())+6)%7 + 1)
	switch by {
	case occupancy.ByHour:
		return at.Format("15")
	case occupancy.ByWeekday:
		return weekday
	case occupancy.ByWeekdayHour:
		return weekday + "-" + at.Format("15")
	case occupancy.ByDay:
		return at.Format("2006-01-02")
	case occupancy.BySpace:
		return space.SpaceID.String()
	case occupancy.ByKind:
		return string(space.Kind)
	case occupancy.ByCompany:
		if b.CompanyID != nil {
			return strconv.Itoa(*b.CompanyID)
		}
		return "0"
	}
	return space.Site
}

func TestAStatementStandsBesideTheAllowance(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	s := occupancy.New(store, fake.Now)
	storeUse(t, store, w.Worker, w.OfficeSeat, modelstest.Hours(10, 12), models.BookingConfirmed, nil)
	company := w.Worker.Company()
	q := occupancy.StatementQuery{Company: company, Year: 2026, Month: time.December}
	st, err := s.Statement(t.Context(), modelstest.As(t, store, w.Manager), q)
	if err != nil || len(st.Lines) != 1 || st.Lines[0].BookedMinutes != 120 || st.Lines[0].Bookings != 1 {
		t.Errorf("the manager reads %+v, %v", st, err)
	}
	mine := occupancy.StatementQuery{Member: &w.Worker.ID, Year: 2026, Month: time.December}
	if st, err := s.Statement(t.Context(), modelstest.As(t, store, w.Worker), mine); err != nil || len(st.Lines) != 1 {
		t.Errorf("the member reads %+v, %v", st, err)
	}
	if st, err := s.Statement(t.Context(), modelstest.As(t, store, w.Desk), q); err != nil || len(st.Lines) != 0 {
		t.Errorf("the desk of another site reads %+v, %v; want nothing", st, err)
	}
	pooled := &models.Company{NameJA: "共同", NameEN: "Pool", MinutesPerMonth: 600}
	if err := store.InsertCompany(t.Context(), pooled); err != nil {
		t.Fatal(err)
	}
	shared := &models.Member{Email: "pool@kyoten.example", Name: "P", Role: models.RoleMember, CompanyID: &pooled.ID}
	if err := store.InsertMember(t.Context(), shared); err != nil {
		t.Fatal(err)
	}
	storeUse(t, store, shared, w.FarRoom, modelstest.Hours(10, 12), models.BookingConfirmed, nil)
	all := occupancy.StatementQuery{Company: pooled.ID, Year: 2026, Month: time.December}
	st, err = s.Statement(t.Context(), modelstest.As(t, store, w.Desk), all)
	if err != nil || len(st.Lines) != 0 || len(st.Allowances) != 1 || st.Allowances[0].BookedMinutes != 120 {
		t.Errorf("the desk of another site reads %+v, %v; want how much of the allowance is left", st, err)
	}
	for name, tt := range map[string]struct {
		who *models.Member
		q   occupancy.StatementQuery
	}{"a member of a company": {w.Worker, q}, "a member of another": {w.Ann, mine}, "no company": {w.Admin, occupancy.StatementQuery{Company: 99, Year: 2026, Month: time.December}}} {
		if _, err := s.Statement(t.Context(), modelstest.As(t, store, tt.who), tt.q); err == nil {
			t.Errorf("%s may read it", name)
		}
	}
}
