package booking

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"kyoten/internal/fault"
	"kyoten/models"
)

// batch is many proposals of one member that are judged one after the other and
// stored together: the occurrences of a series. What other bookings mean for them
// is read once for all.
type batch struct {
	cat        *models.Catalogue
	by         models.Principal
	organizer  *models.Member
	wanted     []*proposal // by start
	onConflict OnConflict
	series     *models.Series  // as it was read, when there is one already
	joins      *models.Booking // a booking that becomes one of the series as it is

	ledger  *models.Ledger
	free    map[models.ID]int // for how many occurrences a candidate is free
	granted []*proposal
	skipped []Skipped
	refused *proposal // the first
	refusal error
}

// newBatch makes a proposal of each period, otherwise like the first.
func newBatch(first *proposal, periods []models.Period, onConflict OnConflict) *batch {
	b := &batch{cat: first.cat, by: first.by, organizer: first.organizer, onConflict: onConflict}
	for _, period := range periods {
		p := *first
		p.period, p.candidates = period, slices.Clone(first.candidates)
		b.wanted = append(b.wanted, &p)
	}
	return b
}

// spaces are all that the batch could take or give back.
func (b *batch) spaces() []models.ID {
	var ids []models.ID
	for _, p := range b.wanted {
		for _, s := range slices.Concat(p.spaces, slices.Concat(p.candidates...)) {
			ids = append(ids, s.ID)
		}
		if p.old != nil {
			ids = append(ids, spaceIDs(p.old)...)
		}
	}
	slices.SortFunc(ids, func(x, y models.ID) int { return slices.Compare(x[:], y[:]) })
	return slices.Compact(ids)
}

// span covers the time of every proposal.
func (b *batch) span() models.Period {
	span := b.wanted[0].period
	for _, p := range b.wanted {
		if p.period.StartsAt.Before(span.StartsAt) {
			span.StartsAt = p.period.StartsAt
		}
		if p.period.EndsAt.After(span.EndsAt) {
			span.EndsAt = p.period.EndsAt
		}
	}
	return span
}

// lock takes the rows in the order everybody does (series, member, company,
// bookings, spaces) and reads the ledger. It begins anew each time it is called.
func (b *batch) lock(ctx context.Context, tx *models.Store) error {
	b.granted, b.skipped, b.refused, b.refusal = nil, nil, nil, nil
	if b.series != nil {
		row, err := tx.LockSeries(ctx, b.series.ID)
		if err != nil || row.Version != b.series.Version {
			return cmp.Or(err, errAgain)
		}
	}
	var changing []models.ID
	for _, p := range b.wanted {
		if p.old != nil {
			changing = append(changing, p.old.ID)
		}
	}
	locked, err := tx.Lock(ctx, models.Locks{Member: b.organizer.ID, Company: b.sharedAllowance()})
	switch {
	case err != nil:
		return fmt.Errorf("lock who books: %w", err)
	case locked.Member != b.organizer.Version:
		return errAgain
	}
	if err := b.lockChanging(ctx, tx, changing); err != nil {
		return err
	}
	if b.joins != nil {
		if err := b.lockJoining(ctx, tx); err != nil {
			return err
		}
	}
	if _, err := tx.Lock(ctx, models.Locks{Spaces: b.spaces()}); err != nil {
		return fmt.Errorf("lock what is booked: %w", err)
	}
	return b.read(ctx, tx, changing)
}

// read fills in the ledger, under the locks or, for a look ahead, without them.
func (b *batch) read(ctx context.Context, tx *models.Store, changing []models.ID) (err error) {
	b.ledger, err = tx.LedgerOf(ctx, models.LedgerQuery{
		Organizer: b.organizer.ID, Company: b.sharedAllowance(), Spaces: b.spaces(), Span: b.span(), Except: changing,
		Attendance: b.wanted[0].plan.NoShowLimit > 0,
	})
	switch {
	case err != nil:
		return fmt.Errorf("read what other bookings hold: %w", err)
	case b.ledger.Catalogue != b.cat.Version:
		return errAgain
	}
	return nil
}

// sharedAllowance is the company whose members share an allowance, 0 = none.
func (b *batch) sharedAllowance() int {
	company, _ := b.cat.Company(b.organizer.Company()) // 0 is no company
	if company == nil || company.MinutesPerWeek == 0 && company.MinutesPerMonth == 0 {
		return 0
	}
	return company.ID
}

