package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"kyoten/models"
)

const (
	secretForm = "whsec_" // how a secret is written for people: this, and base64
	secretSize = 32
	overlap    = 24 * time.Hour // how long a secret goes on signing beside the one after it
)

func newSecret() []byte {
	secret := make([]byte, secretSize)
	_, _ = rand.Read(secret) // never fails (crypto/rand)
	return secret
}

func secretText(secret []byte) string {
	return secretForm + base64.StdEncoding.EncodeToString(secret)
}

// place is where alone a webhook's secret can be unwrapped.
func place(id models.ID) string { return "webhook " + id.String() }

// secretsOf returns what signs for a webhook now, the newest first. One before it
// that cannot be read any more is left out.
func (s *Service) secretsOf(w *models.Webhook) ([][]byte, error) {
	wrapped := []string{w.Secret}
	if w.OldUntil != nil && s.Store.Now().Before(*w.OldUntil) {
		wrapped = append(wrapped, w.OldSecret)
	}
	var secrets [][]byte
	for i, text := range wrapped {
		secret, _, err := s.Vault.Unwrap(place(w.ID), text)
		if err == nil {
			secrets = append(secrets, secret)
		} else if i == 0 {
			return nil, fmt.Errorf("unwrap secret of webhook: %w", err)
		}
	}
	return secrets, nil
}

// signature signs a message once with each secret, as Standard Webhooks says.
func signature(secrets [][]byte, id string, at time.Time, body string) string {
	signed := make([]string, len(secrets))
	for i, secret := range secrets {
		mac := hmac.New(sha256.New, secret)
		_, _ = mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "." + body))
		signed[i] = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return strings.Join(signed, " ")
}

// Rewrap wraps anew what a master key wrapped that is no longer in use. A secret
// that cannot be read stops neither the others nor the server: its webhook says so.
func (s *Service) Rewrap(ctx context.Context) error {
	rows, err := s.Store.Webhooks(ctx)
	if err != nil {
		return fmt.Errorf("read webhooks: %w", err)
	}
	for i := range rows {
		w := &rows[i]
		secret, old, err := s.Vault.Unwrap(place(w.ID), w.Secret)
		if err != nil {
			s.Log.ErrorContext(ctx, "the secret of a webhook cannot be read: make another one", "webhook", w.ID, "error", err)
		}
		if err != nil || !old {
			continue
		}
		before := w.Secret
		w.Secret, w.OldSecret, w.OldUntil = s.Vault.Wrap(place(w.ID), secret), "", nil
		if err := s.Store.RewrapWebhook(ctx, w, before); err != nil {
			return fmt.Errorf("wrap secret of webhook anew: %w", err)
		}
	}
	return nil
}
