package web

import (
	"kyoten/internal/fault"
	"kyoten/models"
	"kyoten/places"
	"kyoten/web/ui"
)

// floorDeeds is what can be done to a floor plan besides saving it.
func (v *visit) floorDeeds(f models.FloorPlan, target string) []ui.Deed {
	lay := ui.Deed{
		Icon: "edit", Label: "floors.picture_add", Text: v.t("floors.picture_text"), URL: target + "/picture", Upload: true, Form: ui.NewForm(nil),
		Fields: []ui.Field{{Name: "file", Type: "file", Label: "floors.picture_file", Hint: "floors.picture_hint", Required: true, Wide: true}},
	}
	deeds := []ui.Deed{lay}
	if f.Picture != "" {
		deeds[0].Label = "floors.picture_change"
		deeds = append(deeds, ui.Deed{Icon: "bin", Label: "floors.picture_remove", Text: v.t("floors.picture_remove_text"), URL: target + "/picture/remove"})
	}
	return append(deeds, ui.Deed{Icon: "bin", Label: "form.delete", Text: v.t("floors.delete_text"), URL: target + "/delete", Danger: true})
}

// setFloorPicture serves POST /admin/floors/:id/picture.
func (p *Pages) setFloorPicture(v *visit) error {
	f, site, err := v.floor()
	if err != nil {
		return err
	}
	raw, _, err := v.upload()
	if err == nil {
		_, err = p.Places.SetFloorPicture(v.ctx(), v.who, f.ID, nil, raw)
	}
	if bad := fault.From(err); err != nil && bad.Is(places.ErrUnreadablePicture) {
		return p.showFloor(v, site, f, nil, bad)
	}
	if err != nil {
		return err
	}
	return v.redirect(floorsPath + "/" + f.ID.String() + "?done=stored")
}

// removeFloorPicture serves POST /admin/floors/:id/picture/remove.
func (p *Pages) removeFloorPicture(v *visit) error {
	f, _, err := v.floor()
	if err != nil {
		return err
	}
	if _, err := p.Places.RemoveFloorPicture(v.ctx(), v.who, f.ID, nil); err != nil {
		return err
	}
	return v.redirect(floorsPath + "/" + f.ID.String() + "?done=stored")
}
