package api

import (
	"fmt"
	"strings"
	"testing"
)

// noun is one kind of thing that can be edited, with good and bad input.
type noun struct {
	path    string
	input   fields
	want    map[string]string // what is answered to input
	change  fields
	changed map[string]string
	bad     map[string]fields // by the pointer that is complained about
}

func nouns(s *server) map[string]noun {
	return map[string]noun{
		"site": {
			"/sites",
			fields{
				"slug": "plaza", "name_ja": "広場", "name_en": "Plaza", "time_zone": "Asia/Tokyo",
				"opening_hours": []fields{{"weekday": "monday", "opens": "13:00", "closes": "24:00"}, {"weekday": "monday", "opens": "09:00", "closes": "12:00"}},
			},
			map[string]string{"slug": "plaza", "name": "Plaza", "name_ja": "広場", "how_full": "quiet", "phone": "", "opening_hours.0.opens": "09:00", "opening_hours.1.closes": "24:00"},
			fields{"name_en": "The Plaza", "opening_hours": []fields{}, "walk_ins": true},
			map[string]string{"name": "The Plaza", "name_ja": "広場", "opening_hours.0.opens": "", "walk_ins": "true"},
			map[string]fields{
				"#/slug":      {"slug": "Not A Slug", "name": "x"},
				"#/name_ja":   {"slug": "nameless"},
				"#/time_zone": {"slug": "x", "name": "x", "time_zone": "Mars/Olympus"},
				"#/opening_hours": {"slug": "x", "name": "x", "opening_hours": []fields{
					{"weekday": "friday", "opens": "09:00", "closes": "12:00"}, {"weekday": "friday", "opens": "11:00", "closes": "13:00"},
				}},
				"#/opening_hours/0/opens":   {"slug": "x", "name": "x", "opening_hours": []fields{{"weekday": "friday", "opens": "9", "closes": "12:00"}}},
				"#/opening_hours/0/weekday": {"slug": "x", "name": "x", "opening_hours": []fields{{"weekday": "someday", "opens": "09:00", "closes": "12:00"}}},
			},
		},
		"zone": {
			"/zones",
			fields{"site": "shiojiri", "name": "Lounge", "parent": s.Entrance["shiojiri"], "company": s.Acme.ID, "anti_passback": "hard"},
			map[string]string{"name": "Lounge", "name_ja": "Lounge", "site": "shiojiri", "company": fmt.Sprint(s.Acme.ID), "anti_passback": "hard"},
			fields{"company": nil, "capacity": 5},
			map[string]string{"company": "", "capacity": "5", "parent": fmt.Sprint(s.Entrance["shiojiri"])},
			map[string]fields{
				"#/site":    {"site": "nowhere", "name": "x"},
				"#/parent":  {"site": "colabo", "name": "x", "parent": s.Entrance["shiojiri"]},
				"#/company": {"site": "colabo", "name": "x", "company": 999},
				"#/name_ja": {"site": "colabo", "name": "  "},
			},
		},
		"floor plan": {
			"/floor-plans",
			fields{"site": "colabo", "name": "2F", "width": 1000, "height": 500, "shapes": []fields{{"kind": "wall"}}},
			map[string]string{"name": "2F", "width": "1000", "shapes.0.kind": "wall"},
			fields{"height": 600},
			map[string]string{"height": "600", "width": "1000", "shapes.0.kind": "wall"},
			map[string]fields{
				"#/site":  {"site": "nowhere", "name": "x", "width": 1, "height": 1},
				"#/width": {"site": "colabo", "name": "x", "height": 1},
			},
		},
		"space": {
			"/spaces",
			fields{"kind": "room", "zone": s.Entrance["colabo"], "name": "Studio", "capacity": 3, "equipment": []string{"monitor"}, "video_address": "sip:x@y"},
			map[string]string{"site": "colabo", "kind": "room", "capacity": "3", "equipment.0": "monitor", "bookable": "true", "position": "", "grain_minutes": "15"},
			fields{"bookable": false, "fault_note": "broken", "owner": s.Ann.ID.String()},
			map[string]string{"bookable": "false", "fault_note": "broken", "owner": s.Ann.ID.String(), "name": "Studio"},
			map[string]fields{
				"#/zone":                {"kind": "seat", "zone": 999, "name": "x"},
				"#/kind":                {"kind": "sofa", "zone": 1, "name": "x"},
				"#/grain_minutes":       {"kind": "seat", "zone": s.Entrance["colabo"], "name": "x", "grain_minutes": 7},
				"#/owner":               {"kind": "seat", "zone": s.Entrance["colabo"], "name": "x", "owner": "0190a5d0-0000-7000-8000-000000000000"},
				"#/position/floor_plan": {"kind": "seat", "zone": s.Entrance["colabo"], "name": "x", "position": fields{"floor_plan": "x", "x": 1, "y": 1, "width": 1, "height": 1}},
				"#/position":            {"kind": "seat", "zone": s.Entrance["colabo"], "name": "x", "position": fields{"floor_plan": "0190a5d0-0000-7000-8000-000000000000", "x": 1, "y": 1, "width": 1, "height": 1}},
			},
		},
		"plan": {
			"/plans",
			fields{"name": "Night", "all_sites": false, "sites": []string{"colabo"}, "rules": fields{"seat": fields{"horizon_days": 7, "max_open": 2}}},
			map[string]string{"is_default": "false", "sites.0": "colabo", "rules.seat.horizon_days": "7", "rules.seat.max_open": "2", "rules.room": ""},
			fields{"is_default": true, "rules": fields{"room": fields{"horizon_days": 3}}},
			map[string]string{"is_default": "true", "rules.seat.horizon_days": "7", "rules.room.horizon_days": "3"},
			map[string]fields{
				"#/sites/0":                    {"name": "x", "sites": []string{"nowhere"}},
				"#/sites/1":                    {"name": "x", "sites": []string{"colabo", "colabo"}},
				"#/rules/seat/min_minutes":     {"name": "x", "rules": fields{"seat": fields{"horizon_days": 1, "min_minutes": 60, "max_minutes": 30}}},
				"#/rules/seat/horizon_days":    {"name": "x", "rules": fields{"seat": fields{}}},
				"#/rules/seat/something_other": {"name": "x", "rules": fields{"seat": fields{"horizon_days": 1, "something_other": 1}}},
			},
		},
		"company": {
			"/companies",
			fields{"name_ja": "株式会社例", "name_en": "Example Inc.", "kana": "れい", "plan": s.Plan.ID.String()},
			map[string]string{"name": "Example Inc.", "plan": s.Plan.ID.String(), "suspended": "false"},
			fields{"plan": nil, "suspended": true, "minutes_per_week": 600},
			map[string]string{"plan": "", "suspended": "true", "minutes_per_week": "600", "kana": "れい"},
			map[string]fields{
				"#/plan":    {"name": "x", "plan": "0190a5d0-0000-7000-8000-000000000000"},
				"#/name_ja": {"kana": "x"},
			},
		},
		"member": {
			"/members",
			fields{"name": "新田 真", "kana": "にった まこと", "email": "New@Kyoten.example", "role": "staff", "sites": []string{"colabo", "colabo"}, "home_site": "colabo"},
			map[string]string{"email": "new@kyoten.example", "role": "staff", "sites.0": "colabo", "sites.1": "", "suspended": "false", "plan.name": "Standard"},
			fields{"role": "manager", "company": s.Acme.ID, "suspended": true, "home_site": nil},
			map[string]string{"role": "manager", "company.name": "Acme", "sites.0": "", "suspended": "true", "home_site": ""},
			map[string]fields{
				"#/email":     {"name": "x", "email": "nobody"},
				"#/name":      {"email": "x@y.example"},
				"#/company":   {"name": "x", "email": "x@y.example", "role": "manager"},
				"#/sites/0":   {"name": "x", "email": "x@y.example", "role": "staff", "sites": []string{"nowhere"}},
				"#/home_site": {"name": "x", "email": "x@y.example", "home_site": "nowhere"},
				"#/plan":      {"name": "x", "email": "x@y.example", "plan": "x"},
				"#/password":  {"name": "x", "email": "x@y.example", "password": "short"},
			},
		},
	}
}

