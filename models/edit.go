package models

import (
	"context"
	"errors"

	"kyoten/internal/fault"
)

// ErrInUse means that something cannot be deleted while others refer to it.
var ErrInUse = fault.New(fault.Conflict, "in_use", "it is still in use and cannot be deleted")

// What can be edited is locked, changed, and stored again in one transaction
// under a raised version: the ForEdit methods return a row of its own, which is
// nobody's snapshot, the Update methods store all that may be changed.

// lockRow takes one row until the transaction ends and returns it as it is now.
func lockRow[T any](ctx context.Context, s *Store, column string, key any) (T, error) {
	var row T
	err := s.w(ctx).Clauses(rowLock).Where(column+" = ?", key).Take(&row).Error
	return row, err
}

// updateRow stores the named columns of a row and raises its version, which the
// caller hands in.
func updateRow(ctx context.Context, s *Store, row any, version *int, columns ...any) error {
	*version++
	columns = append(columns, "version", "updated_at")
	return changedOne(s.w(ctx).Model(row).Select(columns[0], columns[1:]...).Updates(row), ErrNotFound)
}

func deleteRow[T any](ctx context.Context, s *Store, column string, key any) error {
	var row T
	return changedOne(s.w(ctx).Where(column+" = ?", key).Delete(&row), ErrNotFound)
}

// SiteForEdit takes a site for editing, with its hours.
func (s *Store) SiteForEdit(ctx context.Context, slug string) (Site, error) {
	site, err := lockRow[Site](ctx, s, "slug", slug)
	if err != nil {
		return site, err
	}
	return site, s.w(ctx).Where("site = ?", slug).Order("weekday, opens").Find(&site.Hours).Error
}

// UpdateSite stores a site that was locked, its hours in place of those before.
func (s *Store) UpdateSite(ctx context.Context, site *Site) error {
	err := updateRow(ctx, s, site, &site.Version, "name_ja", "name_en", "address_ja", "address_en", "phone", "url",
		"time_zone", "capacity", "closed_on_holidays", "walk_ins", "early_grace_minutes", "late_grace_minutes",
		"max_stay_minutes", "announcement_ja", "announcement_en", "position")
	if err != nil {
		return err
	}
	if err := s.w(ctx).Where("site = ?", site.Slug).Delete(&OpeningHours{}).Error; err != nil {
		return err
	}
	return s.insertHours(ctx, site)
}

// DeleteSite removes a site that nothing refers to, its hours with it; ErrInUse
// otherwise.
func (s *Store) DeleteSite(ctx context.Context, slug string) error {
	var passes int // which PostgreSQL keeps no key of (migrations/00010_lighter_bookings.sql)
	err := s.w(ctx).Raw("SELECT count(*) FROM (SELECT 1 FROM passes WHERE site = ? LIMIT 1) p", slug).Find(&passes).Error
	switch {
	case err != nil:
		return err
	case passes > 0:
		return ErrInUse
	}
	return deleteRow[Site](ctx, s, "slug", slug)
}

// ZoneForEdit takes a zone for editing.
func (s *Store) ZoneForEdit(ctx context.Context, id int) (Zone, error) {
	return lockRow[Zone](ctx, s, "id", id)
}

// UpdateZone stores a zone that was locked.
func (s *Store) UpdateZone(ctx context.Context, z *Zone) error {
	return updateRow(ctx, s, z, &z.Version, "parent_id", "company_id", "name_ja", "name_en", "live_required",
		"anti_passback", "anti_passback_minutes", "capacity", "offline_hours")
}

// DeleteZone removes a zone that nothing refers to; ErrInUse otherwise.
func (s *Store) DeleteZone(ctx context.Context, id int) error {
	return deleteRow[Zone](ctx, s, "id", id)
}

// SpaceForEdit takes a space for editing.
func (s *Store) SpaceForEdit(ctx context.Context, id ID) (Space, error) {
	return lockRow[Space](ctx, s, "id", id)
}

// UpdateSpace stores a space that was locked.
func (s *Store) UpdateSpace(ctx context.Context, sp *Space) error {
	return updateRow(ctx, s, sp, &sp.Version, "zone_id", "name_ja", "name_en", "capacity", "equipment", "video_address",
		"floor_plan_id", "x", "y", "width", "height", "bookable", "needs_approval", "owner_id", "grain_minutes",
		"fault_note", "position")
}

// DeleteSpace removes a space that was never booked; ErrInUse otherwise.
func (s *Store) DeleteSpace(ctx context.Context, id ID) error {
	return deleteRow[Space](ctx, s, "id", id)
}

// FloorPlanForEdit takes a floor plan for editing.
func (s *Store) FloorPlanForEdit(ctx context.Context, id ID) (FloorPlan, error) {
	return lockRow[FloorPlan](ctx, s, "id", id)
}

// UpdateFloorPlan stores a floor plan that was locked.
func (s *Store) UpdateFloorPlan(ctx context.Context, f *FloorPlan) error {
	return updateRow(ctx, s, f, &f.Version, "name_ja", "name_en", "width", "height", "shapes", "position", "picture", "picture_shown")
}

