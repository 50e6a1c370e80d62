package booking

import (
	"context"
	"fmt"
	"slices"
	"time"

	"kyoten/models"
)

// SeriesChange is what is to become different about the coming bookings of a
// series, or those from an instant on. StartsAt and EndsAt are those of the first
// of them, or of the one that About names; the others move as far on the clock on
// the wall, to the same length.
type SeriesChange struct {
	Change
	About      models.ID
	From       *time.Time // this and following; nil = all that have not begun
	OnConflict OnConflict // skip leaves what is refused as it is
}

// RescheduleSeries changes many bookings of a series at once: all of them, or with
// OnConflictSkip those for which it can be done.
func (s *Service) RescheduleSeries(ctx context.Context, by models.Principal, id models.ID, ch SeriesChange) (SeriesRecord, error) {
	return s.onSeries(ctx, by, id, func(cat *models.Catalogue, row models.Series, rows []models.Booking) (SeriesRecord, error) {
		if err := ch.Match.Check(row.Version); err != nil {
			return SeriesRecord{}, err
		}
		m, err := s.move(ctx, cat, by, row, rows, ch)
		if err != nil {
			return SeriesRecord{}, err
		}
		if err := s.store.InTx(ctx, func(tx *models.Store) error { return m.store(ctx, tx) }); err != nil {
			return SeriesRecord{}, s.refuseBatch(ctx, m.batch, err)
		}
		out, err := s.seriesRecord(ctx, s.store, cat, by, id)
		out.Skipped = m.skipped
		return out, err
	})
}

// move is a change of many bookings of a series.
type move struct {
	*batch
	row    models.Series
	change Change
	shift  time.Duration // on the wall clock
	length time.Duration
	timed  bool // the times are changed at all
}

// coming returns the bookings of a series that a change from an instant on is
// about: those that hold, and without an instant those that have not begun.
func coming(rows []models.Booking, from *time.Time, now time.Time) []models.Booking {
	return slices.DeleteFunc(slices.Clone(rows), func(b models.Booking) bool {
		switch {
		case b.Over(now), b.Status == models.BookingHeld:
			return true
		case from == nil:
			return !b.StartsAt.After(now)
		}
		return b.StartsAt.Before(*from)
	})
}

// move reads what a change means for each of the bookings.
func (s *Service) move(ctx context.Context, cat *models.Catalogue, by models.Principal, row models.Series, rows []models.Booking, ch SeriesChange) (*move, error) {
	now, all := s.present(), rows
	rows = coming(rows, ch.From, now)
	if len(rows) == 0 {
		return nil, models.ErrBookingOver
	}
	organizer, err := organizerOf(ctx, s.store, by, &rows[0])
	if err != nil {
		return nil, err
	}
	m := &move{
		batch: &batch{cat: cat, by: by, organizer: organizer, onConflict: ch.OnConflict, series: &row},
		row:   row, change: ch.Change, timed: ch.StartsAt != nil || ch.EndsAt != nil,
	}
	about := &rows[0]
	if i := slices.IndexFunc(all, func(b models.Booking) bool { return b.ID == ch.About }); i >= 0 {
		about = &all[i] // which may have begun and stay
	}
	to, err := askedPeriod(orTime(ch.StartsAt, about.StartsAt), orTime(ch.EndsAt, about.EndsAt))
	if err != nil {
		return nil, err
	}
	loc := row.Location()
	m.shift = float(to.StartsAt, loc).Sub(float(about.StartsAt, loc))
	m.length = lengthOf(to, loc)
	plan, err := cat.PlanOf(organizer)
	if err != nil {
		return nil, fmt.Errorf("find plan of member: %w", err)
	}
	for i := range rows {
		p := &proposal{cat: cat, by: by, organizer: organizer, plan: plan, now: now, guests: len(rows[i].Guests), old: &rows[i]}
		if err := m.place(p); err != nil {
			return nil, err
		}
		m.wanted = append(m.wanted, p)
	}
	return m, nil
}

// place finds the time and the spaces that a booking is to have.
func (m *move) place(p *proposal) (err error) {
	ids := m.change.Spaces
	switch {
	case ids == nil:
		ids = spaceIDs(p.old)
	case len(ids) == 0:
		return models.ErrInvalidInput.On("spaces").Saying("required")
	}
	if p.spaces, err = visibleSpaces(m.cat, m.by, ids); err != nil {
		return err
	}
	p.period = p.old.Period()
	if m.timed {
		loc := m.row.Location()
		start := float(p.old.StartsAt, loc).Add(m.shift)
		p.period = occurrence(start, m.length, loc)
	}
	return nil
}

