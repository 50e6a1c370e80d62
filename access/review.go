package access

import (
	"context"
	"maps"
	"slices"
	"time"

	"kyoten/access/entry"
	"kyoten/models"
)

// The flags by which a passage asks to be looked at. What the gate decided stays.
const (
	flagWasRevoked   = "was_revoked"            // when the door opened, we knew already that it should not
	flagWasCancelled = "was_cancelled"          // likewise: the booking was cancelled
	flagTwoGates     = "duplicate_across_gates" // the same code opened the same zone at another gate
	flagClockSuspect = "clock_suspect"          // the gate's time was not believed
	flagChainGap     = "chain_gap"              // something before it is missing or altered
)

// store writes the new passages with what follows from them, in one transaction:
// review flags, visits, presence, bookings that are checked in.
func (u *upload) store(ctx context.Context) error {
	subjects := u.subjects()
	if _, err := u.tx.MoveSubjects(ctx, subjects); err != nil {
		return err
	}
	site, err := u.view.Site(u.gate.Site)
	if err != nil {
		return err
	}
	passes, err := u.tx.ReviewedPasses(ctx, u.passes(), site.Slug, u.latest().Add(site.EarlyGrace()))
	if err != nil {
		return err
	}
	if err := u.review(ctx, passes, subjects); err != nil {
		return err
	}
	_, earliest := u.earliest()
	starts, err := u.tx.FoldStarts(ctx, subjects, earliest)
	if err != nil {
		return err
	}
	if err := u.tx.InsertPassages(ctx, u.rows); err != nil {
		return err
	}
	if err := u.fold(ctx, subjects, starts); err != nil {
		return err
	}
	if err := u.arrivals(ctx, site, passes); err != nil {
		return err
	}
	if err := u.tx.AnnounceDenied(ctx, u.view.Catalogue, u.rows...); err != nil {
		return err
	}
	last := u.rows[len(u.rows)-1]
	return u.tx.Audit(ctx, u.by, "passage.upload", "gate", u.gate.ID.String(), u.gate.Site, map[string]any{
		"passages": len(u.rows), "boot": last.Boot, "seq": last.Seq, "hash": last.Hash,
	})
}

