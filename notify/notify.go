// Package notify delivers the outbox: it turns each notice into a mail in the
// reader's language and hands it to a sender.
//
// Delivery is at least once. A worker claims notices for a time, sends, and marks
// them done; one that dies in between leaves them to the next after the claim has
// run out. The Message-ID is the notice's own, so that a mail sent twice by such
// an accident is one mail to its reader's program. Two workers never have the
// same notice at one time.
package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"regexp"
	"time"

	mail "github.com/wneessen/go-mail"

	"kyoten/internal/clock"
	"kyoten/models"
)

// Sender puts a mail on its way. An error means that it may be tried again with
// the same mail.
type Sender interface {
	Send(ctx context.Context, id models.ID, m *mail.Msg) error
}

// Codes gives the passes of a booking and the text of their entry codes, for the
// pictures in a mail.
type Codes interface {
	// PrintedPasses returns the printable passes of the booking that open its doors now.
	PrintedPasses(ctx context.Context, booking models.ID) ([]models.Pass, error)
	StaticCode(ctx context.Context, p models.Pass) (string, error)
}

// Links makes the links that a notice is to bring, when the mail is written: no
// notice keeps one.
type Links interface {
	// MailedLink returns the path of a one-time link, "" when nobody is to get it any
	// more.
	MailedLink(ctx context.Context, n models.Notice) (path string, err error)
	// ChoicePath returns the path where the reader turns notices of the kind off, ""
	// for one that always comes.
	ChoicePath(n models.Notice) string
}

// Config is what a Service needs.
type Config struct {
	Store  *models.Store
	Now    clock.Func
	Sender Sender
	Codes  Codes  // nil: mails carry no code
	Links  Links  // nil: no mail brings a link to set a password with, or to turn it off
	From   string // address of the sender, "Name <address>" allowed
	URL    string // where members reach the server, without a slash at the end
	Log    *slog.Logger
}

// Service delivers the outbox.
type Service struct {
	Config
	owner string
}

// New returns a Service. Several may work on one database.
func New(c Config) *Service { return &Service{Config: c, owner: models.NewID().String()} }

const (
	batch     = 20
	claim     = 2 * time.Minute
	sendLimit = 30 * time.Second // a send never outlasts a claim of its batch's size by much; see Deliver
	attempts  = 12               // after about a day a notice is parked for a person to look at
	firstWait = 30 * time.Second
	longWait  = 3 * time.Hour

	// pace is the time from one mail to the next: ten mails a second, one by one,
	// which is as much as a mail server likes, and leaves the machine to those who
	// wait for an answer or stand at a door. A closure of a thousand bookings is told
	// within two minutes.
	pace = time.Second / 10
)

// errNotWanted means that a notice has become pointless, and no mail is written.
var errNotWanted = errors.New("the mail is not wanted any more")

// address finds what mail servers quote when they refuse a mail: the log names
// nobody.
var address = regexp.MustCompile(`[^\s<>,;:"']+@[^\s<>,;:"']+`)

// linkToken finds the secret of a link: a mail server may quote what it will not take.
var linkToken = regexp.MustCompile(`ky[lu]_[\w.-]+`)

// Deliver sends what is due and returns how many mails left. A mail that cannot
// be sent is put back with a growing wait and does not hold up the others; the
// error is of the database alone.
func (s *Service) Deliver(ctx context.Context) (int, error) {
	sent := 0
	next := time.NewTicker(pace)
	defer next.Stop()
	for {
		notices, err := s.Store.ClaimNotices(ctx, s.owner, batch, claim)
		if err != nil {
			return sent, fmt.Errorf("claim notices: %w", err)
		}
		tried, well, err := s.deliverAll(ctx, notices, next.C)
		sent += well
		s.giveBack(ctx, notices[tried:])
		if err != nil || len(notices) < batch {
			return sent, err
		}
		if !await(ctx, next.C) {
			return sent, ctx.Err()
		}
	}
}

// deliverAll tries notices, one a turn, while there is time for another under their
// claim. It returns how many it has tried and how many of those left.
func (s *Service) deliverAll(ctx context.Context, notices []models.Notice, turn <-chan time.Time) (tried, sent int, err error) {
	began := s.Now()
	for i, n := range notices {
		if i > 0 && !await(ctx, turn) {
			return i, sent, ctx.Err()
		}
		if s.Now().Sub(began) > claim-sendLimit {
			return i, sent, nil
		}
		ok, err := s.deliver(ctx, n)
		if err != nil {
			return i + 1, sent, err
		}
		if ok {
			sent++
		}
	}
	return len(notices), sent, nil
}

// giveBack leaves what was claimed and not tried to whoever comes next, as if it had
// not been claimed: a server that lets us wait must not use up its attempts.
func (s *Service) giveBack(ctx context.Context, notices []models.Notice) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	_ = s.Store.ReturnNotices(ctx, notices, s.owner) // the claim runs out by itself otherwise
}

// await reports whether the turn came before ctx ended.
func await(ctx context.Context, turn <-chan time.Time) bool {
	select {
	case <-turn:
		return true
	case <-ctx.Done():
		return false
	}
}

func (s *Service) deliver(ctx context.Context, n models.Notice) (bool, error) {
	err := s.send(ctx, n)
	if err == nil || errors.Is(err, errNotWanted) {
		return err == nil, s.Store.FinishNotice(ctx, n.ID, s.owner)
	}
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	why := linkToken.ReplaceAllString(err.Error(), "TOKEN")
	s.Log.WarnContext(ctx, "notice not delivered", "notice", n.ID, "kind", n.Kind, "attempt", n.Attempts,
		"error", address.ReplaceAllString(why, "ADDRESS"))
	return false, s.Store.PostponeNotice(ctx, n.ID, s.owner, s.again(n.Attempts), why)
}

func (s *Service) send(ctx context.Context, n models.Notice) error {
	ctx, cancel := context.WithTimeout(ctx, sendLimit)
	defer cancel()
	m, err := s.compose(ctx, n)
	if err != nil {
		return fmt.Errorf("write mail: %w", err)
	}
	return s.Sender.Send(ctx, n.ID, m)
}

// again returns when a notice is tried next: the wait doubles, with a jitter so
// that a mail server that comes back is not met by all at once. Zero means never.
func (s *Service) again(attempt int) time.Time {
	if attempt >= attempts {
		return time.Time{}
	}
	wait := min(firstWait<<(attempt-1), longWait)
	return s.Now().UTC().Add(wait + rand.N(wait/4)).Truncate(time.Second)
}
