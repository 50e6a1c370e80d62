//go:build e2e

package harness

import (
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// Mailbox is a mail server that keeps what it is given.
type Mailbox struct {
	URL string // for --smtp-url

	mu    sync.Mutex
	mails []*mail.Message
}

// StartMailbox starts one on this machine.
func StartMailbox(t testing.TB) *Mailbox {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	box := &Mailbox{URL: "smtp://" + l.Addr().String()}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &delivery{box}, nil }))
	server.Domain = "localhost"
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	return box
}

// Take waits for a mail to the address, takes it out, and returns its subject and
// its text, without the files that come with it.
func (b *Mailbox) Take(t testing.TB, address string) (subject, text string) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		m := b.find(address)
		if m == nil {
			continue
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		if err != nil {
			t.Fatal(err)
		}
		text, err := textOf(m)
		if err != nil {
			t.Fatal(err)
		}
		return subject, text
	}
	t.Fatalf("no mail came to %s", address)
	return "", ""
}

func textOf(m *mail.Message) (string, error) {
	body := io.Reader(quotedprintable.NewReader(m.Body))
	kind, values, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return "", err
	}
	if strings.HasPrefix(kind, "multipart/") {
		if body, err = multipart.NewReader(m.Body, values["boundary"]).NextPart(); err != nil {
			return "", err
		}
	}
	text, err := io.ReadAll(body)
	return string(text), err
}

func (b *Mailbox) find(address string) *mail.Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, m := range b.mails {
		if strings.Contains(m.Header.Get("To"), "<"+address+">") {
			b.mails = append(b.mails[:i], b.mails[i+1:]...)
			return m
		}
	}
	return nil
}

// delivery is one connection to a mailbox.
type delivery struct{ box *Mailbox }

// Mail takes a sender.
func (*delivery) Mail(string, *smtp.MailOptions) error { return nil }

// Rcpt takes a recipient.
func (*delivery) Rcpt(string, *smtp.RcptOptions) error { return nil }

// Reset has nothing to forget.
func (*delivery) Reset() {}

// Logout ends the connection.
func (*delivery) Logout() error { return nil }

// Data keeps the mail.
func (d *delivery) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m, err := mail.ReadMessage(strings.NewReader(string(raw)))
	if err != nil {
		return err
	}
	d.box.mu.Lock()
	defer d.box.mu.Unlock()
	d.box.mails = append(d.box.mails, m)
	return nil
}
