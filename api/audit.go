package api

import (
	"context"
	"encoding/json"
	"time"

	"kyoten/models"
)

// auditWire is one entry of the audit log.
type auditWire struct {
	ID       string    `json:"id"`
	At       time.Time `json:"at"`
	Actor    string    `json:"actor" doc:"member:ID, gate:ID or system."`
	Action   string    `json:"action" examples:"booking.create"`
	Entity   string    `json:"entity"`
	EntityID string    `json:"entity_id"`
	Site     *string   `json:"site"`
	Data     any       `json:"data"`
	Seq      *int64    `json:"seq" doc:"The place in the chain; null for a second or so after it was written."`
	PrevHash string    `json:"prev_hash"`
	Hash     string    `json:"hash"`
}

func newAuditWire(e models.AuditEntry) auditWire {
	out := auditWire{e.ID.String(), e.At, e.Actor, e.Action, e.Entity, e.EntityID, nil, nil, e.Seq, e.PrevHash, e.Hash}
	if e.Site != "" {
		out.Site = &e.Site
	}
	_ = json.Unmarshal([]byte(e.Data), &out.Data) // what we wrote ourselves; "" is null
	return out
}

// auditHeadWire is the end of the chain.
type auditHeadWire struct {
	Seq  int64      `json:"seq" doc:"0 while nothing was sealed."`
	Hash string     `json:"hash"`
	At   *time.Time `json:"at"`
}

func (a *API) registerAudit() {
	add(a, operation{id: "list-audit", method: "GET", path: "/audit", who: admins}, a.auditLog)
	add(a, operation{id: "get-audit-head", method: "GET", path: "/audit/head", who: admins}, a.auditHead)
}

// auditInput narrows the audit log.
type auditInput struct {
	Paged
	From     Instant `query:"from"`
	To       Instant `query:"to"`
	Actor    string  `query:"actor" maxLength:"100"`
	Action   string  `query:"action" maxLength:"100" doc:"Or how it begins: booking."`
	Entity   string  `query:"entity" maxLength:"100"`
	EntityID string  `query:"entity_id" maxLength:"100"`
	Site     string  `query:"site" maxLength:"64"`
}

// auditLog serves GET /audit.
func (a *API) auditLog(ctx context.Context, in *auditInput) (*body[listOf[auditWire]], error) {
	page, err := in.page("audit")
	if err != nil {
		return nil, err
	}
	rows, next, err := a.store.AuditLog(ctx, models.AuditFilter{
		Period: models.Period{StartsAt: in.From.UTC(), EndsAt: in.To.UTC()},
		Actor:  in.Actor, Action: in.Action, Entity: in.Entity, EntityID: in.EntityID, Site: in.Site,
	}, page)
	if err != nil {
		return nil, err
	}
	return newList("audit", rows, next, newAuditWire), nil
}

// auditHead serves GET /audit/head.
func (a *API) auditHead(ctx context.Context, _ *nothing) (*body[auditHeadWire], error) {
	head, err := a.store.AuditHead(ctx)
	return &body[auditHeadWire]{auditHeadWire{head.Seq, head.Hash, timeOrNil(head.At)}}, err
}
