package booking

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"kyoten/models"
)

// errAgain means that what a request was judged by has changed before it was
// stored; it is judged anew.
var errAgain = errors.New("judge again")

// errExpired means that a hold that ran out still stands in the way. It is for
// the next in line before anybody else.
var errExpired = errors.New("a hold in the way has run out")

// maxAttempts bounds how often a request is judged anew. Each time somebody else
// has got something done, so that it is never reached in practice.
const maxAttempts = 40

// Reserve books: all of the spaces or none. A refusal is a *Refusal, which says
// the rule and what could be booked instead.
//
// The first attempt believes the catalogue this server has in memory, and what
// the caller's principal says of them: both are looked at again under the lock,
// so that believing them costs nothing but, after a change of settings, one more
// attempt. A refusal is given only by what is known to be so.
func (s *Service) Reserve(ctx context.Context, by models.Principal, req Request) (Record, error) {
	p, b, err := s.reserve(ctx, by, req)
	if err != nil {
		return Record{}, err
	}
	return show(p.cat, by, b, p.organizer), nil
}

func (s *Service) reserve(ctx context.Context, by models.Principal, req Request) (*proposal, models.Booking, error) {
	cat := s.store.KnownCatalogue()
	for attempt := range maxAttempts {
		p := &proposal{cat: cat, by: by, now: s.present()}
		b, err := s.reserveOnce(ctx, p, req, attempt > 0)
		if err == nil {
			return p, b, nil
		}
		if by, err = p.confirm(ctx, err); by.Believed() {
			return nil, b, err
		}
		current, failed := s.store.Catalogue(ctx)
		switch {
		case failed != nil:
			return nil, b, failed
		case cat != nil && cat.Version == current.Version && !errors.Is(err, errAgain):
			return nil, b, s.refuse(ctx, p, err)
		}
		cat = current
	}
	return nil, models.Booking{}, models.ErrSpaceTaken
}

// confirm has whoever asks looked up, where they were only believed when err came
// of it. It returns errAgain in place of err when they are not who they were, and
// why they could not be found while they are still only believed.
func (p *proposal) confirm(ctx context.Context, err error) (models.Principal, error) {
	if !p.by.Believed() {
		return p.by, err
	}
	by, failed := p.by.Confirm(ctx)
	if failed != nil {
		return p.by, failed
	}
	if by.Member == nil || by.Member.Version != p.by.Member.Version {
		err = errAgain
	}
	p.by = by
	return by, err
}

func (s *Service) reserveOnce(ctx context.Context, p *proposal, req Request, fresh bool) (models.Booking, error) {
	if p.cat == nil {
		return models.Booking{}, errAgain
	}
	if err := s.propose(ctx, p, &req, fresh); err != nil {
		return models.Booking{}, err
	}
	if err := p.choose(ctx, s.store); err != nil {
		return models.Booking{}, err
	}
	if err := p.judge(); err != nil {
		return models.Booking{}, err
	}
	b, err := s.keep(ctx, p, req)
	switch {
	case errors.Is(err, errExpired):
		return b, s.passOn(ctx, p)
	case len(req.Any) > 0 && errors.Is(err, models.ErrSpaceTaken):
		return b, errAgain // somebody was faster; there may be another one
	}
	return b, err
}

// propose finds everything a request speaks of. What the caller may not know of
// is ErrNotFound.
func (s *Service) propose(ctx context.Context, p *proposal, req *Request, fresh bool) (err error) {
	p.reason = req.Reason
	if p.organizer, err = s.holder(ctx, p.by, req.OnBehalfOf, fresh); err != nil {
		return err
	}
	if err := s.findHold(ctx, p, req); err != nil {
		return err
	}
	if len(req.Spaces)+len(req.Any) == 0 {
		return models.ErrInvalidInput.On("spaces").Saying("required")
	}
	p.guests, p.wants = len(req.Guests), req.Any
	if p.spaces, err = visibleSpaces(p.cat, p.by, req.Spaces); err != nil {
		return err
	}
	if p.candidates, err = candidatesFor(p.cat, p.by, req.Any); err != nil {
		return err
	}
	if p.cat.Barred(p.organizer) {
		return models.ErrForbidden
	}
	if p.plan, err = p.cat.PlanOf(p.organizer); err != nil {
		return fmt.Errorf("find plan of member: %w", err)
	}
	for i, g := range req.Guests {
		if err := g.check(fmt.Sprintf("guests/%d/", i)); err != nil {
			return err
		}
	}
	p.period, err = askedPeriod(req.StartsAt, req.EndsAt)
	return err
}