// subjects returns whose presence the new passages are about.
func (u *upload) subjects() []string {
	set := map[string]bool{}
	for _, p := range u.rows {
		if counts(p) {
			set[p.Subject] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

func (u *upload) passes() []string {
	set := map[string]bool{}
	for _, p := range u.rows {
		if p.PassID != "" {
			set[p.PassID] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// earliest returns the first effective time among the new passages of each
// subject, and of everybody.
func (u *upload) earliest() (of map[string]int64, all int64) {
	of, all = map[string]int64{}, u.received.UnixMilli()
	for _, p := range u.rows {
		first, known := of[p.Subject]
		if !known || p.AtMS < first {
			of[p.Subject] = p.AtMS
		}
		all = min(all, p.AtMS)
	}
	return of, all
}

// latest returns the last effective time among the new passages.
func (u *upload) latest() (last time.Time) {
	for _, p := range u.rows {
		last = later(last, p.At())
	}
	return last
}

// fold brings visits and presence up to date. Each subject is folded from the
// last moment before the new passages at which it was outside for sure. Those for
// whom that is long ago, or not known, are folded by themselves: what is read
// reaches back as far as the first of those it is read for.
func (u *upload) fold(ctx context.Context, subjects []string, starts map[string]*int64) error {
	first, all := u.earliest()
	recent, old := map[string]int64{}, map[string]int64{}
	for _, subject := range subjects {
		since, known := starts[subject]
		from := first[subject]
		switch {
		case !known:
			from = 0
		case since != nil:
			from = min(from, *since)
		}
		if from < all-longSince.Milliseconds() {
			old[subject] = from
		} else {
			recent[subject] = from
		}
	}
	if err := u.svc.refoldFrom(ctx, u.tx, u.view.tree, old); err != nil {
		return err
	}
	return u.svc.refoldFrom(ctx, u.tx, u.view.tree, recent)
}

// longSince is how far the beginning of a stay may lie back for its holder to be
// folded together with the others of an upload.
const longSince = 24 * time.Hour

// review flags what the server would have decided otherwise.
func (u *upload) review(ctx context.Context, passes map[string]models.ReviewedPass, subjects []string) error {
	said, err := u.revocations(ctx, passes)
	if err != nil {
		return err
	}
	used, err := u.usedElsewhere(ctx, passes, subjects)
	if err != nil {
		return err
	}
	for i := range u.rows {
		p := &u.rows[i]
		pass, known := passes[p.PassID]
		if known {
			p.BookingID = pass.BookingID
		}
		if !p.Opened || p.Direction != string(entry.Entry) {
			continue
		}
		switch at := p.At(); {
		case known && cancelledBy(pass, at):
			p.Flags = append(p.Flags, flagWasCancelled)
		case known && (by(pass.RevokedAt, at) || by(pass.SuspendedAt, at) || by(u.suspended(pass.CompanyID), at) || said(pass, at)):
			p.Flags = append(p.Flags, flagWasRevoked)
		}
		if used(p, pass) {
			p.Flags = append(p.Flags, flagTwoGates)
		}
	}
	return nil
}

func cancelledBy(pass models.ReviewedPass, at time.Time) bool {
	return pass.BookingStatus == models.BookingCancelled && by(pass.BookingEnded, at)
}

// by reports whether something had happened by an instant; nil never has.
func by(happened *time.Time, at time.Time) bool { return happened != nil && !happened.After(at) }

// suspended returns since when a company is suspended, nil where it is not.
func (u *upload) suspended(company int) *time.Time {
	co, err := u.view.Company(company)
	if err != nil {
		return nil
	}
	return co.SuspendedAt
}

// revocations returns a function that tells whether somebody had said by an
// instant that the pass, its member or its company may not enter.
func (u *upload) revocations(ctx context.Context, passes map[string]models.ReviewedPass) (func(models.ReviewedPass, time.Time) bool, error) {
	var members []models.ID
	var companies []int
	for _, p := range passes {
		if p.MemberID != nil {
			members = append(members, *p.MemberID)
		}
		if p.CompanyID != 0 {
			companies = append(companies, p.CompanyID)
		}
	}
	rows, err := u.tx.RevocationsAbout(ctx, slices.Collect(maps.Keys(passes)), members, companies)
	return func(p models.ReviewedPass, at time.Time) bool {
		return slices.ContainsFunc(rows, func(r models.Revocation) bool {
			about := r.PassID != nil && *r.PassID == p.ID || r.MemberID != nil && p.MemberID != nil && *r.MemberID == *p.MemberID ||
				r.CompanyID != nil && *r.CompanyID == p.CompanyID
			return about && !r.CreatedAt.After(at) && (r.Until == nil || at.Before(*r.Until)) && (r.LiftedAt == nil || at.Before(*r.LiftedAt))
		})
	}, err
}

// usedElsewhere returns a function that tells whether a live code, or a pass for
// one entry, has opened the same zone at another gate.
func (u *upload) usedElsewhere(ctx context.Context, passes map[string]models.ReviewedPass, subjects []string) (func(*models.Passage, models.ReviewedPass) bool, error) {
	var steps []int64
	var once []string
	for _, p := range u.rows {
		if p.Step != 0 {
			steps = append(steps, p.Step)
		}
		if passes[p.PassID].Flags&models.FlagOneEntry != 0 {
			once = append(once, p.PassID)
		}
	}
	rows, err := u.tx.EntriesWith(ctx, subjects, steps, once)
	return func(p *models.Passage, pass models.ReviewedPass) bool {
		return slices.ContainsFunc(rows, func(o models.Passage) bool {
			elsewhere := o.GateID == nil || *o.GateID != u.gate.ID
			same := p.Step != 0 && o.Step == p.Step || pass.Flags&models.FlagOneEntry != 0
			return elsewhere && same && o.PassID == p.PassID && o.ZoneID == p.ZoneID
		})
	}, err
}

// newsLasts is how late a guest's host is still told that the guest is there.
const newsLasts = 15 * time.Minute

// arrivals checks bookings in that the passages show somebody has come for.
func (u *upload) arrivals(ctx context.Context, site *models.Site, passes map[string]models.ReviewedPass) error {
	for _, p := range u.rows {
		pass, known := passes[p.PassID]
		if !known || !p.Opened || p.Direction != string(entry.Entry) || !counts(p) {
			continue
		}
		if pass.Awaited {
			a := models.Arrival{Site: site, Member: pass.MemberID, Booking: pass.BookingID}
			if err := u.svc.checkIn(ctx, u.tx, u.view, u.by, a, p); err != nil {
				return err
			}
		}
		if pass.GuestID == nil || pass.BookingID == nil {
			continue
		}
		news := guestNews{guest: *pass.GuestID, booking: *pass.BookingID, at: p.At(), late: u.received.Sub(p.At()) > newsLasts}
		if err := u.svc.announceGuest(ctx, u.tx, u.view, news); err != nil {
			return err
		}
	}
	return nil
}
