//go:build e2e

package contract

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// wrongCodes: whatever is not today's code for this door stays outside, each
// with its reason.
func wrongCodes(t *testing.T, d *demo) {
	me, door := d.as(t, "m026"), d.gate("colabo-entrance")
	booking, code := arrive(t, me, "colabo", 1)

	for name, tt := range map[string]struct{ code, reason string }{
		"empty words":  {"hello", "bad_format"},
		"foreign QR":   {"https://example.com/ticket/123", "bad_format"},
		"cut short":    {code[:len(code)-1], "bad_format"},
		"one too many": {code + "0", "bad_format"},
		"bad letter":   {code[:20] + "U" + code[21:], "bad_format"},
		"flipped bit":  {flip(code, 100), "bad_signature"},
		"kanji":        {"入館コード", "bad_format"},
		"very long":    {strings.Repeat("K1", 5000), "bad_format"},
		"empty":        {"", "bad_format"},
		"nul":          {"K1\x00\x00", "bad_format"},
	} {
		t.Run(name, func(t *testing.T) {
			got := door.check(t, tt.code, "entry").decided(t, "deny", tt.reason, false)
			if got.at("holder") != nil || got.at("booking") != nil {
				t.Errorf("an unauthenticated scan tells %s", got.excerpt())
			}
		})
	}
	// How readers mangle a good code: lower case, a trailing line end, an AIM id.
	door.check(t, "]Q1"+strings.ToLower(code)+"\r\n", "entry").decided(t, "allow", "granted", true)
	d.gate("knowers-entrance").check(t, code, "entry").decided(t, "deny", "wrong_site", false)

	later, lateFrom := d.as(t, "m025"), at(0, 15, 0)
	early := later.book(t, lateFrom, at(0, 16, 0), later.free(t, 1, "colabo", "seat", lateFrom, at(0, 16, 0))...)
	door.check(t, later.code(t, early), "entry").decided(t, "deny", "too_early", false)
	old := later.code(t, early)
	later.post(t, "/bookings/"+early.text(t, "id")+"/cancel", nil).want(t, 200)
	time.Sleep(debounce)
	door.check(t, old, "entry").decided(t, "deny", "revoked", false)

	// Moving a booking makes new passes and ends the old ones.
	moved, oldCode := arrive(t, d.as(t, "m024"), "colabo", 1)
	d.as(t, "m024").patch(t, "/bookings/"+moved.text(t, "id"), fields{"ends_at": iso(at(0, 12, 0))}).want(t, 200)
	fresh := d.as(t, "m024").code(t, moved)
	if fresh == oldCode {
		t.Error("a booking moved in time keeps its code")
	}
	door.check(t, oldCode, "entry").decided(t, "deny", "revoked", false)
	door.check(t, fresh, "entry").decided(t, "allow", "granted", true)
	me.post(t, "/bookings/"+booking.text(t, "id")+"/cancel", nil)

	door.post(t, "/access/checks", fields{"code": code, "direction": "sideways"}).problem(t, 422, "invalid_input")
	door.post(t, "/access/checks", fields{}).problem(t, 422, "invalid_input")
}

// flip changes one bit of the code at a character, within the alphabet.
func flip(code string, i int) string {
	const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	c := alphabet[strings.IndexByte(alphabet, code[i])^1]
	return code[:i] + string(c) + code[i+1:]
}

// offices: a company's people pass its inner door, nobody else does.
func offices(t *testing.T, d *demo) {
	worker, other := d.as(t, "worker"), d.as(t, "worker2")
	_, mine := arrive(t, worker, "shiojiri", 1)
	_, theirs := arrive(t, other, "shiojiri", 1)
	_, public := arrive(t, d.as(t, "m023"), "shiojiri", 1)

	entrance, office, office2 := d.gate("shiojiri-entrance"), d.gate("shiojiri-office"), d.gate("shiojiri-office2")
	for _, code := range []string{mine, theirs, public} {
		entrance.check(t, code, "entry").decided(t, "allow", "granted", true)
	}
	office.check(t, mine, "entry").decided(t, "allow", "granted", true)
	office2.check(t, theirs, "entry").decided(t, "allow", "granted", true)
	for name, got := range map[string]answer{
		"worker2 at worker's office": office.check(t, theirs, "entry"),
		"worker at worker2's office": office2.check(t, mine, "entry"),
		"a member at an office":      office.check(t, public, "entry"),
	} {
		got.equal(t, "decision", "deny").equal(t, "open", false)
		if reason := got.text(t, "reason"); reason != "zone_not_allowed" && reason != "company_mismatch" {
			t.Errorf("%s: reason %s", name, reason)
		}
	}
	time.Sleep(debounce) // anti-passback is off at the offices
	office.check(t, mine, "entry").decided(t, "allow", "granted", true)
}

