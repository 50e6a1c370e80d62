package api

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"kyoten/auth/authtest"
	"kyoten/models"
)

// says is a row's call that needs no state.
func says(method, path string, in any, headers ...string) func(*testing.T, *server) refused {
	return func(t *testing.T, s *server) refused { return refused{s.as(t, s.Admin), method, path, in, headers} }
}

// httpCodes are the refusals of requests as such.
var httpCodes = []codeRow{
	{"cut off", 400, "bad_request", says("POST", "/bookings", `{"title":`), false},
	{"an unknown field", 422, "invalid_input", says("PATCH", "/me", fields{"x": 1}), false},
	{"beyond a bound", 422, "out_of_range", says("GET", "/sites?limit=201", nil), false},
	{"no such address", 404, "not_found", says("GET", "/nothing-here", nil), false},
	{"no such method", 405, "method_not_allowed", says("PUT", "/time", nil), false},
	{"two MiB", 413, "body_too_large", says("POST", "/bookings", strings.Repeat(" ", 2<<20)+"{}"), false},
	{"plain text", 415, "unsupported_media_type", says("POST", "/bookings", "{}", "Content-Type: text/plain"), false},
	{"nobody", 401, "unauthenticated", func(_ *testing.T, s *server) refused {
		return refused{s.nobody(), "GET", "/me", nil, nil}
	}, false},
	{"a member in the audit log", 403, "forbidden", func(t *testing.T, s *server) refused {
		return refused{s.as(t, s.Ann), "GET", "/audit", nil, nil}
	}, false},
	{"another site's page", 403, "cross_origin", func(t *testing.T, s *server) refused {
		ann := s.as(t, s.Ann)
		return refused{s.nobody(), "PATCH", "/me", fields{}, []string{"Origin: https://evil.example", "Cookie: kyoten_session=" + ann.token}}
	}, false},
	{"another body under the key", 422, "idempotency_key_reused", func(t *testing.T, s *server) refused {
		ann, key := s.as(t, s.Ann), "Idempotency-Key: k1"
		ann.post(t, "/bookings", ask(on(0, 10, 0), on(0, 11, 0), s.room(t)), key).want(t, 201)
		return refusedPost(ann, "/bookings", ask(on(0, 12, 0), on(0, 13, 0), s.room(t)), key)
	}, false},
	{"an old version of a site", 412, "stale_version", says("PATCH", "/sites/colabo", fields{"phone": "1"}, `If-Match: "99"`), false},
}

