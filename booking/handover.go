package booking

import (
	"context"
	"errors"
	"fmt"

	"kyoten/internal/fault"
	"kyoten/models"
)

// HandOver gives a booking to somebody else, named by id or mail address: to a
// colleague of the same company, or, by the desk, to anybody. The rules are those
// of the new holder; the time is not judged again. Both are told.
func (s *Service) HandOver(ctx context.Context, by models.Principal, id models.ID, to string) (Record, error) {
	for range maxAttempts {
		r, err := s.handOverOnce(ctx, by, id, to)
		if !errors.Is(err, errAgain) {
			return r, err
		}
	}
	return Record{}, models.ErrStale
}

func (s *Service) handOverOnce(ctx context.Context, by models.Principal, id models.ID, to string) (Record, error) {
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return Record{}, err
	}
	b, err := s.store.Booking(ctx, id)
	if err := readable(cat, by, &b, err); err != nil {
		return Record{}, err
	}
	next, err := s.colleague(ctx, cat, by, &b, to)
	if err != nil {
		return Record{}, err
	}
	before, err := organizerOf(ctx, s.store, by, &b)
	if err != nil {
		return Record{}, err
	}
	if next.ID == before.ID {
		return show(cat, by, b, before), nil
	}
	p, err := s.proposeHolder(cat, by, &b, next)
	if err != nil {
		return Record{}, err
	}
	if err := p.judgeHolder(); err != nil {
		return Record{}, &Refusal{Fault: fault.From(err)}
	}
	err = s.store.InTx(ctx, func(tx *models.Store) error {
		given := b
		return p.handOver(ctx, tx, &given, before)
	})
	if err != nil {
		return Record{}, err
	}
	return s.handedOver(ctx, by, id)
}

// handedOver returns the booking as it is now, also to whoever gave it away and
// may not read it any more: they learn that it is done, and no more.
func (s *Service) handedOver(ctx context.Context, by models.Principal, id models.ID) (Record, error) {
	r, err := s.Booking(ctx, by, id)
	if !errors.Is(err, models.ErrNotFound) {
		return r, err
	}
	return s.busyRecord(ctx, by, id)
}

// busyRecord shows of a booking when and where it is.
func (s *Service) busyRecord(ctx context.Context, by models.Principal, id models.ID) (Record, error) {
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return Record{}, err
	}
	b, err := s.store.Booking(ctx, id)
	if err != nil {
		return Record{}, err
	}
	r := show(cat, by, b, nil)
	r.View = models.ViewBusy
	return r, nil
}

// colleague finds the member a booking is to go to. Whoever the caller may not
// hand it to does not exist for them, nor does who may not book.
func (s *Service) colleague(ctx context.Context, cat *models.Catalogue, by models.Principal, b *models.Booking, to string) (*models.Member, error) {
	m, err := s.memberNamed(ctx, to)
	if err != nil {
		return nil, notFoundOr(err, "member")
	}
	company := m.Company()
	same := company != 0 && b.CompanyID != nil && *b.CompanyID == company && by.Company() == company
	if cat.Barred(&m) || !same && !by.RunsAny(b.Sites()) {
		return nil, models.ErrNotFound.On("member")
	}
	return &m, nil
}

func (s *Service) memberNamed(ctx context.Context, name string) (models.Member, error) {
	if id, err := models.ParseID(name); err == nil {
		return s.store.Member(ctx, id)
	}
	return s.store.MemberByEmail(ctx, name)
}

// proposeHolder makes the proposal that the booking would be in other hands.
func (s *Service) proposeHolder(cat *models.Catalogue, by models.Principal, b *models.Booking, m *models.Member) (*proposal, error) {
	p := &proposal{
		cat: cat, by: by, organizer: m, now: s.present(), period: b.Period(), guests: len(b.Guests), grows: b,
	}
	if b.Over(p.now) {
		return nil, models.ErrBookingOver
	}
	var err error
	if p.plan, err = cat.PlanOf(m); err != nil {
		return nil, fmt.Errorf("find plan of member: %w", err)
	}
	for _, bs := range b.Spaces {
		space, err := cat.Space(bs.SpaceID)
		if err != nil {
			return nil, fmt.Errorf("find space of booking: %w", err)
		}
		p.spaces = append(p.spaces, space)
	}
	return p, nil
}

// judgeHolder judges who holds the booking, and not again when it is.
func (p *proposal) judgeHolder() error {
	for i, space := range p.spaces {
		for _, rule := range []func(*proposal, *models.Space) error{
			(*proposal).longEnough, (*proposal).shortEnough, (*proposal).bookable, (*proposal).guestsAllowed,
		} {
			if err := rule(p, space); err != nil {
				return onSpace(err, i)
			}
		}
	}
	return nil
}

// handOver judges by what the new holder has now, and stores the booking with
// passes of theirs in place of the old ones. Guests keep their codes.
func (p *proposal) handOver(ctx context.Context, tx *models.Store, b *models.Booking, before *models.Member) error {
	standing, err := p.lock(ctx, tx)
	if err != nil {
		return err
	}
	if err := p.judgeCounts(standing); err != nil {
		return &Refusal{Fault: fault.From(err)}
	}
	if len(standing.Seats) > 0 {
		return &Refusal{Fault: ErrHolderBusy.On("member")}
	}
	if b.CreatedBy == b.OrganizerID {
		b.CreatedBy = p.organizer.ID // who gave it away has no more to do with it
	}
	b.OrganizerID, b.CompanyID = p.organizer.ID, p.organizer.CompanyID
	a := alteration{
		tx: tx, cat: p.cat, by: p.by, now: p.now, booking: b, organizer: p.organizer, before: heldBy(b),
		action: "booking.hand_over", told: models.NoticeBookingHandedOver,
	}
	if err := a.store(ctx); err != nil {
		return err
	}
	if b.Status != models.BookingPending {
		if err := tx.RenewHolderPasses(ctx, p.cat, b, p.organizer); err != nil {
			return fmt.Errorf("renew passes: %w", err)
		}
	}
	return tx.TellOrganizer(ctx, models.NoticeBookingGivenAway, b, before, models.NewBookingNotice(p.cat, b, p.organizer))
}
