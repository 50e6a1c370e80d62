//go:build e2e

package contract

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// sites: the places and what is in them, as the public and members see them.
func sites(t *testing.T, d *demo) {
	c := d.anonymous()
	shape := map[string]string{
		"slug": text, "name": text, "name_ja": text, "name_en": text, "address": text, "phone": maybe + text,
		"time_zone": text, "opening_hours": array, "open_now": truth, "how_full": text,
	}
	var slugs []string
	for _, site := range c.get(t, "/sites").items(t) {
		site.shape(t, shape)
		slugs = append(slugs, site.text(t, "slug"))
		if full := site.text(t, "how_full"); !slices.Contains([]string{"quiet", "busy", "full"}, full) {
			t.Errorf("how_full = %s", full)
		}
		site.equal(t, "open_now", true).equal(t, "time_zone", "Asia/Tokyo")
	}
	slices.Sort(slugs)
	if want := []string{"colabo", "knowers", "shiojiri"}; !slices.Equal(slugs, want) {
		t.Errorf("sites = %v, want %v", slugs, want)
	}

	shiojiri := c.get(t, "/sites/shiojiri").want(t, 200).shape(t, shape)
	shiojiri.shape(t, map[string]string{"zones": array, "floor_plans": array, "zones.0.id": integer, "zones.0.name": text})
	for i := range shiojiri.list(t, "zones") {
		if company := shiojiri.at(fmt.Sprintf("zones.%d.company", i)); company != nil {
			t.Errorf("the public sees the zone of company %v", company)
		}
	}
	c.get(t, "/sites/nowhere").problem(t, 404, "not_found")
	c.get(t, "/sites/nowhere/spaces").problem(t, 401, "unauthenticated")
	d.as(t, "member").get(t, "/sites/nowhere/spaces").problem(t, 404, "not_found")
	spaces(t, d)
}

// spaces of each site, and what the demo promises about them.
func spaces(t *testing.T, d *demo) {
	t.Helper()
	me := d.as(t, "member")
	for _, site := range []string{"shiojiri", "colabo", "knowers"} {
		withVideo := 0
		for _, room := range me.get(t, "/sites/"+site+"/spaces?kind=room&limit=200").items(t) {
			room.shape(t, map[string]string{
				"id": text, "site": text, "kind": text, "name": text, "zone": integer, "capacity": integer,
				"equipment": array, "video_address": maybe + text, "position": maybe + object, "bookable": truth,
			}).equal(t, "kind", "room").equal(t, "site", site)
			if room.at("video_address") != nil {
				withVideo++
			}
		}
		if withVideo == 0 {
			t.Errorf("%s has no room with a video address", site)
		}
		for _, seat := range me.get(t, "/sites/"+site+"/spaces?kind=seat&limit=200").items(t) {
			seat.equal(t, "kind", "seat").equal(t, "site", site)
		}
	}
	if n := len(me.get(t, "/sites/shiojiri/spaces?kind=seat&limit=200").items(t)); n == 0 || n > 58 {
		t.Errorf("%d public seats at shiojiri, want 1 to 58", n)
	}
	if n := len(me.get(t, "/sites/knowers/spaces?kind=room&limit=200").items(t)); n > 5 {
		t.Errorf("%d rooms at knowers, want at most 5", n)
	}
	me.get(t, "/sites/colabo/spaces?kind=sofa").problem(t, 422, "invalid_input")

	// A company's office and its spaces do not exist for others.
	office := ids(d.as(t, "worker").get(t, "/sites/shiojiri/spaces?kind=seat&limit=200").items(t))
	public := ids(me.get(t, "/sites/shiojiri/spaces?kind=seat&limit=200").items(t))
	other := ids(d.as(t, "worker2").get(t, "/sites/shiojiri/spaces?kind=seat&limit=200").items(t))
	if len(office) <= len(public) || len(other) <= len(public) {
		t.Errorf("worker sees %d seats, worker2 %d, others %d: each office has spaces of its own", len(office), len(other), len(public))
	}
	for id := range office {
		if other[id] && !public[id] {
			t.Errorf("space %s is seen by two companies and not by the public", id)
		}
	}
}

func ids(items []answer) map[string]bool {
	set := map[string]bool{}
	for _, item := range items {
		set[fmt.Sprint(item.at("id"))] = true
	}
	return set
}

