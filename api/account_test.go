package api

import (
	"net/url"
	"strings"
	"testing"

	"kyoten/models"
	"kyoten/models/modelstest"
)

func TestCalendarFeedIsPrivateAndRotates(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	ann := c.callers["ann"]
	path := func(a answer) string {
		u, err := url.Parse(a.want(t, 200).text("url"))
		if err != nil || u.Host != "kyoten.example" || u.Scheme != "https" {
			t.Fatalf("url = %s, %v", a.text("url"), err)
		}
		return u.Path
	}
	first := path(ann.get(t, "/me/calendar"))
	if again := path(ann.get(t, "/me/calendar")); again != first {
		t.Errorf("asked twice: %s, then %s", first, again)
	}
	feed := c.page(t, first)
	text := feed.Body.String()
	if feed.Code != 200 || !strings.Contains(text, c.names["annsBooking"]) || strings.Contains(text, c.names["workersBooking"]) {
		t.Errorf("feed = %d %s, want Ann's booking alone", feed.Code, text)
	}
	ann.post(t, "/bookings/"+c.names["annsBooking"]+"/cancel", nil).want(t, 200)
	if text := c.page(t, first).Body.String(); !strings.Contains(text, "STATUS:CANCELLED") || !strings.Contains(text, "METHOD:PUBLISH") {
		t.Errorf("after cancelling: %s", text)
	}
	second := path(ann.post(t, "/me/calendar/rotate", nil, "Idempotency-Key: k"))
	for _, gone := range []string{first, strings.TrimSuffix(second, ".ics"), "/calendar/.ics", "/calendar/kyc_x.ics", "/calendar/%00.ics", "/calendar/%FF.ics"} {
		if got := c.page(t, gone); got.Code != 404 {
			t.Errorf("%s = %d, want 404", gone, got.Code)
		}
	}
	if c.page(t, second).Code != 200 {
		t.Error("the new address does not work")
	}
	if strings.Contains(c.log.String(), "kyc_") {
		t.Error("the log holds the token")
	}
}

func TestExportHoldsOwnDataAlone(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	got := c.callers["ann"].get(t, "/me/export").want(t, 200)
	if got.text("member.email") != "ann@kyoten.example" || got.text("bookings.0.id") != c.names["annsBooking"] || got.text("sessions.0.user_agent") != "test" {
		t.Errorf("export = %s", got.raw)
	}
	for _, other := range []string{c.names["workersBooking"], "kys_", "bob@"} {
		if strings.Contains(string(got.raw), other) {
			t.Errorf("export holds %s", other)
		}
	}
}

func TestErasureTakesThePersonOut(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	ann := c.callers["ann"]
	feed := ann.get(t, "/me/calendar").text("url")
	ann.post(t, "/bookings", fields{
		"starts_at": modelstest.At(1, 9, 0), "ends_at": modelstest.At(1, 10, 0), "spaces": []string{c.Room.ID.String()}, "title": "My secret",
	}).want(t, 201)
	subjects := c.subjectsOf(t, c.Ann)
	ann.send(t, "DELETE", "/me", nil).want(t, 204)

	ann.get(t, "/me").problem(t, 401, "unauthenticated")
	if got := c.page(t, strings.TrimPrefix(feed, "https://kyoten.example")); got.Code != 404 {
		t.Errorf("feed = %d, want 404", got.Code)
	}
	admin := c.callers["admin"]
	for _, path := range []string{"/members?q=ann@", "/bookings/" + c.names["annsBooking"], "/bookings"} {
		if got := admin.get(t, path); strings.Contains(string(got.raw), "ann@") || strings.Contains(string(got.raw), c.Ann.Name) || strings.Contains(string(got.raw), "My secret") {
			t.Errorf("%s still tells of her: %s", path, got.raw)
		}
	}
	admin.get(t, "/members/"+c.names["ann"]).problem(t, 404, "not_found")
	admin.get(t, "/bookings/"+c.names["annsBooking"]).want(t, 200).expect(t, map[string]string{"status": "cancelled"})
	c.book(t, "manager", c.Seats[1].ID.String()) // her seat can be booked again
	row, err := c.store.Member(t.Context(), c.Ann.ID)
	if err != nil || row.Name != "" || row.PasswordHash != "" || row.ErasedAt == nil || strings.Contains(row.Email, "ann") {
		t.Errorf("what is left of her: %+v, %v", row, err)
	}
	if holders, err := c.store.Holders(t.Context(), subjects); err != nil || len(holders) != 0 {
		t.Errorf("her subjects still name %v, %v", holders, err)
	}
}

