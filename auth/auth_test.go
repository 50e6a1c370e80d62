package auth_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kyoten/auth"
	"kyoten/internal/clock"
	"kyoten/internal/fault"
	"kyoten/models"
	"kyoten/models/modelstest"
)

const password = "a long enough one"

// house is a service over a world in which Ann, Bob and the desk have a password.
type house struct {
	*auth.Service
	store *models.Store
	clock *clock.Fake
	world *modelstest.World
}

func newHouse(t *testing.T) house {
	t.Helper()
	store, fake := modelstest.Open(t)
	h := house{auth.New(store, fake.Now), store, fake, modelstest.NewWorld(t, store)}
	hash, err := auth.HashPassword(password)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []*models.Member{h.world.Ann, h.world.Bob, h.world.Desk} {
		if err := store.SetPassword(t.Context(), m.ID, hash); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

func (h house) signIn(t *testing.T, m *models.Member) auth.SignIn {
	t.Helper()
	in, err := h.SignIn(t.Context(), m.Email, password, "192.0.2.1", "test")
	if err != nil {
		t.Fatalf("sign in as %s: %v", m.Name, err)
	}
	return in
}

// ask sends a request through the middleware and returns who it was taken for.
func (h house) ask(t *testing.T, change func(*http.Request)) (p models.Principal, failure error) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
	change(r)
	h.Middleware(nil)(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		p, failure = auth.Principal(r.Context()), auth.Failure(r.Context())
	})).ServeHTTP(httptest.NewRecorder(), r)
	return p, failure
}

func (h house) bearer(t *testing.T, token string) (models.Principal, error) {
	t.Helper()
	return h.ask(t, func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) })
}

func TestTheUseOfATokenIsNotedToTheHour(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, token, err := h.CreateToken(t.Context(), models.Principal{Member: h.world.Ann}, "a program")
	if err != nil {
		t.Fatal(err)
	}
	used := func() *time.Time {
		if _, err := h.bearer(t, token); err != nil {
			t.Fatal(err)
		}
		if err := h.NoteUses(t.Context()); err != nil {
			t.Fatal(err)
		}
		rows, err := h.store.TokensOf(t.Context(), h.world.Ann.ID)
		if err != nil || len(rows) != 1 {
			t.Fatalf("%d tokens, %v; want 1", len(rows), err)
		}
		return rows[0].LastUsedAt
	}
	first := used()
	if first == nil || !first.Equal(h.store.Now()) {
		t.Fatalf("last use = %v, want %v", first, h.store.Now())
	}
	h.clock.Advance(30 * time.Minute)
	if again := used(); !again.Equal(*first) {
		t.Errorf("half an hour later the use was noted again: %v", again)
	}
	h.clock.Advance(31 * time.Minute)
	if again := used(); !again.Equal(h.store.Now()) {
		t.Errorf("last use = %v after an hour, want %v", again, h.store.Now())
	}
}

