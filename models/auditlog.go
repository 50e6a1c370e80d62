package models

import "context"

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
			return nil, nil, ErrInvalidInput.On("cursor")
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
