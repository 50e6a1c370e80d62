package auth_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kyoten/auth"
	"kyoten/models"
	"kyoten/models/modelstest"
)

// mailing is a house whose mails reach people.
func mailing(t *testing.T) house {
	t.Helper()
	h := newHouse(t)
	h.Mailing(true)
	return h
}

// asked has a link mailed and returns the notice of it.
func (h house) asked(t *testing.T, m *models.Member) models.Notice {
	t.Helper()
	if err := h.MailLink(t.Context(), m.Email, "192.0.2.1"); err != nil {
		t.Fatal(err)
	}
	notices := h.notices(t)
	if len(notices) != 1 {
		t.Fatalf("%d notices, want 1", len(notices))
	}
	return notices[0]
}

// notices returns those that were written since it was last called.
func (h house) notices(t *testing.T) []models.Notice {
	t.Helper()
	notices, err := h.store.ClaimNotices(t.Context(), "test", 1000, 100*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return notices
}

// mailed returns the token of the link in a notice's mail, "" where none is sent.
func (h house) mailed(t *testing.T, n models.Notice) string {
	t.Helper()
	path, err := h.MailedLink(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(path, "/links/")
}

func (h house) linkWorks(t *testing.T, token string) bool {
	t.Helper()
	_, err := h.Link(t.Context(), token)
	if err != nil && !errors.Is(err, auth.ErrLinkExpired) {
		t.Fatal(err)
	}
	return err == nil
}

func TestWhoForgotTheirPasswordIsMailedALink(t *testing.T) {
	t.Parallel()
	h := mailing(t)
	ann := h.world.Ann
	old := h.signIn(t, ann)
	if err := h.MailLink(t.Context(), " "+strings.ToUpper(ann.Email)+" ", "192.0.2.1"); err != nil {
		t.Fatal(err)
	}
	notices := h.notices(t)
	if len(notices) != 1 {
		t.Fatalf("%d notices, want 1", len(notices))
	}
	n := notices[0]
	if n.Kind != string(models.NoticeSetPassword) || n.Recipient != ann.Email || n.Locale != ann.Locale || n.Payload != "{}" {
		t.Errorf("notice %+v; want one to Ann that holds nothing", n)
	}
	first, second := h.mailed(t, n), h.mailed(t, n) // sent again, as after an accident
	desks, err := h.PasswordLink(t.Context(), models.System, h.world.Bob.ID)
	if err != nil {
		t.Fatal(err)
	}
	if first == second || !h.linkWorks(t, first) || !h.linkWorks(t, second) {
		t.Errorf("links %q and %q; want two that work", first, second)
	}
	h.clock.Advance(59 * time.Minute)
	if _, err := h.UsePasswordLink(t.Context(), first, "another long one"); err != nil {
		t.Fatal(err)
	}
	if h.linkWorks(t, first) || h.linkWorks(t, second) || !h.linkWorks(t, desks) {
		t.Error("the password is set: want her links ended, and nobody else's")
	}
	if _, err := h.bearer(t, old.Token); !errors.Is(err, auth.ErrUnauthenticated) {
		t.Errorf("session from before: %v, want ErrUnauthenticated", err)
	}
	if _, err := h.SignIn(t.Context(), ann.Email, "another long one", "192.0.2.1", ""); err != nil {
		t.Errorf("sign in with the new password: %v", err)
	}
	if told := h.notices(t); len(told) != 1 || told[0].Kind != string(models.NoticePasswordSet) || told[0].Recipient != ann.Email {
		t.Errorf("told %+v, want Ann to hear that a password was set", told)
	}
}

func TestAMailedLinkLeavesTheDesksAlone(t *testing.T) {
	t.Parallel()
	h := mailing(t)
	desks, err := h.PasswordLink(t.Context(), models.System, h.world.Worker.ID) // who never had a password
	if err != nil {
		t.Fatal(err)
	}
	mailed := h.mailed(t, h.asked(t, h.world.Worker))
	h.clock.Advance(time.Hour)
	if h.linkWorks(t, mailed) || !h.linkWorks(t, desks) {
		t.Error("an hour later: want the desk's link to work and no other")
	}
	if _, err := h.UsePasswordLink(t.Context(), desks, "another long one"); err != nil {
		t.Error(err)
	}
}

// strangers are addresses that nobody may sign in with.
func (h house) strangers(t *testing.T) []string {
	t.Helper()
	suspended, erased := *h.world.Bob, *h.world.Worker
	if err := h.store.SuspendMember(t.Context(), suspended.ID, true); err != nil {
		t.Fatal(err)
	}
	if err := h.Erase(t.Context(), modelstest.As(t, h.store, h.world.Admin), erased.ID); err != nil {
		t.Fatal(err)
	}
	return []string{"nobody@kyoten.example", suspended.Email, erased.Email, fmt.Sprintf("erased-%s@invalid", erased.ID)}
}

func TestNobodyIsToldWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	h := mailing(t)
	tries := func(email string) (n int) {
		for ; n < 50; n++ {
			if err := h.MailLink(t.Context(), email, "192.0.2.66"); err != nil {
				if !errors.Is(err, auth.ErrTooManyRequests) {
					t.Errorf("%s: %v", email, err)
				}
				return n
			}
		}
		return n
	}
	want := tries(h.world.Ann.Email)
	if want < 5 || want > 20 {
		t.Errorf("sent away after %d times, want after a few", want)
	}
	h.notices(t)
	for _, email := range h.strangers(t) {
		if got := tries(email); got != want {
			t.Errorf("%s is sent away after %d times, Ann after %d", email, got, want)
		}
	}
	if told := h.notices(t); len(told) != 0 {
		t.Errorf("strangers are told: %+v", told)
	}
	if err := h.MailLink(t.Context(), h.world.Ann.Email, "192.0.2.1"); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
	if _, err := h.SignIn(t.Context(), h.world.Ann.Email, password, "192.0.2.66", ""); err != nil {
		t.Errorf("sign in after asking too often: %v", err)
	}
}

// TestAStrangersAddressTakesAsManyStatements, for time would tell what the answer
// does not.
func TestAStrangersAddressTakesAsManyStatements(t *testing.T) {
	t.Parallel()
	store, fake, count := modelstest.Counting(t)
	w := modelstest.NewWorld(t, store)
	s := auth.New(store, fake.Now).Mailing(true)
	took := func(email string) int {
		count()
		if err := s.MailLink(t.Context(), email, "192.0.2.1"); err != nil {
			t.Fatal(err)
		}
		return count()
	}
	took("warm@kyoten.example")
	known, unknown := took(w.Ann.Email), took("nobody@kyoten.example")
	if known == 0 || known != unknown {
		t.Errorf("%d statements for an account, %d without; want as many", known, unknown)
	}
}

func TestNobodyFloodsAMailbox(t *testing.T) {
	t.Parallel()
	h := mailing(t)
	flood := func() int {
		for i := range 12 {
			if err := h.MailLink(t.Context(), h.world.Ann.Email, fmt.Sprintf("192.0.2.%d", i)); err != nil {
				t.Fatal(err)
			}
		}
		return len(h.notices(t))
	}
	first := flood()
	if first < 1 || first > 5 {
		t.Errorf("%d mails within an hour, want a few", first)
	}
	h.clock.Advance(61 * time.Minute)
	if again := flood(); again != first {
		t.Errorf("%d mails in the next hour, want %d", again, first)
	}
}

func TestAMailWhoseLinkWouldBeOfNoUseIsNotSent(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*testing.T, house) error{
		"an hour late":    func(_ *testing.T, h house) error { h.clock.Advance(time.Hour); return nil },
		"files for mails": func(_ *testing.T, h house) error { h.Mailing(false); return nil },
		"suspended":       func(t *testing.T, h house) error { return h.store.SuspendMember(t.Context(), h.world.Ann.ID, true) },
		"erased": func(t *testing.T, h house) error {
			return h.Erase(t.Context(), modelstest.As(t, h.store, h.world.Admin), h.world.Ann.ID)
		},
		"another address": func(t *testing.T, h house) error { return h.moveMailbox(t, h.world.Ann) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := mailing(t)
			n := h.asked(t, h.world.Ann)
			if err := change(t, h); err != nil {
				t.Fatal(err)
			}
			if token := h.mailed(t, n); token != "" {
				t.Errorf("a link is sent to %s", n.Recipient)
			}
		})
	}
}

