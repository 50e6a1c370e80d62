package places

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"kyoten/models"
)

var zones = noun[models.Zone]{
	name: "zone", insert: (*models.Store).InsertZone, update: (*models.Store).UpdateZone,
	facts: func(z *models.Zone) facts { return facts{strconv.Itoa(z.ID), z.Site, z.Version} },
	judge: judgeZone,
}

// CreateZone stores a new zone.
func (s *Service) CreateZone(ctx context.Context, p models.Principal, z *models.Zone) error {
	return zones.create(ctx, s, p, z)
}

// UpdateZone changes a zone. It stays at its site.
func (s *Service) UpdateZone(ctx context.Context, p models.Principal, id int, match models.Match, change func(*models.Zone)) (models.Zone, error) {
	return zones.edit(ctx, s, p, match, func(tx *models.Store) (models.Zone, error) { return tx.ZoneForEdit(ctx, id) }, change)
}

// DeleteZone removes a zone without children, spaces, gates and past;
// models.ErrInUse otherwise.
func (s *Service) DeleteZone(ctx context.Context, p models.Principal, id int) error {
	return s.remove(ctx, p, "zone", strconv.Itoa(id), "", func(tx *models.Store) error { return tx.DeleteZone(ctx, id) })
}

func judgeZone(_ context.Context, _ *models.Store, c *models.Catalogue, z *models.Zone) error {
	if _, err := c.Site(z.Site); err != nil {
		return models.ErrInvalidInput.On("site").Saying("nothing_there")
	}
	if err := named(&z.NameJA, &z.NameEN); err != nil {
		return err
	}
	if !slices.Contains([]string{"off", "soft", "timed", "hard"}, z.AntiPassback) {
		return models.ErrInvalidInput.On("anti_passback").Saying("passback")
	}
	if z.CompanyID != nil {
		if _, err := c.Company(*z.CompanyID); err != nil {
			return models.ErrInvalidInput.On("company").Saying("nothing_there")
		}
	}
	if z.ParentID == nil {
		return nil
	}
	parent, err := c.Zone(*z.ParentID)
	if err != nil {
		return models.ErrInvalidInput.On("parent").Saying("nothing_there")
	}
	if parent.Site != z.Site || z.ID != 0 && slices.Contains(c.ZonePath(parent.ID), z.ID) {
		return ErrZoneTree.On("parent")
	}
	return nil
}

var floorPlans = noun[models.FloorPlan]{
	name: "floor_plan", insert: (*models.Store).InsertFloorPlan, update: (*models.Store).UpdateFloorPlan,
	facts: func(f *models.FloorPlan) facts { return facts{f.ID.String(), f.Site, f.Version} },
	judge: judgeFloorPlan,
}

// CreateFloorPlan stores a new floor plan.
func (s *Service) CreateFloorPlan(ctx context.Context, p models.Principal, f *models.FloorPlan) error {
	return floorPlans.create(ctx, s, p, f)
}

// UpdateFloorPlan changes a floor plan.
func (s *Service) UpdateFloorPlan(ctx context.Context, p models.Principal, id models.ID, match models.Match, change func(*models.FloorPlan)) (models.FloorPlan, error) {
	lock := func(tx *models.Store) (models.FloorPlan, error) { return tx.FloorPlanForEdit(ctx, id) }
	return floorPlans.edit(ctx, s, p, match, lock, change)
}

// DeleteFloorPlan removes a floor plan that no space stands on; models.ErrInUse
// otherwise.
func (s *Service) DeleteFloorPlan(ctx context.Context, p models.Principal, id models.ID) error {
	return s.remove(ctx, p, "floor_plan", id.String(), "", func(tx *models.Store) error { return tx.DeleteFloorPlan(ctx, id) })
}

func judgeFloorPlan(_ context.Context, _ *models.Store, c *models.Catalogue, f *models.FloorPlan) error {
	if _, err := c.Site(f.Site); err != nil {
		return models.ErrInvalidInput.On("site").Saying("nothing_there")
	}
	lineUp(&f.Position, len(c.FloorPlans(f.Site)))
	var shapes []json.RawMessage
	if json.Unmarshal([]byte(f.Shapes), &shapes) != nil {
		return models.ErrInvalidInput.On("shapes").Saying("array")
	}
	return named(&f.NameJA, &f.NameEN)
}
