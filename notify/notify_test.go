package notify_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/mail"
	"net/textproto"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	gomail "github.com/wneessen/go-mail"

	"kyoten/internal/clock"
	"kyoten/models"
	"kyoten/models/modelstest"
	"kyoten/notify"
)

// mailbox is what a real SMTP server received.
type mailbox struct {
	mu    sync.Mutex
	mails []string
	full  bool // answers 452 while set
}

func (b *mailbox) NewSession(*smtp.Conn) (smtp.Session, error) { return b, nil }
func (b *mailbox) Mail(string, *smtp.MailOptions) error        { return nil }
func (b *mailbox) Rcpt(string, *smtp.RcptOptions) error        { return nil }
func (b *mailbox) Reset()                                      {}
func (b *mailbox) Logout() error                               { return nil }

func (b *mailbox) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.full {
		return &smtp.SMTPError{Code: 452, Message: "mailbox full" + quoted(text)}
	}
	b.mails = append(b.mails, string(text))
	return nil
}

// quoted is the first link in a mail that looks like one to be careful with.
func quoted(mail []byte) string {
	if link := regexp.MustCompile(`ky[lu]_[\w.-]+`).Find(mail); link != nil {
		return ": refused for " + string(link)
	}
	return ""
}

func (b *mailbox) setFull(full bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.full = full
}

func (b *mailbox) received() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.mails...)
}

// serveSMTP starts an SMTP server on loopback.
func serveSMTP(t *testing.T) (*mailbox, notify.SMTP) {
	t.Helper()
	box := &mailbox{}
	return box, serveOn(t, box)
}

// serveOn starts one that takes mails as the backend says.
func serveOn(t *testing.T, box smtp.Backend) notify.SMTP {
	t.Helper()
	server := smtp.NewServer(box)
	server.Domain = "localhost"
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	addr, _ := l.Addr().(*net.TCPAddr)
	return notify.SMTP{Host: "127.0.0.1", Port: addr.Port, Plain: true}
}

func newService(store *models.Store, now func() time.Time, sender notify.Sender) *notify.Service {
	return notify.New(notify.Config{
		Store: store, Now: now, Sender: sender, From: "Kyoten <kyoten@kyoten.example>", URL: "https://kyoten.example",
		Log: slog.New(slog.DiscardHandler),
	})
}

