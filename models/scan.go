package models

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"gorm.io/gorm/clause"
)

// Scan is the last time a text was read at a gate in a direction. The text is
// kept as a hash.
type Scan struct {
	GateID    ID     `gorm:"primaryKey"`
	Direction string `gorm:"primaryKey"`
	Scan      string `gorm:"primaryKey"`
	AtMS      int64  `gorm:"column:at_ms"`
	PassageID string
}

// ScanQuery is what a scanned code says of itself, and where it was read.
type ScanQuery struct {
	Scan     Scan // with its instant, without a passage
	Debounce time.Duration
	Pass     string
	Subject  string
	Company  int
	Step     int64
	Site     *Site
	Zone     int
	Now      time.Time
	StepFrom time.Time // how far back a step could have been used
	Leaving  bool      // the holder is likely inside: what that rests on is asked for at once
}

// ScanFacts is everything the tables know that the decision on a code, its
// record and its answer depend on, read in one statement but for a guest's host.
// Of what is not there the fields are zero.
type ScanFacts struct {
	CatalogueVersion int64
	FirstPassage     string // of the same text here within the debounce
	SubjectMoves     *int64 // nil: nobody knows the subject any more

	PassKind      PassKind
	PassRevokedAt *time.Time
	PassCompany   int
	PassFlags     int
	MemberID      *ID
	MemberRole    Role
	MemberCompany *int
	MemberPlan    *ID
	GuestID       *ID
	Name          string
	Locale        string
	SuspendedAt   *time.Time
	ErasedAt      *time.Time
	RemovedAt     *time.Time // of a guest
	ArrivedAt     *time.Time // of a guest

	BookingID     *ID // the pass's, else the one the holder has here now
	BookingTitle  string
	BookingEndsAt *time.Time
	SpaceID       *ID // of the booking, the first at the site that was not released

	OrganizerID *ID // of the booking
	HostCompany *int
	HostSubject string `db:"-" gorm:"-"` // of a guest, while the host is inside
	HostZone    int    `db:"-" gorm:"-"`

	StayZone    int    // where the subject is
	SinceMS     int64  `gorm:"column:since_ms"`
	LastEntryMS int64  `gorm:"column:last_entry_ms"`
	ClosedMS    *int64 `gorm:"column:closed_ms"`
	NewestMS    *int64 `gorm:"column:newest_ms"` // the newest passage of the subject

	StepUsed  bool
	EntryUsed bool
	Revoked   bool // the pass, the member or the company; see RevocationsOf

	BookingWaits bool   // for somebody to come: the one above, of the pass or of the present
	Waiting      string // bookings of the member that wait here: each its id and version, between commas
}

// Awaited reports whether a booking here waits for the holder to come.
func (f *ScanFacts) Awaited() bool { return f.BookingWaits || f.Waiting != "" }

