package models

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Delivery is one event on its way to one webhook. Its id is the same at every
// attempt, so that the receiver can tell a second one from a second event.
type Delivery struct {
	ID        ID
	WebhookID ID
	Event     string
	Payload   string // the body as it is sent, JSON
	RunAt     time.Time
	Attempts  int
	Owner     string
	Until     *time.Time
	DoneAt    *time.Time
	FailedAt  *time.Time // given up
	Status    int        // of the last answer, 0 = there was none
	Answer    string     // its beginning, or why there was none
	CreatedAt time.Time
}

// TableName says webhook_deliveries.
func (Delivery) TableName() string { return "webhook_deliveries" }

// DeliveryState is how far a delivery has come.
type DeliveryState string

// The states.
const (
	DeliveryWaiting   DeliveryState = "waiting"
	DeliveryDelivered DeliveryState = "delivered"
	DeliveryGivenUp   DeliveryState = "given_up"
)

// State returns how far the delivery has come.
func (d *Delivery) State() DeliveryState {
	switch {
	case d.DoneAt != nil:
		return DeliveryDelivered
	case d.FailedAt != nil:
		return DeliveryGivenUp
	}
	return DeliveryWaiting
}

// DeliveryLife is how long the record of a delivery is kept.
const DeliveryLife = 30 * 24 * time.Hour

// deliveryDue is SQL for what is to be sent now and nobody is at work on.
const deliveryDue = "done_at IS NULL AND failed_at IS NULL AND run_at <= ? AND (until IS NULL OR until < ?)"

// WebhooksDue returns the webhooks for which something is due.
func (s *Store) WebhooksDue(ctx context.Context) ([]ID, error) {
	var ids []ID
	err := s.r(ctx).Model(&Delivery{}).Where(deliveryDue, s.Now(), s.present(0)).Distinct("webhook_id").Order("webhook_id").Pluck("webhook_id", &ids).Error
	return ids, err
}

// ClaimDeliveries gives owner up to n deliveries of a webhook that are due, the
// oldest first, for as long as lease lasts (see ClaimNotices).
func (s *Store) ClaimDeliveries(ctx context.Context, webhook ID, owner string, n int, lease time.Duration) ([]Delivery, error) {
	return claim(ctx, s, owner, n, lease, func(d Delivery) ID { return d.ID }, func(db *gorm.DB) *gorm.DB {
		return db.Where("webhook_id = ? AND "+deliveryDue, webhook, s.Now(), s.present(0)).Order("id")
	})
}

// FinishDelivery marks a delivery as arrived, where owner still has it.
func (s *Store) FinishDelivery(ctx context.Context, d *Delivery, owner string) error {
	return s.w(ctx).Model(&Delivery{}).Where("id = ? AND owner = ?", d.ID, owner).
		Updates(map[string]any{"done_at": s.Now(), "until": nil, "status": d.Status, "answer": d.Answer}).Error
}

// PostponeDelivery gives a delivery back until runAt; a zero runAt gives it up.
func (s *Store) PostponeDelivery(ctx context.Context, d *Delivery, owner string, runAt time.Time) error {
	change := map[string]any{"until": nil, "status": d.Status, "answer": d.Answer, "run_at": runAt}
	if runAt.IsZero() {
		change["run_at"], change["failed_at"] = s.Now(), s.Now()
	}
	return s.w(ctx).Model(&Delivery{}).Where("id = ? AND owner = ?", d.ID, owner).Updates(change).Error
}

// ReturnDeliveries gives deliveries back that were claimed and not tried.
func (s *Store) ReturnDeliveries(ctx context.Context, rows []Delivery, owner string) error {
	return unclaim(ctx, s, owner, rows, func(d Delivery) ID { return d.ID })
}

// DropDeliveries gives up all that a webhook was still to be told, and says why.
func (s *Store) DropDeliveries(ctx context.Context, webhook ID, why string) error {
	return s.w(ctx).Model(&Delivery{}).Where("webhook_id = ? AND done_at IS NULL AND failed_at IS NULL", webhook).
		Updates(map[string]any{"failed_at": s.Now(), "until": nil, "answer": why}).Error
}

// Redeliver has a delivery tried from the beginning, whatever came of it
// before; ErrNotFound when it is not the webhook's.
func (s *Store) Redeliver(ctx context.Context, webhook, id ID) (Delivery, error) {
	var rows []Delivery
	err := s.w(ctx).Model(&rows).Clauses(clause.Returning{}).Where("id = ? AND webhook_id = ?", id, webhook).Updates(map[string]any{
		"run_at": s.Now(), "attempts": 0, "until": nil, "owner": "", "done_at": nil, "failed_at": nil,
	}).Error
	if err == nil && len(rows) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Delivery{}, err
	}
	return rows[0], nil
}

// Deliveries returns a page of what a webhook was told and is to be told, newest
// first.
func (s *Store) Deliveries(ctx context.Context, webhook ID, page Page) ([]Delivery, *Cursor, error) {
	q := s.r(ctx).Where("webhook_id = ?", webhook).Order("id DESC").Limit(page.Limit + 1)
	if page.After.ID != "" {
		id, err := ParseID(page.After.ID)
		if err != nil {
			return nil, nil, errBadCursor
		}
		q = q.Where("id < ?", id)
	}
	var rows []Delivery
	if err := q.Find(&rows).Error; err != nil {
		return nil, nil, err
	}
	rows, next := cut(rows, page.Limit, func(d Delivery) Cursor { return Cursor{ID: d.ID.String()} })
	return rows, next, nil
}

// DeliveryCounts is how a webhook has fared as far as deliveries are kept.
type DeliveryCounts struct {
	WebhookID ID
	Waiting   int // to be tried, for the first time or again
	Failing   int // of those, tried in vain
	GivenUp   int
}

// CountDeliveries counts what waits and what was given up, by webhook.
func (s *Store) CountDeliveries(ctx context.Context) (map[ID]DeliveryCounts, error) {
	var rows []DeliveryCounts
	err := s.r(ctx).Raw(`SELECT webhook_id, count(CASE WHEN failed_at IS NULL THEN 1 END) AS waiting,
		count(CASE WHEN failed_at IS NULL AND attempts > 0 THEN 1 END) AS failing, count(failed_at) AS given_up
		FROM webhook_deliveries WHERE done_at IS NULL GROUP BY webhook_id`).Find(&rows).Error
	out := make(map[ID]DeliveryCounts, len(rows))
	for _, r := range rows {
		out[r.WebhookID] = r
	}
	return out, err
}

// forgetDeliveries drops deliveries that are old, whatever became of them.
func (s *Store) forgetDeliveries(ctx context.Context, before time.Time) error {
	return s.w(ctx).Where("created_at < ?", before).Delete(&Delivery{}).Error
}
