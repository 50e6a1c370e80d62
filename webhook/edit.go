package webhook

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"kyoten/models"
)

// Record is a webhook with how it fares.
type Record struct {
	models.Webhook
	models.DeliveryCounts
	Creator *models.Member // who made it, nil when that is known no more
}

// List returns all webhooks; administrators only, as everything here.
func (s *Service) List(ctx context.Context, p models.Principal) ([]Record, error) {
	if !p.Admin() {
		return nil, models.ErrForbidden
	}
	rows, err := s.Store.Webhooks(ctx)
	if err != nil {
		return nil, fmt.Errorf("read webhooks: %w", err)
	}
	counts, err := s.Store.CountDeliveries(ctx)
	if err != nil {
		return nil, fmt.Errorf("count deliveries: %w", err)
	}
	var ids []models.ID
	for _, w := range rows {
		if w.CreatedBy != nil {
			ids = append(ids, *w.CreatedBy)
		}
	}
	people, err := s.Store.Members(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read makers of webhooks: %w", err)
	}
	out := make([]Record, len(rows))
	for i, w := range rows {
		out[i] = Record{Webhook: w, DeliveryCounts: counts[w.ID]}
		if w.CreatedBy == nil {
			continue
		}
		if m, ok := people[*w.CreatedBy]; ok {
			out[i].Creator = &m
		}
	}
	return out, nil
}

// Webhook returns one, or models.ErrNotFound.
func (s *Service) Webhook(ctx context.Context, p models.Principal, id models.ID) (Record, error) {
	rows, err := s.List(ctx, p)
	if err != nil {
		return Record{}, err
	}
	for _, r := range rows {
		if r.Webhook.ID == id {
			return r, nil
		}
	}
	return Record{}, models.ErrNotFound
}

// Create stores a new webhook and returns the secret that signs for it, which is
// told this once.
func (s *Service) Create(ctx context.Context, p models.Principal, w *models.Webhook) (secret string, err error) {
	if !p.Admin() {
		return "", models.ErrForbidden
	}
	raw := newSecret()
	w.ID, w.CreatedBy = models.NewID(), &p.Member.ID
	w.Secret = s.Vault.Wrap(place(w.ID), raw)
	err = s.Store.InTx(ctx, func(tx *models.Store) error {
		if err := s.check(ctx, tx, w); err != nil {
			return err
		}
		if err := tx.InsertWebhook(ctx, w); err != nil {
			return fmt.Errorf("store webhook: %w", err)
		}
		return audit(ctx, tx, p, "webhook.create", w)
	})
	return secretText(raw), err
}

// Update applies change to a webhook. What is on its way goes to the new address;
// one that is turned off is told nothing of what happened before it is on again.
func (s *Service) Update(ctx context.Context, p models.Principal, id models.ID, match models.Match, change func(*models.Webhook)) (models.Webhook, error) {
	return s.edit(ctx, p, id, "webhook.update", func(tx *models.Store, w *models.Webhook) error {
		if err := match.Check(w.Version); err != nil {
			return err
		}
		was := w.Enabled
		change(w)
		if w.Enabled && !was {
			w.GoneAt = nil
		}
		if was && !w.Enabled {
			if err := tx.DropDeliveries(ctx, id, WhyDisabled); err != nil {
				return fmt.Errorf("give up deliveries: %w", err)
			}
		}
		return s.check(ctx, tx, w)
	})
}

// Rotate gives a webhook another secret, which it returns. The one before signs
// beside it for a day, so that the receiver can change over at leisure.
func (s *Service) Rotate(ctx context.Context, p models.Principal, id models.ID) (w models.Webhook, secret string, err error) {
	raw := newSecret()
	w, err = s.edit(ctx, p, id, "webhook.rotate", func(tx *models.Store, w *models.Webhook) error {
		until := tx.Now().Add(overlap)
		w.OldSecret, w.OldUntil, w.Secret = w.Secret, &until, s.Vault.Wrap(place(id), raw)
		return nil
	})
	return w, secretText(raw), err
}