// availability: every space a caller may see, free or not, until when.
func availability(t *testing.T, d *demo) {
	me := d.as(t, "m051")
	from, to := at(friday, 10, 0), at(friday, 12, 0)
	got := me.get(t, asked("colabo", "seat", from, to)).want(t, 200)
	seats := ids(me.get(t, "/sites/colabo/spaces?kind=seat&limit=200").items(t))
	if n := len(got.list(t, "spaces")); n != len(seats) {
		t.Errorf("availability names %d seats, the site has %d", n, len(seats))
	}
	for i := range got.list(t, "spaces") {
		at := func(field string) string { return fmt.Sprintf("spaces.%d.%s", i, field) }
		got.shape(t, map[string]string{at("space"): text, at("free"): truth, at("free_until"): maybe + instant, at("next_free_at"): maybe + instant})
	}

	// free_until is the closing time, then the start of what comes next;
	// next_free_at is the end of what is in the way.
	seat := me.free(t, 1, "colabo", "seat", from, at(friday, 21, 0))[0]
	entry := func(from, to time.Time) answer {
		got := me.get(t, asked("colabo", "seat", from, to)).want(t, 200)
		for i := range got.list(t, "spaces") {
			if got.at(fmt.Sprintf("spaces.%d.space", i)) == seat {
				return answer{call: got.call, raw: got.raw, doc: got.at(fmt.Sprintf("spaces.%d", i))}
			}
		}
		t.Fatalf("seat %s is not in %s", seat, got.excerpt())
		return answer{}
	}
	entry(from, to).equal(t, "free", true).equal(t, "free_until", z(at(friday, 21, 0)))
	booked := me.book(t, at(friday, 14, 0), at(friday, 15, 30), seat)
	entry(from, to).equal(t, "free", true).equal(t, "free_until", z(at(friday, 14, 0)))
	entry(at(friday, 13, 0), at(friday, 14, 0)).equal(t, "free", true)
	entry(at(friday, 15, 30), at(friday, 16, 0)).equal(t, "free", true)
	entry(at(friday, 15, 15), at(friday, 16, 0)).equal(t, "free", false).equal(t, "next_free_at", z(at(friday, 15, 30)))
	entry(at(friday, 20, 0), at(friday, 22, 0)).equal(t, "free", false) // not while closed
	entry(at(friday+2, 10, 0), at(friday+2, 11, 0)).equal(t, "free", false)
	me.post(t, "/bookings/"+booked.text(t, "id")+"/cancel", nil).want(t, 200)
	entry(at(friday, 14, 0), at(friday, 15, 30)).equal(t, "free", true)

	availabilityFilters(t, me)
}

// availabilityFilters: capacity and equipment narrow the answer; nonsense and
// endless ranges are refused.
func availabilityFilters(t *testing.T, me client) {
	t.Helper()
	from, to := at(friday, 10, 0), at(friday, 11, 0)
	rooms := me.get(t, "/sites/colabo/spaces?kind=room&limit=200").items(t)
	biggest := slices.MaxFunc(rooms, func(a, b answer) int { return a.number(t, "capacity") - b.number(t, "capacity") })
	got := me.get(t, asked("colabo", "room", from, to, "capacity", fmt.Sprint(biggest.number(t, "capacity"))))
	if len(got.list(t, "spaces")) == 0 || len(got.list(t, "spaces")) > len(rooms) {
		t.Errorf("for %d people %s", biggest.number(t, "capacity"), got.excerpt())
	}
	if n := len(me.get(t, asked("colabo", "room", from, to, "capacity", "5000")).list(t, "spaces")); n != 0 {
		t.Errorf("%d rooms for 5000 people", n)
	}
	if n := len(me.get(t, asked("colabo", "room", from, to, "equipment", "no-such-thing")).want(t, 200).list(t, "spaces")); n != 0 {
		t.Errorf("%d rooms with a thing that does not exist", n)
	}
	me.get(t, asked("colabo", "room", to, from)).problem(t, 422, "ends_before_start")
	me.get(t, asked("colabo", "room", from, from.AddDate(1, 0, 0))).problem(t, 422, "out_of_range")
	me.get(t, asked("nowhere", "room", from, to)).problem(t, 404, "not_found")
	me.get(t, "/availability?site=colabo&kind=room").problem(t, 422, "invalid_input")
	me.get(t, "/availability?site=colabo&kind=room&starts_at=2026-12-18T10:00&ends_at=2026-12-18T11:00").problem(t, 422, "invalid_input")
	me.get(t, asked("colabo", "room", from, to, "capacity", "-1")).refused(t)
}