// holder returns the member a booking is for: the caller, or another one whom
// the caller may book for.
func (s *Service) holder(ctx context.Context, by models.Principal, other *models.ID, fresh bool) (*models.Member, error) {
	if by.Member == nil {
		return nil, models.ErrForbidden
	}
	if !fresh && (other == nil || by.Is(*other)) {
		return by.Member, able(by.Member)
	}
	if by.Believed() {
		return nil, errAgain // the lock is on another's row
	}
	id := by.Member.ID
	if other != nil {
		id = *other
	}
	if !by.Is(id) && by.Member.Role == models.RoleMember {
		return nil, models.ErrForbidden.On("on_behalf_of") // whoever it is: nothing is told of them
	}
	m, err := s.store.Member(ctx, id)
	if err != nil || !by.MayBookFor(&m) {
		return nil, notFoundOr(err, "on_behalf_of")
	}
	return &m, able(&m)
}

// able refuses whoever was suspended or is no more.
func able(m *models.Member) error {
	if !m.Active() {
		return models.ErrForbidden
	}
	return nil
}

// notFoundOr returns err when something failed, else ErrNotFound on an input.
func notFoundOr(err error, pointer string) error {
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return err
	}
	return models.ErrNotFound.On(pointer)
}

func visibleSpaces(cat *models.Catalogue, by models.Principal, ids []models.ID) ([]*models.Space, error) {
	out := make([]*models.Space, 0, len(ids))
	for i, id := range ids {
		space, err := cat.Space(id)
		if err != nil || !by.SeesSpace(space) {
			return nil, onSpace(models.ErrNotFound, i)
		}
		out = append(out, space)
	}
	for i, space := range out {
		if slices.Contains(out[:i], space) {
			return nil, onSpace(models.ErrInvalidInput.Saying("unique"), i)
		}
	}
	return out, nil
}

// booking returns the row that the proposal would be stored as.
func (p *proposal) booking(req Request) models.Booking {
	b := models.Booking{
		Title: models.OneLine(req.Title), JoinURL: req.JoinURL, Status: p.status(), StartsAt: p.period.StartsAt, EndsAt: p.period.EndsAt,
		OrganizerID: p.organizer.ID, CreatedBy: p.by.Member.ID, CompanyID: p.organizer.CompanyID,
	}
	for _, g := range req.Guests {
		b.Guests = append(b.Guests, g.guest())
	}
	for _, s := range p.spaces {
		b.Spaces = append(b.Spaces, p.bookingSpace(s, b.Status))
	}
	switch {
	case req.keep:
		b.HeldUntil(p.now.Add(HoldFor))
	case b.Status == models.BookingPending:
		b.AskedUntil(p.askUntil())
	}
	return b
}

func (p *proposal) bookingSpace(s *models.Space, status models.BookingStatus) models.BookingSpace {
	hold := p.hold(s)
	return models.BookingSpace{
		SpaceID: s.ID, Site: s.Site, Kind: s.Kind, StartsAt: hold.StartsAt, EndsAt: hold.EndsAt,
		Active: true, Status: status, ReleaseAt: p.releaseAt(s, status),
	}
}

// releaseAt is when the space is given to others unless somebody came: the grace
// after the start, or after the booking was made where it had begun already.
func (p *proposal) releaseAt(s *models.Space, status models.BookingStatus) *time.Time {
	grace := minutes(p.rule(s).GraceMinutes)
	if grace == 0 || status != models.BookingConfirmed {
		return nil
	}
	begins := p.period.StartsAt
	if begins.Before(p.now) {
		begins = p.now
	}
	at := begins.Add(grace)
	if at.After(p.period.EndsAt) {
		at = p.period.EndsAt
	}
	return &at
}

