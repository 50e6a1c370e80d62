package auth_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"kyoten/auth"
	"kyoten/auth/authtest"
	"kyoten/internal/fault"
	"kyoten/models"
)

const home = "http://localhost"

// browser is a request of one browser with the cookies it was given.
func browser(t *testing.T, cookies ...*http.Cookie) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), "POST", home+"/", nil)
	for _, c := range cookies {
		r.AddCookie(c)
	}
	return r
}

// addPasskey has the device make a passkey for the member.
func (h house) addPasskey(t *testing.T, m *models.Member, d *authtest.Device) models.Passkey {
	t.Helper()
	p := models.Principal{Member: m}
	q, err := h.OfferPasskey(t.Context(), browser(t), p)
	if err != nil {
		t.Fatal(err)
	}
	key, err := h.AddPasskey(t.Context(), browser(t, q.Cookie), p, "phone", authtest.JSON(t, d.Create(t, q.Options)))
	if err != nil {
		t.Fatalf("add a passkey: %v", err)
	}
	return key
}

func (h house) question(t *testing.T) auth.Question {
	t.Helper()
	q, err := h.AskPasskey(t.Context(), browser(t))
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// tryPasskey signs in with what the device answers.
func (h house) tryPasskey(t *testing.T, d *authtest.Device) (auth.SignIn, error) {
	t.Helper()
	q := h.question(t)
	return h.SignInByPasskey(t.Context(), browser(t, q.Cookie), authtest.JSON(t, d.Get(t, q.Options)))
}

func TestAPasskeySignsInBesideThePassword(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := authtest.New(home)
	key := h.addPasskey(t, h.world.Ann, d)
	for range 2 {
		in, err := h.tryPasskey(t, d)
		if err != nil || !in.Principal.Is(h.world.Ann.ID) {
			t.Fatalf("sign in = %v, %v; want Ann", in.Principal, err)
		}
		if p, err := h.bearer(t, in.Token); err != nil || !p.Is(h.world.Ann.ID) {
			t.Fatalf("the session is %v's, %v; want Ann's", p, err)
		}
	}
	h.signIn(t, h.world.Ann)
	keys, err := h.store.PasskeysOf(t.Context(), h.world.Ann.ID)
	if err != nil || len(keys) != 1 || keys[0].SignCount != 2 || keys[0].LastUsedAt == nil || keys[0].RPID != "localhost" {
		t.Fatalf("passkeys = %+v, %v; want one, used twice", keys, err)
	}
	if err := h.RemovePasskey(t.Context(), models.Principal{Member: h.world.Bob}, key.ID); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("remove another's: %v, want ErrNotFound", err)
	}
	if err := h.RemovePasskey(t.Context(), models.Principal{Member: h.world.Ann}, key.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := h.tryPasskey(t, d); !errors.Is(err, auth.ErrPasskeyRefused) {
		t.Errorf("with a removed passkey: %v, want ErrPasskeyRefused", err)
	}
	h.signIn(t, h.world.Ann)
}

func TestAPasskeyQuestionIsAnsweredOnceInTimeByTheBrowserItWasPutTo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := authtest.New(home)
	h.addPasskey(t, h.world.Ann, d)
	q := h.question(t)
	answer := authtest.JSON(t, d.Get(t, q.Options))
	try := func(cookies ...*http.Cookie) error {
		_, err := h.SignInByPasskey(t.Context(), browser(t, cookies...), answer)
		return err
	}
	if err := try(); !errors.Is(err, auth.ErrPasskeyExpired) {
		t.Errorf("without the cookie: %v, want ErrPasskeyExpired", err)
	}
	if err := try(h.question(t).Cookie); !errors.Is(err, auth.ErrPasskeyRefused) {
		t.Errorf("with another browser's question: %v, want ErrPasskeyRefused", err)
	}
	if err := try(q.Cookie); err != nil {
		t.Errorf("the first time: %v", err)
	}
	if err := try(q.Cookie); !errors.Is(err, auth.ErrPasskeyExpired) {
		t.Errorf("the second time: %v, want ErrPasskeyExpired", err)
	}
	late := h.question(t)
	answer = authtest.JSON(t, d.Get(t, late.Options))
	h.clock.Advance(11 * time.Minute)
	if err := try(late.Cookie); !errors.Is(err, auth.ErrPasskeyExpired) {
		t.Errorf("too late: %v, want ErrPasskeyExpired", err)
	}
	offer, err := h.OfferPasskey(t.Context(), browser(t), models.Principal{Member: h.world.Ann})
	if err != nil {
		t.Fatal(err)
	}
	made := authtest.JSON(t, d.Create(t, offer.Options))
	_, err = h.AddPasskey(t.Context(), browser(t, offer.Cookie), models.Principal{Member: h.world.Bob}, "mine", made)
	if !errors.Is(err, auth.ErrPasskeyExpired) {
		t.Errorf("an offer made to Ann, taken by Bob: %v, want ErrPasskeyExpired", err)
	}
}

func TestPasskeysAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d := authtest.New(home)
	h.addPasskey(t, h.world.Ann, d)
	for name, bad := range map[string]func(*authtest.Device){
		"from another page":              func(d *authtest.Device) { d.Origin = "http://localhost:9999" },
		"by a device that saw no owner":  func(d *authtest.Device) { d.Unverified = true },
		"by a copy that counted no more": func(d *authtest.Device) { d.Count = 0 },
	} {
		if _, err := h.tryPasskey(t, d); err != nil { // the count goes up
			t.Fatal(err)
		}
		twin := d.Twin()
		bad(twin)
		if _, err := h.tryPasskey(t, twin); !errors.Is(err, auth.ErrPasskeyRefused) {
			t.Errorf("%s: %v, want ErrPasskeyRefused", name, err)
		}
	}
	log, _, err := h.store.AuditLog(t.Context(), models.AuditFilter{Action: "passkey.suspect"}, models.Page{Limit: 10})
	if err != nil || len(log) != 1 {
		t.Errorf("%d rows about a copied key, %v; want one", len(log), err)
	}
	if err := h.store.SuspendMember(t.Context(), h.world.Ann.ID, true); err != nil {
		t.Fatal(err)
	}
	if _, err := h.tryPasskey(t, d); !errors.Is(err, auth.ErrPasskeyRefused) {
		t.Errorf("of a suspended member: %v, want ErrPasskeyRefused", err)
	}
	if err := h.store.SuspendMember(t.Context(), h.world.Ann.ID, false); err != nil {
		t.Fatal(err)
	}
	if _, err := h.tryPasskey(t, d); err != nil {
		t.Errorf("of a member who is back: %v", err)
	}
	if err := h.Erase(t.Context(), models.Principal{Member: h.world.Ann}, h.world.Ann.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := h.tryPasskey(t, d); !errors.Is(err, auth.ErrPasskeyRefused) {
		t.Errorf("of an erased member: %v, want ErrPasskeyRefused", err)
	}
	if keys, err := h.store.PasskeysOf(t.Context(), h.world.Ann.ID); err != nil || len(keys) != 0 {
		t.Errorf("an erased member has %d passkeys, %v", len(keys), err)
	}
}

func TestPasskeysAreThrottledLikePasswords(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	d, other := authtest.New(home), authtest.New(home)
	h.addPasskey(t, h.world.Ann, d)
	h.addPasskey(t, h.world.Bob, other)
	wrong := d.Twin()
	wrong.Unverified = true
	var failures int
	var err error
	for ; failures < 50; failures++ {
		if _, err = h.tryPasskey(t, wrong); !errors.Is(err, auth.ErrPasskeyRefused) {
			break
		}
	}
	wait, _ := fault.From(err).Data["retry_after"].(time.Duration)
	if !errors.Is(err, auth.ErrTooManyRequests) || wait <= 0 || failures < 5 || failures > 20 {
		t.Fatalf("after %d failures: %v, wait %v; want ErrTooManyRequests after a few", failures, err, wait)
	}
	if _, err := h.tryPasskey(t, other); err != nil {
		t.Errorf("a colleague at the same address: %v", err)
	}
	h.clock.Advance(wait)
	if _, err := h.tryPasskey(t, d); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}

func TestPasskeysBelongToAnAddress(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for address, want := range map[string]bool{
		"http://localhost:8080": true, "https://kyoten.example": true, "https://kyoten.example:8443": true, "http://demo.localhost": true,
		"http://kyoten.example": false, "https://192.0.2.7": false, "http://127.0.0.1:8080": false, "https://[::1]": false,
	} {
		if got := h.PasskeysWork(httptest.NewRequest("GET", address+"/", nil)); got != want {
			t.Errorf("passkeys work at %s: %t, want %t", address, got, want)
		}
	}
	if _, err := h.AskPasskey(t.Context(), httptest.NewRequest("GET", "http://192.0.2.7/", nil)); !errors.Is(err, auth.ErrPasskeysUnavailable) {
		t.Errorf("ask under a number: %v, want ErrPasskeysUnavailable", err)
	}
	h.At("https://kyoten.example")
	q, err := h.AskPasskey(t.Context(), httptest.NewRequest("GET", "http://backend:8080/", nil))
	if err != nil || q.Options["rpId"] != "kyoten.example" {
		t.Errorf("behind a proxy that names another host: %v, %v; want kyoten.example", q.Options["rpId"], err)
	}
}

func TestAMemberHearsOfANewPasskey(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.addPasskey(t, h.world.Ann, authtest.New(home))
	notices, err := h.store.ClaimNotices(t.Context(), "test", 10, time.Minute)
	if err != nil || len(notices) != 1 || notices[0].Kind != string(models.NoticePasskeyAdded) || notices[0].Recipient != h.world.Ann.Email {
		t.Errorf("notices = %+v, %v; want one to Ann", notices, err)
	}
}