// expect compares members of an answer.
func (a answer) expect(t *testing.T, want map[string]string) {
	t.Helper()
	for path, value := range want {
		if got := a.text(path); got != value {
			t.Errorf("%s: %s = %q, want %q in %s", a.call, path, got, value, a.raw)
		}
	}
}

// TestNounsAreMadeReadChangedAndDeleted walks each noun through its life.
func TestNounsAreMadeReadChangedAndDeleted(t *testing.T) {
	t.Parallel()
	for name := range nouns(newServer(t)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			n, admin := nouns(s)[name], s.as(t, s.Admin)
			made := admin.post(t, n.path, n.input).want(t, 201)
			made.expect(t, n.want)
			at := strings.TrimPrefix(made.header.Get("Location"), prefix)
			read := admin.get(t, at).want(t, 200)
			read.expect(t, n.want)
			old := read.header.Get("Etag")
			if old == "" || made.header.Get("Etag") != old {
				t.Errorf("ETag made %q, read %q", made.header.Get("Etag"), old)
			}
			changed := admin.patch(t, at, n.change, "If-Match: "+old).want(t, 200)
			changed.expect(t, n.changed)
			admin.get(t, at).expect(t, n.changed)
			admin.patch(t, at, n.change, "If-Match: "+old).problem(t, 412, "stale_version")
			if changed.header.Get("Etag") == old {
				t.Errorf("ETag stays %s", old)
			}
			for pointer, bad := range n.bad {
				got := admin.post(t, n.path, bad)
				if got.status != 422 || got.text("errors.0.pointer") != pointer {
					t.Errorf("%v = %d at %q, want 422 at %q: %s", bad, got.status, got.text("errors.0.pointer"), pointer, got.raw)
				}
			}
			s.remove(t, admin, name, at)
		})
	}
}