// TestErasureTakesWhatStaffTyped: also in the audit log, and the name that an
// account merged into the erased one still had.
func TestErasureTakesWhatStaffTyped(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	admin := c.callers["admin"]
	admin.post(t, "/members/"+c.names["ann"]+"/merge", fields{"merge": c.names["bob"]}).want(t, 200)
	c.callers["ann"].get(t, "/me/passes").want(t, 200)
	subject := c.subjectsOf(t, c.Ann)[0]
	admin.post(t, "/sites/colabo/presence/"+subject, fields{"state": "in", "reason": "known to Carol"}).want(t, 200)
	room := ask(on(1, 10, 0), on(1, 11, 0), c.Room)
	room["guests"] = []fields{{"name": "Guest", "email": "guest@example.com"}}
	path := "/bookings/" + c.callers["ann"].post(t, "/bookings", room).want(t, 201).text("id") + "/passes"
	guests := c.callers["ann"].get(t, path).want(t, 200).text("items.1.id")
	for _, in := range []fields{{"member": c.names["ann"]}, {"pass": c.names["annsPass"]}, {"pass": guests}} {
		in["reason"] = "Carol's phone was lost"
		admin.post(t, "/access/revocations", in).want(t, 201)
	}
	told := func() (n int) {
		for _, query := range []string{
			"SELECT count(*) FROM audit WHERE personal LIKE '%Carol%' OR data LIKE '%Carol%'",
			"SELECT count(*) FROM passages WHERE reason_text LIKE '%Carol%'",
			"SELECT count(*) FROM revocations WHERE reason LIKE '%Carol%'",
			"SELECT count(*) FROM members WHERE name = '" + c.Bob.Name + "'",
		} {
			var found int
			db, err := c.store.SQL()
			if err == nil {
				err = db.QueryRowContext(t.Context(), query).Scan(&found)
			}
			if err != nil {
				t.Fatal(err)
			}
			n += found
		}
		return n
	}
	if n := told(); n != 6 {
		t.Fatalf("four reasons, the place of one in the audit log and the merged name are stored %d times, want 6", n)
	}
	admin.send(t, "DELETE", "/members/"+c.names["ann"], nil).want(t, 204)
	if n := told(); n != 0 {
		t.Errorf("%d of reason, its place in the audit log and the merged name are left", n)
	}
}

// subjectsOf returns the handles in the passes of a member.
func (c *cast) subjectsOf(t *testing.T, m *models.Member) []string {
	t.Helper()
	passes, err := c.store.PassesOfMember(t.Context(), m.ID)
	if err != nil || len(passes) == 0 {
		t.Fatalf("passes = %d, %v; want some", len(passes), err)
	}
	var subjects []string
	for _, p := range passes {
		subjects = append(subjects, p.Subject)
	}
	return subjects
}

func TestAnAdministratorErasesOthersButNotTheLast(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	admin := c.callers["admin"]
	admin.send(t, "DELETE", "/members/"+c.names["bob"], nil).want(t, 204)
	admin.send(t, "DELETE", "/members/"+c.names["bob"], nil).problem(t, 404, "not_found")
	admin.send(t, "DELETE", "/me", nil).problem(t, 409, "last_admin")
	admin.get(t, "/me").want(t, 200)
	admin.post(t, "/members", fields{"email": "bob@kyoten.example", "name": "Bob again"}).want(t, 201)
}

