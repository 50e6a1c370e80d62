package models

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Passage is one decided scan, as it happened, or what staff or the end of the
// day did to somebody's presence. Times are milliseconds of Unix time; AtMS is
// the effective one (the gate's where its clock could be trusted, else the
// receipt).
type Passage struct {
	ID           string // 32 lower-case hex digits
	GateID       *ID    // nil: nobody scanned
	Site         string
	ZoneID       int
	Direction    string
	Decision     string
	Reason       string
	Opened       bool
	PassID       string
	Step         int64 // of a live code
	Subject      string
	BookingID    *ID
	AtMS         int64 `gorm:"column:at_ms"`
	GateTimeMS   int64 `gorm:"column:gate_time_ms"`
	ReceivedMS   int64 `gorm:"column:received_ms"`
	ClockState   string
	Online       bool
	Boot         int64
	Seq          int64
	StateVersion int64
	PrevHash     string
	Hash         string // as the gate says
	Digest       string // of what was uploaded, as we find
	Flags        Strings
	StaffID      *ID
	ReasonText   string
	Seal         *int64 // the sealed lot it belongs to; see SealPassages
}

// At returns the effective time in UTC.
func (p *Passage) At() time.Time { return time.UnixMilli(p.AtMS).UTC() }

// PassageEndOfDay is the reason of the passage that closes what is still open at
// a site; it has no subject, since it is for everybody.
const PassageEndOfDay = "end_of_day"

// InsertPassages stores passages.
func (s *Store) InsertPassages(ctx context.Context, rows []Passage) error {
	if s.dialect.pipelines() {
		return s.putRows(ctx, rows, "")
	}
	return insertAll(ctx, s, rows)
}

// LastSeq returns the greatest number that a server has given to a passage of a
// gate, 0 where there is none.
func (s *Store) LastSeq(ctx context.Context, gate ID) (int64, error) {
	var last int64
	err := s.r(ctx).Raw("SELECT COALESCE(max(seq), 0) FROM passages WHERE gate_id = ? AND boot = 0", gate).Find(&last).Error
	return last, err
}

// Passage returns a passage, or ErrNotFound.
func (s *Store) Passage(ctx context.Context, id string) (Passage, error) {
	var row Passage
	err := s.r(ctx).Where("id = ?", id).Take(&row).Error
	return row, err
}

// PassagesToFold returns what the presence of the subjects is made of, from an
// effective time on: their own passages and the ends of days.
func (s *Store) PassagesToFold(ctx context.Context, subjects []string, fromMS int64) ([]Passage, error) {
	var rows []Passage
	err := s.toFold(ctx).Where("subject IN ? AND at_ms >= ?", subjects, fromMS).Find(&rows).Error
	if err != nil {
		return nil, err
	}
	var closings []Passage
	err = s.toFold(ctx).Where("reason = 'end_of_day' AND at_ms >= ?", fromMS).Find(&closings).Error
	return append(rows, closings...), err
}

// sinceOutside is the condition for what the presence of a subject is made of, from
// the last moment at which the subject was outside, and sure to be: nothing where
// that is now.
const sinceOutside = `WHERE (subject = @subject OR reason = 'end_of_day') AND at_ms >= (SELECT min(entered_ms) FROM visits v
	WHERE v.subject = @subject AND (v.left_ms IS NULL OR v.closed_by = 'auto' AND v.left_ms >= @doubt))`

// foldColumns are those that entry.Fold looks at, foldFields where they go.
const foldColumns = "id, gate_id, site, zone_id, direction, decision, reason, opened, pass_id, subject, at_ms, boot, seq"

func foldFields(p *Passage) []any {
	return []any{
		&p.ID, &p.GateID, &p.Site, &p.ZoneID, &p.Direction, &p.Decision, &p.Reason, &p.Opened, &p.PassID, &p.Subject, &p.AtMS, &p.Boot, &p.Seq,
	}
}

// toFold chooses the columns that entry.Fold looks at.
func (s *Store) toFold(ctx context.Context) *gorm.DB { return s.r(ctx).Select(foldColumns) }

// InsertClosing stores the end of a day, and reports whether it was not there yet.
func (s *Store) InsertClosing(ctx context.Context, row Passage) (bool, error) {
	res := s.w(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&row)
	return res.RowsAffected == 1, res.Error
}
