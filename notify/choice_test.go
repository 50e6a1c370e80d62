package notify_test

import (
	"io"
	"log/slog"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"strings"
	"testing"
	"time"

	"kyoten/access"
	"kyoten/auth"
	"kyoten/models"
	"kyoten/models/modelstest"
	"kyoten/notify"
)

// optional is a mail service whose mails can be turned off, on a house of its own.
type optional struct {
	*notify.Service
	*modelstest.World
	store *models.Store
	who   *auth.Service
	box   *mailbox
	log   *strings.Builder
	after func(time.Duration)
}

func newOptional(t *testing.T) optional {
	t.Helper()
	store, fake := modelstest.Open(t)
	box, server := serveSMTP(t)
	o := optional{
		World: modelstest.NewWorld(t, store), store: store, who: auth.New(store, fake.Now).Sealing(access.NewMasterKey()),
		box: box, log: &strings.Builder{}, after: fake.Advance,
	}
	o.Service = newService(store, fake.Now, server)
	o.Links, o.Log = o.who, slog.New(slog.NewTextHandler(o.log, nil))
	return o
}

// tell writes a notice about a booking of Ann's to her.
func (o optional) tell(t *testing.T, b *models.Booking, kind models.NoticeKind) {
	t.Helper()
	notice := models.BookingNotice{Reference: b.Reference, Dates: []models.NoticeDate{{BookingID: b.ID}}}
	if kind != models.NoticeSeriesConfirmed {
		notice.Dates = nil
	}
	if err := o.store.TellOrganizer(t.Context(), kind, b, o.Ann, notice); err != nil {
		t.Fatal(err)
	}
}

// choose has Ann turn reminders on or off.
func (o optional) choose(t *testing.T, on bool) {
	t.Helper()
	if _, err := o.who.UpdateProfile(t.Context(), modelstest.As(t, o.store, o.Ann), auth.Profile{Reminders: &on}); err != nil {
		t.Fatal(err)
	}
}

// textOf returns the headers and the text of a mail with or without files.
func textOf(t *testing.T, raw string) (mail.Header, string) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	body := io.Reader(quotedprintable.NewReader(m.Body))
	if _, boundary, files := strings.Cut(m.Header.Get("Content-Type"), "boundary="); files {
		part, err := multipart.NewReader(m.Body, strings.Trim(boundary, `"`)).NextPart()
		if err != nil {
			t.Fatal(err)
		}
		body = part
	}
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return m.Header, string(text)
}

var choiceInMail = regexp.MustCompile(`https://kyoten\.example/mails/(\S+)`)

// TestAReminderSaysHowToTurnItOff in its text and to mail programs (RFC 8058); other
// mails do not, since they always come. The token is in the mail and nowhere else.
func TestAReminderSaysHowToTurnItOff(t *testing.T) {
	t.Parallel()
	o := newOptional(t)
	b := confirm(t, o.store, o.World)
	o.tell(t, &b, models.NoticeReminder)
	o.box.setFull(true)
	deliver(t, o.Service, 0)
	o.box.setFull(false)
	o.after(time.Minute)
	deliver(t, o.Service, 2)
	for _, raw := range o.box.received() {
		header, text := textOf(t, raw)
		link := choiceInMail.FindStringSubmatch(text)
		if strings.Contains(text, "ご予約を承りました") {
			if header.Get("List-Unsubscribe")+header.Get("List-Unsubscribe-Post") != "" || link != nil {
				t.Errorf("a confirmation can be turned off:\n%s", raw)
			}
			continue
		}
		if link == nil || header.Get("List-Unsubscribe") != "<"+link[0]+">" || header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
			t.Fatalf("headers %q and %q, link %q in\n%s", header.Get("List-Unsubscribe"), header.Get("List-Unsubscribe-Post"), link, text)
		}
		if _, err := o.who.ChooseMail(t.Context(), link[1], false); err != nil {
			t.Errorf("the link does not work: %v", err)
		}
	}
	db, err := o.store.SQL()
	if err != nil {
		t.Fatal(err)
	}
	var kept int
	err = db.QueryRowContext(t.Context(), "SELECT count(*) FROM outbox WHERE CAST(payload AS text) LIKE '%kyu_%' OR last_error LIKE '%kyu_%'").Scan(&kept)
	if err != nil || kept != 0 || strings.Contains(o.log.String(), "kyu_") || !strings.Contains(o.log.String(), "refused for TOKEN") {
		t.Errorf("%d tokens in the outbox (%v), want none; log:\n%s", kept, err, o.log)
	}
}

// TestOnePressWantsHTTPS, as RFC 8058 does: without it, mail programs lead to the page.
func TestOnePressWantsHTTPS(t *testing.T) {
	t.Parallel()
	o := newOptional(t)
	o.URL = "http://localhost:8080"
	b := models.Booking{ID: confirm(t, o.store, o.World).ID}
	deliver(t, o.Service, 1)
	o.tell(t, &b, models.NoticeReminder)
	deliver(t, o.Service, 1)
	header, _ := textOf(t, o.box.received()[1])
	if !strings.HasPrefix(header.Get("List-Unsubscribe"), "<http://localhost:8080/mails/kyu_") || header.Get("List-Unsubscribe-Post") != "" {
		t.Errorf("headers %q and %q", header.Get("List-Unsubscribe"), header.Get("List-Unsubscribe-Post"))
	}
}

// TestWhatWasTurnedOffIsNotSent also where it was written before; what is not optional
// comes all the same.
func TestWhatWasTurnedOffIsNotSent(t *testing.T) {
	t.Parallel()
	o := newOptional(t)
	b := confirm(t, o.store, o.World)
	o.tell(t, &b, models.NoticeReminder)
	o.choose(t, false)
	deliver(t, o.Service, 1)
	for _, kind := range []models.NoticeKind{models.NoticeReminder, models.NoticeReleaseSoon, models.NoticeChanged, models.NoticeCancelled, models.NoticeWaitlistOffer} {
		o.tell(t, &b, kind)
	}
	deliver(t, o.Service, 4)
	if waiting, err := o.store.NoticesWaiting(t.Context()); err != nil || waiting != 0 {
		t.Errorf("%d notices wait (%v), want none", waiting, err)
	}
	o.choose(t, true)
	deliver(t, o.Service, 0) // what was not wanted then does not come later
	o.tell(t, &b, models.NoticeReminder)
	deliver(t, o.Service, 1)
}

// TestNoReminderIsPromisedToWhoWantsNone when a series is booked.
func TestNoReminderIsPromisedToWhoWantsNone(t *testing.T) {
	t.Parallel()
	o := newOptional(t)
	b := confirm(t, o.store, o.World)
	deliver(t, o.Service, 1)
	for _, on := range []bool{true, false} {
		o.choose(t, on)
		o.tell(t, &b, models.NoticeSeriesConfirmed)
		deliver(t, o.Service, 1)
		got := o.box.received()
		if _, text := textOf(t, got[len(got)-1]); strings.Contains(text, "お知らせにも添付します") != on || !strings.Contains(text, "入館コードは各予約のページで") {
			t.Errorf("reminders on = %t:\n%s", on, text)
		}
	}
}