func TestSignInGivesASessionThatSlides(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	in := h.signIn(t, h.world.Ann)
	for day := range 60 { // used every day, it outlives the 30 days many times
		h.clock.Advance(24 * time.Hour)
		if p, err := h.bearer(t, in.Token); err != nil || !p.Is(h.world.Ann.ID) {
			t.Fatalf("day %d: principal = %v, %v; want Ann", day, p, err)
		}
		if err := h.NoteUses(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	h.clock.Advance(31 * 24 * time.Hour)
	if p, err := h.bearer(t, in.Token); !errors.Is(err, auth.ErrUnauthenticated) || p.SignedIn() {
		t.Errorf("after 31 idle days = %v, %v; want ErrUnauthenticated", p, err)
	}
}

func TestSessionIsStoredAsHashOnly(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	in := h.signIn(t, h.world.Ann)
	sessions, err := h.store.SessionsOf(t.Context(), h.world.Ann.ID)
	if err != nil || len(sessions) != 1 {
		t.Fatalf("sessions = %d, %v; want one", len(sessions), err)
	}
	if got := sessions[0].TokenHash; got == in.Token || got != auth.HashToken(in.Token) {
		t.Errorf("stored %q for token %q, want its hash", got, in.Token)
	}
}

func TestStaffComeWithTheirSites(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	in := h.signIn(t, h.world.Desk)
	p, err := h.bearer(t, in.Token)
	if err != nil || !p.Runs("colabo") || p.Runs("shiojiri") || len(p.Sites) != 1 {
		t.Errorf("principal = %v sites %v, %v; want staff of colabo alone", p, p.Sites, err)
	}
}

func TestSignInRefusals(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name, tt := range map[string]struct{ email, password string }{
		"wrong password":   {h.world.Ann.Email, "something else"},
		"unknown account":  {"nobody@kyoten.example", password},
		"without password": {h.world.Worker.Email, password},
		"empty":            {"", ""},
	} {
		if _, err := h.SignIn(t.Context(), tt.email, tt.password, "192.0.2.9", ""); !errors.Is(err, auth.ErrBadCredentials) {
			t.Errorf("%s: err = %v, want ErrBadCredentials", name, err)
		}
	}
	if _, err := h.SignIn(t.Context(), strings.ToUpper(h.world.Ann.Email), password, "192.0.2.9", "\xff\x00"); err != nil {
		t.Errorf("sign in with capitals: %v", err)
	}
}

func TestThrottleCountsPerAccountAndAddress(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	try := func(email, word, address string) error {
		_, err := h.SignIn(t.Context(), email, word, address, "")
		return err
	}
	var failures int
	for ; failures < 50; failures++ {
		if err := try(h.world.Ann.Email, "wrong wrong", "192.0.2.66"); !errors.Is(err, auth.ErrBadCredentials) {
			break
		}
	}
	if failures < 5 || failures > 20 {
		t.Fatalf("blocked after %d failures, want after a few", failures)
	}
	err := try(h.world.Ann.Email, password, "192.0.2.66")
	wait, _ := fault.From(err).Data["retry_after"].(time.Duration)
	if !errors.Is(err, auth.ErrTooManyRequests) || wait <= 0 {
		t.Fatalf("right password while blocked: %v after %v, want ErrTooManyRequests with a wait", err, wait)
	}
	if err := try(h.world.Ann.Email, password, "192.0.2.1"); err != nil {
		t.Errorf("the owner from elsewhere: %v, want a session", err)
	}
	if err := try(h.world.Bob.Email, password, "192.0.2.66"); err != nil {
		t.Errorf("a colleague at the same address: %v, want a session", err)
	}
	h.clock.Advance(wait)
	if err := try(h.world.Ann.Email, password, "192.0.2.66"); err != nil {
		t.Errorf("after the wait: %v, want a session", err)
	}
	if err := try(h.world.Ann.Email, "wrong wrong", "192.0.2.66"); !errors.Is(err, auth.ErrBadCredentials) {
		t.Errorf("first failure after a success: %v, want ErrBadCredentials", err)
	}
}

func TestSuspendedMembersAreOutAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	in := h.signIn(t, h.world.Ann)
	_, token, err := h.CreateToken(t.Context(), in.Principal, "laptop")
	if err != nil {
		t.Fatal(err)
	}
	m := h.world.Ann
	if err := h.store.SuspendMember(t.Context(), m.ID, true); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{in.Token, token} {
		if _, err := h.bearer(t, secret); !errors.Is(err, auth.ErrUnauthenticated) {
			t.Errorf("token of a suspended member: %v, want ErrUnauthenticated", err)
		}
	}
	if _, err := h.SignIn(t.Context(), m.Email, password, "192.0.2.1", ""); !errors.Is(err, auth.ErrBadCredentials) {
		t.Errorf("sign in of a suspended member: %v, want ErrBadCredentials", err)
	}
}

func TestPersonalTokens(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ann, bob := h.signIn(t, h.world.Ann).Principal, h.signIn(t, h.world.Bob).Principal
	row, token, err := h.CreateToken(t.Context(), ann, " laptop ")
	if err != nil || row.Name != "laptop" {
		t.Fatalf("create = %v, %v; want laptop", row, err)
	}
	if p, err := h.bearer(t, token); err != nil || !p.Is(h.world.Ann.ID) {
		t.Errorf("principal = %v, %v; want Ann", p, err)
	}
	if err := h.RevokeToken(t.Context(), bob, row.ID); !errors.Is(err, models.ErrNotFound) {
		t.Errorf("revoke another's: %v, want ErrNotFound", err)
	}
	if err := h.RevokeToken(t.Context(), ann, row.ID); err != nil {
		t.Errorf("revoke own: %v", err)
	}
	if _, err := h.bearer(t, token); !errors.Is(err, auth.ErrUnauthenticated) {
		t.Errorf("revoked token: %v, want ErrUnauthenticated", err)
	}
}

func TestBadBearerIsNobodyAndSaysSo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name, header := range map[string]string{
		"unknown session": "Bearer kys_abc", "unknown token": "Bearer kyp_abc", "unknown gate": "Bearer demo-gate-nowhere",
		"basic": "Basic YTpi", "empty": "Bearer ", "endless": "Bearer " + strings.Repeat("x", 5000), "bytes": "Bearer \xff\x00",
	} {
		p, err := h.ask(t, func(r *http.Request) { r.Header["Authorization"] = []string{header} })
		if !errors.Is(err, auth.ErrUnauthenticated) || p.SignedIn() || p.Gate != nil {
			t.Errorf("%s: %v, %v; want nobody and ErrUnauthenticated", name, p, err)
		}
	}
	if p, err := h.ask(t, func(*http.Request) {}); err != nil || p.SignedIn() {
		t.Errorf("no header: %v, %v; want nobody without failure", p, err)
	}
}

func TestCookieCarriesTheSession(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	in := h.signIn(t, h.world.Ann)
	secure := httptest.NewRequest("GET", "https://kyoten.example/", nil)
	plain := httptest.NewRequest("GET", "http://kyoten.example/", nil)
	if c := auth.Cookie(secure, in); !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" {
		t.Errorf("cookie over TLS = %v, want __Host-, Secure, HttpOnly", c)
	}
	cookie := auth.Cookie(plain, in)
	if p, err := h.ask(t, func(r *http.Request) { r.AddCookie(cookie) }); err != nil || !p.Is(h.world.Ann.ID) {
		t.Errorf("principal = %v, %v; want Ann", p, err)
	}
	if err := h.SignOut(t.Context(), in.Principal); err != nil {
		t.Fatal(err)
	}
	if p, err := h.ask(t, func(r *http.Request) { r.AddCookie(cookie) }); err != nil || p.SignedIn() {
		t.Errorf("signed out: %v, %v; want nobody, no failure", p, err)
	}
	if c := auth.NoCookie(plain); c.MaxAge >= 0 || c.Value != "" {
		t.Errorf("cookie that signs out = %v, want an expired one", c)
	}
}
