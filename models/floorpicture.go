package models

import (
	"context"

	"gorm.io/gorm/clause"
)

// FloorPicture is the picture under a floor plan, a JPEG. It is kept beside the
// plan, which every server holds in memory.
type FloorPicture struct {
	FloorPlanID ID `gorm:"primaryKey"`
	Content     []byte
}

// PutFloorPicture lays a picture under a floor plan in place of the one before.
func (s *Store) PutFloorPicture(ctx context.Context, pic FloorPicture) error {
	instead := clause.OnConflict{Columns: []clause.Column{{Name: "floor_plan_id"}}, DoUpdates: clause.AssignmentColumns([]string{"content"})}
	return s.w(ctx).Clauses(instead).Create(&pic).Error
}

// DeleteFloorPicture takes the picture of a floor plan away, if there is one.
func (s *Store) DeleteFloorPicture(ctx context.Context, plan ID) error {
	return s.w(ctx).Delete(&FloorPicture{}, "floor_plan_id = ?", plan).Error
}

// FloorPicture returns the picture under a floor plan; ErrNotFound when it has
// none.
func (s *Store) FloorPicture(ctx context.Context, plan ID) (pic FloorPicture, err error) {
	err = s.r(ctx).Take(&pic, "floor_plan_id = ?", plan).Error
	return pic, err
}