// DeleteFloorPlan removes a floor plan that no space stands on; ErrInUse
// otherwise.
func (s *Store) DeleteFloorPlan(ctx context.Context, id ID) error {
	return deleteRow[FloorPlan](ctx, s, "id", id)
}

// CompanyForEdit takes a company for editing.
func (s *Store) CompanyForEdit(ctx context.Context, id int) (Company, error) {
	return lockRow[Company](ctx, s, "id", id)
}

// UpdateCompany stores a company that was taken for editing.
func (s *Store) UpdateCompany(ctx context.Context, c *Company) error {
	return updateRow(ctx, s, c, &c.Version, "name_ja", "name_en", "kana", "plan_id", "standing_access",
		"minutes_per_week", "minutes_per_month", "suspended_at")
}

// DeleteCompany removes a company that nothing refers to; ErrInUse otherwise.
func (s *Store) DeleteCompany(ctx context.Context, id int) error {
	return deleteRow[Company](ctx, s, "id", id)
}

// PlanForEdit takes a plan for editing, with its rules and sites.
func (s *Store) PlanForEdit(ctx context.Context, id ID) (Plan, error) {
	p, err := lockRow[Plan](ctx, s, "id", id)
	if err != nil {
		return p, err
	}
	var rules []PlanRule
	if err := s.w(ctx).Where("plan_id = ?", id).Find(&rules).Error; err != nil {
		return p, err
	}
	p.Rules = map[Kind]PlanRule{}
	for _, r := range rules {
		p.Rules[r.Kind] = r
	}
	err = s.w(ctx).Model(&PlanSite{}).Where("plan_id = ?", id).Order("site").Pluck("site", &p.Sites).Error
	return p, err
}

// UpdatePlan stores a plan that was locked, its rules and sites in place of those
// before. A plan that becomes the common one takes that from the one before.
func (s *Store) UpdatePlan(ctx context.Context, p *Plan) error {
	err := updateRow(ctx, s, p, &p.Version, "name_ja", "name_en", "is_default", "all_sites", "standing_access",
		"max_guests", "no_show_limit", "no_show_pause_days")
	if err != nil {
		return err
	}
	for _, part := range []any{&PlanRule{}, &PlanSite{}} {
		if err := s.w(ctx).Where("plan_id = ?", p.ID).Delete(part).Error; err != nil {
			return err
		}
	}
	return s.insertPlanParts(ctx, p)
}

// OnlyDefault takes the mark of the common plan from all plans but one.
func (s *Store) OnlyDefault(ctx context.Context, id ID) error {
	return s.w(ctx).Model(&Plan{}).Where("is_default AND id <> ?", id).Update("is_default", false).Error
}

// DeletePlan removes a plan that nobody has; ErrInUse otherwise.
func (s *Store) DeletePlan(ctx context.Context, id ID) error {
	return deleteRow[Plan](ctx, s, "id", id)
}

// ClosureForEdit takes a closure for editing.
func (s *Store) ClosureForEdit(ctx context.Context, id ID) (Closure, error) {
	return lockRow[Closure](ctx, s, "id", id)
}

// DeleteClosure removes a closure.
func (s *Store) DeleteClosure(ctx context.Context, id ID) error {
	return deleteRow[Closure](ctx, s, "id", id)
}

// ClosuresBetween returns a page of the closures that overlap p, by start; those
// of one site where given.
func (s *Store) ClosuresBetween(ctx context.Context, site string, p Period, page Page) ([]Closure, *Cursor, error) {
	q := s.r(ctx).Where("starts_at < ? AND ends_at > ?", p.EndsAt, p.StartsAt)
	if site != "" {
		q = q.Where("site = ?", site)
	}
	var rows []Closure
	if err := page.byTime(q, "starts_at", "id").Find(&rows).Error; err != nil {
		return nil, nil, err
	}
	rows, next := cut(rows, page.Limit, func(c Closure) Cursor { return AtTime(c.StartsAt, c.ID) })
	return rows, next, nil
}

// Closure returns a closure, or ErrNotFound.
func (s *Store) Closure(ctx context.Context, id ID) (Closure, error) {
	var c Closure
	err := s.r(ctx).Where("id = ?", id).Take(&c).Error
	return c, err
}

// Holidays returns the overrides of the national calendar, by day.
func (s *Store) Holidays(ctx context.Context) ([]Holiday, error) {
	var rows []Holiday
	err := s.r(ctx).Order("day").Find(&rows).Error
	return rows, err
}

// SetHoliday stores an override in place of one for the same day.
func (s *Store) SetHoliday(ctx context.Context, h Holiday) error {
	err := deleteRow[Holiday](ctx, s, "day", h.Day)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	return s.w(ctx).Create(&h).Error
}

// DeleteHoliday removes an override.
func (s *Store) DeleteHoliday(ctx context.Context, day string) error {
	return deleteRow[Holiday](ctx, s, "day", day)
}