// moveMailbox gives the member another mail address.
func (h house) moveMailbox(t *testing.T, m *models.Member) error {
	t.Helper()
	_, err := h.UpdateAccount(t.Context(), modelstest.As(t, h.store, h.world.Admin), m.ID, nil, func(a *auth.Account) { a.Email = "new@kyoten.example" })
	return err
}

// TestALinkEndsWithItsReadersAddress: whoever reads the old mailbox must not get in;
// neither must who was suspended.
func TestALinkEndsWithItsReadersAddress(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*testing.T, house) error{
		"another address": func(t *testing.T, h house) error { return h.moveMailbox(t, h.world.Ann) },
		"suspended":       func(t *testing.T, h house) error { return h.store.SuspendMember(t.Context(), h.world.Ann.ID, true) },
		"erased": func(t *testing.T, h house) error {
			return h.Erase(t.Context(), modelstest.As(t, h.store, h.world.Admin), h.world.Ann.ID)
		},
		"password changed": func(t *testing.T, h house) error {
			return h.ChangePassword(t.Context(), h.signIn(t, h.world.Ann).Principal, "192.0.2.1", password, "another long one")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := mailing(t)
			token := h.mailed(t, h.asked(t, h.world.Ann))
			if err := change(t, h); err != nil {
				t.Fatal(err)
			}
			if _, err := h.UsePasswordLink(t.Context(), token, "yet another one"); !errors.Is(err, auth.ErrLinkExpired) {
				t.Errorf("use: %v, want ErrLinkExpired", err)
			}
		})
	}
}

func TestOfLinksUsedAtOnceOneSetsThePassword(t *testing.T) {
	t.Parallel()
	h := mailing(t)
	n := h.asked(t, h.world.Ann)
	one, other := h.mailed(t, n), h.mailed(t, n)
	var won atomic.Int32
	start := make(chan struct{})
	var wg sync.WaitGroup
	for _, token := range []string{one, other, one, other} {
		wg.Go(func() {
			<-start
			_, err := h.UsePasswordLink(t.Context(), token, "another long one")
			switch {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, auth.ErrLinkExpired):
				t.Errorf("rival got %v, want ErrLinkExpired", err)
			}
		})
	}
	close(start)
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d of 4 set the password, want 1", won.Load())
	}
}

func TestALinkIsAskedForWithAnAddressAndByAServerThatMails(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if err := h.MailLink(t.Context(), h.world.Ann.Email, "192.0.2.1"); !errors.Is(err, auth.ErrMailUnavailable) {
		t.Errorf("without a mail server: %v, want ErrMailUnavailable", err)
	}
	h.Mailing(true)
	for _, email := range []string{"", "ann", "Ann <ann@kyoten.example>", "a@b\x00", strings.Repeat("a", 300) + "@kyoten.example"} {
		if err := h.MailLink(t.Context(), email, "192.0.2.1"); !errors.Is(err, models.ErrInvalidInput) {
			t.Errorf("%.30q: %v, want ErrInvalidInput", email, err)
		}
	}
}
