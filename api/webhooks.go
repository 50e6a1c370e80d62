package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"kyoten/auth"
	"kyoten/internal/fault"
	"kyoten/models"
	"kyoten/webhook"
)

// WebhookWire is who else is told of what happens. Its secret is not among it.
type WebhookWire struct {
	ID          string     `json:"id"`
	URL         string     `json:"url"`
	Events      []string   `json:"events"`
	Site        *string    `json:"site" doc:"Null: of all sites."`
	Enabled     bool       `json:"enabled"`
	Description string     `json:"description"`
	GoneAt      *time.Time `json:"gone_at" doc:"When the receiver answered 410, which disabled it."`
	CreatedBy   *string    `json:"created_by" doc:"The member who made it; null when that account was erased."`
	CreatedAt   time.Time  `json:"created_at"`
}

func newWebhookWire(w models.Webhook) WebhookWire {
	return WebhookWire{w.ID.String(), w.URL, w.Events, w.Site, w.Enabled, w.Description, w.GoneAt, idOrNil(w.CreatedBy), w.CreatedAt}
}

// webhookRecordWire is one with how it fares.
type webhookRecordWire struct {
	WebhookWire
	Waiting int `json:"waiting" doc:"Deliveries to be tried, for the first time or again."`
	Failing int `json:"failing" doc:"Of those, tried in vain so far."`
	GivenUp int `json:"given_up" doc:"Deliveries of the last 30 days that were given up."`
}

func newWebhookRecordWire(r webhook.Record) webhookRecordWire {
	return webhookRecordWire{newWebhookWire(r.Webhook), r.Waiting, r.Failing, r.GivenUp}
}

// webhookSecretOutput is a webhook with the secret that signs for it.
type webhookSecretOutput struct {
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     struct {
		WebhookWire
		Secret string `json:"secret" doc:"Signs what is sent (Standard Webhooks); shown now and never again."`
	}
}

func newWebhookSecretOutput(w models.Webhook, secret string) *webhookSecretOutput {
	out := &webhookSecretOutput{Location: prefix + "/webhooks/" + w.ID.String(), ETag: etag(w.Version)}
	out.Body.WebhookWire, out.Body.Secret = newWebhookWire(w), secret
	return out
}

func (a *API) registerWebhooks() {
	bad := []*fault.Fault{webhook.ErrURL}
	add(a, operation{id: "list-webhooks", method: "GET", path: "/webhooks", who: admins}, a.webhooks)
	add(a, operation{id: "get-webhook", method: "GET", path: "/webhooks/{id}", who: admins}, a.webhook)
	add(a, operation{
		id: "create-webhook", method: "POST", path: "/webhooks", who: admins, status: http.StatusCreated, secret: true, faults: bad,
	}, a.createWebhook)
	add(a, operation{id: "update-webhook", method: "PATCH", path: "/webhooks/{id}", who: admins, faults: bad}, a.updateWebhook)
	add(a, operation{id: "delete-webhook", method: "DELETE", path: "/webhooks/{id}", who: admins, status: http.StatusNoContent}, a.deleteWebhook)
	add(a, operation{id: "rotate-webhook-secret", method: "POST", path: "/webhooks/{id}/rotate", who: admins, secret: true}, a.rotateWebhook)
	add(a, operation{id: "test-webhook", method: "POST", path: "/webhooks/{id}/test", who: admins, status: http.StatusAccepted}, a.testWebhook)
	add(a, operation{id: "list-webhook-deliveries", method: "GET", path: "/webhooks/{id}/deliveries", who: admins}, a.webhookDeliveries)
	add(a, operation{
		id: "redeliver-webhook", method: "POST", path: "/webhooks/{id}/deliveries/{delivery}/redeliver", who: admins, status: http.StatusAccepted,
	}, a.redeliver)
}

// webhooks serves GET /webhooks.
func (a *API) webhooks(ctx context.Context, in *Paged) (*body[listOf[webhookRecordWire]], error) {
	page, err := in.page("webhooks")
	if err != nil {
		return nil, err
	}
	rows, err := a.hooks.List(ctx, auth.Principal(ctx))
	if err != nil {
		return nil, err
	}
	rows, next := models.PageOf(rows, page, func(r webhook.Record) string { return r.ID.String() })
	return newList("webhooks", rows, next, newWebhookRecordWire), nil
}

// webhook serves GET /webhooks/{id}.
func (a *API) webhook(ctx context.Context, in *IDInput) (*versioned[webhookRecordWire], error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	r, err := a.hooks.Webhook(ctx, auth.Principal(ctx), id)
	if err != nil {
		return nil, err
	}
	return &versioned[webhookRecordWire]{etag(r.Version), newWebhookRecordWire(r)}, nil
}

// WebhookFields is what can be said of a webhook.
type WebhookFields struct {
	URL         *string        `json:"url,omitempty" minLength:"1" maxLength:"2000" doc:"https. The answer does not say whether anything is there; a test does."`
	Events      *HookEvents    `json:"events,omitempty" minItems:"1" maxItems:"50"`
	Site        Change[string] `json:"site,omitempty" required:"false" doc:"Events of this site alone; null: of all sites."`
	Enabled     *bool          `json:"enabled,omitempty"`
	Description *string        `json:"description,omitempty" maxLength:"200"`
}

