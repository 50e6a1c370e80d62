package demo_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"kyoten/demo"
	"kyoten/internal/clock"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// The instants a demo may well be started at.
var starts = map[string]string{
	"a morning":        "2026-12-01T10:00:00+09:00",
	"an afternoon":     "2026-12-04T15:40:00+09:00",
	"a Saturday":       "2026-12-05T11:00:00+09:00",
	"a night":          "2026-12-03T02:00:00+09:00",
	"a Sunday":         "2026-11-22T18:00:00+09:00",
	"a holiday":        "2026-11-23T12:00:00+09:00",
	"the golden week":  "2027-04-30T09:05:00+09:00",
	"close to closing": "2026-12-08T20:55:00+09:00",
}

// fill makes the sample as it stands at an instant.
func fill(t *testing.T, at string, seed uint64) (*models.Store, *models.Catalogue, time.Time) {
	t.Helper()
	now, err := time.Parse(time.RFC3339, at)
	if err != nil {
		t.Fatal(err)
	}
	store, err := models.Open(t.Context(), modelstest.URL(t), clock.At(now).Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	began := time.Now()
	if err := demo.Fill(t.Context(), store, seed); err != nil {
		t.Fatal(err)
	}
	t.Logf("filled in %v", time.Since(began).Round(time.Millisecond))
	c, err := store.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return store, c, now.UTC()
}

// around returns every booking of the sample.
func around(t *testing.T, store *models.Store, now time.Time) []models.Booking {
	t.Helper()
	rows, err := store.BookingsBetween(t.Context(), models.Period{StartsAt: now.AddDate(0, -3, 0), EndsAt: now.AddDate(0, 3, 0)})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestTheSampleKeepsWhatIsPromised(t *testing.T) {
	t.Parallel()
	for name, at := range starts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, c, now := fill(t, at, uint64(len(name)))
			checkHouse(t, c)
			checkBookings(t, store, c, now)
			checkPassages(t, store, c, now)
			checkFixedSeat(t, store, c, now)
		})
	}
}

func checkHouse(t *testing.T, c *models.Catalogue) {
	t.Helper()
	public := func(site string, kind models.Kind) (n int) {
		for _, s := range c.SpacesAt(site, kind) {
			if s.Company() == 0 {
				n++
			}
		}
		return n
	}
	if n := public("shiojiri", models.KindSeat); n > 58 || n < 30 {
		t.Errorf("public seats at Shiojiri = %d, want 30 to 58", n)
	}
	if n := len(c.SpacesAt("knowers", models.KindRoom)); n > 5 || n < 2 {
		t.Errorf("rooms at Knower(s) = %d, want 2 to 5", n)
	}
	for _, site := range c.Sites() {
		video := 0
		for _, s := range c.SpacesAt(site.Slug, models.KindRoom) {
			if s.VideoAddress != "" {
				video++
			}
		}
		if video == 0 {
			t.Errorf("no room with a video address at %s", site.Slug)
		}
		if len(c.FloorPlans(site.Slug)) == 0 {
			t.Errorf("no floor plan at %s", site.Slug)
		}
		checkPlaces(t, c, site)
	}
	for _, zone := range c.ZonesAt("shiojiri") {
		if zone.CompanyID == nil {
			continue
		}
		has := 0
		for _, s := range c.SpacesAt("shiojiri", "") {
			if s.ZoneID == zone.ID {
				has++
			}
		}
		if has == 0 {
			t.Errorf("office %s has no space of its own", zone.NameEN)
		}
	}
}

// checkPlaces makes sure that spaces lie on their plan and not on each other.
func checkPlaces(t *testing.T, c *models.Catalogue, site *models.Site) {
	t.Helper()
	plan := c.FloorPlans(site.Slug)[0]
	spaces := c.SpacesAt(site.Slug, "")
	for i, a := range spaces {
		if a.X < 0 || a.Y < 0 || a.X+a.Width > plan.Width || a.Y+a.Height > plan.Height || a.Width == 0 || a.Height == 0 {
			t.Errorf("%s %s lies off the plan", site.Slug, a.NameEN)
		}
		for _, b := range spaces[i+1:] {
			if a.X < b.X+b.Width && b.X < a.X+a.Width && a.Y < b.Y+b.Height && b.Y < a.Y+a.Height {
				t.Errorf("%s: %s lies on %s", site.Slug, a.NameEN, b.NameEN)
			}
		}
	}
}

