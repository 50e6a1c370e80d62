package api

import (
	"strings"
	"testing"

	"kyoten/auth/authtest"
)

// question asks for options and returns them with the cookie that goes with them.
func (c caller) question(t *testing.T, path string) (options fields, cookie string) {
	t.Helper()
	got := c.post(t, path, nil).want(t, 200)
	options, _ = got.doc["public_key"].(fields)
	pair, rest, _ := strings.Cut(got.header.Get("Set-Cookie"), ";")
	for _, part := range []string{"HttpOnly", "SameSite=Strict", "Path=/"} {
		if !strings.Contains(rest, part) {
			t.Errorf("Set-Cookie %q lacks %q", rest, part)
		}
	}
	return options, "Cookie: " + pair
}

func TestPasskeysOverTheAPI(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	ann, device := s.as(t, s.Ann), authtest.New("https://kyoten.example")
	offer, cookie := ann.question(t, "/me/passkeys/options")
	if s := offer["authenticatorSelection"].(fields); s["userVerification"] != "required" || s["residentKey"] != "required" || offer["attestation"] != "none" {
		t.Errorf("the offer asks for %v, attestation %v", s, offer["attestation"])
	}
	in := fields{"name": "phone", "credential": device.Create(t, offer)}
	made := ann.post(t, "/me/passkeys", in, cookie).want(t, 201)
	ann.post(t, "/me/passkeys", in, cookie).problem(t, 409, "passkey_expired")
	again, _ := ann.question(t, "/me/passkeys/options")
	if known, _ := again["excludeCredentials"].([]any); len(known) != 1 {
		t.Errorf("the next offer names %d passkeys, want the one there is", len(known))
	}
	path := "/me/passkeys/" + made.text("id")
	ann.patch(t, path, fields{"name": "my phone"}, `If-Match: "9"`).problem(t, 412, "stale_version")
	ann.patch(t, path, fields{"name": "my phone"}, "If-Match: "+made.header.Get("ETag")).want(t, 200)
	s.as(t, s.Bob).patch(t, path, fields{"name": "his"}).problem(t, 404, "not_found")

	ask, cookie := s.nobody().question(t, "/sessions/passkey/options")
	signed := s.nobody().post(t, "/sessions/passkey", fields{"credential": device.Get(t, ask)}, cookie).want(t, 201)
	if signed.text("member.id") != s.Ann.ID.String() || !strings.Contains(signed.header.Get("Set-Cookie"), "kyoten_session=kys_") {
		t.Errorf("signed in: %s", signed.raw)
	}
	me := caller{s, signed.text("token")}
	list := me.get(t, "/me/passkeys").want(t, 200)
	if list.text("items.0.name") != "my phone" || list.text("items.0.host") != "kyoten.example" || list.text("items.0.last_used_at") == "" {
		t.Errorf("passkeys: %s", list.raw)
	}
	if strings.Contains(string(list.raw), "public") {
		t.Errorf("the list shows keys: %s", list.raw)
	}
	if export := me.get(t, "/me/export").want(t, 200); export.text("passkeys.0.name") != "my phone" {
		t.Errorf("the export lacks the passkey: %s", export.raw)
	}
	me.send(t, "DELETE", path, nil).want(t, 204)
	ask, cookie = s.nobody().question(t, "/sessions/passkey/options")
	s.nobody().post(t, "/sessions/passkey", fields{"credential": device.Get(t, ask)}, cookie).problem(t, 401, "passkey_refused")
}
