package api

import (
	"fmt"
	"strings"
	"testing"

	"kyoten/models/modelstest"
)

func TestASecretOfAWebhookIsShownOnce(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin, key := s.as(t, s.Admin), "Idempotency-Key: k"
	in := fields{"url": "https://hooks.example/in?token=t0ken", "events": []string{"booking.created", "gate.silent"}, "site": "colabo", "description": "lights"}
	made := admin.post(t, "/webhooks", in, key).want(t, 201)
	secret := made.text("secret")
	if !strings.HasPrefix(secret, "whsec_") || made.header.Get("Location") == "" || made.header.Get("ETag") == "" {
		t.Errorf("answer %s %v", made.raw, made.header)
	}
	if again := admin.post(t, "/webhooks", in, key).want(t, 201); strings.Contains(string(again.raw), secret) {
		t.Error("the secret was repeated")
	}
	path := "/webhooks/" + made.text("id")
	rotated := admin.post(t, path+"/rotate", nil, key).want(t, 200).text("secret")
	if rotated == secret || !strings.HasPrefix(rotated, "whsec_") {
		t.Errorf("rotated to %q", rotated)
	}
	admin.post(t, path+"/test", nil).want(t, 202)
	for _, path := range []string{path, "/webhooks", path + "/deliveries", "/audit", "/me/export"} {
		got := string(admin.get(t, path).want(t, 200).raw)
		for _, word := range []string{secret, rotated} {
			if strings.Contains(got, strings.TrimPrefix(word, "whsec_")) {
				t.Errorf("%s shows a secret: %s", path, got)
			}
		}
		if path == "/audit" && strings.Contains(got, "t0ken") {
			t.Errorf("the audit log holds the receiver's token: %s", got)
		}
	}
	if text := s.log.String(); strings.Contains(text, secret) || strings.Contains(text, "t0ken") {
		t.Errorf("the log tells secrets: %s", text)
	}
}

func TestWebhooksAreEditedLikeEverythingElse(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin := s.as(t, s.Admin)
	made := admin.post(t, "/webhooks", fields{"url": "https://hooks.example/", "events": []string{"gate.silent", "booking.created", "gate.silent"}}).want(t, 201)
	path := "/webhooks/" + made.text("id")
	if got := fmt.Sprint(made.doc["events"]); got != "[booking.created gate.silent]" {
		t.Errorf("events %s", got)
	}
	changed := admin.patch(t, path, fields{"site": "colabo", "enabled": false}, "If-Match: "+made.header.Get("ETag")).want(t, 200)
	admin.patch(t, path, fields{"site": nil}, "If-Match: "+made.header.Get("ETag")).problem(t, 412, "stale_version")
	if got := admin.patch(t, path, fields{"site": nil}).want(t, 200); got.doc["site"] != nil || changed.text("site") != "colabo" || got.doc["enabled"] != false {
		t.Errorf("%s, then %s", changed.raw, got.raw)
	}
	for _, bad := range []fields{{"events": []string{"weather.changed"}}, {"events": []string{}}, {"site": "nowhere"}, {"secret": "x"}, {"url": ""}} {
		admin.patch(t, path, bad).problem(t, 422, "invalid_input")
	}
	admin.patch(t, path, fields{"url": "http://127.0.0.1/"}).problem(t, 422, "invalid_webhook_url")
	admin.post(t, "/webhooks", fields{"url": "https://hooks.example/"}).problem(t, 422, "invalid_input")
	// A site that a webhook is about is in use.
	admin.post(t, "/sites", fields{"slug": "new", "name": "x"}).want(t, 201)
	admin.patch(t, path, fields{"site": "new"}).want(t, 200)
	admin.send(t, "DELETE", "/sites/new", nil).problem(t, 409, "in_use")
	admin.send(t, "DELETE", path, nil).want(t, 204)
	admin.send(t, "DELETE", "/sites/new", nil).want(t, 204)
	admin.get(t, path).problem(t, 404, "not_found")
	admin.get(t, path+"/deliveries").problem(t, 404, "not_found")
}

func TestDeliveriesOfAWebhookAreListed(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	admin, ann := s.as(t, s.Admin), s.as(t, s.Ann)
	made := admin.post(t, "/webhooks", fields{"url": "https://hooks.example/", "events": []string{"booking.created"}}).want(t, 201)
	path := "/webhooks/" + made.text("id")
	ann.post(t, "/bookings", fields{
		"starts_at": modelstest.At(0, 10, 0), "ends_at": modelstest.At(0, 11, 0), "spaces": []string{s.Seats[0].ID.String()},
	}).want(t, 201)
	admin.post(t, path+"/test", nil).want(t, 202)
	page := admin.get(t, path+"/deliveries?limit=1").want(t, 200)
	if page.text("items.0.event") != "webhook.test" || page.text("items.0.state") != "waiting" || page.text("items.0.next_at") == "" {
		t.Errorf("first page %s", page.raw)
	}
	rest := admin.get(t, path+"/deliveries?cursor="+page.text("next_cursor")).want(t, 200)
	if rest.text("items.0.event") != "booking.created" {
		t.Errorf("second page %s", rest.raw)
	}
	if got := admin.get(t, path).want(t, 200); got.doc["waiting"] != float64(2) {
		t.Errorf("webhook %s", got.raw)
	}
	admin.post(t, path+"/deliveries/"+rest.text("items.0.id")+"/redeliver", nil).want(t, 202)
	other := admin.post(t, "/webhooks", fields{"url": "https://hooks.example/", "events": []string{"booking.created"}}).want(t, 201).text("id")
	admin.post(t, "/webhooks/"+other+"/deliveries/"+rest.text("items.0.id")+"/redeliver", nil).problem(t, 404, "not_found")
}