func checkBookings(t *testing.T, store *models.Store, c *models.Catalogue, now time.Time) {
	t.Helper()
	rows := around(t, store, now)
	past, coming := 0, 0
	today := models.DayOf(now, c.Sites()[0].Location())
	fixed := fixedPeople(t, store)
	for _, b := range rows {
		if b.EndsAt.After(now) {
			coming++
		} else {
			past++
		}
		if !b.StartsAt.Before(today.Add(15).At(0, c.Sites()[0].Location())) {
			t.Errorf("booking %s at %s is on or after the 16th day", b.Reference, b.StartsAt)
		}
		if b.EndsAt.After(now) && fixed[b.OrganizerID] != "" {
			t.Errorf("%s has a booking at %s, want none from the start on", fixed[b.OrganizerID], b.StartsAt)
		}
		for _, s := range b.Spaces {
			space, err := c.Space(s.SpaceID)
			if err != nil {
				t.Fatal(err)
			}
			if open := c.OpenTimes(space, b.Period()); len(open) != 1 || open[0] != b.Period() {
				t.Errorf("booking %s at %s is outside opening hours", b.Reference, b.StartsAt)
			}
		}
	}
	if past < 500 || coming < 50 {
		t.Errorf("%d past and %d coming bookings, want a full house", past, coming)
	}
	checkHalf(t, c, rows, now)
}

func fixedPeople(t *testing.T, store *models.Store) map[models.ID]string {
	t.Helper()
	out := map[models.ID]string{}
	emails := []string{"admin", "staff", "manager", "worker", "worker2", "member", "member2"}
	for i := range 60 {
		emails = append(emails, fmt.Sprintf("m%03d", i+1))
	}
	for _, local := range emails {
		m, err := store.MemberByEmail(t.Context(), local+"@kyoten.example")
		if err != nil {
			t.Fatalf("%s: %v", local, err)
		}
		if m.PasswordHash == "" {
			t.Errorf("%s has no password", local)
		}
		if strings.HasPrefix(local, "m0") && m.CompanyID != nil {
			t.Errorf("%s has a company", local)
		}
		out[m.ID] = local
	}
	return out
}

// checkFixedSeat makes sure that one seat is somebody's own, never booked, and can
// be had on one coming day; and that it is none of those that are promised.
func checkFixedSeat(t *testing.T, store *models.Store, c *models.Catalogue, now time.Time) {
	t.Helper()
	fixed := fixedPeople(t, store)
	var own []*models.Space
	for _, site := range c.Sites() {
		for _, s := range c.SpacesAt(site.Slug, "") {
			if s.OwnerID == nil {
				continue
			}
			own = append(own, s)
			if fixed[*s.OwnerID] != "" || s.Site != "shiojiri" || s.Company() != 0 {
				t.Errorf("%s at %s belongs to %s %q", s.NameEN, s.Site, s.OwnerID, fixed[*s.OwnerID])
			}
		}
	}
	if len(own) != 1 {
		t.Fatalf("%d fixed seats, want one", len(own))
	}
	site, err := c.Site("shiojiri")
	if err != nil {
		t.Fatal(err)
	}
	days := 0
	for offset := range 14 {
		open := c.SiteOpenTimes(site, models.DayOf(now, site.Location()).Add(offset).In(site.Location()))
		if len(open) > 0 && c.GivenUp(own[0].ID, open[0]) {
			days++
		}
	}
	if days != 1 {
		t.Errorf("the seat can be had on %d of the next 14 days, want one", days)
	}
	for _, b := range around(t, store, now) {
		for _, s := range b.Spaces {
			if s.SpaceID == own[0].ID || b.OrganizerID == *own[0].OwnerID && s.Kind == models.KindSeat {
				t.Errorf("booking %s is of the fixed seat or of its owner's", b.Reference)
			}
		}
	}
}

