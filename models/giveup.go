package models

import (
	"context"
	"time"
)

// GiveUp is a time for which the owner of a fixed seat lets others book it.
type GiveUp struct {
	ID        ID
	SpaceID   ID
	StartsAt  time.Time
	EndsAt    time.Time
	CreatedBy ID
	CreatedAt time.Time
}

// Period returns the time that was given up.
func (g GiveUp) Period() Period { return Period{g.StartsAt, g.EndsAt} }

// GivenUp reports whether the owner of the fixed seat has given up all of p. Two
// times that touch or overlap count as one.
func (c *Catalogue) GivenUp(space ID, p Period) bool {
	left := []Period{p}
	for _, g := range c.giveUps[space] {
		left = Subtract(left, g.Period())
	}
	return len(left) == 0
}

// GiveUps returns the times that were given up of a fixed seat and are not long
// past, by start.
func (c *Catalogue) GiveUps(space ID) []GiveUp { return c.giveUps[space] }

// InsertGiveUp stores a time that is given up.
func (s *Store) InsertGiveUp(ctx context.Context, g *GiveUp) error {
	g.ID = NewID()
	return s.w(ctx).Create(g).Error
}

// DeleteGiveUp takes it back.
func (s *Store) DeleteGiveUp(ctx context.Context, id ID) error {
	return changedOne(s.w(ctx).Where("id = ?", id).Delete(&GiveUp{}), ErrNotFound)
}

// HeldByOthers returns what anybody but the owner holds of a fixed seat within p
// and has not given back or used up.
func (s *Store) HeldByOthers(ctx context.Context, space, owner ID, p Period) ([]BookingSpace, error) {
	var rows []BookingSpace
	err := s.r(ctx).Where("space_id = ? AND "+holding+" AND starts_at > ? AND starts_at < ? AND ends_at > ? AND ends_at > ?",
		space, s.Now(), p.StartsAt.Add(-longestHold), p.EndsAt, p.StartsAt, s.Now()).
		Where("NOT EXISTS (SELECT 1 FROM bookings b WHERE b.id = booking_id AND b.organizer_id = ?)", owner).
		Order("starts_at").Find(&rows).Error
	return rows, err
}