// remove deletes the thing, unless it is of a kind that stays.
func (s *server) remove(t *testing.T, admin caller, name, at string) {
	t.Helper()
	switch name {
	case "member":
		return
	case "plan": // it is the common one by now
		admin.send(t, "DELETE", at, nil).problem(t, 409, "last_default_plan")
		admin.patch(t, at, fields{"is_default": false}).problem(t, 409, "last_default_plan")
		admin.patch(t, "/plans/"+s.Plan.ID.String(), fields{"is_default": true}).want(t, 200)
	}
	admin.send(t, "DELETE", at, nil).want(t, 204)
	admin.get(t, at).problem(t, 404, "not_found")
	admin.send(t, "DELETE", at, nil).problem(t, 404, "not_found")
}

// TestANewPlanCanBeUsed: also one that says no more than its name.
func TestANewPlanCanBeUsed(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin := s.as(t, s.Admin)
	open := admin.post(t, "/plans", fields{"name": "Open"}).want(t, 201)
	open.expect(t, map[string]string{"rules.seat.max_open": "0", "rules.room.max_open": "0"})
	admin.patch(t, "/members/"+s.Ann.ID.String(), fields{"plan": open.text("id")}).want(t, 200)
	s.as(t, s.Ann).post(t, "/bookings", ask(on(0, 10, 0), on(0, 11, 0), s.Room)).want(t, 201)
}

