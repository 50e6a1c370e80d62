package booking

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"kyoten/internal/fault"
	"kyoten/models"
)

var (
	// ErrNoOffer means that nothing is held for the wish, so that nothing can be
	// accepted.
	ErrNoOffer = fault.New(fault.Conflict, "no_offer", "there is no offer to accept")
	// ErrOfferExpired means that the offer was not taken up in time.
	ErrOfferExpired = fault.New(fault.Conflict, "offer_expired", "the offer has run out")
	// ErrAlreadyWaiting means that the member waits for the same thing already.
	ErrAlreadyWaiting = fault.New(fault.Conflict, "already_waiting", "the member is already waiting for that")
	// ErrTooManyWishes means that the member waits for more than one may.
	ErrTooManyWishes = fault.New(fault.Invalid, "too_many_wishes", "that is more than one member may wait for")
)

// maxWishes is how much a member may wait for at one time.
const maxWishes = 20

// WishRequest is what somebody wants to wait for: one space, any space of a kind
// at a site, or, with several sites, a room at each of them for the same time.
type WishRequest struct {
	Sites    []string
	Kind     models.Kind
	StartsAt time.Time
	EndsAt   time.Time
	Space    *models.ID // this one and no other
	Capacity int        // at least so many people; 0 = any
}

// Wish is a place on the waitlist, with what is offered to it.
type Wish struct {
	models.Wish
	State  models.WishState // at the time of reading
	Spaces []models.ID      // held for the offer
}

// Join puts the caller on the waitlist. The rules are judged as for a booking;
// what is free already is offered at once.
func (s *Service) Join(ctx context.Context, by models.Principal, req WishRequest) (Wish, error) {
	cat, err := s.store.Catalogue(ctx)
	if err != nil {
		return Wish{}, err
	}
	p, w, err := s.wish(ctx, cat, by, req)
	if err != nil {
		return Wish{}, err
	}
	if err := p.judgeWish(); err != nil {
		return Wish{}, s.refuse(ctx, p, err)
	}
	if err := s.store.InTx(ctx, func(tx *models.Store) error { return p.join(ctx, tx, w) }); err != nil {
		return Wish{}, err
	}
	return s.Wish(ctx, by, w.ID)
}

// wish reads what a request speaks of. What the caller may not know of is
// ErrNotFound.
func (s *Service) wish(ctx context.Context, cat *models.Catalogue, by models.Principal, req WishRequest) (*proposal, *models.Wish, error) {
	p := &proposal{cat: cat, by: by, now: s.present()}
	if len(req.Sites) > 1 && (req.Kind != models.KindRoom || req.Space != nil) {
		return nil, nil, models.ErrInvalidInput.On("sites").Saying("linked_wish") // one person has one seat
	}
	for i, site := range req.Sites {
		if slices.Contains(req.Sites[:i], site) {
			return nil, nil, models.ErrInvalidInput.On(fmt.Sprintf("sites/%d", i)).Saying("unique")
		}
	}
	book := Request{StartsAt: req.StartsAt, EndsAt: req.EndsAt}
	if req.Space != nil {
		book.Spaces = []models.ID{*req.Space}
	} else {
		for _, site := range req.Sites {
			book.Any = append(book.Any, Want{Site: site, Kind: req.Kind, Capacity: req.Capacity})
		}
	}
	if err := s.propose(ctx, p, &book, true); err != nil {
		return nil, nil, wishPointer(err)
	}
	w := &models.Wish{
		MemberID: p.organizer.ID, Sites: req.Sites, Kind: req.Kind, SpaceID: req.Space, Capacity: req.Capacity,
		StartsAt: p.period.StartsAt, EndsAt: p.period.EndsAt,
	}
	if req.Space != nil && (p.spaces[0].Kind != req.Kind || !slices.Equal(req.Sites, []string{p.spaces[0].Site})) {
		return nil, nil, models.ErrNotFound.On("space")
	}
	return p, w, nil
}

// wishPointer makes a fault name the input of a wish, not of a booking.
func wishPointer(err error) error {
	f, ok := errors.AsType[*fault.Fault](err)
	switch {
	case !ok:
		return err
	case f.Pointer == "spaces/0":
		return f.On("space")
	case f.Kind == fault.NotFound:
		return f.On("site")
	}
	return err
}

// judgeWish judges the rules; that everything is taken is why one waits.
func (p *proposal) judgeWish() error {
	if len(p.spaces) > 0 {
		return p.judge()
	}
	return p.sift()
}

