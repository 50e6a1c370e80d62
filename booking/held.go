package booking

import (
	"context"

	"kyoten/models"
)

// Held returns a hold that is still good, to whoever keeps it. One that has run
// out, or is another's, is not found.
func (s *Service) Held(ctx context.Context, by models.Principal, id models.ID) (Hold, error) {
	b, err := s.store.Hold(ctx, id)
	switch {
	case err != nil:
		return Hold{}, err
	case b == nil, b.Expired(s.present()), !by.Is(b.OrganizerID) && !by.Is(b.CreatedBy):
		return Hold{}, models.ErrNotFound
	}
	return Hold{ID: b.ID, StartsAt: b.StartsAt, EndsAt: b.EndsAt, Spaces: spaceIDs(b), ExpiresAt: *b.ExpiresAt}, nil
}