func (s *Service) edit(ctx context.Context, p models.Principal, id models.ID, action string, change func(*models.Store, *models.Webhook) error) (w models.Webhook, err error) {
	if !p.Admin() {
		return w, models.ErrForbidden
	}
	err = s.Store.InTx(ctx, func(tx *models.Store) error {
		if w, err = tx.WebhookForEdit(ctx, id); err != nil {
			return err
		}
		if err := change(tx, &w); err != nil {
			return err
		}
		if err := tx.UpdateWebhook(ctx, &w); err != nil {
			return fmt.Errorf("store webhook: %w", err)
		}
		return audit(ctx, tx, p, action, &w)
	})
	return w, err
}

// Delete removes a webhook with the record of its deliveries.
func (s *Service) Delete(ctx context.Context, p models.Principal, id models.ID) error {
	if !p.Admin() {
		return models.ErrForbidden
	}
	return s.Store.InTx(ctx, func(tx *models.Store) error {
		w, err := tx.WebhookForEdit(ctx, id)
		if err != nil {
			return err
		}
		if err := tx.DeleteWebhook(ctx, id); err != nil {
			return err
		}
		return audit(ctx, tx, p, "webhook.delete", &w)
	})
}

// Deliveries returns a page of what a webhook was told, newest first.
func (s *Service) Deliveries(ctx context.Context, p models.Principal, id models.ID, page models.Page) ([]models.Delivery, *models.Cursor, error) {
	if !p.Admin() {
		return nil, nil, models.ErrForbidden
	}
	if _, err := s.Store.Webhook(ctx, id); err != nil {
		return nil, nil, err
	}
	return s.Store.Deliveries(ctx, id, page)
}

// Test sends a webhook an event that says nothing, also to one that is off.
func (s *Service) Test(ctx context.Context, p models.Principal, id models.ID) (d models.Delivery, err error) {
	return s.deed(ctx, p, id, "webhook.test", func(tx *models.Store) (models.Delivery, error) { return tx.InsertTestDelivery(ctx, id) })
}

// Redeliver sends something again, whatever came of it.
func (s *Service) Redeliver(ctx context.Context, p models.Principal, id, delivery models.ID) (models.Delivery, error) {
	return s.deed(ctx, p, id, "webhook.redeliver", func(tx *models.Store) (models.Delivery, error) { return tx.Redeliver(ctx, id, delivery) })
}

func (s *Service) deed(ctx context.Context, p models.Principal, id models.ID, action string, do func(*models.Store) (models.Delivery, error)) (d models.Delivery, err error) {
	if !p.Admin() {
		return d, models.ErrForbidden
	}
	err = s.Store.InTx(ctx, func(tx *models.Store) error {
		w, err := tx.Webhook(ctx, id)
		if err != nil {
			return err
		}
		if d, err = do(tx); err != nil {
			return err
		}
		return audit(ctx, tx, p, action, &w)
	})
	return d, err
}

// check refuses a webhook that makes no sense and puts its events in their order.
func (s *Service) check(ctx context.Context, tx *models.Store, w *models.Webhook) error {
	w.URL = strings.TrimSpace(w.URL)
	if err := s.checkURL(w.URL); err != nil {
		return err
	}
	var events models.Strings
	for _, e := range models.HookEvents {
		if slices.Contains(w.Events, string(e)) {
			events = append(events, string(e))
		}
	}
	for _, e := range w.Events {
		if !slices.Contains(events, e) {
			return models.ErrInvalidInput.On("events").Saying("event_names")
		}
	}
	if len(events) == 0 {
		return models.ErrInvalidInput.On("events").Saying("event_names")
	}
	w.Events = events
	if w.Site == nil {
		return nil
	}
	cat, err := tx.Catalogue(ctx)
	if err != nil {
		return err
	}
	if _, err := cat.Site(*w.Site); err != nil {
		return models.ErrInvalidInput.On("site").Saying("nothing_there")
	}
	return nil
}

// audit writes down what was done to a webhook. Of its address it keeps the host
// alone: the rest may hold a secret of the receiver's, and the log is for ever.
func audit(ctx context.Context, tx *models.Store, p models.Principal, action string, w *models.Webhook) error {
	site, host := "", ""
	if w.Site != nil {
		site = *w.Site
	}
	if u, err := url.Parse(w.URL); err == nil {
		host = u.Host
	}
	return tx.Audit(ctx, p, action, "webhook", w.ID.String(), site, map[string]any{"host": host, "events": w.Events, "enabled": w.Enabled})
}
