package models

import (
	"context"
	"time"

	"gorm.io/gorm/clause"
)

// Visit is the stay of a subject in a zone between an entry and an exit. Visits
// are the fold of passages (entry.Fold) and are written by nothing else. Times
// are milliseconds of Unix time; LeftMS is nil while the visit lasts.
type Visit struct {
	EntryID   string `gorm:"primaryKey"` // the passage that opened it
	ZoneID    int    `gorm:"primaryKey"`
	Subject   string
	Site      string
	EnteredMS int64  `gorm:"column:entered_ms"`
	LeftMS    *int64 `gorm:"column:left_ms"`
	ClosedBy  string // "", scan, inferred, auto, staff
	ExitID    string // the passage that closed it
	Flags     Strings
}

// Presence is one person who is inside, or was not seen leaving.
type Presence struct {
	Subject     string `gorm:"primaryKey"`
	Site        string
	ZoneID      int    // the innermost
	SinceMS     int64  `gorm:"column:since_ms"`
	LastEntryMS int64  `gorm:"column:last_entry_ms"`
	ClosedMS    *int64 `gorm:"column:closed_ms"` // closed without an exit: the person is unconfirmed
	SafeMS      *int64 `gorm:"column:safe_ms"`   // accounted for in an evacuation
}

// DoubtLasts is how long somebody who was not seen leaving may still be inside.
const DoubtLasts = 12 * time.Hour

// Inside reports whether the person is known to be in.
func (p *Presence) Inside() bool { return p.ClosedMS == nil }

// Unconfirmed reports whether the person may still be in at now, unseen.
func (p *Presence) Unconfirmed(now time.Time) bool {
	return p.ClosedMS != nil && now.Sub(time.UnixMilli(*p.ClosedMS)) <= DoubtLasts
}

// Since returns when the person came to the zone, in UTC.
func (p *Presence) Since() time.Time { return time.UnixMilli(p.SinceMS).UTC() }

// VisitsOfSubjects returns all visits of the subjects that began at or after an
// instant.
func (s *Store) VisitsOfSubjects(ctx context.Context, subjects []string, fromMS int64) ([]Visit, error) {
	var rows []Visit
	err := s.r(ctx).Where("subject IN ? AND entered_ms >= ?", subjects, fromMS).Find(&rows).Error
	return rows, err
}

// PutVisits stores visits, over those that are there already.
func (s *Store) PutVisits(ctx context.Context, rows []Visit) error {
	if len(rows) == 0 {
		return nil
	}
	if err := s.markStays(ctx, rows...); err != nil {
		return err
	}
	if s.dialect.pipelines() {
		return s.putRows(ctx, rows, onVisitConflict)
	}
	return s.w(ctx).Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "entry_id"}, {Name: "zone_id"}},
		DoUpdates: clause.AssignmentColumns([]string{"site", "entered_ms", "left_ms", "closed_by", "exit_id", "flags"}),
	}).CreateInBatches(&rows, insertBatch).Error
}

// DropVisits takes away visits that a late passage has shown to be others.
func (s *Store) DropVisits(ctx context.Context, rows []Visit) error {
	for _, v := range rows {
		err := s.w(ctx).Where("entry_id = ? AND zone_id = ?", v.EntryID, v.ZoneID).Delete(&Visit{}).Error
		if err != nil {
			return err
		}
	}
	return s.markStays(ctx, rows...)
}

// PutPresences stores where people are, over what was said before.
func (s *Store) PutPresences(ctx context.Context, rows []Presence) error {
	if len(rows) == 0 {
		return nil
	}
	for _, r := range rows {
		s.changed(ctx, Change{Site: r.Site, Heads: true})
	}
	if s.dialect.pipelines() {
		return s.putRows(ctx, rows, onPresenceConflict)
	}
	return s.w(ctx).Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "subject"}},
		DoUpdates: clause.AssignmentColumns([]string{"site", "zone_id", "since_ms", "last_entry_ms", "closed_ms", "safe_ms"}),
	}).CreateInBatches(&rows, insertBatch).Error
}

// DropPresences says that the subjects are outside.
func (s *Store) DropPresences(ctx context.Context, subjects []string) error {
	if len(subjects) == 0 {
		return nil
	}
	var gone []Presence
	err := s.w(ctx).Clauses(clause.Returning{Columns: []clause.Column{{Name: "site"}}}).Where("subject IN ?", subjects).Delete(&gone).Error
	for _, r := range gone {
		s.changed(ctx, Change{Site: r.Site, Heads: true})
	}
	return err
}

// PresencesAt returns who is at a site, those included who were not seen leaving
// within DoubtLasts.
func (s *Store) PresencesAt(ctx context.Context, site string, now time.Time) ([]Presence, error) {
	var rows []Presence
	err := s.r(ctx).Where("site = ? AND (closed_ms IS NULL OR closed_ms >= ?)", site, now.Add(-DoubtLasts).UnixMilli()).
		Order("zone_id, since_ms, subject").Find(&rows).Error
	return rows, err
}

// PresencesOf returns where the subjects are.
func (s *Store) PresencesOf(ctx context.Context, subjects []string) ([]Presence, error) {
	var rows []Presence
	err := s.r(ctx).Where("subject IN ?", subjects).Find(&rows).Error
	return rows, err
}

// HeadsIn counts who is known to be in one of the zones.
func (s *Store) HeadsIn(ctx context.Context, zones []int) (int, error) {
	var n int64
	err := s.r(ctx).Model(&Presence{}).Where("zone_id IN ? AND closed_ms IS NULL", zones).Count(&n).Error
	return int(n), err
}

// SubjectsWithin returns who had a visit at a site that went on at an instant, or
// that somebody has to be found out about since.
func (s *Store) SubjectsWithin(ctx context.Context, site string, atMS int64) ([]string, error) {
	var subjects []string
	err := s.r(ctx).Model(&Visit{}).Where("site = ? AND entered_ms <= ? AND (left_ms IS NULL OR left_ms >= ?)", site, atMS, atMS).
		Distinct().Order("subject").Pluck("subject", &subjects).Error
	return subjects, err
}

// StaysSince returns who came to a site before an instant and was neither seen
// leaving nor seen again.
func (s *Store) StaysSince(ctx context.Context, site string, before time.Time) ([]Presence, error) {
	var rows []Presence
	err := s.r(ctx).Where("site = ? AND closed_ms IS NULL AND last_entry_ms < ? AND since_ms < ?", site, before.UnixMilli(), before.UnixMilli()).
		Order("subject").Find(&rows).Error
	return rows, err
}