// accountCodes are the refusals of signing in and of accounts.
var accountCodes = []codeRow{
	{"a wrong password", 401, "bad_credentials", func(_ *testing.T, s *server) refused {
		return refusedPost(s.nobody(), "/sessions", fields{"email": "ann@kyoten.example", "password": "wrong"})
	}, false},
	{"many wrong passwords", 429, "too_many_requests", func(t *testing.T, s *server) refused {
		in := fields{"email": "bob@kyoten.example", "password": "wrong"}
		for range 50 {
			if s.nobody().post(t, "/sessions", in).status == 429 {
				break
			}
		}
		return refusedPost(s.nobody(), "/sessions", in)
	}, false},
	{"a short password", 422, "weak_password", func(t *testing.T, s *server) refused {
		return refusedPost(s.as(t, s.Admin), "/members", fields{"name": "x", "email": "x@kyoten.example", "role": "member", "password": "short"})
	}, false},
	{"an address twice", 409, "already_exists", func(t *testing.T, s *server) refused {
		return refusedPost(s.as(t, s.Admin), "/members", fields{"name": "x", "email": "ann@kyoten.example", "role": "member"})
	}, false},
	{"token after token", 409, "too_many_tokens", func(t *testing.T, s *server) refused {
		ann := s.as(t, s.Ann)
		for i := range 200 {
			if ann.post(t, "/me/tokens", fields{"name": fmt.Sprint("t", i)}).status != 201 {
				break
			}
		}
		return refusedPost(ann, "/me/tokens", fields{"name": "one more"})
	}, false},
	{"a passkey nobody knows", 401, "passkey_refused", func(_ *testing.T, s *server) refused {
		return refusedPost(s.nobody(), "/sessions/passkey", fields{"credential": fields{"id": "AAAA"}})
	}, false},
	{"an answer that is none", 422, "passkey_invalid", func(t *testing.T, s *server) refused {
		return refusedPost(s.as(t, s.Ann), "/me/passkeys", fields{"name": "x", "credential": fields{}})
	}, false},
	{"an answer nobody asked for", 409, "passkey_expired", func(t *testing.T, s *server) refused {
		made := authtest.New("https://kyoten.example").Create(t, fields{"rp": fields{"id": "kyoten.example"}, "user": fields{}, "challenge": "AAAA"})
		return refusedPost(s.as(t, s.Ann), "/me/passkeys", fields{"name": "x", "credential": made})
	}, false},
	{"passkey after passkey", 409, "too_many_passkeys", func(t *testing.T, s *server) refused {
		for i := range 20 {
			key := models.Passkey{MemberID: s.Bob.ID, CredentialID: fmt.Sprint("c", i), Name: "x"}
			if err := s.store.InsertPasskey(t.Context(), &key); err != nil {
				t.Fatal(err)
			}
		}
		return refusedPost(s.as(t, s.Bob), "/me/passkeys/options", nil)
	}, false},
	{"the only administrator", 409, "last_admin", func(t *testing.T, s *server) refused {
		return refused{s.as(t, s.Admin), "PATCH", "/members/" + s.Admin.ID.String(), fields{"role": "member"}, nil}
	}, false},
	{"an account merged into itself", 422, "same_member", func(t *testing.T, s *server) refused {
		return refusedPost(s.as(t, s.Admin), "/members/"+s.Bob.ID.String()+"/merge", fields{"merge": s.Bob.ID.String()})
	}, false},
	{"an account that was merged away", 409, "already_merged", func(t *testing.T, s *server) refused {
		admin := s.as(t, s.Admin)
		twin := admin.post(t, "/members", fields{"email": "twin@kyoten.example", "name": "Twin"}).want(t, 201)
		admin.post(t, "/members/"+s.Bob.ID.String()+"/merge", fields{"merge": twin.doc["id"]}).want(t, 200)
		return refusedPost(admin, "/members/"+s.Bob.ID.String()+"/merge", fields{"merge": twin.doc["id"]})
	}, false},
	{"a list that is none", 422, "unreadable_file", func(t *testing.T, s *server) refused {
		return refusedPost(s.as(t, s.Admin), "/members/import", "email,age\nx@kyoten.example,7\n", "Content-Type: text/csv")
	}, false},
	{"a list without an end", 422, "too_many_lines", func(t *testing.T, s *server) refused {
		return refusedPost(s.as(t, s.Admin), "/members/import", "email,name\n"+strings.Repeat("x@y.jp,x\n", 60_000), "Content-Type: text/csv")
	}, false},
}

// placeCodes are the refusals of what administrators set.
var placeCodes = []codeRow{
	{"a webhook to ourselves", 422, "invalid_webhook_url", says("POST", "/webhooks", fields{"url": "https://127.0.0.1/", "events": []string{"gate.silent"}}), false},
	{"a picture that is none", 422, "unreadable_picture", func(t *testing.T, s *server) refused {
		plan := s.as(t, s.Admin).post(t, "/floor-plans", fields{"site": "colabo", "name": "x", "width": 10, "height": 10}).want(t, 201)
		return refused{s.as(t, s.Admin), "PUT", "/floor-plans/" + plan.text("id") + "/picture", "x", []string{"Content-Type: image/png"}}
	}, false},
	{"Mars", 422, "invalid_time_zone", says("PATCH", "/sites/colabo", fields{"time_zone": "Mars/Olympus"}), false},
	{"closed before it opens", 422, "invalid_opening_hours", says("PATCH", "/sites/colabo", fields{"opening_hours": []fields{
		{"weekday": "monday", "opens": "12:00", "closes": "09:00"},
	}}), false},
	{"a zone within itself", 422, "invalid_zone_tree", func(t *testing.T, s *server) refused {
		zone := s.Entrance["colabo"]
		return refused{s.as(t, s.Admin), "PATCH", fmt.Sprint("/zones/", zone), fields{"parent": zone}, nil}
	}, false},
	{"no common plan", 409, "last_default_plan", func(t *testing.T, s *server) refused {
		return refused{s.as(t, s.Admin), "PATCH", "/plans/" + s.Plan.ID.String(), fields{"is_default": false}, nil}
	}, false},
	{"a zone with spaces", 409, "in_use", func(t *testing.T, s *server) refused {
		return refused{s.as(t, s.Admin), "DELETE", fmt.Sprint("/zones/", s.Entrance["colabo"]), nil, nil}
	}, false},
	{"a site twice", 409, "already_exists", says("POST", "/sites", fields{"slug": "colabo", "name": "x", "time_zone": "Asia/Tokyo"}), false},
}