// lockChanging takes the bookings that are changed; errAgain when one of them is
// not what it was judged by.
func (b *batch) lockChanging(ctx context.Context, tx *models.Store, ids []models.ID) error {
	rows, err := tx.LockBookings(ctx, ids)
	if err != nil {
		return fmt.Errorf("lock bookings of series: %w", err)
	}
	version := make(map[models.ID]int, len(rows))
	for i := range rows {
		version[rows[i].ID] = rows[i].Version
	}
	for _, p := range b.wanted {
		if p.old != nil && version[p.old.ID] != p.old.Version {
			return errAgain
		}
	}
	return nil
}

// lockJoining takes the booking that a series begins with.
func (b *batch) lockJoining(ctx context.Context, tx *models.Store) error {
	row, err := tx.LockBooking(ctx, b.joins.ID)
	if err != nil || row.Version != b.joins.Version {
		return cmp.Or(err, errAgain)
	}
	return nil
}

// judgeNew grants what can be booked, each occurrence after those before it.
func (b *batch) judgeNew() error {
	b.countFree()
	for _, p := range b.wanted {
		if err := b.judge(p, b.ledger); err != nil {
			if err := b.skip(p, p.period, err); err != nil {
				return err
			}
			continue
		}
		b.ledger.Add(p.claim(), p.kinds())
		b.granted = append(b.granted, p)
	}
	return b.anyGranted()
}

// judge judges a proposal by the rules and by what the ledger says.
func (b *batch) judge(p *proposal, l *models.Ledger) error {
	if err := b.pick(p, l); err != nil {
		return err
	}
	if err := p.judgeAll(); err != nil {
		return err
	}
	standing := l.StandingOf(p.claim())
	switch {
	case standing.Expired:
		return errExpired
	case p.old != nil && !p.asksAnew() && len(standing.Clashes) == 0:
		return nil
	}
	if err := p.judgeCounts(standing); err != nil {
		return err
	}
	return p.judgeClashes(standing)
}

// skip notes a refusal, and returns it where it is the end of the whole batch.
func (b *batch) skip(p *proposal, at models.Period, err error) error {
	f, ok := errors.AsType[*fault.Fault](err)
	if !ok || f.Kind != fault.Invalid && f.Kind != fault.Conflict {
		return err
	}
	if b.refused == nil {
		b.refused, b.refusal = p, err
	}
	if b.onConflict != OnConflictSkip {
		return err
	}
	b.skipped = append(b.skipped, Skipped{StartsAt: at.StartsAt, Code: f.Code})
	return nil
}

// anyGranted returns the first refusal when nothing is left to be done.
func (b *batch) anyGranted() error {
	if len(b.granted) == 0 {
		return b.refusal
	}
	return nil
}

// countFree counts for how many occurrences each candidate is free, so that a
// series asked for any space has the same one as often as it can.
func (b *batch) countFree() {
	b.free = map[models.ID]int{}
	for _, p := range b.wanted {
		for _, s := range slices.Concat(p.candidates...) {
			if b.ledger.Free(models.SpaceClaim{SpaceID: s.ID, Period: p.hold(s)}) {
				b.free[s.ID]++
			}
		}
	}
}

// pick chooses a space for each want of a proposal: of those that are allowed and
// free the one that is free for most of the series, then the smallest.
func (b *batch) pick(p *proposal, l *models.Ledger) error {
	if len(p.wants) == 0 {
		return nil
	}
	p.spaces = nil
	if err := p.sift(); err != nil {
		return err
	}
	for i, candidates := range p.candidates {
		free := slices.DeleteFunc(slices.Clone(candidates), func(s *models.Space) bool {
			return slices.Contains(p.spaces, s) || !l.Free(models.SpaceClaim{SpaceID: s.ID, Period: p.hold(s)})
		})
		if len(free) == 0 {
			p.spaces = nil
			return models.ErrSpaceTaken.On(fmt.Sprintf("any/%d", i))
		}
		p.spaces = append(p.spaces, slices.MinFunc(free, func(x, y *models.Space) int {
			return cmp.Or(cmp.Compare(b.free[y.ID], b.free[x.ID]), cmp.Compare(x.Capacity, y.Capacity), cmp.Compare(x.Position, y.Position))
		}))
	}
	return nil
}

// refuseBatch makes what stopped a batch the answer: which occurrence, and what
// could be booked in place of it.
func (s *Service) refuseBatch(ctx context.Context, b *batch, err error) error {
	if errors.Is(err, errExpired) {
		return s.expireOn(ctx, b.spaces(), b.span())
	}
	if b.refused == nil || !errors.Is(err, b.refusal) {
		return err
	}
	err = s.refuse(ctx, b.refused, err)
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		refusal.Occurrence = &b.refused.period.StartsAt
	}
	return err
}
