package demo

import (
	"context"

	"kyoten/models"
)

// fixedSeatSite is where one of the regulars has a seat of their own.
const fixedSeatSite = "shiojiri"

// ownSeat is that seat, and a coming day on which others may have it.
type ownSeat struct {
	space models.Space
	given models.GiveUp
}

// chooseSeat makes the last public seat of the site the fixed seat of one of its
// regulars, who gives up the next open day after tomorrow. It throws no dice but
// for an id.
func (b *builder) chooseSeat() {
	for _, s := range b.cat.SpacesAt(fixedSeatSite, models.KindSeat) {
		if s.Company() == 0 {
			b.own.space = *s
		}
	}
	owner := b.regulars[fixedSeatSite][0].ID
	b.own.space.OwnerID = &owner
	for _, site := range b.cat.Sites() {
		if site.Slug != fixedSeatSite {
			continue
		}
		day := models.DayOf(b.now, site.Location()).Add(2)
		for len(b.cat.SiteOpenTimes(site, day.In(site.Location()))) == 0 {
			day = day.Add(1)
		}
		whole := day.In(site.Location())
		b.own.given = models.GiveUp{ID: b.dice.id(b.now), SpaceID: b.own.space.ID, StartsAt: whole.StartsAt, EndsAt: whole.EndsAt, CreatedBy: owner, CreatedAt: b.now}
	}
}

// storeSeat writes whose seat it is, once its owner is there.
func (b *builder) storeSeat(ctx context.Context, tx *models.Store) error {
	if err := tx.UpdateSpace(ctx, &b.own.space); err != nil {
		return err
	}
	return tx.Load(ctx, []models.GiveUp{b.own.given})
}
