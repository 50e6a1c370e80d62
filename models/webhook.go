package models

import (
	"context"
	"slices"
	"time"
)

// HookEvent is what other programs can be told of. Its name is part of what they
// rely on.
type HookEvent string

// The events.
const (
	HookBookingCreated    HookEvent = "booking.created"
	HookBookingChanged    HookEvent = "booking.changed"
	HookBookingCancelled  HookEvent = "booking.cancelled" // also rejected
	HookBookingCheckedIn  HookEvent = "booking.checked_in"
	HookBookingCheckedOut HookEvent = "booking.checked_out"
	HookBookingNoShow     HookEvent = "booking.no_show"
	HookPassageDenied     HookEvent = "passage.denied"
	HookGateSilent        HookEvent = "gate.silent"
	HookClosureCreated    HookEvent = "closure.created"

	// HookTest is sent when somebody asks for it, to a webhook of any events.
	HookTest HookEvent = "webhook.test"
)

// HookEvents lists what a webhook can be about.
var HookEvents = []HookEvent{
	HookBookingCreated, HookBookingChanged, HookBookingCancelled, HookBookingCheckedIn, HookBookingCheckedOut, HookBookingNoShow,
	HookPassageDenied, HookGateSilent, HookClosureCreated,
}

// Webhook is an address of another program that is told of events, of all sites
// or of one. Administrators make them; one belongs to the consortium and outlives
// the account of whoever made it.
type Webhook struct {
	ID          ID
	URL         string
	Events      Strings
	Site        *string // nil = all sites
	Enabled     bool
	Description string
	Secret      string     // wrapped by the master key
	OldSecret   string     // the one before, wrapped; "" = none
	OldUntil    *time.Time // until then it signs, too
	GoneAt      *time.Time // its receiver said that it is no more, which disabled it
	CreatedBy   *ID        // nil when that account was erased
	Version     int
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// hears reports whether the webhook is to be told of an event at the sites.
func (w *Webhook) hears(e HookEvent, sites []string) bool {
	return slices.Contains(w.Events, string(e)) && (w.Site == nil || slices.Contains(sites, *w.Site))
}

// Hears reports whether any webhook is to be told of an event at the sites.
func (c *Catalogue) Hears(e HookEvent, sites ...string) bool {
	return slices.ContainsFunc(c.webhooks, func(w Webhook) bool { return w.hears(e, sites) })
}

// Webhooks returns all webhooks, the oldest first.
func (s *Store) Webhooks(ctx context.Context) ([]Webhook, error) {
	var rows []Webhook
	err := s.r(ctx).Order("id").Find(&rows).Error
	return rows, err
}

// Webhook returns a webhook, or ErrNotFound.
func (s *Store) Webhook(ctx context.Context, id ID) (Webhook, error) {
	var w Webhook
	err := s.r(ctx).Where("id = ?", id).Take(&w).Error
	return w, err
}

// WebhookForEdit takes a webhook for editing.
func (s *Store) WebhookForEdit(ctx context.Context, id ID) (Webhook, error) {
	return lockRow[Webhook](ctx, s, "id", id)
}

// InsertWebhook stores a new webhook, whose id is set since its secret is wrapped
// for it.
func (s *Store) InsertWebhook(ctx context.Context, w *Webhook) error {
	w.Version = 1
	return s.w(ctx).Create(w).Error
}

// UpdateWebhook stores a webhook that was taken for editing.
func (s *Store) UpdateWebhook(ctx context.Context, w *Webhook) error {
	return updateRow(ctx, s, w, &w.Version, "url", "events", "site", "enabled", "description", "secret", "old_secret", "old_until", "gone_at")
}

// RewrapWebhook stores the secret anew, wrapped by another master key, unless it
// was changed since it was read. The one before it ends with that.
func (s *Store) RewrapWebhook(ctx context.Context, w *Webhook, before string) error {
	return s.w(ctx).Model(&Webhook{}).Where("id = ? AND secret = ?", w.ID, before).
		Updates(map[string]any{"secret": w.Secret, "old_secret": w.OldSecret, "old_until": w.OldUntil}).Error
}

// DeleteWebhook removes a webhook with all that it was or is still to be told.
func (s *Store) DeleteWebhook(ctx context.Context, id ID) error {
	if err := deleteRow[Webhook](ctx, s, "id", id); err != nil {
		return err
	}
	return s.w(ctx).Where("webhook_id = ?", id).Delete(&Delivery{}).Error
}