func TestWhatIsInUseStays(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin := s.as(t, s.Admin)
	for _, at := range []string{
		"/sites/colabo", "/zones/" + fmt.Sprint(s.Office), "/companies/" + fmt.Sprint(s.Acme.ID),
	} {
		admin.send(t, "DELETE", at, nil).problem(t, 409, "in_use")
	}
	admin.patch(t, "/zones/"+fmt.Sprint(s.Entrance["shiojiri"]), fields{"parent": s.Office}).problem(t, 422, "invalid_zone_tree")
	admin.post(t, "/sites", fields{"slug": "colabo", "name": "x"}).problem(t, 409, "already_exists")
	admin.post(t, "/sites", fields{"slug": "azumino", "name": "安曇野"}).want(t, 201)
	if last := s.nobody().get(t, "/sites").text("items.2.slug"); last != "azumino" {
		t.Errorf("the last of the three sites is %s, want the new one", last)
	}
	admin.post(t, "/members", fields{"email": "ANN@kyoten.example", "name": "x"}).problem(t, 409, "already_exists")
	admin.patch(t, "/members/"+s.Admin.ID.String(), fields{"role": "member"}).problem(t, 409, "last_admin")
	admin.patch(t, "/members/"+s.Admin.ID.String(), fields{"suspended": true}).problem(t, 409, "last_admin")
	admin.get(t, "/me").want(t, 200)
}

func TestSuspendingSignsOut(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	ann := s.as(t, s.Ann)
	s.as(t, s.Admin).patch(t, "/members/"+s.Ann.ID.String(), fields{"suspended": true}).want(t, 200)
	ann.get(t, "/me").problem(t, 401, "unauthenticated")
}

func TestManagersPeopleAreOfTheCompany(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	manager := s.as(t, s.Manager)
	made := manager.post(t, "/members", fields{"email": "newbie@kyoten.example", "name": "新人"}).want(t, 201)
	made.expect(t, map[string]string{"company.name": "Acme", "role": "member"})
	at := "/members/" + made.text("id")
	manager.patch(t, at, fields{"company": nil}).problem(t, 403, "forbidden")
	manager.patch(t, at, fields{"role": "manager"}).problem(t, 403, "forbidden")
	manager.patch(t, at, fields{"plan": s.Plan.ID.String()}).problem(t, 403, "forbidden")
	manager.post(t, "/members", fields{"email": "x@kyoten.example", "name": "x", "company": nil}).problem(t, 403, "forbidden")
}

func TestMembersAreFoundByNameReadingAndAddress(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin := s.as(t, s.Admin)
	for i := range 7 {
		admin.post(t, "/members", fields{"email": fmt.Sprintf("p%d@kyoten.example", i), "name": "佐藤", "kana": "さとう 100%"}).want(t, 201)
	}
	for query, want := range map[string]int{
		"q=佐藤": 7, "q=さとう": 7, "q=P3@": 1, "q=100%25": 7, "q=_": 0, "role=staff": 1, "company=" + fmt.Sprint(s.Acme.ID): 2, "q=ann&role=admin": 0,
	} {
		got := admin.get(t, "/members?"+query).want(t, 200)
		if items, _ := got.doc["items"].([]any); len(items) != want {
			t.Errorf("%s found %d, want %d", query, len(items), want)
		}
	}
	seen, cursor := map[string]bool{}, ""
	for page := range 10 {
		got := admin.get(t, "/members?limit=3&cursor="+cursor).want(t, 200)
		for i := range got.doc["items"].([]any) {
			seen[got.text(fmt.Sprintf("items.%d.id", i))] = true
		}
		if page == 1 { // one more ahead of the place neither repeats nor hides another
			admin.post(t, "/members", fields{"email": "zzz@kyoten.example", "name": "あああ"}).want(t, 201)
		}
		if cursor = got.text("next_cursor"); cursor == "" {
			break
		}
	}
	if len(seen) != 13 {
		t.Errorf("pages of three gave %d members, want 13", len(seen))
	}
	for _, bad := range []string{"garbage", "AAAA", "%00", "'%20OR%201=1", "eyJsIjoiYm9va2luZ3MifQ", strings.Repeat("A", 600)} {
		admin.get(t, "/members?cursor="+bad).want4xx(t)
	}
	admin.get(t, "/members?limit=201").problem(t, 422, "out_of_range")
	admin.get(t, "/members?limit=0").problem(t, 422, "out_of_range")
	admin.get(t, "/members?limit=99999999999999999999").problem(t, 422, "invalid_input")
}

