package occupancy_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kyoten/demo"
	"kyoten/internal/clock"
	"kyoten/models"
	"kyoten/models/modelstest"
	"kyoten/occupancy"
)

var japan = time.FixedZone("JST", 9*3600)

// november is a month with two national holidays on weekdays, the 3rd and the
// 23rd; the demo's bookings begin on the 3rd.
var november = models.Period{
	StartsAt: time.Date(2026, 11, 1, 0, 0, 0, 0, japan).UTC(), EndsAt: time.Date(2026, 12, 1, 0, 0, 0, 0, japan).UTC(),
}

// demoStore returns the sample consortium as it stands on 1 December 2026.
func demoStore(t *testing.T) (*models.Store, *occupancy.Service, models.Principal) {
	t.Helper()
	fake := clock.At(time.Date(2026, 12, 1, 10, 0, 0, 0, japan))
	store, err := models.Open(t.Context(), modelstest.URL(t), fake.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	if err := demo.Fill(t.Context(), store, 3); err != nil {
		t.Fatal(err)
	}
	admin, err := store.MemberByEmail(t.Context(), "admin@kyoten.example")
	if err != nil {
		t.Fatal(err)
	}
	return store, occupancy.New(store, fake.Now), modelstest.As(t, store, &admin)
}

// inEachState has reports compared while all of their days are read row by row,
// while those that are over come packed, and while some of these were changed since.
func inEachState(t *testing.T, store *models.Store, compare func(t *testing.T)) {
	t.Helper()
	db, err := store.SQL()
	if err != nil {
		t.Fatal(err)
	}
	good := func() (n int) {
		if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM packed_days WHERE packed = marks").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	t.Run("row by row", compare)
	if err := store.PackDays(t.Context()); err != nil {
		t.Fatal(err)
	}
	if good() == 0 {
		t.Error("nothing was packed")
	}
	t.Run("packed", compare)
	if _, err := db.ExecContext(t.Context(), "UPDATE packed_days SET marks = marks + 1 WHERE day % 3 = 0"); err != nil {
		t.Fatal(err)
	}
	if good() == 0 {
		t.Error("nothing is packed any more")
	}
	t.Run("partly changed", compare)
}

// counted is what a report says, counted by hand.
type counted struct{ available, booked, used, bookings, noShows, visitors int }

// TestReportsOfTheDemoEqualARecount compares a month of every site with figures
// counted from the raw bookings and passages, second by second and without the
// catalogue, the calendar or the fold of visits.
func TestReportsOfTheDemoEqualARecount(t *testing.T) {
	t.Parallel()
	store, s, admin := demoStore(t)
	want := map[string]counted{}
	for site, spaces := range map[string]int{"shiojiri": 72, "colabo": 59, "knowers": 36} {
		want[site] = counted{available: openMinutes() * spaces}
	}
	for _, b := range bookingsOf(t, store) {
		count(want, b)
	}
	for site, people := range peopleSeen(t, store) {
		w := want[site]
		w.booked, w.used, w.visitors = w.booked/60, w.used/60, len(people)
		want[site] = w
	}
	inEachState(t, store, func(t *testing.T) {
		got := map[string]counted{}
		rows, err := s.Utilization(t.Context(), admin, occupancy.Query{Period: november, By: occupancy.BySite})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			got[r.Key] = counted{r.AvailableMinutes, r.BookedMinutes, r.UsedMinutes, r.Bookings, r.NoShows, r.Visitors}
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(counted{})); diff != "" {
			t.Errorf("reports differ from the recount (-want +got):\n%s", diff)
		}
	})
}

// openMinutes is how long a site was open in November 2026.
func openMinutes() (n int) {
	for day := 1; day <= 30; day++ {
		if at := time.Date(2026, 11, day, 0, 0, 0, 0, japan); at.Weekday() != time.Sunday && day != 3 && day != 23 {
			n += 12 * 60
		}
	}
	return n
}

func bookingsOf(t *testing.T, store *models.Store) []models.Booking {
	t.Helper()
	rows, err := store.BookingsBetween(t.Context(), november)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// count adds one booking to the figures of its sites, in seconds.
func count(want map[string]counted, b models.Booking) {
	seen := map[string]bool{}
	for _, s := range b.Spaces {
		if b.Status == models.BookingCancelled {
			continue
		}
		w := want[s.Site]
		end := b.EndsAt
		if s.EndsAt.Before(end) {
			end = s.EndsAt
		}
		for at := b.StartsAt; at.Before(end); at = at.Add(time.Second) {
			if !november.Has(at) {
				continue
			}
			w.booked++
			if s.CheckedInAt != nil && !at.Before(*s.CheckedInAt) {
				w.used++
			}
		}
		if november.Has(b.StartsAt) && !seen[s.Site] {
			seen[s.Site] = true
			w.bookings++
		}
		if s.Status == models.BookingNoShow {
			w.noShows++
		}
		want[s.Site] = w
	}
}

// peopleSeen returns who passed the doors of each site, from the passages alone.
func peopleSeen(t *testing.T, store *models.Store) map[string]map[string]bool {
	t.Helper()
	db, err := store.SQL()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.QueryContext(t.Context(), "SELECT site, subject, at_ms FROM passages WHERE decision <> 'deny' AND subject <> ''")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	people := map[string]map[string]bool{}
	for rows.Next() {
		var site, subject string
		var at int64
		if err := rows.Scan(&site, &subject, &at); err != nil {
			t.Fatal(err)
		}
		if !november.Has(time.UnixMilli(at)) {
			continue
		}
		if people[site] == nil {
			people[site] = map[string]bool{}
		}
		people[site][subject] = true
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return people
}

// TestCrossSiteAddsUp: what the homes have at a site is what the site had.
func TestCrossSiteAddsUp(t *testing.T) {
	t.Parallel()
	store, s, admin := demoStore(t)
	want := map[string]counted{}
	members, err := store.AllMembers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	home := map[models.ID]string{}
	for _, m := range members {
		home[m.ID] = *m.HomeSite
	}
	for _, b := range bookingsOf(t, store) {
		one := map[string]counted{}
		count(one, b)
		for site, c := range one {
			key := home[b.OrganizerID] + ">" + site
			w := want[key]
			want[key] = counted{booked: w.booked + c.booked, used: w.used + c.used, bookings: w.bookings + c.bookings}
		}
	}
	for key, w := range want {
		w.booked, w.used = w.booked/60, w.used/60
		want[key] = w
	}
	seen := peopleSeen(t, store)
	inEachState(t, store, func(t *testing.T) {
		rows, err := s.CrossSite(t.Context(), admin, 2026, time.November)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]counted{}
		visitors := map[string]int{}
		for _, r := range rows {
			got[r.Home+">"+r.Site] = counted{booked: r.BookedMinutes, used: r.UsedMinutes, bookings: r.Bookings}
			visitors[r.Site] += r.Visitors
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(counted{})); diff != "" {
			t.Errorf("home > visited (-want +got):\n%s", diff)
		}
		for site, people := range seen {
			if visitors[site] != len(people) {
				t.Errorf("visitors of %s = %d, want %d", site, visitors[site], len(people))
			}
		}
	})
}

func TestCrossSiteIsForThoseWhoRunASite(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	s := occupancy.New(store, fake.Now)
	storeUse(t, store, w.Ann, w.FarRoom, modelstest.Hours(10, 12), models.BookingConfirmed, nil)       // from Colabo to Shiojiri
	storeUse(t, store, w.Worker, w.OfficeSeat, modelstest.Hours(10, 12), models.BookingConfirmed, nil) // also from Colabo
	rows, err := s.CrossSite(t.Context(), modelstest.As(t, store, w.Desk), 2026, time.December)
	if err != nil || len(rows) != 1 || rows[0].Home != "colabo" || rows[0].Site != "shiojiri" || rows[0].BookedMinutes != 240 {
		t.Errorf("the desk of Colabo reads %+v (%v), want its people at Shiojiri", rows, err)
	}
	for _, m := range []*models.Member{w.Ann, w.Manager} {
		if _, err := s.CrossSite(t.Context(), modelstest.As(t, store, m), 2026, time.December); err == nil {
			t.Errorf("%s read it", m.Role)
		}
	}
}
