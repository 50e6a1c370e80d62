package webhook

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"kyoten/internal/clock"
	"kyoten/models"
)

const (
	atOnce = 8 // webhooks served at a time
	batch  = 20
	claim  = time.Minute

	// laneLimit is how long one webhook is served in one go. A claim lasts longer
	// than it and sendLimit together.
	laneLimit = 5 * time.Second

	// patience is how long a round waits for those that it serves: what is due to
	// others meanwhile is for the next one, which leaves those out that are still
	// being served.
	patience = 3 * time.Second

	attempts  = 16 // after a day, and as the dice fall some hours more, a delivery is given up
	firstWait = 15 * time.Second
	longWait  = 4 * time.Hour
)

// Why a delivery was not sent, as it is stored.
const (
	WhyDisabled = "disabled" // the webhook is off
	WhyGone     = "gone"     // the receiver said that it is no more
	WhyAddress  = "address"  // the name leads to an address that webhooks may not go to
	WhyTimeout  = "timeout"
	WhyRedirect = "redirect"
	WhySecret   = "secret" // what signs for the webhook cannot be read
)

// Reasons lists them, for those who have words for them.
var Reasons = []string{WhyDisabled, WhyGone, WhyAddress, WhyTimeout, WhyRedirect, WhySecret}

// Deliver sends what is due. It goes on with receivers that take long after it has
// returned, until ctx ends. The error is of the database alone.
func (s *Service) Deliver(ctx context.Context) error {
	due, err := s.Store.WebhooksDue(ctx)
	if err != nil {
		return fmt.Errorf("find webhooks with something due: %w", err)
	}
	enough := time.NewTimer(patience)
	defer enough.Stop()
	ended, begun := make(chan error, len(due)), 0
	for _, id := range due {
		if !s.begin(id) {
			continue
		}
		select {
		case s.lanes <- struct{}{}:
		case <-enough.C:
			s.end(id)
			return nil
		}
		begun++
		go func() {
			err := s.serve(ctx, id)
			s.end(id)
			<-s.lanes
			ended <- err
		}()
	}
	return wait(ended, begun, enough.C)
}

// wait returns what came of those that ended in time.
func wait(ended <-chan error, begun int, enough <-chan time.Time) (failed error) {
	for range begun {
		select {
		case err := <-ended:
			failed = errors.Join(failed, err)
		case <-enough:
			return failed
		}
	}
	return failed
}

// begin reports whether the webhook is not being served yet, and is from now on.
func (s *Service) begin(id models.ID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.served[id] {
		return false
	}
	s.served[id] = true
	return true
}

func (s *Service) end(id models.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.served, id)
}

// serve sends what is due to one webhook, in order, until its time is over or its
// receiver turns out to be in trouble.
func (s *Service) serve(ctx context.Context, id models.ID) error {
	w, err := s.Store.Webhook(ctx, id)
	if errors.Is(err, models.ErrNotFound) {
		return s.Store.DropDeliveries(ctx, id, WhyDisabled) // written by a server that had yet to hear of its end
	}
	if err != nil {
		return fmt.Errorf("read webhook: %w", err)
	}
	for until := clock.Now().Add(laneLimit); clock.Now().Before(until); {
		claimed, err := s.Store.ClaimDeliveries(ctx, id, s.owner, batch, claim)
		if err != nil {
			return fmt.Errorf("claim deliveries: %w", err)
		}
		for i := range claimed {
			well, err := s.deliver(ctx, &w, &claimed[i])
			if err != nil {
				return err
			}
			if !well || !clock.Now().Before(until) {
				return s.Store.ReturnDeliveries(ctx, claimed[i+1:], s.owner)
			}
		}
		if len(claimed) < batch {
			return nil
		}
	}
	return nil
}

// deliver makes one attempt. well says that the receiver can be sent more.
func (s *Service) deliver(ctx context.Context, w *models.Webhook, d *models.Delivery) (well bool, err error) {
	if !w.Enabled && d.Event != string(models.HookTest) {
		d.Status, d.Answer = 0, WhyDisabled
		return true, s.Store.PostponeDelivery(ctx, d, s.owner, time.Time{})
	}
	a := s.send(ctx, w, d)
	d.Status, d.Answer = a.status, a.text
	switch {
	case ctx.Err() != nil:
		return false, ctx.Err() // nothing is known of it: it is sent again when the claim has run out
	case a.status/100 == 2:
		return true, s.Store.FinishDelivery(ctx, d, s.owner)
	case a.status == http.StatusGone && d.Event != string(models.HookTest):
		return false, s.retire(ctx, w, d)
	}
	again := s.again(d.Attempts, a.wait)
	s.Log.WarnContext(ctx, "webhook not delivered", "webhook", w.ID, "delivery", d.ID, "event", d.Event,
		"attempt", d.Attempts, "status", a.status, "given_up", again.IsZero())
	return a.status/100 == 4 && a.status != http.StatusTooManyRequests, s.Store.PostponeDelivery(ctx, d, s.owner, again)
}

// again returns when a delivery is tried next: the wait doubles, and is up to a
// quarter longer so that a receiver that comes back is not met by all at once; it
// is never shorter than the receiver has asked for. Zero means never.
func (s *Service) again(attempt int, asked time.Duration) time.Time {
	if attempt >= attempts {
		return time.Time{}
	}
	wait := min(firstWait<<(attempt-1), longWait)
	return s.Store.Now().Add(max(wait+rand.N(wait/4), min(asked, longWait))).Truncate(time.Second)
}

// retire turns a webhook off whose receiver says that it is gone for good.
func (s *Service) retire(ctx context.Context, w *models.Webhook, d *models.Delivery) error {
	s.Log.WarnContext(ctx, "webhook turned off: its receiver is gone", "webhook", w.ID, "delivery", d.ID)
	return s.Store.InTx(ctx, func(tx *models.Store) error {
		if err := tx.PostponeDelivery(ctx, d, s.owner, time.Time{}); err != nil {
			return err
		}
		row, err := tx.WebhookForEdit(ctx, w.ID)
		if errors.Is(err, models.ErrNotFound) || err == nil && (!row.Enabled || row.URL != w.URL) {
			return nil // it was changed meanwhile
		}
		if err != nil {
			return err
		}
		now := tx.Now()
		row.Enabled, row.GoneAt = false, &now
		if err := tx.UpdateWebhook(ctx, &row); err != nil {
			return err
		}
		if err := tx.DropDeliveries(ctx, w.ID, WhyGone); err != nil {
			return err
		}
		return audit(ctx, tx, models.System, "webhook.gone", &row)
	})
}