// checkHalf counts the spaces taken at every quarter of an hour.
func checkHalf(t *testing.T, c *models.Catalogue, rows []models.Booking, now time.Time) {
	t.Helper()
	for _, site := range c.Sites() {
		taken, seats := map[time.Time]int{}, map[time.Time]int{}
		for _, b := range rows {
			for _, s := range b.At(site.Slug) {
				if s.Status == models.BookingCancelled {
					continue
				}
				for at := b.StartsAt; at.Before(b.EndsAt); at = at.Add(15 * time.Minute) {
					taken[at]++
					if s.Kind == models.KindSeat {
						seats[at]++
					}
				}
			}
		}
		for at, n := range taken {
			if n > len(c.SpacesAt(site.Slug, ""))/2 {
				t.Errorf("%s at %s: %d spaces taken, want at most half", site.Slug, at, n)
			}
			if free := len(c.SpacesAt(site.Slug, models.KindSeat)) - seats[at]; site.Slug == "colabo" && at.After(now) && free < 24 {
				t.Errorf("colabo at %s: %d seats free, want at least 24", at, free)
			}
		}
	}
}

// checkPassages makes sure that doors and bookings tell the same story.
func checkPassages(t *testing.T, store *models.Store, c *models.Catalogue, now time.Time) {
	t.Helper()
	passages, err := store.PassagesToFold(t.Context(), subjectsOf(t, store), 0)
	if err != nil {
		t.Fatal(err)
	}
	holders, err := store.Holders(t.Context(), subjectsOf(t, store))
	if err != nil {
		t.Fatal(err)
	}
	midnight := models.DayOf(now, c.Sites()[0].Location()).At(0, c.Sites()[0].Location())
	fixed := fixedPeople(t, store)
	for _, p := range passages {
		if p.At().After(now) {
			t.Errorf("passage %s lies in the future", p.ID)
		}
		if id := holders[p.Subject].MemberID; id != nil && fixed[*id] != "" && !p.At().Before(midnight) {
			t.Errorf("%s passed a door on the day of the start", fixed[*id])
		}
	}
	if len(passages) < 1000 {
		t.Errorf("%d passages, want a busy house", len(passages))
	}
	inside := 0
	for _, site := range c.Sites() {
		rows, err := store.PresencesAt(t.Context(), site.Slug, now)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range rows {
			if p.Inside() {
				inside++
			}
		}
		if open := c.OpenAt(site, now); !open && inside > 0 {
			t.Errorf("%d people are inside %s, which is closed", inside, site.Slug)
		}
	}
	if c.OpenAt(c.Sites()[0], now.Add(-time.Hour)) && c.OpenAt(c.Sites()[0], now.Add(time.Hour)) && inside < 10 {
		t.Errorf("%d people inside during the day, want 10 or more", inside)
	}
	for _, b := range around(t, store, now) {
		for _, s := range b.Spaces {
			if came := s.CheckedInAt != nil; came != (s.Status == models.BookingCheckedIn || s.Status == models.BookingCompleted) {
				t.Errorf("booking %s is %s, checked in: %t", b.Reference, s.Status, came)
			}
			if s.CheckedInAt != nil && s.CheckedInAt.After(now) {
				t.Errorf("booking %s is checked in at %s, in the future", b.Reference, s.CheckedInAt)
			}
		}
	}
}

// subjectsOf returns the subjects of everybody who has a pass.
func subjectsOf(t *testing.T, store *models.Store) []string {
	t.Helper()
	db, err := store.SQL()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.QueryContext(t.Context(), "SELECT subject FROM subjects ORDER BY subject")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTheSameSeedGivesTheSameSample(t *testing.T) {
	t.Parallel()
	const at = "2026-12-01T10:00:00+09:00"
	first, _, now := fill(t, at, 7)
	second, _, _ := fill(t, at, 7)
	other, _, _ := fill(t, at, 8)
	one := written(t, around(t, first, now))
	if two := written(t, around(t, second, now)); two != one {
		t.Error("the same seed gave another sample")
	}
	if written(t, around(t, other, now)) == one {
		t.Error("another seed gave the same sample")
	}
}

func written(t *testing.T, rows []models.Booking) string {
	t.Helper()
	raw, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
