package models

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Claim is what a booking would take, as far as other bookings matter: what
// Standing is asked about.
type Claim struct {
	Organizer  ID
	Shown      ID // the session or token of whoever asks
	Booking    ID // the booking itself, when it is being changed, or the hold it grows from
	Period     Period
	Spaces     []SpaceClaim
	CountOpen  bool // a rule looks at how many bookings are open
	Attendance bool // a rule looks at how often the organizer did not come
	Seat       bool // a seat is among the spaces
	Allowances []Allowance
}

// SpaceClaim is one space and the time it would be held for.
type SpaceClaim struct {
	SpaceID ID
	Period  Period
}

// Allowance is one limit on booked time: of a member for a kind of space, or of
// a company over all its members and kinds, within one week or month.
type Allowance struct {
	Company int  // 0 = the organizer's own
	Kind    Kind // "" = every kind
	Within  Period
	Limit   time.Duration
}

// Standing is what other bookings mean for a claim at one instant. It is read in
// one statement, after the locks, so that nothing of it can change before the
// claim is stored.
type Standing struct {
	Catalogue int64        // the version of the catalogue
	Shown     bool         // the session or token is still good
	Subject   string       // the organizer's handle that outlasts the claim, or ""
	Clashes   []SpaceClaim // what holds one of the spaces
	Expired   bool         // a hold that ran out is still in the way of the guard
	Seats     []Period     // the organizer's other seats within the period
	Open      map[Kind]int // the organizer's open bookings
	Missed    Missed
	Used      map[Allowance]time.Duration
}

// Missed is how often a member did not come of late.
type Missed struct {
	N    int       // no-shows within MissedWithin
	Last time.Time // the last of them
}

// MissedWithin is how far back no-shows count.
const MissedWithin = 30 * 24 * time.Hour

// The rows of the statement behind Standing, told apart by what they are.
const (
	rowCatalogue = iota
	rowSubject
	rowClash
	rowSeat
	rowOpen
	rowUsed
	rowMissed
	rowShown
)

// standingRow is one row of it; what the columns mean depends on what.
type standingRow struct {
	What   int
	Text   string
	Starts int64
	Ends   int64
	N      int64
}

// standingQuery collects the parts of the statement.
type standingQuery struct {
	sql  []string
	args []any
}

// add adds a part that says what, from its text and the two numbers onward.
func (q *standingQuery) add(what int, sql string, args ...any) {
	q.sql = append(q.sql, fmt.Sprintf("SELECT %d, %s", what, sql))
	q.args = append(q.args, args...)
}

func (q *standingQuery) text() string {
	return "SELECT 0 AS what, '' AS text, 0 AS starts, 0 AS ends, version AS n FROM catalogue UNION ALL " +
		strings.Join(q.sql, " UNION ALL ")
}

// StandingOf reads the standing of a claim.
func (s *Store) StandingOf(ctx context.Context, c Claim) (Standing, error) {
	var rows []standingRow
	sql, args := s.standingText(c)
	if err := s.r(ctx).Raw(sql, args...).Find(&rows).Error; err != nil {
		return Standing{}, err
	}
	return standingOf(rows, c), nil
}

// LockStanding is Lock and then StandingOf, where it can in one round trip. That
// the second statement begins when the locks are had is what makes its answer
// last until the commit.
func (s *Store) LockStanding(ctx context.Context, l Locks, c Claim) (Locked, Standing, error) {
	if !s.dialect.pipelines() {
		locked, err := s.Lock(ctx, l)
		if err != nil {
			return locked, Standing{}, err
		}
		standing, err := s.StandingOf(ctx, c)
		return locked, standing, err
	}
	var locked Locked
	var rows []standingRow
	lock, lockArgs := s.lockText(&l)
	err := s.ask(ctx, one(lock, lockArgs, &locked.Member, &locked.Booking, &locked.Spaces), s.standingStatement(&rows, c))
	if err != nil {
		return locked, Standing{}, err
	}
	return locked, standingOf(rows, c), l.allOf(locked)
}

