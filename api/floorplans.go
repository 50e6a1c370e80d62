package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"kyoten/auth"
	"kyoten/internal/fault"
	"kyoten/models"
	"kyoten/places"
)

func (a *API) registerFloorPlans() {
	add(a, operation{id: "create-floor-plan", method: "POST", path: "/floor-plans", who: admins, status: http.StatusCreated}, a.createFloorPlan)
	add(a, operation{id: "get-floor-plan", method: "GET", path: "/floor-plans/{id}", who: people}, a.floorPlan)
	add(a, operation{id: "update-floor-plan", method: "PATCH", path: "/floor-plans/{id}", who: admins}, a.updateFloorPlan)
	add(a, operation{
		id: "delete-floor-plan", method: "DELETE", path: "/floor-plans/{id}", who: admins, status: http.StatusNoContent,
		faults: []*fault.Fault{models.ErrInUse},
	}, a.deleteFloorPlan)
	a.registerFloorPictures()
}

// FloorPlanFields is what can be said of a floor plan, in centimetres. "name"
// stands for both languages.
type FloorPlanFields struct {
	Name     *string          `json:"name,omitempty" maxLength:"100"`
	NameJA   *string          `json:"name_ja,omitempty" maxLength:"100"`
	NameEN   *string          `json:"name_en,omitempty" maxLength:"100"`
	Width    *int             `json:"width,omitempty" minimum:"1" maximum:"100000"`
	Height   *int             `json:"height,omitempty" minimum:"1" maximum:"100000"`
	Shapes   *[]floorPlanItem `json:"shapes,omitempty" maxItems:"2000" doc:"What is drawn, from back to front."`
	Position *int             `json:"position,omitempty" minimum:"0" maximum:"100000"`

	PictureShown *bool `json:"picture_shown,omitempty" doc:"Everybody sees the picture under the plan, not only who runs the site. It shows what is drawn on it, companies' offices included."`
}

// floorPlanItem is one thing on a floor plan.
type floorPlanItem map[string]any

func (in *FloorPlanFields) apply(f *models.FloorPlan) {
	setNames(&f.NameJA, &f.NameEN, in.Name, in.NameJA, in.NameEN)
	set(&f.Width, in.Width)
	set(&f.Height, in.Height)
	set(&f.Position, in.Position)
	set(&f.PictureShown, in.PictureShown)
	if in.Shapes != nil {
		raw, _ := json.Marshal(*in.Shapes) // it has just been read from JSON
		f.Shapes = string(raw)
	}
}

// NewFloorPlanFields is FloorPlanFields with what a new floor plan must have.
type NewFloorPlanFields struct {
	Site string `json:"site" maxLength:"63"`
	FloorPlanFields
}

// TransformSchema asks for a size.
func (*NewFloorPlanFields) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	return requiring(s, "width", "height")
}

// createFloorPlan serves POST /floor-plans.
func (a *API) createFloorPlan(ctx context.Context, in *struct{ Body NewFloorPlanFields }) (*created[floorPlanWire], error) {
	f := models.FloorPlan{Site: in.Body.Site, Shapes: "[]", Position: places.Last}
	in.Body.apply(&f)
	if err := a.places.CreateFloorPlan(ctx, auth.Principal(ctx), &f); err != nil {
		return nil, err
	}
	at, err := a.atlas(ctx)
	if err != nil {
		return nil, err
	}
	return &created[floorPlanWire]{prefix + "/floor-plans/" + f.ID.String(), etag(f.Version), at.floorPlan(f)}, nil
}

// floorPlan serves GET /floor-plans/{id}.
func (a *API) floorPlan(ctx context.Context, in *IDInput) (*versioned[floorPlanWire], error) {
	at, err := a.atlas(ctx)
	if err != nil {
		return nil, err
	}
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	f, err := at.cat.FloorPlan(id)
	if err != nil {
		return nil, err
	}
	return &versioned[floorPlanWire]{etag(f.Version), at.floorPlan(f)}, nil
}

// updateFloorPlan serves PATCH /floor-plans/{id}.
func (a *API) updateFloorPlan(ctx context.Context, in *struct {
	IDInput
	Conditional
	Body FloorPlanFields
},
) (*versioned[floorPlanWire], error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	f, err := a.places.UpdateFloorPlan(ctx, auth.Principal(ctx), id, in.match(), in.Body.apply)
	if err != nil {
		return nil, err
	}
	return a.changedFloorPlan(ctx, f)
}

// changedFloorPlan answers a change with the floor plan as it is now.
func (a *API) changedFloorPlan(ctx context.Context, f models.FloorPlan) (*versioned[floorPlanWire], error) {
	at, err := a.atlas(ctx)
	if err != nil {
		return nil, err
	}
	return &versioned[floorPlanWire]{etag(f.Version), at.floorPlan(f)}, nil
}

// deleteFloorPlan serves DELETE /floor-plans/{id}.
func (a *API) deleteFloorPlan(ctx context.Context, in *IDInput) (*nothing, error) {
	id, err := models.ParseID(in.ID)
	if err != nil {
		return nil, err
	}
	return nil, a.places.DeleteFloorPlan(ctx, auth.Principal(ctx), id)
}
