package notify

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	mail "github.com/wneessen/go-mail"

	"kyoten/models"
)

// SMTP is a mail server (RFC 5321).
type SMTP struct {
	Host     string
	Port     int
	User     string // "" = without authentication
	Password string
	Plain    bool // without TLS, for a server on the same machine
	Implicit bool // TLS from the first byte on (RFC 8314), else by STARTTLS
}

// Send hands the mail to the server. TLS is required unless Plain is set.
func (s SMTP) Send(ctx context.Context, _ models.ID, m *mail.Msg) error {
	opts := []mail.Option{mail.WithPort(s.Port), mail.WithTimeout(20 * time.Second), mail.WithTLSPolicy(mail.TLSMandatory)}
	switch {
	case s.Plain:
		opts = append(opts, mail.WithTLSPolicy(mail.NoTLS))
	case s.Implicit:
		opts = append(opts, mail.WithSSL())
	}
	if s.User != "" {
		how := mail.SMTPAuthAutoDiscover
		if s.Plain { // it discovers nothing that would show a password on the line, which leads nowhere here
			how = mail.SMTPAuthPlainNoEnc
		}
		opts = append(opts, mail.WithSMTPAuth(how), mail.WithUsername(s.User), mail.WithPassword(s.Password))
	}
	client, err := mail.NewClient(s.Host, opts...)
	if err != nil {
		return fmt.Errorf("set up mail client: %w", err)
	}
	err = client.DialAndSendWithContext(ctx, m)
	if m.IsDelivered() {
		return nil // the server has taken it; one that then cuts the line must not be sent it again
	}
	return err
}

// Folder keeps mails as files (RFC 5322, .eml) where no mail server is set up,
// readable to the server's own account alone. A mail that comes twice is one
// file.
type Folder string

// Ready makes the folder and reports whether mails can be written there: who finds
// out by the mails has lost them a day later.
func (f Folder) Ready() error {
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(string(f), ".mail-*")
	if err != nil {
		return err
	}
	return errors.Join(tmp.Close(), os.Remove(tmp.Name()))
}

// Send writes the mail, whole or not at all.
func (f Folder) Send(_ context.Context, id models.ID, m *mail.Msg) error {
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(string(f), ".mail-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	if _, err := m.WriteTo(tmp); err != nil {
		_ = tmp.Close()
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), f.file(id))
}

// file is where a mail is kept.
func (f Folder) file(id models.ID) string { return filepath.Join(string(f), id.String()+ending) }

// ending is that of files that hold a mail.
const ending = ".eml"

// forgotten is how many mails the database is asked about at once.
const forgotten = 500

// Forget takes mails away whose notices the store does not keep any more: what is
// forgotten there after its time, or with a person, must not stay in a file.
func (f Folder) Forget(ctx context.Context, store *models.Store) error {
	files, err := os.ReadDir(string(f))
	if err != nil {
		return err
	}
	var ids []models.ID
	for _, file := range files {
		name, isMail := strings.CutSuffix(file.Name(), ending)
		if id, err := models.ParseID(name); isMail && err == nil {
			ids = append(ids, id)
		}
	}
	for some := range slices.Chunk(ids, forgotten) {
		kept, err := store.NoticesKept(ctx, some)
		if err != nil {
			return err
		}
		for _, id := range some {
			if slices.Contains(kept, id) {
				continue
			}
			if err := os.Remove(f.file(id)); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}
