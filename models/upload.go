package models

import (
	"context"
	"time"

	"gorm.io/gorm/clause"
)

// QuarantinedEvent is an uploaded event that could not be stored.
type QuarantinedEvent struct {
	ID         ID
	GateID     ID
	EventID    string
	Result     string // conflict, malformed
	Body       string
	Digest     string
	ReceivedAt time.Time
}

// Quarantine keeps events that could not be stored; one that is kept already
// stays as it is.
func (s *Store) Quarantine(ctx context.Context, rows []QuarantinedEvent) error {
	if len(rows) == 0 {
		return nil
	}
	now := s.Now()
	for i := range rows {
		rows[i].ID, rows[i].ReceivedAt = NewID(), now
	}
	return s.w(ctx).Clauses(clause.OnConflict{DoNothing: true}).CreateInBatches(&rows, insertBatch).Error
}

// Quarantined returns the events of a gate that could not be stored, the newest
// first.
func (s *Store) Quarantined(ctx context.Context, gate ID) ([]QuarantinedEvent, error) {
	var rows []QuarantinedEvent
	err := s.r(ctx).Where("gate_id = ?", gate).Order("id DESC").Limit(insertBatch).Find(&rows).Error
	return rows, err
}

// SeekByKeys has PostgreSQL look up what the transaction asks for by the keys it
// gives. Five hundred of them look dearer than reading a whole table as long as
// the table is not large, and so does each lot of a thousand.
func (s *Store) SeekByKeys(ctx context.Context) {
	s.PlanAnew(ctx)
	if p := piped(s.w(ctx)); p != nil {
		p.later("SET LOCAL enable_seqscan = off", nil)
	}
}

// Stretch is a part of a gate's count: sequences of one boot.
type Stretch struct{ Boot, From, To int64 }

// StoredEvents returns those of a gate's events, by id or by place in its count,
// that are stored already: id, place and digest.
func (s *Store) StoredEvents(ctx context.Context, gate ID, ids []string, count []Stretch) ([]Passage, error) {
	var rows []Passage
	if err := s.r(ctx).Select("id, gate_id, boot, seq, digest").Where("id IN ?", ids).Find(&rows).Error; err != nil {
		return nil, err
	}
	for _, c := range count {
		var placed []Passage
		err := s.r(ctx).Select("id, gate_id, boot, seq, digest").
			Where("gate_id = ? AND boot = ? AND seq BETWEEN ? AND ?", gate, c.Boot, c.From, c.To).Find(&placed).Error
		if err != nil {
			return nil, err
		}
		rows = append(rows, placed...)
	}
	return rows, nil
}

// ReviewedPass is what a late passage is reviewed by.
type ReviewedPass struct {
	ID            string
	Flags         int
	CompanyID     int
	RevokedAt     *time.Time
	MemberID      *ID
	SuspendedAt   *time.Time // of the member
	GuestID       *ID
	BookingID     *ID
	BookingStatus BookingStatus
	BookingEnded  *time.Time
	Awaited       bool // the booking, or another of the member's at the site, waits for somebody to come
}

// ReviewedPasses returns those of the passes that exist, by id, for passages at a
// site. No booking that begins after an instant can have been waiting for them. The
// site is compared as a value: by an index of it SQLite, whose figures of how many
// there are can be old, went through all that was booked there, for each pass.
func (s *Store) ReviewedPasses(ctx context.Context, ids []string, site string, until time.Time) (map[string]ReviewedPass, error) {
	var rows []ReviewedPass
	err := s.r(ctx).Raw(`SELECT p.id, p.flags, p.company_id, p.revoked_at, p.member_id, m.suspended_at, p.guest_id, p.booking_id,
			COALESCE(b.status, '') AS booking_status, b.ended_at AS booking_ended,
			EXISTS (SELECT 1 FROM booking_spaces k WHERE k.booking_id = p.booking_id AND k.site || '' = ? AND k.active AND k.status = 'confirmed')
			OR EXISTS (SELECT 1 FROM bookings w JOIN booking_spaces ws ON ws.booking_id = w.id
				WHERE w.organizer_id = p.member_id AND w.ends_at > p.not_before AND w.starts_at <= ? AND ws.site || '' = ? AND ws.active AND ws.status = 'confirmed') AS awaited
		FROM passes p LEFT JOIN bookings b ON b.id = p.booking_id LEFT JOIN members m ON m.id = p.member_id WHERE p.id IN ?`, site, until, site, ids).Find(&rows).Error
	out := make(map[string]ReviewedPass, len(rows))
	for _, r := range rows {
		out[r.ID] = r
	}
	return out, err
}

// RevocationsAbout returns every revocation ever said of the passes, members and
// companies.
func (s *Store) RevocationsAbout(ctx context.Context, passes []string, members []ID, companies []int) ([]Revocation, error) {
	var rows []Revocation
	err := s.r(ctx).Where("pass_id IN ? OR member_id IN ? OR company_id IN ?", passes, members, companies).Find(&rows).Error
	return rows, err
}

// EntriesWith returns the entries that opened for the subjects by one of the live
// steps or passes, for finding codes that were used at two gates.
func (s *Store) EntriesWith(ctx context.Context, subjects []string, steps []int64, passes []string) ([]Passage, error) {
	if len(steps)+len(passes) == 0 {
		return nil, nil
	}
	var rows []Passage
	err := s.r(ctx).Select("id, gate_id, zone_id, pass_id, step").
		Where("subject IN ? AND direction = 'entry' AND opened AND (step IN ? OR pass_id IN ?)", subjects, steps, passes).Find(&rows).Error
	return rows, err
}

// FoldStarts returns, of the subjects that are known, when the first stay began
// that had not ended by an instant: before it the subject was outside for sure.
// nil where there is none. A stay that nobody saw end goes on for DoubtLasts. Where
// something else happened at the very instant that the stay began, which may belong
// to the stay before, it is the beginning of time.
func (s *Store) FoldStarts(ctx context.Context, subjects []string, atMS int64) (map[string]*int64, error) {
	var rows []struct {
		Subject string
		SinceMS *int64 `gorm:"column:since_ms"`
	}
	err := s.r(ctx).Raw(`WITH stays AS MATERIALIZED (SELECT s.subject, (SELECT min(entered_ms) FROM visits v WHERE v.subject = s.subject
				AND (v.left_ms IS NULL OR v.left_ms >= ? OR v.closed_by = 'auto' AND v.left_ms >= ?)) AS since_ms
			FROM subjects s WHERE s.subject IN ?)
		SELECT subject, CASE WHEN (SELECT count(*) FROM passages p WHERE p.subject = stays.subject AND p.at_ms = stays.since_ms) > 1
			THEN 0 ELSE since_ms END AS since_ms FROM stays`, atMS, atMS-DoubtLasts.Milliseconds(), subjects).Find(&rows).Error
	out := make(map[string]*int64, len(rows))
	for _, r := range rows {
		out[r.Subject] = r.SinceMS
	}
	return out, err
}