// TryLockStandings is LockStanding for several bookings that have nothing to do
// with each other: no member and no space is named twice, no company and no
// booking at all. It waits for nobody: whose rows somebody else has at this moment
// gets a Locked without its spaces or its member's version. Each standing is read
// by a statement of its own, the one of a booking that is stored alone: for several
// in one, the database took longer to plan it than to answer.
func (s *Store) TryLockStandings(ctx context.Context, locks []Locks, claims []Claim) ([]Locked, []Standing, error) {
	if !s.dialect.pipelines() {
		return s.lockStandingsInTurn(ctx, locks, claims)
	}
	var held []lockedRow
	rows := make([][]standingRow, len(claims))
	statements := []statement{tryLock(locks, &held)}
	for i, c := range claims {
		statements = append(statements, s.standingStatement(&rows[i], c))
	}
	if err := s.ask(ctx, statements...); err != nil {
		return nil, nil, err
	}
	standings := make([]Standing, len(claims))
	for i, c := range claims {
		standings[i] = standingOf(rows[i], c)
	}
	return lockedOf(held, locks), standings, nil
}

func (s *Store) lockStandingsInTurn(ctx context.Context, locks []Locks, claims []Claim) (all []Locked, standings []Standing, err error) {
	for i, l := range locks {
		locked, standing, err := s.LockStanding(ctx, l, claims[i])
		if err != nil {
			return nil, nil, err
		}
		all, standings = append(all, locked), append(standings, standing)
	}
	return all, standings, nil
}

// standingStatement is the question as PostgreSQL takes it.
func (s *Store) standingStatement(rows *[]standingRow, c Claim) statement {
	sql, args := s.standingText(c)
	return many(sql, args, rows, func(r *standingRow) []any { return []any{&r.What, &r.Text, &r.Starts, &r.Ends, &r.N} })
}

// standingText writes the statement.
func (s *Store) standingText(c Claim) (sql string, args []any) {
	q, now := &standingQuery{}, s.Now()
	q.add(rowSubject, "x.subject, 0, 0, 0 FROM (SELECT subject FROM subjects WHERE member_id = ? AND expires_at >= ? ORDER BY expires_at DESC LIMIT 1) x",
		c.Organizer, c.Period.EndsAt)
	q.add(rowShown, "'', 0, 0, (SELECT count(*) FROM tokens WHERE id = ?) + (SELECT count(*) FROM sessions WHERE id = ? AND expires_at > ?)",
		c.Shown, c.Shown, now)
	s.askClashes(q, c, now)
	if c.Seat {
		s.askSeats(q, c, now)
	}
	if c.CountOpen {
		q.add(rowOpen, `bs.kind, 0, 0, count(DISTINCT b.id) FROM bookings b JOIN booking_spaces bs ON bs.booking_id = b.id
			WHERE b.organizer_id = ? AND b.ends_at > ? AND b.id <> ? AND `+counting+`
			GROUP BY bs.kind`, c.Organizer, now, c.Booking, BookingHeld, now)
	}
	for i, a := range c.Allowances {
		s.askUsed(q, c, i, a, now)
	}
	if c.Attendance {
		s.askMissed(q, c.Organizer, now)
	}
	return q.text(), q.args
}

// askMissed asks how often the organizer did not come.
func (s *Store) askMissed(q *standingQuery, organizer ID, now time.Time) {
	q.add(rowMissed, "'', 0, COALESCE("+s.dialect.seconds("max(ended_at)")+", 0), count(*) FROM bookings WHERE organizer_id = ? AND status = 'no_show' AND ended_at > ?",
		organizer, now.Add(-MissedWithin))
}

// askClashes asks for what holds one of the spaces. No hold is longer than the
// longest booking and a day, which is as far as one must look back.
func (s *Store) askClashes(q *standingQuery, c Claim, now time.Time) {
	for _, sp := range c.Spaces {
		q.add(rowClash, `CAST(space_id AS text), `+s.dialect.seconds("starts_at")+`, `+s.dialect.seconds("ends_at")+`,
			CASE WHEN expires_at <= ? THEN 1 ELSE 0 END FROM booking_spaces
			WHERE space_id = ? AND active AND booking_id <> ? AND starts_at > ? AND starts_at < ? AND ends_at > ?`,
			now, sp.SpaceID, c.Booking, sp.Period.StartsAt.Add(-longestHold), sp.Period.EndsAt, sp.Period.StartsAt)
	}
}

