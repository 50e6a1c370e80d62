package models

import (
	"context"
	"time"
)

// AuditFilter says which entries of the audit log are asked for. Empty members
// ask for all.
type AuditFilter struct {
	Period   Period // zero ends are open
	Actor    string
	Action   string // also the beginning of one: "booking." for all about bookings
	Entity   string
	EntityID string
	Site     string
}

// AuditLog returns a page of the audit log, newest first.
func (s *Store) AuditLog(ctx context.Context, f AuditFilter, page Page) ([]AuditEntry, *Cursor, error) {
	q := s.r(ctx).Order("id DESC").Limit(page.Limit + 1)
	if page.After.ID != "" {
		id, err := ParseID(page.After.ID)
		if err != nil {
			return nil, nil, errBadCursor
		}
		q = q.Where("id < ?", id)
	}
	if !f.Period.StartsAt.IsZero() {
		q = q.Where("at >= ?", f.Period.StartsAt)
	}
	if !f.Period.EndsAt.IsZero() {
		q = q.Where("at < ?", f.Period.EndsAt)
	}
	if f.Action != "" {
		q = q.Where("substr(action, 1, ?) = ?", len(f.Action), f.Action)
	}
	for column, want := range map[string]string{"actor": f.Actor, "entity": f.Entity, "entity_id": f.EntityID, "site": f.Site} {
		if want != "" {
			q = q.Where(column+" = ?", want)
		}
	}
	var rows []AuditEntry
	if err := q.Find(&rows).Error; err != nil {
		return nil, nil, err
	}
	rows, next := cut(rows, page.Limit, func(e AuditEntry) Cursor { return Cursor{ID: e.ID.String()} })
	return rows, next, nil
}

// headMailed names the setting that says when a head was mailed last.
const headMailed = "audit_head_mailed"

// MailAuditHead sends the end of the log to the administrators when the last one
// went out longer ago than every: their mailboxes are out of reach of whoever can
// write to the database. Of several servers one does it.
func (s *Store) MailAuditHead(ctx context.Context, every time.Duration) error {
	return s.InTx(ctx, func(tx *Store) error {
		if _, err := tx.LockAdmins(ctx); err != nil {
			return err
		}
		last, err := tx.Setting(ctx, headMailed)
		if err != nil {
			return err
		}
		if at, err := time.Parse(time.RFC3339, last); err == nil && tx.Now().Sub(at) < every {
			return nil
		}
		head, err := tx.AuditHead(ctx)
		if err != nil || head.Seq == 0 {
			return err
		}
		people, err := tx.Caretakers(ctx)
		if err != nil {
			return err
		}
		var notices []Notice
		for _, p := range people {
			if m := p.Member; p.Admin() {
				notices = append(notices, Notice{Kind: string(NoticeAuditHead), Recipient: m.Email, Locale: m.Locale, MemberID: &m.ID})
			}
		}
		if err := tx.Enqueue(ctx, BookingNotice{Title: head.String()}, notices...); err != nil {
			return err
		}
		return tx.SetSetting(ctx, headMailed, tx.Now().Format(time.RFC3339))
	})
}
