package places

import (
	"context"
	"errors"
	"reflect"

	"kyoten/models"
)

var spaces = noun[models.Space]{
	name: "space", update: (*models.Store).UpdateSpace,
	insert: func(tx *models.Store, ctx context.Context, sp *models.Space) error {
		rows := []models.Space{*sp}
		err := tx.InsertSpaces(ctx, rows)
		*sp = rows[0]
		return err
	},
	facts: func(sp *models.Space) facts { return facts{sp.ID.String(), sp.Site, sp.Version} },
	judge: judgeSpace, may: mayEditSpace,
}

// CreateSpace stores a new space. Its site is that of its zone.
func (s *Service) CreateSpace(ctx context.Context, p models.Principal, sp *models.Space) error {
	return spaces.create(ctx, s, p, sp)
}

// UpdateSpace changes a space. It stays at its site and of its kind. The desk of
// its site may say that it is out of order, and whose fixed seat it is; the rest
// takes an administrator.
func (s *Service) UpdateSpace(ctx context.Context, p models.Principal, id models.ID, match models.Match, change func(*models.Space)) (models.Space, error) {
	lock := func(tx *models.Store) (models.Space, error) {
		sp, err := tx.SpaceForEdit(ctx, id)
		if err != nil {
			return sp, err
		}
		return sp, seen(ctx, tx, p, id)
	}
	return spaces.edit(ctx, s, p, match, lock, change)
}

// seen is models.ErrNotFound for a space that does not exist for the principal.
func seen(ctx context.Context, tx *models.Store, p models.Principal, id models.ID) error {
	c, err := tx.Catalogue(ctx)
	if err != nil {
		return err
	}
	sp, err := c.Space(id)
	if err != nil || !p.SeesSpace(sp) {
		return models.ErrNotFound
	}
	return nil
}

// DeleteSpace removes a space that was never booked; models.ErrInUse otherwise.
func (s *Service) DeleteSpace(ctx context.Context, p models.Principal, id models.ID) error {
	return s.remove(ctx, p, "space", id.String(), "", func(tx *models.Store) error { return tx.DeleteSpace(ctx, id) })
}

func mayEditSpace(p models.Principal, before, after *models.Space) error {
	if p.Admin() {
		return nil
	}
	if before == nil || !p.Runs(before.Site) {
		return models.ErrForbidden
	}
	allowed := *before
	allowed.Bookable, allowed.FaultNote, allowed.OwnerID = after.Bookable, after.FaultNote, after.OwnerID
	if !reflect.DeepEqual(allowed, *after) {
		return models.ErrForbidden
	}
	return nil
}

const (
	// maxVideoAddress bounds a space's video address, in letters.
	maxVideoAddress = 300
	// maxPeople bounds how many people a space is for.
	maxPeople = 10_000
)

func judgeSpace(ctx context.Context, tx *models.Store, c *models.Catalogue, sp *models.Space) error {
	zone, err := c.Zone(sp.ZoneID)
	if err != nil || sp.Site != "" && zone.Site != sp.Site {
		return models.ErrInvalidInput.On("zone").Saying("nothing_there")
	}
	sp.Site = zone.Site
	lineUp(&sp.Position, len(c.SpacesAt(sp.Site, "")))
	if err := named(&sp.NameJA, &sp.NameEN); err != nil {
		return err
	}
	if err := within(maxVideoAddress, sp.VideoAddress, "video_address"); err != nil {
		return err
	}
	switch {
	case !sp.Kind.Valid():
		return models.ErrInvalidInput.On("kind").Saying("kinds")
	case sp.Capacity < 1 || sp.Capacity > maxPeople:
		return models.ErrOutOfRange.On("capacity")
	case sp.GrainMinutes < 1 || minutesOfDay%sp.GrainMinutes != 0:
		return models.ErrInvalidInput.On("grain_minutes").Saying("divides_day")
	case sp.FloorPlanID != nil && !hasFloorPlan(c, sp.Site, *sp.FloorPlanID):
		return models.ErrInvalidInput.On("position").Saying("nothing_there")
	case sp.OwnerID == nil:
		return nil
	}
	if _, err = tx.Member(ctx, *sp.OwnerID); errors.Is(err, models.ErrNotFound) {
		return models.ErrInvalidInput.On("owner").Saying("nothing_there")
	}
	return err
}

func hasFloorPlan(c *models.Catalogue, site string, id models.ID) bool {
	f, err := c.FloorPlan(id)
	return err == nil && f.Site == site
}
