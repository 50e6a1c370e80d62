package auth_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"kyoten/auth"
	"kyoten/models"
	"kyoten/models/modelstest"
)

func TestFirstAdminLinkWorksOnce(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	s := auth.New(store, fake.Now)
	token, err := s.FirstAdminLink(t.Context())
	if err != nil || token == "" {
		t.Fatalf("link = %q, %v", token, err)
	}
	who := models.Member{Email: "boss@kyoten.example", Name: "Boss"}
	for name, tt := range map[string]struct {
		email, name, password string
		want                  error
	}{
		"no address":     {"boss", "Boss", password, models.ErrInvalidInput},
		"no name":        {"boss@kyoten.example", " ", password, models.ErrInvalidInput},
		"short password": {"boss@kyoten.example", "Boss", "short", auth.ErrWeakPassword},
		"own address":    {"boss@kyoten.example", "Boss", "BOSS@kyoten.example", auth.ErrWeakPassword},
		"endless":        {"boss@kyoten.example", "Boss", strings.Repeat("x", 300), models.ErrInvalidInput},
	} {
		bad := models.Member{Email: tt.email, Name: tt.name}
		if _, err := s.CreateFirstAdmin(t.Context(), token, bad, tt.password); !errors.Is(err, tt.want) {
			t.Errorf("%s: err = %v, want %v", name, err, tt.want)
		}
	}
	m, err := s.CreateFirstAdmin(t.Context(), token, who, password)
	if err != nil || m.Role != models.RoleAdmin {
		t.Fatalf("create = %v, %v; want an administrator", m.Role, err)
	}
	if _, err := s.SignIn(t.Context(), who.Email, password, "192.0.2.1", ""); err != nil {
		t.Errorf("sign in: %v", err)
	}
	who.Email = "second@kyoten.example"
	if _, err := s.CreateFirstAdmin(t.Context(), token, who, password); !errors.Is(err, auth.ErrLinkExpired) {
		t.Errorf("second use: %v, want ErrLinkExpired", err)
	}
	if again, err := s.FirstAdminLink(t.Context()); err != nil || again != "" {
		t.Errorf("link with an account there = %q, %v; want none", again, err)
	}
}

func TestPasswordLink(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	old := h.signIn(t, h.world.Ann)
	admin := modelstest.As(t, h.store, h.world.Admin)
	first, err := h.PasswordLink(t.Context(), admin, h.world.Ann.ID)
	if err != nil {
		t.Fatal(err)
	}
	second, err := h.PasswordLink(t.Context(), admin, h.world.Ann.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.UsePasswordLink(t.Context(), first, "another long one"); !errors.Is(err, auth.ErrLinkExpired) {
		t.Errorf("older link: %v, want ErrLinkExpired", err)
	}
	if _, err := h.CreateFirstAdmin(t.Context(), second, models.Member{Email: "x@kyoten.example", Name: "X"}, password); !errors.Is(err, auth.ErrLinkExpired) {
		t.Errorf("password link as first administrator's: %v, want ErrLinkExpired", err)
	}
	if _, err := h.UsePasswordLink(t.Context(), second, "another long one"); err != nil {
		t.Fatalf("use: %v", err)
	}
	if _, err := h.UsePasswordLink(t.Context(), second, "yet another one"); !errors.Is(err, auth.ErrLinkExpired) {
		t.Errorf("second use: %v, want ErrLinkExpired", err)
	}
	if _, err := h.bearer(t, old.Token); !errors.Is(err, auth.ErrUnauthenticated) {
		t.Errorf("session from before: %v, want ErrUnauthenticated", err)
	}
	if _, err := h.SignIn(t.Context(), h.world.Ann.Email, "another long one", "192.0.2.1", ""); err != nil {
		t.Errorf("sign in with the new password: %v", err)
	}
}

func TestLinksExpire(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	token, err := h.PasswordLink(t.Context(), models.System, h.world.Ann.ID)
	if err != nil {
		t.Fatal(err)
	}
	h.clock.Advance(49 * time.Hour)
	if _, err := h.Link(t.Context(), token); !errors.Is(err, auth.ErrLinkExpired) {
		t.Errorf("after two days: %v, want ErrLinkExpired", err)
	}
}

func TestChangePasswordKeepsTheSessionItCameFrom(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	here, there := h.signIn(t, h.world.Ann), h.signIn(t, h.world.Ann)
	if err := h.ChangePassword(t.Context(), here.Principal, "192.0.2.1", "not the old one", "another long one"); !errors.Is(err, auth.ErrBadCredentials) {
		t.Errorf("without the old one: %v, want ErrBadCredentials", err)
	}
	if err := h.ChangePassword(t.Context(), here.Principal, "192.0.2.1", password, "another long one"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.bearer(t, here.Token); err != nil {
		t.Errorf("session that changed it: %v, want it to go on", err)
	}
	if _, err := h.bearer(t, there.Token); !errors.Is(err, auth.ErrUnauthenticated) {
		t.Errorf("other session: %v, want ErrUnauthenticated", err)
	}
}

func TestPurgeKeepsWhatStillCounts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	in := h.signIn(t, h.world.Ann)
	if err := h.store.PurgeSignIns(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := h.bearer(t, in.Token); err != nil {
		t.Errorf("living session after the purge: %v", err)
	}
	h.clock.Advance(31 * 24 * time.Hour)
	if err := h.store.PurgeSignIns(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.clock.Advance(-31 * 24 * time.Hour)
	if _, err := h.bearer(t, in.Token); !errors.Is(err, auth.ErrUnauthenticated) {
		t.Errorf("expired session after the purge: %v, want it gone", err)
	}
}
