package occupancy

import (
	"context"
	"fmt"

	"kyoten/models"
)

// PassageEntry is a passage with who it was, as far as that is still known.
type PassageEntry struct {
	models.Passage
	Holder models.Holder
}

// VisitEntry is a visit with who it was, as far as that is still known.
type VisitEntry struct {
	models.Visit
	Holder models.Holder
}

// Passages returns a page of what happened at a site, oldest first, refused scans
// too. It is for those who run the site; reading one person's history is put in
// the audit log.
func (s *Service) Passages(ctx context.Context, p models.Principal, f models.PassageFilter, page models.Page) ([]PassageEntry, *models.Cursor, error) {
	if err := s.mayReadHistory(ctx, p, f, "passages.read"); err != nil {
		return nil, nil, err
	}
	rows, next, err := s.store.Passages(ctx, f, page)
	if err != nil {
		return nil, nil, fmt.Errorf("find passages: %w", err)
	}
	holders, err := s.holders(ctx, len(rows), func(i int) string { return rows[i].Subject })
	out := make([]PassageEntry, len(rows))
	for i, r := range rows {
		out[i] = PassageEntry{r, holders[r.Subject]}
		out[i].Holder.Subject = r.Subject
	}
	return out, next, err
}

// Visits returns a page of the stays at a site that began in the period, oldest
// first, to those who run the site.
func (s *Service) Visits(ctx context.Context, p models.Principal, f models.PassageFilter, page models.Page) ([]VisitEntry, *models.Cursor, error) {
	if err := s.mayReadHistory(ctx, p, f, "visits.read"); err != nil {
		return nil, nil, err
	}
	rows, next, err := s.store.Visits(ctx, f, page)
	if err != nil {
		return nil, nil, fmt.Errorf("find visits: %w", err)
	}
	holders, err := s.holders(ctx, len(rows), func(i int) string { return rows[i].Subject })
	out := make([]VisitEntry, len(rows))
	for i, r := range rows {
		out[i] = VisitEntry{r, holders[r.Subject]}
		out[i].Holder.Subject = r.Subject
	}
	return out, next, err
}

// mayReadHistory refuses whoever does not run the site, and notes it where one
// person's history is asked for.
func (s *Service) mayReadHistory(ctx context.Context, p models.Principal, f models.PassageFilter, action string) error {
	if err := s.mayReview(ctx, p, f.Site); err != nil {
		return err
	}
	if f.Period.Length() > longestReport {
		return models.ErrOutOfRange.On("to")
	}
	if f.Holder == nil {
		return nil
	}
	return s.store.Audit(ctx, p, action, "member", f.Holder.String(), f.Site, nil)
}

// holders returns who n subjects are.
func (s *Service) holders(ctx context.Context, n int, subject func(int) string) (map[string]models.Holder, error) {
	seen := map[string]bool{"": true}
	var subjects []string
	for i := range n {
		if name := subject(i); !seen[name] {
			seen[name] = true
			subjects = append(subjects, name)
		}
	}
	holders, err := s.store.Holders(ctx, subjects)
	if err != nil {
		return nil, fmt.Errorf("find holders: %w", err)
	}
	return holders, nil
}