// counting is the condition under which a row of booking_spaces bs counts for its
// holder's limits, at a given instant (its second argument; the first is
// BookingHeld). A hold is no booking yet: what grows from it is judged then.
const counting = "bs.active AND bs.status <> ? AND (bs.expires_at IS NULL OR bs.expires_at > ?)"

// longestHold is what the constraint booking_spaces_longest allows.
const longestHold = LongestBooking + 24*time.Hour

func (s *Store) askSeats(q *standingQuery, c Claim, now time.Time) {
	q.add(rowSeat, `'', `+s.dialect.seconds("b.starts_at")+`, `+s.dialect.seconds("b.ends_at")+`, 0
		FROM bookings b JOIN booking_spaces bs ON bs.booking_id = b.id
		WHERE b.organizer_id = ? AND b.ends_at > ? AND b.starts_at < ? AND b.id <> ?
		AND bs.kind = ? AND `+counting,
		c.Organizer, c.Period.StartsAt, c.Period.EndsAt, c.Booking, KindSeat, BookingHeld, now)
}

// askUsed asks how much of an allowance is used: what was booked and not given
// back, as far as it lies within.
func (s *Store) askUsed(q *standingQuery, c Claim, i int, a Allowance, now time.Time) {
	d := s.dialect
	start := d.greatest() + "(" + d.seconds("b.starts_at") + ", ?)"
	end := d.least() + "(" + d.seconds("b.ends_at") + ", " + d.seconds("bs.ends_at") + ", ?)"
	who, owner := "b.organizer_id = ?", any(c.Organizer)
	if a.Company != 0 {
		who, owner = "b.company_id = ?", a.Company
	}
	kind := ""
	args := []any{
		i, a.Within.EndsAt.Unix(), a.Within.StartsAt.Unix(), owner, a.Within.StartsAt, a.Within.EndsAt, c.Booking,
		BookingHeld, now,
		[]BookingStatus{BookingCompleted, BookingNoShow},
	}
	if a.Kind != "" {
		kind = " AND bs.kind = ?"
		args = append(args, a.Kind)
	}
	q.add(rowUsed, `'', CAST(? AS integer), 0, CAST(COALESCE(sum(`+d.greatest()+`(`+end+` - `+start+`, 0)), 0) AS bigint)
		FROM bookings b JOIN booking_spaces bs ON bs.booking_id = b.id
		WHERE `+who+` AND b.ends_at > ? AND b.starts_at < ? AND b.id <> ?
		AND (`+counting+` OR bs.status IN ?)`+kind, args...)
}

// standingOf sorts the rows about a claim.
func standingOf(rows []standingRow, c Claim) Standing {
	st := Standing{Open: map[Kind]int{}, Used: make(map[Allowance]time.Duration, len(c.Allowances))}
	for _, r := range rows {
		st.take(r, c)
	}
	return st
}

func (st *Standing) take(r standingRow, c Claim) {
	period := Period{time.Unix(r.Starts, 0).UTC(), time.Unix(r.Ends, 0).UTC()}
	switch r.What {
	case rowCatalogue:
		st.Catalogue = r.N
	case rowSubject:
		st.Subject = r.Text
	case rowClash:
		if r.N == 1 {
			st.Expired = true
			return
		}
		id, _ := ParseID(r.Text) // written by ourselves
		st.Clashes = append(st.Clashes, SpaceClaim{id, period})
	case rowSeat:
		st.Seats = append(st.Seats, period)
	case rowOpen:
		st.Open[Kind(r.Text)] = int(r.N)
	case rowShown:
		st.Shown = r.N > 0
	case rowMissed:
		st.Missed = Missed{N: int(r.N), Last: period.EndsAt}
	case rowUsed:
		st.Used[c.Allowances[r.Starts]] = time.Duration(r.N) * time.Second
	}
}
