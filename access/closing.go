package access

import (
	"context"
	"errors"
	"slices"
	"time"

	"kyoten/access/entry"
	"kyoten/models"
)

// closingGrace is how long after a site closed its day is ended: until then, those
// on their way out and scans under way are no longer expected.
const closingGrace = 30 * time.Minute

// EndDays ends the day at sites that have closed and puts an end to stays that
// last longer than any does. Both are passages like any other, so that what is
// uploaded later is folded together with them. It is a chore for one server at a
// time, and safe to run twice.
func (s *Service) EndDays(ctx context.Context) error {
	v, err := s.renewView(ctx)
	if err != nil {
		return err
	}
	now := s.store.Now()
	for _, site := range v.Sites() {
		if closed, ok := v.lastClosing(site, now.Add(-closingGrace)); ok {
			if _, err := s.closeSite(ctx, v, site.Slug, closed.Add(closingGrace)); err != nil {
				return err
			}
		}
		if err := s.endLongStays(ctx, v, site, now); err != nil {
			return err
		}
	}
	return nil
}

// lastClosing returns when the site last closed, within the day before now.
func (v *view) lastClosing(site *models.Site, now time.Time) (time.Time, bool) {
	closings := v.closings(site, now, now)
	if len(closings) == 0 {
		return time.Time{}, false
	}
	return closings[len(closings)-1], true
}

// closings returns when the site closes, from the day before now until an instant.
func (v *view) closings(site *models.Site, now, until time.Time) (at []time.Time) {
	for _, open := range v.SiteOpenTimes(site, models.Period{StartsAt: now.Add(-24 * time.Hour), EndsAt: until.Add(time.Second)}) {
		if !open.EndsAt.After(until) {
			at = append(at, open.EndsAt)
		}
	}
	return at
}

// closeSite ends the day of everybody at the site, at an instant, unless it was
// ended then already.
func (s *Service) closeSite(ctx context.Context, v *view, slug string, at time.Time) (models.Passage, error) {
	row := s.staffPassage(models.System, slug, entry.EndOfDay, "")
	row.ID = closingID(slug, at)
	row.AtMS, row.GateTimeMS, row.Seq, row.Opened = at.UnixMilli(), at.UnixMilli(), 0, false
	if _, err := s.store.Passage(ctx, row.ID); !errors.Is(err, models.ErrNotFound) {
		return row, err // nothing to write, as on every minute but one of the day
	}
	err := s.store.InTx(ctx, func(tx *models.Store) error {
		fresh, err := tx.InsertClosing(ctx, row)
		if err != nil || !fresh {
			return err
		}
		subjects, err := tx.SubjectsWithin(ctx, slug, row.AtMS)
		if err != nil {
			return err
		}
		for part := range slices.Chunk(subjects, 200) {
			if _, err := tx.MoveSubjects(ctx, part); err != nil {
				return err
			}
			if err := s.refold(ctx, tx, v.tree, part); err != nil {
				return err
			}
		}
		tx.AfterCommit(func() { s.hub.wake(slug) })
		return tx.Audit(ctx, models.System, "site.close_day", "site", slug, slug, map[string]int{"inside": len(subjects)})
	})
	return row, err
}

// closingID names the end of a day, so that it is stored once.
func closingID(slug string, at time.Time) string {
	return hashOf("end of day " + slug + " " + at.UTC().Format(time.RFC3339))[:32]
}

// endLongStays closes what lasts longer than the site allows for.
func (s *Service) endLongStays(ctx context.Context, v *view, site *models.Site, now time.Time) error {
	if site.MaxStayMinutes <= 0 {
		return nil
	}
	before := now.Add(-time.Duration(site.MaxStayMinutes) * time.Minute)
	stays, err := s.store.StaysSince(ctx, site.Slug, before)
	if err != nil {
		return err
	}
	for _, stay := range stays {
		if err := s.endLongStay(ctx, v, stay); err != nil {
			return err
		}
	}
	return nil
}

// endLongStay closes a stay, unless its holder was seen since it was found.
func (s *Service) endLongStay(ctx context.Context, v *view, stay models.Presence) error {
	return s.store.InTx(ctx, func(tx *models.Store) error {
		if _, err := tx.MoveSubjects(ctx, []string{stay.Subject}); err != nil {
			return err
		}
		now, err := tx.PresencesOf(ctx, []string{stay.Subject})
		if err != nil || len(now) == 0 || !now[0].Inside() || now[0].SinceMS != stay.SinceMS || now[0].LastEntryMS != stay.LastEntryMS {
			return err
		}
		row := s.staffPassage(models.System, stay.Site, entry.LongestStay, "")
		row.Subject, row.ZoneID, row.Opened = stay.Subject, stay.ZoneID, false
		return s.insertByHand(ctx, tx, models.System, v, row, "presence.longest_stay")
	})
}

// ForgetHolders ends the time for which passages name people (docs/access.md,
// "Privacy").
func (s *Service) ForgetHolders(ctx context.Context) error {
	_, err := s.store.ForgetHolders(ctx)
	return err
}

// scansLast is how long the last scan of a text at a gate is kept: longer than
// any repetition of it could count.
const scansLast = time.Hour

// ForgetScans drops the scans that no other can repeat any more.
func (s *Service) ForgetScans(ctx context.Context) error {
	return s.store.DropScans(ctx, s.now().Add(-scansLast))
}