// HookEvents are names of events.
type HookEvents []string

// Schema lists the events there are.
func (HookEvents) Schema(huma.Registry) *huma.Schema {
	all := make([]any, len(models.HookEvents))
	for i, e := range models.HookEvents {
		all[i] = string(e)
	}
	return &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString, Enum: all}}
}

func (in *WebhookFields) apply(w *models.Webhook) {
	set(&w.URL, in.URL)
	set(&w.Enabled, in.Enabled)
	set(&w.Description, in.Description)
	in.Site.toOptional(&w.Site)
	if in.Events != nil {
		w.Events = models.Strings(slices.Clone(*in.Events))
	}
}

// NewWebhookFields are those of a new one.
type NewWebhookFields struct{ WebhookFields }

// TransformSchema says what a new one must have.
func (*NewWebhookFields) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	return requiring(s, "url", "events")
}

// createWebhook serves POST /webhooks.
func (a *API) createWebhook(ctx context.Context, in *struct{ Body NewWebhookFields }) (*webhookSecretOutput, error) {
	w := models.Webhook{Enabled: true}
	in.Body.apply(&w)
	secret, err := a.hooks.Create(ctx, auth.Principal(ctx), &w)
	if err != nil {
		return nil, err
	}
	return newWebhookSecretOutput(w, secret), nil
}

// updateWebhook serves PATCH /webhooks/{id}.
func (a *API) updateWebhook(ctx context.Context, in *struct {
	IDInput
	Conditional
	Body WebhookFields
},
) (*versioned[WebhookWire], error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	w, err := a.hooks.Update(ctx, auth.Principal(ctx), id, in.match(), in.Body.apply)
	if err != nil {
		return nil, err
	}
	return &versioned[WebhookWire]{etag(w.Version), newWebhookWire(w)}, nil
}

// deleteWebhook serves DELETE /webhooks/{id}.
func (a *API) deleteWebhook(ctx context.Context, in *IDInput) (*nothing, error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	return nil, a.hooks.Delete(ctx, auth.Principal(ctx), id)
}

// rotateWebhook serves POST /webhooks/{id}/rotate.
func (a *API) rotateWebhook(ctx context.Context, in *IDInput) (*webhookSecretOutput, error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	w, secret, err := a.hooks.Rotate(ctx, auth.Principal(ctx), id)
	if err != nil {
		return nil, err
	}
	return newWebhookSecretOutput(w, secret), nil
}

// deliveryWire is one event on its way to one webhook.
type deliveryWire struct {
	ID        string     `json:"id" doc:"The webhook-id header of every attempt."`
	Event     string     `json:"event"`
	State     string     `json:"state" enum:"waiting,delivered,given_up"`
	Attempts  int        `json:"attempts"`
	Status    *int       `json:"status" doc:"Of the last answer; null when there was none."`
	Answer    string     `json:"answer" doc:"The beginning of the last answer, or why there was none."`
	NextAt    *time.Time `json:"next_at" doc:"When it is tried next."`
	EndedAt   *time.Time `json:"ended_at" doc:"When it was delivered or given up."`
	CreatedAt time.Time  `json:"created_at"`
}

func newDeliveryWire(d models.Delivery) deliveryWire {
	out := deliveryWire{
		ID: d.ID.String(), Event: d.Event, State: string(d.State()), Attempts: d.Attempts, Answer: d.Answer, CreatedAt: d.CreatedAt, EndedAt: d.DoneAt,
	}
	if d.Status != 0 {
		out.Status = &d.Status
	}
	switch d.State() {
	case models.DeliveryWaiting:
		out.NextAt = &d.RunAt
	case models.DeliveryGivenUp:
		out.EndedAt = d.FailedAt
	}
	return out
}

// testWebhook serves POST /webhooks/{id}/test.
func (a *API) testWebhook(ctx context.Context, in *IDInput) (*body[deliveryWire], error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	d, err := a.hooks.Test(ctx, auth.Principal(ctx), id)
	if err != nil {
		return nil, err
	}
	return &body[deliveryWire]{newDeliveryWire(d)}, nil
}

// webhookDeliveries serves GET /webhooks/{id}/deliveries.
func (a *API) webhookDeliveries(ctx context.Context, in *struct {
	IDInput
	Paged
},
) (*body[listOf[deliveryWire]], error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	page, err := in.page("deliveries")
	if err != nil {
		return nil, err
	}
	rows, next, err := a.hooks.Deliveries(ctx, auth.Principal(ctx), id, page)
	if err != nil {
		return nil, err
	}
	return newList("deliveries", rows, next, newDeliveryWire), nil
}

// redeliver serves POST /webhooks/{id}/deliveries/{delivery}/redeliver.
func (a *API) redeliver(ctx context.Context, in *struct {
	IDInput
	Delivery string `path:"delivery"`
},
) (*body[deliveryWire], error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	delivery, err := models.ParseID(in.Delivery)
	if err != nil {
		return nil, err
	}
	d, err := a.hooks.Redeliver(ctx, auth.Principal(ctx), id, delivery)
	if err != nil {
		return nil, err
	}
	return &body[deliveryWire]{newDeliveryWire(d)}, nil
}
