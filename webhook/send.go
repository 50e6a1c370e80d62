package webhook

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode"

	"kyoten/internal/clock"
	"kyoten/models"
)

// answer is what came of one attempt.
type answer struct {
	status int    // 0: there was no answer
	text   string // its beginning, or why there was none
	wait   time.Duration
}

// How much of an answer is read, and how much of that is kept.
const (
	readBytes = 2 << 10
	keptRunes = 200
)

// send posts a delivery once. The clock of its timestamp is the true one, also
// where ours is a demo's: the receiver compares it with its own.
func (s *Service) send(ctx context.Context, w *models.Webhook, d *models.Delivery) answer {
	secrets, err := s.secretsOf(w)
	if err != nil {
		s.Log.ErrorContext(ctx, "the secret of a webhook cannot be read: make another one", "webhook", w.ID, "error", err)
		return answer{text: WhySecret}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, strings.NewReader(d.Payload))
	if err != nil {
		return answer{text: WhyAddress}
	}
	at := clock.Now()
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "Kyoten")
	req.Header.Set("webhook-id", d.ID.String())
	req.Header.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
	req.Header.Set("webhook-signature", signature(secrets, d.ID.String(), at, d.Payload))
	res, err := s.client.Do(req)
	if err != nil {
		return answer{text: reason(err)}
	}
	defer func() { _ = res.Body.Close() }()
	raw, _ := io.ReadAll(io.LimitReader(res.Body, readBytes)) // what could be read of it
	a := answer{res.StatusCode, excerpt(string(raw)), retryAfter(res.Header)}
	if res.StatusCode/100 == 3 {
		a.text = WhyRedirect
	}
	return a
}

// reason says why there was no answer, without the address: its path may hold a
// secret of the receiver's.
func reason(err error) string {
	switch {
	case errors.Is(err, errAddress):
		return WhyAddress
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return WhyTimeout
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	return excerpt(err.Error())
}

// excerpt returns the beginning of a text in one line that can be stored.
func excerpt(text string) string {
	words := strings.FieldsFunc(strings.ToValidUTF8(text, "\uFFFD"), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
	runes := []rune(strings.Join(words, " "))
	return string(runes[:min(len(runes), keptRunes)])
}

// retryAfter returns how long the receiver asks us to wait, 0 when it does not.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, int(longWait/time.Second))) * time.Second
}
