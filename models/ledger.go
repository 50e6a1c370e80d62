package models

import (
	"context"
	"maps"
	"slices"
	"time"
)

// LedgerQuery says what a ledger is asked about.
type LedgerQuery struct {
	Organizer ID
	Company   int // whose members share an allowance; 0 = none
	Spaces    []ID
	Span      Period // covers every claim
	Except    []ID   // bookings that are being changed, and so hold nothing

	Attendance bool // a rule looks at how often the organizer did not come
}

// Ledger is what other bookings mean for many claims of one member: what Standing
// says of one. It is read with a fixed number of queries, after the locks, and is
// kept by Add as claims are granted, so that each is judged as if those before it
// were stored already.
type Ledger struct {
	Catalogue int64
	Subject   string // the organizer's handle that outlasts all claims, or ""
	held      map[ID][]Period
	expired   map[ID][]Period // by holds that ran out
	uses      []ledgerUse
	open      map[Kind]int
	missed    Missed
}

// NewLedger returns one without any bookings.
func NewLedger() *Ledger {
	return &Ledger{held: map[ID][]Period{}, expired: map[ID][]Period{}, open: map[Kind]int{}}
}

// ledgerUse is time that somebody booked.
type ledgerUse struct {
	Kind   Kind
	Booked Period // as it was asked for
	Kept   Period // and not given back
	Mine   bool
	Shared bool // counts for the company
	Active bool
}

// allowanceReach is how far from a booking the week or month it counts in may
// begin or end.
const allowanceReach = 32 * 24 * time.Hour

// LedgerOf reads a ledger: five queries, and one more about attendance.
func (s *Store) LedgerOf(ctx context.Context, q LedgerQuery) (*Ledger, error) {
	if len(q.Except) == 0 {
		q.Except = []ID{{}} // nobody's: an empty list would leave everything out
	}
	l := NewLedger()
	for _, read := range []func(context.Context, *Store, LedgerQuery) error{l.readVersions, l.readHeld, l.readUses, l.readOpen, l.readMissed} {
		if err := read(ctx, s, q); err != nil {
			return nil, err
		}
	}
	return l, nil
}

func (l *Ledger) readVersions(ctx context.Context, s *Store, q LedgerQuery) error {
	err := s.r(ctx).Raw("SELECT version FROM catalogue").Find(&l.Catalogue).Error
	if err != nil {
		return err
	}
	return s.r(ctx).Raw("SELECT subject FROM subjects WHERE member_id = ? AND expires_at >= ? ORDER BY expires_at DESC LIMIT 1",
		q.Organizer, q.Span.EndsAt).Find(&l.Subject).Error
}

func (l *Ledger) readHeld(ctx context.Context, s *Store, q LedgerQuery) error {
	var rows []BookingSpace
	err := s.r(ctx).Select("space_id, starts_at, ends_at, expires_at").
		Where("space_id IN ? AND active AND booking_id NOT IN ? AND starts_at > ? AND starts_at < ? AND ends_at > ?",
			q.Spaces, q.Except, q.Span.StartsAt.Add(-longestHold), q.Span.EndsAt.Add(24*time.Hour), q.Span.StartsAt).Find(&rows).Error
	for _, r := range rows {
		into := l.held
		if r.ExpiresAt != nil && !s.Now().Before(*r.ExpiresAt) {
			into = l.expired
		}
		into[r.SpaceID] = append(into[r.SpaceID], Period{r.StartsAt, r.EndsAt})
	}
	return err
}

func (l *Ledger) readUses(ctx context.Context, s *Store, q LedgerQuery) error {
	var rows []struct {
		Kind        Kind
		StartsAt    time.Time
		EndsAt      time.Time
		HeldUntil   time.Time
		OrganizerID ID
		CompanyID   *int
		Active      bool
	}
	now := s.Now()
	err := s.r(ctx).Raw(`SELECT bs.kind, b.starts_at, b.ends_at, bs.ends_at AS held_until, b.organizer_id, b.company_id, bs.active
		FROM bookings b JOIN booking_spaces bs ON bs.booking_id = b.id
		WHERE (b.organizer_id = ? OR b.company_id = ?) AND b.ends_at > ? AND b.starts_at < ? AND b.id NOT IN ?
		AND (`+counting+` OR bs.status IN ?)`,
		q.Organizer, q.Company, q.Span.StartsAt.Add(-allowanceReach), q.Span.EndsAt.Add(allowanceReach), q.Except, BookingHeld, now,
		[]BookingStatus{BookingCompleted, BookingNoShow}).Find(&rows).Error
	for _, r := range rows {
		use := ledgerUse{
			Kind: r.Kind, Booked: Period{r.StartsAt, r.EndsAt}, Kept: Period{r.StartsAt, r.EndsAt}, Active: r.Active,
			Mine: r.OrganizerID == q.Organizer, Shared: r.CompanyID != nil && *r.CompanyID == q.Company,
		}
		if r.HeldUntil.Before(r.EndsAt) {
			use.Kept.EndsAt = r.HeldUntil
		}
		l.uses = append(l.uses, use)
	}
	return err
}

