package models

import (
	"context"
	"time"

	"gorm.io/gorm"
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
}

// At returns the effective time in UTC.
func (p *Passage) At() time.Time { return time.UnixMilli(p.AtMS).UTC() }

// PassageEndOfDay is the reason of the passage that closes what is still open at
// a site; it has no subject, since it is for everybody.
const PassageEndOfDay = "end_of_day"

// passageAudit is what the audit log says of a passage: enough to notice that one
// was altered or taken away, and nothing that names a person once the subject is
// forgotten.
type passageAudit struct {
	Gate      *ID    `json:"gate,omitempty"`
	At        int64  `json:"at_ms"`
	Decision  string `json:"decision"`
	Reason    string `json:"reason"`
	Direction string `json:"direction"`
	Zone      int    `json:"zone"`
	Pass      string `json:"pass_id,omitempty"`
	Subject   string `json:"subject,omitempty"`
}

// InsertPassage stores a passage that p caused, and says so in the audit log.
func (s *Store) InsertPassage(ctx context.Context, p Principal, row Passage) error {
	entry, err := s.auditEntry(p, "passage."+row.Decision, "passage", row.ID, row.Site, passageAudit{
		row.GateID, row.AtMS, row.Decision, row.Reason, row.Direction, row.ZoneID, row.PassID, row.Subject,
	})
	if err != nil {
		return err
	}
	return s.insertTogether(ctx, []Passage{row}, []AuditEntry{entry})
}

// InsertPassages stores passages.
func (s *Store) InsertPassages(ctx context.Context, rows []Passage) error {
	for i := 0; i < len(rows); i += insertBatch {
		if err := s.insertTogether(ctx, rows[i:min(i+insertBatch, len(rows))]); err != nil {
			return err
		}
	}
	return nil
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

// toFold chooses the columns that entry.Fold looks at.
func (s *Store) toFold(ctx context.Context) *gorm.DB {
	return s.r(ctx).Select("id, gate_id, site, zone_id, direction, decision, reason, opened, pass_id, subject, at_ms, boot, seq")
}
