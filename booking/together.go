package booking

import (
	"context"
	"fmt"
	"slices"

	"kyoten/internal/gather"
	"kyoten/models"
)

// togetherSize is how many reservations are stored in one transaction, and how many
// such transactions there are at once: enough that the database works while a
// server judges, few enough that what waits is gathered. Setting up a transaction
// costs the database more than a reservation in it, so a second one waits until it
// is worth it.
var togetherSize = gather.Size{Most: 8, Width: 2, Least: 4}

// pending is a reservation that was judged and has yet to be stored.
type pending struct {
	ctx   context.Context
	p     *proposal
	req   Request
	claim models.Claim

	b       models.Booking
	err     error
	settled bool // b and err are what came of it
}

// keep stores a proposal, together with others that come at the same time where
// it can. Those that the transaction of several leaves out have one of their own.
func (s *Service) keep(ctx context.Context, p *proposal, req Request) (models.Booking, error) {
	w := &pending{ctx: ctx, p: p, req: req, claim: p.claim()}
	if p.plain() && !s.store.Enclosed(ctx) && s.together.Do(w) && w.settled {
		return w.b, w.err
	}
	var b models.Booking
	err := s.store.InTx(ctx, func(tx *models.Store) error {
		b = p.booking(req)
		return p.store(ctx, tx, &b)
	})
	if err != nil && !s.store.Enclosed(ctx) {
		if stands, found := s.stored(ctx, w.b.ID, b.ID); found {
			return stands, nil
		}
	}
	return b, err
}

// stored returns the booking that stands under one of these ids: a transaction whose
// answer to COMMIT was lost has failed for all we know, and may have been done. It
// is asked after another attempt, whose locks had to wait for the end of the first.
func (s *Service) stored(ctx context.Context, tried ...models.ID) (models.Booking, bool) {
	for _, id := range tried {
		if id == (models.ID{}) {
			continue // it never came to be written
		}
		if b, err := s.store.Booking(ctx, id); err == nil {
			return b, true
		}
	}
	return models.Booking{}, false
}

// plain reports whether the proposal is one new booking of one space that
// concerns nobody but its holder: what most of them are.
func (p *proposal) plain() bool {
	return len(p.spaces) == 1 && p.guests == 0 && p.grows == nil && p.wish == nil &&
		p.status() == models.BookingConfirmed && !p.sharesAllowance()
}

// keepTogether stores those of the batch that have nothing to do with each other
// in one transaction, which waits for nobody's rows: neither do those in line
// behind it. Whether it fails, or somebody else has the rows of one of them: who
// is not settled here is stored alone, and has lost nothing.
func (s *Service) keepTogether(batch []*pending) {
	all := apart(batch)
	ctx, cancel := gather.Context(all[0].ctx)
	defer cancel()
	var settled []*pending
	err := s.store.InTx(ctx, func(tx *models.Store) (err error) {
		settled, err = storeTogether(ctx, tx, all)
		return err
	})
	if err != nil {
		return
	}
	for _, w := range settled {
		w.settled = true
	}
}

// apart returns those that share no row with an earlier one, and were judged by
// the same settings as the first.
func apart(batch []*pending) []*pending {
	var out []*pending
	first := batch[0]
	for _, w := range batch {
		related := func(o *pending) bool {
			return o.p.organizer.ID == w.p.organizer.ID || o.p.spaces[0] == w.p.spaces[0]
		}
		if w.p.cat == first.p.cat && !slices.ContainsFunc(out, related) {
			out = append(out, w)
		}
	}
	return out
}

// storeTogether is proposal.store for several. It returns those of which it knows
// what came of them.
func storeTogether(ctx context.Context, tx *models.Store, all []*pending) (settled []*pending, err error) {
	locks, claims := make([]models.Locks, len(all)), make([]models.Claim, len(all))
	for i, w := range all {
		locks[i], claims[i] = w.p.locks(), w.claim
	}
	locked, standings, err := tx.TryLockStandings(ctx, locks, claims)
	if err != nil {
		return nil, fmt.Errorf("lock what is booked and read what other bookings hold: %w", err)
	}
	var rows []models.NewReservation
	for i, w := range all {
		if !locked[i].Had(locks[i]) {
			continue
		}
		settled = append(settled, w)
		if w.err = w.p.judgeUnder(locked[i], standings[i]); w.err == nil {
			w.b = w.p.booking(w.req)
			rows = append(rows, w.p.reservation(&w.b, standings[i].Subject))
		}
	}
	if len(rows) == 0 {
		return settled, nil
	}
	return settled, tx.InsertReservation(ctx, all[0].p.cat, rows...)
}

// judgeUnder judges by what is there under the locks.
func (p *proposal) judgeUnder(locked models.Locked, standing models.Standing) error {
	if err := p.current(locked, standing); err != nil {
		return err
	}
	return p.allowed(standing)
}