func TestImportIsAllOrNothing(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	admin := c.callers["admin"]
	csv := func(path, text string) answer { return admin.post(t, path, text, "Content-Type: text/csv") }
	const good = "\xef\xbb\xbfEmail,name,kana,company,role\r\none@kyoten.example,一番,いちばん,,\r\ntwo@kyoten.example,\"Two, Mr.\",,1,manager\r\n"
	csv("/members/import?dry_run=true", good).want(t, 200).expect(t, map[string]string{"members": "2", "dry_run": "true"})
	if got := admin.get(t, "/members?q=one@"); got.text("items.0.id") != "" {
		t.Errorf("a dry run stored %s", got.raw)
	}
	bad := strings.Replace(good, "two@", "ann@", 1) + "nobody,x,,,\r\nthree@kyoten.example,,,99,\r\n"
	got := csv("/members/import", bad).problem(t, 422, "invalid_input")
	got.expect(t, map[string]string{"errors.0.pointer": "#/3/email", "errors.1.pointer": "#/4/email", "errors.2.pointer": "#/5/name", "errors.3.pointer": ""})
	if got := admin.get(t, "/members?q=one@"); got.text("items.0.id") != "" {
		t.Errorf("half of a bad file was stored: %s", got.raw)
	}
	csv("/members/import", good).want(t, 200).expect(t, map[string]string{"members": "2"})
	if got := admin.get(t, "/members?q=two@").want(t, 200); got.text("items.0.company.name") != "Acme" || got.text("items.0.role") != "manager" {
		t.Errorf("imported %s", got.raw)
	}
	for text, status := range map[string]int{"": 400, "a\"b": 422, "email,shoe_size\n": 422, "email\n\"x": 422, "email,role\nx@y.example,admin\n": 422, "email\n" + strings.Repeat("x\n", 20001): 422} {
		if got := csv("/members/import", text); got.status != status {
			t.Errorf("%.20q = %d, want %d: %s", text, got.status, status, got.raw)
		}
	}
}

// TestOneSaysOverTheAPIWhetherRemindersCome: to oneself alone.
func TestOneSaysOverTheAPIWhetherRemindersCome(t *testing.T) {
	t.Parallel()
	c := newCast(t)
	ann, bob := c.callers["ann"], c.as(t, c.Bob)
	before := ann.get(t, "/me").want(t, 200)
	before.expect(t, map[string]string{"reminders": "true"})
	after := ann.patch(t, "/me", fields{"reminders": false}, "If-Match: "+before.header.Get("Etag")).want(t, 200)
	after.expect(t, map[string]string{"reminders": "false"})
	ann.patch(t, "/me", fields{"reminders": true}, "If-Match: "+before.header.Get("Etag")).problem(t, 412, "stale_version")
	ann.patch(t, "/me", fields{"kana": "あん"}, "If-Match: "+after.header.Get("Etag")).want(t, 200).expect(t, map[string]string{"reminders": "false"})
	ann.get(t, "/me/export").want(t, 200).expect(t, map[string]string{"member.reminders": "false"})
	bob.get(t, "/me").want(t, 200).expect(t, map[string]string{"reminders": "true"})
	for _, call := range []answer{
		c.callers["admin"].get(t, "/members/"+c.names["ann"]).want(t, 200), c.callers["admin"].get(t, "/members").want(t, 200),
	} {
		if strings.Contains(string(call.raw), "reminders") {
			t.Errorf("%s tells of it: %s", call.call, call.raw)
		}
	}
	c.callers["admin"].patch(t, "/members/"+c.names["ann"], fields{"reminders": true}).problem(t, 422, "invalid_input")
	for lang, says := range map[string]string{"ja": "true または false を指定してください。", "en": "This must be true or false."} {
		for _, wrong := range []any{"no", 0, []string{}} {
			got := ann.patch(t, "/me", fields{"reminders": wrong}, "Accept-Language: "+lang).problem(t, 422, "invalid_input")
			if got.text("errors.0.pointer") != "#/reminders" || got.text("errors.0.detail") != says {
				t.Errorf("%v in %s: %s", wrong, lang, got.raw)
			}
		}
	}
	c.callers["admin"].post(t, "/members/"+c.names["bob"]+"/merge", fields{"merge": c.names["ann"]}).want(t, 200)
	bob.get(t, "/me").want(t, 200).expect(t, map[string]string{"reminders": "false"}) // it is one person, who said no
}