// scanFacts reads it all by primary keys and short index ranges. The booking of
// a pass that is for none is the one its holder has at the site now. What is only
// asked whether it exists is asked as a value: of an EXISTS PostgreSQL may read
// the whole table, to have the answers for all scans.
const scanFacts = `SELECT (SELECT version FROM catalogue) AS catalogue_version, s.moves AS subject_moves,
	COALESCE((SELECT passage_id FROM scans WHERE gate_id = @gate AND direction = @direction AND scan = @scan
		AND at_ms BETWEEN @scanned_from AND @scanned_to), '') AS first_passage,
	COALESCE(p.kind, '') AS pass_kind, p.revoked_at AS pass_revoked_at, COALESCE(p.company_id, 0) AS pass_company,
	COALESCE(p.flags, 0) AS pass_flags, p.guest_id,
	m.id AS member_id, COALESCE(m.role, '') AS member_role, m.company_id AS member_company, m.plan_id AS member_plan, COALESCE(m.name, g.name, s.name, '') AS name, COALESCE(m.locale, h.locale, '') AS locale,
	m.suspended_at, m.erased_at, g.removed_at, g.arrived_at,
	b.id AS booking_id, COALESCE(b.title, '') AS booking_title, b.ends_at AS booking_ends_at,
	bs.space_id, b.organizer_id, h.company_id AS host_company,
	COALESCE(pr.zone_id, 0) AS stay_zone, COALESCE(pr.since_ms, 0) AS since_ms,
	COALESCE(pr.last_entry_ms, 0) AS last_entry_ms, pr.closed_ms,
	(SELECT max(at_ms) FROM passages x WHERE x.subject = @subject) AS newest_ms,
	@step > 0 AND COALESCE((SELECT true FROM passages x WHERE x.subject = @subject AND x.at_ms >= @step_from AND x.pass_id = @pass
		AND x.step = @step AND x.zone_id = @zone AND x.direction = 'entry' AND x.opened LIMIT 1), false) AS step_used,
	COALESCE(p.flags, 0) % 2 = 1 AND COALESCE((SELECT true FROM passages x WHERE x.subject = @subject AND x.pass_id = @pass
		AND x.zone_id = @zone AND x.direction = 'entry' AND x.opened LIMIT 1), false) AS entry_used,
	COALESCE((SELECT true FROM revocations r WHERE r.lifted_at IS NULL AND (r.until IS NULL OR r.until > @now)
		AND (r.pass_id = @pass OR r.member_id = m.id OR r.company_id = @company) LIMIT 1), false) AS revoked,
	COALESCE(bs.status = 'confirmed' AND b.starts_at <= @early AND b.ends_at > @now, false) AS booking_waits,
	COALESCE((SELECT string_agg(CAST(w.id AS text) || ' ' || w.version, ',') FROM bookings w
		WHERE w.organizer_id = m.id AND w.ends_at > @now AND w.starts_at <= @early AND w.status IN ('confirmed','checked_in')
		AND COALESCE((SELECT true FROM booking_spaces ws WHERE ws.booking_id = w.id AND ws.site = @site AND ws.active
		AND ws.status = 'confirmed' LIMIT 1), false)), '') AS waiting
FROM @scans
LEFT JOIN subjects s ON s.subject = @subject
LEFT JOIN passes p ON p.id = @pass
LEFT JOIN members m ON m.id = COALESCE(p.member_id, s.member_id)
LEFT JOIN guests g ON g.id = p.guest_id
LEFT JOIN bookings b ON b.id = COALESCE(p.booking_id, (SELECT n.id FROM bookings n JOIN booking_spaces ns ON ns.booking_id = n.id
	WHERE n.organizer_id = m.id AND n.status IN ('confirmed','checked_in') AND n.starts_at <= @early AND n.ends_at > @late
	AND ns.site = @site AND ns.active ORDER BY n.starts_at LIMIT 1))
LEFT JOIN booking_spaces bs ON bs.booking_id = b.id AND bs.site = @site
	AND bs.position = (SELECT min(f.position) FROM booking_spaces f WHERE f.booking_id = b.id AND f.site = @site
		AND f.status IN ('confirmed','checked_in','completed'))
LEFT JOIN members h ON h.id = b.organizer_id
LEFT JOIN presences pr ON pr.subject = @subject`

// Scanned is what the tables know about a scanned code and, of a holder who is
// inside, the passages that this is made of.
type Scanned struct {
	Facts ScanFacts
	Past  []Passage
}

// ScanFacts reads what the tables know about scanned codes, for each in order. On
// PostgreSQL it is one question for all of them: setting it up takes it longer
// than looking up what concerns one scan.
func (s *Store) ScanFacts(ctx context.Context, qs ...ScanQuery) ([]Scanned, error) {
	found := make([]Scanned, len(qs))
	if !s.dialect.pipelines() {
		for i := range qs {
			if err := s.scanFacts(ctx, &qs[i], &found[i]); err != nil {
				return nil, err
			}
		}
		return found, nil
	}
	leaving := func(i int) bool { return qs[i].Leaving }
	// The past comes after the moves that it is judged by, or a passage between them would go unnoticed.
	if err := s.ask(ctx, append([]statement{factsOf(qs, found)}, pastOf(qs, found, leaving)...)...); err != nil {
		return nil, err
	}
	inside := func(i int) bool { return !qs[i].Leaving && found[i].Facts.StayZone != 0 }
	if more := append(pastOf(qs, found, inside), hostsOf(qs, found)...); len(more) > 0 {
		return found, s.ask(ctx, more...)
	}
	return found, nil
}

// scanFacts is ScanFacts for one scan, on SQLite.
func (s *Store) scanFacts(ctx context.Context, q *ScanQuery, into *Scanned) error {
	text := strings.Replace(scanFacts, "@scans", "(SELECT 1 AS one) one", 1)
	if err := s.r(ctx).Raw(text, q.values()).Find(&into.Facts).Error; err != nil { // Find, since Scan writes the statement out for a log
		return err
	}
	if err := s.findHost(ctx, q, &into.Facts); err != nil || into.Facts.StayZone == 0 {
		return err
	}
	return s.r(ctx).Raw("SELECT "+foldColumns+" FROM passages "+sinceOutside, map[string]any{"subject": q.Subject, "doubt": q.doubt()}).Find(&into.Past).Error
}

