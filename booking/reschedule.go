package booking

import (
	"context"
	"errors"
	"slices"
	"time"

	"kyoten/models"
)

// Change is what is to become different about a booking; nil leaves it as it is.
type Change struct {
	StartsAt *time.Time
	EndsAt   *time.Time
	Spaces   []models.ID
	Title    *string
	JoinURL  *string
	Match    models.Match // the versions the caller has seen
}

// Reschedule moves, resizes or renames a booking, all of it or nothing. What does
// not change is not judged again.
func (s *Service) Reschedule(ctx context.Context, by models.Principal, id models.ID, ch Change) (Record, error) {
	for range maxAttempts {
		r, err := s.rescheduleOnce(ctx, by, id, ch)
		if !errors.Is(err, errAgain) {
			return r, err
		}
	}
	return Record{}, models.ErrStale
}

func (s *Service) rescheduleOnce(ctx context.Context, by models.Principal, id models.ID, ch Change) (Record, error) {
	p, err := s.proposeChange(ctx, by, id, ch)
	if err != nil {
		return Record{}, err
	}
	if err := p.judgeChange(); err != nil {
		return Record{}, s.refuse(ctx, p, err)
	}
	b := p.changed(ch)
	if !p.differs(b) {
		return show(p.cat, by, *p.old, p.organizer), nil
	}
	err = s.store.InTx(ctx, func(tx *models.Store) error {
		return p.storeChange(ctx, tx, b)
	})
	switch {
	case errors.Is(err, errExpired):
		return Record{}, s.passOn(ctx, p)
	case err != nil:
		return Record{}, s.refuse(ctx, p, err)
	}
	return show(p.cat, by, *b, p.organizer), nil
}

// proposeChange reads the booking and makes the proposal that the change would
// turn it into.
func (s *Service) proposeChange(ctx context.Context, by models.Principal, id models.ID, ch Change) (*proposal, error) {
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return nil, err
	}
	old, err := s.store.Booking(ctx, id)
	if err := readable(cat, by, &old, err); err != nil {
		return nil, err
	}
	p := &proposal{cat: cat, by: by, now: s.present(), guests: len(old.Guests), old: &old}
	ids := ch.Spaces
	switch {
	case ids == nil:
		ids = spaceIDs(&old)
	case len(ids) == 0:
		return nil, models.ErrInvalidInput.On("spaces").Saying("required")
	}
	if p.spaces, err = visibleSpaces(cat, by, ids); err != nil {
		return nil, err
	}
	if err := ch.Match.Check(old.Version); err != nil {
		return nil, err
	}
	if p.organizer, err = organizerOf(ctx, s.store, by, &old); err != nil {
		return nil, err
	}
	if p.plan, err = cat.PlanOf(p.organizer); err != nil {
		return nil, err
	}
	p.period, err = askedPeriod(orTime(ch.StartsAt, old.StartsAt), orTime(ch.EndsAt, old.EndsAt))
	return p, err
}

func orTime(t *time.Time, or time.Time) time.Time {
	if t == nil {
		return or
	}
	return *t
}

func spaceIDs(b *models.Booking) []models.ID {
	ids := make([]models.ID, len(b.Spaces))
	for i, bs := range b.Spaces {
		ids[i] = bs.SpaceID
	}
	return ids
}

// judgeChange judges what changes, and last whether anything may change at all.
// Who may not book may still give back.
func (p *proposal) judgeChange() error {
	if p.asksAnew() && p.cat.Barred(p.organizer) {
		return models.ErrForbidden
	}
	if err := p.judge(); err != nil {
		return err
	}
	if p.old.Over(p.now) {
		return models.ErrBookingOver
	}
	if !p.givesBack() {
		return nil
	}
	a := alteration{cat: p.cat, by: p.by, now: p.now, booking: p.old, organizer: p.organizer}
	return a.mayGiveBack()
}

// judgeAll judges a new booking, or a change by what it changes.
func (p *proposal) judgeAll() error {
	if p.old != nil {
		return p.judgeChange()
	}
	return p.judge()
}

