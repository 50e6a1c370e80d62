//go:build e2e

package contract

import (
	"fmt"
	"net/url"
	"sync"
	"testing"
	"time"
)

// idempotency: the same key and body give the first answer again.
func idempotency(t *testing.T, d *demo) {
	me := d.as(t, "m033")
	from, to := at(monday, 10, 0), at(monday, 11, 0)
	seat := me.free(t, 1, "colabo", "seat", from, to)[0]
	body := request(from, to, seat)
	key := "Idempotency-Key: 2f1c-first"

	first := me.post(t, "/bookings", body, key).want(t, 201)
	id := first.text(t, "id")
	again := me.post(t, "/bookings", body, key).want(t, 201)
	if string(again.raw) != string(first.raw) || again.header.Get("Location") != first.header.Get("Location") {
		t.Errorf("repeated: %s, first: %s", again.excerpt(), first.excerpt())
	}
	me.post(t, "/bookings", body.with("title", "another body"), key).problem(t, 422, "idempotency_key_reused")
	me.post(t, "/bookings", body, "Idempotency-Key: 2f1c-second").refused(t) // a new wish, and the seat is mine already

	// Also after later changes, and for refusals.
	me.post(t, "/bookings/"+id+"/cancel", nil).want(t, 200)
	if later := me.post(t, "/bookings", body, key).want(t, 201); string(later.raw) != string(first.raw) {
		t.Errorf("after cancelling: %s, first: %s", later.excerpt(), first.excerpt())
	}
	me.get(t, "/bookings/"+id).equal(t, "status", "cancelled")
	bad := request(to, from, seat)
	me.post(t, "/bookings", bad, "Idempotency-Key: 2f1c-third").problem(t, 422, "ends_before_start")
	me.post(t, "/bookings", bad, "Idempotency-Key: 2f1c-third").problem(t, 422, "ends_before_start")

	// Another caller's key is another key.
	d.as(t, "m032").post(t, "/bookings", body, key).want(t, 201)
	arrivingTogether(t, d)
}

// arrivingTogether: of the same wish arriving many times at once one is done.
func arrivingTogether(t *testing.T, d *demo) {
	t.Helper()
	me := d.as(t, "m031")
	from, to := at(monday, 12, 0), at(monday, 13, 0)
	body := fields{"starts_at": iso(from), "ends_at": iso(to), "any": []fields{{"site": "colabo", "kind": "seat"}}}
	answers := make([]answer, 8)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() {
			answers[i], _ = me.try("POST", "/bookings", body, "Idempotency-Key: together")
		})
	}
	all.Wait()
	for _, got := range answers {
		if got.status != 201 || string(got.raw) != string(answers[0].raw) {
			t.Errorf("one of eight at once got %d %s, the first %s", got.status, got.excerpt(), answers[0].excerpt())
		}
	}
	if n := len(me.get(t, "/bookings?mine=true&from="+z(from)+"&to="+z(to)).items(t)); n != 1 {
		t.Errorf("%d bookings, want one", n)
	}
}

// versions: ETag and If-Match guard against lost updates.
func versions(t *testing.T, d *demo) {
	me := d.as(t, "m030")
	from, to := at(monday, 10, 0), at(monday, 11, 0)
	path := "/bookings/" + me.book(t, from, to, me.free(t, 1, "colabo", "seat", from, at(monday, 13, 0))...).text(t, "id")
	old := me.get(t, path).header.Get("ETag")

	changed := me.patch(t, path, fields{"title": "one"}, "If-Match: "+old).want(t, 200)
	fresh := changed.header.Get("ETag")
	if fresh == "" || fresh == old {
		t.Errorf("ETag stays %q after a change", fresh)
	}
	if read := me.get(t, path).header.Get("ETag"); read != fresh {
		t.Errorf("the change answered ETag %s, reading %s", fresh, read)
	}
	me.patch(t, path, fields{"title": "two"}, "If-Match: "+old).problem(t, 412, "stale_version")
	me.get(t, path).equal(t, "title", "one")
	me.patch(t, path, fields{"title": "three"}, "If-Match: *").want(t, 200)
	me.patch(t, path, fields{"title": "four"}).want(t, 200)
	me.patch(t, path, fields{"title": "five"}, "If-Match: garbage").problem(t, 412, "stale_version")
}

// cursors: a list read in pages has everything once.
func cursors(t *testing.T, d *demo) {
	me := d.as(t, "m029")
	start := at(monday, 9, 0)
	seat := me.free(t, 1, "knowers", "seat", start, at(monday, 15, 0))[0]
	for i := range 7 {
		from := start.Add(time.Duration(i) * 30 * time.Minute)
		me.book(t, from, from.Add(30*time.Minute), seat)
	}
	window := "/bookings?mine=true&from=" + z(start) + "&to=" + z(at(monday, 15, 0))
	whole := me.get(t, window).items(t)
	if len(whole) != 7 {
		t.Fatalf("%d bookings, want 7", len(whole))
	}
	seen, cursor := map[string]bool{}, ""
	for range 10 {
		page := me.get(t, window+"&limit=3&cursor="+url.QueryEscape(cursor))
		for _, item := range page.items(t) {
			seen[item.text(t, "id")] = true
		}
		if page.at("next_cursor") == nil || page.at("next_cursor") == "" {
			break
		}
		cursor = page.text(t, "next_cursor")
	}
	if len(seen) != 7 {
		t.Errorf("pages of three gave %d of 7 bookings", len(seen))
	}
	for _, limit := range []string{"0", "-1", "201", "99999999999999999999", "abc", "1.5", ""} {
		got := me.get(t, window+"&limit="+limit)
		if limit != "" || got.status != 200 {
			got.refused(t)
		}
	}
	me.get(t, window+"&limit=201").problem(t, 422, "out_of_range")
	me.get(t, window+"&limit=200").want(t, 200)
	for _, cursor := range []string{"garbage", "AAAA", "%00", "' OR 1=1 --", fmt.Sprint(1 << 62)} {
		me.get(t, window+"&cursor="+url.QueryEscape(cursor)).refused(t)
	}
	me.get(t, "/bookings?from="+z(at(-4000, 0, 0))+"&to="+z(at(4000, 0, 0))).problem(t, 422, "out_of_range")
}