// store locks, judges, and stores what was granted.
func (m *move) store(ctx context.Context, tx *models.Store) error {
	if err := m.lock(ctx, tx); err != nil {
		return err
	}
	if err := m.judgeMoves(); err != nil {
		return err
	}
	rows, before := m.changedRows()
	if len(rows) == 0 {
		return nil
	}
	if err := m.follow(ctx, tx, rows); err != nil {
		return err
	}
	if err := m.keep(ctx, tx, m.row); err != nil {
		return err
	}
	return offerFreed(ctx, tx, m.cat, m.now(), freedOf(before, rows))
}

func (b *batch) now() time.Time { return b.wanted[0].now }

// judgeMoves grants the moves as if all took place at one instant. One that is
// refused and skipped stays where it is and may be in the way of others: they are
// judged again with it there, until nothing more is refused.
func (m *move) judgeMoves() error {
	base, kept := m.ledger, map[*proposal]bool{}
	for {
		l := base.Clone()
		for p := range kept {
			l.Add(models.Claim{Period: p.old.Period(), Spaces: heldBy(p.old)}, kindsOf(p.old))
		}
		m.granted = nil
		again := false
		for _, p := range m.wanted {
			if kept[p] {
				continue
			}
			if err := m.judge(p, l); err != nil {
				if err := m.skip(p, p.old.Period(), err); err != nil {
					return err
				}
				kept[p], again = true, true
				continue
			}
			l.Add(p.claim(), p.kinds())
			m.granted = append(m.granted, p)
		}
		if !again {
			slices.SortFunc(m.skipped, func(x, y Skipped) int { return x.StartsAt.Compare(y.StartsAt) })
			return m.anyGranted()
		}
	}
}

// changedRows returns the bookings that are no longer what they were, and what
// each of them held.
func (m *move) changedRows() (rows []models.Booking, before [][]models.SpaceClaim) {
	for _, p := range m.granted {
		b := p.changed(m.change)
		if !p.differs(b) {
			continue
		}
		b.Sequence++
		rows, before = append(rows, *b), append(before, heldBy(p.old))
	}
	return rows, before
}

// freedOf is freed for many bookings, which may take over from each other.
func freedOf(before [][]models.SpaceClaim, rows []models.Booking) []models.SpaceClaim {
	all := models.Booking{}
	for _, b := range rows {
		all.Spaces = append(all.Spaces, b.Spaces...)
	}
	return freed(slices.Concat(before...), &all)
}

// follow stores the bookings and what follows from their change.
func (m *move) follow(ctx context.Context, tx *models.Store, rows []models.Booking) error {
	if err := tx.SaveBookings(ctx, rows); err != nil {
		return err
	}
	var void []models.ID
	var again, off []*models.Booking
	changed := pointers(rows)
	for i, p := range m.movedBy(rows) {
		b := changed[i]
		if !p.movesStart() && !p.movesEnd() && slices.Equal(p.zones(b), p.zones(p.old)) {
			continue
		}
		void = append(void, b.ID)
		if invites(b) {
			again = append(again, b)
		} else if invites(p.old) {
			off = append(off, b) // until it is approved anew
		}
	}
	if err := tx.RenewPasses(ctx, m.cat, void, again, m.organizer); err != nil {
		return fmt.Errorf("renew passes: %w", err)
	}
	if err := tx.AuditBookings(ctx, m.cat, m.by, "booking.change", changed); err != nil {
		return err
	}
	if err := tx.TellSeries(ctx, m.cat, models.SeriesNews{Guests: models.NoticeSeriesCalledOff, Bookings: off, Organizer: m.organizer}); err != nil {
		return fmt.Errorf("tell guests of series: %w", err)
	}
	return m.tell(ctx, tx, changed, news{told: models.NoticeSeriesChanged, guests: models.NoticeSeriesMoved})
}

// movedBy returns the proposal behind each row.
func (m *move) movedBy(rows []models.Booking) []*proposal {
	out := make([]*proposal, len(rows))
	for i, b := range rows {
		out[i] = m.granted[slices.IndexFunc(m.granted, func(p *proposal) bool { return p.old.ID == b.ID })]
	}
	return out
}

// keep notes how the series goes on: as much later, and as long.
func (m *move) keep(ctx context.Context, tx *models.Store, row models.Series) error {
	if m.timed {
		loc := row.Location()
		row.ShiftMinutes += int(m.shift / time.Minute)
		row.EndsAt = occurrence(float(row.StartsAt, loc), m.length, loc).EndsAt
	}
	if err := tx.SaveSeries(ctx, &row); err != nil {
		return fmt.Errorf("save series: %w", err)
	}
	return auditSeries(ctx, tx, m.by, "series.change", &row)
}