// join stores the wish. The spaces that would do are locked: what comes free at
// this moment is either seen here, or its freeing sees the wish.
func (p *proposal) join(ctx context.Context, tx *models.Store, w *models.Wish) error {
	wanted := p.wanted()
	ids, _ := spanOf(wanted)
	if _, err := tx.Lock(ctx, models.Locks{Member: p.organizer.ID, Spaces: ids}); err != nil {
		return fmt.Errorf("lock what is waited for: %w", err)
	}
	open, err := tx.OpenWishesOf(ctx, p.organizer.ID)
	switch {
	case err != nil:
		return fmt.Errorf("read wishes of member: %w", err)
	case len(open) >= maxWishes:
		return ErrTooManyWishes.With("limit", maxWishes)
	case slices.ContainsFunc(open, func(o models.Wish) bool { return o.Same(w) }):
		return ErrAlreadyWaiting
	}
	if err := tx.InsertWish(ctx, w); err != nil {
		return fmt.Errorf("store wish: %w", err)
	}
	if err := auditWish(ctx, tx, p.by, "waitlist.join", w); err != nil {
		return err
	}
	return offerFreed(ctx, tx, p.cat, p.now, wanted)
}

// wanted is every space that would do, for the time it would be held.
func (p *proposal) wanted() []models.SpaceClaim {
	var out []models.SpaceClaim
	for _, s := range slices.Concat(slices.Concat(p.candidates...), p.spaces) {
		out = append(out, models.SpaceClaim{SpaceID: s.ID, Period: p.hold(s)})
	}
	return out
}

// Wish returns a wish of the caller, or ErrNotFound.
func (s *Service) Wish(ctx context.Context, by models.Principal, id models.ID) (Wish, error) {
	w, err := s.store.Wish(ctx, id)
	if err != nil || !by.Is(w.MemberID) {
		return Wish{}, notFoundOr(err, "")
	}
	wishes, err := s.wishes(ctx, []models.Wish{w})
	if err != nil {
		return Wish{}, err
	}
	return wishes[0], nil
}

// Wishes returns the wishes of the caller, the oldest first, and the cursor of
// the next page, nil when there is none.
func (s *Service) Wishes(ctx context.Context, by models.Principal, page models.Page) ([]Wish, *models.Cursor, error) {
	if by.Member == nil {
		return nil, nil, models.ErrForbidden
	}
	rows, next, err := s.store.WishesOf(ctx, by.Member.ID, page)
	if err != nil {
		return nil, nil, err
	}
	wishes, err := s.wishes(ctx, rows)
	return wishes, next, err
}

// OpenWishes returns the wishes of the caller that wait or are offered something,
// the oldest first: a few, however many came to an end before.
func (s *Service) OpenWishes(ctx context.Context, by models.Principal) ([]Wish, error) {
	if by.Member == nil {
		return nil, models.ErrForbidden
	}
	rows, err := s.store.OpenWishesOf(ctx, by.Member.ID)
	if err != nil {
		return nil, fmt.Errorf("read open wishes: %w", err)
	}
	return s.wishes(ctx, rows)
}

// wishes adds what is held for them: one query for all.
func (s *Service) wishes(ctx context.Context, rows []models.Wish) ([]Wish, error) {
	now := s.present()
	out := make([]Wish, len(rows))
	var holds []models.ID
	for i, w := range rows {
		out[i] = Wish{Wish: w, State: w.StateAt(now)}
		if out[i].State == models.WishOffered {
			holds = append(holds, *w.BookingID)
		}
	}
	spaces, err := s.store.SpacesOfBookings(ctx, holds)
	if err != nil {
		return nil, fmt.Errorf("read what is offered: %w", err)
	}
	for i := range out {
		if out[i].State != models.WishOffered {
			out[i].OfferExpiresAt = nil
			continue
		}
		for _, bs := range spaces[*out[i].BookingID] {
			out[i].Spaces = append(out[i].Spaces, bs.SpaceID)
		}
	}
	return out, nil
}

func saveWish(ctx context.Context, tx *models.Store, by models.Principal, action string, w *models.Wish) error {
	if err := tx.SaveWish(ctx, w); err != nil {
		return fmt.Errorf("save wish: %w", err)
	}
	return auditWish(ctx, tx, by, action, w)
}

func auditWish(ctx context.Context, tx *models.Store, by models.Principal, action string, w *models.Wish) error {
	return tx.Audit(ctx, by, action, "waitlist", w.ID.String(), w.Sites[0], map[string]any{
		"member": w.MemberID, "sites": w.Sites, "kind": w.Kind, "space": w.SpaceID, "starts_at": w.StartsAt, "ends_at": w.EndsAt,
		"state": w.State, "booking": w.BookingID,
	})
}