// confirm books a room for Ann and writes the notice about it.
func confirm(t *testing.T, store *models.Store, w *modelstest.World) models.Booking {
	t.Helper()
	p := modelstest.Hours(10, 12)
	b := models.Booking{
		Title: "朝会", Status: models.BookingConfirmed, StartsAt: p.StartsAt, EndsAt: p.EndsAt, OrganizerID: w.Ann.ID, CreatedBy: w.Ann.ID,
		Spaces: []models.BookingSpace{{
			SpaceID: w.Room.ID, Site: "colabo", Kind: models.KindRoom, StartsAt: p.StartsAt, EndsAt: p.EndsAt, Active: true, Status: models.BookingConfirmed,
		}},
	}
	err := store.InTx(t.Context(), func(tx *models.Store) error {
		c, err := tx.Catalogue(t.Context())
		if err != nil {
			return err
		}
		if err := tx.InsertBooking(t.Context(), &b); err != nil {
			return err
		}
		return tx.TellOrganizer(t.Context(), models.NoticeConfirmed, &b, w.Ann, models.NewBookingNotice(c, &b, w.Ann))
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func deliver(t *testing.T, s *notify.Service, want int) {
	t.Helper()
	got, err := s.Deliver(t.Context())
	if err != nil || got != want {
		t.Fatalf("delivered %d (%v), want %d", got, err, want)
	}
}

func TestAConfirmationReachesARealMailServer(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	box, server := serveSMTP(t)
	b := confirm(t, store, w)
	s := newService(store, fake.Now, server)
	deliver(t, s, 1)
	deliver(t, s, 0)
	got := box.received()
	if len(got) != 1 {
		t.Fatalf("%d mails, want 1", len(got))
	}
	m, err := mail.ReadMessage(strings.NewReader(got[0]))
	if err != nil {
		t.Fatal(err)
	}
	if to := m.Header.Get("To"); !strings.Contains(to, w.Ann.Email) {
		t.Errorf("to %s", to)
	}
	if id := m.Header.Get("Message-Id"); !strings.HasSuffix(id, "@kyoten.example>") {
		t.Errorf("Message-ID %s is not ours", id)
	}
	for _, part := range []string{"text/plain", "text/calendar", "kyoten.ics"} {
		if !strings.Contains(got[0], part) {
			t.Errorf("the mail has no %s:\n%s", part, got[0])
		}
	}
	if strings.Contains(got[0], b.ID.String()) && strings.Contains(m.Header.Get("Subject"), b.ID.String()) {
		t.Error("an id in the subject")
	}
}

func TestAMailServerThatRefusesGetsTheSameMailLater(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	box, server := serveSMTP(t)
	confirm(t, store, w)
	s := newService(store, fake.Now, server)
	box.setFull(true)
	deliver(t, s, 0)
	box.setFull(false)
	deliver(t, s, 0) // not before its time
	fake.Advance(time.Minute)
	deliver(t, s, 1)
	if waiting, err := store.NoticesWaiting(t.Context()); err != nil || waiting != 0 {
		t.Errorf("%d notices wait (%v), want none", waiting, err)
	}
}

func TestANoticeIsParkedAfterManyRefusals(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	box, server := serveSMTP(t)
	box.setFull(true)
	confirm(t, store, w)
	s := newService(store, fake.Now, server)
	for range 20 {
		deliver(t, s, 0)
		fake.Advance(4 * time.Hour)
	}
	if waiting, err := store.NoticesWaiting(t.Context()); err != nil || waiting != 0 {
		t.Errorf("%d notices wait (%v), want it parked", waiting, err)
	}
}

// slow is a mail server that lets us wait until we give up.
type slow struct {
	clock *clock.Fake
	tries int
}

func (s *slow) Send(context.Context, models.ID, *gomail.Msg) error {
	s.tries++
	s.clock.Advance(30 * time.Second)
	return context.DeadlineExceeded
}

// TestWhatASlowMailServerLeftNoTimeForWasNotTried: a mail is given up after so many
// attempts, and waiting behind others is none.
func TestWhatASlowMailServerLeftNoTimeForWasNotTried(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	b := confirm(t, store, w)
	for range 9 {
		if err := store.TellOrganizer(t.Context(), models.NoticeReminder, &b, w.Ann, models.BookingNotice{Reference: b.Reference}); err != nil {
			t.Fatal(err)
		}
	}
	stuck := &slow{clock: fake}
	s := newService(store, fake.Now, stuck)
	deliver(t, s, 0)
	db, err := store.SQL()
	if err != nil {
		t.Fatal(err)
	}
	var attempts, claimed int
	if err := db.QueryRowContext(t.Context(), "SELECT sum(attempts), count(until) FROM outbox").Scan(&attempts, &claimed); err != nil {
		t.Fatal(err)
	}
	if stuck.tries >= 10 || attempts != stuck.tries || claimed != 0 {
		t.Errorf("%d mails of 10 were tried; %d attempts are counted, and %d kept from whoever comes next", stuck.tries, attempts, claimed)
	}
}

// TestAMailThatWasTakenIsNotSentAgain: some servers cut the line after they have
// taken a mail, where they should wait for us to say goodbye.
func TestAMailThatWasTakenIsNotSentAgain(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	confirm(t, store, modelstest.NewWorld(t, store))
	server, _ := cutting(t)
	deliver(t, newService(store, fake.Now, server), 1)
}

// TestAServerOnThisMachineMayWantAPassword, which it is told without TLS.
func TestAServerOnThisMachineMayWantAPassword(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	confirm(t, store, modelstest.NewWorld(t, store))
	server, said := cutting(t)
	server.User, server.Password = "kyoten", "s3cret"
	deliver(t, newService(store, fake.Now, server), 1)
	if want := "AUTH PLAIN " + base64.StdEncoding.EncodeToString([]byte("\x00kyoten\x00s3cret")); !slices.Contains(<-said, want) {
		t.Errorf("the server was not told %q", want)
	}
}

// cutting starts a mail server that takes one mail, cuts the line, and hands over
// what it was told.
func cutting(t *testing.T) (server notify.SMTP, said <-chan []string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	told := make(chan []string, 1)
	go func() {
		if conn, err := l.Accept(); err == nil {
			told <- takeAndCut(textproto.NewConn(conn))
		}
	}()
	addr, _ := l.Addr().(*net.TCPAddr)
	return notify.SMTP{Host: "127.0.0.1", Port: addr.Port, Plain: true}, told
}

// takeAndCut takes one mail, cuts the line, and returns what came before the mail.
func takeAndCut(conn *textproto.Conn) (said []string) {
	defer func() { _ = conn.Close() }()
	_ = conn.PrintfLine("220 localhost")
	for {
		line, err := conn.ReadLine()
		if err != nil {
			return said
		}
		said = append(said, line)
		verb, _, _ := strings.Cut(line, " ")
		switch verb {
		case "EHLO":
			_ = conn.PrintfLine("250-localhost\r\n250 AUTH PLAIN LOGIN")
		case "AUTH":
			_ = conn.PrintfLine("235 welcome")
		case "DATA":
			_ = conn.PrintfLine("354 go on")
			_, _ = conn.ReadDotBytes()
			_ = conn.PrintfLine("250 taken")
			return said
		default:
			_ = conn.PrintfLine("250 as you say")
		}
	}
}

// strict is a mailbox that knows nobody, and says whom it does not know.
type strict struct{ mailbox }

func (s *strict) NewSession(*smtp.Conn) (smtp.Session, error) { return s, nil }

func (s *strict) Rcpt(to string, _ *smtp.RcptOptions) error {
	return &smtp.SMTPError{Code: 550, Message: "<" + to + ">: no such user"}
}

func TestTheLogSaysWhyAMailWasRefusedAndNotWhose(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	confirm(t, store, w)
	var log bytes.Buffer
	s := newService(store, fake.Now, serveOn(t, &strict{}))
	s.Log = slog.New(slog.NewTextHandler(&log, nil))
	deliver(t, s, 0)
	if got := log.String(); !strings.Contains(got, "no such user") || strings.Contains(got, "@") {
		t.Errorf("the log says %s; want the server's reason and no address (%s)", got, w.Ann.Email)
	}
}

// crash is a sender that sends and dies before anybody hears of it.
type crash struct{ notify.Sender }

var errCrash = errors.New("power cut")

func (c crash) Send(ctx context.Context, id models.ID, m *gomail.Msg) error {
	if err := c.Sender.Send(ctx, id, m); err != nil {
		return err
	}
	panic(errCrash)
}

func TestAWorkerThatDiesAfterSendingIsFollowedUnderTheSameMessageID(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	box, server := serveSMTP(t)
	confirm(t, store, w)
	func() {
		defer func() { _ = recover() }()
		_, _ = newService(store, fake.Now, crash{server}).Deliver(t.Context())
	}()
	next := newService(store, fake.Now, server)
	deliver(t, next, 0) // the claim of the dead worker still holds
	fake.Advance(3 * time.Minute)
	deliver(t, next, 1)
	got := box.received()
	if len(got) != 2 {
		t.Fatalf("%d mails, want 2", len(got))
	}
	ids := map[string]bool{}
	for _, text := range got {
		m, err := mail.ReadMessage(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		ids[m.Header.Get("Message-Id")] = true
	}
	if len(ids) != 1 {
		t.Errorf("two sendings of one notice have ids %v", ids)
	}
}

func TestManyWorkersSendEachNoticeOnce(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	box, server := serveSMTP(t)
	b := confirm(t, store, w)
	for range 59 {
		if err := store.TellOrganizer(t.Context(), models.NoticeReminder, &b, w.Ann, models.BookingNotice{Reference: b.Reference}); err != nil {
			t.Fatal(err)
		}
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := newService(store, fake.Now, server).Deliver(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := len(box.received()); got != 60 {
		t.Errorf("%d mails for 60 notices", got)
	}
}

func TestWithoutAMailServerMailsAreFiles(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	dir := filepath.Join(t.TempDir(), "mail")
	confirm(t, store, w)
	deliver(t, newService(store, fake.Now, notify.Folder(dir)), 1)
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Fatalf("%d files (%v), want 1", len(files), err)
	}
	info, err := files[0].Info()
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", info.Mode().Perm())
	}
}

func TestAMailInAFileGoesWithItsNotice(t *testing.T) {
	t.Parallel()
	store, fake := modelstest.Open(t)
	w := modelstest.NewWorld(t, store)
	folder := notify.Folder(filepath.Join(t.TempDir(), "mail"))
	mails := func() (names []string) {
		t.Helper()
		if err := folder.Forget(t.Context(), store); err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(string(folder), "*.eml"))
		if err != nil {
			t.Fatal(err)
		}
		return files
	}
	confirm(t, store, w)
	deliver(t, newService(store, fake.Now, folder), 1)
	foreign := filepath.Join(string(folder), "kept by hand.eml")
	if err := os.WriteFile(foreign, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := mails(); len(got) != 2 {
		t.Fatalf("%v are left of a mail that is kept, and of a file that is none of ours", got)
	}
	fake.Advance(models.SubjectLife + time.Hour)
	if _, err := store.ForgetHolders(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := mails(); len(got) != 1 || got[0] != foreign {
		t.Errorf("%v are left after the time of the mail", got)
	}
}
