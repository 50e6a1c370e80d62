package access

import (
	"context"
	"errors"
	"slices"

	"kyoten/models"
)

// Issued is a pass with its code, as it is shown to somebody who may see it.
type Issued struct {
	models.Pass
	Holder string // name
	Code   string // the static code, a bearer credential
}

// StaticCode returns the text of the pass's printable code.
func (s *Service) StaticCode(ctx context.Context, p models.Pass) (string, error) {
	v, err := s.renewView(ctx)
	if err != nil {
		return "", err
	}
	return s.staticCode(v.ring, &p)
}

// Issue returns passes, which the caller may see, with their codes.
func (s *Service) Issue(ctx context.Context, passes []models.Pass) ([]Issued, error) {
	v, err := s.renewView(ctx)
	if err != nil {
		return nil, err
	}
	return s.issue(ctx, v, passes)
}

// BookingPasses returns the printable passes of a booking that the principal may
// see, the organizer's first. ErrNotFound where the booking is not theirs to know.
func (s *Service) BookingPasses(ctx context.Context, p models.Principal, id models.ID) ([]Issued, error) {
	v, err := s.renewView(ctx)
	if err != nil {
		return nil, err
	}
	b, err := s.store.Booking(ctx, id)
	if err != nil {
		return nil, err
	}
	if p.ViewOf(v.Catalogue, &b) == models.ViewNone || b.Status == models.BookingHeld {
		return nil, models.ErrNotFound
	}
	passes, err := s.bookingPasses(ctx, v, &b)
	if err != nil {
		return nil, err
	}
	passes = slices.DeleteFunc(passes, func(pass models.Pass) bool { return !p.SeesPass(v.Catalogue, &pass, &b) })
	sites := b.Sites()
	slices.SortStableFunc(passes, func(a, b models.Pass) int {
		if (a.GuestID == nil) != (b.GuestID == nil) {
			return 0
		}
		return slices.Index(sites, a.Site) - slices.Index(sites, b.Site)
	})
	return s.issue(ctx, v, passes)
}

// PrintedPasses returns the printable passes of a booking, whoever may see them: none
// where it was cancelled or is no more.
func (s *Service) PrintedPasses(ctx context.Context, booking models.ID) ([]models.Pass, error) {
	v, err := s.renewView(ctx)
	if err != nil {
		return nil, err
	}
	b, err := s.store.Booking(ctx, booking)
	switch {
	case errors.Is(err, models.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return s.bookingPasses(ctx, v, &b)
}

// bookingPasses returns the passes of a booking, made anew for an organizer whose
// company is another than when they were written.
func (s *Service) bookingPasses(ctx context.Context, v *view, b *models.Booking) ([]models.Pass, error) {
	passes, err := s.store.BookingPasses(ctx, b.ID)
	if err != nil {
		return nil, err
	}
	organizer, err := s.store.Member(ctx, b.OrganizerID)
	if err != nil || !slices.ContainsFunc(passes, ofAnotherCompany(&organizer)) {
		return passes, err
	}
	if err := s.renewBookingPasses(ctx, v, organizer.ID); err != nil {
		return nil, err
	}
	return s.store.BookingPasses(ctx, b.ID)
}

// ofAnotherCompany picks the passes for bookings of a member that were written when
// the member's company was another: no door takes them any more (lapsed).
func ofAnotherCompany(m *models.Member) func(models.Pass) bool {
	return func(p models.Pass) bool {
		return p.Kind == models.PassBooking && p.GuestID == nil && p.CompanyID != m.Company()
	}
}

// renewBookingPasses writes the passes of a member's bookings anew where they are
// of another company, those of a phone included. It holds the bookings, so that
// nobody who gives one up or hands it over meanwhile finds its passes back.
func (s *Service) renewBookingPasses(ctx context.Context, v *view, member models.ID) error {
	return s.store.InTx(ctx, func(tx *models.Store) error {
		m, err := tx.LockMember(ctx, member)
		if err != nil {
			return err
		}
		passes, err := tx.PassesOfMember(ctx, member)
		if err != nil {
			return err
		}
		var ids []models.ID
		stale := ofAnotherCompany(&m)
		for _, p := range passes {
			if stale(p) && p.BookingID != nil && !slices.Contains(ids, *p.BookingID) {
				ids = append(ids, *p.BookingID)
			}
		}
		rows, err := tx.LockBookings(ctx, ids)
		if err != nil {
			return err
		}
		for i := range rows {
			b := &rows[i]
			if b.OrganizerID != member || b.Over(s.store.Now()) {
				continue // given up or handed over before it was locked
			}
			if err := tx.RenewHolderPasses(ctx, v.Catalogue, b, &m); err != nil {
				return err
			}
		}
		return nil
	})
}

func idsOf(passes []models.Pass, which func(models.Pass) bool) []string {
	var ids []string
	for _, p := range passes {
		if which(p) {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// Pass returns one pass with its code. ErrNotFound where it is not the
// principal's to see, and where it is over.
func (s *Service) Pass(ctx context.Context, p models.Principal, id string) (Issued, error) {
	v, err := s.renewView(ctx)
	if err != nil {
		return Issued{}, err
	}
	pass, err := s.store.Pass(ctx, id)
	if err != nil {
		return Issued{}, err
	}
	var b *models.Booking
	if pass.BookingID != nil {
		row, err := s.store.Booking(ctx, *pass.BookingID)
		if err != nil {
			return Issued{}, err
		}
		b = &row
	}
	if pass.Live || pass.Over(s.store.Now()) || !p.SeesPass(v.Catalogue, &pass, b) {
		return Issued{}, models.ErrNotFound
	}
	issued, err := s.issue(ctx, v, []models.Pass{pass})
	if err != nil {
		return Issued{}, err
	}
	return issued[0], nil
}

// issue signs passes and names their holders.
func (s *Service) issue(ctx context.Context, v *view, passes []models.Pass) ([]Issued, error) {
	names, err := s.holders(ctx, passes)
	if err != nil {
		return nil, err
	}
	out := make([]Issued, len(passes))
	for i := range passes {
		code, err := s.staticCode(v.ring, &passes[i])
		if err != nil {
			return nil, err
		}
		out[i] = Issued{Pass: passes[i], Holder: names[passes[i].HolderID()], Code: code}
	}
	return out, nil
}

func (s *Service) holders(ctx context.Context, passes []models.Pass) (map[models.ID]string, error) {
	var members, guests []models.ID
	for _, p := range passes {
		if p.MemberID != nil {
			members = append(members, *p.MemberID)
		} else if p.GuestID != nil {
			guests = append(guests, *p.GuestID)
		}
	}
	names, err := s.store.GuestNames(ctx, guests)
	if err != nil {
		return nil, err
	}
	rows, err := s.store.Members(ctx, members)
	for id, m := range rows {
		names[id] = m.Name
	}
	return names, err
}