// store locks what the proposal uses up, judges it by what is there now, and
// stores the booking in place of the hold it grows from. The order of the locks
// is the same everywhere: member, company, booking, spaces, wishes.
func (p *proposal) store(ctx context.Context, tx *models.Store, b *models.Booking) error {
	standing, err := p.lock(ctx, tx)
	if err != nil {
		return err
	}
	if invites(b) {
		if err := mayWrite(ctx, tx, p.by, p.organizer, b); err != nil {
			return err
		}
	}
	if err := p.allowed(standing); err != nil {
		return err
	}
	if p.grows != nil {
		if err := tx.DropHold(ctx, p.grows.ID); err != nil {
			return fmt.Errorf("take hold away: %w", err)
		}
	}
	if err := tx.InsertReservation(ctx, p.cat, p.reservation(b, standing.Subject)); err != nil {
		return err
	}
	return p.settle(ctx, tx, b)
}

// reservation is the booking with all that is stored beside it. It is the last to
// be stored: settle begins with a statement of its own, if with any.
func (p *proposal) reservation(b *models.Booking, subject string) models.NewReservation {
	return models.NewReservation{Booking: b, Organizer: p.organizer, Subject: subject, By: p.by, Reason: p.reason, Last: true}
}

// settle does what a new booking means to others: who decides about it, and who
// waits for what its hold leaves over.
func (p *proposal) settle(ctx context.Context, tx *models.Store, b *models.Booking) error {
	if b.Status == models.BookingPending {
		if err := askDeciders(ctx, tx, p.cat, b, p.organizer); err != nil {
			return err
		}
	}
	if p.wish != nil {
		if err := p.acceptWish(ctx, tx, b); err != nil {
			return err
		}
	}
	if p.grows == nil {
		return nil
	}
	return offerFreed(ctx, tx, p.cat, p.now, freed(heldBy(p.grows), b))
}

// row is the booking that is changed, or the hold that becomes one: it is locked
// with all of its spaces.
func (p *proposal) row() *models.Booking {
	if p.old != nil {
		return p.old
	}
	return p.grows
}

// locks names the rows that the proposal uses up.
func (p *proposal) locks() models.Locks {
	rows := models.Locks{Member: p.organizer.ID, Spaces: make([]models.ID, len(p.spaces))}
	for i, s := range p.spaces {
		rows.Spaces[i] = s.ID
	}
	if row := p.row(); row != nil {
		rows.Booking = row.ID
		rows.Spaces = append(rows.Spaces, spaceIDs(row)...)
	}
	if p.sharesAllowance() {
		rows.Company = p.organizer.Company()
	}
	return rows
}

// lock takes the rows and reads what the rules look at.
func (p *proposal) lock(ctx context.Context, tx *models.Store) (models.Standing, error) {
	locked, standing, err := tx.LockStanding(ctx, p.locks(), p.claim())
	if err != nil {
		return standing, fmt.Errorf("lock what is booked and read what other bookings hold: %w", err)
	}
	return standing, p.current(locked, standing)
}

// current is errAgain when the catalogue, the member or the booking is not what
// the proposal was judged by.
func (p *proposal) current(locked models.Locked, standing models.Standing) error {
	row := p.row()
	switch {
	case locked.Member != p.organizer.Version, row != nil && locked.Booking != row.Version:
		return errAgain
	case standing.Catalogue != p.cat.Version, p.by.Believed() && !standing.Shown:
		return errAgain
	case standing.Expired:
		return errExpired
	}
	return nil
}

// allowed judges by what other bookings mean for this one.
func (p *proposal) allowed(standing models.Standing) error {
	if err := p.judgeCounts(standing); err != nil {
		return err
	}
	return p.judgeClashes(standing)
}
