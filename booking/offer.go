package booking

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"kyoten/models"
)

// line serves the waitlist within one transaction.
type line struct {
	tx      *models.Store
	cat     *models.Catalogue
	now     time.Time
	spaces  []*models.Space // locked by the transaction, by capacity
	busy    map[models.ID][]models.Period
	members map[models.ID]models.Member
}

// offerFreed gives what has just come free to the first in line: it is held for
// them from this very transaction on, so that nobody can come between. The
// bookings that gave it back are locked already; the spaces and the wishes are
// locked here. What nobody waits for costs two queries.
func offerFreed(ctx context.Context, tx *models.Store, cat *models.Catalogue, now time.Time, freed []models.SpaceClaim) error {
	if len(freed) == 0 {
		return nil
	}
	ids, span := spanOf(freed)
	if _, err := tx.Lock(ctx, models.Locks{Spaces: ids}); err != nil {
		return fmt.Errorf("lock freed spaces: %w", err)
	}
	wishes, err := tx.Waiting(ctx, span)
	if err != nil {
		return fmt.Errorf("read the waitlist: %w", err)
	}
	wishes = slices.DeleteFunc(wishes, func(w models.Wish) bool { return !concerns(cat, &w, freed) })
	if len(wishes) == 0 {
		return nil
	}
	l := &line{tx: tx, cat: cat, now: now}
	if err := l.gather(ctx, wishes, ids); err != nil {
		return err
	}
	for i := range wishes {
		if err := l.serve(ctx, &wishes[i]); err != nil {
			return err
		}
	}
	return nil
}

// spanOf returns the spaces of the claims and a period that covers them all.
func spanOf(claims []models.SpaceClaim) ([]models.ID, models.Period) {
	var ids []models.ID
	span := claims[0].Period
	for _, c := range claims {
		ids = append(ids, c.SpaceID)
		if c.Period.StartsAt.Before(span.StartsAt) {
			span.StartsAt = c.Period.StartsAt
		}
		if c.Period.EndsAt.After(span.EndsAt) {
			span.EndsAt = c.Period.EndsAt
		}
	}
	return ids, span
}

// concerns reports whether something of what came free is what the wish is about.
func concerns(cat *models.Catalogue, w *models.Wish, freed []models.SpaceClaim) bool {
	return slices.ContainsFunc(freed, func(f models.SpaceClaim) bool {
		space, err := cat.Space(f.SpaceID)
		return err == nil && w.Suits(space) && w.Period().Overlaps(f.Period)
	})
}

// gather locks what the wishes need beyond the spaces that came free (the rooms
// of linked sets at other sites, as far as nobody has them just now) and reads
// who waits and what is taken: three queries, however many wait.
func (l *line) gather(ctx context.Context, wishes []models.Wish, locked []models.ID) error {
	more, err := l.tx.LockFreeSpaces(ctx, l.elsewhere(wishes, locked))
	if err != nil {
		return fmt.Errorf("lock rooms of linked sets: %w", err)
	}
	return l.read(ctx, wishes, append(locked, more...))
}

// read reads who waits and what is taken of the spaces.
func (l *line) read(ctx context.Context, wishes []models.Wish, spaces []models.ID) (err error) {
	for _, id := range spaces {
		if space, err := l.cat.Space(id); err == nil {
			l.spaces = append(l.spaces, space)
		}
	}
	slices.SortStableFunc(l.spaces, func(a, b *models.Space) int {
		return cmp.Or(cmp.Compare(a.Capacity, b.Capacity), cmp.Compare(a.Position, b.Position))
	})
	var wanted []models.SpaceClaim
	var people []models.ID
	for _, w := range wishes {
		wanted = append(wanted, models.SpaceClaim{Period: models.Period{StartsAt: w.StartsAt, EndsAt: w.EndsAt.Add(24 * time.Hour)}}) // with any buffer
		people = append(people, w.MemberID)
	}
	if l.members, err = l.tx.Members(ctx, people); err != nil {
		return fmt.Errorf("read who waits: %w", err)
	}
	_, span := spanOf(wanted)
	rows, err := l.tx.ActiveOn(ctx, spaces, span)
	l.busy = map[models.ID][]models.Period{}
	for _, r := range rows {
		l.busy[r.SpaceID] = append(l.busy[r.SpaceID], models.Period{StartsAt: r.StartsAt, EndsAt: r.EndsAt})
	}
	return err
}

// elsewhere returns the rooms that linked wishes need at the other sites.
func (l *line) elsewhere(wishes []models.Wish, locked []models.ID) []models.ID {
	var ids []models.ID
	for _, w := range wishes {
		if len(w.Sites) < 2 {
			continue
		}
		for _, site := range w.Sites {
			for _, s := range l.cat.SpacesAt(site, w.Kind) {
				if w.Suits(s) && !slices.Contains(locked, s.ID) && !slices.Contains(ids, s.ID) {
					ids = append(ids, s.ID)
				}
			}
		}
	}
	return ids
}