// givesBack reports whether the change takes back part of the promise, as a
// cancellation would: another start, an earlier end, a space less.
func (p *proposal) givesBack() bool {
	if p.movesStart() || p.period.EndsAt.Before(p.old.EndsAt) {
		return true
	}
	return slices.ContainsFunc(p.old.Spaces, func(bs models.BookingSpace) bool {
		return !slices.ContainsFunc(p.spaces, func(s *models.Space) bool { return s.ID == bs.SpaceID })
	})
}

// changed returns the booking as the change would make it.
func (p *proposal) changed(ch Change) *models.Booking {
	b := *p.old
	b.StartsAt, b.EndsAt = p.period.StartsAt, p.period.EndsAt
	if ch.Title != nil {
		b.Title = models.OneLine(*ch.Title)
	}
	if ch.JoinURL != nil {
		b.JoinURL = *ch.JoinURL
	}
	if p.movesStart() && b.Status == models.BookingCheckedIn {
		b.Status = models.BookingConfirmed // whoever came, came for the other time
	}
	if p.asksAnew() && b.Status == models.BookingConfirmed {
		b.Status = p.status()
	}
	b.Spaces = nil
	for _, s := range p.spaces {
		b.Spaces = append(b.Spaces, p.changedSpace(s, b.Status))
	}
	if b.Status == models.BookingPending {
		b.AskedUntil(p.askUntil())
	}
	return &b
}

// asksAnew reports whether the change takes time or spaces that were not the
// booking's before.
func (p *proposal) asksAnew() bool {
	return slices.ContainsFunc(p.spaces, func(s *models.Space) bool {
		_, more := p.reach(s)
		return more
	})
}

// changedSpace returns the row of a space after the change. One that stays and
// begins when it did keeps its check-in; one that was released stays released.
func (p *proposal) changedSpace(s *models.Space, status models.BookingStatus) models.BookingSpace {
	i := slices.IndexFunc(p.old.Spaces, func(bs models.BookingSpace) bool { return bs.SpaceID == s.ID })
	if i < 0 || p.movesStart() {
		if status == models.BookingCheckedIn {
			status = models.BookingConfirmed // a room that comes in later waits for somebody of its own
		}
		return p.bookingSpace(s, status)
	}
	kept := p.old.Spaces[i]
	if !kept.Active {
		return kept
	}
	kept.EndsAt = p.hold(s).EndsAt
	if kept.Status == models.BookingConfirmed {
		kept.Status, kept.ReleaseAt = status, p.releaseAt(s, status)
	}
	return kept
}

// differs reports whether b is not what was there before.
func (p *proposal) differs(b *models.Booking) bool {
	return p.movesStart() || p.movesEnd() || b.Title != p.old.Title || b.JoinURL != p.old.JoinURL ||
		!slices.Equal(spaceIDs(b), spaceIDs(p.old))
}

// storeChange locks, judges by what is there now, and stores.
func (p *proposal) storeChange(ctx context.Context, tx *models.Store, b *models.Booking) error {
	standing, err := p.lock(ctx, tx)
	if err != nil {
		return err
	}
	if p.asksAnew() {
		if err := p.allowed(standing); err != nil {
			return err
		}
	}
	a := alteration{tx: tx, cat: p.cat, by: p.by, now: p.now, booking: b, organizer: p.organizer, before: heldBy(p.old), action: "booking.change"}
	a.told = models.NoticeChanged
	switch {
	case invites(p.old) && invites(b):
		a.guests = models.NoticeGuestChanged
	case invites(p.old):
		a.guests = models.NoticeGuestCancelled // and invited again if it is approved
	}
	a.revoke = p.movesStart() || p.movesEnd() || !slices.Equal(p.zones(b), p.zones(p.old))
	a.passes = a.revoke && invites(b)
	if err := a.store(ctx); err != nil || b.Status != models.BookingPending {
		return err
	}
	return askDeciders(ctx, tx, p.cat, b, p.organizer)
}

// zones are the places a pass for the booking opens.
func (p *proposal) zones(b *models.Booking) []int {
	var zones []int
	for _, bs := range b.Spaces {
		if s, err := p.cat.Space(bs.SpaceID); err == nil && !slices.Contains(zones, s.ZoneID) {
			zones = append(zones, s.ZoneID)
		}
	}
	return zones
}
