package booking

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"kyoten/models"
)

// Moving makes a change of spaces or zones together with what follows from it for
// the bookings there. Codes name the zones they open: where a space lies in another
// zone afterwards, holders and guests of its coming bookings get new ones and are
// told. Who may not enter any more, because the place belongs to a company of which
// the holder is not, is in the way: with cancel such bookings are given back with
// notice, without it nothing is changed and the error is an *InTheWay.
//
// Which spaces a change moves is known once it is made. They are locked before it,
// with their bookings, as everybody does: so it is made, taken back and made again.
// Most changes, of a name or a price, move none.
func (s *Service) Moving(ctx context.Context, by models.Principal, cancel bool, change func(context.Context) error) error {
	var locked []models.ID
	_, err := tryAgain(func() (struct{}, error) {
		moved, err := s.moveOnce(ctx, by, locked, cancel, change)
		if errors.Is(err, errAgain) {
			locked = moved
		}
		return struct{}{}, err
	})
	return err
}

// moveOnce makes the change where it moves no space beside those that are to be
// locked, else it returns what it would move, and errAgain.
func (s *Service) moveOnce(ctx context.Context, by models.Principal, locked []models.ID, cancel bool, change func(context.Context) error) (moved []models.ID, err error) {
	err = s.store.Enclose(ctx, func(ctx context.Context) error {
		return s.store.InTx(ctx, func(tx *models.Store) error {
			moved = locked
			before, err := tx.Catalogue(ctx)
			if err != nil {
				return err
			}
			rows, err := s.comingIn(ctx, tx, locked)
			if err != nil {
				return err
			}
			if err := change(ctx); err != nil {
				return err
			}
			after, err := tx.Catalogue(ctx)
			if err != nil {
				return err
			}
			m := &relocation{tx: tx, before: before, after: after, by: by, now: s.present()}
			all := m.moved()
			if slices.ContainsFunc(all, func(id models.ID) bool { return !slices.Contains(locked, id) }) {
				moved = all
				return errAgain
			}
			return m.follow(ctx, rows, cancel)
		})
	})
	return moved, err
}

// comingIn locks the bookings that are not over in the spaces, then the spaces, those
// included that the same bookings hold elsewhere. A booking made between the two is
// seen under the lock: errAgain.
func (s *Service) comingIn(ctx context.Context, tx *models.Store, spaces []models.ID) ([]models.Booking, error) {
	if len(spaces) == 0 {
		return nil, nil
	}
	now := s.present()
	coming := models.Period{StartsAt: now, EndsAt: now.AddDate(100, 0, 0)} // a plan may have no horizon
	ids, err := tx.BookingsHolding(ctx, spaces, coming)
	if err != nil {
		return nil, fmt.Errorf("find bookings of the spaces: %w", err)
	}
	rows, err := tx.LockBookings(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("lock bookings of the spaces: %w", err)
	}
	all := slices.Clone(spaces)
	for i := range rows {
		all = append(all, spaceIDs(&rows[i])...)
	}
	if _, err := tx.Lock(ctx, models.Locks{Spaces: all}); err != nil {
		return nil, fmt.Errorf("lock spaces: %w", err)
	}
	if now, err := tx.BookingsHolding(ctx, spaces, coming); err != nil || !slices.Equal(ids, now) {
		return nil, errors.Join(err, errAgain)
	}
	return rows, nil
}

// relocation is a change of places that is stored, and what it means for bookings.
type relocation struct {
	tx            *models.Store
	before, after *models.Catalogue
	by            models.Principal
	now           time.Time
}

func (m *relocation) follow(ctx context.Context, rows []models.Booking, cancel bool) error {
	var blocked []Record
	for i := range rows {
		b := &rows[i]
		if !slices.ContainsFunc(b.Spaces, func(bs models.BookingSpace) bool { return bs.Active && m.moves(bs.SpaceID) }) {
			continue
		}
		organizer, err := m.tx.Member(ctx, b.OrganizerID)
		if err != nil {
			return fmt.Errorf("read organizer: %w", err)
		}
		who, err := m.tx.PrincipalOf(ctx, organizer)
		if err != nil {
			return fmt.Errorf("read organizer: %w", err)
		}
		a := &alteration{tx: m.tx, cat: m.after, by: m.by, now: m.now, booking: b, organizer: &organizer, before: heldBy(b)}
		switch {
		case !m.shutsOut(who, b):
			err = a.renewCodes(ctx)
		case b.Status == models.BookingHeld: // never promised
			err = dropUnusable(ctx, m.tx, m.by, b.ID)
		case cancel:
			err = a.leave(ctx, "", models.NoticePlaceGone)
		default:
			blocked = append(blocked, show(m.before, m.by, *b, &organizer))
		}
		if err != nil {
			return err
		}
	}
	if len(blocked) == 0 {
		return nil
	}
	slices.SortStableFunc(blocked, func(a, b Record) int { return a.StartsAt.Compare(b.StartsAt) })
	return &InTheWay{Fault: ErrBookingsInTheWay.Saying("shut_out").With("number", len(blocked)), Bookings: blocked}
}

// moved returns the spaces that lie in another zone now, or are another company's.
func (m *relocation) moved() (ids []models.ID) {
	for _, site := range m.after.Sites() {
		for _, fresh := range m.after.SpacesAt(site.Slug, "") {
			if m.moves(fresh.ID) {
				ids = append(ids, fresh.ID)
			}
		}
	}
	return ids
}

func (m *relocation) moves(space models.ID) bool {
	old, err := m.before.Space(space)
	fresh, err2 := m.after.Space(space)
	return err == nil && err2 == nil && (old.ZoneID != fresh.ZoneID || old.Company() != fresh.Company())
}

// shutsOut reports whether a space of the booking exists for its holder no more.
func (m *relocation) shutsOut(who models.Principal, b *models.Booking) bool {
	return slices.ContainsFunc(b.Spaces, func(bs models.BookingSpace) bool {
		old, err := m.before.Space(bs.SpaceID)
		fresh, err2 := m.after.Space(bs.SpaceID)
		return err == nil && err2 == nil && bs.Active && who.SeesSpace(old) && !who.SeesSpace(fresh)
	})
}

// renewCodes writes the passes anew and sends them.
func (a *alteration) renewCodes(ctx context.Context) error {
	if !invites(a.booking) {
		return nil // it has none yet
	}
	a.action, a.revoke, a.passes = "booking.change", true, true
	a.told, a.guests = models.NoticeChanged, models.NoticeGuestChanged
	return a.store(ctx)
}