func (l *Ledger) readOpen(ctx context.Context, s *Store, q LedgerQuery) error {
	var rows []struct {
		Kind Kind
		N    int
	}
	err := s.r(ctx).Raw(`SELECT bs.kind, count(DISTINCT b.id) AS n FROM bookings b JOIN booking_spaces bs ON bs.booking_id = b.id
		WHERE b.organizer_id = ? AND b.ends_at > ? AND b.id NOT IN ? AND `+counting+` GROUP BY bs.kind`,
		q.Organizer, s.Now(), q.Except, BookingHeld, s.Now()).Find(&rows).Error
	for _, r := range rows {
		l.open[r.Kind] = r.N
	}
	return err
}

func (l *Ledger) readMissed(ctx context.Context, s *Store, q LedgerQuery) error {
	if !q.Attendance {
		return nil
	}
	var ask standingQuery
	s.askMissed(&ask, q.Organizer, s.Now())
	var rows []standingRow
	err := s.r(ctx).Raw(ask.text(), ask.args...).Find(&rows).Error
	for _, r := range rows {
		if r.What == rowMissed {
			l.missed = Missed{N: int(r.N), Last: instant(r.Ends)}
		}
	}
	return err
}

// StandingOf returns the standing of one claim.
func (l *Ledger) StandingOf(c Claim) Standing {
	st := Standing{Catalogue: l.Catalogue, Subject: l.Subject, Open: l.open, Missed: l.missed, Used: make(map[Allowance]time.Duration, len(c.Allowances))}
	for _, sp := range c.Spaces {
		for _, p := range l.held[sp.SpaceID] {
			if p.Overlaps(sp.Period) {
				st.Clashes = append(st.Clashes, SpaceClaim{sp.SpaceID, p})
			}
		}
		for _, p := range l.expired[sp.SpaceID] {
			st.Expired = st.Expired || p.Overlaps(sp.Period)
		}
	}
	for _, u := range l.uses {
		if c.Seat && u.Mine && u.Active && u.Kind == KindSeat && u.Booked.Overlaps(c.Period) {
			st.Seats = append(st.Seats, u.Booked)
		}
	}
	for _, a := range c.Allowances {
		st.Used[a] = l.used(a)
	}
	return st
}

func (l *Ledger) used(a Allowance) (sum time.Duration) {
	for _, u := range l.uses {
		counts := u.Mine && a.Company == 0 || u.Shared && a.Company != 0
		if !counts || a.Kind != "" && a.Kind != u.Kind {
			continue
		}
		for _, p := range Clip([]Period{u.Kept}, a.Within) {
			sum += p.Length()
		}
	}
	return sum
}

// Free reports whether nothing holds the space for any part of the claim.
func (l *Ledger) Free(c SpaceClaim) bool {
	return !slices.ContainsFunc(l.held[c.SpaceID], c.Period.Overlaps) && !slices.ContainsFunc(l.expired[c.SpaceID], c.Period.Overlaps)
}

// Add enters a claim that was granted, with the kinds of its spaces in order.
func (l *Ledger) Add(c Claim, kinds []Kind) {
	seen := map[Kind]bool{}
	for i, sp := range c.Spaces {
		l.held[sp.SpaceID] = append(l.held[sp.SpaceID], sp.Period)
		l.uses = append(l.uses, ledgerUse{Kind: kinds[i], Booked: c.Period, Kept: c.Period, Mine: true, Shared: true, Active: true})
		if !seen[kinds[i]] {
			seen[kinds[i]] = true
			l.open[kinds[i]]++
		}
	}
}

// Clone returns a ledger that can be added to by itself.
func (l *Ledger) Clone() *Ledger {
	out := *l
	out.held, out.open, out.uses = make(map[ID][]Period, len(l.held)), maps.Clone(l.open), slices.Clone(l.uses)
	for id, periods := range l.held {
		out.held[id] = slices.Clone(periods)
	}
	return &out
}
