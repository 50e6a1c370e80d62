package booking

import (
	"context"
	"fmt"
	"slices"
	"time"

	"kyoten/internal/locale"
	"kyoten/models"
)

// approvalFor is how long a request for approval keeps others out at most; it
// ends at the start of what was asked for in any case.
const approvalFor = 72 * time.Hour

// mayDecide reports whether the principal decides about requests for the space:
// the desk of its site, administrators, and for a company's own space its
// managers.
func mayDecide(by models.Principal, s *models.Space) bool {
	return by.Runs(s.Site) || by.Manages(s.Company())
}

// status is confirmed, unless one of the spaces asks for approval and the caller
// is not who would give it.
func (p *proposal) status() models.BookingStatus {
	for _, s := range p.spaces {
		if s.NeedsApproval && !mayDecide(p.by, s) {
			return models.BookingPending
		}
	}
	return models.BookingConfirmed
}

// askUntil is when a request ends by itself: at its start, and where that has
// come already, soon.
func (p *proposal) askUntil() time.Time {
	until := p.now.Add(approvalFor)
	if start := p.period.StartsAt; start.Before(until) {
		until = start
	}
	if soon := p.now.Add(minutes(15)); until.Before(soon) {
		until = soon
	}
	return until
}

// askDeciders tells those who decide about a request that it waits for them.
// In a series one is told of for all of it, with the dates of the others.
func askDeciders(ctx context.Context, tx *models.Store, cat *models.Catalogue, b *models.Booking, organizer *models.Member, dates ...models.NoticeDate) error {
	var deciders []models.Member
	for _, bs := range b.Spaces {
		space, err := cat.Space(bs.SpaceID)
		if err != nil || !space.NeedsApproval {
			continue
		}
		found, err := tx.Deciders(ctx, space)
		if err != nil {
			return fmt.Errorf("find who decides: %w", err)
		}
		for _, m := range found {
			if !slices.ContainsFunc(deciders, func(d models.Member) bool { return d.ID == m.ID }) {
				deciders = append(deciders, m)
			}
		}
	}
	notice := models.NewBookingNotice(cat, b, organizer)
	notice.Until, notice.Link, notice.Dates = b.ExpiresAt, "/admin/bookings/"+b.ID.String(), dates
	return tx.TellMembers(ctx, models.NoticeApprovalAsked, b, deciders, notice)
}

// Approve grants a request, as far as the caller decides about it: in a linked
// meeting each site says yes for its own rooms. Approving twice is as good as
// once.
func (s *Service) Approve(ctx context.Context, by models.Principal, id models.ID) (Record, error) {
	return s.alter(ctx, by, id, func(a *alteration) error {
		b := a.booking
		mine, err := a.undecided()
		switch {
		case err != nil:
			return err
		case b.Status == models.BookingConfirmed || b.Status == models.BookingCheckedIn:
			return nil
		case b.Status != models.BookingPending || b.Expired(a.now):
			return models.ErrBookingOver
		case len(mine) == 0:
			return nil // said already
		case a.cat.Barred(a.organizer):
			return models.ErrForbidden // who may not book gets nothing granted either
		}
		for _, i := range mine {
			b.Spaces[i].ExpiresAt = nil
		}
		a.action, a.invisible = "booking.approve", true
		if a.waits() {
			return nil // for another site
		}
		a.invisible, a.passes = false, true
		a.told, a.guests = models.NoticeApproved, models.NoticeGuestInvited
		return a.confirm()
	})
}

// undecided returns the spaces of the booking that wait for the caller's word.
// ErrForbidden when none is the caller's to decide about.
func (a *alteration) undecided() ([]int, error) {
	waiting, decides := undecided(a.cat, a.by, a.booking)
	if !decides {
		return nil, models.ErrForbidden
	}
	return waiting, nil
}

// undecided returns which spaces of a booking wait for somebody's word, and whether
// any is theirs to decide about.
func undecided(cat *models.Catalogue, by models.Principal, b *models.Booking) (waiting []int, decides bool) {
	for i, bs := range b.Spaces {
		space, err := cat.Space(bs.SpaceID)
		if err != nil || !space.NeedsApproval || !mayDecide(by, space) {
			continue
		}
		decides = true
		if bs.ExpiresAt != nil {
			waiting = append(waiting, i)
		}
	}
	return waiting, decides
}

// Undecided reports whether the booking is a request that waits for the word of
// this principal.
func (r *Record) Undecided(by models.Principal) bool {
	waiting, _ := undecided(r.Catalogue, by, &r.Booking)
	return r.Status == models.BookingPending && len(waiting) > 0
}

// waits reports whether a space still waits for somebody's word: of those that
// ask for approval, a granted one does not run out.
func (a *alteration) waits() bool {
	return slices.ContainsFunc(a.booking.Spaces, func(bs models.BookingSpace) bool {
		space, err := a.cat.Space(bs.SpaceID)
		return err == nil && space.NeedsApproval && bs.ExpiresAt != nil
	})
}

// confirm makes a request a booking.
func (a *alteration) confirm() error {
	b := a.booking
	plan, err := a.plan()
	if err != nil {
		return err
	}
	p := &proposal{cat: a.cat, by: a.by, organizer: a.organizer, plan: plan, now: a.now, period: b.Period()}
	b.Status, b.ExpiresAt = models.BookingConfirmed, nil
	for i := range b.Spaces {
		bs := &b.Spaces[i]
		space, err := a.cat.Space(bs.SpaceID)
		if err != nil {
			return fmt.Errorf("find space of booking: %w", err)
		}
		bs.Status, bs.ExpiresAt, bs.ReleaseAt = models.BookingConfirmed, nil, p.releaseAt(space, models.BookingConfirmed)
	}
	return nil
}

// Reject refuses a request, for a reason the organizer is told. Whoever decides
// about one of its spaces decides about all of it: it is all or nothing.
// Rejecting twice is as good as once.
func (s *Service) Reject(ctx context.Context, by models.Principal, id models.ID, reason string) (Record, error) {
	return s.alter(ctx, by, id, func(a *alteration) error {
		if _, err := a.undecided(); err != nil {
			return err
		}
		if a.booking.Status == models.BookingRejected {
			return nil
		}
		a.reject("booking.reject", reason)
		return a.booking.Reject(a.now)
	})
}

func (a *alteration) reject(action, reason string) {
	a.action, a.reason, a.told = action, reason, models.NoticeRejected
}

// lapse ends a request that nobody decided in time.
func (s *Service) lapse(ctx context.Context, tx *models.Store, cat *models.Catalogue, b *models.Booking) error {
	organizer, err := tx.Member(ctx, b.OrganizerID)
	if err != nil {
		return fmt.Errorf("read organizer of booking: %w", err)
	}
	a := &alteration{
		tx: tx, cat: cat, by: models.System, now: s.present(), booking: b, organizer: &organizer, before: heldBy(b),
	}
	lang, _ := locale.Parse(organizer.Locale)
	a.reject("booking.lapse", locale.T(lang, "approval.lapsed"))
	if err := b.Reject(a.now); err != nil {
		return err
	}
	return a.store(ctx)
}
