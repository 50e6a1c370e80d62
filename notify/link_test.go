package notify_test

import (
	"io"
	"log/slog"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"strings"
	"testing"
	"time"

	"kyoten/auth"
	"kyoten/models"
	"kyoten/models/modelstest"
	"kyoten/notify"
)

var linkInMail = regexp.MustCompile(`https://kyoten\.example/links/(\S+)`)

// linkIn returns the token of the link in a mail.
func linkIn(t *testing.T, raw string) string {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		t.Fatal(err)
	}
	found := linkInMail.FindStringSubmatch(string(text))
	if found == nil {
		t.Fatalf("no link below the public address:\n%s", text)
	}
	return found[1]
}

// TestALinkToSetAPasswordIsMadeWithItsMail: it stands nowhere else, neither in the
// outbox nor in the log, and each time the mail is written it is another.
func TestALinkToSetAPasswordIsMadeWithItsMail(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	box, server := serveSMTP(t)
	who := auth.New(store, fake.Now).Mailing(true)
	var log strings.Builder
	s := notify.New(notify.Config{
		Store: store, Now: fake.Now, Sender: server, Links: who, From: "Kyoten <kyoten@kyoten.example>", URL: "https://kyoten.example",
		Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err := who.MailLink(t.Context(), w.Ann.Email, "192.0.2.1"); err != nil {
		t.Fatal(err)
	}
	box.setFull(true)
	deliver(t, s, 0)
	box.setFull(false)
	fake.Advance(time.Minute)
	deliver(t, s, 1)
	token := linkIn(t, box.received()[0])
	db, err := store.SQL()
	if err != nil {
		t.Fatal(err)
	}
	var links, secrets int
	err = db.QueryRowContext(t.Context(), "SELECT (SELECT count(*) FROM links), count(*) FROM outbox WHERE CAST(payload AS text) LIKE '%kyl_%' OR last_error LIKE '%kyl_%'").
		Scan(&links, &secrets)
	if err != nil || links != 2 || secrets != 0 || strings.Contains(log.String(), "kyl_") || strings.Contains(log.String(), w.Ann.Email) {
		t.Errorf("%d links (%v), want one for each try; %d secrets in the outbox, want none; log:\n%s", links, err, secrets, log.String())
	}
	if _, err := who.UsePasswordLink(t.Context(), token, "another long one"); err != nil {
		t.Error(err)
	}
	deliver(t, s, 1)
	if got := box.received(); len(got) != 2 || strings.Contains(got[1], "kyl_") {
		t.Errorf("after the password was set: %q; want a mail that says so, with no link of that kind", got[1:])
	}
}

func TestAMailThatNobodyWantsAnyMoreIsNotSent(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	box, server := serveSMTP(t)
	who := auth.New(store, fake.Now).Mailing(true)
	if err := who.MailLink(t.Context(), w.Ann.Email, "192.0.2.1"); err != nil {
		t.Fatal(err)
	}
	fake.Advance(2 * time.Hour)
	s := newService(store, fake.Now, server)
	s.Links = who
	deliver(t, s, 0)
	if waiting, err := store.NoticesWaiting(t.Context()); err != nil || waiting != 0 || len(box.received()) != 0 {
		t.Errorf("%d notices wait (%v) and %d mails were sent, want none", waiting, err, len(box.received()))
	}
}

// TestWithoutLinksNoMailBringsOne: one that asks to set a password and says not where is of no use.
func TestWithoutLinksNoMailBringsOne(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	err := store.Enqueue(t.Context(), models.BookingNotice{}, models.Notice{Kind: string(models.NoticeSetPassword), Recipient: w.Ann.Email, MemberID: &w.Ann.ID})
	if err != nil {
		t.Fatal(err)
	}
	box, server := serveSMTP(t)
	deliver(t, newService(store, fake.Now, server), 0)
	if got := box.received(); len(got) != 0 {
		t.Errorf("sent %q", got)
	}
}