// serve makes an offer to a wish that can be met. One that cannot keeps its place.
func (l *line) serve(ctx context.Context, w *models.Wish) error {
	p, err := l.match(w)
	if err != nil || p == nil {
		return err
	}
	return l.offer(ctx, p, w.ID)
}

// match returns the booking that would meet the wish, or nil where not all that
// it asks for is free and allowed by the rules.
func (l *line) match(w *models.Wish) (*proposal, error) {
	m, known := l.members[w.MemberID]
	if !known || l.cat.Barred(&m) {
		return nil, nil
	}
	plan, err := l.cat.PlanOf(&m)
	if err != nil {
		return nil, fmt.Errorf("find plan of member: %w", err)
	}
	p := &proposal{
		cat: l.cat, by: models.Principal{Member: &m}, organizer: &m, plan: plan, now: l.now, period: w.Period(),
	}
	p.period.StartsAt = l.startFor(p, w)
	if !p.period.StartsAt.Before(p.period.EndsAt) {
		return nil, nil
	}
	for _, site := range w.Sites {
		space := l.pick(p, w, site)
		if space == nil {
			return nil, nil
		}
		p.spaces = append(p.spaces, space)
	}
	return p, nil
}

// startFor is when the offer begins: as wished, or, when that has passed, with the
// step of time that is running at the first site.
func (l *line) startFor(p *proposal, w *models.Wish) time.Time {
	for _, s := range l.spaces {
		if w.Suits(s) {
			if running := runningGrain(l.now, s.GrainMinutes, p.location(s)); running.After(w.StartsAt) {
				return running
			}
			break
		}
	}
	return w.StartsAt
}

// pick returns the smallest space at the site that is wished for, free and
// allowed, or nil.
func (l *line) pick(p *proposal, w *models.Wish, site string) *models.Space {
	for _, s := range l.spaces {
		if s.Site != site || slices.Contains(p.spaces, s) || !w.Suits(s) || !p.by.SeesSpace(s) {
			continue
		}
		hold := p.hold(s)
		taken := slices.ContainsFunc(l.busy[s.ID], hold.Overlaps)
		if _, refused := p.judgeOne(s, Want{}); !taken && refused == nil {
			return s
		}
	}
	return nil
}

// offer holds the spaces for the wish and says so. Of two servers that come to
// the same wish with different spaces, the second finds that it is served.
func (l *line) offer(ctx context.Context, p *proposal, id models.ID) error {
	w, err := l.tx.LockWish(ctx, id)
	if err != nil || w.State != models.WishWaiting {
		return err
	}
	until := l.now.Add(offerFor(l.now, w.StartsAt))
	b := p.booking(Request{})
	b.HeldUntil(until)
	err = l.tx.InsertReservation(ctx, l.cat, models.NewReservation{Booking: &b, Organizer: p.organizer, By: models.System})
	if err != nil {
		return fmt.Errorf("hold an offer: %w", err)
	}
	for _, c := range heldBy(&b) {
		l.busy[c.SpaceID] = append(l.busy[c.SpaceID], c.Period)
	}
	w.State, w.BookingID, w.OfferExpiresAt = models.WishOffered, &b.ID, &until
	if err := saveWish(ctx, l.tx, models.System, "waitlist.offer", &w); err != nil {
		return err
	}
	notice := models.NewBookingNotice(l.cat, &b, p.organizer)
	notice.Until, notice.Link = &until, waitlistPage
	return l.tx.TellOrganizer(ctx, models.NoticeWaitlistOffer, &b, p.organizer, notice)
}

// waitlistPage is where an offer is taken up.
const waitlistPage = "/bookings#waitlist"

// offerFor is how long an offer holds a space that begins at starts: half an
// hour, less when the time is near, so that the next in line has a chance too.
func offerFor(now, starts time.Time) time.Duration {
	return min(30*time.Minute, max(starts.Sub(now)/2, 5*time.Minute)).Truncate(time.Second)
}

// heldBy returns what the booking holds.
func heldBy(b *models.Booking) []models.SpaceClaim {
	var out []models.SpaceClaim
	for _, bs := range b.Spaces {
		if bs.Active {
			out = append(out, models.SpaceClaim{SpaceID: bs.SpaceID, Period: models.Period{StartsAt: bs.StartsAt, EndsAt: bs.EndsAt}})
		}
	}
	return out
}

// freed returns what was held before and is not held by the booking any more.
func freed(before []models.SpaceClaim, b *models.Booking) []models.SpaceClaim {
	after := heldBy(b)
	var out []models.SpaceClaim
	for _, was := range before {
		left := []models.Period{was.Period}
		for _, is := range after {
			if is.SpaceID == was.SpaceID {
				left = models.Subtract(left, is.Period)
			}
		}
		for _, p := range left {
			out = append(out, models.SpaceClaim{SpaceID: was.SpaceID, Period: p})
		}
	}
	return out
}
