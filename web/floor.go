package web

import (
	"fmt"

	"kyoten/models"
	"kyoten/web/ui"
)

// floors returns the floor plans of a site with the spots on each, as far as the
// reader may know of zones and spaces.
func (v *visit) floors(site *models.Site, spots map[models.ID]ui.Spot) ([]ui.Plan, error) {
	var plans []ui.Plan
	for _, floor := range v.cat.FloorPlans(site.Slug) {
		plan := ui.Plan{Name: v.name(floor.NameJA, floor.NameEN), Width: floor.Width, Height: floor.Height, Under: v.pictureUnder(floor)}
		shapes, err := ui.ParseShapes(v.who.VisibleShapes(v.cat, floor))
		if err != nil {
			return nil, fmt.Errorf("floor plan %s: %w", floor.ID, err)
		}
		plan.Shapes = v.named(shapes)
		for _, space := range v.cat.SpacesAt(site.Slug, "") {
			spot, shown := spots[space.ID]
			if shown && space.FloorPlanID != nil && *space.FloorPlanID == floor.ID && space.Width > 0 {
				plan.Spots = append(plan.Spots, spot)
			}
		}
		if len(plan.Spots) > 0 {
			plans = append(plans, plan)
		}
	}
	return plans, nil
}

// pictureUnder is the address of the picture under a floor plan, for a reader who
// may see it.
func (v *visit) pictureUnder(f models.FloorPlan) string {
	if !v.who.SeesPicture(f) {
		return ""
	}
	return "/api/v1/floor-plans/" + f.ID.String() + "/picture?v=" + f.Picture
}

// named puts the shapes' names in the reader's language.
func (v *visit) named(shapes []ui.Shape) []ui.PlanShape {
	out := make([]ui.PlanShape, len(shapes))
	for i, s := range shapes {
		out[i] = ui.PlanShape{Shape: s, Name: v.name(s.NameJA, s.NameEN)}
	}
	return out
}

// spotOf returns the spot of a space without a state.
func (v *visit) spotOf(space *models.Space) ui.Spot {
	spot := ui.Spot{
		ID: space.ID.String(), Name: v.name(space.NameJA, space.NameEN),
		X: space.X, Y: space.Y, Width: space.Width, Height: space.Height,
	}
	if zone, err := v.cat.Zone(space.ZoneID); err == nil {
		spot.Zone = v.name(zone.NameJA, zone.NameEN)
	}
	spot.Features = v.equipment(space)
	return spot
}

// equipment names what a space has; what has no translation is shown as it was
// typed.
func (v *visit) equipment(space *models.Space) []string {
	var names []string
	for _, e := range space.Equipment {
		names = append(names, v.equipmentName(e))
	}
	return names
}

// spotGroup is the spots of one zone, for the list.
type spotGroup struct {
	Name  string
	Spots []ui.Spot
}

// grouped returns the spots by zone in the order of the spaces.
func grouped(spaces []*models.Space, spots map[models.ID]ui.Spot) []spotGroup {
	var groups []spotGroup
	at := map[string]int{}
	for _, space := range spaces {
		spot, ok := spots[space.ID]
		if !ok {
			continue
		}
		i, ok := at[spot.Zone]
		if !ok {
			i = len(groups)
			at[spot.Zone] = i
			groups = append(groups, spotGroup{Name: spot.Zone})
		}
		groups[i].Spots = append(groups[i].Spots, spot)
	}
	return groups
}

// legend explains the states that a plan uses.
func (v *visit) legend(states ...ui.SpotState) []ui.Spot {
	var spots []ui.Spot
	for _, state := range states {
		spots = append(spots, ui.Spot{State: state, Words: v.t("spot." + string(state)), Height: 1})
	}
	return spots
}