// doorCodes are the refusals of gates and phones.
var doorCodes = []codeRow{
	{"a key that is none", 422, "invalid_device_key", func(t *testing.T, s *server) refused {
		return refused{s.as(t, s.Ann), "PUT", "/me/device", fields{"public_key": "AAAA"}, nil}
	}, false},
	{"the old phone", 409, "device_retired", func(t *testing.T, s *server) refused {
		bob, old, latest := s.as(t, s.Bob), deviceKey(t), deviceKey(t)
		for _, key := range []string{old, latest} {
			bob.send(t, "PUT", "/me/device", fields{"public_key": key}).want(t, 200)
		}
		return refused{bob, "PUT", "/me/device", fields{"public_key": old, "renew": true}, nil}
	}, false},
	{"another site's zone", 422, "wrong_zone", func(t *testing.T, s *server) refused {
		return refusedPost(s.as(t, s.Admin), "/gates", fields{
			"site": "colabo", "name": "x", "to_zone": s.Entrance["shiojiri"], "direction": "both", "exit_opens": "authentic",
		})
	}, false},
	{"a door without a device", 409, "gate_not_enrolled", func(t *testing.T, s *server) refused {
		made := s.as(t, s.Admin).post(t, "/gates", fields{
			"site": "colabo", "name": "x", "to_zone": s.Entrance["colabo"], "direction": "both", "exit_opens": "authentic",
		}).want(t, 201)
		return refusedPost(s.as(t, s.Desk), "/gates/"+made.text("id")+"/open", nil)
	}, false},
	{"a code that was used", 409, "enrolment_code_used", func(t *testing.T, s *server) refused {
		in := fields{"enrolment_code": s.newGate(t)}
		s.nobody().post(t, "/gates/enrol", in).want(t, 201)
		return refusedPost(s.nobody(), "/gates/enrol", in)
	}, false},
	{"a long journal", 422, "batch_too_large", func(t *testing.T, s *server) refused {
		return refusedPost(s.gate(t), "/gate/events", fields{"events": make([]fields, 501)})
	}, false},
	{"a person at a gate's address", 403, "forbidden", says("POST", "/access/checks", fields{"code": "x"}), false},
}

