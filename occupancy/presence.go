package occupancy

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"kyoten/models"
)

// Present is somebody who is at a site, or was not seen leaving it.
type Present struct {
	models.Holder
	ZoneID      int
	Since       time.Time // UTC
	Unconfirmed bool
	SafeAt      *time.Time // accounted for in an evacuation
}

// Presence returns who is at a site, by zone and then by reading of the name:
// the evacuation list. It is for those who run the site, company zones included,
// since it is about safety; that it was read is put in the audit log.
func (s *Service) Presence(ctx context.Context, p models.Principal, slug string) ([]Present, error) {
	if err := s.mayReview(ctx, p, slug); err != nil {
		return nil, err
	}
	now := s.store.Now()
	rows, err := s.store.PresencesAt(ctx, slug, now)
	if err != nil {
		return nil, fmt.Errorf("find presences: %w", err)
	}
	subjects := make([]string, len(rows))
	for i, r := range rows {
		subjects[i] = r.Subject
	}
	holders, err := s.store.Holders(ctx, subjects)
	if err != nil {
		return nil, fmt.Errorf("find holders: %w", err)
	}
	if err := s.store.Audit(ctx, p, "presence.read", "site", slug, slug, map[string]int{"people": len(rows)}); err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	out := make([]Present, len(rows))
	for i, r := range rows {
		out[i] = present(r, holders[r.Subject], now)
	}
	slices.SortStableFunc(out, func(a, b Present) int {
		return cmp.Or(cmp.Compare(a.ZoneID, b.ZoneID), cmp.Compare(models.SortedBy(a.Kana, a.Name), models.SortedBy(b.Kana, b.Name)))
	})
	return out, nil
}

func present(r models.Presence, h models.Holder, now time.Time) Present {
	h.Subject = r.Subject
	out := Present{Holder: h, ZoneID: r.ZoneID, Since: r.Since(), Unconfirmed: r.Unconfirmed(now)}
	if r.SafeMS != nil {
		at := time.UnixMilli(*r.SafeMS).UTC()
		out.SafeAt = &at
	}
	return out
}

// mayReview refuses whoever does not run the site as forbidden. Sites are public, so
// that one exists is no secret.
func (s *Service) mayReview(ctx context.Context, p models.Principal, slug string) error {
	if !p.SignedIn() {
		return models.ErrForbidden
	}
	c, err := s.store.Catalogue(ctx)
	if err != nil {
		return err
	}
	if _, err := c.Site(slug); err != nil {
		return err
	}
	if !p.Runs(slug) {
		return models.ErrForbidden
	}
	return nil
}