// exits: the way out never depends on anything.
func exits(t *testing.T, d *demo) {
	me, door := d.as(t, "m022"), d.gate("colabo-entrance")
	booking, code := arrive(t, me, "colabo", 1)
	door.check(t, code, "entry").decided(t, "allow", "granted", true)
	count := me.inside(t, "colabo")

	for _, unreadable := range []string{"", "hello", flip(code, 90), "入館コード", "\x00", strings.Repeat("9", 100_000)} {
		door.check(t, unreadable, "exit").decided(t, "warn", "exit_unidentified", true)
	}
	if got := me.inside(t, "colabo"); got != count {
		t.Errorf("exits nobody can be named for change the count from %d to %d", count, got)
	}
	me.post(t, "/bookings/"+booking.text(t, "id")+"/cancel", nil)
	door.check(t, code, "exit").equal(t, "open", true).equal(t, "reason", "exit_ok")
}

// reviewing: occupancy for all, presence, passages and visits for staff.
func reviewing(t *testing.T, d *demo) {
	me, staff, door := d.as(t, "m021"), d.as(t, "staff"), d.gate("colabo-entrance")
	_, code := arrive(t, me, "colabo", 1)
	door.check(t, code, "entry").decided(t, "allow", "granted", true)

	counts := map[string]string{"total": integer, "booked": integer, "checked_in": integer}
	for _, item := range me.get(t, "/occupancy").items(t) {
		item.shape(t, map[string]string{"site": text, "inside": integer, "capacity": integer, "seats": object, "rooms": object, "at": instant})
		for kind, shape := range counts {
			item.shape(t, map[string]string{"seats." + kind: shape, "rooms." + kind: shape})
		}
	}
	window := "&from=" + z(opening.Add(-time.Hour)) + "&to=" + z(opening.Add(2*time.Hour))
	id := me.get(t, "/me").text(t, "id")
	passages := staff.get(t, "/passages?site=colabo&limit=200&holder="+id+window).items(t)
	if len(passages) != 1 || passages[0].text(t, "holder.id") != id {
		t.Errorf("%d passages of the member, want the one entry", len(passages))
	}
	later, from := d.as(t, "m020"), at(0, 18, 0)
	early := later.book(t, from, at(0, 19, 0), later.free(t, 1, "colabo", "seat", from, at(0, 19, 0))...)
	door.check(t, later.code(t, early), "entry").decided(t, "deny", "too_early", false)
	refused := staff.get(t, "/passages?site=colabo&limit=200&holder="+later.get(t, "/me").text(t, "id")+window).items(t)
	if len(refused) != 1 || refused[0].at("decision") != "deny" || refused[0].at("reason") != "too_early" {
		t.Errorf("the refused entry is not among the passages: %d found", len(refused))
	}
	visits := staff.get(t, "/visits?site=colabo&limit=200"+window).items(t)
	if !slices.ContainsFunc(visits, func(v answer) bool { return v.at("holder.id") == id && v.at("left_at") == nil }) {
		t.Errorf("no open visit of the member among %d", len(visits))
	}
	for _, visit := range visits {
		visit.shape(t, map[string]string{"holder": object, "site": text, "zone": integer, "entered_at": instant, "left_at": maybe + instant, "closed_by": maybe + text, "flags": array})
	}
	staff.get(t, "/passages?site=colabo&from="+z(at(-4000, 0, 0))+"&to="+z(at(0, 12, 0))).problem(t, 422, "out_of_range")
	door.check(t, code, "exit")
}