// laterCodes need a server of their own: they move its clock, or break it.
var laterCodes = []codeRow{
	{"under a number", 409, "passkeys_unavailable", func(_ *testing.T, s *server) refused {
		s.auth.At("https://192.0.2.7")
		return refusedPost(s.nobody(), "/sessions/passkey/options", nil)
	}, false},
	{"without a mail server", 409, "mail_unavailable", func(_ *testing.T, s *server) refused {
		s.auth.Mailing(false)
		return refusedPost(s.nobody(), "/password-resets", fields{"email": "ann@kyoten.example"})
	}, false},
	{"an offer of this morning", 409, "offer_expired", func(t *testing.T, s *server) refused {
		wish := s.wishFor(t, s.Ann, waitFor(on(0, 14, 0), on(0, 15, 0), s.Room)).text("id")
		s.clock.Advance(31 * time.Minute)
		return refusedPost(s.as(t, s.Ann), "/waitlist/"+wish+"/accept", nil)
	}, false},
	{"after the end", 422, "too_late", func(t *testing.T, s *server) refused {
		ann := s.as(t, s.Ann)
		path := ann.book(t, 10, s.Room)
		s.clock.Set(on(0, 12, 5))
		return refusedPost(ann, path+"/check-in", nil)
	}, false},
	{"who never comes", 422, "booking_paused", func(t *testing.T, s *server) refused {
		m, who := s.member(t, &models.Plan{NoShowLimit: 1, NoShowPauseDays: 3, Rules: map[models.Kind]models.PlanRule{
			models.KindRoom: {HorizonDays: 30, GraceMinutes: 15},
		}})
		who.book(t, 10, s.Room)
		s.clock.Set(on(0, 10, 16))
		if err := s.api.bookingService.KeepTime(t.Context()); err != nil {
			t.Fatal(err)
		}
		asked := ask(on(1, 10, 0), on(1, 11, 0), s.Room)
		asked["on_behalf_of"] = m.ID.String()
		path := "/bookings/" + s.as(t, s.Desk).post(t, "/bookings", asked).want(t, 201).text("id") // whom the desk may help
		s.as(t, s.Desk).post(t, path+"/cancel", nil).want(t, 200)
		return refusedPost(who, "/bookings", ask(on(1, 10, 0), on(1, 11, 0), s.Room))
	}, false},
	{"a guest who was written to all day", 422, "too_many_invitations", func(t *testing.T, s *server) refused {
		ann := s.as(t, s.Ann)
		path := ann.book(t, 10, s.Room)
		id, err := models.ParseID(strings.TrimPrefix(path, "/bookings/"))
		mails := make([]models.Notice, 100)
		for i := range mails {
			mails[i] = models.Notice{Kind: string(models.NoticeGuestInvited), Recipient: "guest@example.com", Locale: "ja", BookingID: &id}
		}
		if err := errors.Join(err, s.store.Enqueue(t.Context(), models.BookingNotice{}, mails...)); err != nil {
			t.Fatal(err)
		}
		return refusedPost(ann, path+"/guests", fields{"name": "G", "email": "guest@example.com"})
	}, false},
	{"a code of ten minutes ago", 409, "enrolment_code_expired", func(t *testing.T, s *server) refused {
		in := fields{"enrolment_code": s.newGate(t)}
		s.clock.Advance(11 * time.Minute)
		return refusedPost(s.nobody(), "/gates/enrol", in)
	}, false},
	{"a seat offered at the door long ago", 409, "walk_in_over", func(t *testing.T, s *server) refused {
		s.clock.Set(on(0, 10, 5))
		s.as(t, s.Admin).patch(t, "/sites/colabo", fields{"walk_ins": true}).want(t, 200)
		gate := s.gate(t)
		scan := gate.post(t, "/access/checks", fields{"code": identity(t, s.as(t, s.Ann))}).want(t, 200)
		s.clock.Advance(2 * time.Minute)
		return refusedPost(gate, "/access/walk-ins", fields{"passage_id": scan.text("passage_id")})
	}, false},
	{"a mistake of ours", 500, "internal", func(_ *testing.T, s *server) refused {
		withEcho(s, func(context.Context) error { panic("lost my keys") })
		return refusedPost(s.nobody(), "/echo", goodEcho)
	}, false},
	{"a database that does not answer in time", 503, "unavailable", func(_ *testing.T, s *server) refused {
		withEcho(s, func(context.Context) error { return fmt.Errorf("query: %w", context.DeadlineExceeded) })
		return refusedPost(s.nobody(), "/echo", goodEcho)
	}, false},
}

// newGate makes a gate and returns its enrolment code.
func (s *server) newGate(t *testing.T) string {
	t.Helper()
	return s.as(t, s.Admin).post(t, "/gates", fields{
		"site": "colabo", "name": "door", "to_zone": s.Entrance["colabo"], "direction": "both", "exit_opens": "authentic",
	}).want(t, 201).text("enrolment_code")
}

// deviceKey is the public key of a new phone.
func deviceKey(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(elliptic.MarshalCompressed(elliptic.P256(), key.X, key.Y))
}