// values are what the names of the statement stand for.
func (q *ScanQuery) values() map[string]any {
	return map[string]any{
		"gate": q.Scan.GateID, "direction": q.Scan.Direction, "scan": q.Scan.Scan,
		"scanned_from": q.Scan.AtMS - q.Debounce.Milliseconds() + 1, "scanned_to": q.Scan.AtMS + q.Debounce.Milliseconds() - 1,
		"pass": q.Pass, "subject": q.Subject, "company": q.Company,
		"step": q.Step, "step_from": q.StepFrom.UnixMilli(),
		"site": q.Site.Slug, "zone": q.Zone, "now": q.Now.Truncate(time.Second),
		"early": q.Now.Add(q.Site.EarlyGrace()).Truncate(time.Second),
		"late":  q.Now.Add(-q.Site.LateGrace()).Truncate(time.Second),
	}
}

// doubt is how long ago a stay that nobody saw end can have ended to matter.
func (q *ScanQuery) doubt() int64 { return q.Now.Add(-DoubtLasts).UnixMilli() }

// manyScans is scanFacts for any number of scans: the names stand for columns.
var manyScans = sync.OnceValue(func() string {
	text := strings.Replace(scanFacts, "@scans", scanColumns(nil).inOrder("q"), 1)
	return regexp.MustCompile(`@(\w+)`).ReplaceAllString(text, "q.$1") + " ORDER BY q.nth"
})

// scanColumns are the values of the questions.
func scanColumns(qs []ScanQuery) (c columns) {
	rows := make([]map[string]any, len(qs))
	for i := range qs {
		rows[i] = qs[i].values()
	}
	c.add("gate", "uuid", column[ID](rows, "gate"))
	for _, name := range []string{"direction", "scan", "pass", "subject", "site"} {
		c.add(name, "text", column[string](rows, name))
	}
	for _, name := range []string{"scanned_from", "scanned_to", "step", "step_from"} {
		c.add(name, "bigint", column[int64](rows, name))
	}
	for _, name := range []string{"company", "zone"} {
		c.add(name, "integer", column[int](rows, name))
	}
	for _, name := range []string{"now", "early", "late"} {
		c.add(name, "timestamptz", column[time.Time](rows, name))
	}
	return c
}

func column[T any](rows []map[string]any, name string) []T {
	values := make([]T, len(rows))
	for i, row := range rows {
		values[i] = row[name].(T)
	}
	return values
}

// factsOf is the question as PostgreSQL takes it.
func factsOf(qs []ScanQuery, found []Scanned) statement {
	st := statement{read: func(rows pgx.Rows) error {
		for i := 0; rows.Next(); i++ {
			facts, err := pgx.RowToStructByName[ScanFacts](rows)
			if err != nil {
				return err
			}
			found[i].Facts = facts
		}
		return rows.Err()
	}}
	st.sql, st.args = numbered(manyScans(), scanColumns(qs).arrays)
	return st
}

// MoveSubjects holds the subjects until the transaction ends, notes that passages
// of theirs are being written, and returns those that are known. They are taken
// in one order.
func (s *Store) MoveSubjects(ctx context.Context, subjects []string) ([]string, error) {
	var held []string
	err := s.lock(ctx).Model(&Subject{}).Where("subject IN ?", subjects).Order("subject").Pluck("subject", &held).Error
	if err != nil || len(held) == 0 {
		return nil, err
	}
	return held, s.w(ctx).Exec("UPDATE subjects SET moves = moves + 1 WHERE subject IN ?", held).Error
}

// LockZone holds the zone until the transaction ends, for counting heads.
func (s *Store) LockZone(ctx context.Context, zone int) error {
	var id int
	err := s.w(ctx).Model(&Zone{}).Clauses(clause.Locking{Strength: "NO KEY UPDATE"}).Where("id = ?", zone).Pluck("id", &id).Error
	return err
}

// ArriveGuest notes when a guest first came and reports whether that was now.
func (s *Store) ArriveGuest(ctx context.Context, guest ID, at time.Time) (bool, error) {
	err := changedOne(s.w(ctx).Exec("UPDATE guests SET arrived_at = ? WHERE id = ? AND arrived_at IS NULL",
		at.Truncate(time.Second), guest), ErrNotFound)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// DropScans forgets scans older than an instant.
func (s *Store) DropScans(ctx context.Context, before time.Time) error {
	return s.w(ctx).Where("at_ms < ?", before.UnixMilli()).Delete(&Scan{}).Error
}