// want4xx checks that the client is told that it is at fault.
func (a answer) want4xx(t *testing.T) {
	t.Helper()
	if a.status < 400 || a.status > 499 || a.text("code") == "" {
		t.Errorf("%s = %d, want a 4xx problem: %s", a.call, a.status, a.raw)
	}
}

func TestSitesSpeakTheReadersLanguage(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	if got := s.nobody().get(t, "/sites/colabo", "Accept-Language: ja"); got.text("name") != "コラボ" || got.text("name_en") != "Colabo" {
		t.Errorf("in Japanese: %s", got.raw)
	}
	got := s.nobody().get(t, "/sites").want(t, 200)
	got.expect(t, map[string]string{"items.0.name": "Colabo", "items.0.open_now": "false", "items.0.how_full": "quiet", "items.0.opening_hours.0.weekday": "monday", "items.0.time_zone": "Asia/Tokyo"})
}

func TestClosuresAreListedByTime(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	desk := c.callers["desk"]
	if got := desk.get(t, "/closures?site=colabo").want(t, 200); got.text("items.0.reason") != "cleaning" {
		t.Errorf("closures = %s", got.raw)
	}
	if got := desk.get(t, "/closures?from=2027-01-01T00:00:00%2B09:00&to=2027-02-01T00:00:00%2B09:00").want(t, 200); got.text("items.0.id") != "" {
		t.Errorf("closures in January = %s", got.raw)
	}
	desk.get(t, "/closures?from=2026-01-01T00:00:00Z&to=2028-01-01T00:00:00Z").problem(t, 422, "out_of_range")
	desk.get(t, "/closures?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z").problem(t, 422, "ends_before_start")
	desk.get(t, "/closures?site=nowhere").problem(t, 404, "not_found")
}

func TestHolidaysOverrideTheCalendar(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin := s.as(t, s.Admin)
	admin.send(t, "PUT", "/holidays/2026-12-07", fields{"name_ja": "創立記念日", "is_holiday": true}).want(t, 200).
		expect(t, map[string]string{"day": "2026-12-07", "name_en": "創立記念日"})
	admin.send(t, "PUT", "/holidays/2026-12-07", fields{"name": "Founders", "is_holiday": true}).want(t, 200)
	admin.get(t, "/holidays").want(t, 200).expect(t, map[string]string{"items.0.name_ja": "Founders", "items.1.day": ""})
	s.clock.Advance(2 * 3600e9) // ten in the morning of that Monday
	s.nobody().get(t, "/sites/colabo").want(t, 200).expect(t, map[string]string{"open_now": "false"})
	admin.send(t, "DELETE", "/holidays/2026-12-07", nil).want(t, 204)
	s.nobody().get(t, "/sites/colabo").want(t, 200).expect(t, map[string]string{"open_now": "true"})
	admin.send(t, "PUT", "/holidays/2026-02-30", fields{"name": "x", "is_holiday": true}).problem(t, 404, "not_found")
}

// TestAFileOfSpacesIsBoundAsABodyIs: what is too long for one is for the other.
func TestAFileOfSpacesIsBoundAsABodyIs(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin := s.as(t, s.Admin)
	const columns = "site,zone,kind,name_ja,name_en,video_address,capacity\n"
	zone := fmt.Sprint(s.Entrance["colabo"])
	for line, status := range map[string]int{
		"colabo," + zone + ",room," + strings.Repeat("室", 100) + ",," + strings.Repeat("v", 300) + ",10000": 200,
		"colabo," + zone + ",room," + strings.Repeat("室", 101) + ",,,":                                      422,
		"colabo," + zone + ",room,室," + strings.Repeat("r", 101) + ",,":                                     422,
		"colabo," + zone + ",room,室,Room," + strings.Repeat("v", 301) + ",":                                 422,
		"colabo," + zone + ",room,室,Room,,10001":                                                            422,
	} {
		if got := admin.post(t, "/spaces/import?dry_run=true", columns+line+"\n", "Content-Type: text/csv"); got.status != status {
			t.Errorf("%.40s... = %d %s, want %d", line, got.status, got.raw, status)
		}
	}
}
